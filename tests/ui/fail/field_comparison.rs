// Elasticsearch compares fields with literals.
#[eql::rule(
    name = "field comparison",
    severity = "low",
    risk_score = 21,
    query(process where process.name == process.parent.name)
)]
pub struct Fields;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Fields::META;
}
