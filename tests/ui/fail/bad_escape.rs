// A single backslash in front of a letter.
#[eql::rule(
    name = "bad escape",
    severity = "low",
    risk_score = 21,
    query = r#"process where process.executable : "C:\Temp""#
)]
pub struct Backslash;

fn main() {}
