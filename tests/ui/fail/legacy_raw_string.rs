// A raw string as EQL once wrote it.
#[eql::rule(
    name = "legacy raw string",
    severity = "low",
    risk_score = 21,
    query(process where process.name == ?"a.exe")
)]
pub struct Legacy;

fn main() {}
