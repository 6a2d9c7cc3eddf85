// A slip in an attribute of a member.
#[derive(eql::Event)]
pub struct Start {
    #[eql(feild = "process.name")]
    pub name: String,
}

fn main() {}
