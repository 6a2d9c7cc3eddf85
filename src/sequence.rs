//! Sequences: the machine that keeps partial sequences and finds the complete ones.
//!
//! Compiled rules test the conditions of their terms and extract join keys; this module does the
//! rest, the same for all rules: it holds what has begun until the next event of the same key comes,
//! `until` ends it, or `maxspan` is over.
//!
//! ```
//! use std::time::Duration;
//! use eql::Timestamp;
//! use eql::field::Keyword;
//! use eql::key::Keys;
//! use eql::sequence::{Hit, Machine, Plan, Term, Tiebreaker};
//!
//! // sequence by host.id with maxspan=1m [..] [..]
//! const PLAN: Plan = Plan::new(&[Term::event(), Term::event()]).maxspan(Duration::from_secs(60));
//!
//! let mut machine = Machine::new(&PLAN);
//! let mut host = Keys::new();
//! host.push::<Keyword>("web-1");
//! host.close(false);
//!
//! let mut found = Vec::new();
//! for (term, second) in [(0, 0), (1, 42)] {
//!     let time = Timestamp::from_millis(second * 1000).unwrap();
//!     let hits = [Hit::term(term, &host)];
//!     machine.on_event(time, Tiebreaker::Missing, &hits, || second, &mut |m| found.push(m.events));
//! }
//! assert_eq!(found, [[Some(0), Some(42)]]);
//! ```
//!
//! # What a sequence is
//! For each key and each stage but the last there is one slot with at most one partial sequence. An event
//! that hits a stage takes the sequence out of the slot before it and goes on; the newest pushes out what
//! is in the way. So of two events that could start a sequence the later one does, and an event fills at
//! most one place of a sequence. These are Elasticsearch's rules, and its results, but for what
//! Elasticsearch loses between pages of its search.
//!
//! # Time
//! Events are taken in the order of time, tiebreaker and arrival. The *watermark* is the time before which
//! no event is expected any more: the newest time seen less [`Limits::lateness`], or what
//! [`advance_watermark`](Machine::advance_watermark) says. Events wait until the watermark is past them,
//! and results are the same in whatever order events arrive within the lateness, as long as no two share
//! time and tiebreaker. An event before the watermark is dropped and counted as late. Nothing here looks at a
//! clock, so that a replay gives what the live run gave; a source must keep out events from
//! the future, since one of them would make everything after it late.
//!
//! # Memory
//! Every kind of state has a bound in [`Limits`], and [`Stats`] counts what a bound cost. Per key and partial
//! sequence it takes about 100 bytes and what the payload holds. Keys themselves are not kept: 128 bits of a
//! keyed hash under a secret stand for them.

mod index;
mod ledger;
mod missing;
mod partials;
mod pipes;
mod plan;
mod reorder;
pub(crate) mod snapshot;
mod state;

use std::fmt;

pub use self::plan::{Limits, MAX_PARTIAL, MAX_TERMS, Pipe, Plan, Term};
pub use self::reorder::Tiebreaker;
pub use self::snapshot::{Payload, RestoreError};

use self::missing::{Candidate, Heads, Verdict, Waiting};
use self::partials::{Marks, Partials};
pub(crate) use self::pipes::Pipes;
use self::plan::{Layout, Role};
use self::reorder::{Held, Reorder};
use crate::key::{KeyHash, KeyHasher, Keys};
use crate::value::Timestamp;

/// What an event fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A term, by its place in the query, from 0; a term with `runs` is one term.
    Term(u16),
    /// The term after `until`.
    Until,
}

/// That an event fits a term, and with which keys.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// What it fits.
    pub target: Target,
    /// Its key tuples there. Where these exclude the event, the hit counts for nothing.
    pub keys: &'a Keys,
}

impl<'a> Hit<'a> {
    /// A hit of the term at this place of the query.
    #[must_use]
    pub const fn term(place: u16, keys: &'a Keys) -> Self {
        Self { target: Target::Term(place), keys }
    }

    /// A hit of the term after `until`.
    #[must_use]
    pub const fn until(keys: &'a Keys) -> Self {
        Self { target: Target::Until, keys }
    }
}

/// A completed sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<P> {
    /// Its events in the order of the query, `runs` written out; `None` in the place of a missing event.
    pub events: Vec<Option<P>>,
    /// The time of its first event.
    pub first: Timestamp,
    /// The time of its last event.
    pub last: Timestamp,
}

/// Whether an event that hits a term also fits the events before it in a sequence.
///
/// Called with the place of the term, the events of the sequence so far, and the event. Where it says no,
/// the sequence stays as it is. This is what `event0.process.name` in a later term compiles to.
pub type Guard<P> = fn(term: u16, earlier: &[&P], event: &P) -> bool;

/// What a machine holds and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Partial sequences held now.
    pub partials: usize,
    /// Completed sequences held now: those that wait for `![..]` at the end, and those in `tail`.
    pub waiting: usize,
    /// Keys remembered now for `![..]` at the start.
    pub missing: usize,
    /// Events held back for ordering now.
    pub buffered: usize,
    /// Events held now, counted once for each place that holds them.
    pub events: usize,
    /// Sequences found, before pipes.
    pub matches: u64,
    /// Sequences complete but for an event that should have been missing.
    pub suppressed: u64,
    /// Partial sequences that `maxspan` ended.
    pub expired: u64,
    /// Partial sequences that a newer one of the same key pushed out.
    pub replaced: u64,
    /// Partial sequences that `until` ended.
    pub ended: u64,
    /// Sequences given up because there were more than [`Limits::max_partial`]: results may be lacking.
    pub evicted: u64,
    /// Keys forgotten for the same reason that were remembered for `![..]` at the start: there may be results
    /// that should not be.
    pub missing_evicted: u64,
    /// Events dropped because they came after the watermark.
    pub late: u64,
    /// Events taken before their time because more than [`Limits::max_buffered`] were held back.
    pub forced: u64,
    /// Hits of which only the first [`MAX_TUPLES`](crate::key::MAX_TUPLES) key tuples were taken.
    pub truncated: u64,
}

/// A hit of one key tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Task {
    /// Place of the term, or [`UNTIL`].
    term: u16,
    key: KeyHash,
}

/// No term is at this place: there are no more than [`MAX_TERMS`].
const UNTIL: u16 = u16::MAX;

/// The state of one sequence rule.
///
/// `P` is what is kept of an event, and is cloned where an event is in several sequences: an `Arc`, or a number.
pub struct Machine<P> {
    layout: Layout,
    hasher: KeyHasher,
    guard: Option<Guard<P>>,
    partials: Partials<P>,
    heads: Heads,
    waiting: Waiting<P>,
    reorder: Reorder<P>,
    pipes: Pipes<P>,
    watermark: i64,
    /// The counters are kept here, the rest is filled in on demand.
    counters: Stats,
    /// Empty between events; kept for its memory.
    tasks: Vec<Task>,
}

impl<P> fmt::Debug for Machine<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("watermark", &Timestamp::from_nanos(self.watermark))
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl<P> Machine<P> {
    /// A machine that has seen nothing.
    #[must_use]
    pub fn new(plan: &Plan<'_>) -> Self {
        let layout = Layout::new(plan);
        Self {
            partials: Partials::new(layout.last_stage()),
            layout,
            hasher: KeyHasher::random(),
            guard: None,
            heads: Heads::default(),
            waiting: Waiting::default(),
            reorder: Reorder::default(),
            pipes: Pipes::new(plan.pipes),
            watermark: i64::MIN,
            counters: Stats::default(),
            tasks: Vec::new(),
        }
    }

    /// With a condition between an event and those before it.
    #[must_use]
    pub fn guard(self, guard: Guard<P>) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            partials: self.partials.len(),
            waiting: self.waiting.len() + self.pipes.len(),
            missing: self.heads.len(),
            buffered: self.reorder.len(),
            events: self.partials.events()
                + self.waiting.events()
                + self.pipes.len() * self.layout.stages.len()
                + self.reorder.len(),
            ..self.counters
        }
    }

    /// The time before which no event is expected any more; `None` before the first event.
    #[must_use]
    pub fn watermark(&self) -> Option<Timestamp> {
        (self.watermark != i64::MIN).then(|| Timestamp::from_nanos(self.watermark))
    }

    /// Whether a hit of `target` in the next event could change anything: where not, its condition need
    /// not be tested. A later term does nothing while no sequence waits for it.
    ///
    /// Always true with a lateness, for then the next event to be taken is not the next to arrive.
    #[must_use]
    pub fn wants(&self, target: Target) -> bool {
        let Target::Term(term) = target else { return true };
        if self.layout.lateness > 0 {
            return true;
        }
        match self.layout.roles.get(usize::from(term)) {
            None => false,
            Some(Role::Head | Role::Stage(0)) => true,
            Some(&Role::Stage(first)) => {
                // With `runs` the term has several stages, side by side.
                let stages = self.layout.stages.iter().zip(0..);
                stages
                    .skip(usize::from(first))
                    .take_while(|&(&of, _)| of == term)
                    .any(|(_, stage): (_, u16)| self.partials.at_stage(stage - 1) > 0)
            }
            Some(&Role::Gap(stage)) => self.partials.at_stage(stage) > 0,
            Some(Role::Tail) => self.waiting.len() > 0,
        }
    }

    /// The latest watermark that changes nothing that can be seen from outside but the counters: one that is later
    /// may complete a sequence. `None` where no passing of time can.
    #[must_use]
    pub fn patience(&self) -> Option<Timestamp> {
        let held = self.reorder.first();
        let waiting = self.waiting.first_deadline(&self.layout);
        held.into_iter().chain(waiting).min().map(Timestamp::from_nanos)
    }

    /// Hashes the keys of the hits into `self.tasks`.
    fn collect(&mut self, hits: &[Hit<'_>]) {
        for hit in hits {
            let term = match hit.target {
                Target::Term(term) if usize::from(term) < self.layout.roles.len() => term,
                Target::Until => UNTIL,
                // The compiler makes no such hit.
                Target::Term(_) => continue,
            };
            let cut_off = hit.keys.each(|tuple| {
                self.tasks.push(Task { term, key: self.hasher.hash(tuple) });
            });
            self.counters.truncated += u64::from(cut_off);
        }
    }
}

impl<P: Clone> Machine<P> {
    /// Takes one event, and emits the sequences that are known to be complete after it, in the order of their
    /// last events.
    ///
    /// `hits` are the terms that the event fits, in any order; `payload` makes what is kept of it, and is not
    /// called where nothing is. Events that fit nothing may be passed with no hits, or not at all: they
    /// only move the watermark.
    pub fn on_event(
        &mut self,
        time: Timestamp,
        tiebreaker: Tiebreaker,
        hits: &[Hit<'_>],
        payload: impl FnOnce() -> P,
        emit: &mut dyn FnMut(Match<P>),
    ) {
        let time = time.as_nanos();
        self.collect(hits);
        let mut tasks = std::mem::take(&mut self.tasks);
        if tasks.is_empty() {
            self.advance(time.saturating_sub_unsigned(self.layout.lateness), emit);
        } else if time < self.watermark {
            self.counters.late += 1;
        } else if self.layout.lateness == 0 {
            self.watermark = time;
            self.take(time, &tasks, &mut once(payload), emit);
        } else {
            self.reorder.hold(time, tiebreaker, tasks.as_slice().into(), payload());
            self.advance(time.saturating_sub_unsigned(self.layout.lateness), emit);
            self.force(emit);
        }
        tasks.clear();
        self.tasks = tasks;
    }

    /// Says that no event before `time` is to come, and emits what that settles.
    ///
    /// For sources that know, and for those that fall silent: without events no time passes.
    pub fn advance_watermark(&mut self, time: Timestamp, emit: &mut dyn FnMut(Match<P>)) {
        self.advance(time.as_nanos(), emit);
    }

    /// Ends the stream: takes what was held back, emits what waited for time to pass or for
    /// `tail`, and forgets everything but the counters. What comes next is another stream.
    pub fn flush(&mut self, emit: &mut dyn FnMut(Match<P>)) {
        while let Some(held) = self.reorder.pop() {
            self.take_held(held, emit);
        }
        while let Some(candidate) = self.waiting.pop() {
            self.judge(candidate, emit);
        }
        self.pipes.finish(emit);
        self.partials = Partials::new(self.layout.last_stage());
        self.heads = Heads::default();
        self.waiting = Waiting::default();
        self.reorder = Reorder::default();
        self.watermark = i64::MIN;
    }

    fn advance(&mut self, watermark: i64, emit: &mut dyn FnMut(Match<P>)) {
        if watermark <= self.watermark {
            return;
        }
        self.watermark = watermark;
        while let Some(held) = self.reorder.pop_before(watermark) {
            self.take_held(held, emit);
        }
        self.pass(watermark, emit);
    }

    /// Takes held events early while there are too many.
    fn force(&mut self, emit: &mut dyn FnMut(Match<P>)) {
        while self.reorder.len() > self.layout.max_buffered {
            let Some(held) = self.reorder.pop() else { return };
            self.counters.forced += 1;
            self.watermark = self.watermark.max(held.time);
            self.take_held(held, emit);
        }
    }

    fn take_held(&mut self, held: Held<P>, emit: &mut dyn FnMut(Match<P>)) {
        let Held { time, tasks, payload, .. } = held;
        self.take(time, &tasks, &mut || payload.clone(), emit);
    }

    /// Takes an event in its turn: none that is taken later is before it.
    fn take(
        &mut self,
        time: i64,
        tasks: &[Task],
        event: &mut dyn FnMut() -> P,
        emit: &mut dyn FnMut(Match<P>),
    ) {
        self.pass(time, emit);
        self.fill_stages(time, tasks, event, emit);
        self.note_absent(time, tasks);
        self.end_until(tasks);
        if self.layout.tail {
            self.settle(time, emit);
        }
    }

    /// Drops and emits what time alone decides, when the next event is at `now` or later.
    fn pass(&mut self, now: i64, emit: &mut dyn FnMut(Match<P>)) {
        while let Some(id) = self.partials.oldest() {
            if !self.layout.exceeds(self.partials.marks(id).first, now) {
                break;
            }
            self.partials.discard(id);
            self.counters.expired += 1;
        }
        if self.layout.head {
            self.heads.expire(&self.layout, now);
        }
        if self.layout.tail {
            self.settle(now, emit);
        }
    }

    fn settle(&mut self, now: i64, emit: &mut dyn FnMut(Match<P>)) {
        while let Some(candidate) = self.waiting.settled(&self.layout, now) {
            self.judge(candidate, emit);
        }
    }

    /// From the last stage to the first, so that the event does not meet a sequence that it has just
    /// extended.
    fn fill_stages(
        &mut self,
        time: i64,
        tasks: &[Task],
        event: &mut dyn FnMut() -> P,
        emit: &mut dyn FnMut(Match<P>),
    ) {
        for stage in (0..self.layout.stages.len()).rev() {
            let stage = u16::try_from(stage).expect("BUG: more stages than MAX_TERMS");
            let term = self.layout.stages[usize::from(stage)];
            for task in tasks.iter().filter(|task| task.term == term) {
                match stage.checked_sub(1) {
                    None => self.start(task.key, time, event, emit),
                    Some(before) => self.extend(before, *task, time, event, emit),
                }
            }
        }
    }

    fn start(
        &mut self,
        key: KeyHash,
        time: i64,
        event: &mut dyn FnMut() -> P,
        emit: &mut dyn FnMut(Match<P>),
    ) {
        let head = if self.layout.head { self.heads.before(key, time) } else { Marks::NO_HEAD };
        let marks = Marks::start(time, head);
        if self.layout.last_stage() == 0 {
            self.complete(key, marks, time, vec![event()], emit);
            return;
        }
        if let Some(older) = self.partials.find(key, 0) {
            self.partials.restart(older, marks, event());
            self.counters.replaced += 1;
            return;
        }
        if self.partials.len() >= self.layout.max_partial {
            self.evict_partial();
        }
        self.partials.start(key, marks, event());
    }

    fn evict_partial(&mut self) {
        if let Some(id) = self.partials.oldest() {
            self.partials.discard(id);
            self.counters.evicted += 1;
        }
    }

    /// Adds the event to the sequence in slot `before` of the key, if there is one.
    fn extend(
        &mut self,
        before: u16,
        task: Task,
        time: i64,
        event: &mut dyn FnMut() -> P,
        emit: &mut dyn FnMut(Match<P>),
    ) {
        let Some(id) = self.partials.find(task.key, before) else { return };
        let event = event();
        if self.guard.is_some_and(|fits| !fits(task.term, &self.partials.events_of(id), &event)) {
            return;
        }
        if usize::from(before) + 1 < self.layout.last_stage() {
            let replaced = self.partials.advance(id, time, event);
            self.counters.replaced += u64::from(replaced);
        } else {
            let (marks, mut events) = self.partials.take(id);
            events.push(event);
            self.complete(task.key, marks, time, events, emit);
        }
    }

    /// `marks` are those before the last event, which is at `time`.
    fn complete(
        &mut self,
        key: KeyHash,
        marks: Marks,
        time: i64,
        events: Vec<P>,
        emit: &mut dyn FnMut(Match<P>),
    ) {
        let verdict = self.verdict(marks, time);
        let candidate = Candidate { key, first: marks.first, last: time, verdict, events };
        if !self.layout.tail || verdict == Verdict::Discard {
            self.judge(candidate, emit);
            return;
        }
        self.wait(candidate);
    }

    fn wait(&mut self, candidate: Candidate<P>) {
        if self.waiting.len() >= self.layout.max_partial && self.waiting.pop().is_some() {
            self.counters.evicted += 1;
        }
        self.waiting.push(candidate);
    }

    fn verdict(&self, marks: Marks, last: i64) -> Verdict {
        let head_clear = marks.head == Marks::NO_HEAD || self.layout.exceeds(marks.head, last);
        match (self.layout.head, self.layout.tail) {
            _ if marks.spoilt_at(last) => Verdict::Discard,
            (false, true) => Verdict::Until(marks.first),
            // A window as long as maxspan is free before the last event, whatever comes after it.
            _ if head_clear => Verdict::Keep,
            (_, true) => Verdict::Until(marks.head),
            (_, false) => Verdict::Discard,
        }
    }

    fn judge(&mut self, candidate: Candidate<P>, emit: &mut dyn FnMut(Match<P>)) {
        let Candidate { first, last, verdict, events, .. } = candidate;
        if verdict == Verdict::Discard {
            self.counters.suppressed += 1;
            return;
        }
        self.counters.matches += 1;
        let mut events = events.into_iter();
        let places = self.layout.places.iter();
        let found = Match {
            events: places.map(|&filled| filled.then(|| events.next()).flatten()).collect(),
            first: Timestamp::from_nanos(first),
            last: Timestamp::from_nanos(last),
        };
        self.pipes.push(found, emit);
    }

    /// Notes the event where it should have been missing.
    fn note_absent(&mut self, time: i64, tasks: &[Task]) {
        for &Task { term, key } in tasks {
            match self.layout.roles.get(usize::from(term)) {
                Some(Role::Head) => self.note_head(key, time),
                Some(&Role::Gap(stage)) => {
                    if let Some(id) = self.partials.find(key, stage) {
                        self.partials.marks_mut(id).note_gap(time);
                    }
                }
                Some(Role::Tail) => self.waiting.decide(&self.layout, key, time),
                Some(Role::Stage(_)) | None => {}
            }
        }
    }

    fn note_head(&mut self, key: KeyHash, time: i64) {
        self.heads.note(key, time);
        self.bound_heads();
    }

    fn bound_heads(&mut self) {
        if self.heads.len() > self.layout.max_partial {
            self.heads.evict();
            self.counters.missing_evicted += 1;
        }
    }

    fn end_until(&mut self, tasks: &[Task]) {
        for task in tasks.iter().filter(|task| task.term == UNTIL) {
            for stage in (0..self.layout.last_stage()).rev() {
                let stage = u16::try_from(stage).expect("BUG: more stages than MAX_TERMS");
                if let Some(id) = self.partials.find(task.key, stage) {
                    self.partials.discard(id);
                    self.counters.ended += 1;
                }
            }
        }
    }
}

/// Makes the payload when it is first asked for, and copies of it after that.
pub(crate) fn once<P: Clone>(make: impl FnOnce() -> P) -> impl FnMut() -> P {
    let mut make = Some(make);
    let mut kept = None;
    move || {
        let fresh = make.take().map(|make| kept.insert(make()).clone());
        fresh.or_else(|| kept.clone()).expect("BUG: neither made nor to be made")
    }
}
