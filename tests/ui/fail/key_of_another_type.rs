// A key of rules that count.
#[eql::rule(
    name = "key of another type",
    severity = "low",
    risk_score = 21,
    threshold = { value = 5 },
    query(process where process.name : "a.exe")
)]
pub struct Threshold;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Threshold::matches(&serde_json::Value::Null);
}
