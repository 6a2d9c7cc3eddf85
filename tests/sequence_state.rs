//! What a machine holds: bounds, expiry, lateness, snapshots.
//!
//! `EQL_CHURN=full` lets the days of churn have all their events; that is for release builds.

#[path = "sequence_support/mod.rs"]
mod support;

use std::time::Duration;

use eql::field::Long;
use eql::key::Keys;
use eql::sequence::{
    Hit, Limits, Machine, Pipe, Plan, RestoreError, Stats, Target, Term, Tiebreaker,
};
use support::{Dice, Event, Query, Row, any_events, any_query, feed, run, shuffled, time};

const LAYOUT: u64 = 0x1234_5678_9ABC_DEF0;

fn key(value: i64) -> Keys {
    let mut keys = Keys::new();
    keys.push::<Long>(value);
    keys.close(false);
    keys
}

/// A machine with what it has found so far.
struct Run {
    machine: Machine<u64>,
    found: Vec<Row>,
}

impl Run {
    fn new(plan: &Plan<'_>) -> Self {
        Self { machine: Machine::new(plan), found: Vec::new() }
    }

    /// An event that fits one term, named by a number of its own.
    fn hit(&mut self, millis: i64, term: u16, of: i64, number: u64) {
        let keys = key(of);
        self.event(millis, &[Hit::term(term, &keys)], number);
    }

    fn event(&mut self, millis: i64, hits: &[Hit<'_>], number: u64) {
        let Self { machine, found } = self;
        let emit = &mut |one: eql::sequence::Match<u64>| found.push(one.events);
        machine.on_event(time(millis), Tiebreaker::Missing, hits, || number, emit);
    }

    fn pass(&mut self, millis: i64) {
        let Self { machine, found } = self;
        machine.advance_watermark(time(millis), &mut |one| found.push(one.events));
    }

    fn flush(&mut self) {
        let Self { machine, found } = self;
        machine.flush(&mut |one| found.push(one.events));
    }

    fn stats(&self) -> Stats {
        self.machine.stats()
    }
}

const TWO: Plan<'_> = Plan::new(&[Term::event(), Term::event()]);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn maxspan_frees_what_cannot_complete() {
    let mut run = Run::new(&TWO.maxspan(SECOND));
    for number in 0..100 {
        run.hit(i64::from(number), 0, number.into(), 0);
    }
    assert_eq!(run.stats().partials, 100);
    run.pass(1049);
    assert_eq!((run.stats().partials, run.stats().expired), (51, 49));
    run.pass(1050);
    assert_eq!(run.stats().partials, 50);
    run.hit(5000, 1, 99, 0);
    assert_eq!((run.stats().partials, run.stats().expired, run.stats().matches), (0, 100, 0));
}

#[test]
fn the_oldest_is_evicted_beyond_max_partial() {
    let limits = Limits { max_partial: 10, ..Limits::DEFAULT };
    let mut run = Run::new(&TWO.limits(limits));
    for number in 0..25 {
        run.hit(number, 0, number, number as u64);
    }
    assert_eq!((run.stats().partials, run.stats().evicted), (10, 15));
    // A newer start of the same key takes no room.
    run.hit(30, 0, 15, 115);
    assert_eq!((run.stats().partials, run.stats().evicted, run.stats().replaced), (10, 15, 1));
    // 15 is the newest now, and 16 the oldest.
    run.hit(31, 0, 31, 31);
    for number in 0..32 {
        run.hit(40, 1, number, 200 + number as u64);
    }
    let firsts: Vec<u64> = run.found.iter().map(|row| row[0].unwrap()).collect();
    assert_eq!(firsts, [115, 17, 18, 19, 20, 21, 22, 23, 24, 31]);
    assert_eq!(run.stats().partials, 0);
}

/// A sequence keeps its age when it goes on, so that it is evicted and expires by its first event.
#[test]
fn going_on_does_not_make_a_sequence_younger() {
    let three = [Term::event(), Term::event(), Term::event()];
    let limits = Limits { max_partial: 2, ..Limits::DEFAULT };
    let mut run = Run::new(&Plan::new(&three).maxspan(SECOND).limits(limits));
    run.hit(0, 0, 1, 1);
    run.hit(1, 0, 2, 2);
    run.hit(2, 1, 1, 3);
    run.hit(3, 0, 3, 4);
    assert_eq!(run.stats().evicted, 1);
    run.hit(4, 2, 1, 5);
    assert!(run.found.is_empty());
    run.hit(5, 1, 2, 6);
    run.pass(1002);
    assert_eq!((run.stats().partials, run.stats().expired), (1, 1));
}

#[test]
fn keys_of_missing_events_are_bounded_and_expire() {
    let terms = [Term::missing(), Term::event()];
    let limits = Limits { max_partial: 10, ..Limits::DEFAULT };
    let mut run = Run::new(&Plan::new(&terms).maxspan(SECOND).limits(limits));
    for number in 0..30 {
        run.hit(number, 0, number, 0);
        run.hit(number, 0, 25, 0);
    }
    assert_eq!((run.stats().missing, run.stats().missing_evicted), (10, 20));
    run.hit(30, 1, 25, 1);
    run.hit(30, 1, 29, 2);
    run.hit(30, 1, 3, 3);
    assert_eq!(run.found, [[None, Some(3)]], "3 was forgotten");
    run.pass(2000);
    assert_eq!((run.stats().missing, run.stats().suppressed), (0, 2));
}

#[test]
fn sequences_that_wait_for_missing_events_are_bounded() {
    let terms = [Term::event(), Term::missing()];
    let limits = Limits { max_partial: 10, ..Limits::DEFAULT };
    let mut run = Run::new(&Plan::new(&terms).maxspan(SECOND).limits(limits));
    for number in 0..25 {
        run.hit(number, 0, number, number as u64);
    }
    assert_eq!((run.stats().waiting, run.stats().evicted, run.stats().matches), (10, 15, 0));
    run.hit(500, 1, 20, 0);
    run.pass(5000);
    let firsts: Vec<u64> = run.found.iter().map(|row| row[0].unwrap()).collect();
    assert_eq!(firsts, [15, 16, 17, 18, 19, 21, 22, 23, 24]);
    assert_eq!((run.stats().waiting, run.stats().events, run.stats().suppressed), (0, 0, 1));
}

#[test]
fn missing_at_the_end_is_known_when_the_watermark_is_past_maxspan() {
    let terms = [Term::event(), Term::missing()];
    let limits = Limits { lateness: Duration::from_millis(300), ..Limits::DEFAULT };
    let mut run = Run::new(&Plan::new(&terms).maxspan(SECOND).limits(limits));
    run.hit(0, 0, 1, 1);
    run.event(1300, &[], 0);
    assert!(run.found.is_empty(), "an event at 1000 may still come");
    run.event(1301, &[], 0);
    assert_eq!(run.found, [[Some(1), None]]);
}

/// The second is decided first, but results keep the order of their last events.
#[test]
fn results_that_wait_keep_their_order() {
    let terms = [Term::event(), Term::event(), Term::missing()];
    let mut run = Run::new(&Plan::new(&terms).maxspan(SECOND));
    run.hit(0, 0, 2, 1);
    run.hit(900, 0, 1, 2);
    run.hit(901, 1, 1, 3);
    run.hit(902, 1, 2, 4);
    run.pass(1500);
    assert!(run.found.is_empty());
    run.pass(1901);
    assert_eq!(run.found, [[Some(2), Some(3), None], [Some(1), Some(4), None]]);
}

#[test]
fn late_events_are_dropped_and_counted() {
    let limits = Limits { lateness: Duration::from_millis(100), ..Limits::DEFAULT };
    let mut run = Run::new(&TWO.limits(limits));
    run.hit(1000, 1, 1, 1);
    run.hit(900, 0, 1, 2);
    run.hit(899, 0, 2, 3);
    assert_eq!((run.stats().late, run.stats().buffered), (1, 2));
    run.flush();
    assert_eq!(run.found, [[Some(2), Some(1)]]);

    let mut immediate = Run::new(&TWO);
    immediate.hit(5, 0, 1, 1);
    immediate.hit(4, 1, 1, 2);
    immediate.hit(5, 1, 1, 3);
    assert_eq!(immediate.found, [[Some(1), Some(3)]]);
    assert_eq!(immediate.stats().late, 1);
}

#[test]
fn events_held_back_are_bounded() {
    let limits = Limits { lateness: Duration::from_secs(3600), max_buffered: 8, ..Limits::DEFAULT };
    let mut run = Run::new(&TWO.limits(limits));
    for number in (0..20).rev() {
        run.hit(100 + number, 0, number, 0);
    }
    // Taking one early makes everything before it late.
    assert_eq!((run.stats().buffered, run.stats().forced, run.stats().late), (8, 1, 11));
    for number in 200..220 {
        run.hit(number, 0, number, 0);
    }
    assert_eq!((run.stats().buffered, run.stats().forced), (8, 21));
}

#[test]
fn tail_is_held_until_the_end() {
    let mut run = Run::new(&TWO.pipes(&[Pipe::Tail(2)]));
    for number in 0..10 {
        run.hit(number, 0, 1, number as u64);
        run.hit(number, 1, 1, 100);
    }
    assert!(run.found.is_empty());
    assert_eq!((run.stats().waiting, run.stats().matches), (2, 10));
    run.flush();
    assert_eq!(run.found, [[Some(8), Some(100)], [Some(9), Some(100)]]);
}

#[test]
fn a_flush_starts_another_stream() {
    let mut run = Run::new(&TWO.pipes(&[Pipe::Head(1)]));
    run.hit(50, 0, 1, 1);
    run.hit(60, 1, 1, 2);
    run.hit(70, 0, 1, 3);
    run.flush();
    // Earlier than what was, and the head counts anew.
    run.hit(10, 1, 1, 4);
    run.hit(11, 0, 1, 5);
    run.hit(12, 1, 1, 6);
    assert_eq!(run.found, [[Some(1), Some(2)], [Some(5), Some(6)]]);
    assert_eq!((run.stats().matches, run.stats().late), (2, 0));
}

#[test]
fn a_guard_leaves_the_sequence_as_it_is() {
    let mut run = Run::new(&TWO);
    run.machine = Machine::new(&TWO).guard(|term, earlier, &event| {
        assert_eq!((term, earlier.len()), (1, 1));
        *earlier[0] + 10 == event
    });
    run.hit(1, 0, 1, 5);
    run.hit(2, 1, 1, 16);
    run.hit(3, 1, 1, 15);
    run.hit(4, 1, 1, 15);
    assert_eq!(run.found, [[Some(5), Some(15)]]);
}

#[test]
fn truncated_products_are_counted() {
    let mut keys = Keys::new();
    for value in 0..5000 {
        keys.push::<Long>(value);
    }
    keys.close(false);
    let mut run = Run::new(&TWO);
    run.event(1, &[Hit::term(0, &keys)], 1);
    assert_eq!((run.stats().partials, run.stats().truncated), (eql::key::MAX_TUPLES, 1));
}

/// Leaving out the hits that are not wanted changes nothing.
#[test]
fn unwanted_hits_do_nothing() {
    let mut left_out = 0;
    for seed in 0..5_000 {
        let dice = &mut Dice::new(seed);
        let (query, until, optional) = any_query(dice);
        let events = any_events(dice, &query, until, &optional);
        let expected = run(&mut query.machine(Limits::DEFAULT), &events);
        let mut machine = query.machine(Limits::DEFAULT);
        let mut found = Vec::new();
        for event in &events {
            let mut lean = event.clone();
            lean.terms.retain(|(term, _)| machine.wants(Target::Term(*term)));
            left_out += event.terms.len() - lean.terms.len();
            feed(&mut machine, &lean, &mut found);
        }
        machine.flush(&mut |one| found.push(one.events));
        assert_eq!(found, expected, "seed {seed}: {query:?} over {events:#?}");
    }
    assert!(left_out > 10_000, "only {left_out} hits were left out");
}

fn restored(query: &Query, limits: Limits, machine: &Machine<u64>) -> Machine<u64> {
    let bytes = machine.snapshot(LAYOUT);
    let restored = query.with_plan(limits, |plan| Machine::restore(plan, LAYOUT, &bytes));
    let restored = restored.expect("a snapshot just taken");
    assert_eq!(restored.snapshot(LAYOUT), bytes, "the copy is another");
    assert_eq!(restored.stats(), machine.stats());
    restored
}

/// Carrying on from a snapshot after every event gives what an uninterrupted run gives.
#[test]
fn snapshots_lose_nothing() {
    for seed in 0..3_000 {
        let dice = &mut Dice::new(seed);
        let (query, until, optional) = any_query(dice);
        let lateness = dice.roll(8);
        let limits = Limits {
            lateness: Duration::from_millis(lateness),
            max_partial: 1 + dice.roll(6) as usize,
            max_buffered: 1 + dice.roll(9) as usize,
        };
        let events = any_events(dice, &query, until, &optional);
        let arrivals: Vec<Event> = shuffled(dice, &events, lateness as i64);
        let mut whole = query.machine(limits);
        let expected = run(&mut whole, &arrivals);

        let mut machine = query.machine(limits);
        let mut found = Vec::new();
        for event in &arrivals {
            machine = restored(&query, limits, &machine);
            feed(&mut machine, event, &mut found);
        }
        machine = restored(&query, limits, &machine);
        machine.flush(&mut |one| found.push(one.events));
        assert_eq!(found, expected, "seed {seed}: {query:?} over {arrivals:#?}");
        assert_eq!(machine.stats(), whole.stats(), "seed {seed}");
    }
}

/// A machine with something in every part of its state.
fn busy() -> (Query, Limits, Machine<u64>) {
    let query = Query {
        pipes: vec![Pipe::Head(50), Pipe::Tail(3)],
        ..Query::new(&[(true, 1), (false, 2), (true, 1), (false, 1), (true, 1)], Some(1000))
    };
    let limits = Limits { lateness: Duration::from_millis(50), ..Limits::DEFAULT };
    let mut run = Run { machine: query.machine(limits), found: Vec::new() };
    for round in 0..40 {
        for (step, term) in [(0, 0), (5, 1), (6, 1), (8, 3)] {
            run.hit(round * 30 + step, term, round % 4, (round * 10 + step) as u64);
        }
    }
    let stats = run.stats();
    assert!(stats.partials > 0 && stats.waiting > 3 && stats.missing > 0 && stats.buffered > 0);
    (query, limits, run.machine)
}

#[test]
fn damaged_snapshots_are_errors() {
    let (query, limits, machine) = busy();
    let bytes = machine.snapshot(LAYOUT);
    let restore = |bytes: &[u8], layout| {
        query.with_plan(limits, |plan| Machine::<u64>::restore(plan, layout, bytes).map(|_| ()))
    };
    assert_eq!(restore(&bytes, LAYOUT), Ok(()));
    assert_eq!(restore(&bytes, 7), Err(RestoreError::Layout { expected: 7, found: LAYOUT }));
    assert_eq!(restore(b"", LAYOUT), Err(RestoreError::Truncated));
    for length in 0..bytes.len() {
        assert_eq!(restore(&bytes[..length], LAYOUT), Err(RestoreError::Truncated));
    }
    let mut dice = Dice::new(1);
    for _ in 0..5_000 {
        let mut damaged = bytes.clone();
        let index = dice.roll(bytes.len() as u64) as usize;
        damaged[index] ^= 1 + dice.roll(255) as u8;
        assert!(restore(&damaged, LAYOUT).is_err(), "byte {index}");
    }
}

/// Bytes that no machine has written, under a checksum that fits them: an error or a machine, no panic.
#[test]
fn forged_snapshots_do_no_harm() {
    let (query, limits, machine) = busy();
    let bytes = machine.snapshot(LAYOUT);
    let body = bytes.len() - 8;
    let mut dice = Dice::new(2);
    let mut taken = 0;
    for _ in 0..20_000 {
        let mut forged = bytes.clone();
        for _ in 0..=dice.roll(3) {
            let index = 21 + dice.roll(body as u64 - 21) as usize;
            forged[index] = [0, 1, 0x7F, 0x80, 0xFF, dice.roll(256) as u8][dice.roll(6) as usize];
        }
        let sum = siphasher::sip::SipHasher24::new_with_keys(0, 0).hash(&forged[..body]);
        forged[body..].copy_from_slice(&sum.to_le_bytes());
        let restored =
            query.with_plan(limits, |plan| Machine::<u64>::restore(plan, LAYOUT, &forged));
        if let Ok(machine) = restored {
            taken += 1;
            let mut run = Run { machine, found: Vec::new() };
            for (term, of) in [(0, 1), (1, 1), (3, 2), (4, 3)] {
                run.hit(1300, term, of, 0);
            }
            run.pass(9000);
            run.flush();
        }
    }
    assert!(taken > 1000, "only {taken} forged snapshots were taken at all");
}

#[test]
fn a_smaller_limit_evicts_on_restore() {
    let mut run = Run::new(&TWO);
    for number in 0..20 {
        run.hit(number, 0, number, number as u64);
    }
    let plan = TWO.limits(Limits { max_partial: 5, ..Limits::DEFAULT });
    let machine = Machine::restore(&plan, LAYOUT, &run.machine.snapshot(LAYOUT)).unwrap();
    let mut run = Run { machine, found: Vec::new() };
    assert_eq!((run.stats().partials, run.stats().evicted), (5, 15));
    run.hit(30, 1, 14, 0);
    run.hit(30, 1, 15, 0);
    assert_eq!(run.found, [[Some(15), Some(0)]]);
}

/// A day of events, a thousand times faster: what is held does not grow once `maxspan` has gone by.
#[test]
fn a_day_of_churn_leaves_memory_flat() {
    let terms = [Term::missing(), Term::event(), Term::event(), Term::event(), Term::missing()];
    let limits = Limits { lateness: Duration::from_secs(30), max_partial: 150, ..Limits::DEFAULT };
    let mut run = Run::new(&Plan::new(&terms).maxspan(Duration::from_secs(600)).limits(limits));
    let mut dice = Dice::new(3);
    let day = 24 * 3600 * 1000;
    let mut peaks = [0; 24];
    for number in 0..86_400_i64 {
        let now = number * 1000;
        // Ever new keys, most of them seen once, and a few hot ones.
        let of = if dice.chance(20) { dice.roll(10) as i64 } else { number / 3 };
        let late = dice.roll(30_000) as i64;
        let term = [0, 1, 1, 1, 1, 2, 2, 3, 3, 4][dice.roll(10) as usize];
        run.hit((now - late).max(0), term, of, number as u64);
        run.found.clear();
        let hour = (now * 24 / day) as usize;
        peaks[hour] = peaks[hour].max(run.stats().events + run.stats().missing);
    }
    let stats = run.stats();
    for (what, count) in [
        ("evicted", stats.evicted),
        ("expired", stats.expired),
        ("found", stats.matches),
        ("suppressed", stats.suppressed),
    ] {
        assert!(count > 100, "only {count} {what}");
    }
    assert_eq!(stats.late, 0);
    let (first, rest) = (peaks[1], &peaks[2..]);
    assert!(rest.iter().all(|&peak| peak < first + first / 10), "{peaks:?}");
    // Partials of up to two events, waiting ones of three, and remembered keys, 150 each; 30 s held back.
    assert!(first <= 150 * (2 + 3 + 1) + 40, "{peaks:?}");
    run.pass(2 * day);
    assert_eq!((run.stats().events, run.stats().missing), (0, 0));
}

/// Events of a day, and how many of them are within `maxspan` of each other.
#[derive(Clone, Copy)]
struct Churn {
    events: i64,
    load: i64,
}

impl Churn {
    /// 10,000 events a second for 24 hours, and a `maxspan` of 10 s: `EQL_CHURN=full`.
    const FULL: Self = Self { events: 864_000_000, load: 100_000 };
    /// The same day with one event in the place of 720, and `maxspan` and lateness longer in that measure.
    /// So there is as much to hold as of 10,000 events a second with a `maxspan` of 2 s, and all of it is
    /// replaced 60 times instead of 43,200 times.
    const SCALED: Self = Self { events: 1_200_000, load: 20_000 };

    fn chosen() -> Self {
        let full = std::env::var("EQL_CHURN").is_ok_and(|volume| volume == "full");
        if full { Self::FULL } else { Self::SCALED }
    }

    fn time_of(self, events: i64) -> Duration {
        const DAY: u64 = 24 * 3600 * 1_000_000_000;
        Duration::from_nanos(DAY / self.events as u64 * events as u64)
    }

    /// A day over a sequence with every kind of state: the bytes held in each hour, and the counts.
    fn day(self, max_partial: usize) -> (Vec<Hour>, Stats) {
        let terms = [Term::missing(), Term::event(), Term::event(), Term::event(), Term::missing()];
        let limits =
            Limits { lateness: self.time_of(self.load / 10), max_partial, ..Limits::DEFAULT };
        let plan = Plan::new(&terms).maxspan(self.time_of(self.load)).limits(limits);
        // With all its room from the start: it must not count as held.
        let mut hours = Vec::with_capacity(24);
        let mut stats = Stats::default();
        let whole = allocation_counter::measure(|| {
            // What is kept of an event is on the heap, so that one which is forgotten and not freed shows.
            let mut machine: Machine<Box<i64>> = Machine::new(&plan);
            let mut dice = Dice::new(4);
            let mut held = 0;
            for hour in 0..24 {
                let numbers = hour * self.events / 24..(hour + 1) * self.events / 24;
                let memory = allocation_counter::measure(|| {
                    numbers.for_each(|number| self.event(&mut machine, &mut dice, number));
                });
                let peak = held + memory.bytes_max as i64;
                held += memory.bytes_current;
                hours.push(Hour { peak, end: held });
                let now = machine.stats();
                assert!(now.partials <= max_partial && now.missing <= max_partial, "{now:?}");
            }
            stats = machine.stats();
        });
        assert_eq!(whole.bytes_current, 0, "something is not freed with the machine");
        (hours, stats)
    }

    /// Every fourth event is of a new key, the others of one that is not older than `maxspan`.
    fn event(self, machine: &mut Machine<Box<i64>>, dice: &mut Dice, number: i64) {
        let back = if number % 4 == 0 { 0 } else { dice.roll(self.load as u64 / 4) as i64 };
        let keys = key(number / 4 - back);
        let term = [0, 1, 1, 1, 1, 2, 2, 3, 3, 4][dice.roll(10) as usize];
        // Up to a tenth of `maxspan` late.
        let number = (number - dice.roll(self.load as u64 / 10) as i64).max(0);
        let time = eql::Timestamp::from_nanos(self.time_of(number).as_nanos() as i64);
        let hits = [Hit::term(term, &keys)];
        machine.on_event(time, Tiebreaker::Missing, &hits, || Box::new(number), &mut drop);
    }
}

/// Bytes held by a machine in an hour.
#[derive(Clone, Copy, Debug)]
struct Hour {
    peak: i64,
    end: i64,
}

/// After an hour in which tables grow there is nothing more to come than what chance adds: a twentieth.
fn assert_flat(hours: &[Hour]) {
    let most = |hours: &[Hour]| {
        hours.iter().fold((0, 0), |(peak, end), hour| (hour.peak.max(peak), hour.end.max(end)))
    };
    let ((peak, end), (later_peak, later_end)) = (most(&hours[1..2]), most(&hours[2..]));
    println!(
        "bytes in the second hour: {peak} at most, {end} at its end; later {later_peak}, {later_end}"
    );
    assert!(later_peak * 20 <= peak * 21 && later_end * 20 <= end * 21, "{hours:?}");
}

/// Keys come and go for a day, with as many alive as `maxspan` leaves.
#[test]
fn a_day_of_keys_that_maxspan_bounds_takes_no_more_memory() {
    let churn = Churn::chosen();
    let (hours, stats) = churn.day(churn.load as usize);
    println!("{stats:?}");
    assert_flat(&hours);
    assert_eq!((stats.evicted, stats.missing_evicted, stats.late, stats.forced), (0, 0, 0, 0));
    assert!(stats.partials as i64 > churn.load / 10, "{stats:?}");
    let many = churn.events as u64 / 100;
    assert!(stats.expired > many && stats.matches > many && stats.suppressed > 100, "{stats:?}");
}

/// The same where fewer may be held: the rest is evicted, and counted.
#[test]
fn a_day_of_keys_that_max_partial_bounds_takes_no_more_memory() {
    let churn = Churn::chosen();
    let max_partial = churn.load as usize / 50;
    let (hours, stats) = churn.day(max_partial);
    println!("{stats:?}");
    assert_flat(&hours);
    assert_eq!((stats.partials, stats.missing), (max_partial, max_partial));
    let many = churn.events as u64 / 100;
    assert!(stats.evicted > many && stats.missing_evicted > many, "{stats:?}");
    assert_eq!((stats.late, stats.forced), (0, 0));
}
