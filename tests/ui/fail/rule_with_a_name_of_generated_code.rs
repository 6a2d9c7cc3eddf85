// A name that the compiler needs.
#[eql::rule(
    name = "a taken name",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct Option;

fn main() {}
