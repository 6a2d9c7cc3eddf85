// A query that is neither text nor tokens.
#[eql::rule(
    name = "query not string",
    severity = "low",
    risk_score = 21,
    query = 5
)]
pub struct Five;

fn main() {}
