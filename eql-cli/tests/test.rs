//! `eql test`, from the outside.

mod support;

use serde_json::Value;
use support::{eql, err, folder, out, rule};

const WORD: &str = "query = 'process where process.parent.name : \"winword.exe\"'";
const FIXTURE: &str = r#"
[[case]]
name = "Word starts a shell"
alerts = 1
events = ['{"event": {"category": ["process"]}, "process": {"name": "cmd.exe", "parent": {"name": "WINWORD.EXE"}}}']

[[case]]
name = "Explorer starts a shell"
alerts = 0
events_file = "explorer.ndjson"
"#;
const EXPLORER: &str =
    r#"{"event": {"category": ["process"]}, "process": {"parent": {"name": "explorer.exe"}}}"#;
const ENDPOINT: &str = "
[rule]
id = '5c0a3fbb-5d1c-4a17-8f0c-2b7a3b0f7c11'
name = 'A behaviour'
description = 'Says what.'
license = 'MIT'
version = '1.0.0'
os_list = ['linux']
query = 'process where process.pid == 1'
";

#[test]
fn fixtures_of_both_formats_pass() {
    let both = "[[case]]\nname = 'first process'\nalerts = true\n\
                events = [{ event.category = 'process', process.pid = 1, host.os.type = 'linux' }]\n\
                [[case]]\nname = 'of another system'\nalerts = 0\n\
                events = [{ event.category = 'process', process.pid = 1, host.os.type = 'windows' }]\n";
    let folder = folder(&[
        ("rules/word.toml", &rule(WORD)),
        ("rules/word.test.toml", FIXTURE),
        ("rules/explorer.ndjson", EXPLORER),
        ("rules/behaviour.toml", ENDPOINT),
        ("rules/tests/behaviour.test.toml", &format!("rule = '../behaviour.toml'\n{both}")),
    ]);
    for paths in [&["rules"][..], &["rules/word.toml", "rules/tests", "rules/word.test.toml"]] {
        let output = eql(folder.path(), &[&["test"], paths].concat());
        assert_eq!(
            (output.status.code(), out(&output).as_str()),
            (Some(0), ""),
            "{}",
            err(&output)
        );
        let summary = err(&output);
        assert!(summary.starts_with("4 cases of 2 fixtures run in "), "{summary}");
        assert!(summary.ends_with("s: 4 passed, 0 failed\n"), "{summary}");
    }
    let quiet = eql(folder.path(), &["test", "rules", "--quiet", "--require-fixtures"]);
    assert_eq!((quiet.status.code(), err(&quiet).as_str()), (Some(0), ""));
}

#[test]
fn what_fails_is_shown_with_the_reason() {
    let folder = folder(&[
        ("word.toml", &rule(WORD)),
        ("word.test.toml", &FIXTURE.replace("WINWORD", "excel")),
        ("explorer.ndjson", &EXPLORER.replace("explorer", "winword")),
    ]);
    let output = eql(folder.path(), &["test", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        out(&output),
        "\
FAIL ./word.test.toml:3: Word starts a shell
     expected 1 alert, found none
     event 1: `process.parent.name : \"winword.exe\"` is false: process.parent.name is \"excel.EXE\"
FAIL ./word.test.toml:8: Explorer starts a shell
     expected no alert, found 1
     event 1 matches: process.parent.name is \"winword.exe\"
"
    );
    assert!(err(&output).ends_with("0 passed, 2 failed\n"), "{}", err(&output));
    let colored = eql(folder.path(), &["test", ".", "--color", "always"]);
    assert!(out(&colored).starts_with("\u{1b}[1m\u{1b}[31mFAIL\u{1b}[0m "), "{}", out(&colored));

    let output = eql(folder.path(), &["test", ".", "--format", "json", "--filter", "EXPLORER"]);
    let line: Value = serde_json::from_str(&out(&output)).expect("one line of JSON");
    assert_eq!(
        line,
        serde_json::json!({
            "path": "./word.test.toml",
            "line": 8,
            "rule_id": "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1",
            "rule_name": "A rule",
            "case": "Explorer starts a shell",
            "expected": 0,
            "alerts": 1,
            "passed": false,
            "why": ["event 1 matches: process.parent.name is \"winword.exe\""],
        })
    );
}

#[test]
fn rules_without_a_fixture_are_counted() {
    let id = "rule_id = '5c0a3fbb-5d1c-4a17-8f0c-2b7a3b0f7c11'";
    let folder = folder(&[
        ("word.toml", &rule(WORD)),
        ("word.test.toml", FIXTURE),
        ("explorer.ndjson", EXPLORER),
        ("other.toml", &rule(id)),
        ("kuery.toml", &rule("type = 'query'\nlanguage = 'kuery'")),
    ]);
    let output = eql(folder.path(), &["test", "."]);
    assert_eq!(output.status.code(), Some(0));
    assert!(err(&output).ends_with("; 1 rule has no fixture\n"), "{}", err(&output));
    let output = eql(folder.path(), &["test", ".", "--require-fixtures"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out(&output), "FAIL ./other.toml: the rule has no fixture\n");
    let output = eql(folder.path(), &["test", ".", "--require-fixtures", "--format", "json"]);
    let last: Value =
        serde_json::from_str(out(&output).lines().last().expect("lines")).expect("JSON");
    assert_eq!(
        (&last["path"], &last["case"], &last["passed"]),
        (&"./other.toml".into(), &Value::Null, &false.into())
    );
    let output = eql(folder.path(), &["test", ".", "--require-fixtures", "--rule", "A rule"]);
    assert_eq!(output.status.code(), Some(1), "both have that name");
    let id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1";
    let output = eql(folder.path(), &["test", ".", "--require-fixtures", "--rule", id]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

#[test]
fn what_cannot_be_run_is_an_error() {
    let sequence = rule("query = 'sequence by host.id [process where true] [file where true]'");
    let case = "[[case]]\nname = 'x'\nalerts = 0\nevents = [{}]\n";
    let folder = folder(&[
        ("wrong/word.toml", &rule(WORD)),
        ("wrong/word.test.toml", &FIXTURE.replace("alerts", "alert")),
        ("sequence/word.toml", &sequence),
        ("sequence/word.test.toml", case),
        ("broken/word.toml", &rule("query = 'process where process.nmae == \"a\"'")),
        ("broken/word.test.toml", case),
        ("kuery/word.toml", &rule("type = 'query'\nlanguage = 'kuery'")),
        ("kuery/word.test.toml", case),
        ("orphan/word.test.toml", case),
        ("bare/word.toml", &rule(WORD)),
        ("none.txt", ""),
    ]);
    for (args, said) in [
        (&["wrong"][..], "did you mean `alerts`?"),
        (&["sequence"], "--> sequence/word.test.toml:4:11"),
        (&["broken"], "--> broken/word.toml:"),
        (&["kuery"], "`kuery/word.toml` has no EQL rule"),
        (&["orphan"], "there is no rule file `orphan/word.toml`"),
        (&["bare"], "no fixture was found"),
        (&["bare/word.toml"], "no fixture was found"),
        (&["bare", "--rule", "x"], "no fixture was found of a rule `x`"),
        (&["nowhere"], "cannot read `nowhere`"),
        (&["none.txt"], "no fixture was found"),
        (&["orphan", "--filter"], "a value is required"),
        (&[], "required"),
    ] {
        let output = eql(folder.path(), &[&["test"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(err(&output).contains(said), "{args:?}: {}", err(&output));
    }
}

#[test]
fn a_filter_that_no_case_has_is_an_error() {
    let folder = folder(&[
        ("word.toml", &rule(WORD)),
        ("word.test.toml", FIXTURE),
        ("explorer.ndjson", EXPLORER),
    ]);
    let output = eql(folder.path(), &["test", ".", "--filter", "macro"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("no case has `macro` in its name"), "{}", err(&output));
    let output = eql(folder.path(), &["test", ".", "--filter", "word STARTS"]);
    assert!(err(&output).starts_with("1 case of 1 fixture run in "), "{}", err(&output));
}

/// A shell's `rules/*.toml` names rules and fixtures alike.
#[test]
fn eql_check_passes_fixtures_over() {
    let folder = folder(&[
        ("word.toml", &rule(WORD)),
        ("word.test.toml", FIXTURE),
        ("explorer.ndjson", EXPLORER),
    ]);
    for paths in [&["."][..], &["word.toml", "word.test.toml"]] {
        let output = eql(folder.path(), &[&["check"], paths].concat());
        assert_eq!(output.status.code(), Some(0), "{}", out(&output));
        assert!(err(&output).starts_with("1 rule checked"), "{}", err(&output));
    }
    let output = eql(folder.path(), &["check", "word.test.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("no rule was found"), "{}", err(&output));
}
