// A function that EQL had once.
#[eql::rule(
    name = "removed function",
    severity = "low",
    risk_score = 21,
    query(process where match(process.name, "a.*"))
)]
pub struct Match;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Match::matches(&serde_json::Value::Null);
}
