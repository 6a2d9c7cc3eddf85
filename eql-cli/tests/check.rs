//! `eql check`, from the outside.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};
use support::{corpus_toml, eql, eql_with, err, folder, follows, out, rule};

fn found(output: &std::process::Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn codes(found: &[Value]) -> Vec<&str> {
    found.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}

const WIDE: &str = "query = 'process where process.name : (\"cmd*\", \"cmd.exe\")'";
const WRONG: &str = "query = 'process where process.nmae == \"a\"'";

#[test]
fn exit_codes() {
    let folder = folder(&[
        ("clean.toml", &rule("")),
        ("lint.toml", &rule(WIDE)),
        ("wrong.toml", &rule(WRONG)),
    ]);
    for (args, code) in [
        (&["check", "clean.toml"][..], 0),
        (&["check", "lint.toml"], 0),
        (&["check", "lint.toml", "--deny", "warnings"], 1),
        (&["check", "lint.toml", "-D", "shadowed_value"], 1),
        (&["check", "lint.toml", "-D", "warnings", "-A", "shadowed_value"], 0),
        (&["check", "wrong.toml"], 1),
        (&["check", "missing.toml"], 2),
        (&["check"], 2),
        (&["check", "clean.toml", "--deny", "shadowed"], 2),
        (&["check", "--format", "pdf", "clean.toml"], 2),
        (&["--version"], 0),
        (&["check", "--help"], 0),
    ] {
        let output = eql(folder.path(), args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", err(&output));
    }
}

#[test]
fn frames_and_summary() {
    let folder = folder(&[("wrong.toml", &rule(WRONG))]);
    let output = eql(folder.path(), &["check", "wrong.toml"]);
    let shown = out(&output);
    assert!(
        shown.starts_with("error[EQL-E101]: unknown field `process.nmae`\n --> wrong.toml:"),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "{shown}");
    let summary = err(&output);
    assert!(
        summary.starts_with("1 rule checked in ") && summary.contains("1 error, 0 warnings"),
        "{summary}"
    );
    assert!(summary.contains(" rules/s)"), "{summary}");
    let output = eql(folder.path(), &["check", "wrong.toml", "--quiet", "--color", "always"]);
    assert!(out(&output).contains('\u{1b}') && err(&output).is_empty());
}

/// Every kind of source says the same of the same query.
#[test]
fn all_kinds_of_sources() {
    let line = |id: &str, query: &str| {
        json!({
            "rule_id": id, "name": "A rule", "description": "Says what.", "severity": "low", "risk_score": 21,
            "type": "eql", "language": "eql", "query": query, "id": "kept by Kibana", "revision": 2, "from": null,
        })
        .to_string()
    };
    let query = "process where\n  process.nmae == \"a\\\\b\"";
    let ndjson = [
        line("4dee0500-4aeb-44ca-b24b-4a285d7b6ba1", "process where process.pid == 1"),
        line("2dee0500-4aeb-44ca-b24b-4a285d7b6ba1", query),
        json!({ "type": "query", "language": "kuery", "rule_id": "x", "query": "a:b", "severity": "low" }).to_string(),
        json!({ "exported_count": 3 }).to_string(),
    ]
    .join("\n");
    let endpoint = "[rule]\nname = 'A behaviour'\nid = '3dee0500-4aeb-44ca-b24b-4a285d7b6ba1'\nos_list = ['windows']\n\
                    query = 'process where process.nmae == \"a\"'\n";
    let folder = folder(&[
        ("pack/a.toml", &rule(WRONG)),
        ("pack/deep/b.eql", query),
        ("pack/c.ndjson", &ndjson),
        ("pack/d.toml", endpoint),
        ("pack/Cargo.toml", "[package]\nname = 'x'\n"),
        ("pack/other.toml", "[something]\nelse = 1\n"),
        ("pack/events.ndjson", "{\"event\":{\"category\":\"process\"}}\n"),
        ("pack/notes.md", "nothing"),
        ("pack/target/e.eql", "not EQL"),
    ]);
    let output = eql(folder.path(), &["check", "pack", "--format", "json"]);
    let found = found(&output);
    assert_eq!(codes(&found), ["EQL-E101"; 4], "{found:#?}");
    let place =
        |at: usize| (found[at]["path"].as_str().expect("a path"), &found[at]["range"]["start"]);
    assert_eq!(place(1).0, "pack/c.ndjson");
    assert_eq!(place(1).1["line"], 2);
    assert_eq!(place(3).0, "pack/deep/b.eql");
    assert_eq!(place(3).1, &json!({ "line": 2, "column": 3 }));
    assert!(err(&output).contains("5 rules checked"), "{}", err(&output));
    assert!(err(&output).contains("1 rule in other languages passed over"), "{}", err(&output));
    // The place in the line of JSON is that of the word.
    let (line, column) =
        (ndjson.lines().nth(1).expect("a line"), &found[1]["range"]["start"]["column"]);
    let column = usize::try_from(column.as_u64().expect("a number")).expect("small");
    assert!(line[column - 1..].starts_with("process.nmae"));
}

#[test]
fn an_id_of_two_rules() {
    let folder = folder(&[("a.toml", &rule("")), ("b.toml", &rule(""))]);
    let found = found(&eql(folder.path(), &["check", ".", "--format", "json"]));
    assert_eq!(codes(&found), ["EQL-E312"]);
    assert!(found[0]["path"].as_str().expect("a path").ends_with("b.toml"));
    assert!(found[0]["notes"][0].as_str().expect("a note").contains("a.toml"));
}

#[test]
fn levels_of_the_project_the_command_line_and_the_rule() {
    let allowed = rule(WIDE) + "[eql]\nallow = ['shadowed_value']\n";
    let folder = folder(&[
        (
            "eql.toml",
            "[lints]\nshadowed_value = 'deny'\n[fields]\n'acme.score' = 'long'\n[attack]\nversion = 19\n",
        ),
        ("rules/wide.toml", &rule(WIDE)),
        ("rules/allowed.toml", &allowed.replace("1dee", "2dee")),
        (
            "rules/own.toml",
            &rule("query = 'any where acme.score > 1'\nthreat = ['TA0005/T1562.001']")
                .replace("1dee", "3dee"),
        ),
    ]);
    let check = |more: &[&str]| {
        let args = [&["check", "rules", "--format", "json"], more].concat();
        let found = found(&eql(folder.path(), &args));
        let said =
            |finding: &Value| format!("{} {}", finding["level"], finding["code"]).replace('"', "");
        found.iter().map(said).collect::<Vec<_>>()
    };
    assert_eq!(check(&[]), ["warning revoked_technique", "error shadowed_value"]);
    assert_eq!(
        check(&["-W", "shadowed_value", "-A", "revoked_technique"]),
        ["warning shadowed_value"]
    );
    fs::write(folder.path().join("other.toml"), "[lints]\nslow_wildcards = 'deny'\n")
        .expect("a file");
    let other = check(&["--config", "other.toml"]);
    assert_eq!(other, ["error EQL-E311", "error EQL-E101", "warning shadowed_value"]);
}

#[test]
fn fixes_are_applied_once() {
    let query = r#"process where process.name : ("a*", "ab", "ab", "b") and container.id : "*" and process.name not : "x""#;
    let escaped = query.replace('"', "\\\"");
    let toml =
        rule(&format!("query = '{query}'\ntags = ['Domain: Endpoint']\nthreat = ['TA0009']"));
    let basic = rule(&format!("query = \"{escaped}\"")).replace("1dee", "2dee");
    let ndjson = json!({
        "rule_id": "3dee0500-4aeb-44ca-b24b-4a285d7b6ba1", "name": "A rule", "description": "Says what.",
        "severity": "low", "risk_score": 21, "query": "process where process.name : (\"a\", \"A\")",
    });
    let folder = folder(&[
        ("a.toml", &toml),
        ("b.toml", &basic),
        ("c.ndjson", &ndjson.to_string()),
        (
            "d.eql",
            "process where process.nmae == \"a\" and file.hash.md5 == \"9F86D081884C7D659A2FEAA0C55AD015\"",
        ),
    ]);
    let output = eql(folder.path(), &["check", ".", "--fix", "--format", "json"]);
    assert_eq!(out(&output), "", "{}", err(&output));
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    let fixed = r#"process where process.name : ("a*", "b") and container.id != null and not process.name : "x""#;
    assert!(text("a.toml").contains(&format!("query = '{fixed}'")), "{}", text("a.toml"));
    assert!(text("a.toml").contains("\"Tactic: Collection\""), "{}", text("a.toml"));
    assert!(text("b.toml").contains(&fixed.replace('"', "\\\"")), "{}", text("b.toml"));
    assert!(text("c.ndjson").contains(r#"process.name : (\"a\")"#), "{}", text("c.ndjson"));
    assert!(text("d.eql").starts_with("process where process.name == \"a\""), "{}", text("d.eql"));
    assert!(text("d.eql").contains("9f86d081884c7d659a2feaa0c55ad015"));
    let before: Vec<String> = ["a.toml", "b.toml", "c.ndjson", "d.eql"].map(text).into();
    let output = eql(folder.path(), &["check", ".", "--fix"]);
    assert!(!err(&output).contains("applied"), "{}", err(&output));
    assert_eq!(["a.toml", "b.toml", "c.ndjson", "d.eql"].map(text).to_vec(), before);
}

#[test]
fn standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let args =
        ["check", "--stdin", "--stdin-name", "rules/new.toml", "--format", "json", "--quiet"];
    let started = Instant::now();
    let output = eql_with(folder.path(), &args, &rule(WRONG));
    println!("one rule on standard input: {:?}", started.elapsed());
    let found = found(&output);
    assert_eq!((codes(&found), output.status.code()), (vec!["EQL-E101"], Some(1)));
    assert_eq!(found[0]["path"], "rules/new.toml");
    assert_eq!(found[0]["patch"]["replacement"], "process.name");
    let output = eql_with(folder.path(), &["check", "--stdin", "--stdin-name", "a.txt"], "x");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn annotations_of_github() {
    let folder = folder(&[("a,b.toml", &rule(WRONG))]);
    let shown = out(&eql(folder.path(), &["check", "a,b.toml", "--format", "github"]));
    let wanted = "::error file=a%2Cb.toml,line=7,endLine=7,col=24,endColumn=36,title=EQL-E101::unknown field `process.nmae`%0A";
    assert!(shown.starts_with(wanted), "{shown}");
    assert_eq!(shown.lines().count(), 1);
}

/// The schema as the crate `serde-sarif` ships it, where cargo has fetched that, or where `EQL_SARIF_SCHEMA` says.
fn sarif_schema() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("EQL_SARIF_SCHEMA") {
        return Some(path.into());
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
    let sources = fs::read_dir(home.join("registry/src")).ok()?;
    let crates = sources.flatten().filter_map(|index| fs::read_dir(index.path()).ok()).flatten();
    let ours = |path: &PathBuf| {
        path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("serde-sarif-"))
    };
    let found = crates.flatten().map(|entry| entry.path()).find(ours)?;
    Some(found.join("src/schema.json")).filter(|path| path.is_file())
}

#[test]
fn sarif() {
    let query = "query = 'process where process.name : \"cmd*\" and process.name == \"cmd.exe\" and container.id : \"*\"'";
    let folder =
        folder(&[("a b.toml", &rule(query)), ("wrong.toml", &rule(WRONG).replace("1dee", "2dee"))]);
    let output = eql(folder.path(), &["check", ".", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&out(&output)).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let ids: Vec<_> =
        results.iter().map(|result| result["ruleId"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["implied_condition", "presence_by_wildcard", "EQL-E101"]);
    for result in results {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    assert_eq!(
        results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "a%20b.toml"
    );
    let Some(schema) = sarif_schema() else {
        println!(
            "skipped: the schema of SARIF is not here; set EQL_SARIF_SCHEMA, or `cargo fetch` the crate serde-sarif"
        );
        return;
    };
    let file = folder.path().join("log.json");
    fs::write(&file, out(&output)).expect("a file");
    match follows(&schema, &[file]) {
        Some(result) => result.expect("the log follows the schema"),
        None => println!("skipped: the Python package jsonschema is not here"),
    }
}

#[test]
fn completions_and_manual() {
    let here = Path::new(".");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = out(&eql(here, &["completions", shell]));
        assert!(script.contains("--stdin-name") || script.contains("stdin-name"), "{shell}");
    }
    let page = out(&eql(here, &["man"]));
    assert!(page.contains(".TH eql 1") && page.contains("stdin\\-name"), "{page}");
}

#[test]
fn cargo_finds_it() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-eql"))
        .args(["eql", "check", "missing.toml"])
        .output()
        .expect("`cargo-eql` runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("missing.toml"));
}

/// The corpus as files, and as one export of Kibana.
#[test]
fn corpus() {
    let Some(rows) = support::corpus() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        lines.push(row["rule"].to_string());
        fs::write(folder.path().join(format!("{number:04}.toml")), corpus_toml(row))
            .expect("a file");
    }
    let export = tempfile::tempdir().expect("a folder");
    fs::write(export.path().join("rules.ndjson"), lines.join("\n")).expect("a file");
    let count = |folder: &Path| {
        let output = eql(folder, &["check", ".", "--format", "json"]);
        println!("{}", err(&output));
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for finding in found(&output) {
            *counts.entry(finding["code"].as_str().expect("a code").to_owned()).or_default() += 1;
        }
        counts
    };
    let counts = count(folder.path());
    println!("{counts:?}");
    assert_eq!(counts, count(export.path()));
    assert!(counts.keys().all(|code| !code.starts_with("EQL-E")), "{counts:?}");
    assert_eq!(counts["revoked_technique"], 2);
    assert!(
        counts["lookback_shorter_than_maxspan"] >= 19 && counts["duplicate_value"] > 50,
        "{counts:?}"
    );
}
