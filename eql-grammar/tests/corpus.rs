//! Every rule of Elastic's detection rules parses, and what is printed parses to the same tree.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;

use eql_grammar::{ast::Dialect, parser::parse};

#[test]
fn every_rule_parses_and_prints_back() {
    let Ok(folder) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return;
    };
    let file =
        std::fs::File::open(Path::new(&folder).join("detection-rules.open.ndjson.zst")).unwrap();
    let text = std::io::read_to_string(zstd::Decoder::new(file).unwrap()).unwrap();
    let mut rules = 0;
    let mut failures = Vec::new();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let (path, query) = (row["path"].as_str().unwrap(), row["rule"]["query"].as_str().unwrap());
        rules += 1;
        match parse(query, Dialect::Elasticsearch) {
            Ok(tree) => {
                let printed = tree.to_string();
                match parse(&printed, Dialect::Elasticsearch) {
                    Ok(again) if again == tree => assert_eq!(again.to_string(), printed, "{path}"),
                    Ok(_) => failures.push(format!("{path}: another tree from\n{printed}")),
                    Err(errors) => {
                        failures.push(format!("{path}: {:#?} in\n{printed}", errors.as_slice()));
                    }
                }
            }
            Err(errors) => failures.push(format!("{path}: {:#?}", errors.as_slice())),
        }
    }
    assert!(failures.is_empty(), "{} of {rules} rules:\n{}", failures.len(), failures.join("\n"));
    assert!(rules > 800, "only {rules} rules");
}
