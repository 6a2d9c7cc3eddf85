// An event without a field that a rule of a set reads.
eql::rules! { pub mod pack = "sets/good" }

#[derive(eql::Event)]
#[eql(category = "process")]
pub struct Start {
    #[eql(field = "process.name")]
    pub name: String,
    #[eql(field = "process.parent.name")]
    pub parent: String,
    #[eql(field = "acme.score")]
    pub score: i64,
}

fn main() {
    let _ = pack::detectors::<Start>();
}
