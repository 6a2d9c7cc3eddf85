//! Rules with their running state, behind one object-safe trait: what a sensor drives.

use std::fmt;
use std::time::Duration;

use crate::alert::{Document, Execution, Origin};
use crate::event::Event;
use crate::group::{GroupDetector, GroupParts, SampleRule, SequenceRule, Terms, TestTerm};
use crate::lineage::Lineage;
use crate::rule::{EventRule, Rule, RuleMeta};
use crate::sequence::{Match, Pipe, Pipes, Target};
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
    /// A set of rules calls this in the place of [`on_event`](Self::on_event), which is also what it does where it is
    /// not written.
    fn on_hits(
        &mut self,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        let _ = targets;
        self.on_event(event, origin, execution, emit);
    }

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
/// Every [`Rule`] is one, over every event type that carries its fields.
pub trait Detect<E: ?Sized> {
    /// The rule with fresh state.
    fn detector<'a>() -> Box<dyn Detector<E> + 'a>
    where
        E: 'a;
}

/// [`Rule::Kind`] of an event rule.
#[derive(Clone, Copy, Debug)]
pub enum OneEvent {}

/// [`Rule::Kind`] of a sequence.
#[derive(Clone, Copy, Debug)]
pub enum InOrder {}

/// [`Rule::Kind`] of a sample.
#[derive(Clone, Copy, Debug)]
pub enum InAnyOrder {}

/// How rules of a kind are driven over events of type `E`.
pub trait Drives<R, E: ?Sized> {
    /// The rule as values.
    const PARTS: Parts<E>;
}

impl<R: EventRule<E>, E: ?Sized> Drives<R, E> for OneEvent {
    const PARTS: Parts<E> = Parts(Kind::Event(EventParts::of::<R>()));
}

impl<R: SequenceRule + Terms<E>, E: ?Sized> Drives<R, E> for InOrder {
    const PARTS: Parts<E> = Parts(Kind::Group(GroupParts::of_sequence::<R>()));
}

impl<R: SampleRule + Terms<E>, E: ?Sized> Drives<R, E> for InAnyOrder {
    const PARTS: Parts<E> = Parts(Kind::Group(GroupParts::of_sample::<R>()));
}

impl<E: Event + ?Sized, R: Rule<Kind: Drives<R, E>>> Detect<E> for R {
    fn detector<'a>() -> Box<dyn Detector<E> + 'a>
    where
        E: 'a,
    {
        <R::Kind as Drives<R, E>>::PARTS.detector()
    }
}

/// A rule over events of type `E` as values, so that what drives rules exists once for each event type and not for each
/// rule.
pub struct Parts<E: ?Sized>(Kind<E>);

enum Kind<E: ?Sized> {
    Event(EventParts<E>),
    Group(GroupParts<E>),
}

impl<E: ?Sized> Parts<E> {
    /// The metadata of the rule.
    #[must_use]
    pub const fn meta(&self) -> &'static RuleMeta {
        match &self.0 {
            Kind::Event(parts) => parts.meta,
            Kind::Group(parts) => parts.meta,
        }
    }

    /// The test of a term of the rule; the query of an event rule is its term 0.
    pub(crate) const fn test(&self, target: Target) -> Test<E> {
        match &self.0 {
            Kind::Event(parts) => Test::Event(parts.matches),
            Kind::Group(parts) => Test::Term(parts.terms.test, target),
        }
    }

    /// The rule with fresh state.
    #[must_use]
    pub fn detector<'a>(self) -> Box<dyn Detector<E> + 'a>
    where
        E: Event + 'a,
    {
        match self.0 {
            Kind::Event(parts) => Box::new(EventDetector::new(parts)),
            Kind::Group(parts) => Box::new(GroupDetector::new(parts)),
        }
    }
}

/// The test of a term, by itself: of what a rule is, all that most events need.
pub(crate) enum Test<E: ?Sized> {
    Event(fn(&E) -> bool),
    Term(TestTerm<E>, Target),
}

impl<E: ?Sized> Test<E> {
    /// Whether the event fits. No process descends from another here, where the events before are not known.
    #[inline]
    pub(crate) fn fits(&self, event: &E) -> bool {
        match *self {
            Self::Event(test) => test(event),
            Self::Term(test, target) => test(target, event, &[]),
        }
    }
}

impl<E: ?Sized> Clone for Kind<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for Kind<E> {}

impl<E: ?Sized> Clone for Parts<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for Parts<E> {}

impl<E: ?Sized> fmt::Debug for Parts<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Parts").field(&self.meta().rule_id).finish()
    }
}

/// What an event rule is.
struct EventParts<E: ?Sized> {
    meta: &'static RuleMeta,
    matches: fn(&E) -> bool,
    /// What stands in for `matches` where events before count.
    after: Option<fn(&E, &mut [Lineage]) -> bool>,
    lineages: usize,
    pipes: &'static [Pipe],
}

impl<E: ?Sized> Clone for EventParts<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for EventParts<E> {}

impl<E: ?Sized> EventParts<E> {
    const fn of<R: EventRule<E>>() -> Self {
        Self {
            meta: R::META,
            matches: R::matches,
            after: if R::LINEAGES > 0 { Some(R::matches_after) } else { None },
            lineages: R::LINEAGES,
            pipes: R::PIPES,
        }
    }
}

/// [`Detector`] of an event query: no state, but for pipes and for `descendant of [..]`.
struct EventDetector<E: ?Sized> {
    parts: EventParts<E>,
    lineages: Vec<Lineage>,
    /// Where the query has pipes.
    pipes: Option<Box<dyn AlertPipes>>,
}

/// The pipes of an event query, behind a table of functions: not compiled again in each crate that has rules.
trait AlertPipes: Send {
    fn push(&mut self, alert: Document, emit: &mut dyn FnMut(Document));
    fn finish(&mut self, emit: &mut dyn FnMut(Document));
}

impl AlertPipes for Pipes<Document> {
    fn push(&mut self, alert: Document, emit: &mut dyn FnMut(Document)) {
        let time = alert.original_time().unwrap_or_default();
        let found = Match { events: vec![Some(alert)], first: time, last: time };
        self.push(found, &mut |found| found.events.into_iter().flatten().for_each(&mut *emit));
    }

    fn finish(&mut self, emit: &mut dyn FnMut(Document)) {
        self.finish(&mut |found| found.events.into_iter().flatten().for_each(&mut *emit));
    }
}

fn alert_pipes(pipes: &[Pipe]) -> Option<Box<dyn AlertPipes>> {
    (!pipes.is_empty()).then(|| -> Box<dyn AlertPipes> { Box::new(Pipes::new(pipes)) })
}

impl<E: ?Sized> EventDetector<E> {
    fn new(parts: EventParts<E>) -> Self {
        let lineages = (0..parts.lineages).map(|_| Lineage::default()).collect();
        let pipes = alert_pipes(parts.pipes);
        Self { parts, lineages, pipes }
    }
}

impl<E: Event + ?Sized> Detector<E> for EventDetector<E> {
    fn meta(&self) -> &'static RuleMeta {
        self.parts.meta
    }

    fn on_event(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        let matches = match self.parts.after {
            Some(after) => after(event, &mut self.lineages),
            None => (self.parts.matches)(event),
        };
        if matches {
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
        let alert = Document::of_event(self.parts.meta, event, origin, execution);
        if alert.is_own_alert() {
            return;
        }
        match &mut self.pipes {
            Some(pipes) => pipes.push(alert, emit),
            None => emit(alert),
        }
    }

    fn sees_all(&self) -> bool {
        !self.lineages.is_empty()
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        let _ = execution;
        if let Some(pipes) = &mut self.pipes {
            pipes.finish(emit);
        }
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
