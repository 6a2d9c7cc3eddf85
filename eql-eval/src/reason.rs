//! The one thing, or the few, that keep an event from matching.

use std::cmp::Reverse;

use crate::explain::{Explanation, Kind};
use crate::value::Value;

/// A part of a query that has to come out otherwise for the query to match.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The part. Where several of its parts would do and none is nearer than the others, it is the `or`
    /// (or the negated `and`) as a whole.
    pub part: Explanation,
    /// What it would have to be: `false` for an exclusion that the event falls under.
    pub wanted: bool,
}

/// The fewest parts whose change would make a query, or a condition, hold; none where it does.
///
/// Of several ways through an `or` the one with the fewest such parts is taken, then the one with the most
/// conditions fulfilled already.
///
/// ```
/// use eql_eval::{Context, explain, reasons};
/// use eql_grammar::{ast::{Body, Dialect}, parser::parse};
///
/// let text = r#"any where (user.name == "a" and process.pid == 1) or (user.name == "b" and process.pid == 2)"#;
/// let query = parse(text, Dialect::Elasticsearch).unwrap();
/// let Body::Event(query) = &query.body else { panic!("an event query") };
/// let event = serde_json::json!({"user": {"name": "b"}, "process": {"pid": 7}});
/// let explanation = explain(query, &event, &Context::default());
/// let broken: Vec<&str> =
///     reasons(&explanation).iter().map(|reason| &text[reason.part.span.range()]).collect();
/// assert_eq!(broken, ["process.pid == 2"]);
/// ```
#[must_use]
pub fn reasons(explanation: &Explanation) -> Vec<Reason> {
    let flip = flip(explanation, true);
    let reason = |(part, wanted): (&Explanation, bool)| Reason { part: part.clone(), wanted };
    flip.parts.into_iter().map(reason).collect()
}

/// How to give a part another value.
struct Flip<'a> {
    cost: usize,
    parts: Vec<(&'a Explanation, bool)>,
}

/// No event can change a constant: it is named where nothing else would do.
const CONSTANT: usize = 1_000;

fn flip(part: &Explanation, wanted: bool) -> Flip<'_> {
    // Null vanishes from a disjunction, and everything else that it stands in is a constant.
    if part.value == Value::Bool(wanted) || (part.value.is_null() && !wanted) {
        return Flip { cost: 0, parts: Vec::new() };
    }
    let alone = |cost| Flip { cost, parts: vec![(part, wanted)] };
    match (part.kind, wanted) {
        (Kind::Not, _) => part.children.first().map_or_else(|| alone(1), |c| flip(c, !wanted)),
        (Kind::Query | Kind::And, true) | (Kind::Or, false) => {
            let flips = part.children.iter().map(|child| flip(child, wanted));
            flips.fold(Flip { cost: 0, parts: Vec::new() }, |mut all, flip| {
                all.cost += flip.cost;
                all.parts.extend(flip.parts);
                all
            })
        }
        (Kind::Query | Kind::And, false) | (Kind::Or, true) => {
            let rank = |(child, flip): &(&Explanation, Flip<'_>)| {
                (flip.cost, Reverse(if wanted { fulfilled(child) } else { 0 }))
            };
            let mut ways: Vec<_> =
                part.children.iter().map(|child| (child, flip(child, wanted))).collect();
            ways.sort_by_key(rank);
            let is_tie = matches!(ways.as_slice(), [a, b, ..] if rank(a) == rank(b));
            match ways.into_iter().next() {
                Some((_, best)) if is_tie => alone(best.cost),
                Some((_, best)) => best,
                None => alone(1),
            }
        }
        (Kind::Search, true) => match part.children.first() {
            Some(element) => flip(element, true),
            None => alone(1),
        },
        (Kind::Constant, _) => alone(CONSTANT),
        (Kind::Search | Kind::Category | Kind::Leaf | Kind::Part, _) => alone(1),
    }
}

/// How many conditions hold, those below a `not` aside: most exclusions hold of any event.
fn fulfilled(part: &Explanation) -> usize {
    match part.kind {
        Kind::Query | Kind::And | Kind::Or => part.children.iter().map(fulfilled).sum(),
        Kind::Not | Kind::Constant | Kind::Part => 0,
        Kind::Category | Kind::Leaf | Kind::Search => usize::from(part.holds()),
    }
}
