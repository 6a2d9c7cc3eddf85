// A comparison of a comparison.
#[eql::rule(
    name = "chained comparison",
    severity = "low",
    risk_score = 21,
    query(process where 1 < process.pid < 10)
)]
pub struct Chained;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Chained::matches(&serde_json::Value::Null);
}
