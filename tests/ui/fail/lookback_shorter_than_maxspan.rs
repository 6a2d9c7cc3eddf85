// A sequence that two windows share is in neither.
#[eql::rule(
    name = "lookback shorter than maxspan",
    severity = "low",
    risk_score = 21,
    interval = "5m",
    from = "now-9m",
    deny(lookback_shorter_than_maxspan),
    query(
        sequence by host.id with maxspan=1h
         [process where process.name : "a.exe"]
         [network where true]
    )
)]
pub struct Windows;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Windows::META;
}
