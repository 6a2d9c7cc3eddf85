// Keys come first.
#[eql::rule(
    name = "with before by",
    severity = "low",
    risk_score = 21,
    query(
        sequence with maxspan=1m by host.id
         [process where true]
         [network where true]
    )
)]
pub struct With;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = With::META;
}
