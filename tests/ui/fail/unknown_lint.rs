// A slip in the name of a lint.
#[eql::rule(
    name = "unknown lint",
    severity = "low",
    risk_score = 21,
    allow(slow_wildcards),
    query(process where process.name : "a.exe")
)]
pub struct Lint;

fn main() {}
