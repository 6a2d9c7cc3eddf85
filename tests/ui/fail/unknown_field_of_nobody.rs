// A field that is like no other one.
#[eql::rule(
    name = "unknown field of nobody",
    severity = "low",
    risk_score = 21,
    query(process where zorp.quux == 1)
)]
pub struct Own;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Own::matches(&serde_json::Value::Null);
}
