// Nobody looks at 54 minutes of each hour.
#[eql::rule(
    name = "interval longer than window",
    severity = "low",
    risk_score = 21,
    interval = "1h",
    from = "now-6m",
    deny(interval_longer_than_window),
    query(process where process.name : "a.exe")
)]
pub struct Gap;

fn main() {}
