// A slip in the name of a function.
#[eql::rule(
    name = "unknown function",
    severity = "low",
    risk_score = 21,
    query(process where startsWiht(process.name, "a"))
)]
pub struct Function;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Function::META;
}
