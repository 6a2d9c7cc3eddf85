//! From the typed form to Rust: one small function a node.

mod cond;
mod expr;
mod fields;
mod group;
mod meta;
mod rule;
mod strings;

pub(crate) use fields::{ident, kind, own_type};
pub(crate) use meta::meta;
pub(crate) use rule::{Rule, TAKEN, rule, skeleton};

use eql_grammar::hir;

/// What every emitting function needs to know.
pub(crate) struct Cx<'a> {
    /// The fields that [`hir::FieldIx`] points to.
    pub(crate) fields: &'a [hir::Field],
}
