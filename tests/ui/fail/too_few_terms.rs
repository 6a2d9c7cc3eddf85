// A sequence of one term.
#[eql::rule(
    name = "too few terms",
    severity = "low",
    risk_score = 21,
    query(sequence by host.id [process where true])
)]
pub struct One;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = One::matches(&serde_json::Value::Null);
}
