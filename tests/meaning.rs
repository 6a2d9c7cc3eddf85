//! What EQL means, through the compiled path: the project's own cases, and the public suites where they are.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use eql_eval::suite;
use eql_grammar::ast::{Body, Dialect, Query};
use eql_grammar::parser::parse;
use serde::Deserialize;
use serde_json::Value;
use support::{Alert, Batch, Rule, Sample, folder};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    query: String,
    #[serde(default)]
    dialect: String,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<String>,
    matches: Option<Matches>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Matches {
    Events(Vec<i64>),
    Tuples(Vec<Vec<i64>>),
}

/// The results of a query from the alerts of its rule: indices of events, nothing for a missing one.
fn results(query: &Query, alerts: &[Alert]) -> Vec<Vec<Option<usize>>> {
    let slots: Vec<bool> = match &query.body {
        Body::Event(_) => vec![true],
        Body::Sequence(sequence) => {
            let runs = |missing: bool, runs: u64| {
                std::iter::repeat_n(!missing, usize::try_from(runs).expect("few runs"))
            };
            let terms = sequence.terms.iter();
            terms
                .flat_map(|term| runs(term.missing, term.runs.as_ref().map_or(1, |r| r.node)))
                .collect()
        }
        Body::Sample(sample) => vec![true; sample.terms.len()],
    };
    let found = alerts.iter().filter(|alert| !alert.building_block);
    found
        .map(|alert| {
            let mut events = alert.events.iter();
            slots
                .iter()
                .map(|there| there.then(|| *events.next().expect("an event a term")))
                .collect()
        })
        .collect()
}

/// The document of a case: `t` is its time.
fn document(text: &str) -> Value {
    let mut document: Value = serde_json::from_str(text).expect("an event is JSON");
    let time = document.as_object_mut().and_then(|members| members.remove("t"));
    document["@timestamp"] = time.expect("an event has `t`");
    document
}

#[test]
fn own_cases() {
    let text = include_str!("data/semantics.toml");
    let cases = toml::from_str::<Cases>(text).expect("the cases are TOML").case;
    let cases: Vec<&Case> = cases.iter().filter(|case| case.matches.is_some()).collect();
    let fields: BTreeSet<String> = cases
        .iter()
        .flat_map(|case| &case.fields)
        .map(|(path, ty)| format!("{path:?} = {ty:?}\n"))
        .collect();
    let config = format!("[fields]\n{}", fields.into_iter().collect::<String>());
    let rule = |case: &&Case| Rule {
        query: case.query.clone(),
        args: if case.dialect.is_empty() {
            String::new()
        } else {
            format!("dialect = {:?},", case.dialect)
        },
        sample: case
            .query
            .starts_with("sample")
            .then_some(Sample { max_samples_per_key: 1, size: 10 }),
    };
    let rules = cases.iter().map(rule).collect();
    let batch = Batch { name: "own-cases".to_owned(), config, rules, ..Batch::default() };
    let program = batch.build();
    let events: Vec<Vec<Value>> = cases
        .iter()
        .map(|case| case.events.iter().map(|event| document(event)).collect())
        .collect();
    let jobs: Vec<(usize, &[Value])> =
        events.iter().enumerate().map(|(at, events)| (at, events.as_slice())).collect();
    let mut failures = Vec::new();
    for (case, alerts) in cases.iter().zip(program.run(&jobs)) {
        let dialect =
            if case.dialect == "endpoint" { Dialect::Endpoint } else { Dialect::Elasticsearch };
        let query = parse(&case.query, dialect).expect("the query parses");
        let found: Vec<Vec<i64>> = results(&query, &alerts)
            .iter()
            .map(|events| {
                events.iter().map(|e| e.map_or(-1, |ix| i64::try_from(ix).expect("few"))).collect()
            })
            .collect();
        let expected = match case.matches.as_ref().expect("filtered") {
            Matches::Events(events) => events.iter().map(|event| vec![*event]).collect(),
            Matches::Tuples(tuples) => tuples.clone(),
        };
        if found != expected {
            failures.push(format!("{}: found {found:?}, expected {expected:?}", case.name));
        }
    }
    println!("{} cases through the compiled path", cases.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn public_suites() {
    let Some(dir) = folder("EQL_SUITES") else { return };
    let cases = suite::load(&dir).expect("the suites load");
    // Fields have other types in other suites, so each set of types is a crate of its own.
    let mut groups: BTreeMap<String, Vec<&suite::Case>> = BTreeMap::new();
    for case in &cases {
        let fields: String = case
            .fields
            .iter()
            .filter(|(path, _)| path.as_str() != "@timestamp")
            .map(|(path, ty)| format!("{path:?} = {:?}\n", ty.name()))
            .collect();
        groups.entry(format!("[fields]\n{fields}")).or_default().push(case);
    }
    let mut failures = Vec::new();
    for (number, (config, cases)) in groups.into_iter().enumerate() {
        failures.extend(run_suite(number, config, &cases));
    }
    println!("{} cases of the public suites through the compiled path", cases.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(cases.len(), suite::COUNTS.iter().map(|(_, count)| count).sum::<usize>());
}

fn run_suite(number: usize, config: String, cases: &[&suite::Case]) -> Vec<String> {
    let rules = cases.iter().map(|case| suite_rule(case)).collect();
    let batch = Batch { name: format!("suite-{number}"), config, rules, ..Batch::default() };
    let program = batch.build();
    let jobs: Vec<(usize, &[Value])> =
        cases.iter().enumerate().map(|(at, case)| (at, case.events.as_slice())).collect();
    let mut failures = Vec::new();
    for (case, alerts) in cases.iter().zip(program.run(&jobs)) {
        let query = parse(&case.query, Dialect::Elasticsearch).expect("the query parses");
        failures.extend(suite::check(case, &results(&query, &alerts)).err());
    }
    failures
}

fn suite_rule(case: &suite::Case) -> Rule {
    let mut args = format!("event_category_override = {:?}, ", case.category_field);
    if !case.timestamp_field.is_empty() {
        args.push_str(&format!(
            "timestamp_field = {:?}, tiebreaker_field = {:?}, ",
            case.timestamp_field, case.id_field
        ));
    }
    let sample = case.query.trim_start().starts_with("sample").then_some(Sample {
        max_samples_per_key: case.options.max_samples_per_key,
        size: case.options.size,
    });
    Rule { query: case.query.clone(), args, sample }
}
