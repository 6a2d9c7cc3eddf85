// A key without `=`.
#[eql::rule(
    name "missing equals",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct Equals;

fn main() {
    let _ = Equals::META;
}
