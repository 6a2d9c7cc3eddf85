//! Whether an event matches.
//!
//! Above the *leaves* logic is two-valued: a leaf is a condition other than `and`, `or` and `not`, and it
//! is true when **some** choice of one value for each field in it makes it true. A field without values
//! takes part as null, null makes nearly every operator null, and a leaf that is null is not true. So
//! whatever is negated about a missing field holds: `x != "a"` is `not (x == "a")`.
//!
//! Before all that, what no event can change is folded, with three truth values.

use std::collections::BTreeMap;

use eql_grammar::ast::{
    ArithOp, Call, Category, Compare, CompareOp, EventQuery, Expr, FieldPath, In, Literal, Match,
    MatchOp, Variable,
};
use eql_grammar::schema::Type;
use eql_grammar::span::Spanned;
use serde_json::Value as Json;

use crate::context::Context;
use crate::document;
use crate::functions;
use crate::ip::in_network;
use crate::process_tree;
use crate::regex::Regex;
use crate::value::{Value, compare, fold as fold_case};
use crate::wildcard;

/// What names in an expression stand for.
#[derive(Clone)]
pub(crate) struct Scope<'a> {
    pub(crate) cx: &'a Context,
    /// The event under test.
    pub(crate) event: &'a Json,
    /// The events up to and including the one under test, for `descendant of`.
    pub(crate) history: &'a [&'a Json],
    /// The aliases of the sequence, with the events they are bound to so far.
    pub(crate) aliases: BTreeMap<&'a str, Option<&'a Json>>,
    /// The variables of the enclosing `_arraysearch` calls, innermost last.
    pub(crate) variables: Vec<Element<'a>>,
}

/// An element of an array that `_arraysearch` looks at.
#[derive(Clone)]
pub(crate) struct Element<'a> {
    name: &'a str,
    /// The path of the array, for the types of what is below.
    array: String,
    node: &'a Json,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(cx: &'a Context, event: &'a Json, history: &'a [&'a Json]) -> Self {
        Self { cx, event, history, aliases: BTreeMap::new(), variables: Vec::new() }
    }
}

/// Something in an expression that has values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source<'a> {
    /// A field of the event.
    Field(&'a str),
    /// A field of the event that an alias is bound to.
    Aliased(&'a str, &'a str),
    /// A variable and the path below it.
    Variable(&'a str, &'a str),
}

impl Source<'_> {
    /// The name as written.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Field(path) => path.to_owned(),
            Self::Aliased(alias, path) => format!("{alias}.{path}"),
            Self::Variable(name, "") => format!("${name}"),
            Self::Variable(name, path) => format!("${name}.{path}"),
        }
    }
}

/// One value for each source.
pub(crate) type Choice<'a> = BTreeMap<Source<'a>, Value>;

/// Whether the event matches the query.
pub(crate) fn matches(query: &EventQuery, scope: &Scope<'_>) -> bool {
    has_category(&query.category, scope) && holds(&query.condition, scope)
}

pub(crate) fn has_category(category: &Category, scope: &Scope<'_>) -> bool {
    match category {
        Category::Any => true,
        Category::Named(name) => {
            let path = &scope.cx.category_field;
            let values = document::values(scope.event, path, Some(Type::Keyword));
            values.contains(&Value::Str(name.clone()))
        }
    }
}

/// Whether a condition holds. One that folds to null does not.
pub(crate) fn holds(expr: &Expr, scope: &Scope<'_>) -> bool {
    if let Some(constant) = constant(expr, scope) {
        return constant == Value::Bool(true);
    }
    match expr {
        Expr::Not(inner) => !holds(inner, scope),
        Expr::And(list) => list.iter().all(|e| holds(e, scope)),
        Expr::Or(list) => list.iter().any(|e| holds(e, scope)),
        Expr::Compare(c) if c.op.node == CompareOp::Ne => !some_choice(expr, scope, &|choice| {
            equals(&c.left, &c.right, scope, choice) == Value::Bool(true)
        }),
        Expr::In(i) if i.negated => {
            !some_choice(expr, scope, &|choice| is_in(i, scope, choice) == Value::Bool(true))
        }
        leaf => some_choice(leaf, scope, &|choice| value(leaf, scope, choice) == Value::Bool(true)),
    }
}

/// The value of an expression that no event can change; `None` where an event can.
///
/// An optional field outside the mapping is the literal `null` here. `==` and `!=` beside a constant null
/// ask whether the other side is null; every other operator with a constant null is null.
pub(crate) fn constant(expr: &Expr, scope: &Scope<'_>) -> Option<Value> {
    let of = |e: &Expr| constant(e, scope);
    let any_null = |list: &[Option<Value>]| list.contains(&Some(Value::Null));
    let all = |list: &[Option<Value>]| list.iter().all(Option::is_some);
    let no_choice = Choice::new();
    let compute = || Some(value(expr, scope, &no_choice));
    match expr {
        Expr::Literal(literal) => Some(literal_value(literal)),
        Expr::Field(field) => constant_field(field, scope),
        Expr::Variable(_) | Expr::DescendantOf(_) => None,
        Expr::Not(inner) => of(inner).map(|v| not(&v)),
        Expr::And(list) => {
            let values: Vec<_> = list.iter().map(|e| of(e)).collect();
            if values.contains(&Some(Value::Bool(false))) {
                return Some(Value::Bool(false));
            }
            if any_null(&values) {
                return Some(Value::Null);
            }
            all(&values).then_some(Value::Bool(true))
        }
        Expr::Or(list) => {
            let values: Vec<_> = list.iter().map(|e| of(e)).collect();
            if values.contains(&Some(Value::Bool(true))) {
                return Some(Value::Bool(true));
            }
            all(&values).then(|| if any_null(&values) { Value::Null } else { Value::Bool(false) })
        }
        Expr::Compare(c) => {
            let sides = [of(&c.left), of(&c.right)];
            let is_equality = matches!(c.op.node, CompareOp::Eq | CompareOp::Ne);
            match is_equality {
                false if any_null(&sides) => Some(Value::Null),
                _ => all(&sides).then(compute)?,
            }
        }
        Expr::Arith(a) => {
            let sides = [of(&a.left), of(&a.right)];
            if any_null(&sides) { Some(Value::Null) } else { all(&sides).then(compute)? }
        }
        Expr::Neg(inner) => of(inner).and_then(|_| compute()),
        Expr::In(i) => match of(&i.value)? {
            Value::Null => Some(Value::Null),
            _ => i.list.iter().all(|e| of(e).is_some()).then(compute)?,
        },
        Expr::Match(m) => of(&m.value).and_then(|_| compute()),
        Expr::Call(call) if is_array_search(call) => None,
        Expr::Call(call) => {
            let args: Vec<_> = call.args.iter().map(|e| of(e)).collect();
            let null = args.iter().enumerate().any(|(n, arg)| {
                *arg == Some(Value::Null) && functions::propagates_null(&call.name, n)
            });
            if null { Some(Value::Null) } else { all(&args).then(compute)? }
        }
    }
}

/// Null for an optional field outside the mapping.
pub(crate) fn constant_field(field: &FieldPath, scope: &Scope<'_>) -> Option<Value> {
    let is_unmapped =
        matches!(source(field, scope), Source::Field(path) if !scope.cx.mapping.is_mapped(path));
    (field.optional && is_unmapped).then_some(Value::Null)
}

pub(crate) fn is_array_search(call: &Call) -> bool {
    call.name.eq_ignore_ascii_case("_arraysearch")
}

/// What a path names: a field, or one below an alias of the sequence.
pub(crate) fn source<'a>(field: &'a FieldPath, scope: &Scope<'_>) -> Source<'a> {
    match field.path.split_once('.') {
        Some((alias, path)) if scope.aliases.contains_key(alias) => Source::Aliased(alias, path),
        _ => Source::Field(&field.path),
    }
}

/// The values of a source; none where it is missing.
pub(crate) fn values_of(source: Source<'_>, scope: &Scope<'_>) -> Vec<Value> {
    let mapping = &scope.cx.mapping;
    match source {
        Source::Field(path) => document::values(scope.event, path, mapping.type_of(path)),
        Source::Aliased(alias, path) => match scope.aliases.get(alias) {
            Some(Some(event)) => document::values(event, path, mapping.type_of(path)),
            _ => Vec::new(),
        },
        Source::Variable(name, path) => match scope.variables.iter().rfind(|v| v.name == name) {
            Some(element) => {
                let ty = mapping.type_of(&below(&element.array, path));
                document::values(element.node, path, ty)
            }
            None => Vec::new(),
        },
    }
}

fn below(array: &str, path: &str) -> String {
    if path.is_empty() { array.to_owned() } else { format!("{array}.{path}") }
}

/// The sources that a leaf reads; the conditions inside `_arraysearch` and `descendant of` read their own.
pub(crate) fn sources<'a>(expr: &'a Expr, scope: &Scope<'_>) -> Vec<Source<'a>> {
    let mut found = Vec::new();
    walk(expr, &mut |e| match e {
        Expr::Field(field) if constant_field(field, scope).is_none() => {
            found.push(source(field, scope))
        }
        Expr::Variable(variable) => found.push(Source::Variable(&variable.name, &variable.path)),
        _ => {}
    });
    found.sort_unstable();
    found.dedup();
    found
}

fn walk<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    for child in children(expr) {
        walk(child, visit);
    }
}

/// The expressions directly below one, without the conditions of `_arraysearch` and `descendant of`.
pub(crate) fn children(expr: &Expr) -> Vec<&Spanned<Expr>> {
    match expr {
        Expr::Literal(_) | Expr::Field(_) | Expr::Variable(_) | Expr::DescendantOf(_) => Vec::new(),
        Expr::Not(inner) | Expr::Neg(inner) => vec![inner],
        Expr::And(list) | Expr::Or(list) => list.iter().collect(),
        Expr::Compare(c) => vec![&c.left, &c.right],
        Expr::Arith(a) => vec![&a.left, &a.right],
        Expr::In(i) => [&i.value].into_iter().chain(&i.list).collect(),
        Expr::Match(m) => vec![&m.value],
        Expr::Call(call) if is_array_search(call) => Vec::new(),
        Expr::Call(call) => call.args.iter().collect(),
    }
}

/// Whether some choice of values passes the test.
fn some_choice<'a>(expr: &'a Expr, scope: &Scope<'_>, test: &dyn Fn(&Choice<'a>) -> bool) -> bool {
    choices(expr, scope).iter().any(test)
}

/// Every way to take one value of each source of a leaf; a source without values takes part as null.
pub(crate) fn choices<'a>(expr: &'a Expr, scope: &Scope<'_>) -> Vec<Choice<'a>> {
    let mut all = vec![Choice::new()];
    for source in sources(expr, scope) {
        let mut values = values_of(source, scope);
        if values.is_empty() {
            values.push(Value::Null);
        }
        let mut longer = Vec::new();
        for choice in &all {
            for value in &values {
                let mut choice = choice.clone();
                choice.insert(source, value.clone());
                longer.push(choice);
            }
        }
        all = longer;
    }
    all
}

/// The value of an expression inside a leaf; here logic has three values.
pub(crate) fn value(expr: &Expr, scope: &Scope<'_>, choice: &Choice<'_>) -> Value {
    let of = |e: &Expr| value(e, scope, choice);
    match expr {
        Expr::Literal(literal) => literal_value(literal),
        Expr::Field(field) => chosen(source(field, scope), choice),
        Expr::Variable(v) => chosen(Source::Variable(&v.name, &v.path), choice),
        Expr::Not(inner) => not(&of(inner)),
        Expr::And(list) => and(list.iter().map(|e| of(e))),
        Expr::Or(list) => or(list.iter().map(|e| of(e))),
        Expr::Compare(c) => compare_value(c, scope, choice),
        Expr::Arith(a) => functions::arithmetic(symbol(a.op.node), &of(&a.left), &of(&a.right)),
        Expr::Neg(inner) => functions::negate(&of(inner)),
        Expr::In(i) if i.negated => not(&is_in(i, scope, choice)),
        Expr::In(i) => is_in(i, scope, choice),
        Expr::Match(m) => matches_any(m, &of(&m.value)),
        Expr::Call(call) if is_array_search(call) => Value::Bool(array_search(call, scope)),
        Expr::Call(call) => {
            let args: Vec<Value> = call.args.iter().map(|e| of(e)).collect();
            functions::call(&call.name, call.fold, &args)
        }
        Expr::DescendantOf(query) => Value::Bool(process_tree::descends_from(query, scope)),
    }
}

fn chosen(source: Source<'_>, choice: &Choice<'_>) -> Value {
    choice.get(&source).cloned().unwrap_or(Value::Null)
}

pub(crate) fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(b) => Value::Bool(*b),
        Literal::Int(i) => Value::Int((*i).into()),
        Literal::Float(x) => Value::Float(*x),
        Literal::Str(s) => Value::Str(s.clone()),
    }
}

fn symbol(operator: ArithOp) -> char {
    match operator {
        ArithOp::Add => '+',
        ArithOp::Sub => '-',
        ArithOp::Mul => '*',
        ArithOp::Div => '/',
        ArithOp::Mod => '%',
    }
}

fn not(value: &Value) -> Value {
    match value {
        Value::Bool(b) => Value::Bool(!b),
        _ => Value::Null,
    }
}

fn and(values: impl Iterator<Item = Value>) -> Value {
    let values: Vec<Value> = values.collect();
    if values.contains(&Value::Bool(false)) {
        Value::Bool(false)
    } else if values.iter().all(|v| *v == Value::Bool(true)) {
        Value::Bool(true)
    } else {
        Value::Null
    }
}

fn or(values: impl Iterator<Item = Value>) -> Value {
    not(&and(values.map(|v| not(&v))))
}

fn compare_value(c: &Compare, scope: &Scope<'_>, choice: &Choice<'_>) -> Value {
    let order = || match sides(&c.left, &c.right, scope, choice) {
        (Value::Bool(_), _) | (_, Value::Bool(_)) => None,
        (left, right) => compare(&left, &right),
    };
    let test = |holds: fn(std::cmp::Ordering) -> bool| {
        order().map_or(Value::Null, |order| Value::Bool(holds(order)))
    };
    match c.op.node {
        CompareOp::Eq => equals(&c.left, &c.right, scope, choice),
        CompareOp::Ne => not(&equals(&c.left, &c.right, scope, choice)),
        CompareOp::Lt => test(std::cmp::Ordering::is_lt),
        CompareOp::Le => test(std::cmp::Ordering::is_le),
        CompareOp::Gt => test(std::cmp::Ordering::is_gt),
        CompareOp::Ge => test(std::cmp::Ordering::is_ge),
    }
}

/// `left == right`; beside a constant null, whether the other is null.
fn equals(left: &Expr, right: &Expr, scope: &Scope<'_>, choice: &Choice<'_>) -> Value {
    let is_constant_null = |e: &Expr| constant(e, scope) == Some(Value::Null);
    let (a, b) = sides(left, right, scope, choice);
    if is_constant_null(left) || is_constant_null(right) {
        return Value::Bool(a.is_null() && b.is_null());
    }
    same(&a, &b)
}

/// Both sides of a comparison. A constant beside a string is the string of that constant, as it is when an
/// index looks for it in a keyword field.
fn sides(left: &Expr, right: &Expr, scope: &Scope<'_>, choice: &Choice<'_>) -> (Value, Value) {
    let (a, b) = (value(left, scope, choice), value(right, scope, choice));
    let to_text = |v: Value| if v.is_null() { v } else { Value::Str(v.to_string()) };
    match (constant(left, scope).is_some(), constant(right, scope).is_some()) {
        (true, false) if b.as_str().is_some() => (to_text(a), b),
        (false, true) if a.as_str().is_some() => (a, to_text(b)),
        _ => (a, b),
    }
}

/// Whether two values are the same; an address is the same as a network that it is in.
fn same(a: &Value, b: &Value) -> Value {
    if let (Value::Ip(ip), Value::Str(network)) | (Value::Str(network), Value::Ip(ip)) = (a, b)
        && network.contains('/')
    {
        return in_network(*ip, network).map_or(Value::Null, Value::Bool);
    }
    compare(a, b).map_or(Value::Null, |order| Value::Bool(order.is_eq()))
}

/// `x in (a, b)`; with `in~`, ASCII case does not matter.
fn is_in(i: &In, scope: &Scope<'_>, choice: &Choice<'_>) -> Value {
    let folded = |v: Value| match v {
        Value::Str(text) if i.fold => Value::Str(fold_case(&text)),
        other => other,
    };
    or(i.list.iter().map(|element| {
        let (wanted, element) = sides(&i.value, element, scope, choice);
        same(&folded(wanted), &folded(element))
    }))
}

/// `x : "a*"` and its relatives: null where the left side is no string.
fn matches_any(m: &Match, left: &Value) -> Value {
    let Some(text) = left.as_str() else { return Value::Null };
    or(m.patterns.iter().map(|pattern| match &pattern.node {
        Literal::Str(pattern) => matches_pattern(m.op.node, pattern, text),
        _ => Value::Null,
    }))
}

fn matches_pattern(op: MatchOp, pattern: &str, text: &str) -> Value {
    let ignore_case = matches!(op, MatchOp::Colon | MatchOp::LikeFold | MatchOp::RegexFold);
    match op {
        MatchOp::Colon | MatchOp::Like | MatchOp::LikeFold => {
            Value::Bool(wildcard::matches(pattern, text, ignore_case))
        }
        MatchOp::Regex | MatchOp::RegexFold => match Regex::new(pattern, ignore_case) {
            Some(regex) => Value::Bool(regex.matches(text)),
            None => Value::Null,
        },
    }
}

/// `_arraysearch(array, $element, condition)`: whether some element fulfils the condition.
fn array_search(call: &Call, scope: &Scope<'_>) -> bool {
    elements(call, scope).iter().any(|inner| holds(&call.args[2], inner))
}

/// A scope for each element of the array.
pub(crate) fn elements<'a>(call: &'a Call, scope: &Scope<'a>) -> Vec<Scope<'a>> {
    let [array, Spanned { node: Expr::Variable(variable), .. }, _] = call.args.as_slice() else {
        return Vec::new();
    };
    let (path, nodes) = match &array.node {
        Expr::Field(field) => match source(field, scope) {
            Source::Aliased(alias, path) => {
                let event = scope.aliases.get(alias).copied().flatten();
                (path.to_owned(), event.map_or(Vec::new(), |e| document::nodes(e, path)))
            }
            _ => (field.path.clone(), document::nodes(scope.event, &field.path)),
        },
        Expr::Variable(Variable { name, path }) => {
            match scope.variables.iter().rfind(|v| v.name == *name) {
                Some(outer) => (below(&outer.array, path), document::nodes(outer.node, path)),
                None => return Vec::new(),
            }
        }
        _ => return Vec::new(),
    };
    let inner = |node| {
        let mut inner = scope.clone();
        inner.variables.push(Element { name: &variable.name, array: path.clone(), node });
        inner
    };
    nodes.into_iter().map(inner).collect()
}
