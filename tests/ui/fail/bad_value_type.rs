// A number in quotes.
#[eql::rule(
    name = "bad value type",
    severity = "low",
    risk_score = "21",
    query(process where process.name : "a.exe")
)]
pub struct Quoted;

fn main() {}
