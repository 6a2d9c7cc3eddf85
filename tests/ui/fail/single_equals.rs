// `=` compares nothing.
#[eql::rule(
    name = "single equals",
    severity = "low",
    risk_score = 21,
    query(process where process.name = "a.exe")
)]
pub struct Equals;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Equals::META;
}
