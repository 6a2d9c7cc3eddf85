// `in` takes a list.
#[eql::rule(
    name = "list without parentheses",
    severity = "low",
    risk_score = 21,
    query(process where process.name in "a.exe")
)]
pub struct BareList;

fn main() {}
