// Rust takes one digit, EQL wants two.
#[eql::rule(
    name = "bad unicode escape",
    severity = "low",
    risk_score = 21,
    query(process where process.name == "\u{7}")
)]
pub struct Unicode;

fn main() {}
