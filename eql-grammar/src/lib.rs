//! The front end of the `eql` compiler.
//!
//! Data goes one way, through one type a pass: text, [`ast::Query`], [`hir::Query`].
//! Nothing here knows of procedural macros: an editor plugin or a command-line tool can use it as it is.

// What pest derives without its `std` feature names this crate.
extern crate alloc;

pub mod ast;
pub mod attack;
pub mod config;
pub mod diag;
pub mod document;
pub mod format;
pub mod hir;
pub mod lint;
pub mod lower;
pub mod meta;
pub mod parser;
mod print;
pub mod regex;
pub mod report;
pub mod rule;
pub mod rule_file;
mod scan;
pub mod schedule;
pub mod schema;
pub mod span;
pub mod suggest;
mod table;
pub mod wildcard;
