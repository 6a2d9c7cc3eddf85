//! What is said of queries and events.

mod corpus;

use std::collections::VecDeque;

use eql_eval::witness::{Witness, near_misses, witness};
use eql_eval::words::Words;
use eql_eval::{Context, Explanation, Value, explain, explain_last};
use eql_grammar::ast::{Body, Category, Dialect, EventQuery, Expr, Query};
use eql_grammar::parser::parse;
use eql_grammar::span::{Span, Spanned};
use serde_json::{Value as Json, json};

use corpus::corpus;

fn words(text: &str, dialect: Dialect) -> Words {
    let query = parse(text, dialect).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
    Words::new(query, dialect, Context::default())
}

fn explained(words: &Words, event: &Json) -> Explanation {
    let Body::Event(query) = &words.query().body else { panic!("no event query") };
    explain(query, event, words.context())
}

fn event_queries(query: &Query) -> Vec<&EventQuery> {
    match &query.body {
        Body::Event(query) => vec![query],
        Body::Sequence(sequence) => {
            sequence.terms.iter().chain(&sequence.until).map(|term| &term.query).collect()
        }
        Body::Sample(sample) => sample.terms.iter().map(|term| &term.query).collect(),
    }
}

/// The query is the one that was given, and each condition in it has its text.
fn check_places(given: &Query, dialect: Dialect) {
    let words = Words::new(given.clone(), dialect, Context::default());
    assert_eq!(words.query(), given);
    let mut left: VecDeque<&Spanned<Expr>> = VecDeque::new();
    for query in event_queries(words.query()) {
        assert_eq!(words.at(query.category.span), query.category.node.to_string(), "{given}");
        left.push_back(&query.condition);
    }
    while let Some(expr) = left.pop_front() {
        assert_eq!(words.at(expr.span), expr.node.to_string(), "{given}");
        match &expr.node {
            Expr::Not(inner) => left.push_back(inner),
            Expr::And(list) | Expr::Or(list) => left.extend(list),
            _ => {}
        }
    }
}

const LEAVES: [&str; 9] = [
    "true",
    r#"process.name == "a\"b\\\n\t""#,
    "?`process.odd name` != null",
    r#"process.name : ("a*", "?b", "{}[]()|")"#,
    r#"process.pid in (1, -2, 3 + process.pid % 4)"#,
    r#"not cidrMatch(source.ip, "10.0.0.0/8", "::1/128")"#,
    r#"endsWith~(process.name, "x") == false"#,
    r#"process.name regex~ ("a.*", """b"c""")"#,
    r#"file.size / 2.5 >= -process.pid * (1 - 2)"#,
];

#[test]
fn every_condition_has_its_text() {
    let leaf = |text: &str| {
        let query = parse(&format!("any where {text}"), Dialect::Elasticsearch);
        match query.unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")).body {
            Body::Event(query) => query.condition.node,
            _ => panic!("no event query"),
        }
    };
    let at = |node: &Expr| Spanned::new(node.clone(), Span::default());
    // All pairs of leaves, and all pairs of those of two neighbours.
    let leaves = LEAVES.map(leaf);
    let combined = |parts: &[Expr], with: &dyn Fn(usize, usize) -> bool| {
        let mut all: Vec<Expr> = parts.iter().map(|part| Expr::Not(Box::new(at(part)))).collect();
        for (nth, left) in parts.iter().enumerate() {
            for right in parts.iter().enumerate().filter(|(other, _)| with(nth, *other)) {
                let both = vec![at(left), at(right.1)];
                all.extend([Expr::And(both.clone()), Expr::Or(both)]);
            }
        }
        all
    };
    let mut all = combined(&leaves, &|_, _| true);
    let some = combined(&leaves, &|left, right| left + 1 == right);
    all.extend(combined(&some, &|_, _| true));
    assert!(all.len() > 1_000, "{}", all.len());
    for condition in all {
        let category = Spanned::new(Category::Named("odd category".to_owned()), Span::default());
        let body = Body::Event(EventQuery { category, condition: at(&condition) });
        check_places(&Query { body, pipes: Vec::new() }, Dialect::Elasticsearch);
    }
    let endpoint = r#"sequence by a.b with maxspan=1m
        [process where descendant of [process where process.name : ("a", "b")]] as p
        [file where _arraysearch(a.c, $x, $x.y == 1 and $x.z : "q*") and a.b == p.process.pid]
        until [any where true] | tail 3"#;
    check_places(&parse(endpoint, Dialect::Endpoint).expect("it parses"), Dialect::Endpoint);
}

#[test]
fn every_condition_of_the_corpus_has_its_text() {
    for rule in corpus().into_iter().flatten() {
        check_places(&rule.query, Dialect::Elasticsearch);
    }
}

#[test]
fn something_is_said_of_every_witness_and_near_miss() {
    let Some(rules) = corpus() else { return };
    let step = if cfg!(debug_assertions) { 20 } else { 1 };
    for rule in rules.into_iter().step_by(step) {
        let words = Words::new(rule.query, Dialect::Elasticsearch, rule.cx);
        let mut said = Vec::new();
        for miss in near_misses(words.query(), words.context()) {
            let why = words.why_not(&miss.events);
            assert!(!why.is_empty(), "{}: {}", rule.path, miss.what);
            said.extend(why);
        }
        if let (Body::Event(query), Witness::Found(events)) =
            (&words.query().body, witness(words.query(), words.context()))
        {
            let sources: Vec<&Json> = events.iter().map(|event| &event.source).collect();
            let why = explain_last(query, &sources, words.context()).expect("an event");
            assert_eq!((&why.value, words.reasons(&why)), (&Value::Bool(true), Vec::new()));
            said.push(words.matched(&why));
        }
        for said in said {
            assert!(!said.is_empty() && !said.contains("`…`"), "{}: {said}", rule.path);
        }
    }
}

#[test]
fn what_matches_is_said_with_what_it_matched() {
    for (text, event, expected) in [
        (
            r#"process where process.args : ("-x*", "y")"#,
            json!({"process": {"args": ["a", "-X1"]}}),
            r#"process.args is ["a", "-X1"], of which "-X1" matches (by "-x*")"#,
        ),
        (
            r#"process where process.name : ("A", "b") and process.pid in (1, 2)"#,
            json!({"process": {"name": "a", "pid": 2}}),
            r#"process.name is "a" and process.pid is 2"#,
        ),
        (
            r#"process where process.name == "a" or process.name : "b" or process.pid == 1"#,
            json!({"process": {"name": "b", "pid": 1}}),
            r#"process.name is "b""#,
        ),
        (
            r#"process where length(process.name) > 2"#,
            json!({"process": {"name": "abc"}}),
            r#"length(process.name) is 3 and process.name is "abc""#,
        ),
        (
            r#"process where process.name != null and not (user.name == "A" and user.id : "0") and not user.domain == "x""#,
            json!({"process": {"name": "abc"}, "user": {"name": "a", "domain": "y"}}),
            r#"process.name is "abc"; not excluded: user.name is "a" (only the case differs) and user.domain is "y""#,
        ),
        (
            "process where not (user.a == 1 or user.b == 1 or user.c == 1 or user.d == 1 or user.e == 1 \
             or user.f == 1 or user.g == 1 or user.h == 1 or user.i == 1 or user.j == 1)",
            json!({"user": {"j": 2}}),
            "not excluded: user.j is 2, user.a is absent, user.b is absent, user.c is absent, user.d is absent, \
             user.e is absent, user.f is absent, user.g is absent and 2 more",
        ),
        ("process where true", json!({}), r#"event.category is "process""#),
    ] {
        let words = words(text, Dialect::Elasticsearch);
        let mut event = event;
        event["event"] = json!({"category": "process"});
        let why = explained(&words, &event);
        assert!(why.holds(), "{text}");
        assert_eq!(words.matched(&why), expected, "{text}");
    }
}

#[test]
fn a_process_above_is_there_or_not() {
    let text = r#"process where descendant of [process where process.name == "a"]"#;
    let words = words(text, Dialect::Endpoint);
    let Body::Event(query) = &words.query().body else { panic!("no event query") };
    let event = |name: &str, id: &str, parent: &str| {
        json!({
            "event": {"category": "process"},
            "process": {"name": name, "entity_id": id, "parent": {"entity_id": parent}},
        })
    };
    let (above, below) = (event("a", "1", "0"), event("b", "2", "1"));
    let why = explain_last(query, &[&above, &below], words.context()).expect("an event");
    assert_eq!(words.matched(&why), "a process above this one has such an event");
    let why = explain_last(query, &[&below], words.context()).expect("an event");
    assert_eq!(
        words.reasons(&why),
        [format!("`{}` is false: no process above this one has such an event", &text[14..])]
    );
}
