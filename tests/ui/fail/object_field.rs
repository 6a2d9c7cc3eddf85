// A field that holds objects.
#[eql::rule(
    name = "object field",
    severity = "low",
    risk_score = 21,
    query(process where process.parent == "a.exe")
)]
pub struct Object;

fn main() {}
