// Fewer than no events.
#[eql::rule(
    name = "bad pipe argument",
    severity = "low",
    risk_score = 21,
    query(process where true | head -1)
)]
pub struct Head;

fn main() {}
