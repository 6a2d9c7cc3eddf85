// A value that is two things at once.
#[eql::rule(
    name = "always false",
    severity = "low",
    risk_score = 21,
    deny(always_false),
    query(process where "a" == "b")
)]
pub struct Never;

fn main() {}
