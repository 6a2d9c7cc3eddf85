// A rule is a struct.
#[eql::rule(
    name = "on a function",
    severity = "low",
    risk_score = 21,
    query(process where process.name : "a.exe")
)]
pub fn function() {}

fn main() {
    function();
}
