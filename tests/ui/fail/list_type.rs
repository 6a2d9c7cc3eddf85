// A string in a list of numbers.
#[eql::rule(
    name = "list type",
    severity = "low",
    risk_score = 21,
    query(process where process.pid in (1, "2", 3))
)]
pub struct List;

fn main() {}
