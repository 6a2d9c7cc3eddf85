// Something else than a module.
eql::rules! { pub struct Pack = "sets/one_broken"; }

fn main() {}
