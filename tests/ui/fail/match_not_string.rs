// `:` on a number.
#[eql::rule(
    name = "match not string",
    severity = "low",
    risk_score = 21,
    query(process where process.pid : "4*")
)]
pub struct Pattern;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Pattern::matches(&serde_json::Value::Null);
}
