// A character that no query has, in a string over several lines.
#[eql::rule(
    name = "unexpected character",
    severity = "low",
    risk_score = 21,
    query = r#"
process where
 process.pid == 1 and
 process.name % "a.exe" and é
"#
)]
pub struct Percent;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Percent::META;
}
