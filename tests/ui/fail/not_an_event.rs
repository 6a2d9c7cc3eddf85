// A type that carries no fields at all.
#[eql::rule(name = "n", severity = "low", risk_score = 21, query(process where process.name : "a.exe"))]
pub struct Rule;

fn main() {
    let _ = Rule::matches("a.exe");
}
