// `severity` must be given.
#[eql::rule(
    name = "missing key",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct NoSeverity;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = NoSeverity::META;
}
