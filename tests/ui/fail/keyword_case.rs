// Keywords are lower case.
#[eql::rule(
    name = "keyword case",
    severity = "low",
    risk_score = 21,
    query(process where process.pid == 1 AND process.name == "a.exe")
)]
pub struct Capitals;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Capitals::matches(&serde_json::Value::Null);
}
