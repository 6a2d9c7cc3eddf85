//! The compiled path and the evaluator find the same, for random queries over random events.
//!
//! Both are written from what EQL means and share nothing but the syntax tree: where they differ, one of them
//! is wrong. `EQL_SEED=n` repeats a run, and `EQL_AGREEMENT=full` makes it a long one.

mod support;

#[path = "agreement/dice.rs"]
mod dice;
#[path = "agreement/events.rs"]
mod events;
#[path = "agreement/expressions.rs"]
mod expressions;
#[path = "agreement/streams.rs"]
mod streams;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dice::{CONFIG, Dice};
use eql_eval::{Context, Event, Found, Key, Mapping, SampleOptions};
use eql_grammar::ast::{Body, Dialect, Query};
use eql_grammar::config::parse_config;
use eql_grammar::diag::{Code, Diagnostics, Level};
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use eql_grammar::schema::Schema;
use expressions::Writer;
use serde_json::Value;
use streams::Shape;
use support::{Alert, Batch, Program, Rule, Sample};

/// Repeated by every run that names no other.
const SEED: u64 = 20_260_101;
/// Rules of one program: beyond this, building gets slow.
const RULES_IN_A_BATCH: usize = 300;
/// Disagreements that are shown in full.
const SHOWN: usize = 40;

/// How much is compared.
struct Volume {
    rules: usize,
    events: usize,
    sequences: usize,
    streams: usize,
}

const DEFAULT: Volume = Volume { rules: 200, events: 100, sequences: 60, streams: 30 };
/// More than 100,000 pairs of query and event, and 10,000 of sequence and stream.
const FULL: Volume = Volume { rules: 840, events: 125, sequences: 260, streams: 40 };

/// A rule, and what it is run over: each stream on its own.
struct Case {
    rule: Rule,
    query: Query,
    options: SampleOptions,
    streams: Vec<Vec<Value>>,
    /// Whether one event may complete several results, which then come in any order.
    tied: bool,
}

/// For each result its events; nothing in the place of a missing one.
type Results = Vec<Vec<Option<usize>>>;

#[test]
fn compiled_and_evaluated() {
    let seed = match std::env::var("EQL_SEED") {
        Ok(seed) => seed.parse().expect("EQL_SEED is a number"),
        Err(_) => SEED,
    };
    let full = std::env::var("EQL_AGREEMENT").is_ok_and(|volume| volume == "full");
    println!("EQL_SEED={seed}{}", if full { " EQL_AGREEMENT=full" } else { "" });
    let volume = if full { FULL } else { DEFAULT };

    let (config, diags) = parse_config(CONFIG);
    assert!(!diags.has_errors(), "{diags:?}");
    let schema = config.schema();
    let cx = Context::new(Mapping::Schema(schema.clone()));
    let mut maker = Maker { schema: &schema, seed, refused: BTreeMap::new() };
    let mut cases: Vec<Case> = (0..volume.rules).map(|_| maker.event_case(&volume)).collect();
    cases.extend((0..volume.sequences).map(|_| maker.group_case(&volume)));
    let refused: usize = maker.refused.values().sum();
    println!("{} queries; {refused} more are refused: {:?}", cases.len(), maker.refused);

    let mut report = Report::default();
    for (number, cases) in cases.chunks(RULES_IN_A_BATCH).enumerate() {
        let rules = cases.iter().map(|case| case.rule.clone()).collect();
        let name = format!("agreement-{number}");
        let batch = Batch { name, config: CONFIG.to_owned(), rules, ..Batch::default() };
        compare(&batch.build(), cases, &cx, &mut report);
    }
    report.finish(seed, &volume);
}

/// Makes queries until the compiler takes one.
struct Maker<'a> {
    schema: &'a Schema,
    seed: u64,
    /// Why queries were refused.
    refused: BTreeMap<Code, usize>,
}

impl Maker<'_> {
    fn dice(&mut self) -> Dice {
        self.seed += 1;
        Dice::new(self.seed)
    }

    fn event_case(&mut self, volume: &Volume) -> Case {
        loop {
            let dice = &mut self.dice();
            let dialect = any_dialect(dice);
            let category = match dice.weighted(&[40, 35, 10, 10, 5]) {
                0 => "any",
                1 => "process",
                2 => "\"process\"",
                3 => "network",
                _ => "\"any\"",
            };
            let mut condition = Writer::new(dice, dialect).condition(4);
            let descends = dialect == Dialect::Endpoint && dice.chance(25);
            if descends {
                condition = format!("{} and {condition}", streams::descendant(dice));
            }
            let text = format!("{category} where {condition}{}", streams::pipes(dice));
            let Some(query) = self.accepted(&text, dialect) else { continue };
            let stream = if descends {
                streams::events(dice, true, volume.events)
            } else {
                events::documents(dice, dialect, volume.events)
            };
            let streams = vec![stream];
            let options = SampleOptions::default();
            let rule = rule(&text, dialect, None);
            return Case { rule, query, options, streams, tied: false };
        }
    }

    fn group_case(&mut self, volume: &Volume) -> Case {
        loop {
            let dice = &mut self.dice();
            let sampled = dice.chance(15);
            let dialect = if sampled { Dialect::Elasticsearch } else { any_dialect(dice) };
            let Shape { text, arrays } =
                if sampled { streams::sample(dice) } else { streams::sequence(dice, dialect) };
            let Some(query) = self.accepted(&text, dialect) else { continue };
            let mut options = SampleOptions::default();
            if sampled {
                options.max_samples_per_key = 1 + dice.roll(3);
                options.size = 1 + dice.roll(10);
            }
            let SampleOptions { max_samples_per_key, size } = options;
            let limits = sampled.then_some(Sample { max_samples_per_key, size });
            let streams = (0..volume.streams).map(|_| streams::stream(dice, arrays)).collect();
            let rule = rule(&text, dialect, limits);
            return Case { rule, query, options, streams, tied: arrays };
        }
    }

    /// The query, where it is one for the compiler too.
    fn accepted(&mut self, text: &str, dialect: Dialect) -> Option<Query> {
        let query = parse(text, dialect).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
        let mut diags = Diagnostics::new();
        let lowered = lower(&query, &Options::new(dialect, self.schema), &mut diags);
        let error = diags.as_slice().iter().find(|diag| diag.level == Level::Error);
        assert_eq!(lowered.is_none(), error.is_some(), "refused without a word: {text}");
        if let Some(error) = error {
            *self.refused.entry(error.code).or_default() += 1;
            return None;
        }
        Some(query)
    }
}

fn any_dialect(dice: &mut Dice) -> Dialect {
    if dice.chance(25) { Dialect::Endpoint } else { Dialect::Elasticsearch }
}

fn rule(query: &str, dialect: Dialect, sample: Option<Sample>) -> Rule {
    let args = match dialect {
        Dialect::Elasticsearch => String::new(),
        Dialect::Endpoint => "dialect = \"endpoint\", ".to_owned(),
    };
    Rule { query: query.to_owned(), args, sample }
}

/// What came of it.
#[derive(Default)]
struct Report {
    event_queries: Tally,
    groups: Tally,
    failures: Vec<String>,
    disagreements: usize,
}

/// Of one kind of query.
#[derive(Default)]
struct Tally {
    queries: usize,
    /// Pairs of query and event, or of query and stream.
    pairs: usize,
    /// Those with a result.
    hits: usize,
    /// Queries that found something, but not everywhere.
    telling: usize,
}

impl Tally {
    fn add(&mut self, pairs: usize, hits: usize) {
        self.queries += 1;
        self.pairs += pairs;
        self.hits += hits;
        self.telling += usize::from(0 < hits && hits < pairs);
    }

    fn percent(&self) -> usize {
        100 * self.hits / self.pairs.max(1)
    }
}

fn compare(program: &Program, cases: &[Case], cx: &Context, report: &mut Report) {
    let jobs: Vec<(usize, &[Value])> = cases
        .iter()
        .enumerate()
        .flat_map(|(rule, case)| case.streams.iter().map(move |stream| (rule, stream.as_slice())))
        .collect();
    let mut answers = program.run(&jobs).into_iter();
    for (rule, case) in cases.iter().enumerate() {
        let (mut hits, mut shown) = (0, false);
        for stream in &case.streams {
            let found = results(case, &answers.next().expect("an answer for each job"));
            let expected = evaluated(case, stream, cx);
            hits += if is_event_query(case) {
                expected.len()
            } else {
                usize::from(!expected.is_empty())
            };
            if !agree(case, stream, cx, &found, &expected) {
                report.disagreements += 1;
                if !shown && report.failures.len() < SHOWN {
                    shown = true;
                    report.failures.push(show(program, rule, case, stream, cx));
                }
            }
        }
        if is_event_query(case) {
            report.event_queries.add(case.streams.iter().map(Vec::len).sum(), hits);
        } else {
            report.groups.add(case.streams.len(), hits);
        }
    }
}

fn is_event_query(case: &Case) -> bool {
    matches!(case.query.body, Body::Event(_))
}

/// What the evaluator finds.
fn evaluated(case: &Case, stream: &[Value], cx: &Context) -> Vec<Found> {
    evaluated_with(case, stream, cx, case.options)
}

fn evaluated_with(
    case: &Case,
    stream: &[Value],
    cx: &Context,
    options: SampleOptions,
) -> Vec<Found> {
    let event = |source: &Value| Event::from_source(source.clone(), cx).expect("events have times");
    let events: Vec<Event> = stream.iter().map(event).collect();
    eql_eval::run(&case.query, &events, cx, options)
}

/// Whether the compiled rule found what the evaluator did.
fn agree(case: &Case, stream: &[Value], cx: &Context, found: &Results, expected: &[Found]) -> bool {
    if found.len() != expected.len() {
        return false;
    }
    match case.query.body {
        Body::Sample(_) => agree_on_samples(case, stream, cx, found, expected),
        Body::Event(_) => found.iter().eq(expected.iter().map(|found| &found.events)),
        Body::Sequence(_) => {
            let mut found = found.clone();
            let mut expected: Results = expected.iter().map(|one| one.events.clone()).collect();
            if case.tied {
                found.sort();
                expected.sort();
            }
            found == expected
        }
    }
}

/// Which events make a sample is left open, so each must be one by itself, of the key whose turn it is.
fn agree_on_samples(
    case: &Case,
    stream: &[Value],
    cx: &Context,
    found: &Results,
    expected: &[Found],
) -> bool {
    let all = SampleOptions { max_samples_per_key: usize::MAX, size: usize::MAX };
    let mut seen: Vec<(&Key, &[Option<usize>])> = Vec::new();
    found.iter().zip(expected).all(|(row, Found { key, .. })| {
        let mut taken: Vec<usize> = row.iter().flatten().copied().collect();
        taken.sort_unstable();
        taken.dedup();
        let is_new = taken.len() == row.len() && !seen.contains(&(key, row));
        seen.push((key, row));
        let events: Vec<Value> = taken.iter().map(|at| stream[*at].clone()).collect();
        let place = |at: &Option<usize>| taken.iter().position(|taken| Some(*taken) == *at);
        let places: Vec<Option<usize>> = row.iter().map(place).collect();
        let samples = evaluated_with(case, &events, cx, all);
        is_new && samples.iter().any(|sample| sample.key == *key && sample.events == places)
    })
}

/// What the compiled rule found, from its alerts.
fn results(case: &Case, alerts: &[Alert]) -> Results {
    let slots: Vec<bool> = match &case.query.body {
        Body::Event(_) => vec![true],
        Body::Sequence(sequence) => {
            let terms = sequence.terms.iter();
            let runs = |runs: u64| usize::try_from(runs).expect("few runs");
            terms
                .flat_map(|term| {
                    let count = term.runs.as_ref().map_or(1, |count| runs(count.node));
                    std::iter::repeat_n(!term.missing, count)
                })
                .collect()
        }
        Body::Sample(sample) => vec![true; sample.terms.len()],
    };
    let rows = alerts.iter().filter(|alert| !alert.building_block).map(|alert| {
        let mut events = alert.events.iter().copied();
        slots.iter().map(|there| there.then(|| events.next()).flatten()).collect()
    });
    rows.collect()
}

/// A disagreement, over as little of the stream as still shows it.
fn show(program: &Program, rule: usize, case: &Case, stream: &[Value], cx: &Context) -> String {
    let mut stream = stream.to_vec();
    loop {
        let smaller = smaller(&stream);
        let jobs: Vec<(usize, &[Value])> = smaller.iter().map(|less| (rule, &less[..])).collect();
        let answers = program.run(&jobs);
        let mut pairs = smaller.iter().zip(&answers);
        let disagrees = |(less, alerts): &(&Vec<Value>, &Vec<Alert>)| {
            !agree(case, less, cx, &results(case, alerts), &evaluated(case, less, cx))
        };
        match pairs.find(disagrees) {
            Some((less, _)) => stream = less.clone(),
            None => break,
        }
    }
    let found = results(case, &program.run(&[(rule, &stream)])[0]);
    let expected: Results =
        evaluated(case, &stream, cx).into_iter().map(|found| found.events).collect();
    let mut text = format!("{}{}\n", case.rule.args, case.rule.query);
    for (number, event) in stream.iter().enumerate() {
        writeln!(text, "    {number}: {event}").expect("a string takes it");
    }
    write!(text, "  compiled  {found:?}\n  evaluated {expected:?}").expect("a string takes it");
    text
}

/// The stream without some of its events or, when few are left, without one member of an event.
fn smaller(stream: &[Value]) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    let mut size = stream.len() / 2;
    while size > 0 {
        for from in (0..stream.len()).step_by(size) {
            let kept = stream.iter().enumerate();
            let kept = kept.filter(|(at, _)| !(from..from + size).contains(at));
            all.push(kept.map(|(_, event)| event.clone()).collect());
        }
        size /= 2;
    }
    if stream.len() < 8 {
        for (at, event) in stream.iter().enumerate() {
            all.extend(lighter(event).into_iter().map(|event| {
                let mut stream = stream.to_vec();
                stream[at] = event;
                stream
            }));
        }
    }
    all
}

/// The value without one of its members or elements. An event keeps its time.
fn lighter(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter().filter(|(key, _)| *key != "@timestamp") {
                let mut fewer = members.clone();
                fewer.remove(key);
                all.push(Value::Object(fewer));
                all.extend(lighter(member).into_iter().map(|member| {
                    let mut members = members.clone();
                    members.insert(key.clone(), member);
                    Value::Object(members)
                }));
            }
        }
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                let mut fewer = elements.clone();
                fewer.remove(at);
                all.push(Value::Array(fewer));
                all.extend(lighter(element).into_iter().map(|element| {
                    let mut elements = elements.clone();
                    elements[at] = element;
                    Value::Array(elements)
                }));
            }
        }
        _ => {}
    }
    all
}

impl Report {
    fn finish(self, seed: u64, volume: &Volume) {
        for (what, tally) in [("event", &self.event_queries), ("sequence, sample", &self.groups)] {
            println!(
                "{what}: {} queries, {} pairs, {} % with a result; {} queries tell some from others",
                tally.queries,
                tally.pairs,
                tally.percent(),
                tally.telling,
            );
        }
        assert!(
            self.failures.is_empty(),
            "EQL_SEED={seed}: {} disagreements, of which:\n\n{}\n",
            self.disagreements,
            self.failures.join("\n\n")
        );
        // Queries that match nothing, or everything, would prove nothing.
        assert!((10..=60).contains(&self.event_queries.percent()));
        assert!(self.event_queries.telling * 2 > volume.rules);
        assert!((10..=90).contains(&self.groups.percent()));
        assert!(self.groups.telling * 2 > volume.sequences);
    }
}
