// A text that is no address.
#[eql::rule(
    name = "bad literal",
    severity = "low",
    risk_score = 21,
    query(network where destination.ip == "10.0.0")
)]
pub struct Address;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Address::matches(&serde_json::Value::Null);
}
