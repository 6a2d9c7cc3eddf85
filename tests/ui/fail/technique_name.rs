// A slip in the name of a tactic.
#[eql::rule(
    name = "technique name",
    severity = "low",
    risk_score = 21,
    threat = [{ tactic = { id = "TA0002", name = "Exection", reference = "https://attack.mitre.org/tactics/TA0002/" } }],
    query(process where process.name : "a.exe")
)]
pub struct Name;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Name::matches(&serde_json::Value::Null);
}
