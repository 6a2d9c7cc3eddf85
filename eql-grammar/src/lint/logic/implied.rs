//! Conditions that follow from others, and conditions that others rule out.
//!
//! The words *follow* and *rule out* are exact: a field may have several values, so that
//! `x == "a" and x == "b"` is met by an event whose `x` has both. That such an event is not what
//! the author thought of is another lint, [`Code::ContradictoryValues`], for fields of which no
//! source has several values.

use std::collections::HashMap;

use super::super::sets::{Leaf, leaf};
use super::super::{Context, quote};
use crate::ast::Expr;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::span::{Span, Spanned};

pub(super) fn check<'a>(cx: &Context<'a>, condition: &'a Spanned<Expr>, diags: &mut Diagnostics) {
    let mut check = Check { cx, known: HashMap::new(), diags };
    check.group(condition, false, true);
}

/// What is known at a place of the condition, by field.
type Known<'a> = HashMap<&'a str, Vec<Leaf<'a>>>;

struct Check<'a, 'c, 'd> {
    cx: &'c Context<'a>,
    known: Known<'a>,
    diags: &'d mut Diagnostics,
}

/// A part of a group: an expression, and whether it stands under an odd number of `not`.
type Part<'a> = (&'a Spanned<Expr>, bool);

impl<'a> Check<'a, '_, '_> {
    /// `whole` says that the rule never fires where this group is never true.
    fn group(&mut self, expr: &'a Spanned<Expr>, negated: bool, whole: bool) {
        let (expr, negated) = strip(expr, negated);
        let mut parts = Vec::new();
        match (&expr.node, negated) {
            (Expr::Or(_), false) | (Expr::And(_), true) => {
                flatten(expr, negated, false, &mut parts);
                self.any(&parts);
            }
            _ => {
                flatten(expr, negated, true, &mut parts);
                self.all(&parts, whole);
            }
        }
    }

    /// `and`, or `or` under `not`: what one part says is known to the others.
    fn all(&mut self, parts: &[Part<'a>], whole: bool) {
        let mut added = Vec::new();
        for (expr, negated) in parts {
            let Some(leaf) = leaf(self.cx, expr, *negated) else { continue };
            if self.decided(&leaf, whole) {
                continue;
            }
            self.doubtful(&leaf);
            self.weaker(&leaf, &added);
            let known = self.known.entry(leaf.path).or_default();
            added.push((leaf.path, leaf.span));
            known.push(leaf);
        }
        for (expr, negated) in parts {
            if leaf(self.cx, expr, *negated).is_none() && is_group(expr) {
                self.group(expr, *negated, false);
            }
        }
        for (path, _) in added {
            self.known.get_mut(path).map(Vec::pop);
        }
    }

    /// `or`, or `and` under `not`.
    fn any(&mut self, parts: &[Part<'a>]) {
        let mut here: Known<'a> = HashMap::new();
        for (expr, negated) in parts {
            let Some(leaf) = leaf(self.cx, expr, *negated) else {
                if is_group(expr) {
                    self.group(expr, *negated, false);
                }
                continue;
            };
            if self.decided(&leaf, false) {
                continue;
            }
            let others = here.entry(leaf.path).or_default();
            for other in others.iter() {
                if let Some(lint) = alternatives(self.cx, &leaf, other) {
                    self.diags.push(lint);
                    break;
                }
            }
            others.push(leaf);
        }
    }

    /// Whether what is known decides the condition; reports it then.
    fn decided(&mut self, leaf: &Leaf<'a>, whole: bool) -> bool {
        let Some(known) = self.known.get(leaf.path) else { return false };
        for fact in known {
            let value = match (fact.negated, leaf.negated) {
                (false, false) if fact.set.within(&leaf.set, self.cx) => true,
                (true, true) if leaf.set.within(&fact.set, self.cx) => true,
                (false, true) if fact.set.within(&leaf.set, self.cx) => false,
                (true, false) if leaf.set.within(&fact.set, self.cx) => false,
                _ => continue,
            };
            self.diags.push(given(self.cx, leaf, fact, value, whole));
            return true;
        }
        false
    }

    /// A condition before this one, in the same group, that follows from this one.
    fn weaker(&mut self, leaf: &Leaf<'a>, added: &[(&'a str, Span)]) {
        let Some(known) = self.known.get(leaf.path) else { return };
        let here = |fact: &&Leaf<'a>| added.iter().any(|(_, span)| *span == fact.span);
        for fact in known.iter().filter(here).filter(|fact| fact.negated == leaf.negated) {
            let follows = if leaf.negated {
                fact.set.within(&leaf.set, self.cx)
            } else {
                leaf.set.within(&fact.set, self.cx)
            };
            if follows {
                self.diags.push(given(self.cx, fact, leaf, true, false));
            }
        }
    }

    /// Two values of a field that has one.
    fn doubtful(&mut self, leaf: &Leaf<'a>) {
        if leaf.negated || leaf.outer || !leaf.single {
            return;
        }
        let Some(known) = self.known.get(leaf.path) else { return };
        let other = known.iter().find(|fact| !fact.negated && fact.set.apart(&leaf.set, self.cx));
        let Some(other) = other else { return };
        self.diags.push(both(self.cx, leaf, other));
    }
}

/// A condition whose value follows from another one that is known to hold, or under `not` not to.
fn given(cx: &Context<'_>, leaf: &Leaf<'_>, by: &Leaf<'_>, value: bool, whole: bool) -> Diagnostic {
    let by_text = quote(cx.text(by.span));
    if leaf.outer && by.outer && value {
        return covered(cx, leaf, by);
    }
    // What is meant is the condition as it stands, without the `not`s around its group.
    let beside = if by.outer {
        format!("where {by_text} is ruled out")
    } else {
        format!("beside {by_text}")
    };
    if value != leaf.outer {
        return Diagnostic::new(
            Code::ImpliedCondition,
            leaf.span,
            format!("this condition adds nothing {beside}"),
        )
        .related(by.span, "says as much")
        .help("leave one of the two out, or correct what was meant to differ");
    }
    let code = if whole && !leaf.outer { Code::AlwaysFalse } else { Code::DeadCondition };
    Diagnostic::new(code, leaf.span, format!("this condition is never true {beside}"))
        .related(by.span, "decides it")
}

/// An alternative that another one has.
fn covered(cx: &Context<'_>, small: &Leaf<'_>, large: &Leaf<'_>) -> Diagnostic {
    let message = format!("this alternative adds nothing: {} has it", quote(cx.text(large.span)));
    Diagnostic::new(Code::ImpliedCondition, small.span, message)
        .related(large.span, "whatever meets the other one meets this")
        .help("leave it out, or correct what was meant to differ")
}

/// Two values of a field that has one value.
fn both(cx: &Context<'_>, leaf: &Leaf<'_>, other: &Leaf<'_>) -> Diagnostic {
    let path = leaf.path;
    let message = format!("`{path}` cannot be this and {} at once", quote(cx.text(other.span)));
    Diagnostic::new(Code::ContradictoryValues, leaf.span, message)
        .related(other.span, "asked for here")
        .note(format!("only an event whose `{path}` is an array of several values meets both"))
        .help("write `or`, or a list, if one of them is enough")
}

/// Two alternatives of which one is in the other, or which leave nothing out.
fn alternatives<'a>(cx: &Context<'a>, leaf: &Leaf<'a>, other: &Leaf<'a>) -> Option<Diagnostic> {
    let adds_nothing = |small: &Leaf<'a>, large: &Leaf<'a>| {
        let text = quote(cx.text(large.span));
        let why = match (small.outer, large.outer) {
            (false, false) => return covered(cx, small, large),
            (true, true) => format!("this condition adds nothing beside {text}"),
            (true, false) => format!("this condition adds nothing: {text} has what it leaves out"),
            (false, true) => format!("this alternative adds nothing: `not` of {text} has it"),
        };
        Diagnostic::new(Code::ImpliedCondition, small.span, why)
            .related(large.span, "says as much")
            .help("leave one of the two out, or correct what was meant to differ")
    };
    let (a, b) = (leaf.set.within(&other.set, cx), other.set.within(&leaf.set, cx));
    match (leaf.negated, other.negated) {
        (false, false) if a => Some(adds_nothing(leaf, other)),
        (false, false) if b => Some(adds_nothing(other, leaf)),
        (true, true) if b => Some(adds_nothing(leaf, other)),
        (true, true) if a => Some(adds_nothing(other, leaf)),
        // One of `x` and `not y` holds whenever `y` is in `x`.
        (false, true) if b => Some(complete(cx, leaf, other)),
        (true, false) if a => Some(complete(cx, leaf, other)),
        (true, true)
            if leaf.single && leaf.outer == other.outer && leaf.set.apart(&other.set, cx) =>
        {
            if leaf.outer {
                return Some(both(cx, leaf, other));
            }
            let path = leaf.path;
            let message = format!(
                "`{path}` always meets this or {}, whatever its value",
                quote(cx.text(other.span))
            );
            Some(
                Diagnostic::new(Code::ContradictoryValues, leaf.span, message)
                    .related(other.span, "the other alternative")
                    .note("a value that is one of the two is not the other")
                    .help("write `and` if neither value is wanted"),
            )
        }
        _ => None,
    }
}

/// Two alternatives of which one always holds, or under `not` two conditions that never do both.
fn complete(cx: &Context<'_>, leaf: &Leaf<'_>, other: &Leaf<'_>) -> Diagnostic {
    let text = quote(cx.text(other.span));
    let (code, message) = match (leaf.outer, other.outer) {
        (true, true) => {
            (Code::DeadCondition, format!("this condition is never true beside {text}"))
        }
        (false, false) => (Code::AlwaysTrue, format!("this or {text} is always true")),
        (true, false) => (
            Code::AlwaysTrue,
            format!("{text} holds wherever this does, so one of the alternatives always holds"),
        ),
        (false, true) => (
            Code::AlwaysTrue,
            format!("this holds wherever {text} does, so one of the alternatives always holds"),
        ),
    };
    Diagnostic::new(code, leaf.span, message).related(other.span, "the other one")
}

fn is_group(expr: &Spanned<Expr>) -> bool {
    matches!(strip(expr, false).0.node, Expr::And(_) | Expr::Or(_))
}

/// Takes `not`s off.
fn strip(mut expr: &Spanned<Expr>, mut negated: bool) -> Part<'_> {
    while let Expr::Not(inner) = &expr.node {
        (expr, negated) = (inner, !negated);
    }
    (expr, negated)
}

/// The parts of a group of `and` (with `all`) or of `or`, where such groups stand in each other.
fn flatten<'a>(expr: &'a Spanned<Expr>, negated: bool, all: bool, parts: &mut Vec<Part<'a>>) {
    let (inner, inside) = strip(expr, negated);
    match &inner.node {
        Expr::And(list) if all != inside => {
            list.iter().for_each(|item| flatten(item, inside, all, parts));
        }
        Expr::Or(list) if all == inside => {
            list.iter().for_each(|item| flatten(item, inside, all, parts));
        }
        _ => parts.push((expr, negated)),
    }
}
