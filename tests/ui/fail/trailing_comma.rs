// A comma with nothing behind it.
#[eql::rule(
    name = "trailing comma",
    severity = "low",
    risk_score = 21,
    query(process where process.name in ("a.exe", "b.exe",))
)]
pub struct TrailingComma;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = TrailingComma::matches(&serde_json::Value::Null);
}
