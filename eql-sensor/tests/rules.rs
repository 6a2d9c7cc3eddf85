//! `rules` and the help texts.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use eql_sensor::ExitCode;
use serde_json::json;
use support::sensor;

#[test]
fn the_table_has_one_line_a_rule() {
    let done = sensor(&[&"rules"]);
    assert_eq!(done.exit, ExitCode::Ok);
    assert_eq!(
        done.stdout,
        "\
NAME                     SEVERITY  RISK  ATT&CK     SCHEDULE
Mshta Started            medium      47  T1059.005  every 5m from now-9m
Connection to Port 4444  high        73             every 5m from now-9m
"
    );
    let done = sensor(&[&"rules", &"--min-severity", &"high"]);
    assert_eq!(done.stdout.lines().count(), 2);
}

#[test]
fn the_export_has_what_kibana_imports() {
    let done = sensor(&[&"rules", &"--json", &"--rule", &"Mshta*"]);
    let rules = done.alerts();
    assert_eq!(
        rules,
        [json!({
            "rule_id": "11111111-1111-4111-8111-111111111111",
            "name": "Mshta Started",
            "description": "A rule of a test.",
            "risk_score": 47,
            "severity": "medium",
            "type": "eql",
            "language": "eql",
            "query": "any where process.name == \"mshta.exe\"",
            "index": ["logs-*"],
            "interval": "5m",
            "from": "now-9m",
            "to": "now",
            "max_signals": 100,
            "version": 3,
            "author": ["eql"],
            "license": "MIT",
            "tags": ["Test"],
            "enabled": true,
            "required_fields": [{"name": "process.name", "type": "keyword"}],
            "threat": [{
                "framework": "MITRE ATT&CK",
                "tactic": {
                    "id": "TA0002",
                    "name": "Execution",
                    "reference": "https://attack.mitre.org/tactics/TA0002/",
                },
                "technique": [{
                    "id": "T1059",
                    "name": "Command and Scripting Interpreter",
                    "reference": "https://attack.mitre.org/techniques/T1059/",
                    "subtechnique": [{
                        "id": "T1059.005",
                        "name": "Visual Basic",
                        "reference": "https://attack.mitre.org/techniques/T1059/005/",
                    }],
                }],
            }],
        })]
    );
}

#[test]
fn help_teaches_by_examples() {
    let done = sensor(&[&"--help"]);
    assert_eq!(done.exit, ExitCode::Ok);
    assert!(done.stdout.contains("zstdcat a.zst | sensor hunt -"), "{}", done.stdout);
    let done = sensor(&[&"hunt", &"--help"]);
    for text in
        ["Exit codes:", "--fail-on-alert", "sensor hunt logs/ --format csv", "[default: 16M]"]
    {
        assert!(done.stdout.contains(text), "{text} is not in\n{}", done.stdout);
    }
    assert!(!done.stdout.contains('\u{1b}'), "no colours where there is no terminal");
    let done = sensor(&[&"hunt", &"--min-severity", &"severe"]);
    assert!(
        done.stderr.contains("possible values: low, medium, high, critical"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_sensor_without_rules_says_so() {
    let done = support::run_rules(vec![], &[&"hunt"], std::io::empty());
    assert_eq!(done.exit, ExitCode::Error);
    assert_eq!(done.stderr, "error: this sensor was built without rules\n");
}
