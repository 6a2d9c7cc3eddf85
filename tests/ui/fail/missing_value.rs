// A comparison without its right side.
#[eql::rule(
    name = "missing value",
    severity = "low",
    risk_score = 21,
    query(process where process.name ==)
)]
pub struct Unfinished;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Unfinished::META;
}
