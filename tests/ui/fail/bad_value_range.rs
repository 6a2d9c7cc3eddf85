// A risk score above 100.
#[eql::rule(
    name = "bad value range",
    severity = "critical",
    risk_score = 101,
    query(process where process.name : "a.exe")
)]
pub struct Score;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Score::matches(&serde_json::Value::Null);
}
