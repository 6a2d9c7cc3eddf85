// An event without a field that a sequence joins by.
use eql::Detect as _;

#[derive(eql::Event)]
#[eql(category = "process")]
pub struct Start {
    #[eql(field = "@timestamp")]
    pub time: eql::Timestamp,
    #[eql(field = "process.name")]
    pub name: String,
}

#[eql::rule(
    name = "n",
    severity = "low",
    risk_score = 21,
    query(sequence by host.id with maxspan=1m [process where process.name : "a.exe"] [process where process.name : "b.exe"])
)]
pub struct Pair;

fn main() {
    let _: Box<dyn eql::Detector<Start>> = Pair::detector();
}
