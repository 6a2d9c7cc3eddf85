// An empty string.
#[eql::rule(
    name = "empty query text",
    severity = "low",
    risk_score = 21,
    query = r#""#
)]
pub struct Empty;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Empty::META;
}
