//! Sequences: a slot machine over all events, then a look at what must be missing.

use std::collections::BTreeMap;

use eql_grammar::ast::{FieldPath, Sequence, Term};
use eql_grammar::span::Spanned;
use serde_json::Value as Json;

use crate::context::Context;
use crate::evaluate::{self, Scope};
use crate::stream::{Event, Found, keys, order};
use crate::value::Key;

/// The sequences among `events`, which may be in any order; results are ordered by their last event.
///
/// For each key, each stage but the last holds at most one partial sequence, the most recent; going on to
/// the next stage takes it away. Pipes are not applied, see [`run`](crate::run).
#[must_use]
pub fn sequences(sequence: &Sequence, events: &[Event], cx: &Context) -> Vec<Found> {
    let order = order(events);
    let machine = Machine::new(sequence, events, &order, cx);
    let original = |position: Option<usize>| position.map(|position| order[position]);
    let complete = machine.run(&mut |_| ());
    let complete = complete.into_iter().filter(|partial| machine.unwanted(partial).is_none());
    complete
        .map(|partial| Found {
            events: machine.slots(&partial).into_iter().map(original).collect(),
            key: partial.key,
        })
        .collect()
}

/// The most repetitions that `runs` can ask for.
const MAX_RUNS: u64 = 100;

/// How often a term stands in a row.
pub(crate) fn runs(term: &Term) -> usize {
    term.runs.as_ref().map_or(1, |runs| runs.node.min(MAX_RUNS) as usize)
}

/// The terms with `runs` written out.
pub(crate) fn expand(terms: &[Spanned<Term>]) -> Vec<&Term> {
    terms.iter().flat_map(|term| std::iter::repeat_n(&term.node, runs(term))).collect()
}

/// Everything is counted by position in the order of events.
pub(crate) struct Machine<'a> {
    cx: &'a Context,
    shared: &'a [Spanned<FieldPath>],
    terms: Vec<&'a Term>,
    pub(crate) until: Option<&'a Term>,
    /// `Some(None)` where it does not fit 64 bits.
    maxspan: Option<Option<u64>>,
    pub(crate) times: Vec<i64>,
    documents: Vec<&'a Json>,
}

/// A sequence as far as it has come: one event for each positive term so far.
#[derive(Clone)]
pub(crate) struct Partial {
    pub(crate) key: Key,
    pub(crate) events: Vec<usize>,
}

impl<'a> Machine<'a> {
    /// `order` is that of the events.
    pub(crate) fn new(
        sequence: &'a Sequence,
        events: &'a [Event],
        order: &[usize],
        cx: &'a Context,
    ) -> Self {
        Self {
            cx,
            shared: &sequence.by,
            terms: expand(&sequence.terms),
            until: sequence.until.as_ref().map(|term| &term.node),
            maxspan: sequence.maxspan.as_ref().map(|span| span.millis()),
            times: order.iter().map(|ix| events[*ix].timestamp).collect(),
            documents: order.iter().map(|ix| &events[*ix].source).collect(),
        }
    }

    pub(crate) fn positive(&self) -> Vec<&'a Term> {
        self.terms.iter().copied().filter(|term| !term.missing).collect()
    }

    /// The slot machine. `made` sees each partial sequence, complete ones too.
    pub(crate) fn run(&self, made: &mut dyn FnMut(&Partial)) -> Vec<Partial> {
        let stages = self.positive();
        let mut slots: BTreeMap<(Key, usize), Partial> = BTreeMap::new();
        let mut complete = Vec::new();
        for event in 0..self.documents.len() {
            // From the last stage down, so that an event does not go on twice.
            for (stage, term) in stages.iter().enumerate().rev() {
                for key in self.keys(term, event) {
                    let before = match stage {
                        0 => Partial { key: key.clone(), events: Vec::new() },
                        _ => match slots.get(&(key.clone(), stage - 1)) {
                            Some(partial) => partial.clone(),
                            None => continue,
                        },
                    };
                    if !self.accepts(term, event, &before.events) {
                        continue;
                    }
                    if stage > 0 {
                        slots.remove(&(key.clone(), stage - 1));
                    }
                    let mut partial = before;
                    partial.events.push(event);
                    if self.is_longer_than_maxspan(partial.events[0], event) {
                        continue;
                    }
                    made(&partial);
                    if stage + 1 == stages.len() {
                        complete.push(partial);
                    } else {
                        slots.insert((key, stage), partial);
                    }
                }
            }
            if let Some(until) = self.until {
                let keys = self.keys(until, event);
                slots.retain(|(key, _), partial| {
                    !(keys.contains(key) && self.accepts(until, event, &partial.events))
                });
            }
        }
        complete
    }

    /// Whether an event passes a term's filter, with the aliases of the events before it.
    pub(crate) fn accepts(&self, term: &Term, event: usize, before: &[usize]) -> bool {
        evaluate::matches(&term.query, &self.scope(event, before))
    }

    pub(crate) fn keys(&self, term: &Term, event: usize) -> Vec<Key> {
        keys(self.shared, term, &self.scope(event, &[]))
    }

    pub(crate) fn scope(&self, event: usize, before: &[usize]) -> Scope<'_> {
        let history = &self.documents[..=event];
        let mut scope = Scope::new(self.cx, self.documents[event], history);
        for (stage, term) in self.positive().into_iter().enumerate() {
            if let Some(alias) = &term.alias {
                let bound = before.get(stage).map(|event| self.documents[*event]);
                scope.aliases.insert(&alias.node, bound);
            }
        }
        scope
    }

    fn is_longer_than_maxspan(&self, first: usize, last: usize) -> bool {
        self.exceeds_maxspan(self.times[first], self.times[last])
    }

    fn exceeds_maxspan(&self, from: i64, to: i64) -> bool {
        self.beyond_maxspan(from, to) > 0
    }

    /// By how many **nanoseconds** the time between is longer than `maxspan`; not above 0 where it is not.
    pub(crate) fn beyond_maxspan(&self, from: i64, to: i64) -> i128 {
        let nanos = i128::from(to) - i128::from(from);
        match self.maxspan {
            Some(Some(millis)) => nanos - i128::from(millis) * 1_000_000,
            Some(None) | None => 0,
        }
    }

    /// The events by term, with the slots of missing events left empty.
    fn slots(&self, partial: &Partial) -> Vec<Option<usize>> {
        let mut events = partial.events.iter().copied();
        self.terms.iter().map(|term| if term.missing { None } else { events.next() }).collect()
    }

    /// What is there although it must be missing: the place of its term, and the event. Only timestamps are compared.
    pub(crate) fn unwanted(&self, partial: &Partial) -> Option<(usize, usize)> {
        let slots = self.slots(partial);
        let (first, last) = (*partial.events.first()?, *partial.events.last()?);
        let (first, last) = (self.times[first], self.times[last]);
        let time = |found: &(usize, usize)| self.times[found.1];
        let (mut latest_before, mut earliest_after) = (None, None);
        let (mut head, mut tail) = (false, false);
        for (at, term) in self.terms.iter().enumerate().filter(|(_, term)| term.missing) {
            let unwanted = self.unwanted_events(term, partial).into_iter().map(|event| (at, event));
            let before = slots[..at].iter().rev().find_map(|slot| *slot);
            let after = slots[at..].iter().find_map(|slot| *slot);
            match (before, after) {
                (Some(before), Some(after)) => {
                    let (from, to) = (self.times[before], self.times[after]);
                    let mut between =
                        unwanted.filter(|found| from < time(found) && time(found) < to);
                    if let Some(found) = between.next() {
                        return Some(found);
                    }
                }
                (None, _) => {
                    head = true;
                    let before = unwanted.filter(|found| time(found) < first);
                    latest_before = latest_before.into_iter().chain(before).max_by_key(time);
                }
                (_, None) => {
                    tail = true;
                    let after = unwanted.filter(|found| time(found) > last);
                    earliest_after = earliest_after.into_iter().chain(after).min_by_key(time);
                }
            }
        }
        let within = |from: i64, to: i64| !self.exceeds_maxspan(from, to);
        match (head, tail, latest_before, earliest_after) {
            (true, false, Some(before), _) => within(time(&before), last).then_some(before),
            (false, true, _, Some(after)) => within(first, time(&after)).then_some(after),
            (true, true, Some(before), Some(after)) => {
                within(time(&before), time(&after)).then_some(before)
            }
            _ => None,
        }
    }

    /// All events with the partial's key that pass the filter of a missing event.
    fn unwanted_events(&self, term: &Term, partial: &Partial) -> Vec<usize> {
        let is_unwanted = |event: &usize| {
            self.keys(term, *event).contains(&partial.key)
                && self.accepts(term, *event, &partial.events)
        };
        (0..self.documents.len()).filter(is_unwanted).collect()
    }
}
