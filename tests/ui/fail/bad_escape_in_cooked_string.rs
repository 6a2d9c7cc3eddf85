// Rust reads the first of two backslashes, EQL the other one.
#[eql::rule(
    name = "bad escape in cooked string",
    severity = "low",
    risk_score = 21,
    query = "process where process.name : \"a.exe\" and process.executable : \"C:\\Temp\""
)]
pub struct Cooked;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Cooked::META;
}
