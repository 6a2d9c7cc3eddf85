//! Samples against a count of all tuples there are.

#[path = "sequence_support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use eql::key::Keys;
use eql::sample::{Machine, Plan};
use eql::sequence::{Hit, RestoreError};
use support::{Dice, Values, keys, product};

type Key = Vec<Option<i64>>;

/// The terms that an event fits, and its keys at each.
type Event = Vec<(u16, Values)>;

fn feed(machine: &mut Machine<u64>, number: usize, event: &Event, found: &mut Vec<Vec<u64>>) {
    let terms: Vec<(u16, Keys)> =
        event.iter().map(|(term, values)| (*term, keys(values))).collect();
    let hits: Vec<Hit<'_>> = terms.iter().map(|(term, keys)| Hit::term(*term, keys)).collect();
    machine.on_event(&hits, || number as u64, &mut |sample| found.push(sample.events));
}

fn run(plan: &Plan, events: &[Event]) -> Vec<Vec<u64>> {
    let mut machine = Machine::new(plan);
    let mut found = Vec::new();
    for (number, event) in events.iter().enumerate() {
        feed(&mut machine, number, event, &mut found);
    }
    machine.flush(&mut |sample| found.push(sample.events));
    assert_eq!((machine.stats().keys, machine.stats().events), (0, 0));
    found
}

/// Every tuple of pairwise different events, by key.
fn all_tuples(terms: u16, events: &[Event]) -> BTreeMap<Key, Vec<Vec<u64>>> {
    let mut fits: BTreeMap<Key, Vec<Vec<u64>>> = BTreeMap::new();
    for (number, event) in events.iter().enumerate() {
        for (term, values) in event {
            for key in product(values) {
                let lists = fits.entry(key).or_insert_with(|| vec![Vec::new(); terms.into()]);
                lists[usize::from(*term)].push(number as u64);
            }
        }
    }
    let tuples = |lists: Vec<Vec<u64>>| {
        lists.iter().fold(vec![Vec::new()], |tuples: Vec<Vec<u64>>, list| {
            let longer = |tuple: &Vec<u64>| {
                let next = list.iter().filter(|number| !tuple.contains(number));
                next.map(|&number| [&tuple[..], &[number]].concat()).collect::<Vec<_>>()
            };
            tuples.iter().flat_map(longer).collect()
        })
    };
    fits.into_iter().map(|(key, lists)| (key, tuples(lists))).collect()
}

fn any_events(dice: &mut Dice, terms: u16, optional: bool) -> Vec<Event> {
    (0..dice.roll(14))
        .map(|_| {
            let count = [1, 1, 1, 0, 2][dice.roll(5) as usize];
            let values: Values =
                vec![((0..count).map(|_| dice.roll(3) as i64).collect(), optional)];
            (0..terms).filter(|_| dice.chance(40)).map(|term| (term, values.clone())).collect()
        })
        .collect()
}

#[test]
fn results_come_as_soon_as_they_are_there() {
    let mut results = 0;
    for seed in 0..4_000 {
        let dice = &mut Dice::new(seed);
        let terms = 1 + dice.roll(4) as u16;
        let most = 1 + dice.roll(4) as u32;
        let optional = dice.chance(50);
        let events = any_events(dice, terms, optional);
        let mut machine = Machine::new(&Plan::new(terms).max_samples_per_key(most));
        let mut found = Vec::new();
        for number in 0..events.len() {
            feed(&mut machine, number, &events[number], &mut found);
            let there = all_tuples(terms, &events[..=number]);
            let expected: usize = there.values().map(|all| all.len().min(most as usize)).sum();
            assert_eq!(found.len(), expected, "seed {seed}, event {number} of {events:#?}");
        }
        let there = all_tuples(terms, &events);
        let valid: BTreeSet<&Vec<u64>> = there.values().flatten().collect();
        assert!(found.iter().all(|tuple| valid.contains(tuple)), "seed {seed}: {found:?}");
        // A tuple comes once for each key that it has.
        let keys_of = |tuple| there.values().filter(|all| all.contains(tuple)).count();
        for tuple in &found {
            let times = found.iter().filter(|other| *other == tuple).count();
            assert!(times <= keys_of(tuple), "seed {seed}: {tuple:?} is there {times} times");
        }
        results += found.len();
    }
    assert!(results > 4_000, "only {results} results");
}

#[test]
fn results_at_the_end_are_ordered_by_key_and_cut_off() {
    let mut cut_off = 0;
    for seed in 0..4_000 {
        let dice = &mut Dice::new(seed);
        let terms = 1 + dice.roll(4) as u16;
        let most = 1 + dice.roll(4) as u32;
        let size = dice.roll(8);
        let optional = dice.chance(50);
        let events = any_events(dice, terms, optional);
        let plan = Plan::new(terms).max_samples_per_key(most).size(size).at_flush();
        let mut found = run(&plan, &events);
        cut_off += usize::from(found.len() == size as usize);
        // Option orders as keys do: null first, then by value.
        let mut left = size as usize;
        for all in all_tuples(terms, &events).into_values() {
            let count = all.len().min(most as usize).min(left);
            assert!(found.len() >= count, "seed {seed}: results lack for {events:#?}");
            let of_key: BTreeSet<Vec<u64>> = found.drain(..count).collect();
            assert_eq!(of_key.len(), count, "seed {seed}: one comes twice");
            assert!(of_key.iter().all(|tuple| all.contains(tuple)), "seed {seed}: {of_key:?}");
            left -= count;
        }
        assert!(found.is_empty(), "seed {seed}: {found:?}");
    }
    assert!(cut_off > 500, "only {cut_off} were cut off");
}

/// Events that all have the same key.
fn same_key(terms: &[&[u16]]) -> Vec<Event> {
    let event = |fits: &&[u16]| fits.iter().map(|&term| (term, vec![(vec![1], false)])).collect();
    terms.iter().map(event).collect()
}

#[test]
fn an_event_fills_one_place_of_a_sample() {
    let plan = Plan::new(2);
    assert!(run(&plan, &same_key(&[&[0, 1]])).is_empty());
    assert_eq!(run(&plan, &same_key(&[&[0, 1], &[0, 1]])), [[1, 0]]);
    let backtracking = same_key(&[&[0, 1, 2], &[0, 1], &[0]]);
    assert_eq!(run(&Plan::new(3).at_flush(), &backtracking), [[2, 1, 0]]);
}

#[test]
fn samples_of_a_key_may_share_events() {
    let events = same_key(&[&[0], &[0], &[1], &[0]]);
    let plan = Plan::new(2).max_samples_per_key(10);
    assert_eq!(run(&plan, &events), [[0, 2], [1, 2], [3, 2]]);
    assert_eq!(run(&plan.max_samples_per_key(2), &events), [[0, 2], [1, 2]]);
    assert_eq!(run(&Plan::new(2), &events), [[0, 2]]);
    assert_eq!(run(&plan.size(1), &events), [[0, 2]]);
    assert!(run(&plan.size(0), &events).is_empty());
}

#[test]
fn what_is_kept_is_bounded() {
    let plan = Plan::new(3).max_samples_per_key(2).max_keys(50);
    let mut machine = Machine::new(&plan);
    let mut found = Vec::new();
    for number in 0..2_000 {
        // Two of three terms, so that nothing completes.
        let event = vec![(number as u16 % 2, vec![(vec![number as i64 / 200], false)])];
        feed(&mut machine, number, &event, &mut found);
    }
    assert_eq!(machine.stats().events, 10 * 2 * 4);
    for number in 2_000..2_500 {
        feed(&mut machine, number, &vec![(0, vec![(vec![number as i64], false)])], &mut found);
    }
    assert_eq!((machine.stats().keys, machine.stats().evicted), (50, 460));
    assert!(found.is_empty());
    // The newest keys are the ones kept.
    for key in [2_450, 2_449] {
        for term in [1, 2] {
            feed(&mut machine, 3_000, &vec![(term, vec![(vec![key], false)])], &mut found);
        }
    }
    assert_eq!(found, [[2_450, 3_000, 3_000]]);
}

#[test]
fn a_key_that_has_yielded_all_keeps_no_events() {
    let mut machine = Machine::new(&Plan::new(2));
    let mut found = Vec::new();
    for (number, event) in same_key(&[&[0], &[1], &[0], &[1]]).iter().enumerate() {
        feed(&mut machine, number, event, &mut found);
    }
    assert_eq!(found.len(), 1);
    let stats = machine.stats();
    assert_eq!((stats.keys, stats.events, stats.samples), (1, 0, 1));
    machine.flush(&mut |_| unreachable!("results came out as they were found"));
    for (number, event) in same_key(&[&[0], &[1]]).iter().enumerate() {
        feed(&mut machine, 10 + number, event, &mut found);
    }
    assert_eq!(found, [[0, 1], [10, 11]]);
}

/// Long lists and one that cannot be filled: searching all combinations would not end.
#[test]
fn a_search_in_vain_is_short() {
    let plan = Plan::new(5).max_samples_per_key(1000);
    let mut machine = Machine::new(&plan);
    let mut found = Vec::new();
    for number in 0..500 {
        // The last two terms have the same single event.
        let fits: &[u16] = if number == 0 { &[3, 4] } else { &[0, 1, 2] };
        feed(&mut machine, number, &same_key(&[fits])[0], &mut found);
    }
    assert!(found.is_empty());
    feed(&mut machine, 500, &same_key(&[&[4]])[0], &mut found);
    assert_eq!(found.len(), 1000);
}

#[test]
fn snapshots_lose_nothing() {
    for seed in 0..2_000 {
        let dice = &mut Dice::new(seed);
        let terms = 1 + dice.roll(4) as u16;
        let events = any_events(dice, terms, true);
        let mut plan = Plan::new(terms).max_samples_per_key(2).max_keys(1 + dice.roll(4) as usize);
        if dice.chance(50) {
            plan = plan.at_flush();
        }
        let expected = run(&plan, &events);
        let mut machine = Machine::new(&plan);
        let mut found = Vec::new();
        for (number, event) in events.iter().enumerate() {
            let bytes = machine.snapshot(9);
            machine = Machine::restore(&plan, 9, &bytes).unwrap();
            assert_eq!(machine.snapshot(9), bytes);
            feed(&mut machine, number, event, &mut found);
        }
        machine.flush(&mut |sample| found.push(sample.events));
        assert_eq!(found, expected, "seed {seed}");
    }
}

#[test]
fn damaged_snapshots_are_errors() {
    let plan = Plan::new(2).max_samples_per_key(3);
    let mut machine = Machine::new(&plan);
    for (number, event) in same_key(&[&[0], &[0], &[0, 1]]).iter().enumerate() {
        feed(&mut machine, number, event, &mut Vec::new());
    }
    let bytes = machine.snapshot(1);
    let restore = |bytes: &[u8], layout| Machine::<u64>::restore(&plan, layout, bytes).map(|_| ());
    assert_eq!(restore(&bytes, 1), Ok(()));
    assert_eq!(restore(&bytes, 2), Err(RestoreError::Layout { expected: 2, found: 1 }));
    for length in 0..bytes.len() {
        assert_eq!(restore(&bytes[..length], 1), Err(RestoreError::Truncated));
    }
    for index in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[index] ^= 0x10;
        assert!(restore(&damaged, 1).is_err(), "byte {index}");
    }
    // Of the other kind of machine.
    let query = support::Query::new(&[(false, 2)], None);
    let sequence = query.machine::<u64>(eql::sequence::Limits::DEFAULT).snapshot(1);
    assert_eq!(restore(&sequence, 1), Err(RestoreError::NotASnapshot));
}
