// A high score of a low severity.
#[eql::rule(
    name = "risk severity mismatch",
    severity = "low",
    risk_score = 90,
    deny(risk_severity_mismatch),
    query(process where process.name : "a.exe")
)]
pub struct Risk;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Risk::matches(&serde_json::Value::Null);
}
