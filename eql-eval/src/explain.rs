//! Why an event matches, or why not.

use eql_grammar::ast::{CompareOp, EventQuery, Expr};
use eql_grammar::span::{Span, Spanned};
use serde_json::Value as Json;

use crate::context::Context;
use crate::evaluate::{self, Choice, Scope};
use crate::value::Value;

/// What a part of a query is worth for an event, and what that rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Where the part stands in the text.
    pub span: Span,
    /// Its value. A condition that can be true or false is [`Value::Bool`]; inside a leaf there are other
    /// types, and null.
    pub value: Value,
    /// The fields that a leaf reads, by name, each with all its values in the event.
    pub fields: Vec<(String, Vec<Value>)>,
    /// The parts of this part.
    pub children: Vec<Explanation>,
}

/// The value of each sub-expression of a query for one event: the root is the whole query, its children
/// are the category and the condition.
///
/// A leaf is true when some choice of one value of each of its fields makes it true; its children show the
/// first such choice, or the first of all where there is none. The parts of a condition inside
/// `_arraysearch` are shown for the first element that fulfils it, or the first of all.
///
/// ```
/// use eql_grammar::ast::{Category, EventQuery, Expr, Literal};
/// use eql_grammar::span::{Span, Spanned};
///
/// let query = EventQuery {
///     category: Spanned::new(Category::Any, Span::new(0, 3)),
///     condition: Spanned::new(Expr::Literal(Literal::Bool(true)), Span::new(10, 14)),
/// };
/// let why = eql_eval::explain(&query, &serde_json::json!({}), &eql_eval::Context::default());
/// assert_eq!(why.value, eql_eval::Value::Bool(true));
/// assert_eq!(why.children[1].span, Span::new(10, 14));
/// ```
#[must_use]
pub fn explain(query: &EventQuery, event: &Json, cx: &Context) -> Explanation {
    explain_query(query, &Scope::new(cx, event, &[event]))
}

fn explain_query(query: &EventQuery, scope: &Scope<'_>) -> Explanation {
    let path = &scope.cx.category_field;
    let category = Explanation {
        span: query.category.span,
        value: Value::Bool(evaluate::has_category(&query.category, scope)),
        fields: vec![(path.clone(), evaluate::values_of(evaluate::Source::Field(path), scope))],
        children: Vec::new(),
    };
    let condition = condition(&query.condition, scope);
    Explanation {
        span: query.category.span.to(query.condition.span),
        value: Value::Bool(evaluate::matches(query, scope)),
        fields: Vec::new(),
        children: vec![category, condition],
    }
}

/// A condition above the leaves, or a leaf.
fn condition(expr: &Spanned<Expr>, scope: &Scope<'_>) -> Explanation {
    if let Some(value) = evaluate::constant(expr, scope) {
        return Explanation { span: expr.span, value, fields: Vec::new(), children: Vec::new() };
    }
    let children = match &expr.node {
        Expr::Not(inner) => vec![condition(inner, scope)],
        Expr::And(list) | Expr::Or(list) => list.iter().map(|e| condition(e, scope)).collect(),
        _ => return leaf(expr, scope),
    };
    Explanation {
        span: expr.span,
        value: Value::Bool(evaluate::holds(expr, scope)),
        fields: Vec::new(),
        children,
    }
}

fn leaf(expr: &Spanned<Expr>, scope: &Scope<'_>) -> Explanation {
    let choices = evaluate::choices(expr, scope);
    let is_negated = match &expr.node {
        Expr::Compare(c) => c.op.node == CompareOp::Ne,
        Expr::In(i) => i.negated,
        _ => false,
    };
    // Of a negated leaf the choice that makes it false is the telling one.
    let telling = choices
        .iter()
        .find(|choice| evaluate::value(expr, scope, choice) == Value::Bool(!is_negated));
    let nothing = Choice::new();
    let choice = telling.or(choices.first()).unwrap_or(&nothing);
    let sources = evaluate::sources(expr, scope).into_iter();
    Explanation {
        span: expr.span,
        value: Value::Bool(evaluate::holds(expr, scope)),
        fields: sources.map(|s| (s.name(), evaluate::values_of(s, scope))).collect(),
        children: parts(expr, scope, choice),
    }
}

/// The parts of an expression inside a leaf.
fn parts(expr: &Expr, scope: &Scope<'_>, choice: &Choice<'_>) -> Vec<Explanation> {
    if let Expr::Call(call) = expr
        && evaluate::is_array_search(call)
    {
        let elements = evaluate::elements(call, scope);
        let fulfils = |inner: &&Scope<'_>| evaluate::holds(&call.args[2], inner);
        let telling = elements.iter().find(fulfils).or(elements.first());
        return telling.map(|inner| condition(&call.args[2], inner)).into_iter().collect();
    }
    let explain_part = |part: &Spanned<Expr>| Explanation {
        span: part.span,
        value: evaluate::value(part, scope, choice),
        fields: Vec::new(),
        children: parts(part, scope, choice),
    };
    evaluate::children(expr).into_iter().map(explain_part).collect()
}
