//! Lints: what compiles and is probably not what its author meant.
//!
//! Lints of logic follow from what the language means; those that rest on what events look
//! like in practice say so. Each is linear in the length of the rule, except that the entries of a
//! list are compared with each other, for which there is a bound.

mod cost;
mod logic;
mod metadata;
mod portability;
mod schedule;
mod sets;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::ast::{self, Dialect, Expr};
use crate::diag::Diagnostics;
use crate::hir;
use crate::meta::{Meta, RawMeta, Source};
use crate::schema::{FieldInfo, Schema};
use crate::span::{Span, Spanned};

/// The most comparisons of one list entry or condition with another in one query. Of what is left
/// then, nothing is said.
const BUDGET: u32 = 50_000;

/// A query whose lints are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Its text.
    pub text: &'a str,
    /// As written.
    pub ast: &'a ast::Query,
    /// As understood.
    pub hir: &'a hir::Query,
    /// Its language.
    pub dialect: Dialect,
    /// The fields there are.
    pub schema: &'a Schema,
    /// The field that the word before `where` is compared with.
    pub category_field: &'a str,
}

/// Metadata whose lints are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Metadata<'a> {
    /// As understood.
    pub meta: &'a Meta,
    /// As written.
    pub raw: &'a RawMeta,
    /// Where it was written.
    pub source: Source,
    /// The rule's query, where it has no errors.
    pub query: Option<&'a hir::Query>,
}

/// Looks for the lints of a query. Places are those of its text.
pub fn query(query: &Query<'_>, diags: &mut Diagnostics) {
    let cx = Context { query, fields: RefCell::default(), left: Cell::new(BUDGET) };
    logic::check(&cx, diags);
    cost::check(&cx, diags);
    portability::check(&cx, diags);
}

/// Looks for the lints of metadata. Places are those of what it was read from.
pub fn metadata(metadata: &Metadata<'_>, diags: &mut Diagnostics) {
    metadata::check(metadata, diags);
    schedule::check(metadata, diags);
}

struct Context<'a> {
    query: &'a Query<'a>,
    /// What the schema has of paths that were asked for.
    fields: RefCell<HashMap<&'a str, Option<FieldInfo>>>,
    /// What is left of [`BUDGET`].
    left: Cell<u32>,
}

impl<'a> Context<'a> {
    /// What the schema knows of a field of the event itself; `None` where it does not know it.
    fn field(&self, path: &'a str) -> Option<FieldInfo> {
        let mut fields = self.fields.borrow_mut();
        fields.entry(path).or_insert_with(|| self.query.schema.lookup(path)).clone()
    }

    /// Whether one more comparison may be made.
    fn spend(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// The text of a place.
    fn text(&self, span: Span) -> &'a str {
        self.query.text.get(span.range()).unwrap_or_default()
    }
}

/// The event queries of a query, with the terms that they stand in.
fn stages(query: &ast::Query) -> Vec<(&ast::EventQuery, Option<&Spanned<ast::Term>>)> {
    match &query.body {
        ast::Body::Event(event) => vec![(event, None)],
        ast::Body::Sequence(sequence) => sequence
            .terms
            .iter()
            .chain(&sequence.until)
            .map(|term| (&term.query, Some(term)))
            .collect(),
        ast::Body::Sample(sample) => {
            sample.terms.iter().map(|term| (&term.query, Some(term))).collect()
        }
    }
}

/// The typed event queries, in the order of [`stages`].
fn typed(query: &hir::Query) -> Vec<&hir::EventQuery> {
    match &query.body {
        hir::Body::Event(event) => vec![event],
        hir::Body::Sequence(sequence) => {
            sequence.stages.iter().chain(&sequence.until).map(|stage| &stage.query).collect()
        }
        hir::Body::Sample(sample) => sample.stages.iter().map(|stage| &stage.query).collect(),
    }
}

/// Calls `visit` for an expression and everything in it.
fn walk<'a>(expr: &'a Spanned<Expr>, visit: &mut dyn FnMut(&'a Spanned<Expr>)) {
    visit(expr);
    match &expr.node {
        Expr::Literal(_) | Expr::Field(_) | Expr::Variable(_) => {}
        Expr::Not(inner) | Expr::Neg(inner) => walk(inner, visit),
        Expr::And(list) | Expr::Or(list) => list.iter().for_each(|item| walk(item, visit)),
        Expr::Compare(compare) => {
            walk(&compare.left, visit);
            walk(&compare.right, visit);
        }
        Expr::Arith(arith) => {
            walk(&arith.left, visit);
            walk(&arith.right, visit);
        }
        Expr::In(list) => {
            walk(&list.value, visit);
            list.list.iter().for_each(|item| walk(item, visit));
        }
        Expr::Match(matched) => walk(&matched.value, visit),
        Expr::Call(call) => call.args.iter().for_each(|arg| walk(arg, visit)),
        Expr::DescendantOf(query) => walk(&query.condition, visit),
    }
}

/// A part of the query in a message, shortened where it is long.
fn quote(text: &str) -> String {
    const LONGEST: usize = 50;
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(at);
        words.push('…');
    }
    format!("`{words}`")
}
