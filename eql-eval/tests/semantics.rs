//! The project's own cases (`tests/data/semantics.toml`) against the evaluator.

use std::collections::{BTreeMap, BTreeSet};

use eql_eval::{Context, Event, Found, Mapping, SampleOptions, run};
use eql_grammar::ast::{Dialect, Query};
use eql_grammar::diag::Diagnostics;
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use eql_grammar::schema::{Schema, Type};
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
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
    error: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Matches {
    Events(Vec<i64>),
    Tuples(Vec<Vec<i64>>),
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../tests/data/semantics.toml");
    toml::from_str::<Cases>(text).expect("the cases are TOML").case
}

impl Case {
    fn dialect(&self) -> Dialect {
        if self.dialect == "endpoint" { Dialect::Endpoint } else { Dialect::Elasticsearch }
    }

    fn schema(&self) -> Schema {
        Schema::with_own(self.fields.iter().map(|(path, name)| {
            (path.clone(), Type::from_mapping(name).expect("fields have types of mappings"))
        }))
    }

    fn check(&self) -> Result<(), String> {
        let parsed = parse(&self.query, self.dialect());
        match (&self.error, &self.matches) {
            (Some(code), None) => self.check_error(code, parsed),
            (None, Some(expected)) => {
                let query = parsed.map_err(|error| format!("{error:?}"))?;
                self.check_matches(&query, expected)
            }
            _ => Err("a case has either `error` or `matches`".to_owned()),
        }
    }

    fn check_error(&self, code: &str, parsed: Result<Query, Diagnostics>) -> Result<(), String> {
        let errors = match parsed {
            Err(errors) => errors,
            Ok(query) => {
                let mut diagnostics = Diagnostics::new();
                let schema = self.schema();
                let options = Options::new(self.dialect(), &schema);
                let lowered = lower(&query, &options, &mut diagnostics);
                if lowered.is_some() {
                    return Err(format!("no error, expected {code}"));
                }
                diagnostics
            }
        };
        if errors.as_slice().iter().any(|d| d.code.as_str() == code) {
            return Ok(());
        }
        Err(format!("expected {code}, found {errors:?}"))
    }

    fn check_matches(&self, query: &Query, expected: &Matches) -> Result<(), String> {
        let cx = Context::new(Mapping::Schema(self.schema()));
        let events =
            self.events.iter().map(|text| event(text, &cx)).collect::<Result<Vec<_>, _>>()?;
        let found = run(query, &events, &cx, SampleOptions::default());
        let tuples = found.iter().map(|found: &Found| found.events.iter().map(slot).collect());
        let tuples: Vec<Vec<i64>> = tuples.collect();
        let expected = match expected {
            Matches::Events(events) => events.iter().map(|ix| vec![*ix]).collect(),
            Matches::Tuples(tuples) => tuples.clone(),
        };
        if tuples == expected {
            return Ok(());
        }
        Err(format!("found {tuples:?}, expected {expected:?}"))
    }
}

fn slot(event: &Option<usize>) -> i64 {
    event.map_or(-1, |ix| i64::try_from(ix).expect("cases are short"))
}

fn event(text: &str, cx: &Context) -> Result<Event, String> {
    let mut document: Json =
        serde_json::from_str(text).map_err(|error| format!("{text}: {error}"))?;
    let time = document.as_object_mut().and_then(|members| members.remove("t"));
    document["@timestamp"] = time.ok_or("an event has no `t`")?;
    Event::from_source(document, cx).ok_or_else(|| format!("{text} has no timestamp"))
}

#[test]
fn all_cases() {
    let failures: Vec<String> = cases()
        .iter()
        .filter_map(|case| Some(format!("{}: {}", case.name, case.check().err()?)))
        .collect();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn names_are_unique() {
    let cases = cases();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
}

/// A choice that the book names is held by a case that it names.
#[test]
fn the_book_names_cases_that_exist() {
    let book = include_str!("../../docs/semantics.md");
    let (_, choices) = book.split_once("## Where Elasticsearch leaves room").expect("the section");
    let cases = cases();
    let mut rows = 0;
    for row in choices.lines().filter(|line| line.starts_with("| ") && !line.ends_with("held by |"))
    {
        rows += 1;
        let held_by = row.trim_end_matches(" |").rsplit(" | ").next().expect("a last column");
        let names: Vec<&str> = held_by.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names.into_iter().filter(|name| name.contains('-') && !name.contains('/')) {
            assert!(cases.iter().any(|case| case.name == name), "no case `{name}`");
        }
    }
    assert!(rows > 50, "{rows} choices");
}
