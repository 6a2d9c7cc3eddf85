// A pipe that Elasticsearch does not run.
#[eql::rule(
    name = "unknown pipe",
    severity = "low",
    risk_score = 21,
    query(process where true | unique process.name)
)]
pub struct Pipe;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Pipe::matches(&serde_json::Value::Null);
}
