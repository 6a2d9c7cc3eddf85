// `not` stands before the whole comparison.
#[eql::rule(
    name = "not before match",
    severity = "low",
    risk_score = 21,
    query(process where process.name not : "a.exe")
)]
pub struct Not;

fn main() {}
