//! The public specifications of sequences as series of events: a line for each stage, `key|Name42` for
//! an event at 42 with that key, then the results.

#[path = "sequence_support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;

use eql::sequence::Limits;
use support::{Event, Query, Row, reference, run};

struct Spec {
    name: String,
    stages: Vec<Vec<Token>>,
    expected: Vec<Row>,
}

struct Token {
    key: Option<String>,
    number: u64,
}

fn token(text: &str) -> Token {
    let (key, event) = match text.split_once('|') {
        Some((key, event)) => (Some(key.to_owned()), event),
        None => (None, text),
    };
    let number = event.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    Token { key, number: number.parse().expect("an event ends in its number") }
}

fn specs(text: &str) -> Vec<Spec> {
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> =
        lines.filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
    let blocks: Vec<&[&str]> =
        lines.split(|line| line.starts_with(';')).filter(|block| !block.is_empty()).collect();
    let tokens = |line: &&str| line.split_whitespace().map(token).collect::<Vec<_>>();
    blocks
        .chunks_exact(2)
        .map(|pair| Spec {
            name: pair[0][0].to_owned(),
            stages: pair[0][1..].iter().map(tokens).collect(),
            expected: pair[1]
                .iter()
                .map(|line| tokens(line).into_iter().map(|token| Some(token.number)).collect())
                .collect(),
        })
        .collect()
}

impl Spec {
    fn events(&self) -> Vec<Event> {
        let mut keys: Vec<&String> = Vec::new();
        let mut events = Vec::new();
        for (stage, tokens) in self.stages.iter().enumerate() {
            for Token { key, number } in tokens {
                let values = key.iter().map(|key| {
                    let place = keys.iter().position(|known| *known == key).unwrap_or(keys.len());
                    if place == keys.len() {
                        keys.push(key);
                    }
                    (vec![place as i64], false)
                });
                events.push(Event {
                    number: *number,
                    time: number.cast_signed(),
                    tiebreaker: None,
                    terms: vec![(stage as u16, values.collect())],
                    until: None,
                });
            }
        }
        events.sort_by_key(|event| event.number);
        events
    }
}

#[test]
fn the_series_of_the_public_suite() {
    let Some(folder) = std::env::var_os("EQL_SUITES") else {
        println!("skipped: EQL_SUITES is not set");
        return;
    };
    let path = Path::new(&folder).join("sequences.series-spec");
    let specs = specs(&fs::read_to_string(path).expect("the suite is there"));
    assert_eq!(specs.len(), 25);
    for spec in specs {
        let query = Query::new(&vec![(false, 1); spec.stages.len()], None);
        let events = spec.events();
        assert!(events.len() > 1, "{}: no events were read", spec.name);
        let found = run(&mut query.machine(Limits::DEFAULT), &events);
        assert_eq!(found, spec.expected, "{}", spec.name);
        assert_eq!(reference(&query, &events), spec.expected, "{}", spec.name);
    }
}
