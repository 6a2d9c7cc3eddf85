//! Sets of any kind behind one object-safe trait.

use std::time::Duration;

use serde_json::Value;

use super::{Detector, RuleSet, entries_of};
use crate::alert::{Document, Execution, Origin};
use crate::detector;
use crate::row::Row;
use crate::rule::RuleMeta;
use crate::scan::Flaw;

/// Rules over a stream of JSON documents: a set, or rules one by one. What a sensor drives.
///
/// An event is read, searched and, where the search says so, taken; rules are named by their place among
/// [`rules`](Self::rules).
pub trait Driver: Send {
    /// The metadata of the rules.
    fn rules(&self) -> Vec<&'static RuleMeta>;

    /// Drops the rules that `keep` does not say. The others start with fresh state.
    fn keep(&mut self, keep: &dyn Fn(&'static RuleMeta) -> bool);

    /// Reads an event.
    ///
    /// # Errors
    /// Where the text is no JSON object. There is no event then.
    fn read(&mut self, text: &[u8]) -> Result<(), Flaw>;

    /// Finds out whether the event means anything to a rule; where it does, [`proceed`](Self::proceed) must follow.
    fn search(&mut self) -> bool;

    /// Whether the event is JSON as a whole, also in the parts that no rule reads.
    fn is_valid(&self) -> bool;

    /// Takes the event, and emits the alerts that it completes.
    ///
    /// # Errors
    /// Where a rule matches and the event is no JSON after all. It counts for nothing then.
    fn proceed(
        &mut self,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(usize, Document),
    ) -> Result<(), Flaw>;

    /// As [`Detector::begin_source`](detector::Detector::begin_source) of every rule.
    fn begin_source(&mut self);

    /// As [`Detector::set_lateness`](detector::Detector::set_lateness) of every rule.
    fn set_lateness(&mut self, lateness: Duration);

    /// Ends the stream: emits what waited for the passing of time.
    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(usize, Document));

    /// What each rule holds and has dropped; rules without state are left out.
    fn counters(&self) -> Vec<(usize, Vec<(&'static str, u64)>)>;
}

/// [`Driver`] of a set.
#[derive(Debug)]
pub struct SetDriver<S: RuleSet> {
    row: Row<S>,
    detector: Detector<S>,
    lateness: Duration,
    /// The kept rules by their place in the set.
    kept: Vec<usize>,
}

impl<S: RuleSet> SetDriver<S> {
    /// All rules of the set, with fresh state.
    #[must_use]
    pub fn new() -> Self {
        let kept = (0..entries_of::<S>().len()).collect();
        Self { row: Row::new(), detector: Detector::new(), lateness: Duration::ZERO, kept }
    }
}

impl<S: RuleSet> Default for SetDriver<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// Emits by the place among the kept rules.
fn placed<'a>(
    kept: &'a [usize],
    emit: &'a mut dyn FnMut(usize, Document),
) -> impl FnMut(usize, Document) + 'a {
    move |rule, alert| {
        if let Ok(place) = kept.binary_search(&rule) {
            emit(place, alert);
        }
    }
}

impl<S: RuleSet> Driver for SetDriver<S> {
    fn rules(&self) -> Vec<&'static RuleMeta> {
        let entries = entries_of::<S>();
        self.kept.iter().map(|&rule| entries[rule].meta()).collect()
    }

    fn keep(&mut self, keep: &dyn Fn(&'static RuleMeta) -> bool) {
        let entries = entries_of::<S>();
        self.kept.retain(|&rule| keep(entries[rule].meta()));
        let kept: Vec<&str> = self.rules().into_iter().map(|meta| meta.rule_id).collect();
        self.detector = Detector::of(|meta| kept.contains(&meta.rule_id));
        self.detector.set_lateness(self.lateness);
    }

    fn read(&mut self, text: &[u8]) -> Result<(), Flaw> {
        self.row.read(text)
    }

    fn search(&mut self) -> bool {
        self.detector.search(&self.row)
    }

    fn is_valid(&self) -> bool {
        self.row.is_valid()
    }

    fn proceed(
        &mut self,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(usize, Document),
    ) -> Result<(), Flaw> {
        let mut emit = placed(&self.kept, emit);
        self.detector.proceed(&self.row, origin, execution, &mut emit)
    }

    fn begin_source(&mut self) {
        self.detector.begin_source();
    }

    fn set_lateness(&mut self, lateness: Duration) {
        self.lateness = lateness;
        self.detector.set_lateness(lateness);
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(usize, Document)) {
        self.detector.flush(execution, &mut placed(&self.kept, emit));
    }

    fn counters(&self) -> Vec<(usize, Vec<(&'static str, u64)>)> {
        let places = |(rule, counters)| Some((self.kept.binary_search(&rule).ok()?, counters));
        self.detector.counters().filter_map(places).collect()
    }
}

/// [`Driver`] of rules one by one, each of which looks at every event: for rules that are no set.
pub struct OneByOne {
    rules: Vec<Box<dyn detector::Detector<Value>>>,
    document: Option<Value>,
}

impl OneByOne {
    /// These rules.
    #[must_use]
    pub fn new(rules: Vec<Box<dyn detector::Detector<Value>>>) -> Self {
        Self { rules, document: None }
    }
}

impl std::fmt::Debug for OneByOne {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rules = self.rules.iter().map(|rule| rule.meta().rule_id);
        f.debug_tuple("OneByOne").field(&rules.collect::<Vec<_>>()).finish()
    }
}

impl Driver for OneByOne {
    fn rules(&self) -> Vec<&'static RuleMeta> {
        self.rules.iter().map(|rule| rule.meta()).collect()
    }

    fn keep(&mut self, keep: &dyn Fn(&'static RuleMeta) -> bool) {
        self.rules.retain(|rule| keep(rule.meta()));
    }

    fn read(&mut self, text: &[u8]) -> Result<(), Flaw> {
        self.document = None;
        match serde_json::from_slice(text) {
            Ok(document @ Value::Object(_)) => {
                self.document = Some(document);
                Ok(())
            }
            Ok(_) => Err(Flaw::NotAnObject),
            Err(_) if str::from_utf8(text).is_err() => Err(Flaw::NotUtf8),
            Err(_) => Err(Flaw::NotJson),
        }
    }

    fn search(&mut self) -> bool {
        self.document.is_some()
    }

    fn is_valid(&self) -> bool {
        self.document.is_some()
    }

    fn proceed(
        &mut self,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(usize, Document),
    ) -> Result<(), Flaw> {
        if let Some(document) = &self.document {
            for (at, rule) in self.rules.iter_mut().enumerate() {
                rule.on_event(document, origin, execution, &mut |alert| emit(at, alert));
            }
        }
        Ok(())
    }

    fn begin_source(&mut self) {
        self.rules.iter_mut().for_each(|rule| rule.begin_source());
    }

    fn set_lateness(&mut self, lateness: Duration) {
        self.rules.iter_mut().for_each(|rule| rule.set_lateness(lateness));
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(usize, Document)) {
        for (at, rule) in self.rules.iter_mut().enumerate() {
            rule.flush(execution, &mut |alert| emit(at, alert));
        }
    }

    fn counters(&self) -> Vec<(usize, Vec<(&'static str, u64)>)> {
        self.rules.iter().map(|rule| rule.counters()).enumerate().collect()
    }
}
