// A technique under a tactic that it does not serve.
#[eql::rule(
    name = "wrong tactic",
    severity = "low",
    risk_score = 21,
    threat = ["TA0009/T1059.001"],
    query(process where process.name : "a.exe")
)]
pub struct Wrong;

fn main() {}
