// A severity that is none of four.
#[eql::rule(
    name = "bad value",
    severity = "hihg",
    risk_score = 73,
    query(process where process.name : "a.exe")
)]
pub struct Severity;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Severity::META;
}
