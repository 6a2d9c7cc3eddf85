//! `eql diff`: what two versions of a rule find differently.

mod support;

use std::fs;
use std::process::Output;

use serde_json::{Value, json};
use support::{eql, err, out, rule};

/// Compares two queries, bare.
fn diff(old: &str, new: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("old.eql"), old).expect("a rule");
    fs::write(folder.path().join("new.eql"), new).expect("a rule");
    eql(folder.path(), &[&["diff", "old.eql", "new.eql"], more].concat())
}

fn json_of(old: &str, new: &str) -> Value {
    let output = diff(old, new, &["--format", "json"]);
    serde_json::from_str(&out(&output)).unwrap_or_else(|_| panic!("{}", err(&output)))
}

#[test]
fn a_dropped_exclusion() {
    let old = r#"process where process.name : "a*" and not process.args == "-x""#;
    let output = diff(old, r#"process where process.name : "a*""#, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("only the old version matches: nothing found in "), "{text}");
    assert_eq!(lines[1], "only the new version matches:");
    assert!(lines[2].contains(r#""args":"-x""#), "{text}");
    assert_eq!(
        lines[3],
        r#"  the old version: excluded by `process.args == "-x"`: process.args is "-x""#
    );
}

#[test]
fn sequences() {
    const BASE: &str = r#"sequence by host.id with maxspan=1m [process where process.name == "a"] [file where file.name == "b"]"#;
    for (new, side, why) in [
        (BASE.replace("1m", "2m"), "only_new", "the `maxspan` of 1m is exceeded by 1 ms: "),
        (BASE.replace("by host.id ", ""), "only_new", "the join key host.id "),
        (
            BASE.replace("1m [", "1m ![any where event.code == \"1\"] ["),
            "only_old",
            "must be missing",
        ),
        (format!("{BASE} until [any where event.code == \"1\"]"), "only_old", "after `until`"),
        (BASE.replace("\"a\"]", "\"a\"] with runs=2"), "only_old", "there is no further event"),
        (BASE.replace("== \"b\"", ": \"b\""), "only_new", "only the case differs"),
    ] {
        let json = json_of(BASE, &new);
        assert!(json[side]["events"].is_array(), "{new}: {json}");
        assert!(json[side]["why"].to_string().contains(why), "{new}: {json}");
    }
}

#[test]
fn the_same_but_for_their_form() {
    let old = r#"process where not (process.name in ("a", "b") or process.pid == 1)"#;
    let new =
        r#"process where process.pid != 1 and process.name != "b" and not (process.name == "a")"#;
    let output = diff(old, new, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output), "queries: the same\n");
    assert_eq!(json_of(old, new)["same_form"], json!(true));
}

#[test]
fn no_difference_is_no_proof() {
    let old = r#"process where process.name : ("a*", "abc")"#;
    let output = diff(old, r#"process where process.name : "a*""#, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output).matches("nothing found in ").count(), 2, "{}", out(&output));
}

#[test]
fn metadata() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = rule("index = ['a-*', 'b-*']\nmax_signals = 50");
    let new = rule(
        "severity = 'high'\nrisk_score = 73\nindex = ['b-*', 'c-*']\nnote = 'More.'\ninterval = '10m'\n\
         query = 'process where process.pid == 1 | head 3'",
    );
    fs::write(folder.path().join("old.toml"), old).expect("a rule");
    fs::write(folder.path().join("new.toml"), new).expect("a rule");
    let output = eql(folder.path(), &["diff", "old.toml", "new.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    let facts: Vec<&str> = text.lines().take_while(|line| !line.starts_with("only")).collect();
    assert_eq!(
        facts,
        [
            "severity: low -> high",
            "risk_score: 21 -> 73",
            "interval: 5m -> 10m",
            "max_signals: 50 -> 100",
            r#"index: -"a-*" +"c-*""#,
            "note: another text",
            "pipes: none -> | head 3",
        ],
        "{}",
        err(&output)
    );
    let output = eql(folder.path(), &["diff", "old.toml", "old.toml"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output), "queries: the same\n");
}

#[test]
fn wrong_usage() {
    assert_eq!(diff("process where", "process where true", &[]).status.code(), Some(2));
    assert_eq!(diff("any where true", "any where true", &["--rule", "x"]).status.code(), Some(2));
}
