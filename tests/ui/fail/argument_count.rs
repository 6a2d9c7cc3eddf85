// A function with one argument too few.
#[eql::rule(
    name = "argument count",
    severity = "low",
    risk_score = 21,
    query(process where substring(process.name) == "a")
)]
pub struct Count;

fn main() {}
