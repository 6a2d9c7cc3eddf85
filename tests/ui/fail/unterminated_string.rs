// A string that its line does not end.
#[eql::rule(
    name = "unterminated string",
    severity = "low",
    risk_score = 21,
    query = r#"
process where process.name == "a.exe and
 process.pid == 1
"#
)]
pub struct Unterminated;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Unterminated::matches(&serde_json::Value::Null);
}
