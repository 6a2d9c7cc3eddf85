//! Conditions on events that lack fields.

use super::super::Context;
use crate::ast::{self, Expr};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{self, Cond, FieldIx, Root};
use crate::span::Spanned;

/// Fields by the start of their path, and the categories of events that carry them. Alerts of
/// Elastic Endpoint carry all of them, and so may categories that only say how an event is judged.
const HOMES: &[(&str, &[&str])] = &[
    ("dll.", &["library", "driver", "api"]),
    ("dns.", &["network", "dns"]),
    ("registry.", &["registry", "configuration"]),
];

/// Categories that describe an event from outside, so that it may carry anything.
const OPEN: &[&str] = &["intrusion_detection", "malware", "threat", "vulnerability", "host"];

pub(super) fn check(
    cx: &Context<'_>,
    stage: &ast::EventQuery,
    typed: &hir::EventQuery,
    wanted: bool,
    diags: &mut Diagnostics,
) {
    never_together(cx, stage, typed, diags);
    if wanted && !explicit(&stage.condition) {
        passes_without_fields(cx, stage, typed, diags);
    }
}

/// A category whose events never have the fields that the condition needs.
fn never_together(
    cx: &Context<'_>,
    stage: &ast::EventQuery,
    typed: &hir::EventQuery,
    diags: &mut Diagnostics,
) {
    if cx.query.category_field != "event.category" {
        return;
    }
    let ast::Category::Named(category) = &stage.category.node else { return };
    if OPEN.contains(&category.as_str()) || !crate::schema::known_category(category) {
        return;
    }
    for (start, homes) in HOMES.iter().filter(|(_, homes)| !homes.contains(&category.as_str())) {
        let fields = &cx.query.hir.fields;
        let absent = |field: FieldIx| {
            let field = &fields[field.0];
            field.root == Root::Event && field.path.starts_with(start)
        };
        if holds(&typed.condition, &absent) != Some(false) || typed.condition == Cond::Const(false)
        {
            continue;
        }
        let mut first = None;
        super::super::walk(&stage.condition, &mut |expr| {
            if let Expr::Field(field) = &expr.node
                && field.path.starts_with(start)
                && first.is_none()
            {
                first = Some((expr.span, field.path.clone()));
            }
        });
        let Some((span, path)) = first else { continue };
        let message = format!("events of category `{category}` do not carry `{path}`");
        let list: Vec<_> = homes.iter().map(|home| format!("`{home}`")).collect();
        diags.push(
            Diagnostic::new(Code::CategoryWithoutField, stage.category.span, message)
                .label("no event can pass: the condition needs the field")
                .related(span, "needed here")
                .help(format!("events of category {} carry it", list.join(", "))),
        );
    }
}

/// `where true` says what it means.
fn explicit(condition: &Spanned<Expr>) -> bool {
    matches!(condition.node, Expr::Literal(_))
}

/// A condition that an event meets because it has none of the fields.
fn passes_without_fields(
    cx: &Context<'_>,
    stage: &ast::EventQuery,
    typed: &hir::EventQuery,
    diags: &mut Diagnostics,
) {
    if matches!(typed.condition, Cond::Const(_)) || holds(&typed.condition, &|_| true) != Some(true)
    {
        return;
    }
    let mut named = None;
    // A test for absence is what such a condition may be for.
    if asks_for_absence(&typed.condition) {
        return;
    }
    typed.condition.for_each_field(&mut |field| {
        named.get_or_insert_with(|| cx.query.hir.fields[field.0].path.clone());
    });
    let Some(field) = named else { return };
    diags.push(
        Diagnostic::new(
            Code::MatchesAbsentFields,
            stage.condition.span,
            "an event that has none of these fields meets this condition",
        )
        .note("a condition about a field that is not there is false, and `not` makes it true")
        .help(format!("add a condition that must hold, such as `{field} != null`")),
    );
}

/// Whether a field's absence is asked for by name: `x == null`.
fn asks_for_absence(cond: &Cond) -> bool {
    match cond {
        Cond::Not(inner) => matches!(**inner, Cond::Exists(_)) || asks_for_absence(inner),
        Cond::And(list) | Cond::Or(list) => list.iter().any(asks_for_absence),
        _ => false,
    }
}

/// The value of a condition on an event without certain fields; `None` where others decide it.
fn holds(cond: &Cond, absent: &dyn Fn(FieldIx) -> bool) -> Option<bool> {
    match cond {
        Cond::Const(value) => Some(*value),
        Cond::Not(inner) => holds(inner, absent).map(|value| !value),
        Cond::And(list) => all(list.iter().map(|cond| holds(cond, absent)), false),
        Cond::Or(list) => all(list.iter().map(|cond| holds(cond, absent)), true),
        Cond::Exists(field) | Cond::Test(field, _) => absent(*field).then_some(false),
        Cond::ArraySearch(search) => absent(search.array).then_some(false),
        Cond::Expr(_) | Cond::DescendantOf(_) => None,
    }
}

/// `or` with `decides` true, else `and`: one value decides, and otherwise all must be known.
fn all(list: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut result = Some(!decides);
    for value in list {
        match value {
            Some(value) if value == decides => return Some(decides),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}
