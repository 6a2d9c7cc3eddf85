//! Every rule of Elastic's detection rules has metadata without errors, and its query is found
//! again.

use std::collections::BTreeMap;
use std::path::Path;

use eql_grammar::diag::{Code, Diagnostics, Level};
use eql_grammar::meta::{build, check};
use eql_grammar::rule_file::{RuleFile, parse_rule_file};
use eql_grammar::schema::Schema;
use eql_grammar::span::Span;
use serde_json::Value;

#[test]
fn every_rule_is_read_without_errors() {
    let Ok(folder) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return;
    };
    let file = Path::new(&folder).join("detection-rules.open.ndjson.zst");
    let file = std::fs::File::open(file).expect("the corpus can be opened");
    let decoder = zstd::Decoder::new(file).expect("the corpus is zstd");
    let text = std::io::read_to_string(decoder).expect("the corpus can be read");
    let (mut rules, mut failures, mut lints) = (0, Vec::new(), BTreeMap::<&str, usize>::new());
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("a line is JSON");
        let path = row["path"].as_str().expect("a path");
        let query = row["rule"]["query"].as_str().expect("a query");
        rules += 1;
        for written in files(&row) {
            match read(&written, query) {
                Ok(diags) => {
                    for diagnostic in diags.as_slice() {
                        *lints.entry(diagnostic.code.as_str()).or_default() += 1;
                    }
                }
                Err(diags) => failures.push(format!("{path}: {:#?}", diags.as_slice())),
            }
        }
    }
    println!("{rules} rules, each written {WAYS} ways: {lints:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(rules > 800, "only {rules} rules");
}

fn read(text: &str, query: &str) -> Result<Diagnostics, Diagnostics> {
    let file = parse_rule_file(text)?;
    assert_eq!(file.query.text, query);
    places(&file, text);
    let mut diags = file.warnings.clone();
    let meta = build(&file.raw, file.source(), &mut diags);
    check(&meta, &file.raw, Schema::builtin(), &mut diags);
    let errors =
        diags.as_slice().iter().filter(|d| d.level == Level::Error || d.code == Code::IgnoredKey);
    if errors.count() == 0 { Ok(diags) } else { Err(diags) }
}

/// Every word of the query stands in the file where the map says.
fn places(file: &RuleFile, text: &str) {
    let query = &file.query.text;
    for (at, word) in query.match_indices(|c: char| c.is_ascii_alphanumeric()) {
        let start = u32::try_from(at).expect("short");
        let place = file.query.map.span(Span::new(start, start + 1));
        assert_eq!(&text[place.range()], word);
    }
}

const WAYS: usize = 3;

/// The row as TOML: with strings on one line, with strings as the writer thinks pretty, and with
/// the query as a basic string of many lines that has escapes and backslashes at line ends.
fn files(row: &Value) -> [String; WAYS] {
    let mut table = row.clone();
    let object = table.as_object_mut().expect("a row is an object");
    object.remove("path");
    let plain = toml::to_string(&table).expect("TOML");
    let pretty = toml::to_string_pretty(&table).expect("TOML");
    let query = table["rule"]["query"].take();
    let rule = table["rule"].as_object_mut().expect("a table");
    rule.insert("query".to_owned(), Value::from("@query@"));
    let escaped = escape(query.as_str().expect("a string"));
    let written = toml::to_string(&table)
        .expect("TOML")
        .replace("\"@query@\"", &format!("\"\"\"\n{escaped}\"\"\""));
    [plain, pretty, written]
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let part = match c {
            '\\' => "\\\\".to_owned(),
            '"' => "\\\"".to_owned(),
            // A backslash at the end of a line takes the blanks of the next one with it.
            '\n' if chars.peek().is_some_and(|next| !next.is_whitespace()) => {
                "\\n\\\n      ".to_owned()
            }
            '\n' => "\\n".to_owned(),
            '\t' => "\\u0009".to_owned(),
            '\r' => "\\r".to_owned(),
            c if c.is_ascii() => c.to_string(),
            c => format!("\\U{:08X}", u32::from(c)),
        };
        escaped.push_str(&part);
    }
    escaped
}
