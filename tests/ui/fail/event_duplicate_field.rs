// Two members that carry one field.
#[derive(eql::Event)]
pub struct Start {
    #[eql(field = "process.name")]
    pub name: String,
    #[eql(field = "process.name")]
    pub other: String,
}

fn main() {}
