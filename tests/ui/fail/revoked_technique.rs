// ATT&CK has put another entry in its place.
#[eql::rule(
    name = "revoked technique",
    severity = "low",
    risk_score = 21,
    threat = ["TA0002/T1086"],
    deny(revoked_technique),
    query(process where process.name : "a.exe")
)]
pub struct Revoked;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Revoked::META;
}
