// A function that has no form with `~`.
#[eql::rule(
    name = "no case fold",
    severity = "low",
    risk_score = 21,
    query(process where length~(process.name) > 3)
)]
pub struct Fold;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Fold::matches(&serde_json::Value::Null);
}
