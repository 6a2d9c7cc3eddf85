//! Events that arrive out of order, within the lateness, make the alerts that they make in order.
//!
//! Compiled rules run over random streams: in order with nothing held back, and shuffled. What they raise is
//! compared as whole documents, with their ids. `EQL_SEED=n` starts with another stream.

#![allow(
    deprecated,
    reason = "lints show as uses of something deprecated, and these rules are as short as can be"
)]

#[path = "sequence_support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eql::{Detect, Detector, Document, Execution, Origin, Timestamp};
use serde_json::{Value, json};
use support::Dice;

/// The first stream of a run that names no other.
const SEED: u64 = 20_260_101;
const STREAMS: u64 = 300;
/// 2026-01-01, in milliseconds since the Unix epoch.
const START: i64 = 1_767_225_600_000;

macro_rules! sequences {
    ($($name:ident { $($args:tt)+ })+) => {
        $(
            #[eql::rule(
                severity = "low", risk_score = 21, tiebreaker_field = "event.sequence", $($args)+
            )]
            struct $name;
        )+

        /// Each with fresh state.
        fn sequences() -> Vec<Box<dyn Detector<Value>>> {
            vec![$(<$name as Detect<Value>>::detector()),+]
        }
    };
}

sequences! {
    Two {
        name = "two",
        query(
            sequence by host.id with maxspan=200ms
                [process where event.action == "start"] [network where true]
        )
    }
    Unbound {
        name = "without keys and maxspan",
        query(sequence [process where event.action == "start"] [file where event.action == "stop"])
    }
    Until {
        name = "until",
        query(
            sequence by host.id with maxspan=2s
                [process where true] [network where true] [file where true]
            until [any where event.action == "stop"]
        )
    }
    Head {
        name = "missing at the start",
        query(
            sequence by host.id with maxspan=150ms
                ![file where true] [process where true] [network where true]
        )
    }
    Middle {
        name = "missing in the middle",
        query(
            sequence by host.id with maxspan=1s
                [process where true] ![file where true] [network where true]
        )
    }
    Tail {
        name = "missing at the end",
        query(
            sequence by host.id with maxspan=150ms
                [process where true] [network where true] ![file where true]
        )
    }
    Both {
        name = "missing at both ends",
        query(
            sequence by host.id with maxspan=150ms
                ![file where event.action == "stop"] [process where true] ![file where event.action == "start"]
        )
    }
    Runs {
        name = "runs",
        query(
            sequence by host.id with maxspan=1s
                [process where true] with runs=3 [network where event.action == "start"]
        )
    }
    Chain {
        name = "keys of their own",
        query(
            sequence by host.id with maxspan=5s
                [process where true] by process.entity_id
                [network where true] by process.parent.entity_id
        )
    }
    Optional {
        name = "optional key",
        query(
            sequence by ?user.name with maxspan=300ms
                [process where event.action == "start"] [file where true]
        )
    }
    First {
        name = "head",
        query(
            sequence by host.id with maxspan=1s [process where true] [network where true] | head 2
        )
    }
    Last {
        name = "tail",
        query(
            sequence by host.id with maxspan=1s [process where true] [network where true] | tail 2
        )
    }
    Guarded {
        name = "earlier events",
        dialect = "endpoint",
        query(
            sequence by host.id with maxspan=2s
                [process where true] as first
                [network where user.name == first.user.name and event.action != first.event.action]
        )
    }
}

/// Which events make a sample is left open, but not which keys have one.
#[eql::rule(
    name = "sample", severity = "low", risk_score = 21,
    query(
        sample by host.name
            [process where event.action == "start"] [any where event.action == "stop"] [file where true]
    )
)]
struct Sample;

/// Events in order of time and tiebreaker, close together, with few keys.
fn stream(dice: &mut Dice) -> Vec<Value> {
    let mut time = START;
    let count = 15 + dice.roll(25);
    let any =
        |dice: &mut Dice, pool: &[&str]| pool[dice.roll(pool.len() as u64) as usize].to_owned();
    (0..count)
        .map(|number| {
            time += [0, 0, 1, 2, 5, 10, 25, 60, 150][dice.roll(9) as usize];
            let host = match dice.roll(10) {
                0 => json!([any(dice, &["a", "b"]), any(dice, &["b", "c"])]),
                _ => json!(any(dice, &["a", "a", "b"])),
            };
            let mut event = json!({
                "@timestamp": time,
                "event": {
                    "id": number.to_string(),
                    "sequence": number,
                    "category": any(dice, &["process", "process", "network", "file"]),
                    "action": any(dice, &["start", "start", "start", "stop"]),
                },
                "host": {"id": host, "name": any(dice, &["a", "b", "c", "d", "e", "f", "g"])},
                "process": {
                    "entity_id": any(dice, &["1", "2", "3"]),
                    "parent": {"entity_id": any(dice, &["1", "2", "3"])},
                },
            });
            if dice.chance(70) {
                event["user"] = json!({"name": any(dice, &["x", "y"])});
            }
            event
        })
        .collect()
}

/// Moves events about so that none comes more than `lateness` milliseconds behind a newer one.
fn shuffled(dice: &mut Dice, events: &[Value], lateness: u64) -> Vec<Value> {
    let mut arrivals: Vec<(i64, u64, &Value)> = events
        .iter()
        .map(|event| {
            let delay = dice.roll(lateness + 1).cast_signed();
            let time = event["@timestamp"].as_i64().expect("a number");
            (time + delay, dice.roll(1 << 20), event)
        })
        .collect();
    arrivals.sort_by_key(|&(arrival, random, _)| (arrival, random));
    arrivals.into_iter().map(|(_, _, event)| event.clone()).collect()
}

/// The alerts of a rule over a stream, as documents.
fn alerts(rule: &mut dyn Detector<Value>, events: &[Value]) -> Vec<Document> {
    let mut execution = Execution::new(Timestamp::default());
    execution.uuid = "the same for all".to_owned();
    let mut alerts = Vec::new();
    for event in events {
        let id = event["event"]["id"].as_str().expect("a text");
        rule.on_event(event, Origin { index: "test", id }, &execution, &mut |alert| {
            alerts.push(alert)
        });
    }
    rule.flush(&execution, &mut |alert| alerts.push(alert));
    alerts
}

/// The ids of alerts and of their groups, with the documents under them.
fn by_id(alerts: Vec<Document>) -> BTreeMap<(String, Option<String>), Document> {
    let id = |alert: &Document| (alert.uuid().to_owned(), alert.group_id().map(str::to_owned));
    alerts.into_iter().map(|alert| (id(&alert), alert)).collect()
}

/// What became of a rule in all streams.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// Streams with an alert.
    fired: u64,
    /// Streams that raise something else where nothing is held back.
    in_need: u64,
}

#[test]
fn order_of_arrival_does_not_matter() {
    let first = match std::env::var("EQL_SEED") {
        Ok(seed) => seed.parse().expect("EQL_SEED is a number"),
        Err(_) => SEED,
    };
    println!("EQL_SEED={first}");
    let mut tallies = vec![Tally::default(); sequences().len()];
    let mut samples = Tally::default();
    for seed in first..first + STREAMS {
        let dice = &mut Dice::new(seed);
        let events = stream(dice);
        let lateness = 1 + dice.roll(400);
        let arrivals = shuffled(dice, &events, lateness);
        for (at, mut rule) in sequences().into_iter().enumerate() {
            let name = rule.meta().name;
            let expected = by_id(alerts(&mut *rule, &events));

            let mut patient = sequences().swap_remove(at);
            patient.set_lateness(Duration::from_millis(lateness));
            let found = by_id(alerts(&mut *patient, &arrivals));
            assert!(
                found == expected,
                "EQL_SEED={seed}: {name}, {lateness} ms: {:?} are not {:?}",
                found.keys(),
                expected.keys()
            );
            let late = patient.counters().into_iter().find(|(name, _)| *name == "late");
            assert_eq!(late, Some(("late", 0)), "EQL_SEED={seed}: {name}");

            let hasty = by_id(alerts(&mut *sequences().swap_remove(at), &arrivals));
            tallies[at].fired += u64::from(!expected.is_empty());
            tallies[at].in_need += u64::from(hasty != expected);
        }
        let expected = sampled(&events);
        assert_eq!(sampled(&arrivals), expected, "EQL_SEED={seed}: sample, {arrivals:#?}");
        samples.fired += u64::from(!expected.is_empty());
        samples.in_need += u64::from(expected.len() < 7);
    }
    for (rule, tally) in sequences().iter().zip(&tallies) {
        let (name, Tally { fired, in_need }) = (rule.meta().name, tally);
        println!("{name}: of {STREAMS} streams, {fired} alert and {in_need} depend on lateness");
        // Without alerts, or without events out of place, agreement proves nothing.
        assert!(*fired > STREAMS / 10, "{name} alerts in {fired} streams");
        assert!(*in_need > STREAMS / 10, "{name}: lateness matters in {in_need} streams");
    }
    println!("sample: {} streams alert, {} not for all keys", samples.fired, samples.in_need);
    assert!(samples.fired > STREAMS / 10 && samples.in_need > STREAMS / 10);
}

/// The keys that have a sample.
fn sampled(events: &[Value]) -> BTreeSet<String> {
    let mut rule = <Sample as Detect<Value>>::detector();
    let wholes =
        alerts(&mut *rule, events).into_iter().filter(|alert| alert.group_index().is_none());
    let key = |alert: Document| {
        let key = alert.get("host.name").and_then(Value::as_str);
        key.expect("events of a sample share its key").to_owned()
    };
    let keys: Vec<String> = wholes.map(key).collect();
    let set: BTreeSet<String> = keys.iter().cloned().collect();
    assert_eq!(set.len(), keys.len(), "one sample for each key");
    set
}
