// Lints are names.
#[eql::rule(
    name = "lints in quotes",
    severity = "low",
    risk_score = 21,
    allow("slow_wildcard"),
    query(process where process.name : "a.exe")
)]
pub struct Quoted;

fn main() {}
