// A number is never equal to an address.
#[eql::rule(
    name = "key type",
    severity = "low",
    risk_score = 21,
    query(
        sequence
         [process where true] by process.pid
         [network where true] by source.ip
    )
)]
pub struct KeyTypes;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = KeyTypes::META;
}
