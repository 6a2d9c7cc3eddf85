//! Witnesses and near misses for the rules of Elastic's detection rules.

use std::path::Path;

use eql_eval::witness::{Witness, near_misses, witness};
use eql_eval::{Context, SampleOptions, run};
use eql_grammar::ast::{Dialect, Query};
use eql_grammar::parser::parse;

struct Rule {
    path: String,
    query: Query,
    cx: Context,
}

fn corpus() -> Option<Vec<Rule>> {
    let Ok(folder) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return None;
    };
    let path = Path::new(&folder).join("detection-rules.open.ndjson.zst");
    let file = std::fs::File::open(path).expect("the corpus opens");
    let text = std::io::read_to_string(zstd::Decoder::new(file).expect("the corpus is zstd"));
    let text = text.expect("the corpus is text");
    Some(text.lines().map(rule).collect())
}

fn rule(line: &str) -> Rule {
    let row: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
    let text = row["rule"]["query"].as_str().expect("a rule has a query");
    let mut cx = Context::default();
    if let Some(field) = row["rule"]["event_category_override"].as_str() {
        field.clone_into(&mut cx.category_field);
    }
    Rule {
        path: row["path"].as_str().expect("a rule has a path").to_owned(),
        query: parse(text, Dialect::Elasticsearch).expect("a rule parses"),
        cx,
    }
}

#[test]
fn nearly_every_rule_has_a_witness() {
    let Some(rules) = corpus() else { return };
    let mut without = Vec::new();
    for rule in &rules {
        match witness(&rule.query, &rule.cx) {
            Witness::Found(events) => {
                let found = run(&rule.query, &events, &rule.cx, SampleOptions::default());
                assert!(!found.is_empty(), "{}: the witness is not found", rule.path);
            }
            Witness::Impossible(reason) => without.push(format!("{}: {reason}", rule.path)),
            Witness::NotFound => without.push(format!("{}: not found", rule.path)),
        }
    }
    println!("{} of {} rules have no witness:\n{}", without.len(), rules.len(), without.join("\n"));
    assert!(rules.len() > 800);
    assert!(without.len() * 50 <= rules.len(), "more than 2 % of the rules have no witness");
}

#[test]
fn near_misses_are_not_found() {
    let Some(rules) = corpus() else { return };
    let mut total = 0;
    for rule in rules.iter().step_by(8) {
        for miss in near_misses(&rule.query, &rule.cx) {
            let found = run(&rule.query, &miss.events, &rule.cx, SampleOptions::default());
            assert!(found.is_empty(), "{}: {}", rule.path, miss.what);
            total += 1;
        }
    }
    println!("{total} near misses of {} rules", rules.len().div_ceil(8));
    assert!(total > 400, "only {total} near misses");
}
