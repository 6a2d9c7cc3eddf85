// A rule has no parameters.
#[eql::rule(
    name = "on a generic struct",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct Generic<T>(T);

fn main() {
    let _ = Generic::META;
}
