//! Rules for tests of alerts, written out by hand.
#![allow(dead_code)]

use eql::rule::{Attack, RuleMeta, Schedule, Severity, Technique, Threat};
use eql::{Execution, Timestamp};

pub(crate) const EMPTY: RuleMeta = RuleMeta {
    rule_id: "empty",
    name: "Empty",
    description: "Nothing beyond what a rule must have.",
    severity: Severity::Low,
    risk_score: 21,
    author: &[],
    license: "",
    version: 1,
    query: "any where true",
    language: "eql",
    index: &[],
    tags: &[],
    references: &[],
    false_positives: &[],
    note: "",
    setup: "",
    interval: "5m",
    from: "now-6m",
    to: "now",
    schedule: Schedule { interval: 300_000, from: 360_000, to: 0 },
    max_signals: 100,
    threat: &[],
    building_block_type: None,
    event_category_override: None,
    timestamp_field: None,
    tiebreaker_field: None,
    timestamp_override: None,
    rule_name_override: None,
    other: &[],
    fields: &[],
};

pub(crate) static OUTLOOK: RuleMeta = RuleMeta {
    rule_id: "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1",
    name: "Suspicious Inter-Process Communication via Outlook",
    description: "An unusual process talks to Outlook.",
    severity: Severity::Medium,
    risk_score: 47,
    author: &["Elastic"],
    license: "Elastic License v2",
    version: 9,
    query: "process where process.name : \"OUTLOOK.EXE\"",
    index: &["logs-endpoint.events.process-*"],
    tags: &["Domain: Endpoint", "Tactic: Collection"],
    references: &["https://example.org/a"],
    false_positives: &["Mail archivers"],
    note: "## Triage",
    setup: "Needs Elastic Defend.",
    from: "now-9m",
    schedule: Schedule { interval: 300_000, from: 540_000, to: 0 },
    threat: &[
        Threat {
            framework: "MITRE ATT&CK",
            tactic: Attack {
                id: "TA0009",
                name: "Collection",
                reference: "https://attack.mitre.org/tactics/TA0009/",
            },
            technique: &[Technique {
                technique: Attack {
                    id: "T1114",
                    name: "Email Collection",
                    reference: "https://attack.mitre.org/techniques/T1114/",
                },
                subtechnique: &[Attack {
                    id: "T1114.001",
                    name: "Local Email Collection",
                    reference: "https://attack.mitre.org/techniques/T1114/001/",
                }],
            }],
        },
        Threat {
            framework: "MITRE ATT&CK",
            tactic: Attack {
                id: "TA0002",
                name: "Execution",
                reference: "https://attack.mitre.org/tactics/TA0002/",
            },
            technique: &[Technique {
                technique: Attack {
                    id: "T1559",
                    name: "Inter-Process Communication",
                    reference: "https://attack.mitre.org/techniques/T1559/",
                },
                subtechnique: &[],
            }],
        },
    ],
    timestamp_override: Some("event.ingested"),
    other: &[
        ("meta", r#"{"from": "4m", "deep": {"er": 1}}"#),
        ("related_integrations", r#"[{"package": "endpoint", "version": "^9.0.0"}]"#),
        ("revision", "3"),
    ],
    fields: &[("event.action", "keyword"), ("process.name", "keyword")],
    ..EMPTY
};

/// `uuid.uuid5(uuid.UUID("0e792843-cc18-53a9-ad56-4cd4294f122f"), "1dee0500-…")` in Python.
pub(crate) const OUTLOOK_UUID: &str = "bb0b548c-8cd6-5475-b4e4-4eaad26261bc";

pub(crate) fn execution() -> Execution {
    let created = Timestamp::parse("2026-01-01T10:05:00Z").expect("a date");
    let mut execution = Execution::new(created);
    "run".clone_into(&mut execution.uuid);
    execution
}
