// A unit that a time span does not have.
#[eql::rule(
    name = "bad time span",
    severity = "low",
    risk_score = 21,
    query(
        sequence by host.id with maxspan=2w
         [process where true]
         [network where true]
    )
)]
pub struct Weeks;

fn main() {}
