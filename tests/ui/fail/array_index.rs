// EQL looks at every value of an array.
#[eql::rule(
    name = "array index",
    severity = "low",
    risk_score = 21,
    query(process where process.args[0] == "-x")
)]
pub struct Index;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Index::META;
}
