//! How far a sequence or a sample came, and what each of its terms still waits for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use eql_grammar::ast::{Body, FieldPath, Query, Sample, Sequence, Term};
use eql_grammar::span::Spanned;
use serde_json::Value as Json;

use crate::context::Context;
use crate::evaluate::{self, Scope};
use crate::explain::{Explanation, explain_last, explain_query};
use crate::reason::{Reason, reasons};
use crate::sequence::{Machine, Partial, runs};
use crate::stream::{Event, Found, keys, order};
use crate::value::{Key, Value};

/// Events are counted by their place in the slice that was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The join key; empty where the query has none, or no event has one.
    pub key: Key,
    /// The terms that take an event, `runs` written out.
    pub stages: Vec<StageProgress>,
    /// Whether the query finds something with this key.
    pub is_complete: bool,
    /// What is in the way, by stage; none where it is complete, and for all but the twenty incomplete keys that came
    /// farthest.
    pub obstacles: Vec<Obstacle>,
}

/// A stage of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct StageProgress {
    /// Which one.
    pub place: Place,
    /// The event that the longest partial sequence of the key, or the sample, has there.
    pub event: Option<usize>,
}

/// A term as it is written, and which of its `runs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index of the term in the query.
    pub term: usize,
    /// From 0.
    pub run: usize,
}

/// Why a key did not come to its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Obstacle {
    /// The event that comes nearest to what a stage waits for, and what it lacks.
    Unmet {
        /// The stage.
        place: Place,
        /// The event.
        event: usize,
        /// What of the term's query it does not meet.
        reasons: Vec<Reason>,
        /// The join keys that differ.
        keys: Vec<KeyMismatch>,
        /// It comes before the event of an earlier stage, or after that of a later one.
        out_of_order: bool,
    },
    /// There is no further event for the stage.
    NoEvent {
        /// The stage.
        place: Place,
    },
    /// The last event comes too late.
    Late {
        /// The first event.
        first: usize,
        /// The last event.
        last: usize,
        /// By how many **nanoseconds** it is later than `maxspan` allows.
        by: i128,
    },
    /// An `until` event came in between.
    Until {
        /// That event.
        event: usize,
    },
    /// An event is there that must be missing.
    Unwanted {
        /// Index of the term in the query.
        term: usize,
        /// That event.
        event: usize,
    },
    /// There are events for all stages, but others took their places: a stage holds only the latest partial
    /// sequence of a key, and going on to the next stage uses it up.
    Superseded,
}

/// A join key that has another value than those of the other stages.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMismatch {
    /// The field of the event.
    pub field: String,
    /// Its values in the event; none where it is absent.
    pub values: Vec<Value>,
    /// The value that the key has.
    pub wanted: Value,
}

/// How many events of a long stream are looked at for what comes nearest to a stage.
const MAX_EXPLAINED: usize = 300;

/// How many keys are looked at closely.
const MAX_KEYS: usize = 20;

/// A condition that is not met, a join key that differs, and a place out of order weigh the same.
const ONE: usize = 2;

/// The right event too late is nearer than a wrong one in time.
const LATE: usize = 1;

/// An event that lacks more is not taken for a stage while there is another way.
const SKIPPED: usize = 3;

/// How far a sequence or a sample came with each join key, the farthest first; empty for an event query.
///
/// Pipes are not applied.
#[must_use]
pub fn progress(query: &Query, events: &[Event], cx: &Context) -> Vec<Progress> {
    match &query.body {
        Body::Event(_) => Vec::new(),
        Body::Sequence(sequence) => of_sequence(sequence, events, cx),
        Body::Sample(sample) => of_sample(sample, events, cx),
    }
}

/// The events of a result with their stages, and why each is taken.
pub(crate) fn explain_found(
    query: &Query,
    events: &[Event],
    found: &Found,
    cx: &Context,
) -> Vec<(Place, usize, Explanation)> {
    let taken: Vec<usize> = found.events.iter().flatten().copied().collect();
    let order = order(events);
    let position = |event: &usize| order.iter().position(|at| at == event);
    match &query.body {
        Body::Event(query) => {
            let documents: Vec<&Json> = order.iter().map(|at| &events[*at].source).collect();
            let explained = taken.into_iter().filter_map(|event| {
                let why = explain_last(query, &documents[..=position(&event)?], cx)?;
                Some((Place { term: 0, run: 0 }, event, why))
            });
            explained.collect()
        }
        Body::Sequence(sequence) => {
            let machine = Machine::new(sequence, events, &order, cx);
            let positions: Vec<usize> = taken.iter().filter_map(position).collect();
            let stages = places(&sequence.terms).into_iter().zip(taken).zip(&positions).enumerate();
            let explained = stages.map(|(stage, ((place, event), position))| {
                let scope = machine.scope(*position, &positions[..stage]);
                let query = &sequence.terms[place.term].query;
                (place, event, explain_query(query, &scope))
            });
            explained.collect()
        }
        Body::Sample(sample) => {
            let documents: Vec<&Json> = events.iter().map(|event| &event.source).collect();
            let trace = SampleTrace { sample, documents: &documents, cx };
            let stages = places(&sample.terms).into_iter().zip(taken);
            let explained = stages.map(|(place, event)| {
                let query = &sample.terms[place.term].query;
                (place, event, explain_query(query, &trace.scope(event)))
            });
            explained.collect()
        }
    }
}

/// The terms that take an event.
fn places(terms: &[Spanned<Term>]) -> Vec<Place> {
    let positive = terms.iter().enumerate().filter(|(_, term)| !term.missing);
    positive.flat_map(|(term, t)| (0..runs(t)).map(move |run| Place { term, run })).collect()
}

/// What an event lacks for a stage.
struct Lack {
    reasons: Vec<Reason>,
    keys: Vec<KeyMismatch>,
}

impl Lack {
    fn cost(&self) -> usize {
        ONE * (self.reasons.len() + self.keys.len())
    }
}

/// What each event lacks for each stage, for one key. Where an event was not looked at there is nothing.
struct Table(Vec<Vec<Option<Lack>>>);

impl Table {
    /// `explained` gives, for a stage and an event, why the event is not taken.
    fn new<'a>(
        stages: usize,
        events: usize,
        accepted: &[Vec<bool>],
        key: &Key,
        explained: impl Fn(usize, usize) -> Explanation,
        keys_of: impl Fn(usize, usize) -> (Vec<Key>, Vec<(&'a FieldPath, Vec<Value>)>),
    ) -> Self {
        let row = |stage: usize| {
            // Events with the key go first.
            let (mut with_key, mut without) = (MAX_EXPLAINED, MAX_EXPLAINED / 4);
            let cell = |event: usize| {
                let (keys, values) = keys_of(stage, event);
                let has_key = keys.contains(key);
                let reasons = if accepted[stage][event] {
                    Vec::new()
                } else {
                    let left = if has_key { &mut with_key } else { &mut without };
                    *left = left.checked_sub(1)?;
                    reasons(&explained(stage, event))
                };
                let keys = if has_key { Vec::new() } else { mismatches(key, values) };
                Some(Lack { reasons, keys })
            };
            (0..events).map(cell).collect()
        };
        Self((0..stages).map(row).collect())
    }

    fn get(&self, stage: usize, event: usize) -> Option<&Lack> {
        self.0[stage][event].as_ref()
    }

    /// For a stage, of these events with what each costs beyond what it lacks, the nearest.
    fn nearest(
        &self,
        stage: usize,
        events: impl Iterator<Item = (usize, usize)>,
    ) -> Option<(usize, &Lack)> {
        let known = events.filter_map(|(event, more)| Some((event, more, self.get(stage, event)?)));
        let best = known.min_by_key(|(event, more, lack)| (lack.cost() + more, *event));
        best.map(|(event, _, lack)| (event, lack))
    }
}

fn mismatches(key: &Key, values: Vec<(&FieldPath, Vec<Value>)>) -> Vec<KeyMismatch> {
    if key.0.is_empty() {
        // No event has a key: what is absent is in the way.
        let absent =
            values.into_iter().filter(|(field, values)| values.is_empty() && !field.optional);
        let mismatch = |(field, values): (&FieldPath, _)| KeyMismatch {
            field: field.path.clone(),
            values,
            wanted: Value::Null,
        };
        return absent.map(mismatch).collect();
    }
    let differing = values.into_iter().zip(&key.0).filter(|((_, values), wanted)| {
        let has = |value| Key(vec![value]) == Key(vec![(*wanted).clone()]);
        let is_null = values.is_empty() && wanted.is_null();
        !is_null && !values.iter().cloned().any(has)
    });
    let mismatch = |((field, values), wanted): ((&FieldPath, _), &Value)| KeyMismatch {
        field: field.path.clone(),
        values,
        wanted: wanted.clone(),
    };
    differing.map(mismatch).collect()
}

/// The fields of a term's key with their values in an event.
fn key_values<'a>(
    shared: &'a [Spanned<FieldPath>],
    term: &'a Term,
    scope: &Scope<'_>,
) -> Vec<(&'a FieldPath, Vec<Value>)> {
    let fields = shared.iter().chain(&term.by);
    let values = |field: &'a Spanned<FieldPath>| {
        let values = match evaluate::constant_field(field, scope) {
            Some(_) => Vec::new(),
            None => evaluate::values_of(evaluate::source(field, scope), scope),
        };
        (&field.node, values)
    };
    fields.map(values).collect()
}

fn of_sequence(sequence: &Sequence, events: &[Event], cx: &Context) -> Vec<Progress> {
    let order = order(events);
    let machine = Machine::new(sequence, events, &order, cx);
    let trace = SequenceTrace { sequence, machine, places: places(&sequence.terms), order };
    trace.progress()
}

/// Events are counted by position in the order of time.
struct SequenceTrace<'a> {
    sequence: &'a Sequence,
    machine: Machine<'a>,
    places: Vec<Place>,
    order: Vec<usize>,
}

impl<'a> SequenceTrace<'a> {
    fn progress(&self) -> Vec<Progress> {
        let stages = self.machine.positive();
        let mut farthest: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        let complete = self.machine.run(&mut |partial| {
            let known = farthest.entry(partial.key.clone()).or_default();
            if partial.events.len() >= known.len() {
                known.clone_from(&partial.events);
            }
        });
        let found: BTreeMap<&Key, &Partial> = complete
            .iter()
            .filter(|partial| self.machine.unwanted(partial).is_none())
            .map(|partial| (&partial.key, partial))
            .collect();
        if farthest.is_empty() {
            farthest = self.keys_of_any_stage(&stages);
        }
        // Of many keys those that came farthest are looked at more closely.
        let mut keys: Vec<(&Key, &Vec<usize>)> = farthest.iter().collect();
        keys.sort_by_key(|(key, events)| (found.contains_key(*key), Reverse(events.len())));
        let of_key = |(nth, (key, events)): (usize, (&Key, &Vec<usize>))| match found.get(key) {
            Some(partial) => self.finished(partial),
            None if nth < MAX_KEYS => self.unfinished(key, events, &stages),
            None => Progress {
                key: key.clone(),
                stages: self.stages(events),
                is_complete: false,
                obstacles: Vec::new(),
            },
        };
        let mut all: Vec<Progress> = keys.into_iter().enumerate().map(of_key).collect();
        let filled = |progress: &Progress| {
            progress.stages.iter().filter(|stage| stage.event.is_some()).count()
        };
        all.sort_by_key(|progress| {
            (Reverse(progress.is_complete), Reverse(filled(progress)), progress.lacks())
        });
        all
    }

    /// Where nothing was opened, the keys of whatever passes some stage, else of any event.
    fn keys_of_any_stage(&self, stages: &[&Term]) -> BTreeMap<Key, Vec<usize>> {
        let (mut passing, mut any) = (BTreeSet::new(), BTreeSet::new());
        for event in 0..self.order.len() {
            for term in stages {
                let keys = self.machine.keys(term, event);
                if passing.len() < MAX_KEYS && self.machine.accepts(term, event, &[]) {
                    passing.extend(keys);
                } else if any.len() < MAX_KEYS {
                    any.extend(keys);
                }
            }
        }
        best_of(passing, any).into_iter().map(|key| (key, Vec::new())).collect()
    }

    fn stages(&self, events: &[usize]) -> Vec<StageProgress> {
        let mut events = events.iter().map(|position| self.order[*position]);
        self.places
            .iter()
            .map(|place| StageProgress { place: *place, event: events.next() })
            .collect()
    }

    fn finished(&self, partial: &Partial) -> Progress {
        Progress {
            key: partial.key.clone(),
            stages: self.stages(&partial.events),
            is_complete: true,
            obstacles: Vec::new(),
        }
    }

    fn unfinished(&self, key: &Key, came: &[usize], stages: &[&Term]) -> Progress {
        let count = self.order.len();
        let accepted: Vec<Vec<bool>> = stages
            .iter()
            .enumerate()
            .map(|(stage, term)| {
                let before = came.get(..stage).unwrap_or(came);
                (0..count).map(|event| self.machine.accepts(term, event, before)).collect()
            })
            .collect();
        let before = |stage: usize| came.get(..stage).unwrap_or(came);
        let table = Table::new(
            stages.len(),
            count,
            &accepted,
            key,
            |stage, event| {
                explain_query(&stages[stage].query, &self.machine.scope(event, before(stage)))
            },
            |stage, event| {
                let values =
                    key_values(&self.sequence.by, stages[stage], &self.machine.scope(event, &[]));
                (self.machine.keys(stages[stage], event), values)
            },
        );
        let assigned = self.assign(&table, stages.len());
        let mut obstacles = self.unmet(&table, &assigned);
        let taken: Vec<usize> = assigned.iter().flatten().copied().collect();
        if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
            let times = &self.machine.times;
            let by = self.machine.beyond_maxspan(times[*first], times[*last]);
            if by > 0 {
                let (first, last) = (self.order[*first], self.order[*last]);
                obstacles.push(Obstacle::Late { first, last, by });
            }
        }
        if obstacles.is_empty() {
            obstacles.push(self.other_obstacle(key, taken));
        }
        Progress { key: key.clone(), stages: self.stages(came), is_complete: false, obstacles }
    }

    /// What keeps events that pass every stage, in order and in time, from being found.
    fn other_obstacle(&self, key: &Key, events: Vec<usize>) -> Obstacle {
        let ends = |event: &usize, until: &Term| {
            self.machine.keys(until, *event).contains(key)
                && self.machine.accepts(until, *event, &events)
        };
        if let (Some(until), Some(first), Some(last)) =
            (self.machine.until, events.first(), events.last())
            && let Some(event) = (*first..*last).find(|event| ends(event, until))
        {
            return Obstacle::Until { event: self.order[event] };
        }
        match self.machine.unwanted(&Partial { key: key.clone(), events }) {
            Some((slot, event)) => {
                Obstacle::Unwanted { term: self.term_of(slot), event: self.order[event] }
            }
            None => Obstacle::Superseded,
        }
    }

    /// The term as written of one with `runs` written out.
    fn term_of(&self, slot: usize) -> usize {
        let terms = self.sequence.terms.iter().enumerate();
        let written_out = terms.flat_map(|(at, term)| std::iter::repeat_n(at, runs(term)));
        written_out.clone().nth(slot).unwrap_or_default()
    }

    /// Events in order of time, one for each stage as far as there is one that comes near, such that together they lack
    /// the least; of those that lack the same, the ones that start latest.
    fn assign(&self, table: &Table, stages: usize) -> Vec<Option<usize>> {
        #[derive(Clone, Copy)]
        struct Way {
            cost: usize,
            start: Option<usize>,
            took: Took,
        }
        #[derive(Clone, Copy, PartialEq)]
        enum Took {
            Nothing,
            Event,
            SkippedStage,
        }
        let rank = |way: &Way| (way.cost, way.start.is_none(), Reverse(way.start));
        let count = self.order.len();
        let origin = Way { cost: 0, start: None, took: Took::Nothing };
        let mut rows = vec![vec![origin; count + 1]];
        for stage in 0..stages {
            let above = &rows[stage];
            let mut row: Vec<Way> = Vec::with_capacity(count + 1);
            for until in 0..=count {
                let skipped = above[until];
                let mut best =
                    Way { cost: skipped.cost + SKIPPED, took: Took::SkippedStage, ..skipped };
                if let Some(event) = until.checked_sub(1) {
                    let without = Way { took: Took::Nothing, ..row[event] };
                    if rank(&without) <= rank(&best) {
                        best = without;
                    }
                    if let Some(lack) = table.get(stage, event) {
                        let before = above[event];
                        let start = before.start.or(Some(event));
                        let with =
                            Way { cost: before.cost + lack.cost(), start, took: Took::Event };
                        if rank(&with) < rank(&best) {
                            best = with;
                        }
                    }
                }
                row.push(best);
            }
            rows.push(row);
        }
        // An end that `maxspan` allows goes before a later one.
        let times = &self.machine.times;
        let is_late = |(until, way): &(usize, &Way)| match (way.start, until.checked_sub(1)) {
            (Some(start), Some(end)) => self.machine.beyond_maxspan(times[start], times[end]) > 0,
            _ => false,
        };
        let ends = rows[stages].iter().enumerate();
        let taking = ends.filter(|(_, way)| way.took != Took::Nothing);
        let best = taking.min_by_key(|end| {
            (end.1.cost + if is_late(end) { LATE } else { 0 }, is_late(end), rank(end.1))
        });
        let mut until = best.map_or(count, |(until, _)| until);
        let mut assigned = vec![None; stages];
        for stage in (0..stages).rev() {
            while rows[stage + 1][until].took == Took::Nothing && until > 0 {
                until -= 1;
            }
            if rows[stage + 1][until].took == Took::Event {
                until -= 1;
                assigned[stage] = Some(until);
            }
        }
        assigned
    }

    /// What the events lack, stage by stage; for a stage without one, what the nearest of the others lacks.
    fn unmet(&self, table: &Table, assigned: &[Option<usize>]) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        let mut used: Vec<usize> = assigned.iter().flatten().copied().collect();
        for (stage, own) in assigned.iter().enumerate() {
            let after = assigned[..stage].iter().rev().find_map(|event| *event);
            let before = assigned[stage..].iter().find_map(|event| *event);
            let is_out_of_order = |event: usize| {
                own.is_none()
                    && (after.is_some_and(|after| event < after)
                        || before.is_some_and(|before| event > before))
            };
            let (event, lack) = match own {
                Some(event) => (*event, table.get(stage, *event)),
                None => {
                    let free = (0..self.order.len()).filter(|event| !used.contains(event));
                    let more = |event| (event, if is_out_of_order(event) { ONE } else { 0 });
                    match table.nearest(stage, free.map(more)) {
                        Some((event, lack)) => (event, Some(lack)),
                        None => {
                            obstacles.push(Obstacle::NoEvent { place: self.places[stage] });
                            continue;
                        }
                    }
                }
            };
            used.push(event);
            let Some(lack) = lack.filter(|lack| lack.cost() > 0 || own.is_none()) else { continue };
            obstacles.push(Obstacle::Unmet {
                place: self.places[stage],
                event: self.order[event],
                reasons: lack.reasons.clone(),
                keys: lack.keys.clone(),
                out_of_order: is_out_of_order(event),
            });
        }
        obstacles.dedup_by(|next, first| next.says_the_same(first));
        obstacles
    }
}

/// The keys of events that pass some stage, else those of any; the empty key where there are none.
fn best_of(passing: BTreeSet<Key>, any: BTreeSet<Key>) -> BTreeSet<Key> {
    let mut keys = if passing.is_empty() { any } else { passing };
    if keys.is_empty() {
        keys.insert(Key::default());
    }
    keys
}

impl Progress {
    /// How much is in the way. Keys that were not looked at closely come last.
    fn lacks(&self) -> usize {
        if !self.is_complete && self.obstacles.is_empty() {
            return usize::MAX;
        }
        self.obstacles.iter().map(Obstacle::cost).sum()
    }
}

impl Obstacle {
    /// Whether another run of the same term waits for the same.
    fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::NoEvent { place }, Self::NoEvent { place: other }) => place.term == other.term,
            (
                Self::Unmet { place, reasons, keys, out_of_order, .. },
                Self::Unmet {
                    place: other,
                    reasons: other_reasons,
                    keys: other_keys,
                    out_of_order: other_order,
                    ..
                },
            ) => {
                let spans = |list: &[Reason]| list.iter().map(|r| r.part.span).collect::<Vec<_>>();
                let fields =
                    |list: &[KeyMismatch]| list.iter().map(|k| k.field.clone()).collect::<Vec<_>>();
                place.term == other.term
                    && out_of_order == other_order
                    && spans(reasons) == spans(other_reasons)
                    && fields(keys) == fields(other_keys)
            }
            _ => false,
        }
    }

    fn cost(&self) -> usize {
        match self {
            Self::Unmet { reasons, keys, out_of_order, .. } => {
                ONE * (reasons.len() + keys.len()) + if *out_of_order { ONE } else { 0 }
            }
            Self::NoEvent { .. } => 2 * ONE,
            Self::Late { .. } | Self::Until { .. } | Self::Unwanted { .. } | Self::Superseded => {
                ONE
            }
        }
    }
}

fn of_sample(sample: &Sample, events: &[Event], cx: &Context) -> Vec<Progress> {
    let documents: Vec<&Json> = events.iter().map(|event| &event.source).collect();
    let trace = SampleTrace { sample, documents: &documents, cx };
    let terms: Vec<&Term> = sample.terms.iter().map(|term| &term.node).collect();
    let accepted: Vec<Vec<bool>> = terms
        .iter()
        .map(|term| {
            (0..events.len())
                .map(|event| evaluate::matches(&term.query, &trace.scope(event)))
                .collect()
        })
        .collect();
    let (mut passing, mut any) = (BTreeSet::new(), BTreeSet::new());
    for (term, accepted) in terms.iter().zip(&accepted) {
        for (event, accepted) in accepted.iter().enumerate() {
            let keys = keys(&sample.by, term, &trace.scope(event));
            if *accepted {
                passing.extend(keys);
            } else if any.len() < MAX_KEYS {
                any.extend(keys);
            }
        }
    }
    let keys = best_of(passing, any);
    let mut all: Vec<Progress> =
        keys.iter().map(|key| trace.of_key(key, &terms, &accepted)).collect();
    all.sort_by_key(Progress::lacks);
    all
}

struct SampleTrace<'a> {
    sample: &'a Sample,
    documents: &'a [&'a Json],
    cx: &'a Context,
}

impl<'a> SampleTrace<'a> {
    fn scope(&self, event: usize) -> Scope<'a> {
        Scope::new(self.cx, self.documents[event], &self.documents[..=event])
    }

    fn of_key(&self, key: &Key, terms: &[&'a Term], accepted: &[Vec<bool>]) -> Progress {
        let table = Table::new(
            terms.len(),
            self.documents.len(),
            accepted,
            key,
            |term, event| explain_query(&terms[term].query, &self.scope(event)),
            |term, event| {
                let values = key_values(&self.sample.by, terms[term], &self.scope(event));
                (keys(&self.sample.by, terms[term], &self.scope(event)), values)
            },
        );
        let fits =
            |term: usize, event: usize| table.get(term, event).is_some_and(|lack| lack.cost() == 0);
        let filled = fill(terms.len(), self.documents.len(), &fits);
        let mut used: Vec<usize> = filled.iter().flatten().copied().collect();
        let mut obstacles = Vec::new();
        let place = |term| Place { term, run: 0 };
        for (term, _) in filled.iter().enumerate().filter(|(_, event)| event.is_none()) {
            let free = (0..self.documents.len()).filter(|event| !used.contains(event));
            match table.nearest(term, free.map(|event| (event, 0))) {
                Some((event, lack)) => {
                    used.push(event);
                    obstacles.push(Obstacle::Unmet {
                        place: place(term),
                        event,
                        reasons: lack.reasons.clone(),
                        keys: lack.keys.clone(),
                        out_of_order: false,
                    });
                }
                None => obstacles.push(Obstacle::NoEvent { place: place(term) }),
            }
        }
        let stages = filled.iter().enumerate();
        Progress {
            key: key.clone(),
            stages: stages
                .map(|(t, event)| StageProgress { place: place(t), event: *event })
                .collect(),
            is_complete: obstacles.is_empty(),
            obstacles,
        }
    }
}

/// A different event for as many terms as there can be.
fn fill(terms: usize, events: usize, fits: &dyn Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    /// Gives a term an event, moving others to other events where that helps.
    fn place(
        term: usize,
        events: usize,
        fits: &dyn Fn(usize, usize) -> bool,
        owner: &mut [Option<usize>],
        seen: &mut [bool],
    ) -> bool {
        for event in 0..events {
            if seen[event] || !fits(term, event) {
                continue;
            }
            seen[event] = true;
            let is_free = match owner[event] {
                None => true,
                Some(other) => place(other, events, fits, owner, seen),
            };
            if is_free {
                owner[event] = Some(term);
                return true;
            }
        }
        false
    }
    let mut owner = vec![None; events];
    for term in 0..terms {
        place(term, events, fits, &mut owner, &mut vec![false; events]);
    }
    (0..terms).map(|term| owner.iter().position(|of| *of == Some(term))).collect()
}
