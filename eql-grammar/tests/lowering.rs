//! Lowering over other people's queries, where they are there.

use eql_grammar::ast::Dialect;
use eql_grammar::diag::{Diagnostics, Level};
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use eql_grammar::schema::Schema;

fn corpus() -> Option<Vec<serde_json::Value>> {
    let Some(folder) = std::env::var_os("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return None;
    };
    let path = std::path::Path::new(&folder).join("detection-rules.open.ndjson.zst");
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let text = zstd::decode_all(bytes.as_slice()).expect("the corpus is zstd");
    let text = String::from_utf8(text).expect("the corpus is UTF-8");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a rule a line")).collect())
}

#[test]
fn every_rule_of_the_corpus_lowers() {
    let Some(rules) = corpus() else { return };
    let mut failed = Vec::new();
    let mut lints = std::collections::BTreeMap::<_, usize>::new();
    for rule in &rules {
        let query = rule["rule"]["query"].as_str().expect("a query");
        let parsed = match parse(query, Dialect::Elasticsearch) {
            Ok(parsed) => parsed,
            Err(errors) => {
                failed.push(format!("{}: {:?}", rule["path"], errors.as_slice()));
                continue;
            }
        };
        let category = rule["rule"]["event_category_override"].as_str().unwrap_or("event.category");
        let options = Options {
            category_field: category,
            ..Options::new(Dialect::Elasticsearch, Schema::builtin())
        };
        let mut diags = Diagnostics::new();
        if lower(&parsed, &options, &mut diags).is_none() {
            let errors: Vec<_> = diags
                .as_slice()
                .iter()
                .filter(|diagnostic| diagnostic.level == Level::Error)
                .map(|diagnostic| format!("{} {}", diagnostic.code.as_str(), diagnostic.message))
                .collect();
            failed.push(format!("{}: {}", rule["path"], errors.join("; ")));
        }
        for diagnostic in diags.as_slice() {
            *lints.entry(diagnostic.code.as_str()).or_default() += 1;
        }
    }
    println!("{} rules, {lints:?}", rules.len());
    assert!(failed.is_empty(), "{} rules fail:\n{}", failed.len(), failed.join("\n"));
}
