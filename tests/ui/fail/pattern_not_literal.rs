// A pattern that is a field.
#[eql::rule(
    name = "pattern not literal",
    severity = "low",
    risk_score = 21,
    query(process where process.name : process.parent.name)
)]
pub struct FieldPattern;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = FieldPattern::META;
}
