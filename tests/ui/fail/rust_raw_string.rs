// Rust's raw strings are not those of EQL.
#[eql::rule(
    name = "rust raw string",
    severity = "low",
    risk_score = 21,
    query(process where process.name == r"C:\a.exe")
)]
pub struct RustRaw;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = RustRaw::matches(&serde_json::Value::Null);
}
