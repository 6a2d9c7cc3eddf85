//! The rules on a working day of three hosts, through the ready-made sensor.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn day() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/outlook.ndjson")
}

fn events() -> Vec<Value> {
    let text = std::fs::read_to_string(day()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sensor() -> Command {
    let mut sensor = Command::new(env!("CARGO_BIN_EXE_eql-sensor"));
    sensor.env("NO_COLOR", "1");
    sensor
}

fn hunt(args: &[&str]) -> Output {
    sensor().arg("hunt").arg(day()).args(args).output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// What the events say of themselves: the ids of those that the rule is to fire on, or not.
fn expected(of: &str) -> Vec<String> {
    let events = events();
    let labelled = events.iter().filter(|event| event["labels"]["expect"] == of);
    labelled.map(|event| event["event"]["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn it_fires_exactly_where_the_day_says() {
    let output = hunt(&["--now", "2026-03-02T18:00:00Z", "--rule", "*Inter-Process*"]);
    let alerts: Vec<Value> =
        text(output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fired: Vec<_> = alerts
        .iter()
        .map(|alert| alert["kibana.alert.ancestors"][0]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(fired, expected("alert"));
    assert_eq!((fired.len(), expected("no alert").len()), (3, 6));
    for alert in &alerts {
        assert_eq!(alert["@timestamp"], "2026-03-02T18:00:00.000Z");
        assert_eq!(alert["event.kind"], "signal");
        assert_eq!(alert["kibana.alert.rule.rule_id"], "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1");
        assert_eq!(
            alert["kibana.alert.ancestors"][0]["index"],
            "logs-endpoint.events.process-default"
        );
    }
}

#[test]
fn the_report_says_what_happened() {
    let output = hunt(&["--format", "text"]);
    let report = text(output.stdout);
    let parts: Vec<_> = report.split("\n\n").collect();
    assert_eq!(parts.len(), 4);
    let id = &expected("alert")[0];
    assert_eq!(
        parts[0],
        format!(
            "\
medium 47  Suspicious Inter-Process Communication via Outlook
  when    2026-03-02T10:22:47.540Z
  host    WS-SAL-11
  user    p.okafor
  what    process event with process OUTLOOK.EXE, parent process svchost.exe, by p.okafor on WS-SAL-11 \
             created medium alert Suspicious Inter-Process Communication via Outlook.
  ATT&CK  T1114.001 T1559.001
  event   logs-endpoint.events.process-default {id}"
        )
    );
    let stages: Vec<_> = parts[1].lines().filter(|line| line.contains("stage")).collect();
    assert!(parts[1].starts_with("medium 47  Outlook Started on Behalf of a New Process\n  host"));
    assert_eq!(
        stages,
        ["  stage 1 2026-03-02T10:22:24.850Z", "  stage 2 2026-03-02T10:22:47.540Z"]
    );
    assert!(parts[1].ends_with(id.as_str()), "{}", parts[1]);
    let summary = text(output.stderr);
    assert!(summary.starts_with("files      1\nevents     382 (831.42 kB in "), "{summary}");
    let alerts = "bad lines  0
alerts     4 from 2 of 2 rules
        3  medium    Suspicious Inter-Process Communication via Outlook
        1  medium    Outlook Started on Behalf of a New Process
";
    assert!(summary.ends_with(alerts), "{summary}");
}

#[test]
fn the_table_of_the_day_names_every_labelled_event() {
    let readme = std::fs::read_to_string(day().with_file_name("README.md")).unwrap();
    for of in ["alert", "no alert"] {
        for id in expected(of) {
            let row = readme.lines().find(|line| line.contains(&format!("`{id}`"))).unwrap();
            assert!(row.contains(&format!("| {of} |")), "{row}");
        }
    }
    assert_eq!(readme.matches("++++").count(), 9, "a row of the table is not in the data");
}

#[test]
fn every_file_is_compiled_in() {
    let compiled = text(sensor().args(["rules", "--json"]).output().unwrap().stdout);
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files = std::fs::read_dir(rules).unwrap().map(|entry| entry.unwrap().path());
    let is_rule = |path: &PathBuf| {
        path.extension() == Some("toml".as_ref()) && !eql_eval::fixture::is_fixture(path)
    };
    let files: Vec<_> = files.filter(is_rule).collect();
    assert_eq!(compiled.lines().count(), files.len());
    for file in files {
        let rule = std::fs::read_to_string(&file).unwrap();
        let id = rule.lines().find_map(|line| line.strip_prefix("rule_id = ")).unwrap();
        assert!(compiled.contains(&format!("\"rule_id\":{id}")), "{}", file.display());
    }
}

#[test]
fn the_metadata_is_that_of_the_file() {
    let output = sensor().args(["rules", "--json", "--rule", "1dee0500*"]).output().unwrap();
    let rule: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rule["severity"], "medium");
    assert_eq!(rule["risk_score"], 47);
    assert_eq!(rule["interval"], "5m");
    assert_eq!(rule["from"], "now-9m");
    assert_eq!(rule["max_signals"], 100);
    assert_eq!(rule["license"], "Elastic License v2");
    assert_eq!(rule["threat"][0]["tactic"]["name"], "Collection");
    assert_eq!(rule["threat"][0]["technique"][0]["subtechnique"][0]["id"], "T1114.001");
    assert_eq!(
        rule["threat"][1]["technique"][0]["subtechnique"][0]["reference"],
        "https://attack.mitre.org/techniques/T1559/001/"
    );
    let table = text(sensor().arg("rules").output().unwrap().stdout);
    let row = table.lines().nth(1).unwrap();
    assert!(row.starts_with("Suspicious Inter-Process Communication via Outlook  medium"), "{row}");
    assert!(row.ends_with("T1114.001 T1559.001  every 5m from now-9m"), "{row}");
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let code = |args: &[&str]| hunt(args).status.code();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on-alert"]), Some(1));
    assert_eq!(code(&["/nonexistent"]), Some(2));
    assert_eq!(code(&["--rule", "other"]), Some(2));
    let folder = tempfile::tempdir().unwrap();
    let spoiled = folder.path().join("spoiled.ndjson");
    std::fs::write(&spoiled, "{}\nno\n").unwrap();
    assert_eq!(code(&["--strict", spoiled.to_str().unwrap()]), Some(3));
}

/// More alerts than a pipe holds, whose reader goes away after the first.
#[test]
fn a_closed_pipe_ends_the_sensor_quietly() {
    let mut events = String::new();
    let line = events_that_fire();
    for number in 0..400 {
        events += &line.replace("ID", &number.to_string());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.ndjson");
    std::fs::write(&path, events).unwrap();
    let mut child = sensor()
        .arg("hunt")
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
    assert!(first.ends_with("}\n"));
}

fn events_that_fire() -> String {
    let event = serde_json::json!({
        "event": {"category": "process", "action": "start", "id": "ID"},
        "process": {"name": "outlook.exe", "Ext": {"effective_parent": {"name": "a.exe"}}},
    });
    event.to_string() + "\n"
}

/// Alerts of a live stream are written while it goes on.
#[test]
fn a_live_stream_is_answered_at_once() {
    let mut child = sensor()
        .args(["hunt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for id in ["1", "2"] {
        stdin.write_all(events_that_fire().replace("ID", id).as_bytes()).unwrap();
        stdin.flush().unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let alert: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(alert["kibana.alert.ancestors"][0]["id"], id);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
