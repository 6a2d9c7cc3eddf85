//! Rules over several events: what a compiled sequence or sample says, and the state that drives it.
//!
//! The machines of [`sequence`] and [`sample`] know nothing of rules or of
//! alerts; here they meet.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::alert::{Document, Execution, Origin, SequenceEvent};
use crate::detector::Detector;
use crate::event::Event;
use crate::key::Keys;
use crate::lineage::Lineage;
use crate::rule::{Rule, RuleMeta};
use crate::sample;
use crate::sequence::{self, Guard, Hit, Limits, Payload, RestoreError, Target, Tiebreaker};
use crate::value::Timestamp;

/// What is kept of an event that takes part in a sequence or sample.
pub type Stored = Arc<SequenceEvent>;

/// The alerts of one sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The alert for the sequence as a whole.
    pub shell: Document,
    /// One building block for each event, in the order of the query.
    pub blocks: Vec<Document>,
}

impl Group {
    /// The alerts of the events that are there; `None` where the rule must not alert on them, since one of
    /// them is an alert of the same rule.
    #[must_use]
    pub fn of(
        rule: &'static RuleMeta,
        events: &[Option<Stored>],
        execution: &Execution,
    ) -> Option<Self> {
        let events: Vec<SequenceEvent> =
            events.iter().flatten().map(|event| SequenceEvent::clone(event)).collect();
        let (shell, blocks) = Document::of_sequence(rule, &events, execution)?;
        Some(Self { shell, blocks })
    }

    /// The shell, and the building blocks after it.
    pub fn into_documents(self) -> impl Iterator<Item = Document> {
        std::iter::once(self.shell).chain(self.blocks)
    }
}

/// A list of the documents, the shell first.
impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(std::iter::once(&self.shell).chain(&self.blocks))
    }
}

/// The terms that an event fits, with their keys; reused from event to event.
#[derive(Clone, Debug, Default)]
struct Hits {
    targets: Vec<Target>,
    keys: Vec<Keys>,
}

impl Hits {
    fn add(&mut self, target: Target) -> &mut Keys {
        let used = self.targets.len();
        self.targets.push(target);
        if used == self.keys.len() {
            self.keys.push(Keys::new());
        }
        self.keys[used].clear()
    }

    fn clear(&mut self) {
        self.targets.clear();
    }

    fn with<T>(&self, take: impl FnOnce(&[Hit<'_>]) -> T) -> T {
        let hits: Vec<Hit<'_>> = self
            .targets
            .iter()
            .zip(&self.keys)
            .map(|(target, keys)| Hit { target: *target, keys })
            .collect();
        take(&hits)
    }
}

/// The alert of several events.
pub trait FromEvents: Into<Group> {
    /// The alert of a completed sequence or of a sample, around its documents. A missing event is `None`.
    fn from_events(events: &[Option<Stored>], group: Group) -> Self;
}

impl FromEvents for Group {
    fn from_events(_: &[Option<Stored>], group: Group) -> Self {
        group
    }
}

/// A compiled sequence.
pub trait SequenceRule: Rule {
    /// Its terms, `maxspan` and pipes.
    const PLAN: sequence::Plan<'static>;
    /// Changes whenever saved state of an older build has no meaning any more.
    const LAYOUT: u64;
    /// Conditions of later terms on events of earlier ones (endpoint dialect).
    const GUARD: Option<Guard<Stored>> = None;
    /// The rule's own alert, with a typed part for each term; or the documents alone.
    type Alert: FromEvents;

    /// The alert of a completed sequence, a missing event being `None`; `None` where one of the events is an alert
    /// of this rule.
    fn alert(events: &[Option<Stored>], execution: &Execution) -> Option<Self::Alert> {
        Some(Self::Alert::from_events(events, Group::of(Self::META, events, execution)?))
    }
}

/// A compiled sample.
pub trait SampleRule: Rule {
    /// Its terms and limits.
    const PLAN: sample::Plan;
    /// Changes whenever saved state of an older build has no meaning any more.
    const LAYOUT: u64;
    /// The rule's own alert, with a typed part for each term; or the documents alone.
    type Alert: FromEvents;

    /// The alert of a sample; `None` where one of the events is an alert of this rule.
    fn alert(events: &[Option<Stored>], execution: &Execution) -> Option<Self::Alert> {
        Some(Self::Alert::from_events(events, Group::of(Self::META, events, execution)?))
    }
}

/// A rule over several events, over events of type `E`.
pub trait Terms<E: ?Sized> {
    /// How many terms the query has, that after `until` left aside; a term with `runs` is one.
    const TERMS: u16;
    /// Whether there is a term after `until`.
    const UNTIL: bool = false;
    /// How many times the query asks `descendant of [..]` (endpoint dialect).
    const LINEAGES: usize = 0;
    /// The time that orders an event; `None` where it has none.
    const TIME: fn(&E) -> Option<Timestamp> = |_| None;
    /// What orders an event among those of the same time.
    const TIEBREAKER: fn(&E) -> Tiebreaker = |_| Tiebreaker::Missing;

    /// Whether the event fits a term. `descends` is what [`observe`](Self::observe) said of the event, or false
    /// throughout where no events before are known.
    fn test(target: Target, event: &E, descends: &[bool]) -> bool;

    /// The join keys of an event that fits a term.
    fn keys(target: Target, event: &E, keys: &mut Keys);

    /// Shows the event to `lineages`, and says from which of their processes its own descends. Both have
    /// [`LINEAGES`](Self::LINEAGES) places.
    fn observe(event: &E, lineages: &mut [Lineage], descends: &mut [bool]) {
        let _ = (event, lineages, descends);
    }
}

/// [`Terms::observe`]
type Observe<E> = fn(&E, &mut [Lineage], &mut [bool]);
/// [`Terms::test`]
pub(crate) type TestTerm<E> = fn(Target, &E, &[bool]) -> bool;

/// [`Terms`] as values, so that what drives them exists once for each event type and not for each rule.
pub(crate) struct TermsOf<E: ?Sized> {
    terms: u16,
    until: bool,
    lineages: usize,
    pub(crate) test: TestTerm<E>,
    keys: fn(Target, &E, &mut Keys),
    /// Where there are `lineages`.
    observe: Option<Observe<E>>,
    time: fn(&E) -> Option<Timestamp>,
    tiebreaker: fn(&E) -> Tiebreaker,
}

impl<E: ?Sized> Clone for TermsOf<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for TermsOf<E> {}

impl<E: ?Sized> TermsOf<E> {
    const fn of<R: Terms<E>>() -> Self {
        Self {
            terms: R::TERMS,
            until: R::UNTIL,
            lineages: R::LINEAGES,
            test: R::test,
            keys: R::keys,
            observe: if R::LINEAGES > 0 { Some(R::observe) } else { None },
            time: R::TIME,
            tiebreaker: R::TIEBREAKER,
        }
    }
}

/// Which terms of a rule an event fits, and what the rule remembers to tell.
#[derive(Clone, Debug, Default)]
struct Fits {
    hits: Hits,
    lineages: Vec<Lineage>,
    descends: Vec<bool>,
}

impl Fits {
    /// Tests each term that `wants` says is of use now.
    fn find<E: ?Sized>(&mut self, of: &TermsOf<E>, event: &E, wants: impl Fn(Target) -> bool) {
        self.hits.clear();
        if let Some(observe) = of.observe {
            self.lineages.resize_with(of.lineages, Lineage::default);
            self.descends.clear();
            self.descends.resize(of.lineages, false);
            observe(event, &mut self.lineages, &mut self.descends);
        }
        let terms = (0..of.terms).map(Target::Term);
        for target in terms.chain(of.until.then_some(Target::Until)) {
            if wants(target) && (of.test)(target, event, &self.descends) {
                (of.keys)(target, event, self.hits.add(target));
            }
        }
    }

    /// Takes over that the event fits these terms.
    fn take<E: ?Sized>(&mut self, of: &TermsOf<E>, event: &E, targets: &[Target]) {
        self.hits.clear();
        for &target in targets {
            (of.keys)(target, event, self.hits.add(target));
        }
    }

    fn is_empty(&self) -> bool {
        self.hits.targets.is_empty()
    }
}

impl Payload for SequenceEvent {
    fn encode(&self, out: &mut Vec<u8>) {
        let time = self.timestamp.map(Timestamp::as_nanos);
        let parts = serde_json::json!([self.index, self.id, time, self.source()]);
        out.extend_from_slice(parts.to_string().as_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (index, id, time, source): (String, String, Option<i64>, Value) =
            serde_json::from_slice(bytes).ok()?;
        Some(Self::from_parts(source, time.map(Timestamp::from_nanos), index, id))
    }
}

/// What a sequence rule holds, whatever its alert and its events are.
struct SequenceState {
    machine: sequence::Machine<Stored>,
    fits: Fits,
    untimed: u64,
    /// No event of the current source had a time yet.
    source_begins: bool,
    restarts: u64,
}

impl SequenceState {
    fn new(machine: sequence::Machine<Stored>, guard: Option<Guard<Stored>>) -> Self {
        let machine = match guard {
            Some(guard) => machine.guard(guard),
            None => machine,
        };
        Self { machine, fits: Fits::default(), untimed: 0, source_begins: false, restarts: 0 }
    }

    fn on_event<E: Event + ?Sized>(
        &mut self,
        of: &TermsOf<E>,
        event: &E,
        origin: Origin<'_>,
        emit: &mut dyn FnMut(sequence::Match<Stored>),
    ) {
        let time = (of.time)(event);
        self.start_over(time, emit);
        let machine = &self.machine;
        self.fits.find(of, event, |target| machine.wants(target));
        self.proceed(of, time, event, origin, emit);
    }

    fn on_hits<E: Event + ?Sized>(
        &mut self,
        of: &TermsOf<E>,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        emit: &mut dyn FnMut(sequence::Match<Stored>),
    ) {
        let time = (of.time)(event);
        self.start_over(time, emit);
        self.fits.take(of, event, targets);
        self.proceed(of, time, event, origin, emit);
    }

    /// Takes an event of which `self.fits` tells which terms it fits.
    fn proceed<E: Event + ?Sized>(
        &mut self,
        of: &TermsOf<E>,
        time: Option<Timestamp>,
        event: &E,
        origin: Origin<'_>,
        emit: &mut dyn FnMut(sequence::Match<Stored>),
    ) {
        let Some(time) = time else {
            // Without a time it has no place in the order.
            self.untimed += u64::from(!self.fits.is_empty());
            return;
        };
        let tiebreaker =
            if self.fits.is_empty() { Tiebreaker::Missing } else { (of.tiebreaker)(event) };
        let machine = &mut self.machine;
        self.fits.hits.with(|hits| {
            let payload = || Arc::new(SequenceEvent::of(event, origin));
            machine.on_event(time, tiebreaker, hits, payload, emit);
        });
    }

    /// Ends the stream where the first event of a source, at `time`, comes too late for it.
    fn start_over(
        &mut self,
        time: Option<Timestamp>,
        emit: &mut dyn FnMut(sequence::Match<Stored>),
    ) {
        let Some(time) = time.filter(|_| self.source_begins) else { return };
        self.source_begins = false;
        if self.machine.watermark().is_some_and(|watermark| time < watermark) {
            self.restarts += 1;
            self.machine.flush(emit);
        }
    }
}

/// The running state of a sequence rule.
///
/// `OutlookSequence::machine()` makes one. Events of any type that carries the rule's fields can be fed.
pub struct SequenceMachine<R> {
    state: SequenceState,
    rule: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for SequenceMachine<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SequenceMachine")
            .field("machine", &self.state.machine)
            .field("untimed", &self.state.untimed)
            .field("restarts", &self.state.restarts)
            .finish_non_exhaustive()
    }
}

impl<R: SequenceRule> Default for SequenceMachine<R> {
    fn default() -> Self {
        Self::new(Limits::DEFAULT)
    }
}

impl<R: SequenceRule> SequenceMachine<R> {
    /// Fresh state within these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::over(sequence::Machine::new(&R::PLAN.limits(limits)))
    }

    fn over(machine: sequence::Machine<Stored>) -> Self {
        Self { state: SequenceState::new(machine, R::GUARD), rule: PhantomData }
    }

    /// Takes one event and gives the alerts of the sequences that are complete now.
    pub fn on_event<E: Event + ?Sized>(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
    ) -> impl Iterator<Item = R::Alert> + use<R, E>
    where
        R: Terms<E>,
    {
        let of = TermsOf::of::<R>();
        alerts::<R>(execution, |emit| self.state.on_event(&of, event, origin, emit))
    }

    /// Says that the events to come are of another source, whose time may start over.
    ///
    /// Where the first of them with a time is before the watermark, it would be late, and most likely all after
    /// it. So the stream is [flushed](Self::flush) then, and another begins.
    pub fn begin_source(&mut self) {
        self.state.source_begins = true;
    }

    /// Says that no event before `time` is to come, and gives the alerts that this settles.
    pub fn advance_watermark(
        &mut self,
        time: Timestamp,
        execution: &Execution,
    ) -> impl Iterator<Item = R::Alert> + use<R> {
        alerts::<R>(execution, |emit| self.state.machine.advance_watermark(time, emit))
    }

    /// Ends the stream, and gives the alerts that waited for time to pass.
    pub fn flush(&mut self, execution: &Execution) -> impl Iterator<Item = R::Alert> + use<R> {
        alerts::<R>(execution, |emit| self.state.machine.flush(emit))
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> sequence::Stats {
        self.state.machine.stats()
    }

    /// Events that fit a term and have no time; they take no part.
    #[must_use]
    pub fn untimed(&self) -> u64 {
        self.state.untimed
    }

    /// How many times a source that [began](Self::begin_source) began another stream.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.state.restarts
    }

    /// The state as bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        self.state.machine.snapshot(R::LAYOUT)
    }

    /// State from the bytes of [`snapshot`](Self::snapshot).
    ///
    /// # Errors
    /// Where the bytes are of another rule or another build of it, or are damaged.
    pub fn restore(limits: Limits, bytes: &[u8]) -> Result<Self, RestoreError> {
        let plan = R::PLAN.limits(limits);
        sequence::Machine::restore(&plan, R::LAYOUT, bytes).map(Self::over)
    }
}

/// The alerts of the sequences that `run` emits.
fn alerts<R: SequenceRule>(
    execution: &Execution,
    run: impl FnOnce(&mut dyn FnMut(sequence::Match<Stored>)),
) -> std::vec::IntoIter<R::Alert> {
    let mut alerts = Vec::new();
    run(&mut |found| alerts.extend(R::alert(&found.events, execution)));
    alerts.into_iter()
}

/// What a sequence rule is.
pub(crate) struct SequenceParts<E: ?Sized> {
    pub(crate) meta: &'static RuleMeta,
    pub(crate) terms: TermsOf<E>,
    plan: sequence::Plan<'static>,
    guard: Option<Guard<Stored>>,
}

impl<E: ?Sized> Clone for SequenceParts<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for SequenceParts<E> {}

impl<E: ?Sized> SequenceParts<E> {
    pub(crate) const fn of<R: SequenceRule + Terms<E>>() -> Self {
        let terms = TermsOf::of::<R>();
        Self { meta: R::META, terms, plan: R::PLAN, guard: R::GUARD }
    }
}

/// [`Detector`] of a sequence rule.
pub(crate) struct SequenceDetector<E: ?Sized> {
    parts: SequenceParts<E>,
    state: SequenceState,
}

impl<E: ?Sized> SequenceDetector<E> {
    /// The rule with fresh state.
    pub(crate) fn new(parts: SequenceParts<E>) -> Self {
        let state = SequenceState::new(sequence::Machine::new(&parts.plan), parts.guard);
        Self { parts, state }
    }
}

/// Emits the documents of the matches that it is called with.
fn documents<'a>(
    meta: &'static RuleMeta,
    execution: &'a Execution,
    emit: &'a mut dyn FnMut(Document),
) -> impl FnMut(&[Option<Stored>]) + 'a {
    move |events| {
        let group = Group::of(meta, events, execution);
        group.into_iter().flat_map(Group::into_documents).for_each(&mut *emit);
    }
}

impl<E: Event + ?Sized> Detector<E> for SequenceDetector<E> {
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
        let mut emit = documents(self.parts.meta, execution, emit);
        self.state.on_event(&self.parts.terms, event, origin, &mut |found| emit(&found.events));
    }

    fn on_hits(
        &mut self,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        let mut emit = documents(self.parts.meta, execution, emit);
        self.state
            .on_hits(&self.parts.terms, event, targets, origin, &mut |found| emit(&found.events));
    }

    fn wants(&self, target: Target) -> bool {
        self.state.machine.wants(target)
    }

    fn sees_all(&self) -> bool {
        self.parts.terms.lineages > 0
    }

    fn advance_watermark(
        &mut self,
        time: Timestamp,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        let mut emit = documents(self.parts.meta, execution, emit);
        self.state.machine.advance_watermark(time, &mut |found| emit(&found.events));
    }

    fn patience(&self) -> Option<Timestamp> {
        self.state.machine.patience()
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        let mut emit = documents(self.parts.meta, execution, emit);
        self.state.machine.flush(&mut |found| emit(&found.events));
    }

    fn begin_source(&mut self) {
        self.state.source_begins = true;
    }

    fn set_lateness(&mut self, lateness: Duration) {
        let limits = Limits { lateness, ..Limits::DEFAULT };
        let machine = sequence::Machine::new(&self.parts.plan.limits(limits));
        self.state = SequenceState::new(machine, self.parts.guard);
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let stats = self.state.machine.stats();
        vec![
            ("partials", stats.partials as u64),
            ("evicted", stats.evicted + stats.missing_evicted),
            ("late", stats.late),
            ("forced", stats.forced),
            ("untimed", self.state.untimed),
            ("truncated", stats.truncated),
            ("restarts", self.state.restarts),
        ]
    }
}

/// What a sample rule holds, whatever its alert and its events are.
struct SampleState {
    machine: sample::Machine<Stored>,
    fits: Fits,
}

impl SampleState {
    fn new(machine: sample::Machine<Stored>) -> Self {
        Self { machine, fits: Fits::default() }
    }

    fn on_event<E: Event + ?Sized>(
        &mut self,
        of: &TermsOf<E>,
        event: &E,
        origin: Origin<'_>,
        emit: &mut dyn FnMut(sample::Sample<Stored>),
    ) {
        self.fits.find(of, event, |_| true);
        self.proceed(event, origin, emit);
    }

    /// Takes an event of which `self.fits` tells which terms it fits.
    fn proceed<E: Event + ?Sized>(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        emit: &mut dyn FnMut(sample::Sample<Stored>),
    ) {
        if self.fits.is_empty() {
            return;
        }
        let machine = &mut self.machine;
        self.fits.hits.with(|hits| {
            machine.on_event(hits, || Arc::new(SequenceEvent::of(event, origin)), emit);
        });
    }
}

/// The running state of a sample rule.
pub struct SampleMachine<R> {
    state: SampleState,
    rule: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for SampleMachine<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleMachine")
            .field("stats", &self.state.machine.stats())
            .finish_non_exhaustive()
    }
}

impl<R: SampleRule> Default for SampleMachine<R> {
    fn default() -> Self {
        Self::new(R::PLAN)
    }
}

impl<R: SampleRule> SampleMachine<R> {
    fn over(machine: sample::Machine<Stored>) -> Self {
        Self { state: SampleState::new(machine), rule: PhantomData }
    }

    /// Fresh state; `plan` is the rule's own with other limits.
    #[must_use]
    pub fn new(plan: sample::Plan) -> Self {
        Self::over(sample::Machine::new(&plan))
    }

    /// Takes one event and gives the alerts of the samples that are complete now.
    pub fn on_event<E: Event + ?Sized>(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
    ) -> impl Iterator<Item = R::Alert> + use<R, E>
    where
        R: Terms<E>,
    {
        let of = TermsOf::of::<R>();
        sample_alerts::<R>(execution, |emit| self.state.on_event(&of, event, origin, emit))
    }

    /// Ends the stream, and gives the alerts that waited for it.
    pub fn flush(&mut self, execution: &Execution) -> impl Iterator<Item = R::Alert> + use<R> {
        sample_alerts::<R>(execution, |emit| self.state.machine.flush(emit))
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> sample::Stats {
        self.state.machine.stats()
    }

    /// The state as bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        self.state.machine.snapshot(R::LAYOUT)
    }

    /// State from the bytes of [`snapshot`](Self::snapshot).
    ///
    /// # Errors
    /// Where the bytes are of another rule or another build of it, or are damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let machine = sample::Machine::restore(&R::PLAN, R::LAYOUT, bytes)?;
        Ok(Self::over(machine))
    }
}

/// The alerts of the samples that `run` emits.
fn sample_alerts<R: SampleRule>(
    execution: &Execution,
    run: impl FnOnce(&mut dyn FnMut(sample::Sample<Stored>)),
) -> std::vec::IntoIter<R::Alert> {
    let mut alerts = Vec::new();
    run(&mut |found| alerts.extend(R::alert(&all_there(found), execution)));
    alerts.into_iter()
}

/// The events of a sample, as those of a match of which none is missing.
fn all_there(found: sample::Sample<Stored>) -> Vec<Option<Stored>> {
    found.events.into_iter().map(Some).collect()
}

/// What a sample rule is.
pub(crate) struct SampleParts<E: ?Sized> {
    pub(crate) meta: &'static RuleMeta,
    pub(crate) terms: TermsOf<E>,
    plan: sample::Plan,
}

impl<E: ?Sized> Clone for SampleParts<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for SampleParts<E> {}

impl<E: ?Sized> SampleParts<E> {
    pub(crate) const fn of<R: SampleRule + Terms<E>>() -> Self {
        Self { meta: R::META, terms: TermsOf::of::<R>(), plan: R::PLAN }
    }
}

/// [`Detector`] of a sample rule.
pub struct SampleDetector<E: ?Sized> {
    parts: SampleParts<E>,
    state: SampleState,
}

impl<E: ?Sized> SampleDetector<E> {
    /// The rule with fresh state.
    pub(crate) fn new(parts: SampleParts<E>) -> Self {
        let state = SampleState::new(sample::Machine::new(&parts.plan));
        Self { parts, state }
    }

    /// The rule `R` with fresh state and another plan: its own with other limits.
    #[must_use]
    pub fn with_plan<R: SampleRule + Terms<E>>(plan: sample::Plan) -> Self {
        Self::new(SampleParts { plan, ..SampleParts::of::<R>() })
    }
}

impl<E: ?Sized> fmt::Debug for SampleDetector<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleDetector")
            .field("rule", &self.parts.meta.rule_id)
            .finish_non_exhaustive()
    }
}

impl<E: Event + ?Sized> Detector<E> for SampleDetector<E> {
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
        let mut emit = documents(self.parts.meta, execution, emit);
        self.state.on_event(&self.parts.terms, event, origin, &mut |found| emit(&all_there(found)));
    }

    fn on_hits(
        &mut self,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        let mut emit = documents(self.parts.meta, execution, emit);
        self.state.fits.take(&self.parts.terms, event, targets);
        self.state.proceed(event, origin, &mut |found| emit(&all_there(found)));
    }

    fn sees_all(&self) -> bool {
        self.parts.terms.lineages > 0
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        let mut emit = documents(self.parts.meta, execution, emit);
        self.state.machine.flush(&mut |found| emit(&all_there(found)));
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let stats = self.state.machine.stats();
        vec![
            ("partials", stats.keys as u64),
            ("evicted", stats.evicted),
            ("truncated", stats.truncated),
        ]
    }
}
