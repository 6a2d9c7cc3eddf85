// `join` is read and not run.
#[eql::rule(
    name = "join",
    severity = "low",
    risk_score = 21,
    query(
        join by host.id
         [process where true]
         [network where true]
    )
)]
pub struct Join;

fn main() {}
