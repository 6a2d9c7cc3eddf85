//! The public query lists of Elasticsearch: what must parse, and what must not.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::PathBuf;

use eql_grammar::{
    ast::Dialect,
    diag::Code,
    parser::parse,
    report::{SourceText, render},
};

fn suite(file: &str) -> Option<String> {
    let Ok(folder) = std::env::var("EQL_SUITES") else {
        println!("skipped: EQL_SUITES is not set");
        return None;
    };
    Some(std::fs::read_to_string(PathBuf::from(folder).join(file)).unwrap())
}

/// The queries of a list: each ends with `;`, except behind a line that says so, where each line is one.
fn queries(text: &str) -> Vec<String> {
    const LINES_FROM: &str = "// optional fields";
    let (blocks, lines) = text.split_once(LINES_FROM).unwrap_or((text, ""));
    let mut queries = Vec::new();
    let mut query = String::new();
    let mut rest = blocks;
    while !rest.is_empty() {
        let length = lexeme(rest);
        match &rest[..length] {
            ";" => queries.push(std::mem::take(&mut query)),
            comment if comment.starts_with("//") || comment.starts_with("/*") => query.push(' '),
            other => query.push_str(other),
        }
        rest = &rest[length..];
    }
    queries.push(query);
    queries.extend(lines.lines().filter(|line| !line.starts_with("//")).map(str::to_owned));
    queries.retain(|query| !query.trim().is_empty());
    queries
}

/// The length of a comment, a string or a character.
fn lexeme(text: &str) -> usize {
    let until = |start: usize, end: &str| {
        text[start..].find(end).map_or(text.len(), |at| start + at + end.len())
    };
    let quoted = |quote: char| {
        let mut escaped = false;
        let end = text.char_indices().skip(1).find(|&(_, c)| {
            let end = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            end
        });
        end.map_or(text.len(), |(at, _)| at + 1)
    };
    if text.starts_with("//") {
        text.find('\n').unwrap_or(text.len())
    } else if text.starts_with("/*") {
        until(2, "*/")
    } else if text.starts_with("\"\"\"") {
        let close = until(3, "\"\"\"");
        close + text[close..].chars().take(2).take_while(|&c| c == '"').count()
    } else if text.starts_with('"') {
        quoted('"')
    } else if text.starts_with('\'') {
        quoted('\'')
    } else {
        text.chars().next().map_or(0, char::len_utf8)
    }
}

#[test]
fn supported_queries_parse_and_print_back() {
    let Some(text) = suite("queries-supported.eql") else { return };
    let queries = queries(&text);
    let mut joins = 0;
    for query in &queries {
        match parse(query, Dialect::Elasticsearch) {
            Ok(tree) => {
                let printed = tree.to_string();
                let again = parse(&printed, Dialect::Elasticsearch);
                assert_eq!(again.as_ref(), Ok(&tree), "{printed}");
            }
            // `join` is in the list because it parses there, only to be refused by the next step.
            Err(errors) => {
                let codes: Vec<Code> = errors.as_slice().iter().map(|error| error.code).collect();
                let shown = render(errors.as_slice(), &SourceText::new(None, query), false);
                assert_eq!(codes, [Code::JoinUnsupported], "{shown}");
                joins += 1;
            }
        }
    }
    println!("{} queries, {joins} of them a join", queries.len());
    assert!(queries.len() > 190, "only {} queries", queries.len());
}

#[test]
fn unsupported_queries_are_refused() {
    let Some(text) = suite("queries-unsupported.eql") else { return };
    let queries = queries(&text);
    for query in &queries {
        match parse(query, Dialect::Elasticsearch) {
            Ok(tree) => panic!("`{tree}` parses"),
            Err(errors) => assert!(!errors.is_empty(), "{query}"),
        }
    }
    assert!(queries.len() > 90, "only {} queries", queries.len());
}

#[test]
fn queries_with_results_parse_and_print_back() {
    let mut count = 0;
    for file in [
        "test_queries.toml",
        "additional_test_queries.toml",
        "test_queries_date.toml",
        "test_extra.toml",
        "test_missing_events.toml",
        "test_sample.toml",
        "test_sample_multi.toml",
    ] {
        let Some(text) = suite(file) else { return };
        // Some of the files are not strict TOML.
        for part in text.split("\nquery = ").skip(1) {
            let query = if let Some(rest) = part.strip_prefix("'''") {
                rest.split("'''").next().unwrap().to_owned()
            } else {
                let line = part.lines().next().unwrap();
                let table: toml::Table = format!("query = {line}").parse().unwrap();
                table["query"].as_str().unwrap().to_owned()
            };
            let tree = parse(&query, Dialect::Elasticsearch).unwrap_or_else(|errors| {
                panic!(
                    "{}",
                    render(&errors.into_sorted(), &SourceText::new(Some(file), &query), false)
                )
            });
            let printed = tree.to_string();
            assert_eq!(parse(&printed, Dialect::Elasticsearch), Ok(tree), "{printed}");
            count += 1;
        }
    }
    assert_eq!(count, 298);
}
