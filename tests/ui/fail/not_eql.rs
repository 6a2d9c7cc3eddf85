// A rule of another language.
#[eql::rule(
    name = "not eql",
    severity = "low",
    risk_score = 21,
    language = "kuery",
    query(process where process.name : "a.exe")
)]
pub struct Kuery;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Kuery::matches(&serde_json::Value::Null);
}
