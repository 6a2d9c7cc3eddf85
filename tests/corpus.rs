//! Elastic's rules through the whole compiler, where they are there.

mod support;

use std::time::Instant;

use eql_eval::witness::{Witness, near_misses, witness};
use eql_eval::{Context, Event};
use eql_grammar::ast::Dialect;
use eql_grammar::parser::parse;
use serde_json::Value;
use support::{Batch, Program, folder, json_lines};

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

/// The rules of the corpus and the program that they were compiled into.
fn compiled() -> Option<(Vec<Value>, Program)> {
    let corpus = folder("EQL_CORPUS")?;
    let rules = json_lines(&corpus.join("detection-rules.open.ndjson.zst"));
    let files: Vec<(String, String)> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (format!("r{at:04}.toml"), toml_text(rule)))
        .collect();
    let started = Instant::now();
    let batch = Batch { name: "corpus".to_owned(), files, ..Batch::default() };
    let program = batch.build();
    println!("{} rules built in {:?}", rules.len(), started.elapsed());
    Some((rules, program))
}

/// Every rule is compiled and runs over recorded telemetry; every rule fires on an event or a stream made for
/// it, and on none that misses it by little.
///
/// Near misses are made for every tenth rule in builds that are not optimised: making them takes long.
#[test]
fn every_rule_compiles_runs_and_fires_on_its_witness() {
    let Some((rules, program)) = compiled() else { return };
    over_telemetry(&program, rules.len());

    let mut jobs: Vec<Job> = Vec::new();
    let mut without = Vec::new();
    let step = if cfg!(debug_assertions) { 10 } else { 1 };
    for (at, rule) in rules.iter().enumerate() {
        let query = rule["rule"]["query"].as_str().expect("a query");
        let query = parse(query, Dialect::Elasticsearch).expect("the corpus parses");
        let cx = context(&rule["rule"]);
        match witness(&query, &cx) {
            Witness::Found(events) => {
                jobs.push(Job::new(at, "its witness".to_owned(), events, true))
            }
            other => {
                without.push(format!("{}: {other:?}", rule["path"]));
                continue;
            }
        }
        if at % step == 0 {
            for miss in near_misses(&query, &cx) {
                jobs.push(Job::new(at, format!("a near miss: {}", miss.what), miss.events, false));
            }
        }
    }
    let streams: Vec<&[Value]> = jobs.iter().map(|job| job.events.as_slice()).collect();
    println!(
        "as one set, on witnesses and near misses: {:?}",
        program.run_fused(&streams, 0, true)
    );
    let asked: Vec<(usize, &[Value])> =
        jobs.iter().map(|job| (job.rule, job.events.as_slice())).collect();
    let mut wrong = Vec::new();
    for (job, alerts) in jobs.iter().zip(program.run(&asked)) {
        if alerts.is_empty() == job.fires {
            let verb = if job.fires { "is silent on" } else { "fires on" };
            wrong.push(format!("{} {verb} {}", rules[job.rule]["path"], job.what));
        }
    }
    let witnesses = jobs.iter().filter(|job| job.fires).count();
    println!(
        "{witnesses} witnesses, {} near misses; without a witness: {without:?}",
        jobs.len() - witnesses
    );
    assert!(wrong.is_empty(), "{} rules are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(witnesses * 100 >= rules.len() * 98, "too few rules have a witness");
}

fn over_telemetry(program: &Program, count: usize) {
    let Some(data) = folder("EQL_DATA") else { return };
    let events = json_lines(&data.join("sample-5k.ndjson.zst"));
    let started = Instant::now();
    let alerts = program.run_all(&events);
    let fired = alerts.iter().filter(|alerts| !alerts.is_empty()).count();
    let total: usize = alerts.iter().map(Vec::len).sum();
    println!(
        "{fired} rules fired {total} times on {} events in {:?}",
        events.len(),
        started.elapsed()
    );
    assert_eq!(alerts.len(), count);
    println!("as one set: {:?}", program.run_fused(&[&events], 0, true));
    println!("as one set, with lateness: {:?}", program.run_fused(&[&events], 30, true));
}

/// A rule, events, and whether it fires on them.
struct Job {
    rule: usize,
    what: String,
    events: Vec<Value>,
    fires: bool,
}

impl Job {
    fn new(rule: usize, what: String, events: Vec<Event>, fires: bool) -> Self {
        Self { rule, what, events: events.into_iter().map(|event| event.source).collect(), fires }
    }
}

/// The fields that the rule names.
fn context(rule: &Value) -> Context {
    let mut cx = Context::default();
    if let Some(field) = rule["event_category_override"].as_str() {
        field.clone_into(&mut cx.category_field);
    }
    if let Some(field) = rule["timestamp_field"].as_str() {
        field.clone_into(&mut cx.timestamp_field);
    }
    if let Some(field) = rule["tiebreaker_field"].as_str() {
        cx.tiebreaker_field = Some(field.to_owned());
    }
    cx
}
