// A parenthesis that nothing closes, which only a string can have.
#[eql::rule(
    name = "unclosed parenthesis",
    severity = "low",
    risk_score = 21,
    query = r#"
process where (process.name : "a.exe" or
 process.name : "b.exe"
"#
)]
pub struct Open;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Open::matches(&serde_json::Value::Null);
}
