// A technique alone.
#[eql::rule(
    name = "technique without tactic",
    severity = "low",
    risk_score = 21,
    threat = ["T1059.001"],
    query(process where process.name : "a.exe")
)]
pub struct Alone;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Alone::META;
}
