// A slip in `maxspan`.
#[eql::rule(
    name = "unknown option",
    severity = "low",
    risk_score = 21,
    query(
        sequence by host.id with maxspn=1m
         [process where true]
         [network where true]
    )
)]
pub struct Slip;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Slip::META;
}
