// A value twice in a list; `eql.toml` denies that.
#[eql::rule(
    name = "duplicate value",
    severity = "low",
    risk_score = 21,
    query(process where process.name : ("a.exe", "b.exe", "A.exe"))
)]
pub struct Doubled;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Doubled::matches(&serde_json::Value::Null);
}
