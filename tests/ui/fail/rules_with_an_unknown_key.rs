// A key that is none.
eql::rules! { pub mod pack = "sets/good", exlude = "sets/good/nested" }

fn main() {}
