//! Sequences over sources that are not in the order of time.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::{Done, file, lines, run_rules, sensor};

/// A process, and within a minute a connection on the same host.
#[eql::rule(
    name = "Started and Connected",
    severity = "low",
    risk_score = 21,
    query(
        sequence by host.id with maxspan=1m
            [process where process.name == "a.exe"] [network where destination.port == 4444]
    )
)]
struct Pair;

/// The same without an order.
#[eql::rule(
    name = "Both",
    severity = "low",
    risk_score = 21,
    query(
        sample by host.id
            [process where process.name == "a.exe"] [network where destination.port == 4444]
    )
)]
struct Both;

/// A process of one minute of the day, and a connection of another.
fn process(host: &str, time: &str) -> Value {
    json!({
        "@timestamp": format!("2026-03-02T{time}Z"),
        "event": {"id": format!("{host} {time}"), "category": "process"},
        "host": {"id": host}, "process": {"name": "a.exe"},
    })
}

fn network(host: &str, time: &str) -> Value {
    json!({
        "@timestamp": format!("2026-03-02T{time}Z"),
        "event": {"id": format!("{host} {time}"), "category": "network"},
        "host": {"id": host}, "destination": {"port": 4444},
    })
}

/// The events of each sequence, hosts and times.
fn sequences(done: &Done) -> Vec<String> {
    let whole = |alert: &&Value| alert["kibana.alert.group.index"].is_null();
    let events = |alert: &Value| {
        let ancestors = alert["kibana.alert.ancestors"].as_array().unwrap();
        let events = ancestors.iter().filter(|ancestor| ancestor["type"] == "event");
        let ids: Vec<_> = events.map(|event| event["id"].as_str().unwrap().to_owned()).collect();
        ids.join(", ")
    };
    done.alerts().iter().filter(whole).map(events).collect()
}

/// What the summary says below the alerts.
fn counters(done: &Done) -> &str {
    done.stderr.find("counters ").map_or("", |at| &done.stderr[at..])
}

fn hunt(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Done {
    let all: Vec<&dyn AsRef<std::ffi::OsStr>> =
        std::iter::once(&"hunt" as _).chain(args.iter().copied()).collect();
    run_rules(eql_sensor::rules!(Pair), &all, std::io::empty())
}

#[test]
fn files_in_order_are_one_stream() {
    let dir = tempfile::tempdir().unwrap();
    let first = file(dir.path(), "1.ndjson", lines(&[process("h", "10:00:00")]));
    let second = file(dir.path(), "2.ndjson", lines(&[network("h", "10:00:30")]));
    let done = hunt(&[&first, &second]);
    assert_eq!(sequences(&done), ["h 10:00:00, h 10:00:30"]);
    assert_eq!(counters(&done), "", "nothing was lost");
}

#[test]
fn a_file_that_begins_earlier_is_another_stream() {
    let dir = tempfile::tempdir().unwrap();
    let pair = |host, minute: &str| {
        lines(&[
            process(host, &format!("{minute}:00")),
            network(host, &format!("{minute}:05")),
            process("open", &format!("{minute}:06")),
        ])
    };
    let noon = file(dir.path(), "a.ndjson", pair("noon", "12:00"));
    // An event without a time says nothing of the order.
    let untimed = lines(&[json!({"event": {"category": "process"}, "process": {"name": "a.exe"}})]);
    let morning = file(dir.path(), "b.ndjson", untimed + &pair("morning", "08:00"));
    let evening = file(
        dir.path(),
        "c.ndjson",
        pair("evening", "20:00") + &lines(&[network("open", "20:00:07")]),
    );
    let done = hunt(&[&noon, &morning, &evening]);
    assert_eq!(
        sequences(&done),
        [
            "noon 12:00:00, noon 12:00:05",
            "morning 08:00:00, morning 08:00:05",
            "evening 20:00:00, evening 20:00:05",
            "open 20:00:06, open 20:00:07"
        ]
    );
    assert_eq!(
        counters(&done),
        "counters   of 1 of 1 rules; events came out of order, see --lateness
        1  untimed   Started and Connected
        1  restarts  Started and Connected
"
    );
}

/// The connection of the later file fits a process of the earlier one, were they one stream.
#[test]
fn no_sequence_spans_two_streams() {
    let dir = tempfile::tempdir().unwrap();
    let first =
        file(dir.path(), "1.ndjson", lines(&[process("h", "10:00:00"), process("x", "10:00:01")]));
    let second =
        file(dir.path(), "2.ndjson", lines(&[process("y", "09:00:00"), network("h", "10:00:30")]));
    assert_eq!(sequences(&hunt(&[&first, &second])), [""; 0]);
    let done = hunt(&[&first, &second, &"--lateness", &"2h"]);
    assert_eq!(sequences(&done), ["h 10:00:00, h 10:00:30"], "one stream, within the lateness");
    assert_eq!(counters(&done), "");
}

#[test]
fn lateness_puts_events_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let events = [
        network("h", "10:00:03"),
        process("h", "10:00:00"),
        process("i", "10:10:00"),
        network("i", "10:10:01"),
    ];
    let path = file(dir.path(), "a.ndjson", lines(&events));
    let late = hunt(&[&path]);
    assert_eq!(sequences(&late), ["i 10:10:00, i 10:10:01"]);
    assert_eq!(
        counters(&late),
        "counters   of 1 of 1 rules; events came out of order, see --lateness
        1  late      Started and Connected
"
    );
    let done = hunt(&[&path, &"--lateness", &"3s"]);
    assert_eq!(sequences(&done), ["h 10:00:00, h 10:00:03", "i 10:10:00, i 10:10:01"]);
    assert_eq!(counters(&done), "");
    assert_eq!(counters(&hunt(&[&path, &"--lateness", &"2s"])), counters(&late));
}

/// One file for each kind of event, as collectors write them.
#[test]
fn lateness_merges_files_of_the_same_time() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = ["10:00", "10:20", "10:40"];
    let processes = minutes.map(|minute| process("h", &format!("{minute}:00")));
    let connections = minutes.map(|minute| network("h", &format!("{minute}:09")));
    let first = file(dir.path(), "network.ndjson", lines(&connections));
    let second = file(dir.path(), "process.ndjson", lines(&processes));
    assert_eq!(sequences(&hunt(&[&first, &second])), [""; 0]);
    let done = hunt(&[&first, &second, &"--lateness", &"1h"]);
    assert_eq!(sequences(&done), minutes.map(|minute| format!("h {minute}:00, h {minute}:09")));
}

#[test]
fn samples_have_no_order_to_lose() {
    let dir = tempfile::tempdir().unwrap();
    let first = file(dir.path(), "1.ndjson", lines(&[network("h", "10:00:00")]));
    let second = file(dir.path(), "2.ndjson", lines(&[process("h", "09:00:00")]));
    let done = run_rules(eql_sensor::rules!(Both), &[&"hunt", &first, &second], std::io::empty());
    assert_eq!(sequences(&done), ["h 09:00:00, h 10:00:00"]);
    assert_eq!(counters(&done), "");
}

#[test]
fn the_help_tells_of_lateness() {
    let help = sensor(&[&"hunt", &"--help"]).stdout;
    assert!(help.contains("--lateness <DURATION>"), "{help}");
    let wrong = sensor(&[&"hunt", &"--lateness", &"5"]);
    assert_eq!(wrong.exit, eql_sensor::ExitCode::Error);
    assert!(wrong.stderr.contains("as in 30s"), "{}", wrong.stderr);
}
