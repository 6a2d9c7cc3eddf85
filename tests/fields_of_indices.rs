//! Fields that an index has and an event has not, objects, and what metadata asks of events.

use eql::Detect as _;
use eql::{Execution, Origin, Timestamp};
use serde_json::{Value, json};

/// An index folds the case of `process.name.caseless`; an event has `process.name`.
#[eql::rule(
    name = "caseless",
    severity = "low",
    risk_score = 21, allow(implied_condition),
    query(
        process where process.name.caseless == "CMD.exe" and process.name.caseless in ("cmd.EXE", "x") and
         process.name.caseless like "CMD*" and process.name.text != "x"
    )
)]
struct Caseless;

/// The endpoint dialect asks whether an object is there.
#[eql::rule(
    name = "object",
    severity = "low",
    risk_score = 21,
    dialect = "endpoint",
    query(process where process.parent.code_signature != null)
)]
struct HasSignature;

/// Events without the override are not seen.
#[eql::rule(
    name = "override",
    severity = "low",
    risk_score = 21,
    timestamp_override = "event.ingested",
    timestamp_override_fallback_disabled = true,
    query(process where true)
)]
struct Ingested;

fn process(member: &str, value: Value) -> Value {
    let mut event = json!({ "event": { "category": ["process"] }, "process": {} });
    event["process"][member] = value;
    event
}

#[test]
fn sub_fields_read_their_field() {
    assert!(Caseless::matches(&process("name", json!("Cmd.Exe"))));
    assert!(!Caseless::matches(&process("name", json!("cmd"))));
    assert_eq!(Caseless::META.fields, [("event.category", "keyword"), ("process.name", "keyword")]);
}

#[test]
fn objects_are_there_or_not() {
    let signed = process("parent", json!({ "code_signature": { "trusted": true } }));
    assert!(HasSignature::matches(&signed));
    assert!(!HasSignature::matches(&process("parent", json!({}))));
    assert!(!HasSignature::matches(&process("parent", json!({ "code_signature": null }))));
}

#[test]
fn events_without_the_override_are_not_seen() {
    let mut event = process("name", json!("a"));
    assert!(!Ingested::matches(&event));
    event["event"]["ingested"] = json!("2026-01-01T00:00:00Z");
    assert!(Ingested::matches(&event));
}

/// A rule file of Elastic Defend's format is for the systems that it lists.
#[eql::rule(path = "tests/data/endpoint_rule.toml")]
struct EndpointRule;

#[test]
fn endpoint_rule_files_are_for_their_systems() {
    let mut event = process("name", json!("dropper"));
    event["host"] = json!({ "os": { "type": "linux" } });
    assert!(EndpointRule::matches(&event));
    event["host"]["os"]["type"] = json!("windows");
    assert!(!EndpointRule::matches(&event));
    assert_eq!(EndpointRule::META.threat[0].tactic.id, "TA0002");
}

/// A shell under a package manager, however far below it.
#[eql::rule(
    name = "descendant",
    severity = "low",
    risk_score = 21,
    dialect = "endpoint",
    query(
        process where process.name == "sh" and descendant of [process where process.name == "apt"]
    )
)]
struct UnderApt;

#[test]
fn descendants_are_followed_over_events() {
    let start = |name: &str, id: &str, parent: &str| {
        json!({
            "event": { "category": ["process"] },
            "process": { "name": name, "entity_id": id, "parent": { "entity_id": parent } },
        })
    };
    let mut rule = UnderApt::detector();
    let execution = Execution::new(Timestamp::default());
    let mut fired = Vec::new();
    let stream = [
        start("apt", "1", "0"),
        start("dpkg", "2", "1"),
        start("sh", "3", "2"),
        start("sh", "4", "0"),
        start("apt", "5", "0"),
    ];
    for (number, event) in stream.iter().enumerate() {
        let id = number.to_string();
        rule.on_event(event, Origin { index: "t", id: &id }, &execution, &mut |_| {
            fired.push(number)
        });
    }
    assert_eq!(fired, [2]);
}
