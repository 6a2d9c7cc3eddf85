// Two queries.
#[eql::rule(
    name = "one query",
    severity = "low",
    risk_score = 21,
    query = "process where true",
    query(process where process.name : "a.exe")
)]
pub struct Both;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Both::META;
}
