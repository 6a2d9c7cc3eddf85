// A field that is named by a key.
#[eql::rule(
    name = "unknown field in metadata",
    severity = "low",
    risk_score = 21,
    timestamp_field = "event.ingestd",
    query(process where process.pid == 1)
)]
pub struct Meta;

fn main() {}
