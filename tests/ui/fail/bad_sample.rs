// Events of a sample have no order, so no end.
#[eql::rule(
    name = "bad sample",
    severity = "low",
    risk_score = 21,
    query(
        sample by host.id
         [process where true]
         [network where true]
        until [file where true]
    )
)]
pub struct Until;

fn main() {}
