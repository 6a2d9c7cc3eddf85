// Nothing in the parentheses.
#[eql::rule(
    name = "empty query",
    severity = "low",
    risk_score = 21,
    query()
)]
pub struct Empty;

fn main() {}
