// A number in a field of strings.
#[derive(eql::Event)]
#[eql(constant("event.type" = 1))]
pub struct Start {
    #[eql(field = "process.name")]
    pub name: String,
}

fn main() {}
