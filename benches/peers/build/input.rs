//! Rules as files.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use eql_grammar::rule_file::is_fixture;
use serde_json::{Map, Value, json};

use crate::own::{self, Own};
use crate::rule_file::compile;

/// Our own rules, and those of the folder.
pub fn own(folder: &Path) -> Vec<String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let own = own::rules().iter().map(file).collect();
    checked([folder_of(folder), own].concat())
}

/// Rules on another category than that of processes.
pub fn padding(count: usize) -> Vec<String> {
    checked(own::of_another_category(count).iter().map(file).collect())
}

/// Rules from a folder or from JSON lines.
pub fn load(path: &Path) -> Vec<String> {
    checked(if path.is_dir() { folder_of(path) } else { lines_of(path) })
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
            } else if path.extension().is_some_and(|extension| extension == "toml")
                && !is_fixture(&path)
            {
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
        "rule_id": format!("00000000-0000-4000-8000-{:012x}", hash(&rule.name)),
        "name": rule.name,
        "description": rule.name,
        "severity": "medium",
        "risk_score": 47,
        "type": "eql",
        "language": "eql",
        "query": rule.query,
    } }))
}

/// 48 bits of a text, the same in every build.
fn hash(text: &str) -> u64 {
    let mixed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mixed >> 16
}

/// The files that are EQL rules and compile, each id once.
fn checked(texts: Vec<String>) -> Vec<String> {
    let mut ids = HashSet::new();
    let count = texts.len();
    let rules: Vec<String> = texts
        .into_iter()
        .filter(|text| match compile(text) {
            Ok((id, _)) => ids.insert(id),
            Err(error) => {
                println!("cargo::warning={error}");
                false
            }
        })
        .collect();
    if rules.len() < count {
        let left_out = count - rules.len();
        println!(
            "cargo::warning={left_out} files are no EQL rules, do not compile or are there twice"
        );
    }
    rules
}
