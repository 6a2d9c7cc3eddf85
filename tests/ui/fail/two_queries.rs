// A second query behind the first.
#[eql::rule(
    name = "two queries",
    severity = "low",
    risk_score = 21,
    query(process where process.pid == 1 process where process.pid == 2)
)]
pub struct Two;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Two::matches(&serde_json::Value::Null);
}
