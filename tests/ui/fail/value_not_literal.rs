// A constant cannot be read when macros run.
const NAME: &str = "value not literal";

#[eql::rule(
    name = NAME,
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct Constant;

fn main() {
    let _ = (NAME, Constant::META);
}
