//! A second slot machine, written down from the semantics with plain vectors and scans: slow, obvious, and
//! in nothing like the one under test.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::time::Duration;

use eql::Timestamp;
use eql::field::Long;
use eql::key::Keys;
use eql::sequence::{Hit, Limits, Machine, Match, Pipe, Plan, Term, Tiebreaker};

/// A result as event numbers; `None` for a missing event.
pub(crate) type Row = Vec<Option<u64>>;

/// A query. Terms are (missing, runs).
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) terms: Vec<(bool, u16)>,
    /// Milliseconds.
    pub(crate) maxspan: Option<i64>,
    pub(crate) pipes: Vec<Pipe>,
}

impl Query {
    pub(crate) fn new(terms: &[(bool, u16)], maxspan: Option<i64>) -> Self {
        Self { terms: terms.to_vec(), maxspan, pipes: Vec::new() }
    }

    pub(crate) fn machine<P>(&self, limits: Limits) -> Machine<P> {
        self.with_plan(limits, Machine::new)
    }

    pub(crate) fn with_plan<R>(&self, limits: Limits, then: impl FnOnce(&Plan<'_>) -> R) -> R {
        let terms: Vec<Term> =
            self.terms.iter().map(|&(missing, runs)| term(missing, runs)).collect();
        let mut plan = Plan::new(&terms).pipes(&self.pipes).limits(limits);
        if let Some(span) = self.maxspan {
            plan = plan.maxspan(Duration::from_millis(span.cast_unsigned()));
        }
        then(&plan)
    }
}

fn term(missing: bool, runs: u16) -> Term {
    if missing { Term::missing().runs(runs) } else { Term::event().runs(runs) }
}

/// The key values of an event at a term: for each key field, its values and whether it is optional.
pub(crate) type Values = Vec<(Vec<i64>, bool)>;

/// An event, what it hits, and with which keys.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) number: u64,
    /// Milliseconds.
    pub(crate) time: i64,
    pub(crate) tiebreaker: Option<i64>,
    /// Places of the terms.
    pub(crate) terms: Vec<(u16, Values)>,
    pub(crate) until: Option<Values>,
}

/// All combinations of the distinct values, in ascending order; an optional field without values is `None`.
pub(crate) fn product(values: &Values) -> Vec<Vec<Option<i64>>> {
    let mut tuples = vec![Vec::new()];
    for (field, optional) in values {
        let mut choices: Vec<Option<i64>> = field.iter().copied().map(Some).collect();
        if choices.is_empty() && *optional {
            choices.push(None);
        }
        choices.sort_unstable();
        choices.dedup();
        let longer = |tuple: &Vec<Option<i64>>| {
            choices.iter().map(|&choice| [&tuple[..], &[choice]].concat()).collect::<Vec<_>>()
        };
        tuples = tuples.iter().flat_map(longer).collect();
    }
    tuples
}

type Key = Vec<Option<i64>>;

struct Partial {
    key: Key,
    stage: usize,
    events: Vec<(u64, i64)>,
}

/// The results of a query over events that are in order.
pub(crate) fn reference(query: &Query, events: &[Event]) -> Vec<Row> {
    let stages: Vec<usize> = query
        .terms
        .iter()
        .enumerate()
        .filter(|(_, (missing, _))| !missing)
        .flat_map(|(index, &(_, runs))| vec![index; runs.into()])
        .collect();
    let last = stages.len() - 1;
    let mut partials: Vec<Partial> = Vec::new();
    let mut complete: Vec<(Key, Vec<(u64, i64)>)> = Vec::new();
    for event in events {
        for stage in (0..=last).rev() {
            for (term, values) in &event.terms {
                if usize::from(*term) != stages[stage] {
                    continue;
                }
                for key in product(values) {
                    let mut sequence = Vec::new();
                    if stage > 0 {
                        let found =
                            partials.iter().position(|p| p.key == key && p.stage == stage - 1);
                        let Some(found) = found else { continue };
                        sequence = partials.remove(found).events;
                        if query.maxspan.is_some_and(|span| event.time - sequence[0].1 > span) {
                            continue;
                        }
                    }
                    sequence.push((event.number, event.time));
                    if stage == last {
                        complete.push((key, sequence));
                    } else {
                        partials.retain(|p| p.key != key || p.stage != stage);
                        partials.push(Partial { key, stage, events: sequence });
                    }
                }
            }
        }
        if let Some(values) = &event.until {
            for key in product(values) {
                partials.retain(|p| p.key != key);
            }
        }
    }
    complete.retain(|(key, sequence)| nothing_forbidden(query, events, key, sequence));
    let rows = complete.iter().map(|(_, sequence)| row(query, sequence)).collect();
    piped(&query.pipes, rows)
}

/// Looks at all events again for what should have been missing.
fn nothing_forbidden(query: &Query, events: &[Event], key: &Key, sequence: &[(u64, i64)]) -> bool {
    let (first, last) = (sequence[0].1, sequence[sequence.len() - 1].1);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut head, mut tail) = (false, false);
    let mut filled = 0;
    for (index, &(missing, runs)) in query.terms.iter().enumerate() {
        if !missing {
            filled += usize::from(runs);
            continue;
        }
        let times: Vec<i64> = events
            .iter()
            .filter(|event| {
                event.terms.iter().any(|(term, values)| {
                    usize::from(*term) == index && product(values).contains(key)
                })
            })
            .map(|event| event.time)
            .collect();
        if filled == 0 {
            head = true;
            before.extend(times.iter().copied().filter(|&time| time < first));
        } else if filled == sequence.len() {
            tail = true;
            after.extend(times.iter().copied().filter(|&time| time > last));
        } else {
            let (left, right) = (sequence[filled - 1].1, sequence[filled].1);
            if times.iter().any(|&time| left < time && time < right) {
                return false;
            }
        }
    }
    let span = query.maxspan.unwrap_or(i64::MAX);
    let latest = before.into_iter().max();
    let earliest = after.into_iter().min();
    match (head, tail) {
        (false, false) => true,
        (true, false) => latest.is_none_or(|latest| last - latest > span),
        (false, true) => earliest.is_none_or(|earliest| earliest - first > span),
        (true, true) => match (latest, earliest) {
            (Some(latest), Some(earliest)) => earliest - latest > span,
            _ => true,
        },
    }
}

fn row(query: &Query, sequence: &[(u64, i64)]) -> Row {
    let mut events = sequence.iter();
    let places = query.terms.iter().flat_map(|&(missing, runs)| vec![missing; runs.into()]);
    places.map(|missing| if missing { None } else { events.next().map(|e| e.0) }).collect()
}

fn piped(pipes: &[Pipe], mut rows: Vec<Row>) -> Vec<Row> {
    for pipe in pipes {
        match *pipe {
            Pipe::Head(count) => rows.truncate(count as usize),
            Pipe::Tail(count) => drop(rows.drain(..rows.len().saturating_sub(count as usize))),
        }
    }
    rows
}

pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).expect("a time between 1677 and 2262")
}

pub(crate) fn keys(values: &Values) -> Keys {
    let mut keys = Keys::new();
    for (field, optional) in values {
        for &value in field {
            keys.push::<Long>(value);
        }
        keys.close(*optional);
    }
    keys
}

/// Hands an event to a machine.
pub(crate) fn feed(machine: &mut Machine<u64>, event: &Event, found: &mut Vec<Row>) {
    let terms: Vec<(u16, Keys)> =
        event.terms.iter().map(|(term, values)| (*term, keys(values))).collect();
    let until = event.until.as_ref().map(keys);
    let mut hits: Vec<Hit<'_>> = terms.iter().map(|(term, keys)| Hit::term(*term, keys)).collect();
    hits.extend(until.as_ref().map(Hit::until));
    machine.on_event(
        time(event.time),
        Tiebreaker::from(event.tiebreaker),
        &hits,
        || event.number,
        &mut |found_one: Match<u64>| found.push(found_one.events),
    );
}

pub(crate) fn run(machine: &mut Machine<u64>, events: &[Event]) -> Vec<Row> {
    let mut found = Vec::new();
    for event in events {
        feed(machine, event, &mut found);
    }
    machine.flush(&mut |one| found.push(one.events));
    found
}

/// Numbers from a seed, the same on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// From 0 to `below`, which it is not.
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0.u64(..below)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    /// A time step that is often zero and sometimes long.
    pub(crate) fn step(&mut self) -> i64 {
        [0, 0, 1, 1, 2, 3, 5, 9][self.roll(8) as usize]
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        self.0.shuffle(all);
    }
}

/// A query, and whether it has an `until`, and for each key field whether it is optional.
pub(crate) fn any_query(dice: &mut Dice) -> (Query, bool, Vec<bool>) {
    let mut terms = Vec::new();
    for _ in 0..=dice.roll(4) {
        let runs = if dice.chance(15) { 2 + dice.roll(2) as u16 } else { 1 };
        terms.push((dice.chance(35), runs));
    }
    if terms.iter().all(|(missing, _)| *missing) {
        let place = dice.roll(terms.len() as u64 + 1) as usize;
        terms.insert(place, (false, 1));
    }
    let has_missing = terms.iter().any(|(missing, _)| *missing);
    let maxspan = (has_missing || dice.chance(70)).then(|| dice.roll(14) as i64);
    let mut pipes = Vec::new();
    while dice.chance(12) {
        let count = dice.roll(5);
        pipes.push(if dice.chance(50) { Pipe::Head(count) } else { Pipe::Tail(count) });
    }
    let optional = (0..dice.roll(3)).map(|_| dice.chance(40)).collect();
    (Query { terms, maxspan, pipes }, dice.chance(30), optional)
}

fn any_values(dice: &mut Dice, optional: &[bool]) -> Values {
    let field = |&optional: &bool| {
        let count = [1, 1, 1, 1, 0, 2, 2, 3][dice.roll(8) as usize];
        ((0..count).map(|_| dice.roll(3) as i64).collect(), optional)
    };
    optional.iter().map(field).collect()
}

/// Events in order, for such a query.
pub(crate) fn any_events(
    dice: &mut Dice,
    query: &Query,
    until: bool,
    optional: &[bool],
) -> Vec<Event> {
    let mut now = 0;
    let mut events: Vec<Event> = (0..dice.roll(28))
        .map(|number| {
            now += dice.step();
            let mut terms = Vec::new();
            let shared = any_values(dice, optional);
            for term in 0..query.terms.len() {
                if dice.chance(45) {
                    // Terms of one event share their keys, unless they have a `by` of their own.
                    let own = dice.chance(15);
                    let values = if own { any_values(dice, optional) } else { shared.clone() };
                    terms.push((term as u16, values));
                }
            }
            dice.shuffle(&mut terms);
            let until = (until && dice.chance(12)).then(|| any_values(dice, optional));
            let tiebreaker = None;
            Event { number, time: now, tiebreaker, terms, until }
        })
        .collect();
    if dice.chance(50) {
        // As if the order had come from a tiebreaker, the last of each time without one.
        for index in 0..events.len() {
            let follows = events.get(index + 1).is_some_and(|next| next.time == events[index].time);
            events[index].tiebreaker = follows.then_some(index as i64 - 7);
        }
    }
    events
}

/// Moves events about so that none comes more than `lateness` behind a newer one.
pub(crate) fn shuffled(dice: &mut Dice, events: &[Event], lateness: i64) -> Vec<Event> {
    let mut arrivals: Vec<(i64, u64, &Event)> = events
        .iter()
        .map(|event| {
            (event.time + dice.roll(lateness.cast_unsigned() + 1) as i64, dice.roll(1 << 20), event)
        })
        .collect();
    arrivals.sort_by_key(|&(arrival, random, _)| (arrival, random));
    arrivals.into_iter().map(|(_, _, event)| event.clone()).collect()
}
