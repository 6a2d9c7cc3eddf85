// A term with a key more than the first one.
#[eql::rule(
    name = "key count",
    severity = "low",
    risk_score = 21,
    query(
        sequence
         [process where true] by host.id
         [network where true] by host.id, process.pid
    )
)]
pub struct Keys;

fn main() {}
