// A value that is no condition.
#[eql::rule(
    name = "not boolean",
    severity = "low",
    risk_score = 21,
    query(process where process.pid and process.name == "a.exe")
)]
pub struct Value;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Value::matches(&serde_json::Value::Null);
}
