//! Elastic's detection rules, where `EQL_CORPUS` says that they are.

use std::path::Path;

use eql_eval::Context;
use eql_grammar::ast::{Dialect, Query};
use eql_grammar::parser::parse;

/// A rule, as the evaluator takes it.
pub(crate) struct Rule {
    pub(crate) path: String,
    #[allow(dead_code, reason = "each test takes what it needs")]
    pub(crate) text: String,
    pub(crate) query: Query,
    pub(crate) cx: Context,
}

/// All rules; `None`, and a line that says so, where they are not there.
pub(crate) fn corpus() -> Option<Vec<Rule>> {
    let Ok(folder) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return None;
    };
    let path = Path::new(&folder).join("detection-rules.open.ndjson.zst");
    let file = std::fs::File::open(path).expect("the corpus opens");
    let text = std::io::read_to_string(zstd::Decoder::new(file).expect("the corpus is zstd"));
    Some(text.expect("the corpus is text").lines().map(rule).collect())
}

fn rule(line: &str) -> Rule {
    let row: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
    let text = row["rule"]["query"].as_str().expect("a rule has a query").to_owned();
    let mut cx = Context::default();
    if let Some(field) = row["rule"]["event_category_override"].as_str() {
        field.clone_into(&mut cx.category_field);
    }
    Rule {
        path: row["path"].as_str().expect("a rule has a path").to_owned(),
        query: parse(&text, Dialect::Elasticsearch).expect("a rule parses"),
        text,
        cx,
    }
}
