//! Alerts of single events, key by key.

mod alert_rules;

use alert_rules::{EMPTY, OUTLOOK, OUTLOOK_UUID, execution};
use eql::alert::rule_uuid;
use eql::rule::{RuleMeta, Severity};
use eql::{Document, Origin, Timestamp};
use serde_json::{Map, Value, json};

const ORIGIN: Origin<'static> =
    Origin { index: ".ds-logs-endpoint.events.process-default", id: "e1" };

fn alert(rule: &'static RuleMeta, event: &Value) -> Document {
    Document::of_event(rule, event, ORIGIN, &execution())
}

fn outlook_starts() -> Value {
    json!({
        "@timestamp": "2026-01-01T10:03:07.123Z",
        "event": {"kind": "event", "category": ["process"], "type": ["start"], "action": "start", "id": "x"},
        "data_stream": {"type": "logs", "dataset": "endpoint.events.process", "namespace": "default"},
        "process": {"name": "OUTLOOK.EXE", "pid": 7, "args": [], "Ext": {},
                    "parent": {"name": "powershell.exe"}},
        "user": {"name": "alice"},
        "host": {"name": "WS-7", "id": "h7"},
        "kibana": {"no": 1},
        "signal": {"no": 1},
        "threshold_result": {"no": 1},
    })
}

#[test]
fn every_key_of_an_alert() {
    // The id is the SHA-256 of index, id, "undefined", "default:" and the rule's UUID in one string.
    let expected: Map<String, Value> =
        serde_json::from_str(include_str!("alert_rules/outlook_alert.json")).unwrap();
    let alert = alert(&OUTLOOK, &outlook_starts());
    let map = alert.to_map();
    for (key, value) in &expected {
        assert_eq!(map.get(key), Some(value), "{key}");
    }
    let unexpected: Vec<_> = map.keys().filter(|key| !expected.contains_key(*key)).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    assert_eq!(serde_json::to_value(&alert).unwrap(), Value::Object(map));
}

#[test]
fn accessors() {
    let alert = alert(&OUTLOOK, &outlook_starts());
    assert_eq!(alert.uuid(), "dc704ff84f19c59943b7bce603c3f7208b027ef2b40e42db9ba0a7eeee3f59d4");
    assert!(alert.reason().starts_with("process event with process OUTLOOK.EXE,"));
    assert_eq!(alert.rule_name(), OUTLOOK.name);
    assert_eq!(alert.rule(), &OUTLOOK);
    assert_eq!(alert.severity(), Severity::Medium);
    assert_eq!(alert.risk_score().to_string(), "47");
    assert_eq!(alert.original_time(), Timestamp::parse("2026-01-01T10:03:07.123Z"));
    assert_eq!(Some(alert.created()), Timestamp::parse("2026-01-01T10:05:00Z"));
    assert_eq!((alert.group_id(), alert.group_index()), (None, None));
    assert_eq!(alert.get("process.parent.name"), Some(&json!("powershell.exe")));
    assert_eq!(alert.get("kibana.alert.rule.version"), Some(&json!(9)));
    assert_eq!(alert.get("kibana.alert.rule.parameters.version"), Some(&json!(9)));
    assert_eq!(alert.get("process.nothing"), None);
}

#[test]
fn documents_are_nested_on_request() {
    let nested = alert(&OUTLOOK, &outlook_starts()).to_nested();
    assert_eq!(nested["kibana"]["alert"]["rule"]["rule_id"], OUTLOOK.rule_id);
    assert_eq!(nested["kibana"]["alert"]["rule"]["meta"], json!({"from": "4m", "deep": {"er": 1}}));
    assert_eq!(nested["kibana"]["alert"]["original_event"]["kind"], "event");
    assert_eq!(nested["event"]["kind"], "signal");
    assert_eq!(nested["event"]["action"], "start");
    assert_eq!(nested["process"]["parent"]["name"], "powershell.exe");
    let keys = nested.as_object().unwrap().keys().all(|key| !key.contains('.'));
    assert!(keys, "{nested}");
}

#[test]
fn absent_things_make_no_keys() {
    let alert = alert(&EMPTY_RULE, &json!({"kibana.alert.depths": 1, "x": [[], {}]}));
    assert_eq!(alert.reason(), "event created low alert Empty.");
    for key in [
        "kibana.alert.original_time",
        "kibana.alert.building_block_type",
        "kibana.alert.url",
        "kibana.alert.rule.building_block_type",
        "kibana.alert.rule.created_at",
        "kibana.alert.rule.license",
        "kibana.alert.rule.note",
        "kibana.alert.rule.rule_name_override",
        "kibana.alert.rule.throttle",
        "kibana.alert.rule.timestamp_override",
        "kibana.alert.rule.parameters.license",
        "kibana.alert.rule.parameters.timestamp_field",
        "kibana.alert.depths",
        "x",
    ] {
        assert_eq!(alert.get(key), None, "{key}");
    }
    assert_eq!(alert.original_time(), None);
    assert_eq!(alert.get("kibana.alert.rule.parameters.setup"), Some(&json!("")));
    assert_eq!(alert.get("kibana.alert.rule.parameters.related_integrations"), Some(&json!([])));
}

static EMPTY_RULE: RuleMeta = EMPTY;

#[test]
fn what_the_run_says() {
    let mut execution = execution();
    execution.space_id = "soc".to_owned();
    execution.public_base_url = Some("https://kibana.example/".to_owned());
    execution.manual = true;
    execution.intended = Timestamp::parse("2026-01-01T09:00:00Z");
    execution.kibana_version = "9.9.9".to_owned();
    let alert = Document::of_event(&OUTLOOK, &outlook_starts(), ORIGIN, &execution);

    let uuid = "7793e0b45c00d09c21b21a0f0cf34cbe2b317672b0f36e865df906074c208263";
    assert_eq!(alert.uuid(), uuid);
    for (key, expected) in [
        ("kibana.space_ids", json!(["soc"])),
        ("kibana.version", json!("9.9.9")),
        ("kibana.alert.rule.execution.type", json!("manual")),
        ("kibana.alert.intended_timestamp", json!("2026-01-01T09:00:00.000Z")),
        ("kibana.alert.start", json!("2026-01-01T10:05:00.000Z")),
        (
            "kibana.alert.url",
            json!(format!(
                "https://kibana.example/s/soc/app/security/alerts/redirect/{uuid}\
                 ?index=.alerts-security.alerts-soc&timestamp=2026-01-01T10:05:00.000Z"
            )),
        ),
    ] {
        assert_eq!(alert.get(key), Some(&expected), "{key}");
    }
    execution.space_id = "default".to_owned();
    let url = Document::of_event(&OUTLOOK, &outlook_starts(), ORIGIN, &execution);
    let url = url.get("kibana.alert.url").unwrap().as_str().unwrap();
    assert!(
        url.starts_with("https://kibana.example/app/security/alerts/redirect/dc704ff84f19"),
        "{url}"
    );
}

#[test]
fn ids_depend_on_origin_space_and_rule_alone() {
    let id = |index, id, space: &str, rule| {
        let mut execution = execution();
        execution.space_id = space.to_owned();
        let event = json!({"x": execution.uuid});
        Document::of_event(rule, &event, Origin { index, id }, &execution).uuid().to_owned()
    };
    let first = id("i", "1", "default", &OUTLOOK);
    assert_eq!(first, id("i", "1", "default", &OUTLOOK));
    for other in [
        id("j", "1", "default", &OUTLOOK),
        id("i", "2", "default", &OUTLOOK),
        id("i", "1", "other", &OUTLOOK),
        id("i", "1", "default", &EMPTY_RULE),
    ] {
        assert_ne!(first, other);
    }
    assert_eq!(rule_uuid(OUTLOOK.rule_id), OUTLOOK_UUID);
}

static OVERRIDING: RuleMeta = RuleMeta {
    rule_id: "overriding",
    building_block_type: Some("default"),
    rule_name_override: Some("event.action"),
    other: &[
        (
            "severity_mapping",
            r#"[{"field": "event.severity", "operator": "equals", "value": "3", "severity": "critical"},
                {"field": "event.severity", "operator": "equals", "value": "2", "severity": "high"},
                {"field": "tags", "operator": "equals", "value": "x", "severity": "medium"}]"#,
        ),
        (
            "risk_score_mapping",
            r#"[{"field": "event.risk_score", "operator": "equals", "value": ""}]"#,
        ),
    ],
    ..EMPTY
};

#[test]
fn events_override_name_severity_and_risk() {
    for (event, name, severity, risk_score) in [
        (json!({}), "Empty", Severity::Low, json!(21)),
        (json!({"event": {"action": "Bad thing"}}), "Bad thing", Severity::Low, json!(21)),
        (json!({"event.action": ["A", "B"]}), "A", Severity::Low, json!(21)),
        (json!({"event": {"action": 7}}), "Empty", Severity::Low, json!(21)),
        (json!({"event": {"severity": 2}}), "Empty", Severity::High, json!(21)),
        (json!({"event": {"severity": [2, "3"]}}), "Empty", Severity::Critical, json!(21)),
        (json!({"tags": ["y", "x"]}), "Empty", Severity::Medium, json!(21)),
        (json!({"event": {"risk_score": 99}}), "Empty", Severity::Low, json!(99)),
        (json!({"event": {"risk_score": [12.5, "3"]}}), "Empty", Severity::Low, json!(12.5)),
        (json!({"event": {"risk_score": 101}}), "Empty", Severity::Low, json!(21)),
        (json!({"event": {"risk_score": -1}}), "Empty", Severity::Low, json!(21)),
        (json!({"event": {"risk_score": "high"}}), "Empty", Severity::Low, json!(21)),
    ] {
        let alert = alert(&OVERRIDING, &event);
        assert_eq!(alert.rule_name(), name, "{event}");
        assert_eq!(alert.severity(), severity, "{event}");
        assert_eq!(alert.get("kibana.alert.risk_score"), Some(&risk_score), "{event}");
        let end = format!("created {} alert {name}.", severity.as_str());
        assert!(alert.reason().ends_with(&end), "{event}: {}", alert.reason());
        // The copy of the rule stays as it is, apart from the name.
        assert_eq!(alert.get("kibana.alert.rule.severity"), Some(&json!("low")));
        assert_eq!(alert.get("kibana.alert.rule.risk_score"), Some(&json!(21)));
        assert_eq!(alert.get("kibana.alert.building_block_type"), Some(&json!("default")));
        assert_eq!(
            alert
                .get("kibana.alert.rule.parameters.severity_mapping")
                .unwrap()
                .as_array()
                .unwrap()
                .len(),
            3
        );
    }
}

#[test]
fn alerts_of_alerts_know_their_ancestors() {
    let first = Document::of_event(&EMPTY_RULE, &outlook_starts(), ORIGIN, &execution());
    let stored = Origin { index: ".alerts-security.alerts-default", id: first.uuid() };
    let empty_uuid = rule_uuid("empty");
    for event in [Value::Object(first.to_map()), first.to_nested()] {
        let second = Document::of_event(&OUTLOOK, &event, stored, &execution());
        assert_eq!(
            second.get("kibana.alert.ancestors"),
            Some(&json!([
                {"id": "e1", "index": ORIGIN.index, "type": "event", "depth": 0},
                {"id": first.uuid(), "index": stored.index, "type": "signal", "depth": 1, "rule": empty_uuid},
            ]))
        );
        assert_eq!(second.get("kibana.alert.depth"), Some(&json!(2)));
        assert_eq!(second.get("kibana.alert.rule.uuid"), Some(&json!(OUTLOOK_UUID)));
        assert_eq!(second.get("kibana.alert.original_event.kind"), Some(&json!("signal")));
        assert_eq!(
            second.original_time(),
            Timestamp::parse("2026-01-01T10:05:00Z"),
            "the event is the first alert"
        );
        assert!(!first.is_own_alert() && !second.is_own_alert());

        let third = Origin { index: stored.index, id: second.uuid() };
        let loops = |rule| {
            let event = Value::Object(second.to_map());
            Document::of_event(rule, &event, third, &execution()).is_own_alert()
        };
        assert!(loops(&OUTLOOK), "the parent");
        assert!(loops(&EMPTY_RULE), "the grandparent");
        assert!(!loops(&OVERRIDING));
    }
}

#[test]
fn what_makes_an_event_an_alert_is_its_id() {
    for (event, depth, ancestor) in [
        (
            json!({"kibana.alert.rule.uuid": OUTLOOK_UUID, "kibana.alert.depth": 4}),
            1,
            json!({"id": "e1", "index": ORIGIN.index, "type": "event", "depth": 0}),
        ),
        (
            json!({"kibana.alert.uuid": "a", "kibana.alert.rule.uuid": OUTLOOK_UUID}),
            2,
            json!({"id": "e1", "index": ORIGIN.index, "type": "signal", "depth": 1, "rule": OUTLOOK_UUID}),
        ),
    ] {
        let alert = alert(&OUTLOOK, &event);
        assert_eq!(alert.get("kibana.alert.depth"), Some(&json!(depth)), "{event}");
        assert_eq!(alert.get("kibana.alert.ancestors"), Some(&json!([ancestor])), "{event}");
        assert_eq!(alert.is_own_alert(), depth == 2, "{event}");
    }
}

#[test]
fn runs_start_on_a_millisecond() {
    let created = Timestamp::from_nanos(1_999_999);
    let execution = eql::Execution::new(created);
    assert_eq!(execution.created, Timestamp::from_nanos(1_000_000));
    assert_eq!(execution.uuid.len(), 36);
    let alert = Document::of_event(&OUTLOOK, &json!({}), ORIGIN, &execution);
    assert_eq!(alert.get("@timestamp"), Some(&json!("1970-01-01T00:00:00.001Z")));
}

#[test]
fn keys_may_be_added_and_replaced() {
    let mut alert = alert(&OUTLOOK, &outlook_starts());
    let before = alert.clone();
    assert_eq!(alert, before);
    alert.insert("kibana.alert.status", "recovered");
    alert.insert("kibana.alert.suppression.docs_count", 3);
    assert_ne!(alert, before);
    assert_eq!(alert.iter().filter(|(key, _)| *key == "kibana.alert.status").count(), 1);
    assert_eq!(alert.to_map()["kibana.alert.status"], "recovered");
    assert_eq!(alert.to_map().len(), before.to_map().len() + 1);
    assert_eq!(before.get("kibana.alert.status"), Some(&json!("active")));
    assert!(format!("{alert:?}").contains("docs_count"));
}

#[test]
fn an_event_that_is_no_object_is_an_empty_one() {
    for event in [json!(1), json!([{"a": 1}]), json!(null)] {
        let alert = alert(&EMPTY_RULE, &event);
        assert_eq!(alert.reason(), "event created low alert Empty.");
        assert_eq!(alert.get("a"), None);
    }
}
