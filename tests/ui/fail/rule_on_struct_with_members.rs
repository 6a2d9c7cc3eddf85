// A rule has no members.
#[eql::rule(
    name = "on a struct with members",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct Members {
    count: u32,
}

fn main() {
    let _ = Members::matches(&serde_json::Value::Null);
}
