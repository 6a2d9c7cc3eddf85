// A text in a field of numbers.
#[derive(eql::Event)]
pub struct Start {
    #[eql(field = "process.pid")]
    pub pid: String,
}

fn main() {}
