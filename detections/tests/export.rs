//! `eql-sensor rules` and `eql export` write the same object of a rule.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;
use std::process::Command;

use eql_cli::convert::object;
use eql_grammar::attack;
use eql_grammar::config::Lints;
use eql_grammar::rule::{Settings, check_file};
use eql_grammar::rule_file::parse_rule_file;
use eql_grammar::schema::Schema;
use serde_json::Value;

#[test]
fn both_programs_export_alike() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_eql-sensor")).args(["rules", "--json"]).output().unwrap();
    let compiled = String::from_utf8(output.stdout).unwrap();
    let mut compiled: Vec<Value> =
        compiled.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let rules = files.filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".toml") && !name.ends_with(".test.toml")
    });
    let lints = Lints::default();
    let settings =
        Settings { schema: Schema::builtin(), lints: &lints, attack: attack::Version::default() };
    let mut written: Vec<Value> = rules
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let file = parse_rule_file(&text).unwrap();
            let rule = check_file(&file, &text, None, &settings).rule.unwrap();
            Value::Object(object(&rule, &file.query.text))
        })
        .collect();
    for list in [&mut compiled, &mut written] {
        list.sort_by_cached_key(|rule| rule["rule_id"].to_string());
    }
    assert!(written.len() >= 2);
    assert_eq!(compiled, written);
}
