// A number above every float.
#[eql::rule(
    name = "number range",
    severity = "low",
    risk_score = 21,
    query(process where process.pid == 1e999)
)]
pub struct Huge;

fn main() {}
