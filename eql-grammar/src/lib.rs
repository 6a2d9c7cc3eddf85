//! The front end of the `eql` compiler.
//!
//! Data goes one way, through one type a pass: text, [`ast::Query`], [`hir::Query`].
//! Nothing here knows of procedural macros: an editor plugin or a command-line tool can use it as it is.

pub mod ast;
pub mod diag;
pub mod meta;
pub mod schema;
pub mod span;
pub mod wildcard;
