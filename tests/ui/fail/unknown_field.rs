// A slip in the name of a field.
#[eql::rule(
    name = "unknown field",
    severity = "low",
    risk_score = 21,
    query(
        process where event.type == "start" and
         process.nmae : "a.exe"
    )
)]
pub struct Typo;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let event = serde_json::json!({});
    let _ = (Typo::META, Typo::matches(&event));
}
