// A rule is a struct, and not an enum.
#[eql::rule(
    name = "on an enum",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub enum Choice {
    One,
}

fn main() {
    let _ = Choice::One;
    let _ = Choice::META;
}
