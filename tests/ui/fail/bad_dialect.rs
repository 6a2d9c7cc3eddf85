// A dialect that is none of two.
#[eql::rule(
    name = "bad dialect",
    severity = "low",
    risk_score = 21,
    dialect = "endgame",
    query(process where process.name : "a.exe")
)]
pub struct Dialect;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Dialect::matches(&serde_json::Value::Null);
}
