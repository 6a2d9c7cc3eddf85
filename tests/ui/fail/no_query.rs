// No query at all.
#[eql::rule(
    name = "no query",
    severity = "low",
    risk_score = 21
)]
pub struct NoQuery;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = NoQuery::matches(&serde_json::Value::Null);
}
