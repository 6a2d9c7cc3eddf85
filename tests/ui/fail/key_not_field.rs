// A key that is a call.
#[eql::rule(
    name = "key not field",
    severity = "low",
    risk_score = 21,
    query(
        sequence by length(host.id)
         [process where true]
         [network where true]
    )
)]
pub struct Call;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Call::matches(&serde_json::Value::Null);
}
