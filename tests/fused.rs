//! A set finds what its rules find one by one, and these what the evaluator finds, for random queries over random events
//! and streams.
//!
//! There are enough rules for guards. `EQL_SEED=n` repeats a run.

mod support;

#[path = "agreement/dice.rs"]
mod dice;
#[path = "agreement/events.rs"]
mod events;
#[path = "agreement/expressions.rs"]
mod expressions;
#[path = "agreement/streams.rs"]
#[allow(dead_code, reason = "streams are not evaluated here")]
mod streams;

use dice::{CONFIG, Dice};
use eql_eval::{Context, Event, Mapping, SampleOptions};
use eql_grammar::ast::{Dialect, Query};
use eql_grammar::config::parse_config;
use eql_grammar::diag::Diagnostics;
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use expressions::Writer;
use serde_json::Value;
use support::Batch;

/// Repeated by every run that names no other.
const SEED: u64 = 20_260_301;
const EVENT_RULES: usize = 110;
const GROUP_RULES: usize = 30;
const DOCUMENTS: usize = 600;
const STREAMS: usize = 30;

#[test]
fn a_set_finds_what_its_rules_find() {
    let seed = match std::env::var("EQL_SEED") {
        Ok(seed) => seed.parse().expect("EQL_SEED is a number"),
        Err(_) => SEED,
    };
    println!("EQL_SEED={seed}");
    let (config, _) = parse_config(CONFIG);
    let schema = config.schema();
    let accepted = |text: &str, dialect| -> Option<Query> {
        let query = parse(text, dialect).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
        lower(&query, &Options::new(dialect, &schema), &mut Diagnostics::new())?;
        Some(query)
    };
    let mut files = Vec::new();
    let mut queries = Vec::new();
    let mut dice = Dice::new(seed);
    while files.len() < EVENT_RULES + GROUP_RULES {
        let dice = &mut dice;
        let endpoint = dice.chance(25);
        let dialect = if endpoint { Dialect::Endpoint } else { Dialect::Elasticsearch };
        let text = if files.len() < EVENT_RULES {
            let category = ["any", "process", "process", "network"][dice.roll(4)];
            let mut writer = Writer::new(dice, dialect);
            let mut condition =
                if files.len() % 4 == 0 { writer.lists() } else { writer.condition(4) };
            if endpoint && dice.chance(10) {
                condition = format!("{} and ({condition})", streams::descendant(dice));
            }
            if !endpoint && dice.chance(30) {
                let system = ["windows", "linux"][dice.roll(2)];
                condition = format!("host.os.type == \"{system}\" and ({condition})");
            }
            format!("{category} where {condition}{}", streams::pipes(dice))
        } else if !endpoint && dice.chance(15) {
            streams::sample(dice).text
        } else {
            streams::sequence(dice, dialect).text
        };
        if let Some(query) = accepted(&text, dialect) {
            files.push((format!("r{:03}.toml", files.len()), file(&text, dialect, files.len())));
            queries.push((text, query, endpoint));
        }
    }
    let batch =
        Batch { name: "fused".to_owned(), config: CONFIG.to_owned(), files, ..Batch::default() };
    let program = batch.build();

    let dice = &mut dice;
    let documents = events::documents(dice, Dialect::Elasticsearch, DOCUMENTS);
    let found = program.run_fused(&[&documents], 0, true);
    println!("on single events: {found:?}");
    assert!(found.hits > 1_000, "too few events fit a rule");
    // A set that tests every term of every rule would be one without guards.
    let all = (EVENT_RULES + GROUP_RULES) as u64 * found.events;
    assert!(found.candidates < 2 * all, "nothing is left out: {found:?}");

    // In a set of many rules tests are calls over tables, which they are not in a rule alone.
    let cx = Context::new(Mapping::Schema(schema.clone()));
    let event = |source: &Value| Event::from_source(source.clone(), &cx).expect("a time");
    let evaluated: Vec<Event> = documents.iter().map(event).collect();
    let alerts = program.run_all(&documents);
    let mut compared = 0;
    for ((text, query, endpoint), alerts) in queries[..EVENT_RULES].iter().zip(alerts) {
        // Rules of Elastic Defend need an operating system besides.
        if *endpoint {
            continue;
        }
        let expected = eql_eval::run(query, &evaluated, &cx, SampleOptions::default());
        let expected: Vec<_> = expected.into_iter().flat_map(|found| found.events).collect();
        let alerts: Vec<_> =
            alerts.iter().flat_map(|alert| &alert.events).copied().map(Some).collect();
        assert_eq!(alerts, expected, "{text}");
        compared += usize::from(!alerts.is_empty());
    }
    println!("{compared} of the rules find something by themselves");
    assert!(compared > EVENT_RULES / 3, "too few rules find something");

    let mut made = |arrays: bool| -> Vec<Vec<Value>> {
        (0..STREAMS / 2).map(|_| streams::stream(dice, arrays)).collect()
    };
    // Of an event with several hosts only one worker is told.
    let (several, single) = (made(true), made(false));
    let single: Vec<&[Value]> = single.iter().map(Vec::as_slice).collect();
    let all: Vec<&[Value]> =
        several.iter().map(Vec::as_slice).chain(single.iter().copied()).collect();
    for (streams, lateness, ends) in
        [(&all, 0, true), (&all, 0, false), (&all, 7, false), (&single, 60, true)]
    {
        let found = program.run_fused(streams, lateness, ends);
        let end = if ends { "end" } else { "do not end" };
        println!("on streams, {lateness} s late, which {end}: {found:?}");
        assert!(found.alerts > 100, "too few alerts");
    }
}

/// A rule file of the dialect's own format.
fn file(query: &str, dialect: Dialect, number: usize) -> String {
    let query = serde_json::to_string(query).expect("a text is JSON");
    // JSON's escapes are those of TOML, but for the slash, which is not escaped.
    match dialect {
        Dialect::Elasticsearch => format!(
            "[rule]\nname = \"{number}\"\nrule_id = \"00000000-0000-4000-8000-{number:012}\"\n\
             description = \"{number}\"\ntype = \"eql\"\nlanguage = \"eql\"\nseverity = \"low\"\n\
             risk_score = 21\nquery = {query}\n"
        ),
        Dialect::Endpoint => format!(
            "[rule]\nname = \"{number}\"\nid = \"00000000-0000-4000-8000-{number:012}\"\n\
             description = \"{number}\"\nversion = \"1.0.0\"\nos_list = [\"windows\", \"linux\", \"macos\"]\n\
             query = {query}\n"
        ),
    }
}
