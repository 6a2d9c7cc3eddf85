//! Events that one query finds and another does not.

use std::collections::{BTreeMap, BTreeSet};

use eql_grammar::ast::{Body, Call, Expr, In, Literal, Match, Query, Sequence, Term};
use eql_grammar::schema::Type;
use eql_grammar::span::Spanned;
use serde_json::Value as Json;

use super::candidates::candidates;
use super::goal::Goal;
use super::near_miss::{conjuncts, near_misses};
use super::solve::{Outcome, set};
use super::{Plan, START, Slot, Unsolved, as_condition, event, finds, slot};
use crate::canonical::canonical_condition;
use crate::context::Context;
use crate::document;
use crate::stream::Event;

/// How many ways to miss a condition are tried.
const MAX_WAYS: usize = 300;

/// What one of those ways may cost, and all of them; see [`Solver::allowance`](super::solve::Solver).
const ALLOWANCE: usize = 4_000_000;
const ALLOWANCE_OF_ALL: usize = 5 * ALLOWANCE;

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
/// `maxspan` and one millisecond, another join key, an event that must be missing; and the near misses of `other`.
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
    let mut search = DifferenceSearch {
        one,
        other,
        allowance: ALLOWANCE_OF_ALL,
        tried: 0,
        seen: BTreeSet::new(),
    };
    let events = search.run();
    Difference { events, tried: search.tried }
}

struct DifferenceSearch<'a> {
    one: Side<'a>,
    other: Side<'a>,
    /// What is left of [`ALLOWANCE_OF_ALL`].
    allowance: usize,
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
        let misses = near_misses(self.other.query, self.other.cx);
        misses.into_iter().find_map(|miss| self.test(miss.events))
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
        let form = canonical_condition(&own, true, self.one.cx);
        let other_form = canonical_condition(&others, true, self.other.cx);
        let mut own_facts = BTreeMap::new();
        add_facts(&form, &mut own_facts);
        // By what the two say of the same leaves alone.
        let is_possible = |way: &Vec<Goal>| {
            let facts = self.facts(way);
            let both = own_facts.iter().chain(&facts).map(|(leaf, value)| (leaf.clone(), *value));
            value(&form, &facts) != Some(false) && value(&other_form, &both.collect()) != Some(true)
        };
        // What is in one of the two alone, down to single entries of lists, tells them apart if anything does.
        let known = self.texts(&atoms(&others, true));
        let not_other = Goal::new(others.clone(), false);
        let mut ways: Vec<Vec<Goal>> = atoms(&own, true)
            .into_iter()
            .filter(|atom| !known.contains(&self.text(atom)))
            .map(|atom| vec![atom, not_other.clone()])
            .collect();
        let known = self.texts(&atoms(&own, false));
        let mut whole = Vec::new();
        for part in conjuncts(&others) {
            let missed = Goal::new(part.clone(), false);
            if !is_possible(&vec![missed.clone()]) {
                continue;
            }
            let atoms = atoms(part, false).into_iter();
            let new = atoms.filter(|atom| !known.contains(&self.text(atom)));
            ways.extend(new.map(|atom| vec![atom, missed.clone()]));
            whole.push(vec![missed]);
        }
        ways.retain(is_possible);
        ways.truncate(MAX_WAYS);
        ways.extend(whole);
        for way in ways {
            let mut slots = self.slots_before_until(plan);
            slots[position].extra.extend(way);
            let allowance = self.allowance.min(ALLOWANCE);
            plan.solver.allowance.set(allowance);
            let solution = plan.solve_slots(&slots);
            self.allowance -= allowance - plan.solver.allowance.replace(usize::MAX);
            let Ok(solution) = solution else {
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

    /// What goals say of leaves.
    fn facts(&self, way: &[Goal]) -> BTreeMap<String, bool> {
        let mut facts = BTreeMap::new();
        for goal in way {
            let form = canonical_condition(&goal.expr, goal.wanted, self.other.cx);
            add_facts(&form, &mut facts);
        }
        facts
    }

    /// A goal as text, the same for the same.
    fn text(&self, goal: &Goal) -> String {
        canonical_condition(&goal.expr, goal.wanted, self.other.cx).to_string()
    }

    fn texts(&self, goals: &[Goal]) -> BTreeSet<String> {
        goals.iter().map(|goal| self.text(goal)).collect()
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

    /// With another value in a field that `other` joins by, or none, in the last event of a term; and with none in all.
    fn other_keys(
        &self,
        plan: &Plan<'a>,
        other_plan: &Plan<'a>,
        solution: &super::Solution,
    ) -> Vec<Vec<Event>> {
        let mut streams = Vec::new();
        let before = solution.events.len().saturating_sub(plan.runs.iter().sum());
        for (position, other) in self.facing(plan, other_plan) {
            let last = before + plan.runs[..=position].iter().sum::<usize>();
            for field in &other_plan.slots[other].keys {
                let ty = self.one.cx.mapping.type_of(&field.path);
                let own = document::values(&solution.documents[position], &field.path, ty);
                let (values, _) = candidates(ty.or(Some(Type::Keyword)), &[]);
                let different = values.into_iter().filter(|value| !own.contains(value)).take(3);
                for values in different.map(|value| vec![value]).chain([Vec::new()]) {
                    let mut events = solution.events.clone();
                    if let Some(event) = last.checked_sub(1).and_then(|last| events.get_mut(last)) {
                        set(&mut event.source, &field.path, &values);
                    }
                    streams.push(events.clone());
                    if values.is_empty() {
                        let sources = events.iter_mut().map(|event| &mut event.source);
                        sources.for_each(|source| set(source, &field.path, &values));
                        streams.push(events);
                    }
                }
                // Where the conditions ask something of the field, too.
                let mut goals = plan.goals(&plan.slots[position], &solution.keys, &BTreeMap::new());
                goals.extend(own.iter().map(|value| {
                    let same = Goal::equal(&field.path, value);
                    Goal { wanted: false, ..same }
                }));
                goals.push(Goal::present(&field.path));
                if let Outcome::Found(document) = plan.solver.solve(&goals) {
                    let mut events = solution.events.clone();
                    if let Some(event) = last.checked_sub(1).and_then(|last| events.get_mut(last)) {
                        *event = at(document, event.timestamp, self.one.cx);
                    }
                    streams.push(events);
                }
            }
        }
        streams
    }
}

/// The document as an event at exactly this time.
fn at(mut document: Json, time: i64, cx: &Context) -> Event {
    set(&mut document, &cx.timestamp_field, &[]);
    event(document, time, cx)
}

/// The leaves that take part in giving an expression a value, each with what it is to be; of a list that is to match, each
/// entry by itself.
fn atoms(expr: &Spanned<Expr>, wanted: bool) -> Vec<Goal> {
    let entry = |node: Expr| Goal::new(Spanned::new(node, expr.span), true);
    match (&expr.node, wanted) {
        (Expr::Not(inner), _) => atoms(inner, !wanted),
        (Expr::And(list) | Expr::Or(list), _) => {
            list.iter().flat_map(|part| atoms(part, wanted)).collect()
        }
        (Expr::Match(test), true) => {
            let one = |pattern: &Spanned<Literal>| {
                let patterns = vec![pattern.clone()];
                entry(Expr::Match(Box::new(Match { patterns, ..(**test).clone() })))
            };
            test.patterns.iter().map(one).collect()
        }
        (Expr::In(test), wanted) if wanted != test.negated => {
            let one = |element: &Spanned<Expr>| {
                let list = vec![element.clone()];
                entry(Expr::In(Box::new(In { list, negated: false, ..(**test).clone() })))
            };
            test.list.iter().map(one).collect()
        }
        (Expr::Call(call), true) if call.name.eq_ignore_ascii_case("cidrmatch") => {
            let networks = call.args.iter().skip(1);
            let one = |network: &Spanned<Expr>| {
                let args = call.args.iter().take(1).chain([network]).cloned().collect();
                entry(Expr::Call(Call { args, ..call.clone() }))
            };
            networks.map(one).collect()
        }
        _ => vec![Goal::new(expr.clone(), wanted)],
    }
}

/// The parts that a condition in canonical form says are true or false.
fn add_facts(form: &Expr, facts: &mut BTreeMap<String, bool>) {
    match form {
        Expr::And(list) => list.iter().for_each(|part| add_facts(part, facts)),
        Expr::Not(leaf) => drop(facts.insert(leaf.to_string(), false)),
        leaf => drop(facts.insert(leaf.to_string(), true)),
    }
}

/// The value of a condition in canonical form, as far as the facts decide it.
fn value(form: &Expr, facts: &BTreeMap<String, bool>) -> Option<bool> {
    let all = |list: &[Spanned<Expr>], neutral: bool| {
        let values: Vec<Option<bool>> = list.iter().map(|part| value(part, facts)).collect();
        if values.contains(&Some(!neutral)) {
            Some(!neutral)
        } else {
            values.iter().all(Option::is_some).then_some(neutral)
        }
    };
    let known = facts.get(&form.to_string()).copied();
    known.or_else(|| match form {
        Expr::And(list) => all(list, true),
        Expr::Or(list) => all(list, false),
        Expr::Not(inner) => value(inner, facts).map(|value| !value),
        _ => None,
    })
}
