//! The back end of the `eql` compiler: typed EQL to Rust tokens.
//!
//! The `expand_*` functions are the procedural macros of the crate `eql`, over `proc_macro2`, so that
//! tests, fuzzers and tools call them without a compiler around them. They never fail: errors are tokens.

mod args;
mod compile;
mod derive;
mod docs;
mod emit;
mod inspect;
mod plan;
mod project;
mod report;
mod set;
mod source;

use proc_macro2::TokenStream;

pub use inspect::{Guard, Indexed, Partition, code, indexed};
pub use set::struct_name;

/// `#[eql::rule(args)] item`
#[must_use]
pub fn expand_rule(args: TokenStream, item: TokenStream) -> TokenStream {
    compile::rule(args, item)
}

/// `eql::rules! { input }`
#[must_use]
pub fn expand_rules(input: TokenStream) -> TokenStream {
    set::expand(input)
}

/// `#[derive(eql::Event)] item`
#[must_use]
pub fn expand_event(item: TokenStream) -> TokenStream {
    derive::expand(item)
}

/// Tokens as a reader would format them; as they are where they are no Rust file.
#[must_use]
pub fn pretty(tokens: &TokenStream) -> String {
    match syn::parse2::<syn::File>(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => tokens.to_string(),
    }
}
