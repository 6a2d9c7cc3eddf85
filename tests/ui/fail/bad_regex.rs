// An expression with a parenthesis that nothing closes.
#[eql::rule(
    name = "bad regex",
    severity = "low",
    risk_score = 21,
    query(process where process.name regex "a(b")
)]
pub struct Regex;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Regex::META;
}
