// A single character in single quotes is a Rust token.
#[eql::rule(
    name = "single quotes in tokens",
    severity = "low",
    risk_score = 21,
    query(process where process.name == 'c')
)]
pub struct Quotes;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Quotes::matches(&serde_json::Value::Null);
}
