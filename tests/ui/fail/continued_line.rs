// A string that goes on behind a backslash at the end of its line.
#[eql::rule(
    name = "continued line",
    severity = "low",
    risk_score = 21,
    query = "process where \
             process.nmae : \"a.exe\""
)]
pub struct Continued;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Continued::matches(&serde_json::Value::Null);
}
