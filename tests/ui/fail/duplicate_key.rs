// A key that is given twice.
#[eql::rule(
    name = "duplicate key",
    severity = "low",
    risk_score = 21,
    tags = ["a"],
    tags = ["b"],
    query(process where process.name : "a.exe")
)]
pub struct Twice;

fn main() {}
