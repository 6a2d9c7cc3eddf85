// An operator of another language.
#[eql::rule(
    name = "double bar",
    severity = "low",
    risk_score = 21,
    query(process where process.name == "a.exe" || process.name == "b.exe")
)]
pub struct Bars;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Bars::matches(&serde_json::Value::Null);
}
