//! `explain` shows what a query is worth, part by part.

use eql_eval::{Context, Explanation, Value, explain};
use eql_grammar::ast::{Body, Dialect};
use eql_grammar::parser::parse;
use serde_json::{Value as Json, json};

/// Each part with its value, indented by depth, and the fields that it reads.
fn lines(text: &str, dialect: Dialect, event: &Json) -> Vec<String> {
    fn add(explanation: &Explanation, text: &str, depth: usize, lines: &mut Vec<String>) {
        let part = &text[explanation.span.range()];
        let mut line = format!("{}{part} => {}", "  ".repeat(depth), explanation.value);
        for (name, values) in &explanation.fields {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            line += &format!(" ({name}: {})", values.join(", "));
        }
        lines.push(line);
        for child in &explanation.children {
            add(child, text, depth + 1, lines);
        }
    }
    let query = parse(text, dialect).expect("the query parses");
    let Body::Event(query) = &query.body else { panic!("not an event query") };
    let mut found = Vec::new();
    for child in explain(query, event, &Context::default()).children {
        add(&child, text, 0, &mut found);
    }
    found
}

#[test]
fn a_leaf_shows_the_values_that_decide() {
    let event =
        json!({"event.category": "process", "process.args": ["abc", "a"], "process.pid": 7});
    let text = r#"process where length(process.args) < 2 and not process.pid + 1 == 9"#;
    assert_eq!(
        lines(text, Dialect::Elasticsearch, &event),
        [
            "process => true (event.category: process)",
            "length(process.args) < 2 and not process.pid + 1 == 9 => true",
            "  length(process.args) < 2 => true (process.args: abc, a)",
            "    length(process.args) => 1",
            "      process.args => a",
            "    2 => 2",
            "  not process.pid + 1 == 9 => true",
            "    process.pid + 1 == 9 => false (process.pid: 7)",
            "      process.pid + 1 => 8",
            "        process.pid => 7",
            "        1 => 1",
            "      9 => 9",
        ]
    );
}

#[test]
fn missing_fields_and_constants() {
    let text = r#"process where process.name != "a" or ?acme.nothing : "x""#;
    assert_eq!(
        lines(text, Dialect::Elasticsearch, &json!({})),
        [
            "process => false (event.category: )",
            r#"process.name != "a" or ?acme.nothing : "x" => true"#,
            r#"  process.name != "a" => true (process.name: )"#,
            "    process.name => null",
            r#"    "a" => a"#,
            r#"  ?acme.nothing : "x" => null"#,
        ]
    );
}

#[test]
fn what_makes_an_inequality_false() {
    let event = json!({"process.args": ["b", "a"]});
    let text = r#"any where process.args != "a""#;
    assert_eq!(
        lines(text, Dialect::Elasticsearch, &event)[1..],
        [
            r#"process.args != "a" => false (process.args: b, a)"#,
            "  process.args => a",
            r#"  "a" => a"#,
        ]
    );
}

#[test]
fn the_element_that_decides() {
    let event = json!({"process.thread.Ext.call_stack": [
        {"symbol_info": "x"},
        {"symbol_info": "y", "protection": "RWX"},
    ]});
    let text =
        r#"any where _arraysearch(process.thread.Ext.call_stack, $e, $e.symbol_info == "y")"#;
    assert_eq!(
        lines(text, Dialect::Endpoint, &event)[1..],
        [
            r#"_arraysearch(process.thread.Ext.call_stack, $e, $e.symbol_info == "y") => true"#,
            r#"  $e.symbol_info == "y" => true ($e.symbol_info: y)"#,
            "    $e.symbol_info => y",
            r#"    "y" => y"#,
        ]
    );
}
