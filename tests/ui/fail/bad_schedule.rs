// A time that is no date math.
#[eql::rule(
    name = "bad schedule",
    severity = "low",
    risk_score = 21,
    from = "9m",
    query(process where process.name : "a.exe")
)]
pub struct Schedule;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Schedule::META;
}
