// A relation of the other dialect.
#[eql::rule(
    name = "endpoint only",
    severity = "low",
    risk_score = 21,
    query(process where descendant of [process where process.name : "a.exe"])
)]
pub struct Descendant;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Descendant::matches(&serde_json::Value::Null);
}
