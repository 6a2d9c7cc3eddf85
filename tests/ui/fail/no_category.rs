// A query that begins with `where`.
#[eql::rule(
    name = "no category",
    severity = "low",
    risk_score = 21,
    query(where process.pid == 1)
)]
pub struct NoCategory;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = NoCategory::META;
}
