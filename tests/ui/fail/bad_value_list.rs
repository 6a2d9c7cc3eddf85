// One tag without brackets.
#[eql::rule(
    name = "bad value list",
    severity = "low",
    risk_score = 21,
    tags = "Windows",
    query(process where process.name : "a.exe")
)]
pub struct Tags;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Tags::META;
}
