//! x
mod translate;
#[cfg(test)]
mod translate_tests;
include!(concat!(env!("OUT_DIR"), "/sets.rs"));
fn main(){
    println!("{}", RULES.len());
    macro_rules! p { ($($name:ident = $module:ident, $count:literal;)*) => { $( println!("{} {}", stringify!($name), $module::pack::RULES.len() == $count);)* } }
    each_set!(p);
}
