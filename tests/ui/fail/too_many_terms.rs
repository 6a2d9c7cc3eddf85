// A sample has at most five terms.
#[eql::rule(
    name = "too many terms",
    severity = "low",
    risk_score = 21,
    query(
        sample by host.id
         [process where true] [network where true] [file where true]
         [registry where true] [dns where true] [library where true]
    )
)]
pub struct Sample;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Sample::META;
}
