// A slip in a key.
#[eql::rule(
    name = "unknown key",
    severty = "low",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct Key;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Key::META;
}
