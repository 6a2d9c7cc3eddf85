// Two keys with nothing between them.
#[eql::rule(
    name = "missing comma"
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub struct Comma;

fn main() {
    let _ = Comma::META;
}
