//! Alerts of sequences: a shell and its building blocks.

mod alert_rules;

use alert_rules::{OUTLOOK, OUTLOOK_UUID, execution};
use eql::alert::{SequenceEvent, rule_uuid};
use eql::rule::{RuleMeta, Severity};
use eql::{Document, Origin, Timestamp};
use serde_json::{Value, json};

// Python: B = [sha256("e1" + "i" + R + "e2" + "i" + R + str(k)) for k in (0, 1)],
// S = sha256("e1" + "i" + B[0] + "" + "e2" + "i" + B[1] + "" + R), with R the rule's UUID.
const B0: &str = "440e9d71a7249370931afc8bbbb7cbb7379b3eb8b0c3397564ceffcfa49df0cf";
const B1: &str = "6b35a53aad7c424e6691a1af337813db7fddb0088f825a129ccd95a3bbc92f8d";
const S: &str = "8cd881076aa20ddc6e2b4a95d3bb1c8100708fd6594368d8725d3e0d6ae34a5c";

fn event(id: &str, source: &Value) -> SequenceEvent {
    SequenceEvent::of(source, Origin { index: "i", id })
}

fn powershell_then_outlook() -> [SequenceEvent; 2] {
    [
        event(
            "e1",
            &json!({
                "@timestamp": "2026-01-01T10:03:00Z",
                "event": {"kind": "event", "category": ["process"], "type": ["start"], "action": "start",
                          "id": "x1"},
                "process": {"name": "powershell.exe", "entity_id": "p1", "parent": {"name": "explorer.exe"}},
                "user": {"name": "alice"}, "host": {"id": "h7", "name": "WS-7", "ip": ["10.0.0.1", "::1"]},
            }),
        ),
        event(
            "e2",
            &json!({
                "@timestamp": "2026-01-01T10:03:20Z",
                "event": {"kind": "event", "category": ["process"], "type": ["start", "info"], "action": "start",
                          "id": "x2"},
                "process": {"name": "OUTLOOK.EXE", "Ext": {"effective_parent": {"entity_id": "p1"}}},
                "user": {"name": "alice"}, "host": {"id": "h7", "name": "WS-7", "ip": ["::1"]},
            }),
        ),
    ]
}

#[test]
fn the_skeleton() {
    let (shell, blocks) =
        Document::of_sequence(&OUTLOOK, &powershell_then_outlook(), &execution()).unwrap();

    assert_eq!(shell.uuid(), S);
    for (key, expected) in [
        ("@timestamp", json!("2026-01-01T10:05:00.000Z")),
        ("event.kind", json!("signal")),
        ("kibana.alert.group.id", json!(S)),
        ("kibana.alert.depth", json!(2)),
        ("kibana.alert.status", json!("active")),
        ("kibana.alert.workflow_status", json!("open")),
        ("kibana.alert.severity", json!("medium")),
        ("kibana.alert.risk_score", json!(47)),
        (
            "kibana.alert.ancestors",
            json!([
                {"id": "e1", "index": "i", "type": "event", "depth": 0},
                {"id": B0, "index": "", "type": "signal", "depth": 1, "rule": OUTLOOK_UUID},
                {"id": "e2", "index": "i", "type": "event", "depth": 0},
                {"id": B1, "index": "", "type": "signal", "depth": 1, "rule": OUTLOOK_UUID},
            ]),
        ),
        (
            "kibana.alert.reason",
            json!(
                "process event by alice on WS-7 created medium alert Suspicious Inter-Process Communication via \
                 Outlook."
            ),
        ),
        ("kibana.alert.original_time", json!("2026-01-01T10:05:00.000Z")),
        ("kibana.alert.original_event.action", json!("start")),
        ("kibana.alert.original_event.type", json!(["start"])),
        ("kibana.alert.rule.uuid", json!(OUTLOOK_UUID)),
        ("kibana.alert.rule.rule_id", json!(OUTLOOK.rule_id)),
        ("host", json!({"id": "h7", "name": "WS-7", "ip": ["::1"]})),
        ("user", json!({"name": "alice"})),
        ("event", json!({"category": ["process"], "type": ["start"], "action": "start"})),
    ] {
        assert_eq!(shell.get(key), Some(&expected), "{key}");
    }
    for key in [
        "process",
        "kibana.alert.original_event.id",
        "kibana.alert.group.index",
        "kibana.alert.building_block_type",
        "kibana.alert.url",
    ] {
        assert_eq!(shell.get(key), None, "{key}");
    }
    assert_eq!((shell.group_id(), shell.group_index()), (Some(S), None));

    let expected = [
        (B0, "e1", "2026-01-01T10:03:00.000Z", "powershell.exe, parent process explorer.exe"),
        (B1, "e2", "2026-01-01T10:03:20.000Z", "OUTLOOK.EXE"),
    ];
    assert_eq!(blocks.len(), expected.len());
    for (index, (block, (uuid, id, time, process))) in blocks.iter().zip(expected).enumerate() {
        assert_eq!(block.uuid(), uuid);
        assert_eq!((block.group_id(), block.group_index()), (Some(S), Some(index as u64)));
        for (key, expected) in [
            ("kibana.alert.building_block_type", json!("default")),
            ("kibana.alert.depth", json!(1)),
            (
                "kibana.alert.ancestors",
                json!([{"id": id, "index": "i", "type": "event", "depth": 0}]),
            ),
            ("kibana.alert.original_time", json!(time)),
            ("kibana.alert.original_event.id", json!(format!("x{}", index + 1))),
            (
                "kibana.alert.reason",
                json!(format!(
                    "process event with process {process}, by alice on WS-7 created medium alert {}.",
                    OUTLOOK.name
                )),
            ),
            ("@timestamp", json!("2026-01-01T10:05:00.000Z")),
            ("kibana.alert.rule.name", json!(OUTLOOK.name)),
        ] {
            assert_eq!(block.get(key), Some(&expected), "{key}");
        }
    }
    assert_eq!(blocks[0].get("process.entity_id"), Some(&json!("p1")));
    assert_eq!(blocks[1].get("process.Ext.effective_parent.entity_id"), Some(&json!("p1")));
}

#[test]
fn one_event_in_two_sequences_gets_two_ids() {
    let [a, b] = powershell_then_outlook();
    let c = event("e3", &json!({}));
    let (_, first) = Document::of_sequence(&OUTLOOK, &[a.clone(), b], &execution()).unwrap();
    let (_, second) = Document::of_sequence(&OUTLOOK, &[a, c], &execution()).unwrap();
    assert_ne!(first[0].uuid(), second[0].uuid());
}

#[test]
fn all_alerts_have_their_own_link() {
    let mut execution = execution();
    execution.public_base_url = Some("https://k".to_owned());
    let (shell, blocks) =
        Document::of_sequence(&OUTLOOK, &powershell_then_outlook(), &execution).unwrap();
    for alert in blocks.iter().chain([&shell]) {
        let url = alert.get("kibana.alert.url").unwrap().as_str().unwrap();
        let start = format!("https://k/app/security/alerts/redirect/{}?index=", alert.uuid());
        assert!(url.starts_with(&start), "{url}");
    }
}

static OVERRIDING: RuleMeta = RuleMeta {
    rule_id: "overriding",
    rule_name_override: Some("event.action"),
    other: &[(
        "severity_mapping",
        r#"[{"field": "event.action", "value": "start", "severity": "critical"}]"#,
    )],
    ..alert_rules::EMPTY
};

#[test]
fn sequences_override_nothing() {
    let events = powershell_then_outlook();
    let (shell, blocks) = Document::of_sequence(&OVERRIDING, &events, &execution()).unwrap();
    for alert in blocks.iter().chain([&shell]) {
        assert_eq!((alert.rule_name(), alert.severity()), ("Empty", Severity::Low));
        assert!(alert.reason().ends_with("created low alert Empty."));
    }
}

#[test]
fn blocks_of_a_building_block_rule_stay_blocks_and_so_does_its_shell() {
    static RULE: RuleMeta =
        RuleMeta { rule_id: "block", building_block_type: Some("default"), ..alert_rules::EMPTY };
    let (shell, _) =
        Document::of_sequence(&RULE, &powershell_then_outlook(), &execution()).unwrap();
    assert_eq!(shell.get("kibana.alert.building_block_type"), Some(&json!("default")));
}

/// An event that is itself an alert, made by `rule` of the event `e0` in the index `i0`.
fn alert_as_event(rule: &'static RuleMeta) -> SequenceEvent {
    let alert = Document::of_event(
        rule,
        &json!({"host": {"name": "h"}}),
        Origin { index: "i0", id: "e0" },
        &execution(),
    );
    let mut event = event("a1", &Value::Object(alert.to_map()));
    "ia".clone_into(&mut event.index);
    event
}

#[test]
fn alerts_may_be_events_of_a_sequence() {
    let events = [alert_as_event(&OVERRIDING), event("e2", &json!({"host": {"name": "h"}}))];
    let (shell, blocks) = Document::of_sequence(&OUTLOOK, &events, &execution()).unwrap();
    // Python, with "e0i0a1ia" for the ancestors of the first block and "e2i" for those of the second.
    let b0 = "524a7fc03e9706822ab96578668e46340aa1469e13b95125d7dfbbd20cbb25d8";
    let b1 = "2036551ab3385fbe1e98548696bea6bae822ac0165ec81bba10c3ad09fab2f2d";
    assert_eq!([blocks[0].uuid(), blocks[1].uuid()], [b0, b1]);
    assert_eq!(shell.uuid(), "cf20d4fbd07b41b136c8f4afa68e35de62f3e15179ec1e776de1e43f13d091bd");
    assert_eq!(blocks[0].get("kibana.alert.depth"), Some(&json!(2)));
    assert_eq!(shell.get("kibana.alert.depth"), Some(&json!(3)));
    assert_eq!(
        shell.get("kibana.alert.ancestors"),
        Some(&json!([
            {"id": "e0", "index": "i0", "type": "event", "depth": 0},
            {"id": "a1", "index": "ia", "type": "signal", "depth": 1, "rule": rule_uuid("overriding")},
            {"id": b0, "index": "", "type": "signal", "depth": 2, "rule": OUTLOOK_UUID},
            {"id": "e2", "index": "i", "type": "event", "depth": 0},
            {"id": b1, "index": "", "type": "signal", "depth": 1, "rule": OUTLOOK_UUID},
        ]))
    );
}

#[test]
fn no_alerts_on_own_alerts() {
    let own = [event("e1", &json!({})), alert_as_event(&OVERRIDING)];
    assert!(Document::of_sequence(&OVERRIDING, &own, &execution()).is_none());
    assert!(Document::of_sequence(&OUTLOOK, &own, &execution()).is_some());
    assert!(Document::of_sequence(&OUTLOOK, &[], &execution()).is_none());
}

#[test]
fn sequence_events_keep_what_is_needed() {
    let kept = event("e1", &json!({"@timestamp": 1_000, "x": 1}));
    assert_eq!(kept.timestamp, Timestamp::from_millis(1_000));
    assert_eq!(*kept.source(), json!({"@timestamp": 1_000, "x": 1}));
    assert_eq!((kept.index.as_str(), kept.id.as_str()), ("i", "e1"));
}
