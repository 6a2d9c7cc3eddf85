// Two literals of different types.
#[eql::rule(
    name = "type mismatch",
    severity = "low",
    risk_score = 21,
    query(process where process.pid == 1 and "a" == 2)
)]
pub struct Mismatch;

fn main() {}
