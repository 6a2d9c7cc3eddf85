//! Elastic's rules through the whole compiler, where they are there.

mod support;

use serde_json::Value;
use support::{Batch, folder, json_lines};

/// A rule of the corpus as the file it was.
fn toml_text(rule: &Value) -> String {
    let mut table = serde_json::Map::new();
    table.insert("metadata".to_owned(), rule["metadata"].clone());
    table.insert("rule".to_owned(), rule["rule"].clone());
    if let Some(transform) = rule.get("transform") {
        table.insert("transform".to_owned(), transform.clone());
    }
    toml::to_string(&table).expect("a rule is TOML")
}

#[test]
fn every_rule_compiles_and_runs() {
    let Some(corpus) = folder("EQL_CORPUS") else { return };
    let rules = json_lines(&corpus.join("detection-rules.open.ndjson.zst"));
    let files: Vec<(String, String)> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (format!("r{at:04}.toml"), toml_text(rule)))
        .collect();
    let count = files.len();
    let started = std::time::Instant::now();
    let batch = Batch { name: "corpus".to_owned(), files, ..Batch::default() };
    let program = batch.build();
    println!("{count} rules built in {:?}", started.elapsed());
    let Some(data) = folder("EQL_DATA") else { return };
    let events = json_lines(&data.join("sample-5k.ndjson.zst"));
    let started = std::time::Instant::now();
    let alerts = program.run_all(&events);
    let fired = alerts.iter().filter(|alerts| !alerts.is_empty()).count();
    let total: usize = alerts.iter().map(Vec::len).sum();
    println!(
        "{fired} rules fired {total} times on {} events in {:?}",
        events.len(),
        started.elapsed()
    );
    assert_eq!(alerts.len(), count);
}
