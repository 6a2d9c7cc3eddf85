// A character that no query has.
#[eql::rule(
    name = "semicolon",
    severity = "low",
    risk_score = 21,
    query(process where process.pid == 1;)
)]
pub struct Semicolon;

fn main() {}
