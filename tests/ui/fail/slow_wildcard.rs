// Four parts to search for, one after the other.
#[eql::rule(
    name = "slow wildcard",
    severity = "low",
    risk_score = 21,
    deny(slow_wildcard),
    query(process where process.command_line : "*a*b*c*d*")
)]
pub struct Slow;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Slow::META;
}
