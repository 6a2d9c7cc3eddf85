// `runs` belongs behind a term.
#[eql::rule(
    name = "runs before first term",
    severity = "low",
    risk_score = 21,
    query(
        sequence by host.id with runs=3
         [process where true]
         [network where true]
    )
)]
pub struct Runs;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Runs::matches(&serde_json::Value::Null);
}
