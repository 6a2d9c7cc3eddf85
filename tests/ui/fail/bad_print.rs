// Something that the compiler does not print.
#[eql::rule(
    name = "bad print",
    severity = "low",
    risk_score = 21,
    print = "rust",
    query(process where process.name : "a.exe")
)]
pub struct Print;

fn main() {}
