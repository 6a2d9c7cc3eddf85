//! `eql fmt` from the outside.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::fs;
use std::path::Path;

use eql_grammar::parser::parse;
use support::{corpus, corpus_toml, eql, eql_with, err, facts, out};

const BEFORE: &str = r#"# Licence.

# About the rule.
[rule] # here
version = 1 # one
query = 'process where process.name:"a.exe"and true // why'
tags = ['x', # first
    # second
    "y \"z\"",
]
# The title.
name = "A rule"
rule_id="one"
note = """
Kept \
   as it is."""
description = 'Says what.'
severity = 'low'
risk_score = 21
false_positives = [ "a rather long text that says when an alert may be wrong", "another one that is quite as long as the first one" ]
meta.b."c d" = { x = 1,y=[1,2] } # two
meta.a = 1_000

  [[rule.threat]]
  framework = "MITRE ATT&CK"
  [[rule.threat.technique]]
  reference = "https://attack.mitre.org/techniques/T1114/"
  id = "T1114"
  name = "Email Collection"
  [rule.threat.tactic]
  id = "TA0009"
  name = "Collection"
  reference = "https://attack.mitre.org/tactics/TA0009/"

[eql]
allow = []
[metadata]
maturity = "production"
# The end.
"#;

const AFTER: &str = r#"# Licence.

[metadata]
maturity = "production"

# About the rule.
[rule] # here
description = "Says what."
false_positives = [
    "a rather long text that says when an alert may be wrong",
    "another one that is quite as long as the first one",
]
meta.a = 1_000
meta.b."c d" = { x = 1, y = [1, 2] } # two
# The title.
name = "A rule"
note = """
Kept \
   as it is."""
risk_score = 21
rule_id = "one"
severity = "low"
tags = [
    "x", # first
    # second
    'y "z"',
]
version = 1 # one

query = '''
process where process.name : "a.exe" and true // why
'''

[[rule.threat]]
framework = "MITRE ATT&CK"

[rule.threat.tactic]
id = "TA0009"
name = "Collection"
reference = "https://attack.mitre.org/tactics/TA0009/"

[[rule.threat.technique]]
id = "T1114"
name = "Email Collection"
reference = "https://attack.mitre.org/techniques/T1114/"

[eql]
allow = []

# The end.
"#;

#[test]
fn files_are_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a.toml"), BEFORE).unwrap();
    fs::write(path("b.eql"), "any   where true").unwrap();
    for (passed_over, text) in [
        ("a.test.toml", "[rule]  "),
        ("Cargo.toml", "[rule]  "),
        ("c.ndjson", "{}  "),
        ("d.toml", "[other]  "),
    ] {
        fs::write(path(passed_over), text).unwrap();
    }
    let check = eql(folder.path(), &["fmt", ".", "--check"]);
    assert_eq!(check.status.code(), Some(1));
    assert_eq!(out(&check), "./a.toml\n./b.eql\n");
    assert_eq!(err(&check), "2 of 2 files not laid out\n");
    assert_eq!(fs::read_to_string(path("a.toml")).unwrap(), BEFORE);

    let output = eql(folder.path(), &["fmt", "."]);
    assert_eq!((output.status.code(), out(&output)), (Some(0), String::new()), "{}", err(&output));
    assert_eq!(err(&output), "2 of 2 files laid out\n");
    assert_eq!(fs::read_to_string(path("a.toml")).unwrap(), AFTER);
    assert_eq!(fs::read_to_string(path("b.eql")).unwrap(), "any where true\n");
    assert_eq!(facts(BEFORE).0, facts(AFTER).0);

    let check = eql(folder.path(), &["fmt", ".", "--check", "--quiet"]);
    assert_eq!(
        (check.status.code(), out(&check), err(&check)),
        (Some(0), String::new(), String::new())
    );
}

#[test]
fn standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let output = eql_with(folder.path(), &["fmt", "--stdin"], BEFORE);
    assert_eq!((output.status.code(), out(&output)), (Some(0), AFTER.to_owned()));
    let check = eql_with(folder.path(), &["fmt", "--stdin", "--check"], BEFORE);
    assert_eq!((check.status.code(), out(&check)), (Some(1), String::new()));
    let endpoint = "sequence [process where true] as a [file where $a.x == y]";
    let args = ["fmt", "--stdin", "--stdin-name", "a.eql", "--dialect", "endpoint"];
    let output = eql_with(folder.path(), &args, endpoint);
    assert_eq!(out(&output), "sequence\n  [process where true] as a\n  [file where $a.x == y]\n");
}

/// Files with errors, and rules in other languages, are left as they are.
#[test]
fn what_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, said, code) in [
        ("a.toml", "[rule]\nquery = 'process where pid ='", "the query is wrong", 1),
        ("b.toml", "[rule]\nname = 'x'", "no `query`", 1),
        ("c.toml", "[rule]\ntype = 'query'\nquery = 'a:b'", "0 of 1 files laid out", 0),
        ("d.ndjson", "{}", "only .toml and .eql files have a layout", 1),
        ("e.toml", "rule = { query = 'any where true' }", "must be a table with a header", 1),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let output = eql(folder.path(), &["fmt", name]);
        assert_eq!(output.status.code(), Some(code), "{name}: {}", err(&output));
        assert!(err(&output).contains(said), "{name}: {}", err(&output));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

/// The rule of ours that this repository ships. Elastic's stays as Elastic published it.
#[test]
fn the_shipped_rules() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../detections/rules");
    let output = eql(&rules, &["fmt", "--check", "."]);
    assert_eq!(out(&output), "./collection_suspicious_ipc_via_outlook.toml\n");
}

/// Every rule of the corpus says the same afterwards, and stays as it is the second time.
#[test]
fn the_corpus() {
    let Some(rows) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (number, row) in rows.iter().enumerate() {
        fs::write(folder.path().join(format!("{number:04}.toml")), corpus_toml(row)).unwrap();
    }
    let output = eql(folder.path(), &["fmt", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(
        err(&output).contains(&format!("of {} files laid out", rows.len())),
        "{}",
        err(&output)
    );
    for (number, row) in rows.iter().enumerate() {
        let text = fs::read_to_string(folder.path().join(format!("{number:04}.toml"))).unwrap();
        let mut after: toml::Table = toml::from_str(&text).unwrap();
        let mut before: toml::Table = toml::from_str(&corpus_toml(row)).unwrap();
        let query = |table: &mut toml::Table| {
            let rule = table["rule"].as_table_mut().unwrap();
            let query = rule.remove("query").unwrap();
            parse(query.as_str().unwrap(), eql_grammar::ast::Dialect::Elasticsearch).unwrap()
        };
        assert_eq!(query(&mut before), query(&mut after), "{text}");
        assert_eq!(before, after);
    }
    let check = eql(folder.path(), &["fmt", "--check", "."]);
    assert_eq!((check.status.code(), out(&check)), (Some(0), String::new()));
}
