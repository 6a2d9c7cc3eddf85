// The name of a field without quotes.
#[derive(eql::Event)]
pub struct Start {
    #[eql(field = process.name)]
    pub name: String,
}

fn main() {}
