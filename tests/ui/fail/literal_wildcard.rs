// `==` knows no wildcards.
#[eql::rule(
    name = "literal wildcard",
    severity = "low",
    risk_score = 21,
    deny(literal_wildcard),
    query(process where process.name == "a*")
)]
pub struct Star;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Star::matches(&serde_json::Value::Null);
}
