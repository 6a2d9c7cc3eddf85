//! From the typed form to Rust: one small function a node.

mod compact;
mod cond;
mod expr;
mod fields;
mod group;
mod lists;
mod meta;
mod packed;
mod rule;
mod strings;
mod texts;

pub(crate) use compact::compact;
pub(crate) use fields::{field_type, ident, kind, own_type};
pub(crate) use meta::Told;
pub(crate) use packed::Packer;
pub(crate) use rule::{Rule, TAKEN, fields_read, imports, rule, skeleton};
pub(crate) use texts::StringTests;

use std::cell::RefCell;

use eql_grammar::hir;

use self::lists::Bound;

/// What every emitting function needs to know.
pub(crate) struct Cx<'a> {
    /// The fields that [`hir::FieldIx`] points to.
    pub(crate) fields: &'a [hir::Field],
    /// How tests of strings are written.
    pub(crate) shape: Shape<'a>,
    /// What was looked up before, where code is written.
    bound: RefCell<Vec<Bound>>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(fields: &'a [hir::Field], shape: Shape<'a>) -> Self {
        Self { fields, shape, bound: RefCell::default() }
    }
}

/// How tests of strings are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'a> {
    /// Straight code in a closure for each test: the fastest to run, and slow to compile.
    Inline,
    /// A call for each test, with its strings in a table of the set: as fast behind a guard, and compiled in a fifth of
    /// the time.
    Calls(&'a StringTests<'a>),
}
