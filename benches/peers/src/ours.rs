//! The compiled rules.

use std::collections::HashMap;

use eql::{Execution, Origin, RuleMeta, Timestamp};
use serde_json::Value;

use crate::events::Events;
use crate::pack::pack;
use crate::peers::Peer;

/// Some of the rules.
pub struct Eql {
    execution: Execution,
    detectors: Vec<(usize, Box<dyn eql::Detector<Value>>)>,
}

impl Eql {
    /// The rules that `keep` says, by number.
    pub fn of(keep: impl Fn(usize) -> bool) -> Self {
        Self {
            execution: Execution::new(Timestamp::from_millis(0).expect("in range")),
            detectors: pack::detectors::<Value>()
                .into_iter()
                .enumerate()
                .filter(|(at, _)| keep(*at))
                .collect(),
        }
    }

    pub fn project(&mut self, line: &str) {
        let value: Value = serde_json::from_str(line).expect("events are JSON");
        std::hint::black_box(value);
    }

    pub fn fused(&mut self, rows: &Rows) -> u64 {
        self.one_by_one(rows)
    }

    pub fn one_by_one(&mut self, rows: &Rows) -> u64 {
        let mut count = 0;
        for value in &rows.0 {
            for (_, detector) in &mut self.detectors {
                detector.on_event(value, ORIGIN, &self.execution, &mut |_| count += 1);
            }
        }
        count
    }

    pub fn candidates(&self) -> f64 {
        0.0
    }

    pub fn restart(&mut self) {
        self.detectors.iter_mut().for_each(|(_, d)| d.begin_source());
    }

    pub fn alerts(&mut self, line: &str) -> u64 {
        let mut count = 0;
        let value: Value = serde_json::from_str(line).expect("events are JSON");
        for (_, detector) in &mut self.detectors {
            detector.on_event(&value, ORIGIN, &self.execution, &mut |_| count += 1);
        }
        count
    }
}

const ORIGIN: Origin<'static> = Origin { index: "bench", id: "1" };

impl Peer for Eql {
    fn search(&mut self, line: &str, matched: &mut Vec<usize>) {
        let value: Value = serde_json::from_str(line).expect("events are JSON");
        for (at, detector) in &mut self.detectors {
            detector.on_event(&value, ORIGIN, &self.execution, &mut |_| matched.push(*at));
        }
    }
}

pub struct Rows(Vec<Value>);

impl Rows {
    pub fn of(events: &Events) -> Self {
        Self(events.documents())
    }
}
