//! Events that one query finds and another does not.

use std::collections::BTreeSet;

use eql_grammar::ast::{Body, Call, Expr, In, Literal, Match, Query, Sequence, Term};
use eql_grammar::schema::Type;
use eql_grammar::span::Spanned;
use serde_json::Value as Json;

use super::candidates::candidates;
use super::goal::Goal;
use super::near_miss::near_misses;
use super::solve::{Outcome, set};
use super::{Plan, START, Slot, Unsolved, as_condition, event, finds, slot};
use crate::context::Context;
use crate::document;
use crate::evaluate::{self, Scope};
use crate::stream::Event;

/// How many ways to miss a condition are tried.
const MAX_WAYS: usize = 300;

/// How many of those that begin with a part of the first query, too.
const MAX_KNOWN_WAYS: usize = 6;

/// One millisecond, in nanoseconds.
const MILLISECOND: i64 = 1_000_000;

/// What a search for a difference comes to. That none was found does not say that there is none.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Events, in order of time, in which the first query finds something and the second nothing.
    pub events: Option<Vec<Event>>,
    /// How many streams of events were tried.
    pub tried: usize,
}

/// A query and what the evaluator has to know besides.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The query.
    pub query: &'a Query,
    /// Its context.
    pub cx: &'a Context,
}

/// Looks for events in which `one` finds something and `other` nothing.
///
/// It solves `one` together with each way in which `other` can fail; tries what is on the edge of either, such as
/// `maxspan` and one millisecond, another join key, an event that must be missing; and the near misses of both.
///
/// ```
/// use eql_eval::{Context, witness::{Side, difference}};
/// use eql_grammar::{ast::Dialect, parser::parse};
///
/// let query = |text| parse(text, Dialect::Elasticsearch).unwrap();
/// let old = query(r#"process where process.name : "a*" and not process.args == "-x""#);
/// let new = query(r#"process where process.name : "a*""#);
/// let cx = Context::default();
/// let (old, new) = (Side { query: &old, cx: &cx }, Side { query: &new, cx: &cx });
/// let events = difference(new, old).events.unwrap();
/// assert_eq!(events[0].source["process"]["args"], "-x");
/// assert!(difference(old, new).events.is_none());
/// ```
#[must_use]
pub fn difference(one: Side<'_>, other: Side<'_>) -> Difference {
    let mut search = DifferenceSearch { one, other, tried: 0, seen: BTreeSet::new() };
    let events = search.run();
    Difference { events, tried: search.tried }
}

struct DifferenceSearch<'a> {
    one: Side<'a>,
    other: Side<'a>,
    tried: usize,
    seen: BTreeSet<String>,
}

impl<'a> DifferenceSearch<'a> {
    fn run(&mut self) -> Option<Vec<Event>> {
        let plan = Plan::new(self.one.query, self.one.cx);
        let other_plan = Plan::new(self.other.query, self.other.cx);
        let solution = plan.solve(self.one.query);
        // What finds nothing has nothing that the other lacks.
        let solution = match solution {
            Ok(solution) => Some(solution),
            Err(Unsolved::Impossible(_)) => return None,
            Err(Unsolved::NotFound) => None,
        };
        if let Some(solution) = &solution
            && let Some(found) = self.test(solution.events.clone())
        {
            return Some(found);
        }
        for (position, other) in self.facing(&plan, &other_plan) {
            if let Some(found) = self.miss_slot(&plan, position, &other_plan.slots[other]) {
                return Some(found);
            }
        }
        if let Some(solution) = &solution
            && let Some(found) = self.edges(&plan, &other_plan, solution)
        {
            return Some(found);
        }
        let misses = near_misses(self.other.query, self.other.cx)
            .into_iter()
            .chain(near_misses(self.one.query, self.one.cx));
        let witness = other_plan.solve(self.other.query).ok().map(|solution| solution.events);
        witness
            .into_iter()
            .chain(misses.map(|miss| miss.events))
            .find_map(|events| self.test(events))
    }

    /// The events, where they tell the queries apart.
    fn test(&mut self, events: Vec<Event>) -> Option<Vec<Event>> {
        let print = events.iter().map(|event| format!("{}{}", event.timestamp, event.source));
        if !self.seen.insert(print.collect::<Vec<_>>().join("\n")) {
            return None;
        }
        self.tried += 1;
        let differs =
            !self.finds(self.one, &events).is_empty() && self.finds(self.other, &events).is_empty();
        differs.then_some(events)
    }

    fn finds(&self, side: Side<'_>, events: &[Event]) -> Vec<crate::stream::Found> {
        if side.cx.timestamp_field == self.one.cx.timestamp_field {
            return finds(side.query, events, side.cx);
        }
        let with_its_time = |event: &Event| match Event::from_source(event.source.clone(), side.cx)
        {
            Some(event) => event,
            None => event.clone(),
        };
        finds(side.query, &events.iter().map(with_its_time).collect::<Vec<_>>(), side.cx)
    }

    /// Which positive terms of the two face each other: those from the start and, where one has more, those from the end.
    fn facing(&self, plan: &Plan<'_>, other: &Plan<'_>) -> Vec<(usize, usize)> {
        let (own, others) = (plan.slots.len(), other.slots.len());
        let common = own.min(others);
        let from_start = (0..common).map(|at| (at, at));
        let from_end = (1..=common).map(|back| (own - back, others - back));
        let mut facing: Vec<(usize, usize)> = from_start.chain(from_end).collect();
        facing.sort_unstable();
        facing.dedup();
        facing
    }

    /// `one`, with each way in which an event can miss a term of `other`.
    fn miss_slot(
        &mut self,
        plan: &Plan<'a>,
        position: usize,
        other: &Slot<'a>,
    ) -> Option<Vec<Event>> {
        let own = as_condition(plan.slots[position].query, self.one.cx);
        let others = as_condition(other.query, self.other.cx);
        let own_ways = self.ways(&own, false, self.one.cx);
        let shared: BTreeSet<String> = own_ways.iter().map(|way| text(way)).collect();
        let first = |way: &[Goal]| text(way.get(..1).unwrap_or_default());
        let known: BTreeSet<String> = own_ways.iter().map(|way| first(way)).collect();
        let mut ways = self.ways(&others, false, self.other.cx);
        // What misses `other` in a way that misses `one`, too, is of no use; what begins with something that is in
        // `other` alone is of most.
        ways.retain(|way| !shared.contains(&text(way)));
        let (mut new, mut rest): (Vec<_>, Vec<_>) =
            ways.into_iter().partition(|way| !known.contains(&first(way)));
        new.sort_by_key(|way| text(way).len());
        new.truncate(MAX_WAYS);
        rest.sort_by_key(|way| text(way).len());
        rest.truncate(MAX_KNOWN_WAYS);
        let mut ways = [new, rest].concat();
        if text(&[Goal::new(own, false)]) != text(&[Goal::new(others.clone(), false)]) {
            ways.push(vec![Goal::new(others, false)]);
        }
        for way in ways {
            let mut slots = self.slots_before_until(plan);
            slots[position].extra.extend(way);
            let Ok(solution) = plan.solve_slots(&slots) else {
                self.tried += 1;
                continue;
            };
            if let Some(found) = self.test(solution.events) {
                return Some(found);
            }
        }
        None
    }

    /// The terms of `one` whose events its `until` leaves alone.
    fn slots_before_until(&self, plan: &Plan<'a>) -> Vec<Slot<'a>> {
        let mut slots = plan.slots.clone();
        if let Body::Sequence(Sequence { until: Some(until), .. }) = &self.one.query.body {
            let not_until = Goal::new(as_condition(&until.query, self.one.cx), false);
            if let Some((_, all_but_last)) = slots.split_last_mut() {
                all_but_last.iter_mut().for_each(|slot| slot.extra.push(not_until.clone()));
            }
        }
        slots
    }

    /// Each way to give an expression a value, as goals that together do.
    fn ways(&self, expr: &Spanned<Expr>, wanted: bool, cx: &Context) -> Vec<Vec<Goal>> {
        let whole = || vec![vec![Goal::new(expr.clone(), wanted)]];
        if evaluate::constant(expr, &Scope::new(cx, &Json::Null, &[])).is_some() {
            return whole();
        }
        let single = |node: Expr| vec![Goal::new(Spanned::new(node, expr.span), true)];
        match (&expr.node, wanted) {
            (Expr::Not(inner), _) => self.ways(inner, !wanted, cx),
            (Expr::And(list), false) | (Expr::Or(list), true) => {
                list.iter().flat_map(|part| self.ways(part, wanted, cx)).collect()
            }
            (Expr::And(list), true) | (Expr::Or(list), false) => {
                let mut all = whole();
                for (at, part) in list.iter().enumerate() {
                    let ways = self.ways(part, wanted, cx);
                    if ways.len() < 2 {
                        continue;
                    }
                    for mut way in ways {
                        let others = list.iter().enumerate().filter(|(other, _)| *other != at);
                        way.extend(others.map(|(_, other)| Goal::new(other.clone(), wanted)));
                        all.push(way);
                    }
                }
                all
            }
            (Expr::Match(test), true) => {
                let one = |pattern: &Spanned<Literal>| {
                    let patterns = vec![pattern.clone()];
                    single(Expr::Match(Box::new(Match { patterns, ..(**test).clone() })))
                };
                test.patterns.iter().map(one).collect()
            }
            (Expr::In(test), wanted) if wanted != test.negated => {
                let one = |entry: &Spanned<Expr>| {
                    let list = vec![entry.clone()];
                    single(Expr::In(Box::new(In { list, negated: false, ..(**test).clone() })))
                };
                test.list.iter().map(one).collect()
            }
            (Expr::Call(call), true) if call.name.eq_ignore_ascii_case("cidrmatch") => {
                let Some((value, networks)) = call.args.split_first() else { return whole() };
                let one = |network: &Spanned<Expr>| {
                    let args = vec![value.clone(), network.clone()];
                    single(Expr::Call(Call { args, ..call.clone() }))
                };
                networks.iter().map(one).collect()
            }
            _ => whole(),
        }
    }

    /// What lies on the edge of `other`, made of a solution of `one`.
    fn edges(
        &mut self,
        plan: &Plan<'a>,
        other_plan: &Plan<'a>,
        solution: &super::Solution,
    ) -> Option<Vec<Event>> {
        let mut streams = Vec::new();
        if let Body::Sequence(other) = &self.other.query.body {
            streams.extend(self.after_maxspan(other, &solution.events));
            streams.extend(self.unwanted(plan, other, solution));
        }
        streams.extend(self.other_keys(plan, other_plan, solution));
        streams.into_iter().find_map(|events| self.test(events))
    }

    /// The last event where `maxspan` of `other` ends, and a millisecond later.
    fn after_maxspan(&self, other: &Sequence, events: &[Event]) -> Vec<Vec<Event>> {
        let span = other.maxspan.as_ref().and_then(|span| i64::try_from(span.millis()?).ok());
        let Some(span) = span.and_then(|millis| millis.checked_mul(MILLISECOND)) else {
            return Vec::new();
        };
        let at = |time: i64| {
            let mut events = events.to_vec();
            let last = events.pop()?;
            events.push(at(last.source, time, self.one.cx));
            Some(events)
        };
        let end = START.checked_add(span);
        [end, end.and_then(|end| end.checked_add(MILLISECOND))]
            .into_iter()
            .flatten()
            .filter_map(at)
            .collect()
    }

    /// With an event more that `other` says must be missing, or takes as its `until`, and `one` does not.
    fn unwanted(
        &self,
        plan: &Plan<'a>,
        other: &'a Sequence,
        solution: &super::Solution,
    ) -> Vec<Vec<Event>> {
        let Body::Sequence(own) = &self.one.query.body else { return Vec::new() };
        let unwanted = |sequence: &'a Sequence| {
            let missing = sequence.terms.iter().filter(|term| term.missing);
            missing.chain(&sequence.until).map(|term| &term.node).collect::<Vec<&Term>>()
        };
        let mut streams = Vec::new();
        for term in unwanted(other) {
            let slot = slot(&other.by, term);
            let mut goals = Vec::new();
            if slot.keys.len() == solution.keys.len() {
                goals.extend(plan.goals(&slot, &solution.keys, &Default::default()));
            } else {
                goals.push(Goal::new(as_condition(&term.query, self.other.cx), true));
            }
            let others = unwanted(own).into_iter();
            let not = others.map(|term| Goal::new(as_condition(&term.query, self.one.cx), false));
            let apart: Vec<Goal> = goals.iter().cloned().chain(not).collect();
            for goals in [apart, goals] {
                let Outcome::Found(document) = plan.solver.solve(&goals) else { continue };
                streams.extend(self.inserted(plan, &document, &solution.events));
            }
        }
        streams
    }

    /// The events with a document more: before, between and after them.
    fn inserted(&self, plan: &Plan<'_>, document: &Json, events: &[Event]) -> Vec<Vec<Event>> {
        let half = plan.step / 2;
        let first = events.first().map(|event| event.timestamp.saturating_sub(half));
        let after = events.iter().map(|event| event.timestamp.saturating_add(half));
        let with = |time: i64| {
            let mut events = events.to_vec();
            events.push(at(document.clone(), time, self.one.cx));
            events.sort_by_key(|event| event.timestamp);
            events
        };
        first.into_iter().chain(after).map(with).collect()
    }

    /// With another value in a field that `other` joins by, in one event; and without a value in all of them.
    fn other_keys(
        &self,
        plan: &Plan<'a>,
        other_plan: &Plan<'a>,
        solution: &super::Solution,
    ) -> Vec<Vec<Event>> {
        let mut streams = Vec::new();
        for (position, other) in self.facing(plan, other_plan) {
            for field in &other_plan.slots[other].keys {
                let ty = self.one.cx.mapping.type_of(&field.path);
                let own = document::values(&solution.documents[position], &field.path, ty);
                let (values, _) = candidates(ty.or(Some(Type::Keyword)), &[]);
                let different = values.into_iter().filter(|value| !own.contains(value)).take(3);
                let choices = different.map(|value| vec![value]).chain([Vec::new()]);
                for values in choices {
                    let mut documents = solution.documents.clone();
                    set(&mut documents[position], &field.path, &values);
                    streams.push(stream(plan, &documents));
                    // All of them, where `one` lets the value vary or be absent.
                    for (slot, document) in plan.slots.iter().zip(&mut documents) {
                        let joins = slot.keys.iter().any(|key| key.path == field.path);
                        if values.is_empty() && joins {
                            set(document, &field.path, &values);
                        }
                    }
                    streams.push(stream(plan, &documents));
                }
            }
        }
        streams
    }
}

fn stream(plan: &Plan<'_>, documents: &[Json]) -> Vec<Event> {
    let rows: Vec<(&Json, usize)> = documents.iter().zip(plan.runs.iter().copied()).collect();
    plan.stream(&rows)
}

/// The document as an event at exactly this time.
fn at(mut document: Json, time: i64, cx: &Context) -> Event {
    set(&mut document, &cx.timestamp_field, &[]);
    event(document, time, cx)
}

/// Goals as text, the same for the same.
fn text(goals: &[Goal]) -> String {
    let mut texts: Vec<String> =
        goals.iter().map(|goal| format!("{} {}", goal.wanted, goal.expr.node)).collect();
    texts.sort_unstable();
    texts.join("; ")
}
