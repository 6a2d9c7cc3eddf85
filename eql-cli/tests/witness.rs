//! `eql witness`: events that a rule matches, and near misses.

mod support;

use std::fs;

use support::{eql, eql_with, err, out, rule};

const QUERY: &str = r#"sequence by host.id with maxspan=1s
  [process where process.name == "a" and process.args == """it's '''quoted'''"""]
  [file where file.name : "*.b"]"#;

fn folder(query: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = rule(&format!("query = {}", toml::Value::from(query)));
    fs::write(folder.path().join("r.toml"), text).expect("a rule");
    folder
}

#[test]
fn what_is_written_is_found() {
    let folder = folder(QUERY);
    let events = out(&eql(folder.path(), &["witness", "r.toml"]));
    assert_eq!(events.lines().count(), 2, "{events}");
    let explained = eql_with(folder.path(), &["explain", "r.toml", "--event", "-"], &events);
    assert!(out(&explained).starts_with("found events 1, 2"), "{}", out(&explained));
}

#[test]
fn near_misses_say_why() {
    let folder = folder(QUERY);
    let lines = out(&eql(folder.path(), &["witness", "r.toml", "--near-misses"]));
    let cases: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(cases[0]["alerts"], 1);
    assert!(cases.len() >= 7, "{lines}");
    for case in &cases[1..] {
        assert_eq!(case["alerts"], 0);
        assert_eq!(case["why"].as_array().map(Vec::len), Some(1), "{case}");
    }
}

#[test]
fn a_fixture_is_toml() {
    let folder = folder(QUERY);
    let args = ["witness", "r.toml", "--near-misses", "--format", "fixture", "-o"];
    let output = eql(folder.path(), &[&args[..], &["r.test.toml"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = fs::read_to_string(folder.path().join("r.test.toml")).expect("a file");
    let fixture: toml::Table = text.parse().expect("TOML");
    assert!(!fixture.contains_key("rule"), "the name of the file says it");
    let cases = fixture["case"].as_array().expect("cases");
    assert_eq!(cases[0]["alerts"].as_integer(), Some(1));
    assert!(cases.len() > 5);
    for case in cases {
        assert!(case["name"].is_str());
        for event in case["events"].as_array().expect("events") {
            let event = event.as_str().expect("a text");
            serde_json::from_str::<serde_json::Value>(event).expect("JSON");
        }
    }
    assert!(text.contains("# term 2 waits; nearest is event 2: "), "{text}");
    eql(folder.path(), &[&args[..], &["other.test.toml"]].concat());
    let text = fs::read_to_string(folder.path().join("other.test.toml")).expect("a file");
    let fixture: toml::Table = text.parse().expect("TOML");
    assert_eq!(fixture["rule"].as_str(), Some("r.toml"));
}

#[test]
fn a_rule_that_matches_nothing() {
    let folder = folder(r#"process where process.pid == 5 and process.pid == null"#);
    let output = eql(folder.path(), &["witness", "r.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("the rule matches nothing: "), "{}", err(&output));
    assert_eq!(out(&output), "");
}
