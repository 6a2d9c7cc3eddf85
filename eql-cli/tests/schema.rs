//! The JSON schema of rule files, which editors read: made from the compiler's own list of keys.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use eql_grammar::config::LintLevel;
use eql_grammar::diag::Code;
use eql_grammar::meta::{Form, KEYS, Required, Scope};
use eql_grammar::rule_file::is_fixture;
use serde_json::{Map, Value, json};
use support::{follows, rule};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rule.schema.json")
}

fn keys() -> Map<String, Value> {
    let mut properties = Map::new();
    for key in KEYS.iter().filter(|key| key.scope != Scope::Attributes) {
        let mut schema = match key.form {
            Form::Text => json!({ "type": "string" }),
            Form::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Form::Integer => json!({ "type": "integer" }),
            Form::Flag => json!({ "type": "boolean" }),
            Form::List => json!({ "type": "array" }),
            Form::Table => json!({ "type": "object" }),
        };
        let more = match key.name {
            "rule_id" => json!({ "format": "uuid" }),
            "severity" => json!({ "enum": ["low", "medium", "high", "critical"] }),
            "risk_score" => json!({ "minimum": 0, "maximum": 100 }),
            "max_signals" | "version" => json!({ "minimum": 1 }),
            "type" | "language" => json!({ "const": "eql" }),
            "building_block_type" => json!({ "const": "default" }),
            "interval" => json!({ "pattern": "^[0-9]+[smhd]$" }),
            "from" | "to" => json!({ "pattern": "^now([-+][0-9]*[smhHdw])*$" }),
            "references" => json!({ "items": { "type": "string", "pattern": "^https?://" } }),
            "threat" => json!({ "items": { "anyOf": [
                { "type": "string", "pattern": "^TA[0-9]{4}(/T[0-9]{4}([.][0-9]{3})?)?$" },
                { "type": "object", "required": ["tactic"] },
            ] } }),
            _ => json!({}),
        };
        let schema = schema.as_object_mut().expect("an object");
        schema.extend(more.as_object().expect("an object").clone());
        schema.insert("description".to_owned(), key.doc.into());
        if let Some(default) = key.default {
            let default = default.parse::<i64>().map_or_else(|_| default.into(), Value::from);
            schema.insert("default".to_owned(), default);
        }
        properties.insert(key.name.to_owned(), Value::Object(schema.clone()));
    }
    properties
}

fn schema() -> Value {
    let required: Vec<_> = KEYS
        .iter()
        .filter(|key| key.scope != Scope::Attributes && key.required != Required::No)
        .map(|key| key.name)
        .chain(["query"])
        .collect();
    let names: Vec<_> =
        Code::ALL.iter().filter_map(|code| code.lint_name()).chain(["warnings"]).collect();
    let lints = json!({ "type": "array", "items": { "enum": names } });
    let mut eql = Map::from_iter([(
        "dialect".to_owned(),
        json!({ "enum": ["elasticsearch", "endpoint"], "description": "Which EQL the query is in." }),
    )]);
    for level in LintLevel::ALL {
        eql.insert(level.as_str().to_owned(), lints.clone());
    }
    let text = json!({ "type": "string" });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "EQL detection rule",
        "description": "A rule file in the detection-rules TOML format, as `eql` reads it.",
        "type": "object",
        "required": ["rule"],
        "properties": {
            "metadata": {
                "type": "object",
                "properties": {
                    "creation_date": text, "updated_date": text, "maturity": text, "min_stack_version": text,
                    "integration": { "anyOf": [text, { "type": "array", "items": text }] },
                },
            },
            "rule": { "type": "object", "required": required, "properties": keys(), "additionalProperties": false },
            "eql": { "type": "object", "properties": eql, "additionalProperties": false },
            "transform": { "type": "object" },
        },
        "additionalProperties": false,
    })
}

#[test]
fn schema_is_that_of_the_keys() {
    let wanted = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
    if std::env::var_os("BLESS").is_some() {
        fs::write(path(), wanted).expect("a file to write");
        return;
    }
    let found = fs::read_to_string(path()).expect("the schema");
    assert!(found == wanted, "rule.schema.json is not up to date: BLESS=1 writes it anew");
}

#[test]
fn shipped_rules_follow_it_and_wrong_ones_do_not() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../detections/rules");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let table: toml::Table = text.parse().expect("TOML");
        let path = folder.path().join(name);
        fs::write(&path, serde_json::to_string(&table).expect("JSON")).expect("a file");
        path
    };
    let mut right = vec![write(
        "own.json",
        &(rule("threat = ['TA0009/T1114.001']") + "[eql]\nallow = ['slow_wildcard']"),
    )];
    for (number, entry) in walkdir::WalkDir::new(rules).into_iter().flatten().enumerate() {
        let is_toml = entry.path().extension().is_some_and(|end| end == "toml");
        if is_toml && !is_fixture(entry.path()) {
            let text = fs::read_to_string(entry.path()).expect("a rule");
            right.push(write(&format!("{number}.json"), &text));
        }
    }
    assert!(right.len() > 2);
    let Some(result) = follows(&path(), &right) else {
        println!("skipped: the Python package jsonschema is not here");
        return;
    };
    result.expect("the shipped rules follow the schema");
    for (lines, word) in [
        ("severity = 'urgent'", "severity"),
        ("risk_score = 101", "101"),
        ("risk_scor = 1", "risk_scor"),
        ("from = 'yesterday'", "yesterday"),
        ("threat = ['T1114']", "T1114"),
        ("[eql]\nallow = ['slow']", "slow"),
    ] {
        let wrong = write("wrong.json", &rule(lines));
        let said = follows(&path(), &[wrong]).expect("jsonschema").expect_err(lines);
        assert!(said.contains(word), "{lines}: {said}");
    }
}
