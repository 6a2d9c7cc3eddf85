//! One way to write queries that mean the same for reasons of form alone.

use eql_grammar::ast::{
    Body, Call, Compare, CompareOp, EventQuery, Expr, FieldPath, In, Literal, Match, MatchOp,
    Query, Sample, Sequence, Term, TimeSpan, TimeUnit,
};
use eql_grammar::schema::Type;
use eql_grammar::span::{Span, Spanned};
use serde_json::Value as Json;

use crate::context::Context;
use crate::evaluate::{self, Scope};
use crate::sequence::runs;

/// The query in a form that does not depend on order, brackets, repetition, `not` around `and` and `or`, lists against
/// chains of comparisons, or other choices of form.
///
/// Queries with equal forms find the same. Queries with different ones may still find the same.
///
/// ```
/// use eql_eval::{Context, canonical};
/// use eql_grammar::{ast::Dialect, parser::parse};
///
/// let form = |text| canonical(&parse(text, Dialect::Elasticsearch).unwrap(), &Context::default());
/// assert_eq!(
///     form(r#"any where not (user.name in ("b", "a") or process.pid == 1)"#),
///     form(r#"any where process.pid != 1 and not user.name == "a" and user.name != "b""#),
/// );
/// ```
#[must_use]
pub fn canonical(query: &Query, cx: &Context) -> Query {
    let writer = Writer { cx };
    let body = match &query.body {
        Body::Event(event) => Body::Event(writer.event(event)),
        Body::Sequence(sequence) => Body::Sequence(writer.sequence(sequence)),
        Body::Sample(sample) => {
            let mut terms: Vec<Term> =
                sample.terms.iter().map(|term| writer.term(&sample.by, term)).collect();
            sort_keys(&mut terms.iter_mut().collect::<Vec<_>>());
            let terms = terms.into_iter().map(unplaced).collect();
            Body::Sample(Sample { by: Vec::new(), terms })
        }
    };
    Query { body, ..query.clone() }
}

/// A condition, or its negation, in that form: `and` and `or` of leaves and of `not` before leaves, except around what no
/// event can change.
pub(crate) fn canonical_condition(expr: &Expr, positive: bool, cx: &Context) -> Expr {
    Writer { cx }.condition(expr, positive)
}

struct Writer<'a> {
    cx: &'a Context,
}

fn unplaced<T>(node: T) -> Spanned<T> {
    Spanned::new(node, Span::default())
}

impl Writer<'_> {
    fn event(&self, query: &EventQuery) -> EventQuery {
        let condition = unplaced(self.condition(&query.condition, true));
        EventQuery { category: query.category.clone(), condition }
    }

    fn sequence(&self, sequence: &Sequence) -> Sequence {
        let written_out =
            sequence.terms.iter().flat_map(|term| std::iter::repeat_n(term, runs(term)));
        let mut terms: Vec<Term> = written_out.map(|term| self.term(&sequence.by, term)).collect();
        let mut until = sequence.until.as_ref().map(|term| self.term(&sequence.by, term));
        sort_keys(&mut terms.iter_mut().chain(&mut until).collect::<Vec<_>>());
        let millis = |span: &Spanned<TimeSpan>| match span.millis() {
            Some(count) => TimeSpan { count, unit: TimeUnit::Millis },
            None => span.node,
        };
        Sequence {
            by: Vec::new(),
            maxspan: sequence.maxspan.as_ref().map(|span| unplaced(millis(span))),
            terms: terms.into_iter().map(unplaced).collect(),
            until: until.map(unplaced),
        }
    }

    /// The term with all of its keys, once.
    fn term(&self, shared: &[Spanned<FieldPath>], term: &Term) -> Term {
        let by = shared.iter().chain(&term.by).cloned().collect();
        Term { query: self.event(&term.query), by, runs: None, ..term.clone() }
    }

    /// What can never change counts as null, true or false in its own ways, and stays as it stands.
    fn is_constant(&self, expr: &Expr) -> bool {
        evaluate::constant(expr, &Scope::new(self.cx, &Json::Null, &[])).is_some()
    }

    fn has_constants(&self, expr: &Expr) -> bool {
        self.is_constant(expr)
            || match expr {
                Expr::Not(inner) => self.has_constants(inner),
                Expr::And(list) | Expr::Or(list) => list.iter().any(|e| self.has_constants(e)),
                _ => false,
            }
    }

    /// The condition or, with `positive` false, its negation.
    fn condition(&self, expr: &Expr, positive: bool) -> Expr {
        match expr {
            Expr::Not(inner) if !self.has_constants(inner) => self.condition(inner, !positive),
            Expr::And(list) | Expr::Or(list) if positive || !self.has_constants(expr) => {
                let parts = list.iter().map(|part| self.condition(part, positive)).collect();
                group(matches!(expr, Expr::And(_)) == positive, parts)
            }
            Expr::And(_) | Expr::Or(_) => negated(self.condition(expr, true)),
            Expr::Not(inner) => {
                let inner = negated(self.condition(inner, true));
                if positive { inner } else { negated(inner) }
            }
            _ if self.is_constant(expr) => {
                if positive {
                    expr.clone()
                } else {
                    negated(expr.clone())
                }
            }
            leaf => self.leaf(leaf, positive),
        }
    }

    /// A leaf without lists and negated operators.
    fn leaf(&self, leaf: &Expr, positive: bool) -> Expr {
        let any_of = |parts: Vec<Expr>, positive: bool| {
            let parts = parts.into_iter();
            let parts = parts.map(|part| if positive { part } else { negated(part) }).collect();
            group(!positive, parts)
        };
        match self.plain(leaf) {
            Expr::Compare(mut compare) => {
                let is_literal = |e: &Expr| matches!(e, Expr::Literal(_));
                if is_literal(&compare.left) && !is_literal(&compare.right) {
                    let Compare { left, right, op } = *compare;
                    let op = Spanned::new(op.node.mirrored(), op.span);
                    compare = Box::new(Compare { left: right, right: left, op });
                }
                let positive = (compare.op.node == CompareOp::Ne) != positive;
                if compare.op.node == CompareOp::Ne {
                    compare.op.node = CompareOp::Eq;
                }
                any_of(vec![Expr::Compare(compare)], positive)
            }
            Expr::In(test) if test.list.iter().all(|entry| is_value(entry)) => {
                let single = |entry: &Spanned<Expr>| self.entry(&test, entry);
                any_of(test.list.iter().map(single).collect(), positive != test.negated)
            }
            Expr::Match(test) => {
                let single = |pattern: &Spanned<Literal>| self.pattern(&test, pattern);
                any_of(test.patterns.iter().map(single).collect(), positive)
            }
            Expr::Call(call) if call.name.node == "cidrmatch" && call.args.len() > 1 => {
                let single = |network: &Spanned<Expr>| {
                    let args = vec![call.args[0].clone(), network.clone()];
                    Expr::Call(Call { args, ..call.clone() })
                };
                any_of(call.args[1..].iter().map(single).collect(), positive)
            }
            other => any_of(vec![other], positive),
        }
    }

    /// One entry of `in` or `in~`.
    fn entry(&self, test: &In, entry: &Spanned<Expr>) -> Expr {
        let (value, at) = (test.value.clone(), Span::default());
        match &entry.node {
            Expr::Literal(text @ Literal::Str(_)) if test.fold && self.is_plain(&value, text) => {
                let patterns = vec![unplaced(text.clone())];
                let op = Spanned::new(MatchOp::LikeFold, at);
                Expr::Match(Box::new(Match { value, op, patterns }))
            }
            _ if test.fold => {
                let list = vec![unplaced(entry.node.clone())];
                Expr::In(Box::new(In { value, negated: false, fold: true, list }))
            }
            node => {
                let op = Spanned::new(CompareOp::Eq, at);
                let right = unplaced(node.clone());
                Expr::Compare(Box::new(Compare { left: value, op, right }))
            }
        }
    }

    /// One pattern of a match.
    fn pattern(&self, test: &Match, pattern: &Spanned<Literal>) -> Expr {
        let (value, at) = (test.value.clone(), Span::default());
        let op = match test.op.node {
            MatchOp::Colon => MatchOp::LikeFold,
            MatchOp::Like if self.is_plain(&value, pattern) => {
                let (op, right) =
                    (Spanned::new(CompareOp::Eq, at), Expr::Literal(pattern.node.clone()));
                let right = unplaced(right);
                return Expr::Compare(Box::new(Compare { left: value, op, right }));
            }
            op => op,
        };
        let patterns = vec![unplaced(pattern.node.clone())];
        Expr::Match(Box::new(Match { value, op: Spanned::new(op, at), patterns }))
    }

    /// Whether a text is no pattern, and the value is that of a keyword field.
    fn is_plain(&self, value: &Expr, text: &Literal) -> bool {
        let is_keyword = match value {
            Expr::Field(field) => self.cx.mapping.type_of(&field.path) == Some(Type::Keyword),
            _ => false,
        };
        is_keyword && matches!(text, Literal::Str(text) if !text.contains(['*', '?', '\\']))
    }

    /// The expression with functions in lower case, and `?` only where a field is outside the mapping.
    fn plain(&self, expr: &Expr) -> Expr {
        let one = |e: &Spanned<Expr>| Spanned::new(self.plain(e), e.span);
        let mut expr = expr.clone();
        match &mut expr {
            Expr::Field(field) => field.optional &= !self.cx.mapping.is_mapped(&field.path),
            Expr::Not(inner) | Expr::Neg(inner) => **inner = one(inner),
            Expr::And(list) | Expr::Or(list) => list.iter_mut().for_each(|e| *e = one(e)),
            Expr::Compare(c) => (c.left, c.right) = (one(&c.left), one(&c.right)),
            Expr::Arith(a) => (a.left, a.right) = (one(&a.left), one(&a.right)),
            Expr::In(i) => {
                i.value = one(&i.value);
                i.list.iter_mut().for_each(|e| *e = one(e));
            }
            Expr::Match(m) => m.value = one(&m.value),
            Expr::Call(call) => {
                call.name.node = call.name.to_ascii_lowercase();
                call.args.iter_mut().for_each(|e| *e = one(e));
            }
            Expr::Literal(_) | Expr::Variable(_) | Expr::DescendantOf(_) => {}
        }
        expr
    }
}

/// Whether an entry of a list is a constant other than null, which `==` means something else by.
fn is_value(entry: &Expr) -> bool {
    matches!(entry, Expr::Literal(literal) if *literal != Literal::Null)
}

fn negated(expr: Expr) -> Expr {
    Expr::Not(Box::new(unplaced(expr)))
}

/// `and` or `or` of what is in the parts, in order and each once.
fn group(is_and: bool, parts: Vec<Expr>) -> Expr {
    let mut flat: Vec<(String, Expr)> = Vec::new();
    for part in parts {
        let inner = match part {
            Expr::And(list) if is_and => list.into_iter().map(|e| e.node).collect(),
            Expr::Or(list) if !is_and => list.into_iter().map(|e| e.node).collect(),
            other => vec![other],
        };
        flat.extend(inner.into_iter().map(|e| (e.to_string(), e)));
    }
    flat.sort_by(|(a, _), (b, _)| a.cmp(b));
    flat.dedup_by(|(a, _), (b, _)| a == b);
    if flat.len() == 1
        && let Some((_, only)) = flat.pop()
    {
        return only;
    }
    let list = flat.into_iter().map(|(_, e)| unplaced(e)).collect();
    if is_and { Expr::And(list) } else { Expr::Or(list) }
}

/// Puts the keys of all terms in one order, each once.
fn sort_keys(terms: &mut [&mut Term]) {
    let count = terms.iter().map(|term| term.by.len()).min().unwrap_or_default();
    if terms.iter().any(|term| term.by.len() != count) {
        return;
    }
    let column =
        |at: usize| terms.iter().map(|term| term.by[at].to_string()).collect::<Vec<String>>();
    let mut columns: Vec<(Vec<String>, usize)> = (0..count).map(|at| (column(at), at)).collect();
    columns.sort_unstable();
    columns.dedup_by(|(a, _), (b, _)| a == b);
    for term in terms {
        term.by = columns.iter().map(|(_, at)| term.by[*at].clone()).collect();
    }
}
