//! The compiled rules.

use std::collections::HashMap;
use std::hint::black_box;

use eql::set::{Detector, RuleSet};
use eql::{Execution, Origin, Row, RuleMeta, Timestamp};

use crate::events::Events;
use crate::peers::Peer;

/// Rules of the set `S`, and what they read lines with.
pub struct Eql<S: RuleSet> {
    row: Row<S>,
    detector: Detector<S>,
    execution: Execution,
}

/// Where all events come from.
const ORIGIN: Origin<'static> = Origin { index: "logs-endpoint.events", id: "1" };

impl<S: RuleSet> Eql<S> {
    /// Those rules that `keep` says, by their place among `rules`.
    pub fn of(rules: &'static [&'static RuleMeta], keep: impl Fn(usize) -> bool) -> Self {
        let places: HashMap<&str, usize> =
            rules.iter().enumerate().map(|(at, meta)| (meta.rule_id, at)).collect();
        Self {
            row: Row::new(),
            detector: Detector::of(|meta| keep(places[meta.rule_id])),
            execution: Execution::new(Timestamp::from_millis(0).expect("a time")),
        }
    }

    /// Says that a new pass begins, whose time starts over.
    pub fn restart(&mut self) {
        self.detector.begin_source();
    }

    /// From a line to a row.
    ///
    /// # Panics
    ///
    /// As all here, where the line is not JSON.
    pub fn project(&mut self, line: &str) {
        self.row.read(line.as_bytes()).expect("events are JSON");
        black_box(&self.row);
    }

    /// From a line to alerts, of which it says how many.
    pub fn alerts(&mut self, line: &str) -> u64 {
        self.row.read(line.as_bytes()).expect("events are JSON");
        let mut count = 0;
        let mut emit = |_, document| {
            black_box(document);
            count += 1;
        };
        self.detector
            .on_event(&self.row, ORIGIN, &self.execution, &mut emit)
            .expect("events are JSON");
        count
    }

    /// From a line to matches, with each condition tested; says how many hold.
    pub fn one_by_one(&mut self, line: &str) -> u64 {
        self.row.read(line.as_bytes()).expect("events are JSON");
        self.detector.search_one_by_one(&self.row);
        self.detector.hits().count() as u64
    }

    /// From a line to matches; says how many there are.
    pub fn fused(&mut self, line: &str) -> u64 {
        self.row.read(line.as_bytes()).expect("events are JSON");
        self.detector.search(&self.row);
        self.detector.hits().count() as u64
    }

    /// From rows to matches, each condition tested where `each` says so.
    pub fn search_rows(&mut self, rows: &Rows<S>, each: bool) {
        for row in &rows.0 {
            black_box(if each {
                self.detector.search_one_by_one(row)
            } else {
                self.detector.search(row)
            });
        }
    }

    /// How many conditions were tested an event.
    pub fn candidates(&self) -> f64 {
        let stats = self.detector.stats();
        stats.candidates as f64 / stats.events.max(1) as f64
    }
}

impl<S: RuleSet> Peer for Eql<S> {
    fn search(&mut self, line: &str, matched: &mut Vec<usize>) {
        self.fused(line);
        matched.extend(self.detector.hits().map(|(rule, _)| rule));
    }
}

/// Events that are read already. They are not what a sensor searches, which is a row that has just been read: most of
/// a pass over many of these is waiting for memory. For counts of instructions.
pub struct Rows<S>(Vec<Row<S>>);

impl<S: RuleSet> Rows<S> {
    /// Reads them.
    ///
    /// # Panics
    ///
    /// Where a line is not JSON.
    pub fn of(events: &Events) -> Self {
        let rows = events.lines().map(|line| {
            let mut row = Row::new();
            row.read(line.as_bytes()).expect("events are JSON");
            row
        });
        Self(rows.collect())
    }
}
