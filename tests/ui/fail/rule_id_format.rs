// An identity that is no UUID.
#[eql::rule(
    name = "rule id format",
    severity = "low",
    risk_score = 21,
    rule_id = "my-rule",
    deny(rule_id_format),
    query(process where process.name : "a.exe")
)]
pub struct Identity;

fn main() {}
