// An expression whose table would be too large.
#[eql::rule(
    name = "regex too large",
    severity = "low",
    risk_score = 21,
    query(process where process.name regex "(a|b)*a(a|b){15}")
)]
pub struct Large;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Large::matches(&serde_json::Value::Null);
}
