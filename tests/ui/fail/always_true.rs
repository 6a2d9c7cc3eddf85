// A condition about no event.
#[eql::rule(
    name = "always true",
    severity = "low",
    risk_score = 21,
    deny(always_true),
    query(process where 1 < 2)
)]
pub struct Always;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Always::META;
}
