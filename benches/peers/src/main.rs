//! x
mod translate;
#[cfg(test)]
mod translate_tests;
fn main(){}
