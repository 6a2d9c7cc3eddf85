// A keyword where a value is needed.
#[eql::rule(
    name = "keyword as field",
    severity = "low",
    risk_score = 21,
    query(process where sequence == 1)
)]
pub struct Keyword;

fn main() {}
