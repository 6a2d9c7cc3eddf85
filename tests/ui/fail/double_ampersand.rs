// An operator of another language, in a string.
#[eql::rule(
    name = "double ampersand",
    severity = "low",
    risk_score = 21,
    query = r#"process where process.pid == 1 && process.name == "a.exe""#
)]
pub struct Ampersands;

fn main() {}
