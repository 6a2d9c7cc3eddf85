//! The machine agrees with a naive one, in whatever order events arrive.

#[path = "sequence_support/mod.rs"]
mod support;

use std::time::Duration;

use eql::sequence::Limits;
use support::{Dice, any_events, any_query, reference, run, shuffled};

/// Random queries and streams.
const CASES: u64 = 24_000;

fn lateness(millis: u64) -> Limits {
    Limits { lateness: Duration::from_millis(millis), ..Limits::DEFAULT }
}

#[test]
fn agrees_with_the_naive_machine() {
    let (mut results, mut with_missing, mut with_until, mut piped) = (0, 0, 0, 0);
    for seed in 0..CASES {
        let dice = &mut Dice::new(seed);
        let (query, until, optional) = any_query(dice);
        let events = any_events(dice, &query, until, &optional);
        let expected = reference(&query, &events);
        let mut machine = query.machine(Limits::DEFAULT);
        let found = run(&mut machine, &events);
        assert_eq!(found, expected, "seed {seed}: {query:?} over {events:#?}");
        assert_eq!(machine.stats().events, 0, "seed {seed}: something is left after the end");
        results += expected.len();
        with_missing += usize::from(query.terms.iter().any(|term| term.0) && !expected.is_empty());
        with_until += usize::from(until && !expected.is_empty());
        piped += usize::from(!query.pipes.is_empty() && !expected.is_empty());
    }
    // A generator that makes nothing interesting would prove nothing.
    for (what, count) in [
        ("results", results / 4),
        ("missing", with_missing),
        ("until", with_until),
        ("pipes", piped),
    ] {
        assert!(count as u64 > CASES / 50, "only {count} cases with {what}");
    }
}

#[test]
fn arrival_order_within_the_lateness_changes_nothing() {
    for seed in 0..CASES / 2 {
        let dice = &mut Dice::new(seed);
        let (query, until, optional) = any_query(dice);
        let mut events = any_events(dice, &query, until, &optional);
        for (index, event) in events.iter_mut().enumerate() {
            event.tiebreaker = Some(index as i64);
        }
        let expected = reference(&query, &events);
        // With no lateness at all nothing is sorted, not even within a millisecond.
        let late = 1 + dice.roll(12);
        let arrivals = shuffled(dice, &events, late as i64);
        let mut machine = query.machine(lateness(late));
        assert_eq!(
            run(&mut machine, &arrivals),
            expected,
            "seed {seed}: {query:?} over {arrivals:#?}"
        );
        assert_eq!(machine.stats().late, 0, "seed {seed}");
    }
}

/// A missing tiebreaker comes last among events of the same time, then arrival decides.
#[test]
fn tiebreakers_order_events_of_the_same_time() {
    for seed in 0..CASES / 8 {
        let dice = &mut Dice::new(seed);
        let (query, until, optional) = any_query(dice);
        let mut events = any_events(dice, &query, until, &optional);
        for event in &mut events {
            event.tiebreaker = dice.chance(60).then(|| dice.roll(3) as i64);
        }
        let late = 1 + dice.roll(6);
        let arrivals = shuffled(dice, &events, late as i64);
        let mut ordered = arrivals.clone();
        ordered.sort_by_key(|event| {
            (event.time, event.tiebreaker.is_none(), event.tiebreaker.unwrap_or(0))
        });
        let expected = reference(&query, &ordered);
        let mut machine = query.machine(lateness(late));
        assert_eq!(
            run(&mut machine, &arrivals),
            expected,
            "seed {seed}: {query:?} over {arrivals:#?}"
        );
    }
}
