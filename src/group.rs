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
use crate::sequence::{self, Guard, Limits, Payload, RestoreError, Target, Tiebreaker};
use crate::value::Timestamp;

use self::state::{Emit, Plan, SampleState, SequenceState, State};

mod state;

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
    const TIME: fn(&E) -> Option<Timestamp> = no_time;
    /// What orders an event among those of the same time.
    const TIEBREAKER: fn(&E) -> Tiebreaker = no_tiebreaker;

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

fn no_time<E: ?Sized>(_: &E) -> Option<Timestamp> {
    None
}

fn no_tiebreaker<E: ?Sized>(_: &E) -> Tiebreaker {
    Tiebreaker::Missing
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

impl<E: Event + ?Sized> TermsOf<E> {
    /// Tests an event for each term that is of use now, and has `state` take it.
    fn on_event(&self, state: &mut dyn State, event: &E, origin: Origin<'_>, emit: Emit<'_>) {
        let time = (self.time)(event);
        state.begin(time, emit);
        if let Some(observe) = self.observe {
            let (lineages, descends) = state.fits_mut().observers(self.lineages);
            observe(event, lineages, descends);
        }
        let terms = (0..self.terms).map(Target::Term);
        for target in terms.chain(self.until.then_some(Target::Until)) {
            if state.wants(target) && (self.test)(target, event, &state.fits().descends) {
                (self.keys)(target, event, state.fits_mut().add(target));
            }
        }
        self.proceed(state, time, event, origin, emit);
    }

    /// Has `state` take an event that fits these terms.
    fn on_hits(
        &self,
        state: &mut dyn State,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        emit: Emit<'_>,
    ) {
        let time = (self.time)(event);
        state.begin(time, emit);
        for &target in targets {
            (self.keys)(target, event, state.fits_mut().add(target));
        }
        self.proceed(state, time, event, origin, emit);
    }

    fn proceed(
        &self,
        state: &mut dyn State,
        time: Option<Timestamp>,
        event: &E,
        origin: Origin<'_>,
        emit: Emit<'_>,
    ) {
        let tiebreaker =
            if state.fits().is_empty() { Tiebreaker::Missing } else { (self.tiebreaker)(event) };
        let payload = &mut || Arc::new(SequenceEvent::of(event, origin));
        state.take(time, tiebreaker, payload, emit);
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
        let terms = TermsOf::of::<R>();
        alerts(R::alert, execution, |emit| terms.on_event(&mut self.state, event, origin, emit))
    }

    /// Says that the events to come are of another source, whose time may start over.
    ///
    /// Where the first of them with a time is before the watermark, it would be late, and most likely all after
    /// it. So the stream is [flushed](Self::flush) then, and another begins.
    pub fn begin_source(&mut self) {
        self.state.begin_source();
    }

    /// Says that no event before `time` is to come, and gives the alerts that this settles.
    pub fn advance_watermark(
        &mut self,
        time: Timestamp,
        execution: &Execution,
    ) -> impl Iterator<Item = R::Alert> + use<R> {
        alerts(R::alert, execution, |emit| self.state.advance_watermark(time, emit))
    }

    /// Ends the stream, and gives the alerts that waited for time to pass.
    pub fn flush(&mut self, execution: &Execution) -> impl Iterator<Item = R::Alert> + use<R> {
        alerts(R::alert, execution, |emit| self.state.flush(emit))
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

/// The alerts of the sequences or samples that `run` emits.
fn alerts<A>(
    alert: fn(&[Option<Stored>], &Execution) -> Option<A>,
    execution: &Execution,
    run: impl FnOnce(Emit<'_>),
) -> std::vec::IntoIter<A> {
    let mut alerts = Vec::new();
    run(&mut |events| alerts.extend(alert(events, execution)));
    alerts.into_iter()
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
        let terms = TermsOf::of::<R>();
        alerts(R::alert, execution, |emit| terms.on_event(&mut self.state, event, origin, emit))
    }

    /// Ends the stream, and gives the alerts that waited for it.
    pub fn flush(&mut self, execution: &Execution) -> impl Iterator<Item = R::Alert> + use<R> {
        alerts(R::alert, execution, |emit| self.state.flush(emit))
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

/// What a sequence or sample rule is.
pub(crate) struct GroupParts<E: ?Sized> {
    pub(crate) meta: &'static RuleMeta,
    pub(crate) terms: TermsOf<E>,
    plan: Plan,
}

impl<E: ?Sized> Clone for GroupParts<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for GroupParts<E> {}

impl<E: ?Sized> GroupParts<E> {
    pub(crate) const fn of_sequence<R: SequenceRule + Terms<E>>() -> Self {
        Self { meta: R::META, terms: TermsOf::of::<R>(), plan: Plan::Sequence(R::PLAN, R::GUARD) }
    }

    pub(crate) const fn of_sample<R: SampleRule + Terms<E>>() -> Self {
        Self { meta: R::META, terms: TermsOf::of::<R>(), plan: Plan::Sample(R::PLAN) }
    }
}

/// [`Detector`] of a sequence or sample rule.
pub struct GroupDetector<E: ?Sized> {
    parts: GroupParts<E>,
    state: Box<dyn State>,
}

impl<E: ?Sized> GroupDetector<E> {
    /// The rule with fresh state.
    pub(crate) fn new(parts: GroupParts<E>) -> Self {
        Self { state: parts.plan.state(), parts }
    }

    /// The sample rule `R` with fresh state and another plan: its own with other limits.
    #[must_use]
    pub fn of_sample<R: SampleRule + Terms<E>>(plan: sample::Plan) -> Self {
        Self::new(GroupParts { plan: Plan::Sample(plan), ..GroupParts::of_sample::<R>() })
    }
}

impl<E: ?Sized> fmt::Debug for GroupDetector<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupDetector")
            .field("rule", &self.parts.meta.rule_id)
            .finish_non_exhaustive()
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

impl<E: Event + ?Sized> Detector<E> for GroupDetector<E> {
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
        let emit = &mut documents(self.parts.meta, execution, emit);
        self.parts.terms.on_event(self.state.as_mut(), event, origin, emit);
    }

    fn on_hits(
        &mut self,
        event: &E,
        targets: &[Target],
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        let emit = &mut documents(self.parts.meta, execution, emit);
        self.parts.terms.on_hits(self.state.as_mut(), event, targets, origin, emit);
    }

    fn wants(&self, target: Target) -> bool {
        self.state.wants(target)
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
        self.state.advance_watermark(time, &mut documents(self.parts.meta, execution, emit));
    }

    fn patience(&self) -> Option<Timestamp> {
        self.state.patience()
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        self.state.flush(&mut documents(self.parts.meta, execution, emit));
    }

    fn begin_source(&mut self) {
        self.state.begin_source();
    }

    fn set_lateness(&mut self, lateness: Duration) {
        if let Plan::Sequence(plan, guard) = self.parts.plan {
            let plan = plan.limits(Limits { lateness, ..Limits::DEFAULT });
            self.state = Plan::Sequence(plan, guard).state();
        }
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        self.state.counters()
    }
}
