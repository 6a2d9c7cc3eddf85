// A number as a pattern.
#[eql::rule(
    name = "match number",
    severity = "low",
    risk_score = 21,
    query(process where process.name : 4)
)]
pub struct Number;

fn main() {}
