// Events are structs.
#[derive(eql::Event)]
pub enum Start {
    One,
}

fn main() {}
