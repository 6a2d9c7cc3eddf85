// Nothing but a query: one error for each key that is missing.
#[eql::rule(query(process where process.name : "a.exe"))]
pub struct Bare;

fn main() {}
