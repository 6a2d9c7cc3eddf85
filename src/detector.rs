//! Rules with their running state, behind one object-safe trait: what a sensor drives.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::alert::{Document, Execution, Origin};
use crate::lineage::Lineage;
use crate::rule::{EventRule, RuleMeta};
use crate::sequence::{Match, Pipes, Target};

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
pub struct EventDetector<R> {
    lineages: Vec<Lineage>,
    pipes: Pipes<Document>,
    rule: PhantomData<fn() -> R>,
}

impl<R> EventDetector<R> {
    /// With fresh state.
    #[must_use]
    pub fn new<E: ?Sized>() -> Self
    where
        R: EventRule<E>,
    {
        let lineages = (0..R::LINEAGES).map(|_| Lineage::default()).collect();
        Self { lineages, pipes: Pipes::new(R::PIPES), rule: PhantomData }
    }
}

impl<R> fmt::Debug for EventDetector<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventDetector").field("lineages", &self.lineages).finish_non_exhaustive()
    }
}

impl<E: ?Sized, R: EventRule<E>> Detector<E> for EventDetector<R> {
    fn meta(&self) -> &'static RuleMeta {
        R::META
    }

    fn on_event(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        if R::matches_after(event, &mut self.lineages) {
            let alert: Document = R::alert(event, origin, execution).into();
            if alert.is_own_alert() {
                return;
            }
            let time = alert.original_time().unwrap_or_default();
            let found = Match { events: vec![Some(alert)], first: time, last: time };
            self.pipes
                .push(found, &mut |found| found.events.into_iter().flatten().for_each(&mut *emit));
        }
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
