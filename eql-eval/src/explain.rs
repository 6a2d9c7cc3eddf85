//! Why an event matches, or why not.

use eql_grammar::ast::{Call, CompareOp, EventQuery, Expr, In, Literal, Match, MatchOp};
use eql_grammar::span::{Span, Spanned};
use serde_json::Value as Json;

use crate::context::Context;
use crate::evaluate::{self, Choice, Scope, Source};
use crate::reason::reasons;
use crate::value::Value;

/// What a part of a query is worth for an event, and what that rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What kind of part it is.
    pub kind: Kind,
    /// Where the part stands in the text.
    pub span: Span,
    /// Its value. A condition that can be true or false is [`Value::Bool`]; inside a leaf there are other
    /// types, and null.
    pub value: Value,
    /// The fields that a leaf reads, by name, each with all its values in the event.
    pub fields: Vec<(String, Vec<Value>)>,
    /// The optional fields that it reads and that the mapping does not have, by name.
    pub unmapped: Vec<String>,
    /// Of a leaf with a list, the entries that some value passes.
    pub entries: Vec<Entry>,
    /// Whether the leaf is false for its case alone: it would be true if ASCII case did not matter.
    pub differs_in_case: bool,
    /// The parts of this part.
    pub children: Vec<Explanation>,
}

/// The kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The whole query: the category and the condition.
    Query,
    /// The event category.
    Category,
    /// `not`, above the leaves.
    Not,
    /// `and`, above the leaves.
    And,
    /// `or`, above the leaves.
    Or,
    /// What no event can change.
    Constant,
    /// A condition other than `and`, `or` and `not`.
    Leaf,
    /// `_arraysearch`: its one child is the condition, for the element that decides or comes nearest.
    Search,
    /// An expression inside a leaf.
    Part,
}

/// An entry of a list that a value passes.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the entry stands in the text.
    pub span: Span,
    /// The value that passes it.
    pub value: Value,
}

impl Explanation {
    fn new(kind: Kind, span: Span, value: Value, children: Vec<Self>) -> Self {
        Self {
            kind,
            span,
            value,
            fields: Vec::new(),
            unmapped: Vec::new(),
            entries: Vec::new(),
            differs_in_case: false,
            children,
        }
    }

    /// Whether this is a condition that holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.value == Value::Bool(true)
    }
}

/// The value of each sub-expression of a query for one event: the root is the whole query, its children
/// are the category and the condition.
///
/// A leaf is true when some choice of one value of each of its fields makes it true; its children show the
/// first such choice, or the first of all where there is none. The parts of a condition inside
/// `_arraysearch` are shown for the first element that fulfils it, or the one that comes nearest.
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

/// The same for the last of several events, of which `descendant of` sees all; `None` where there is none.
#[must_use]
pub fn explain_last(query: &EventQuery, events: &[&Json], cx: &Context) -> Option<Explanation> {
    Some(explain_query(query, &Scope::new(cx, events.last()?, events)))
}

/// Whether a name is that of a field outside the mapping that was written `?f`.
fn unmapped(expr: &Expr, scope: &Scope<'_>) -> Vec<String> {
    let mut found = match expr {
        Expr::Field(field) if evaluate::constant_field(field, scope).is_some() => {
            vec![field.path.clone()]
        }
        _ => Vec::new(),
    };
    for child in evaluate::children(expr) {
        found.extend(unmapped(child, scope));
    }
    found
}

pub(crate) fn explain_query(query: &EventQuery, scope: &Scope<'_>) -> Explanation {
    let path = &scope.cx.category_field;
    let has_category = evaluate::has_category(&query.category, scope);
    let mut category = Explanation::new(
        Kind::Category,
        query.category.span,
        Value::Bool(has_category),
        Vec::new(),
    );
    category.fields = vec![(path.clone(), evaluate::values_of(Source::Field(path), scope))];
    let condition = condition(&query.condition, scope);
    let matches = has_category && condition.holds();
    let span = query.category.span.to(query.condition.span);
    Explanation::new(Kind::Query, span, Value::Bool(matches), vec![category, condition])
}

/// A condition above the leaves, or a leaf.
fn condition(expr: &Spanned<Expr>, scope: &Scope<'_>) -> Explanation {
    if let Some(value) = evaluate::constant(expr, scope) {
        let mut constant = Explanation::new(Kind::Constant, expr.span, value, Vec::new());
        constant.unmapped = unmapped(expr, scope);
        return constant;
    }
    let (kind, children): (_, Vec<_>) = match &expr.node {
        Expr::Not(inner) => (Kind::Not, vec![condition(inner, scope)]),
        Expr::And(list) => (Kind::And, list.iter().map(|e| condition(e, scope)).collect()),
        Expr::Or(list) => (Kind::Or, list.iter().map(|e| condition(e, scope)).collect()),
        _ => return leaf(expr, scope),
    };
    let holds = match kind {
        Kind::Not => !children.iter().any(Explanation::holds),
        Kind::And => children.iter().all(Explanation::holds),
        _ => children.iter().any(Explanation::holds),
    };
    Explanation::new(kind, expr.span, Value::Bool(holds), children)
}

fn leaf(expr: &Spanned<Expr>, scope: &Scope<'_>) -> Explanation {
    let holds = evaluate::holds(expr, scope);
    if let Expr::Call(call) = &expr.node
        && evaluate::is_array_search(call)
    {
        let element = element(call, scope);
        let children = element.into_iter().collect();
        return Explanation::new(Kind::Search, expr.span, Value::Bool(holds), children);
    }
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
        fields: sources.map(|s| (s.name(), evaluate::values_of(s, scope))).collect(),
        unmapped: unmapped(expr, scope),
        entries: entries(expr, scope),
        differs_in_case: !holds
            && ignoring_case(expr).is_some_and(|folded| evaluate::holds(&folded, scope)),
        ..Explanation::new(Kind::Leaf, expr.span, Value::Bool(holds), parts(expr, scope, choice))
    }
}

/// The condition of an `_arraysearch` for the element that fulfils it or, failing that, comes nearest.
fn element(call: &Call, scope: &Scope<'_>) -> Option<Explanation> {
    let inner = call.args.get(2)?;
    let elements = evaluate::elements(call, scope).into_iter();
    let explained = elements.map(|scope| condition(inner, &scope));
    explained.min_by_key(|explanation| reasons(explanation).len())
}

/// The entries of the leaf's list that a value passes.
fn entries(expr: &Expr, scope: &Scope<'_>) -> Vec<Entry> {
    // Each entry as a leaf of its own, beside the value that is looked for.
    let singles: Vec<(Span, Expr, &Spanned<Expr>)> = match expr {
        Expr::Match(test) => {
            let single = |pattern: &Spanned<Literal>| {
                let patterns = vec![pattern.clone()];
                let test = Match { patterns, ..(**test).clone() };
                Expr::Match(Box::new(test))
            };
            test.patterns.iter().map(|p| (p.span, single(p), &test.value)).collect()
        }
        Expr::In(test) => {
            let single = |entry: &Spanned<Expr>| {
                let list = vec![entry.clone()];
                Expr::In(Box::new(In { list, negated: false, ..(**test).clone() }))
            };
            test.list.iter().map(|e| (e.span, single(e), &test.value)).collect()
        }
        Expr::Call(call) if has_list(call) => match call.args.split_first() {
            Some((value, list)) => {
                let single = |entry: &Spanned<Expr>| {
                    Expr::Call(Call { args: vec![value.clone(), entry.clone()], ..call.clone() })
                };
                list.iter().map(|e| (e.span, single(e), value)).collect()
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let passed = singles.into_iter().filter_map(|(span, single, value)| {
        let choices = evaluate::choices(&single, scope);
        let passes =
            |choice: &&Choice<'_>| evaluate::value(&single, scope, choice) == Value::Bool(true);
        let choice = choices.iter().find(passes)?;
        Some(Entry { span, value: evaluate::value(value, scope, choice) })
    });
    passed.collect()
}

/// Whether every argument of a function but the first is an entry of a list.
fn has_list(call: &Call) -> bool {
    ["cidrmatch", "wildcard"].iter().any(|name| call.name.eq_ignore_ascii_case(name))
}

/// The leaf without regard to case; `None` where it has none, or is negated.
fn ignoring_case(expr: &Expr) -> Option<Expr> {
    let folded = match expr {
        Expr::Compare(c) if c.op.node == CompareOp::Eq => {
            let (value, list) = (c.left.clone(), vec![c.right.clone()]);
            Expr::In(Box::new(In { value, negated: false, fold: true, list }))
        }
        Expr::In(test) if !test.fold && !test.negated => {
            Expr::In(Box::new(In { fold: true, ..(**test).clone() }))
        }
        Expr::Match(test) => {
            let op = match test.op.node {
                MatchOp::Like => MatchOp::LikeFold,
                MatchOp::Regex => MatchOp::RegexFold,
                MatchOp::Colon | MatchOp::LikeFold | MatchOp::RegexFold => return None,
            };
            Expr::Match(Box::new(Match { op: Spanned::new(op, test.op.span), ..(**test).clone() }))
        }
        Expr::Call(call) if !call.fold => Expr::Call(Call { fold: true, ..call.clone() }),
        _ => return None,
    };
    Some(folded)
}

/// The parts of an expression inside a leaf.
fn parts(expr: &Expr, scope: &Scope<'_>, choice: &Choice<'_>) -> Vec<Explanation> {
    if let Expr::Call(call) = expr
        && evaluate::is_array_search(call)
    {
        return element(call, scope).into_iter().collect();
    }
    let explain_part = |part: &Spanned<Expr>| {
        let value = evaluate::value(part, scope, choice);
        let mut explained =
            Explanation::new(Kind::Part, part.span, value, parts(part, scope, choice));
        explained.unmapped = unmapped(part, scope);
        explained
    };
    evaluate::children(expr).into_iter().map(explain_part).collect()
}
