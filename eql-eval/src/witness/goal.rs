//! What has to hold or must not, taken apart.

use std::rc::Rc;

use eql_grammar::ast::{Compare, CompareOp, Expr, FieldPath, Literal, Match, Variable};
use eql_grammar::span::{Span, Spanned};
use serde_json::Value as Json;

use crate::evaluate::{self, Scope, Source};
use crate::value::Value;

/// An expression that has to hold, or whose negation has to.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    pub(super) expr: Rc<Spanned<Expr>>,
    pub(super) wanted: bool,
}

impl Goal {
    pub(super) fn new(expr: Spanned<Expr>, wanted: bool) -> Self {
        Self { expr: Rc::new(expr), wanted }
    }

    /// `path == value`
    pub(super) fn equal(path: &str, value: &Value) -> Self {
        Self::compare(path, literal(value), true)
    }

    /// `path != null`
    pub(super) fn present(path: &str) -> Self {
        Self::compare(path, Literal::Null, false)
    }

    fn compare(path: &str, literal: Literal, wanted: bool) -> Self {
        let at = Span::default();
        let compare = Compare {
            left: Spanned::new(field(path), at),
            op: Spanned::new(CompareOp::Eq, at),
            right: Spanned::new(Expr::Literal(literal), at),
        };
        Self::new(Spanned::new(Expr::Compare(Box::new(compare)), at), wanted)
    }

    /// Whether an event fulfils the goal. A condition that folds to null fulfils neither it nor its
    /// negation.
    pub(super) fn is_met(&self, scope: &Scope<'_>) -> bool {
        match evaluate::constant(&self.expr, scope) {
            Some(constant) => constant == Value::Bool(self.wanted),
            None => evaluate::holds(&self.expr, scope) == self.wanted,
        }
    }

    /// Whether one value that passes is enough; else every value has to pass.
    pub(super) fn is_about_some_value(&self) -> bool {
        let is_negated = match &self.expr.node {
            Expr::Compare(c) => c.op.node == CompareOp::Ne,
            Expr::In(i) => i.negated,
            _ => false,
        };
        self.wanted != is_negated
    }

    /// The fields that the goal reads directly.
    pub(super) fn fields(&self, scope: &Scope<'_>) -> Vec<String> {
        let path = |source| match source {
            Source::Field(path) => Some(path.to_owned()),
            Source::Aliased(..) | Source::Variable(..) => None,
        };
        evaluate::sources(&self.expr, scope).into_iter().filter_map(path).collect()
    }

    /// The same of another field.
    pub(super) fn on(&self, from: &str, to: &str) -> Self {
        let renamed = replace(&self.expr, &|e| match e {
            Expr::Field(f) if f.path == from => Some(field(to)),
            _ => None,
        });
        Self::new(renamed, self.wanted)
    }

    /// As a user would write it.
    pub(super) fn text(&self) -> String {
        let not = if self.wanted { "" } else { "not " };
        let text = format!("{not}{}", self.expr.node);
        match text.char_indices().nth(200) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

fn field(path: &str) -> Expr {
    Expr::Field(FieldPath { optional: false, path: path.to_owned() })
}

/// A literal that compares equal to the value.
pub(super) fn literal(value: &Value) -> Literal {
    match value {
        Value::Null => Literal::Null,
        Value::Bool(b) => Literal::Bool(*b),
        Value::Int(i) => i64::try_from(*i).map_or(Literal::Float(*i as f64), Literal::Int),
        Value::Float(x) => Literal::Float(*x),
        other => Literal::Str(other.to_string()),
    }
}

/// As it stands in a document.
pub(super) fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::from(*b),
        Value::Int(i) => match i64::try_from(*i) {
            Ok(i) => Json::from(i),
            Err(_) => u64::try_from(*i).map_or(Json::Null, Json::from),
        },
        Value::Float(x) => Json::from(*x),
        other => Json::from(other.to_string()),
    }
}

/// The expression with some of its fields and variables replaced.
pub(super) fn replace(expr: &Spanned<Expr>, with: &dyn Fn(&Expr) -> Option<Expr>) -> Spanned<Expr> {
    let node = with(expr).unwrap_or_else(|| replace_below(expr, with));
    Spanned::new(node, expr.span)
}

fn replace_below(expr: &Expr, with: &dyn Fn(&Expr) -> Option<Expr>) -> Expr {
    let one = |e: &Spanned<Expr>| replace(e, with);
    let all = |list: &[Spanned<Expr>]| list.iter().map(one).collect();
    match expr {
        Expr::Literal(_) | Expr::Field(_) | Expr::Variable(_) | Expr::DescendantOf(_) => {
            expr.clone()
        }
        Expr::Not(inner) => Expr::Not(Box::new(one(inner))),
        Expr::Neg(inner) => Expr::Neg(Box::new(one(inner))),
        Expr::And(list) => Expr::And(all(list)),
        Expr::Or(list) => Expr::Or(all(list)),
        Expr::Compare(c) => {
            let mut c = c.clone();
            (c.left, c.right) = (one(&c.left), one(&c.right));
            Expr::Compare(c)
        }
        Expr::Arith(a) => {
            let mut a = a.clone();
            (a.left, a.right) = (one(&a.left), one(&a.right));
            Expr::Arith(a)
        }
        Expr::In(i) => {
            let mut i = i.clone();
            (i.value, i.list) = (one(&i.value), all(&i.list));
            Expr::In(i)
        }
        Expr::Match(m) => {
            let value = one(&m.value);
            Expr::Match(Box::new(Match { value, ..(**m).clone() }))
        }
        Expr::Call(call) => {
            let mut call = call.clone();
            call.args = all(&call.args);
            Expr::Call(call)
        }
    }
}

/// The condition of an `_arraysearch` with the element's fields as fields of the array: what holds for an
/// array of one element.
pub(super) fn condition_of_element(
    array: &Expr,
    variable: &str,
    condition: &Spanned<Expr>,
) -> Option<Spanned<Expr>> {
    let Expr::Field(FieldPath { path: array, .. }) = array else { return None };
    Some(replace(condition, &|e| match e {
        Expr::Variable(Variable { name, path }) if name == variable => {
            let dot = if path.is_empty() { "" } else { "." };
            Some(field(&format!("{array}{dot}{path}")))
        }
        _ => None,
    }))
}

/// All literals in an expression, patterns included.
pub(super) fn literals(expr: &Expr) -> Vec<Literal> {
    let mut found = Vec::new();
    match expr {
        Expr::Literal(literal) => found.push(literal.clone()),
        Expr::Match(m) => found.extend(m.patterns.iter().map(|p| p.node.clone())),
        Expr::Neg(inner) => found.extend(literals(inner).into_iter().map(|l| match l {
            Literal::Int(i) => Literal::Int(i.saturating_neg()),
            Literal::Float(x) => Literal::Float(-x),
            other => other,
        })),
        _ => {}
    }
    if !matches!(expr, Expr::Neg(_)) {
        found.extend(evaluate::children(expr).into_iter().flat_map(|child| literals(child)));
    }
    found
}
