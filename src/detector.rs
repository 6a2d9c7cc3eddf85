//! Rules with their running state, behind one object-safe trait: what a sensor drives.

use std::time::Duration;

use crate::alert::{Document, Execution, Origin};
use crate::lineage::Lineage;
use crate::rule::{EventRule, RuleMeta};
use crate::sequence::{Match, Pipes, Target};
use crate::value::Timestamp;

/// A rule over a stream of events of type `E`.
pub trait Detector<E: ?Sized>: Send {
    /// The rule's metadata.
    fn meta(&self) -> &'static RuleMeta;

    /// Takes one event and emits the alerts that it completes.
    fn on_event(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    );

    /// Takes one event of which the terms that it fits are known, at least those that the rule
    /// [wants](Self::wants), in ascending order; the query of an event rule is its term 0. There may be none.
    ///
    /// A set of rules calls this in the place of [`on_event`](Self::on_event).
    fn on_hits(
        &mut self,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    );

    /// Whether an event that fits this term could change anything now.
    fn wants(&self, target: Target) -> bool {
        let _ = target;
        true
    }

    /// Whether the rule has to be shown every event, whatever it fits: `descendant of [..]` asks about all processes.
    fn sees_all(&self) -> bool {
        false
    }

    /// Says that no event before `time` is to come, and emits what that settles. Nothing for rules without an order.
    fn advance_watermark(
        &mut self,
        time: Timestamp,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        let _ = (time, execution, emit);
    }

    /// The latest watermark that makes the rule emit nothing; `None` where no passing of time does.
    fn patience(&self) -> Option<Timestamp> {
        None
    }

    /// Ends the stream: emits what waited for the passing of time.
    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        let _ = (execution, emit);
    }

    /// Says that the events to come are of another source, whose time may start over.
    ///
    /// Where the first of them with a time comes too late for the stream so far, that stream is at its end, as with
    /// [`flush`](Self::flush), and another begins. Nothing for rules without an order.
    fn begin_source(&mut self) {}

    /// How much older than the newest event so far an event may be and still take its place in the order of
    /// a sequence. Starts with fresh state; nothing for rules without an order.
    fn set_lateness(&mut self, lateness: Duration) {
        let _ = lateness;
    }

    /// What the rule holds and what it had to drop, by name; nothing for rules without state.
    fn counters(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// A rule that can be driven over events of type `E`.
///
/// `#[eql::rule]` writes it for every event type that carries the fields of the rule.
pub trait Detect<E: ?Sized> {
    /// The rule with fresh state.
    fn detector<'a>() -> Box<dyn Detector<E> + 'a>
    where
        E: 'a;

    /// Whether the event fits a term of the rule; the query of an event rule is its term 0.
    ///
    /// No process descends from another here, where the events before are not known.
    fn test(target: Target, event: &E) -> bool;
}

/// [`Detector`] of an event query: no state, but for pipes and for `descendant of [..]`.
///
/// It holds the rule as values, so that it exists once for each event type and not for each rule.
pub(crate) struct EventDetector<E: ?Sized> {
    meta: &'static RuleMeta,
    matches: fn(&E, &mut [Lineage]) -> bool,
    alert: fn(&E, Origin<'_>, &Execution) -> Document,
    lineages: Vec<Lineage>,
    pipes: Pipes<Document>,
}

impl<E: ?Sized> EventDetector<E> {
    /// The rule `R` with fresh state.
    pub(crate) fn new<R: EventRule<E>>() -> Self {
        Self {
            meta: R::META,
            matches: R::matches_after,
            alert: |event, origin, execution| R::alert(event, origin, execution).into(),
            lineages: (0..R::LINEAGES).map(|_| Lineage::default()).collect(),
            pipes: Pipes::new(R::PIPES),
        }
    }
}

impl<E: ?Sized> Detector<E> for EventDetector<E> {
    fn meta(&self) -> &'static RuleMeta {
        self.meta
    }

    fn on_event(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        if (self.matches)(event, &mut self.lineages) {
            self.on_hits(event, &[Target::Term(0)], origin, execution, emit);
        }
    }

    fn on_hits(
        &mut self,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        if targets.is_empty() {
            return;
        }
        let alert = (self.alert)(event, origin, execution);
        if alert.is_own_alert() {
            return;
        }
        let time = alert.original_time().unwrap_or_default();
        let found = Match { events: vec![Some(alert)], first: time, last: time };
        self.pipes
            .push(found, &mut |found| found.events.into_iter().flatten().for_each(&mut *emit));
    }

    fn sees_all(&self) -> bool {
        !self.lineages.is_empty()
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        let _ = execution;
        self.pipes.finish(&mut |found| found.events.into_iter().flatten().for_each(&mut *emit));
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        if self.lineages.is_empty() {
            return Vec::new();
        }
        let processes: usize = self.lineages.iter().map(Lineage::len).sum();
        let evicted = self.lineages.iter().map(Lineage::evicted).sum();
        vec![("processes", processes as u64), ("evicted", evicted)]
    }
}
