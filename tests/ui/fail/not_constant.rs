// A network that only the event knows.
#[eql::rule(
    name = "not constant",
    severity = "low",
    risk_score = 21,
    query(network where cidrMatch(source.ip, source.address))
)]
pub struct Constant;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Constant::META;
}
