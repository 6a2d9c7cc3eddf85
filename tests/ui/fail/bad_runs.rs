// More repetitions than Elasticsearch counts.
#[eql::rule(
    name = "bad runs",
    severity = "low",
    risk_score = 21,
    query(
        sequence by host.id
         [process where true] with runs=101
         [network where true]
    )
)]
pub struct Often;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Often::META;
}
