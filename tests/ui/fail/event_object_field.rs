// A member that carries objects.
#[derive(eql::Event)]
pub struct Start {
    #[eql(field = "process.parent")]
    pub parent: String,
}

fn main() {}
