// Booleans have no order.
#[eql::rule(
    name = "order of booleans",
    severity = "low",
    risk_score = 21,
    query(process where process.code_signature.trusted > false)
)]
pub struct Order;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Order::META;
}
