// A number where a string is needed.
#[eql::rule(
    name = "argument type",
    severity = "low",
    risk_score = 21,
    query(process where endsWith(process.pid, "1"))
)]
pub struct Argument;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Argument::META;
}
