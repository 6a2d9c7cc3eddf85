//! `eql explain`: rules in words, and why events match or not.

mod support;

use std::fs;
use std::path::Path;

use support::{eql, eql_with, err, out, rule};

/// A folder with a query in `r.eql` and events in `events.ndjson`.
fn folder(query: &str, events: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("r.eql"), query).expect("a rule");
    fs::write(folder.path().join("events.ndjson"), events.join("\n")).expect("events");
    folder
}

/// What is said of the events.
fn explained(query: &str, events: &[&str], more: &[&str]) -> String {
    let folder = folder(query, events);
    let mut args = vec!["explain", "r.eql", "--event", "events.ndjson"];
    args.extend(more);
    let output = eql(folder.path(), &args);
    assert!(output.status.success(), "{}", err(&output));
    out(&output)
}

/// The lines that say why.
fn why(query: &str, events: &[&str]) -> Vec<String> {
    let text = explained(query, events, &[]);
    let lines = text.lines().filter_map(|line| {
        line.strip_prefix("why: ").or_else(|| line.strip_prefix("and: ")).map(str::to_owned)
    });
    lines.collect()
}

const START: &str = r#"{"event": {"category": "process", "type": "start"}, "process": {"name": "notepad.exe", "args": ["a", "b"], "executable": "C:\\Windows\\notepad.exe"}}"#;

#[test]
fn a_rule_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = rule(
        r#"query = '''
sequence by host.id with maxspan=5m
  [process where event.type == "start" and not process.name : ("a*", "B.exe")] by ?process.entity_id with runs=2
  ![file where file.size >= 10 and (file.name == null or length(file.name) > 3)] by process.parent.entity_id
  [network where true] by process.parent.entity_id
  until [any where cidrMatch(source.ip, "10.0.0.0/8")] by process.entity_id
'''"#,
    );
    fs::write(folder.path().join("r.toml"), text).expect("a rule");
    let output = eql(folder.path(), &["explain", "r.toml"]);
    assert_eq!(
        out(&output),
        "\
A rule
r.toml:1, rule_id 1dee0500-4aeb-44ca-b24b-4a285d7b6ba1
severity low, risk score 21, runs every 5m over the last 6m

Matches a sequence of three events within 5 minutes, in this order:
  1. an event of the category `process`, 2 such events in a row, where all of these hold:
    - `event.type` is \"start\"
    - `process.name` is not \"B.exe\" and does not begin with \"a\", in any case
  2. in between, no event of the category `file` where all of these hold:
    - `file.size` is at least 10
    - at least one of these holds:
      - `file.name` has no value
      - the length of `file.name` is more than 3
  3. then an event of the category `network`.
All of them have the same `host.id`.
The same value stands in `process.entity_id` of event 1, `process.parent.entity_id` of event 2 and \
`process.parent.entity_id` of event 3.
An optional key may be absent in all of them.
Starts over when there is an event of any category first where `source.ip` is in the network \"10.0.0.0/8\".
What is said with “not”, “no” or “neither” also holds where the field is absent.

Fields
  @timestamp                date           Elastic Common Schema
  event.category            keyword        Elastic Common Schema
  event.type                keyword        Elastic Common Schema
  file.name                 keyword        Elastic Common Schema
  file.size                 long           Elastic Common Schema
  host.id                   keyword        Elastic Common Schema
  process.entity_id         keyword        Elastic Common Schema
  process.name              keyword        Elastic Common Schema
  process.parent.entity_id  keyword        Elastic Common Schema
  source.ip                 ip             Elastic Common Schema

Index, in a set of rules
  term 1: events of the category `process` and the type `start`; no guard, all of them are tested
  term 2: events of the category `file`; tested where `file.size` is there (about 30 % of them)
  term 3: events of the category `network`; no guard, all of them are tested
  until: events of any category; tested where `source.ip` is there (about 30 % of them)

Partition
  by host: one worker sees all events of a host
",
        "{}",
        err(&output)
    );
}

#[test]
fn a_rule_as_json() {
    let folder = folder(r#"process where ?acme.score == 1 or process.name : "a*""#, &[]);
    let output = eql(folder.path(), &["explain", "r.eql", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(json["partition"]["kind"], "Stateless");
    assert_eq!(json["index"][0]["categories"][0], "process");
    assert_eq!(json["fields"][0]["path"], "acme.score");
    assert_eq!(json["fields"][0]["from"], "not in the schema, so always absent");
    assert!(json["description"].as_array().expect("lines").len() >= 3, "{json}");
}

#[test]
fn the_code_is_that_of_the_macro() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../detections/rules");
    let name = "collection_suspicious_ipc_via_outlook";
    let output = eql(&rules, &["explain", &format!("{name}.toml"), "--code"]);
    let path = rules.join(format!("{name}.toml")).display().to_string();
    let args = format!("path = {path:?}").parse().expect("tokens");
    let item = format!("pub struct {};", eql_codegen::struct_name(name));
    let expanded = eql_codegen::expand_rule(args, item.parse().expect("tokens"));
    // The macro also says which file it read.
    let expanded = eql_codegen::pretty(&expanded);
    let (_, expanded) = expanded.split_once(";\n").expect("the file comes first");
    assert_eq!(out(&output).trim(), expanded.trim());
}

#[test]
fn a_condition_that_fails() {
    for (query, expected) in [
        (
            r#"process where process.name : "OUTLOOK.EXE""#,
            r#"`process.name : "OUTLOOK.EXE"` is false: process.name is "notepad.exe""#,
        ),
        (
            r#"process where process.name == "Notepad.exe""#,
            r#"`process.name == "Notepad.exe"` is false: process.name is "notepad.exe" (only the case differs)"#,
        ),
        (
            r#"process where process.parent.name : "a" and event.type == "start""#,
            r#"`process.parent.name : "a"` is false: process.parent.name is absent"#,
        ),
        (
            r#"process where ?acme.score == 1 and event.type == "start""#,
            r#"`?acme.score == 1 and event.type == "start"` is never true: acme.score is not in the schema, so `?acme.score` is always null"#,
        ),
        (
            r#"file where process.name : "n*""#,
            r#"the event is not of the category `file`: event.category is "process""#,
        ),
        (
            r#"process where not process.executable : ("?:\\Program Files\\*", "?:\\Windows\\*")"#,
            r#"excluded by `process.executable : "?:\\Windows\\*"` (an entry of a list of 2): process.executable is "C:\\Windows\\notepad.exe""#,
        ),
        (
            r#"process where process.args != "b""#,
            r#"`process.args != "b"` is false: process.args is ["a", "b"]"#,
        ),
        (
            r#"process where length(process.name) > 20"#,
            r#"`length(process.name) > 20` is false: length(process.name) is 11 and process.name is "notepad.exe""#,
        ),
        (
            r#"process where (process.name : "n*" and process.args == "x") or (process.name : "y" and process.args == "z")"#,
            r#"`process.args == "x"` is false: process.args is ["a", "b"]"#,
        ),
        (
            r#"process where process.name : "x" or process.name : "y""#,
            r#"none of the alternatives of `process.name : "x" or process.name : "y"` holds: process.name is "notepad.exe""#,
        ),
        (
            r#"process where not (process.name : "n*" and process.args == "b")"#,
            r#"excluded, since all of `process.name : "n*" and process.args == "b"` holds: process.name is "notepad.exe" and process.args is ["a", "b"]"#,
        ),
    ] {
        assert_eq!(why(query, &[START]), [expected], "{query}");
    }
    let two = r#"process where process.name : "x" and event.type == "end""#;
    assert_eq!(why(two, &[START]).len(), 2);
    assert_eq!(why("process where true", &[START]), [] as [&str; 0]);
}

#[test]
fn every_part_of_an_event_query() {
    let query = r#"process where process.name : ("x", "n*") and not (process.parent.name : "a" or process.args == "c")"#;
    assert_eq!(
        explained(query, &[START], &["--color", "never"]),
        r#"event 1 matches
  true    process                          event.category is "process"
  true    and
  true    ├ process.name : ("x", "n*")     process.name is "notepad.exe"; matches "n*"
  true    └ not
  false     └ or
  absent      ├ process.parent.name : "a"  process.parent.name is absent
  false       └ process.args == "c"        process.args is ["a", "b"]
"#
    );
}

#[test]
fn several_events_get_a_line_each() {
    let other = r#"{"event": {"category": "process"}, "process": {"name": "x"}}"#;
    let query = r#"process where process.name : "n*""#;
    let text = explained(query, &[START, other], &[]);
    assert_eq!(
        text,
        "event 1 matches\nevent 2 does not match: `process.name : \"n*\"` is false: process.name is \"x\"\n1 of 2 events match\n"
    );
    let text = explained(query, &[START, other], &["--number", "2"]);
    assert!(
        text.contains("\n  false   process.name : \"n*\"  process.name is \"x\"\nwhy: "),
        "{text}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&explained(query, &[START, other], &["--format", "json"]))
            .expect("JSON");
    assert_eq!(json["matched"], 1);
    assert_eq!(json["events"][1]["why"][0]["text"], r#"process.name : "n*""#);
    assert_eq!(json["events"][1]["why"][0]["fields"]["process.name"][0], "x");
}

/// An event of a host at a time of seconds.
fn at(seconds: f64, host: &str, name: &str) -> String {
    let millis = (seconds * 1000.0).round();
    format!(
        r#"{{"@timestamp": {millis}, "host": {{"id": "{host}"}}, "event": {{"category": "process"}}, "process": {{"name": "{name}"}}}}"#
    )
}

fn why_stream(query: &str, events: &[String]) -> Vec<String> {
    why(query, &events.iter().map(String::as_str).collect::<Vec<_>>())
}

const AB: &str = r#"sequence by host.id with maxspan=1s [process where process.name == "a"] [process where process.name == "b"]"#;

#[test]
fn a_sequence_that_is_not_found() {
    for (query, events, expected) in [
        (
            AB,
            vec![at(0.0, "h", "a"), at(1.001, "h", "b")],
            "the `maxspan` of 1s is exceeded by 1 ms: event 2 comes 1001 ms after event 1",
        ),
        (
            AB,
            vec![at(0.0, "h", "a"), at(1.0, "i", "b")],
            r#"term 2 waits; nearest is event 2: the join key host.id is "i", that of the others is "h""#,
        ),
        (
            AB,
            vec![at(0.0, "h", "b"), at(1.0, "h", "a")],
            "term 2 waits; nearest is event 1: it is not in order of time",
        ),
        (
            AB,
            vec![at(0.0, "h", "a"), at(0.5, "h", "c")],
            r#"term 2 waits; nearest is event 2: `process.name == "b"` is false: process.name is "c""#,
        ),
        (AB, vec![at(0.0, "h", "a")], "term 2 waits, and there is no further event"),
        (
            r#"sequence [process where process.name == "a"] [process where process.name == "b"] until [process where process.name == "u"]"#,
            vec![at(0.0, "h", "a"), at(1.0, "h", "u"), at(2.0, "h", "b")],
            "event 2 ended it, which the query after `until` takes",
        ),
        (
            r#"sequence with maxspan=9s [process where process.name == "a"] ![process where process.name == "m"] [process where process.name == "b"]"#,
            vec![at(0.0, "h", "a"), at(1.0, "h", "m"), at(2.0, "h", "b")],
            "event 2 is there, which term 2 says must be missing",
        ),
        (
            r#"sample by host.id [process where process.name == "a"] [process where process.name == "b"]"#,
            vec![at(0.0, "h", "c"), at(1.0, "h", "a")],
            r#"term 2 waits; nearest is event 1: `process.name == "b"` is false: process.name is "c""#,
        ),
    ] {
        assert_eq!(why_stream(query, &events), [expected], "{query}");
    }
}

#[test]
fn keys_and_what_was_found() {
    let events = [at(0.0, "h", "a"), at(0.1, "i", "a"), at(0.2, "h", "b"), at(5.0, "i", "b")];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    assert_eq!(
        explained(AB, &events, &[]),
        "\
found events 1, 3 with host.id \"h\"
not found: 1 of 2 events with host.id \"i\"
  term 1: event 2
why: the `maxspan` of 1s is exceeded by 3900 ms: event 4 comes 4900 ms after event 2
1 result in 4 events
"
    );
    let json: serde_json::Value =
        serde_json::from_str(&explained(AB, &events, &["--format", "json"])).expect("JSON");
    assert_eq!(json["found"][0]["events"], serde_json::json!([1, 3]));
    assert_eq!(json["keys"][1]["key"], serde_json::json!(["i"]));
    assert_eq!(json["keys"][1]["stages"][1]["event"], serde_json::Value::Null);
}

#[test]
fn events_without_a_time_are_passed_over_in_a_sequence() {
    let folder = folder(AB, &[r#"{"process": {"name": "a"}}"#]);
    let output = eql(folder.path(), &["explain", "r.eql", "--event", "events.ndjson"]);
    assert!(err(&output).contains("event 1 has no `@timestamp`"), "{}", err(&output));
}

#[test]
fn wrong_usage() {
    let folder = folder("process where true", &[START]);
    let run = |args: &[&str]| {
        let output = eql(folder.path(), args);
        (output.status.code(), err(&output))
    };
    let (code, message) = run(&["explain", "r.eql", "--event", "events.ndjson", "--number", "7"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("there is no event 7"), "{message}");
    let (code, _) = run(&["explain", "r.eql", "--event", "none.ndjson"]);
    assert_eq!(code, Some(2));
    let output = eql_with(folder.path(), &["explain", "r.eql", "--event", "-"], START);
    assert!(out(&output).starts_with("event 1 matches"), "{}", err(&output));
}

/// What the metadata asks of every event is part of the reason.
#[test]
fn systems_of_a_rule_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = rule("query = 'process where process.name == \"a\"'")
        + "[rule.endpoint]\nos_list = [\"linux\"]\n";
    fs::write(folder.path().join("r.toml"), text).expect("a rule");
    let event = |system: &str| {
        format!(
            r#"{{"event": {{"category": "process"}}, "process": {{"name": "a"}}, "host": {{"os": {{"type": "{system}"}}}}}}"#
        )
    };
    let args = ["explain", "r.toml", "--event", "-"];
    let said = out(&eql_with(folder.path(), &args, &event("windows")));
    assert!(
        said.contains(r#"`host.os.type in ("linux")` is false: host.os.type is "windows""#),
        "{said}"
    );
    let said = out(&eql_with(folder.path(), &args, &event("linux")));
    assert!(said.starts_with("event 1 matches"), "{said}");

    let witness = out(&eql(folder.path(), &["witness", "r.toml"]));
    assert!(witness.contains(r#""os":{"type":"linux"}"#), "{witness}");
}
