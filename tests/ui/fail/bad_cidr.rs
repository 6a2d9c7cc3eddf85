// An address of version 4 has 32 bits.
#[eql::rule(
    name = "bad cidr",
    severity = "low",
    risk_score = 21,
    query(network where cidrMatch(source.ip, "10.0.0.0/40"))
)]
pub struct Network;

fn main() {}
