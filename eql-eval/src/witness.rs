//! Events that a query finds, and events that it just misses.
//!
//! A *witness* of a rule is a stream of events that the rule finds; a *near miss* differs from a witness in
//! one respect and is not found. Both are made from the text of the rule alone, by solving its conditions,
//! and each is confirmed by the evaluator before it is returned.

mod candidates;
mod difference;
mod goal;
mod language;
mod near_miss;
mod solve;

use std::collections::BTreeMap;

use eql_grammar::ast::{
    Body, Category, EventQuery, Expr, FieldPath, Query, Sample, Sequence, Term,
};
use eql_grammar::span::Spanned;
use serde_json::Value as Json;

pub use self::difference::{Difference, Side, difference};
use self::goal::{Goal, replace};
pub use self::near_miss::{NearMiss, near_misses};
use self::solve::{Outcome, Solver, set_json};
use crate::context::Context;
use crate::date;
use crate::document;
use crate::evaluate;
use crate::sample::SampleOptions;
use crate::sequence::runs;
use crate::stream::{Event, Found, run};
use crate::value::Value;

/// The time of the first event: 2024-01-01T00:00:00Z, in nanoseconds.
const START: i64 = 1_704_067_200_000_000_000;

/// The usual time from one event to the next, in nanoseconds.
const STEP: i64 = 1_000_000_000;

/// How many values of no meaning are tried for a join key.
const MAX_KEY_VALUES: usize = 6;

/// What the search for a witness comes to.
///
/// That there is no witness and that none was found are different answers.
#[derive(Clone, Debug)]
pub enum Witness {
    /// Events in order of time, in which the query finds something.
    Found(Vec<Event>),
    /// No events satisfy the query, and the reason.
    Impossible(String),
    /// The search gave up.
    NotFound,
}

/// Looks for events that the query finds.
///
/// ```
/// use eql_eval::witness::{Witness, witness};
/// use eql_grammar::{ast::Dialect, parser::parse};
///
/// let cx = eql_eval::Context::default();
/// let query = parse(r#"process where process.name : "*.exe""#, Dialect::Elasticsearch).unwrap();
/// let Witness::Found(events) = witness(&query, &cx) else { panic!("there are such events") };
/// assert!(events[0].source["process"]["name"].as_str().unwrap().ends_with(".exe"));
///
/// let text = r#"process where process.name == "a" and not process.name : "A""#;
/// let query = parse(text, Dialect::Elasticsearch).unwrap();
/// assert!(matches!(witness(&query, &cx), Witness::Impossible(_)));
/// ```
#[must_use]
pub fn witness(query: &Query, cx: &Context) -> Witness {
    match Plan::new(query, cx).solve(query) {
        Ok(solution) => Witness::Found(solution.events),
        Err(Unsolved::Impossible(reason)) => Witness::Impossible(reason),
        Err(Unsolved::NotFound) => Witness::NotFound,
    }
}

/// Why there is no solution.
enum Unsolved {
    Impossible(String),
    NotFound,
}

/// One document for each positive term, in order.
#[derive(Clone)]
struct Solution {
    documents: Vec<Json>,
    /// The values that the join keys were given; none where nothing was asked of them.
    keys: Vec<Option<Value>>,
    /// The whole stream.
    events: Vec<Event>,
}

/// What is asked of the document of one positive term.
#[derive(Clone)]
struct Slot<'a> {
    query: &'a EventQuery,
    keys: Vec<&'a FieldPath>,
    alias: Option<&'a str>,
    /// What else the document has to meet.
    extra: Vec<Goal>,
}

/// How a query is solved.
struct Plan<'a> {
    cx: &'a Context,
    /// The positive terms, `runs` written once.
    slots: Vec<Slot<'a>>,
    /// How often each stands in a row.
    runs: Vec<usize>,
    /// **Nanoseconds** from one event to the next.
    step: i64,
    solver: Solver<'a>,
}

impl<'a> Plan<'a> {
    fn new(query: &'a Query, cx: &'a Context) -> Self {
        let (slots, runs, step) = match &query.body {
            Body::Event(event_query) => {
                let slot =
                    Slot { query: event_query, keys: Vec::new(), alias: None, extra: Vec::new() };
                (vec![slot], vec![1], STEP)
            }
            Body::Sequence(sequence) => sequence_slots(sequence),
            Body::Sample(sample) => sample_slots(sample),
        };
        let mut plan = Self { cx, slots, runs, step, solver: Solver::new(cx) };
        plan.require_aliased_fields();
        plan
    }

    /// A field that a later term reads through an alias has to be present.
    fn require_aliased_fields(&mut self) {
        for later in 1..self.slots.len() {
            let (before, rest) = self.slots.split_at_mut(later);
            for slot in before {
                let Some(alias) = slot.alias else { continue };
                for path in aliased_fields(&rest[0].query.condition, alias) {
                    slot.extra.push(Goal::present(&path));
                }
            }
        }
    }

    fn solve(&self, query: &Query) -> Result<Solution, Unsolved> {
        let until = match &query.body {
            Body::Sequence(Sequence { until: Some(until), .. }) => Some(&until.query),
            _ => None,
        };
        let not_until = until.map(|until| Goal::new(as_condition(until, self.cx), false));
        let mut slots = self.slots.clone();
        if let Some((_, all_but_last)) = slots.split_last_mut() {
            all_but_last.iter_mut().for_each(|slot| slot.extra.extend(not_until.clone()));
        }
        let found = self.solve_slots(&slots).and_then(|solution| self.confirm(solution, query));
        match found {
            // Another key may keep `until` away.
            Err(_) if not_until.is_some() => {
                self.solve_slots(&self.slots).and_then(|solution| self.confirm(solution, query))
            }
            found => found,
        }
    }

    fn confirm(&self, solution: Solution, query: &Query) -> Result<Solution, Unsolved> {
        let is_found = !finds(query, &solution.events, self.cx).is_empty();
        if is_found { Ok(solution) } else { Err(Unsolved::NotFound) }
    }

    fn solve_slots(&self, slots: &[Slot<'_>]) -> Result<Solution, Unsolved> {
        let number_of_keys = slots.iter().map(|slot| slot.keys.len()).min();
        let Some(number_of_keys) = number_of_keys else {
            return Err(Unsolved::Impossible("every term is a missing event".to_owned()));
        };
        let free = vec![None; number_of_keys];
        let documents = self.documents(slots, &free)?;
        if free.is_empty() {
            return Ok(self.solution(documents, free));
        }
        // One key after the other: a value that all terms can live with, best as their only value.
        let (mut keys, mut documents) = (free, documents);
        for (position, pool) in
            self.key_pools(slots, &documents, number_of_keys).into_iter().enumerate()
        {
            let mut second_best = None;
            let mut best = None;
            for value in pool {
                let mut with = keys.clone();
                with[position] = Some(value);
                let Ok(documents) = self.documents(slots, &with) else { continue };
                if self.have_one_value(slots, &documents, position) {
                    best = Some((with, documents));
                    break;
                }
                second_best.get_or_insert((with, documents));
            }
            (keys, documents) = best.or(second_best).ok_or(Unsolved::NotFound)?;
        }
        Ok(self.solution(documents, keys))
    }

    fn have_one_value(&self, slots: &[Slot<'_>], documents: &[Json], position: usize) -> bool {
        slots.iter().zip(documents).all(|(slot, document)| {
            let path = &slot.keys[position].path;
            document::values(document, path, self.cx.mapping.type_of(path)).len() <= 1
        })
    }

    /// A document for each slot, with these values of the join keys.
    fn documents(&self, slots: &[Slot<'_>], keys: &[Option<Value>]) -> Result<Vec<Json>, Unsolved> {
        let mut documents: Vec<Json> = Vec::new();
        let mut aliases: BTreeMap<&str, Json> = BTreeMap::new();
        for slot in slots {
            let goals = self.goals(slot, keys, &aliases);
            match self.solver.solve(&goals) {
                Outcome::Found(document) => {
                    if let Some(alias) = slot.alias {
                        aliases.insert(alias, document.clone());
                    }
                    documents.push(document);
                }
                Outcome::Impossible(reason) => {
                    // With keys and aliases chosen, only that choice is impossible.
                    let is_free = keys.iter().all(Option::is_none) && aliases.is_empty();
                    let unsolved = Unsolved::Impossible(reason);
                    return Err(if is_free { unsolved } else { Unsolved::NotFound });
                }
                Outcome::NotFound => return Err(Unsolved::NotFound),
            }
        }
        Ok(documents)
    }

    fn goals(
        &self,
        slot: &Slot<'_>,
        keys: &[Option<Value>],
        aliases: &BTreeMap<&str, Json>,
    ) -> Vec<Goal> {
        let mut goals = vec![Goal::new(self.without_aliases(slot.query, aliases), true)];
        goals.extend(slot.extra.iter().cloned());
        for (field, value) in slot.keys.iter().zip(keys) {
            match value {
                Some(_) if self.is_unmapped(field) => {}
                Some(value) => goals.push(Goal::equal(&field.path, value)),
                None if field.optional => {}
                None => goals.push(Goal::present(&field.path)),
            }
        }
        goals
    }

    fn is_unmapped(&self, field: &FieldPath) -> bool {
        field.optional && !self.cx.mapping.is_mapped(&field.path)
    }

    /// The query as a condition, with the values that aliases stand for.
    fn without_aliases(&self, query: &EventQuery, aliases: &BTreeMap<&str, Json>) -> Spanned<Expr> {
        replace(&as_condition(query, self.cx), &|e| {
            let Expr::Field(field) = e else { return None };
            let (alias, path) = field.path.split_once('.')?;
            let document = aliases.get(alias)?;
            let values = document::values(document, path, self.cx.mapping.type_of(path));
            Some(Expr::Literal(goal::literal(values.first().unwrap_or(&Value::Null))))
        })
    }

    /// Values for each join key: one that meets what all terms say of it, those that the terms take by
    /// themselves, then some of no meaning.
    fn key_pools(
        &self,
        slots: &[Slot<'_>],
        documents: &[Json],
        number_of_keys: usize,
    ) -> Vec<Vec<Value>> {
        let pool = |position: usize| {
            let mut pool: Vec<Value> = Vec::new();
            let mut is_optional = true;
            for (slot, document) in slots.iter().zip(documents) {
                let field = slot.keys[position];
                let ty = self.cx.mapping.type_of(&field.path);
                let (values, _) = candidates::candidates(ty, &[]);
                let own = document::values(document, &field.path, ty);
                is_optional &= field.optional;
                pool.splice(0..0, own);
                pool.extend(values.into_iter().take(MAX_KEY_VALUES));
            }
            if is_optional {
                pool.push(Value::Null);
            }
            pool.splice(0..0, self.common_values(slots, position));
            let mut distinct: Vec<Value> = Vec::new();
            for value in pool {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            }
            distinct
        };
        (0..number_of_keys).map(pool).collect()
    }

    /// Values that meet what the conditions of all terms say of a key without further choice.
    fn common_values(&self, slots: &[Slot<'_>], position: usize) -> Vec<Value> {
        let path = &slots[0].keys[position].path;
        let mut goals = Vec::new();
        for slot in slots {
            let own = &slot.keys[position].path;
            let free = vec![None; slot.keys.len()];
            let own_goals = self.goals(slot, &free, &BTreeMap::new());
            goals.extend(self.solver.goals_on(own, &own_goals).iter().map(|g| g.on(own, path)));
        }
        self.solver.values_for(path, &goals)
    }

    fn solution(&self, documents: Vec<Json>, keys: Vec<Option<Value>>) -> Solution {
        let rows: Vec<(&Json, usize)> = documents.iter().zip(self.runs.iter().copied()).collect();
        let events = self.stream(&rows);
        Solution { documents, keys, events }
    }

    /// Documents, each so many times, as a stream; the processes that they descend from come before them.
    fn stream(&self, rows: &[(&Json, usize)]) -> Vec<Event> {
        let mut ancestors = Vec::new();
        for (document, _) in rows {
            self.add_ancestors(document, &mut ancestors, 0);
        }
        let mut events = Vec::new();
        let mut time = START - STEP;
        for ancestor in ancestors.into_iter().rev() {
            events.insert(0, event(ancestor, time, self.cx));
            time -= STEP;
        }
        let mut time = START;
        for (document, runs) in rows {
            for _ in 0..*runs {
                events.push(event((*document).clone(), time, self.cx));
                time += self.step;
            }
        }
        events
    }

    fn add_ancestors(&self, document: &Json, all: &mut Vec<Json>, depth: usize) {
        let parents = document::values(document, "process.parent.entity_id", None);
        for parent in parents {
            let number = parent.to_string().strip_prefix("ancestor-").and_then(|n| n.parse().ok());
            let query = number.and_then(|n: usize| self.solver.ancestors.borrow().get(n).cloned());
            let Some(query) = query.filter(|_| depth < 8) else { continue };
            let goals = [
                Goal::new(as_condition(&query, self.cx), true),
                Goal::equal("process.entity_id", &parent),
            ];
            if let Outcome::Found(ancestor) = self.solver.solve(&goals) {
                self.add_ancestors(&ancestor, all, depth + 1);
                all.push(ancestor);
            }
        }
    }
}

fn sequence_slots(sequence: &Sequence) -> (Vec<Slot<'_>>, Vec<usize>, i64) {
    let positive: Vec<&Term> =
        sequence.terms.iter().map(|term| &term.node).filter(|term| !term.missing).collect();
    let runs: Vec<usize> = positive.iter().map(|term| runs(term)).collect();
    let count = i64::try_from(runs.iter().sum::<usize>()).unwrap_or(1).max(1);
    let maxspan = sequence.maxspan.as_ref().and_then(|span| span.millis());
    let step = match maxspan.and_then(|millis| i64::try_from(millis).ok()) {
        // Whole milliseconds where they fit.
        Some(millis) if millis >= count => (millis / count * 1_000_000).min(STEP),
        Some(millis) => millis.saturating_mul(1_000_000) / count,
        None => STEP,
    };
    (positive.into_iter().map(|term| slot(&sequence.by, term)).collect(), runs, step)
}

fn sample_slots(sample: &Sample) -> (Vec<Slot<'_>>, Vec<usize>, i64) {
    let slots: Vec<_> = sample.terms.iter().map(|term| slot(&sample.by, &term.node)).collect();
    let runs = vec![1; slots.len()];
    (slots, runs, STEP)
}

fn slot<'a>(shared: &'a [Spanned<FieldPath>], term: &'a Term) -> Slot<'a> {
    Slot {
        query: &term.query,
        keys: shared.iter().chain(&term.by).map(|field| &field.node).collect(),
        alias: term.alias.as_ref().map(|alias| alias.node.as_str()),
        extra: Vec::new(),
    }
}

/// Category and condition in one.
fn as_condition(query: &EventQuery, cx: &Context) -> Spanned<Expr> {
    let Category::Named(name) = &query.category.node else { return query.condition.clone() };
    let category = Goal::equal(&cx.category_field, &Value::Str(name.clone()));
    let category = Spanned::new(category.expr.node.clone(), query.category.span);
    let span = query.category.span.to(query.condition.span);
    Spanned::new(Expr::And(vec![category, query.condition.clone()]), span)
}

/// The fields that a condition reads through an alias.
fn aliased_fields(condition: &Expr, alias: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Expr::Field(field) = condition
        && let Some((name, path)) = field.path.split_once('.')
        && name == alias
    {
        found.push(path.to_owned());
    }
    for child in evaluate::children(condition) {
        found.extend(aliased_fields(child, alias));
    }
    found
}

/// A document as an event at a time, unless the document has a time already.
fn event(mut source: Json, timestamp: i64, cx: &Context) -> Event {
    if let Some(event) = Event::from_source(source.clone(), cx) {
        return event;
    }
    let time = jiff::Timestamp::from_nanosecond(timestamp.into()).unwrap_or_default();
    set_json(&mut source, &cx.timestamp_field, Some(Json::from(date::print(time))));
    Event { timestamp, tiebreaker: None, source }
}

fn finds(query: &Query, events: &[Event], cx: &Context) -> Vec<Found> {
    run(query, events, cx, SampleOptions::default())
}
