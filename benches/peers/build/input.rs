//! Rules as files.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use eql_grammar::diag::Diagnostics;
use eql_grammar::hir::Query;
use eql_grammar::lower::{Options, lower};
use eql_grammar::meta::build;
use eql_grammar::parser::parse;
use eql_grammar::rule_file::parse_rule_file;
use eql_grammar::schema::Schema;
use serde_json::{Map, Value, json};

use crate::own::{self, Own};

/// A rule that compiles.
pub struct Rule {
    /// Name of its file, without `.toml`. The names are in the order of the rules.
    pub stem: String,
    /// The file.
    pub text: String,
    /// Its query.
    pub query: Query,
}

/// Our own rules, and those of the folder.
pub fn own(folder: &Path) -> Vec<Rule> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let own = own::rules().iter().map(file).collect();
    checked([folder_of(folder), own].concat(), "r")
}

/// Rules on another category than that of processes.
pub fn padding(count: usize) -> Vec<Rule> {
    checked(own::of_another_category(count).iter().map(file).collect(), "x")
}

/// Rules from a folder or from JSON lines.
pub fn load(path: &Path) -> Vec<Rule> {
    checked(if path.is_dir() { folder_of(path) } else { lines_of(path) }, "r")
}

fn folder_of(folder: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("EQL_BENCH_RULES: {}: {error}", folder.display()));
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect()
}

/// `{"metadata": {…}, "rule": {…}}`, one a line.
fn lines_of(path: &Path) -> Vec<String> {
    let file = fs::File::open(path)
        .unwrap_or_else(|error| panic!("EQL_BENCH_RULES: {}: {error}", path.display()));
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "zst") {
        let mut decoder = zstd::Decoder::new(file).expect("a zstd file");
        decoder.window_log_max(31).expect("the limit is one that zstd knows");
        decoder.read_to_string(&mut text).expect("a zstd file of text");
    } else {
        { file }.read_to_string(&mut text).expect("a file of text");
    }
    text.lines().map(|line| toml_of(&serde_json::from_str(line).expect("a rule a line"))).collect()
}

fn toml_of(rule: &Value) -> String {
    let mut table = Map::new();
    for key in ["metadata", "rule", "transform"] {
        if let Some(value) = rule.get(key) {
            table.insert(key.to_owned(), value.clone());
        }
    }
    toml::to_string(&table).expect("a rule is TOML")
}

fn file(rule: &Own) -> String {
    toml_of(&json!({ "rule": {
        "rule_id": rule.name.to_lowercase().replace(' ', "-"),
        "name": rule.name,
        "description": rule.name,
        "severity": "medium",
        "risk_score": 47,
        "type": "eql",
        "language": "eql",
        "query": rule.query,
    } }))
}

/// The files that are EQL rules and compile, each id once.
fn checked(texts: Vec<String>, prefix: &str) -> Vec<Rule> {
    let mut ids = HashSet::new();
    let mut rules = Vec::new();
    let mut left_out = 0;
    for text in texts {
        match query(&text) {
            Some((id, query)) if ids.insert(id.clone()) => {
                let stem = format!("{prefix}{:04}", rules.len());
                rules.push(Rule { stem, text, query });
            }
            _ => left_out += 1,
        }
    }
    if left_out > 0 {
        println!("cargo::warning={left_out} files are no EQL rules, do not compile or are there twice");
    }
    rules
}

/// The rule's id, or else its name, and its query.
fn query(text: &str) -> Option<(String, Query)> {
    let file = parse_rule_file(text).ok()?;
    let mut diags = Diagnostics::new();
    let meta = build(&file.raw, file.source(), &mut diags);
    let ast = parse(&file.query.text, file.dialect).ok()?;
    let defaults = Options::new(file.dialect, Schema::builtin());
    let options = Options {
        category_field: meta.event_category_override.as_deref().unwrap_or(defaults.category_field),
        timestamp_field: meta.timestamp_field.as_deref().unwrap_or(defaults.timestamp_field),
        tiebreaker_field: meta.tiebreaker_field.as_deref(),
        os_list: &file.os_list,
        ..defaults
    };
    let query = lower(&ast, &options, &mut diags)?;
    if diags.has_errors() {
        for diagnostic in diags.as_slice() {
            println!("cargo::warning={}: {}", meta.name, diagnostic.message);
        }
        return None;
    }
    Some((meta.rule_id.unwrap_or(meta.name), query))
}
