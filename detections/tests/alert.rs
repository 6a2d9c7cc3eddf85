//! The alerts of the example day, key by key, as the sensor writes them.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

const INDEX: &str = "logs-endpoint.events.process-default";
const NOW: &str = "2026-03-02T18:00:00.000Z";
/// Outlook, started on behalf of powershell.exe.
const OUTLOOK: &str = "O5ceWRAzmb8cwRHH++++0085";
/// The powershell.exe.
const POWERSHELL: &str = "ajZubhYCjj4NV9Bz++++0081";

fn day() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/outlook.ndjson")
}

/// The event of the day with this id.
fn event(id: &str) -> Map<String, Value> {
    let text = std::fs::read_to_string(day()).unwrap();
    let mut events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let event = events.find(|event| event["event"]["id"] == id).unwrap();
    event.as_object().unwrap().clone()
}

/// The alerts of the rules whose name fits `rule`, in order.
fn alerts(rule: &str) -> Vec<Map<String, Value>> {
    let mut sensor = Command::new(env!("CARGO_BIN_EXE_eql-sensor"));
    sensor.arg("hunt").arg(day()).args(["--rule", rule, "--format", "ndjson", "--now", NOW]);
    let output = sensor.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Everything that an alert has of its event: the source without what the alert says itself, and copies.
fn of_event(id: &str) -> Map<String, Value> {
    let mut source = event(id);
    for group in ["event", "data_stream"] {
        for (key, value) in source[group].as_object().unwrap().clone() {
            source.insert(format!("kibana.alert.original_{group}.{key}"), value);
        }
    }
    source.insert("kibana.alert.original_time".into(), source["@timestamp"].clone());
    source["event"].as_object_mut().unwrap().remove("kind");
    source
}

/// Compares key by key, so that a failure names the key.
#[track_caller]
fn assert_alert(found: &Map<String, Value>, expected: &Map<String, Value>) {
    for (key, value) in expected {
        assert_eq!(found.get(key), Some(value), "{key}");
    }
    let unexpected: Vec<_> = found.keys().filter(|key| !expected.contains_key(*key)).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

fn extend(document: &mut Map<String, Value>, with: Value) {
    let Value::Object(with) = with else { panic!("it is an object") };
    document.extend(with);
}

/// What every alert of one run has.
fn of_the_run() -> Value {
    json!({
        "@timestamp": NOW,
        "event.kind": "signal",
        "kibana.space_ids": ["default"],
        "kibana.version": "9.1.0",
        "kibana.alert.status": "active",
        "kibana.alert.workflow_status": "open",
        "kibana.alert.workflow_tags": [],
        "kibana.alert.workflow_assignee_ids": [],
        "kibana.alert.start": NOW,
        "kibana.alert.last_detected": NOW,
        "kibana.alert.intended_timestamp": NOW,
        "kibana.alert.severity": "medium",
        "kibana.alert.risk_score": 47,
        "kibana.alert.rule.category": "Event Correlation Rule",
        "kibana.alert.rule.consumer": "siem",
        "kibana.alert.rule.producer": "siem",
        "kibana.alert.rule.rule_type_id": "siem.eqlRule",
        "kibana.alert.rule.execution.type": "manual",
        "kibana.alert.rule.execution.timestamp": NOW,
    })
}

fn technique(tactic: [&str; 2], technique: [&str; 2], sub: [&str; 2]) -> Value {
    let [id, number] = [technique[0], &sub[0][technique[0].len() + 1..]];
    json!({
        "framework": "MITRE ATT&CK",
        "tactic": {
            "id": tactic[0],
            "name": tactic[1],
            "reference": format!("https://attack.mitre.org/tactics/{}/", tactic[0]),
        },
        "technique": [{
            "id": id,
            "name": technique[1],
            "reference": format!("https://attack.mitre.org/techniques/{id}/"),
            "subtechnique": [{
                "id": sub[0],
                "name": sub[1],
                "reference": format!("https://attack.mitre.org/techniques/{id}/{number}/"),
            }],
        }],
    })
}

#[test]
fn every_key_of_an_alert_of_the_seed_rule() {
    let about = "Detects Inter-Process Communication with Outlook via Component Object Model from an unusual process. \
                 Adversaries may target user email to collect sensitive information or send email on their behalf via API.";
    let reference = "https://github.com/center-for-threat-informed-defense/adversary_emulation_library/blob/master/\
                     apt29/Archive/CALDERA_DIY/evals/payloads/stepSeventeen_email.ps1";
    let query = r#"process where event.action == "start" and process.name : "OUTLOOK.EXE"  and
 process.Ext.effective_parent.name != null and
 not process.Ext.effective_parent.executable : ("?:\\Program Files\\*", "?:\\Program Files (x86)\\*")"#;
    let threat = json!([
        technique(
            ["TA0009", "Collection"],
            ["T1114", "Email Collection"],
            ["T1114.001", "Local Email Collection"],
        ),
        technique(
            ["TA0002", "Execution"],
            ["T1559", "Inter-Process Communication"],
            ["T1559.001", "Component Object Model"],
        ),
    ]);
    let keyword = |name: &str| json!({"name": name, "type": "keyword"});
    let fields = [
        keyword("event.action"),
        keyword("event.category"),
        keyword("process.Ext.effective_parent.executable"),
        keyword("process.Ext.effective_parent.name"),
        keyword("process.name"),
    ];

    let parameters = json!({
                "author": ["Elastic"],
                "description": about,
                "exceptions_list": [],
                "false_positives": [],
                "from": "now-9m",
                "immutable": false,
                "index": ["logs-endpoint.events.*"],
                "language": "eql",
                "license": "Elastic License v2",
                "max_signals": 100,
                "query": query,
                "references": [reference],
                "related_integrations": [],
                "required_fields": fields,
                "risk_score": 47,
                "risk_score_mapping": [],
                "rule_id": "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1",
                "rule_source": {"type": "internal"},
                "setup": "",
                "severity": "medium",
                "severity_mapping": [],
                "threat": threat,
                "to": "now",
                "type": "eql",
                "version": 1,
    });

    let mut expected = of_event(OUTLOOK);
    extend(&mut expected, of_the_run());
    extend(
        &mut expected,
        json!({
            // SHA-256 of index, id, "undefined", "default:" and the rule's UUID in one string.
            "kibana.alert.uuid": "14fe905a809f894109394cd1c2fcc6f18579ec367bf7f20a346e3251253922fe",
            "kibana.alert.depth": 1,
            "kibana.alert.ancestors": [{"id": OUTLOOK, "index": INDEX, "type": "event", "depth": 0}],
            "kibana.alert.reason":
                "process event with process OUTLOOK.EXE, parent process svchost.exe, by p.okafor on WS-SAL-11 \
                 created medium alert Suspicious Inter-Process Communication via Outlook.",
            "kibana.alert.rule.uuid": "bb0b548c-8cd6-5475-b4e4-4eaad26261bc",
            "kibana.alert.rule.rule_id": "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1",
            "kibana.alert.rule.name": "Suspicious Inter-Process Communication via Outlook",
            "kibana.alert.rule.type": "eql",
            "kibana.alert.rule.description": about,
            "kibana.alert.rule.author": ["Elastic"],
            "kibana.alert.rule.license": "Elastic License v2",
            "kibana.alert.rule.version": 1,
            "kibana.alert.rule.revision": 0,
            "kibana.alert.rule.enabled": true,
            "kibana.alert.rule.immutable": false,
            "kibana.alert.rule.interval": "5m",
            "kibana.alert.rule.from": "now-9m",
            "kibana.alert.rule.to": "now",
            "kibana.alert.rule.max_signals": 100,
            "kibana.alert.rule.indices": ["logs-endpoint.events.*"],
            "kibana.alert.rule.tags": ["Elastic", "Host", "Windows", "Threat Detection", "Collection"],
            "kibana.alert.rule.references": [reference],
            "kibana.alert.rule.false_positives": [],
            "kibana.alert.rule.threat": threat,
            "kibana.alert.rule.risk_score": 47,
            "kibana.alert.rule.severity": "medium",
            "kibana.alert.rule.risk_score_mapping": [],
            "kibana.alert.rule.severity_mapping": [],
            "kibana.alert.rule.exceptions_list": [],
            "kibana.alert.rule.actions": [],
        }),
    );
    expected.insert("kibana.alert.rule.parameters".into(), parameters);

    let alerts = alerts("*Inter-Process*");
    let of_outlook =
        |alert: &&Map<String, Value>| alert["kibana.alert.ancestors"][0]["id"] == OUTLOOK;
    let mut alert = alerts.iter().find(of_outlook).unwrap().clone();
    // What the run's id is made of is no promise; its form is.
    let run = alert.remove("kibana.alert.rule.execution.uuid").unwrap();
    assert_eq!(run.as_str().map(str::len), Some(36));
    assert_alert(&alert, &expected);
}

#[test]
fn every_key_of_the_alerts_of_a_sequence() {
    let [shell, first, second] = alerts("Outlook Started*").try_into().unwrap();
    let rule = shell["kibana.alert.rule.uuid"].as_str().unwrap();
    let of_rule = |alert: &Map<String, Value>| {
        let keys = alert.iter().filter(|(key, _)| key.starts_with("kibana.alert.rule."));
        keys.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>()
    };
    // Of an id: SHA-256 of the ids and indices of all ancestors and the rule's UUID, with a block's number.
    let group = "465e4069774358c76401d214a46742d778428e074b3688ef33cfe1c6cd4c1576";
    let blocks = [
        "10e1e80432e2c200148c099904dbff49205c33f7f90af57a66d7fa314289a63e",
        "e939b79c470e51c27264897496745f80af47ada42196422e9c3e4966ba7d5fd2",
    ];
    let ancestor = |id: &str| json!({"id": id, "index": INDEX, "type": "event", "depth": 0});
    let block =
        |id: &str| json!({"id": id, "index": "", "type": "signal", "depth": 1, "rule": rule});
    let with = "process powershell.exe, parent process wscript.exe, by p.okafor";
    let reasons = [with, "process OUTLOOK.EXE, parent process svchost.exe, by p.okafor"];
    let suffix = "on WS-SAL-11 created medium alert Outlook Started on Behalf of a New Process.";

    let ids = [POWERSHELL, OUTLOOK];
    for (at, found) in [&first, &second].into_iter().enumerate() {
        let mut expected = of_event(ids[at]);
        extend(&mut expected, of_the_run());
        extend(
            &mut expected,
            json!({
                "kibana.alert.uuid": blocks[at],
                "kibana.alert.depth": 1,
                "kibana.alert.ancestors": [ancestor(ids[at])],
                "kibana.alert.building_block_type": "default",
                "kibana.alert.group.id": group,
                "kibana.alert.group.index": at,
                "kibana.alert.reason": format!("process event with {} {suffix}", reasons[at]),
            }),
        );
        // The rule's own keys are those of its shell.
        expected.extend(of_rule(&shell));
        assert_alert(found, &expected);
    }

    let mut expected = of_rule(&shell);
    extend(&mut expected, of_the_run());
    extend(
        &mut expected,
        json!({
            "kibana.alert.uuid": group,
            "kibana.alert.depth": 2,
            "kibana.alert.ancestors":
                [ancestor(POWERSHELL), block(blocks[0]), ancestor(OUTLOOK), block(blocks[1])],
            "kibana.alert.group.id": group,
            "kibana.alert.reason": format!("process event by p.okafor {suffix}"),
            "kibana.alert.original_time": NOW,
            "kibana.alert.original_event.kind": "event",
        }),
    );
    // What both events share, value by value.
    let (left, right) = (event(POWERSHELL), event(OUTLOOK));
    for key in ["agent", "data_stream", "ecs", "host", "message", "user"] {
        assert_eq!(left[key], right[key], "{key} differs in the example");
        expected.insert(key.to_owned(), left[key].clone());
    }
    for key in ["action", "category", "dataset", "module", "outcome", "type"] {
        let shared = left["event"][key].clone();
        expected.insert(format!("kibana.alert.original_event.{key}"), shared.clone());
        expected.entry("event").or_insert_with(|| json!({}))[key] = shared;
    }
    for (key, value) in left["data_stream"].as_object().unwrap() {
        expected.insert(format!("kibana.alert.original_data_stream.{key}"), value.clone());
    }
    let trusted = json!({"exists": true, "status": "trusted", "trusted": true});
    expected.insert(
        "process".to_owned(),
        json!({
            "Ext": {
                "authentication_id": left["process"]["Ext"]["authentication_id"],
                "token": left["process"]["Ext"]["token"],
            },
            "code_signature": trusted,
            "parent": {"code_signature": left["process"]["parent"]["code_signature"]},
        }),
    );
    assert_alert(&shell, &expected);
}
