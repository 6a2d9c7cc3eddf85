// An id that ATT&CK does not have.
#[eql::rule(
    name = "unknown technique",
    severity = "low",
    risk_score = 21,
    threat = ["TA0002/T1059.999"],
    query(process where process.name : "a.exe")
)]
pub struct Unknown;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Unknown::matches(&serde_json::Value::Null);
}
