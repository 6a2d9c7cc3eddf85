//! What the other dialect does not have.

use super::{Context, stages, walk};
use crate::ast::{self, Dialect, Expr};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::span::Span;

pub(super) fn check(cx: &Context<'_>, diags: &mut Diagnostics) {
    let mut found: Vec<(Span, &str)> = Vec::new();
    match cx.query.dialect {
        Dialect::Elasticsearch => of_elasticsearch(cx.query.ast, &mut found),
        Dialect::Endpoint => of_endpoint(cx.query.ast, &mut found),
    }
    let other = match cx.query.dialect {
        Dialect::Elasticsearch => "Elastic Defend's rules have no",
        Dialect::Endpoint => "Elasticsearch has no",
    };
    // Each construct once: where it stands first.
    let mut said: Vec<&str> = Vec::new();
    for (span, what) in found {
        if !said.contains(&what) {
            said.push(what);
            let message = format!("{other} {what}");
            diags.push(Diagnostic::new(Code::OtherDialect, span, message));
        }
    }
}

fn of_elasticsearch(query: &ast::Query, found: &mut Vec<(Span, &'static str)>) {
    for (stage, term) in stages(query) {
        if let Some(term) = term {
            if term.missing {
                found.push((term.span, "missing events `![…]`"));
            }
            if let Some(runs) = &term.runs {
                found.push((runs.span, "`with runs`"));
            }
        }
        walk(&stage.condition, &mut |expr| {
            if let Expr::Field(field) = &expr.node
                && field.optional
            {
                found.push((expr.span, "optional fields `?field`"));
            }
        });
    }
    if let ast::Body::Sample(sample) = &query.body
        && let Some(first) = sample.terms.first()
    {
        found.push((first.span, "samples"));
    }
    found.extend(query.pipes.iter().map(|pipe| (pipe.span, "pipes")));
}

fn of_endpoint(query: &ast::Query, found: &mut Vec<(Span, &'static str)>) {
    for (stage, term) in stages(query) {
        if let Some(alias) = term.and_then(|term| term.alias.as_ref()) {
            found.push((alias.span, "names for terms, `as event0`"));
        }
        walk(&stage.condition, &mut |expr| match &expr.node {
            Expr::Variable(_) => found.push((expr.span, "variables")),
            Expr::DescendantOf(_) => found.push((expr.span, "`descendant of`")),
            Expr::Call(call) if call.name.starts_with('_') => {
                found.push((expr.span, "`_arraysearch`"));
            }
            Expr::Compare(compare) => {
                let field = |expr: &Expr| matches!(expr, Expr::Field(_) | Expr::Variable(_));
                if field(&compare.left.node) && field(&compare.right.node) {
                    found.push((expr.span, "comparisons between fields"));
                }
            }
            _ => {}
        });
    }
}
