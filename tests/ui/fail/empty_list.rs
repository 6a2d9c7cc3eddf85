// A list without values.
#[eql::rule(
    name = "empty list",
    severity = "low",
    risk_score = 21,
    query(process where process.name in ())
)]
pub struct EmptyList;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = EmptyList::META;
}
