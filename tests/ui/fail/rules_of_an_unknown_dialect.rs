// A dialect that is none.
eql::rules! { pub mod pack = "sets/good", dialect = "kql" }

fn main() {}
