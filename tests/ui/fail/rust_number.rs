// A number with a suffix of Rust's.
#[eql::rule(
    name = "rust number",
    severity = "low",
    risk_score = 21,
    query(process where process.pid == 4_000u32)
)]
pub struct Suffixed;

fn main() {}
