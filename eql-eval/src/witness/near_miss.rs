//! Streams that differ from a witness in one respect and are not found.

use std::collections::BTreeMap;

use eql_grammar::ast::{Body, Expr, Query, Sequence, Term};
use eql_grammar::span::{Span, Spanned};
use serde_json::Value as Json;

use super::candidates::candidates;
use super::goal::Goal;
use super::solve::{Outcome, set_json};
use super::{Plan, START, Slot, Solution, event, finds, slot};
use crate::context::Context;
use crate::stream::Event;

/// One millisecond, in nanoseconds.
const MILLISECOND: i64 = 1_000_000;

/// A stream that a query does not find although only one thing is wrong with it.
#[derive(Clone, Debug)]
pub struct NearMiss {
    /// What is wrong, in words.
    pub what: String,
    /// The part of the query that this breaks.
    pub span: Span,
    /// The events, in order of time.
    pub events: Vec<Event>,
}

/// Streams that each break one thing in a query: a predicate of a condition, in a sequence also the order
/// of two events, a join key, `maxspan` by one millisecond, what must be missing, or `until`.
///
/// What cannot be broken by itself is left out, so a query may have no near miss. There is none where
/// there is no witness.
///
/// ```
/// use eql_eval::witness::near_misses;
/// use eql_grammar::{ast::Dialect, parser::parse};
///
/// let text = r#"process where process.name == "a" and process.pid > 4"#;
/// let query = parse(text, Dialect::Elasticsearch).unwrap();
/// let misses = near_misses(&query, &eql_eval::Context::default());
/// let broken: Vec<&str> = misses.iter().map(|miss| &text[miss.span.range()]).collect();
/// assert_eq!(broken, ["process", r#"process.name == "a""#, "process.pid > 4"]);
/// ```
#[must_use]
pub fn near_misses(query: &Query, cx: &Context) -> Vec<NearMiss> {
    let plan = Plan::new(query, cx);
    let Ok(solution) = plan.solve(query) else { return Vec::new() };
    let maker = Maker { cx, plan: &plan, solution: &solution };
    let mut misses = maker.predicates();
    misses.extend(maker.keys(query));
    if let Body::Sequence(sequence) = &query.body {
        misses.extend(maker.order(sequence));
        misses.extend(maker.maxspan(sequence));
        misses.extend(maker.missing(sequence));
        misses.extend(maker.until(sequence));
    }
    misses.retain(|miss| finds(query, &miss.events, cx).is_empty());
    misses
}

struct Maker<'a> {
    cx: &'a Context,
    plan: &'a Plan<'a>,
    solution: &'a Solution,
}

impl Maker<'_> {
    /// Each condition that a term needs, broken while the others hold.
    fn predicates(&self) -> Vec<NearMiss> {
        let mut misses = Vec::new();
        for (position, slot) in self.plan.slots.iter().enumerate() {
            let aliases = self.aliases();
            let condition = self.plan.without_aliases(slot.query, &aliases);
            let conjuncts = conjuncts(&condition);
            let mut rest = self.plan.goals(slot, &self.solution.keys, &aliases);
            rest.remove(0);
            for (broken, conjunct) in conjuncts.iter().enumerate() {
                let goal = |(n, e): (usize, &&Spanned<Expr>)| Goal::new((*e).clone(), n != broken);
                let mut goals: Vec<Goal> = conjuncts.iter().enumerate().map(goal).collect();
                goals.extend(rest.iter().cloned());
                let Some(events) = self.with_document(position, &goals) else { continue };
                let text = Goal::new((*conjunct).clone(), true).text();
                let what = format!("event {} does not meet `{text}`", position + 1);
                misses.push(NearMiss { what, span: conjunct.span, events });
            }
        }
        misses
    }

    /// Each join key, with another value in one of the events.
    fn keys(&self, query: &Query) -> Vec<NearMiss> {
        let shared = match &query.body {
            Body::Event(_) => return Vec::new(),
            Body::Sequence(sequence) => &sequence.by,
            Body::Sample(sample) => &sample.by,
        };
        let terms = positive_terms(query);
        let mut misses = Vec::new();
        for position in 0..self.solution.keys.len() {
            let other_key = |(number, slot): (usize, &Slot<'_>)| {
                let events = self.with_other_key(number, slot, position)?;
                let own = position.checked_sub(shared.len());
                let span = match own {
                    Some(own) => terms.get(number)?.by.get(own)?.span,
                    None => shared[position].span,
                };
                let path = &slot.keys[position].path;
                let what = format!("event {} has another `{path}`", number + 1);
                Some(NearMiss { what, span, events })
            };
            misses.extend(self.plan.slots.iter().enumerate().rev().find_map(other_key));
        }
        misses
    }

    fn with_other_key(
        &self,
        number: usize,
        slot: &Slot<'_>,
        position: usize,
    ) -> Option<Vec<Event>> {
        let ty = self.cx.mapping.type_of(&slot.keys[position].path);
        let (values, _) = candidates(ty, &[]);
        values.into_iter().take(6).find_map(|value| {
            let mut keys = self.solution.keys.clone();
            if keys[position].as_ref() == Some(&value) {
                return None;
            }
            keys[position] = Some(value);
            self.with_document(number, &self.plan.goals(slot, &keys, &self.aliases()))
        })
    }

    /// Two neighbours, the other way round.
    fn order(&self, sequence: &Sequence) -> Vec<NearMiss> {
        let spans: Vec<Span> =
            sequence.terms.iter().filter(|term| !term.missing).map(|term| term.span).collect();
        let swap = |second: usize| {
            let mut rows = self.rows();
            rows.swap(second - 1, second);
            NearMiss {
                what: format!("event {} comes before event {second}", second + 1),
                span: spans[second],
                events: self.plan.stream(&rows),
            }
        };
        (1..self.solution.documents.len()).map(swap).collect()
    }

    /// The last event, one millisecond too late.
    fn maxspan(&self, sequence: &Sequence) -> Option<NearMiss> {
        let maxspan = sequence.maxspan.as_ref()?;
        let span = i64::try_from(maxspan.millis()?).ok()?.checked_mul(MILLISECOND)?;
        let mut events = self.solution.events.clone();
        let last = events.pop()?;
        let late = START.checked_add(span)?.checked_add(MILLISECOND)?;
        events.push(self.at(last.source, late));
        let what = "the last event comes one millisecond after `maxspan`".to_owned();
        Some(NearMiss { what, span: maxspan.span, events })
    }

    /// The event that must be missing, there.
    fn missing(&self, sequence: &Sequence) -> Vec<NearMiss> {
        let half = self.plan.step / 2;
        let runs = &self.plan.runs;
        let time_after = |terms: usize| {
            let events = runs[..terms].iter().sum::<usize>();
            START + self.plan.step * i64::try_from(events).unwrap_or(0) - half
        };
        let mut positive = 0;
        let mut unwanted = Vec::new();
        for term in &sequence.terms {
            if term.missing {
                let document = self.document_of(&slot(&sequence.by, &term.node));
                let time = time_after(positive);
                unwanted.extend(document.map(|d| (positive, term.span, self.at(d, time))));
            } else {
                positive += 1;
            }
        }
        let is_outer = |at: usize| at == 0 || at == positive;
        let outer: Vec<Event> =
            unwanted.iter().filter(|(at, ..)| is_outer(*at)).map(|(.., e)| e.clone()).collect();
        let near_miss = |(at, span, event): &(usize, Span, Event)| {
            // Before and after, one of the two alone may be forgiven.
            let added = if is_outer(*at) { outer.clone() } else { vec![event.clone()] };
            let what = "an event is there that must be missing".to_owned();
            NearMiss { what, span: *span, events: self.with_events(added) }
        };
        unwanted.iter().map(near_miss).collect()
    }

    /// An `until` event after the first event.
    fn until(&self, sequence: &Sequence) -> Option<NearMiss> {
        let until = sequence.until.as_ref()?;
        let document = self.document_of(&slot(&sequence.by, &until.node))?;
        let event = self.at(document, START + self.plan.step / 2);
        let what = "an `until` event comes after the first event".to_owned();
        Some(NearMiss { what, span: until.span, events: self.with_events(vec![event]) })
    }

    fn rows(&self) -> Vec<(&Json, usize)> {
        self.solution.documents.iter().zip(self.plan.runs.iter().copied()).collect()
    }

    fn aliases(&self) -> BTreeMap<&str, Json> {
        let aliased = self.plan.slots.iter().zip(&self.solution.documents);
        aliased.filter_map(|(slot, document)| Some((slot.alias?, document.clone()))).collect()
    }

    /// The stream with a document that meets the goals in place of one of its own.
    fn with_document(&self, position: usize, goals: &[Goal]) -> Option<Vec<Event>> {
        let Outcome::Found(document) = self.plan.solver.solve(goals) else { return None };
        let mut rows = self.rows();
        rows[position].0 = &document;
        Some(self.plan.stream(&rows))
    }

    /// A document for a term besides the positive ones.
    fn document_of(&self, slot: &Slot<'_>) -> Option<Json> {
        let goals = self.plan.goals(slot, &self.solution.keys, &self.aliases());
        match self.plan.solver.solve(&goals) {
            Outcome::Found(document) => Some(document),
            Outcome::Impossible(_) | Outcome::NotFound => None,
        }
    }

    /// The document as an event at exactly this time.
    fn at(&self, mut document: Json, time: i64) -> Event {
        set_json(&mut document, &self.cx.timestamp_field, None);
        event(document, time, self.cx)
    }

    fn with_events(&self, added: Vec<Event>) -> Vec<Event> {
        let mut events = self.solution.events.clone();
        events.extend(added);
        events.sort_by_key(|event| event.timestamp);
        events
    }
}

fn positive_terms(query: &Query) -> Vec<&Term> {
    let terms = match &query.body {
        Body::Event(_) => return Vec::new(),
        Body::Sequence(sequence) => &sequence.terms,
        Body::Sample(sample) => &sample.terms,
    };
    terms.iter().map(|term| &term.node).filter(|term| !term.missing).collect()
}

/// The conditions that all have to hold.
pub(super) fn conjuncts(condition: &Spanned<Expr>) -> Vec<&Spanned<Expr>> {
    match &condition.node {
        Expr::And(list) => list.iter().flat_map(conjuncts).collect(),
        _ => vec![condition],
    }
}
