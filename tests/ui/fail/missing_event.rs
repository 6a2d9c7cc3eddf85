// A missing event needs to know how long it must stay away.
#[eql::rule(
    name = "missing event",
    severity = "low",
    risk_score = 21,
    query(
        sequence by host.id
         [process where true]
         ![network where true]
    )
)]
pub struct Missing;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Missing::matches(&serde_json::Value::Null);
}
