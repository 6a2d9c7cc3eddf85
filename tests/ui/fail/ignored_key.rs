// A key that Kibana exports.
#[eql::rule(
    name = "ignored key",
    severity = "low",
    risk_score = 21,
    immutable = false,
    deny(ignored_key),
    query(process where process.name : "a.exe")
)]
pub struct Exported;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Exported::matches(&serde_json::Value::Null);
}
