//! Rule sets: many rules over one stream, at hardly more than the cost of reading it.
//!
//! [`rules!`](crate::rules!) plans a set as a whole. For each term of each rule it picks what any event that fits has
//! to have: its category, its operating system, its type, and up to two *guards*, texts that are rarely found in events. Then
//! one look at an event finds the few terms that it may fit, and only these are tested, by the same functions that
//! test an event rule by rule. So guards change what it costs to find a match, never what matches.
//!
//! ```
//! use eql::{Execution, Origin, Timestamp};
//!
//! eql::rules! { mod pack = "tests/data/pack/*.toml" }
//!
//! let mut row = pack::Row::new();
//! let mut rules = pack::Detector::new();
//! let execution = Execution::new(Timestamp::now());
//! let events = br#"{"@timestamp":"2026-01-01T00:00:00Z","event":{"category":"process"},"process":{"name":"cmd.exe"}}
//! {"@timestamp":"2026-01-01T00:00:01Z","event":{"category":"file"},"file":{"path":"C:\\a.txt"}}"#;
//! let mut alerts = Vec::new();
//! for line in events.split(|&byte| byte == b'\n') {
//!     row.read(line)?;
//!     let origin = Origin { index: "logs", id: "1" };
//!     rules.on_event(&row, origin, &execution, &mut |rule, alert| alerts.push((rule, alert)))?;
//! }
//! assert_eq!(alerts.len(), 1);
//! assert_eq!(pack::RULES[alerts[0].0].name, "Command shell");
//! # Ok::<(), eql::scan::Flaw>(())
//! ```

mod driver;
mod index;
mod lookup;
mod plan;
mod texts;

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use crate::alert::{Document, Execution, Origin};
use crate::detector::{self, Drives, Parts, Test};
use crate::event::Event;
use crate::generated::DetectAll;
use crate::row::{Projected, Row, first_date};
use crate::rule::{Partition, Rule, RuleMeta};
use crate::scan::{Flaw, Projection};
use crate::sequence::Target;
use crate::value::Timestamp;

pub use self::driver::{Driver, OneByOne, SetDriver};
pub use self::texts::{InLists, StringLists, StringTests, Strings};

use self::index::Index;
use self::plan::{Plan, Stage};

/// A set of compiled rules; [`rules!`](crate::rules!) writes it.
pub trait RuleSet: Projected {
    /// The rules, by file.
    type Rules: DetectAll<Row<Self>>;
    /// What the macro found out about them.
    const PLAN: &'static [u8];

    /// What is made of these the first time it is needed.
    fn shared() -> &'static Shared<Row<Self>>;
}

/// One rule of a set, over events of type `E`.
pub struct Entry<E: ?Sized> {
    parts: Parts<E>,
    partition: Partition,
}

impl<E: ?Sized> Entry<E> {
    /// The entries of a list of rules.
    pub(crate) fn all<L: DetectAll<E>>() -> Vec<Self> {
        let mut all = Vec::new();
        L::each(&mut |entry| all.push(*entry));
        all
    }

    /// The rule with fresh state.
    pub(crate) fn detector<'a>(&self) -> Box<dyn detector::Detector<E> + 'a>
    where
        E: Event + 'a,
    {
        self.parts.detector()
    }

    /// The entry of the rule `R`.
    #[must_use]
    pub const fn of<R: Rule<Kind: Drives<R, E>>>() -> Self {
        Self { parts: <R::Kind as Drives<R, E>>::PARTS, partition: R::PARTITION }
    }

    /// The metadata of the rule.
    #[must_use]
    pub const fn meta(&self) -> &'static RuleMeta {
        self.parts.meta()
    }

    fn is_host_local(&self) -> bool {
        matches!(self.partition, Partition::Stateless | Partition::HostLocal)
    }

    /// How the work of the rule may be split.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.partition
    }
}

impl<E: ?Sized> Clone for Entry<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: ?Sized> Copy for Entry<E> {}

impl<E: ?Sized> fmt::Debug for Entry<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.meta().rule_id).finish()
    }
}

/// What the detectors of a set have in common: tables, made once in a process.
#[derive(Debug)]
pub struct Shared<E> {
    rules: OnceLock<Vec<Entry<E>>>,
    projection: OnceLock<Projection>,
    plan: OnceLock<Plan>,
}

impl<E> Shared<E> {
    /// Nothing is made yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "the value of a static")]
    pub const fn new() -> Self {
        Self { rules: OnceLock::new(), projection: OnceLock::new(), plan: OnceLock::new() }
    }

    /// The projection of the set.
    #[inline]
    pub fn projection(&self, fields: &'static [&'static str]) -> &Projection {
        self.projection.get_or_init(|| Projection::new(fields))
    }
}

/// The rules of the set `S`, or some of them, with their running state.
///
/// Where the rules of a set are driven one by one, by [`detectors`](crate::rules!), they give the same alerts.
pub struct Detector<S: 'static> {
    plan: &'static Plan,
    /// The tests of all terms, by their number in the plan.
    tests: Vec<Test<Row<S>>>,
    index: Index,
    /// By place in the set; `None` for a rule that is left out.
    rules: Vec<Option<Box<dyn detector::Detector<Row<S>>>>>,
    /// Rules that are shown every event.
    see_all: Vec<u16>,
    /// By number of the term in the plan, whether its rule wants it now.
    wanted: Vec<bool>,
    clocks: Vec<Clock>,
    lateness: Duration,
    found: Vec<u32>,
    targets: Vec<Target>,
    stats: Stats,
}

/// What a detector has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events that were searched.
    pub events: u64,
    /// Terms that were tested, since their guards were there.
    pub candidates: u64,
    /// Terms that were tested and fit.
    pub hits: u64,
}

/// The time of the events so far, by one field.
#[derive(Debug)]
struct Clock {
    slot: usize,
    /// The time of the event in hand.
    now: Option<Timestamp>,
    /// As [`Machine::watermark`](crate::sequence::Machine::watermark) of every rule would be, if each were shown
    /// every event.
    watermark: Option<Timestamp>,
    /// No event of the current source had a time yet.
    source_begins: bool,
    /// Rules with this clock, ascending.
    rules: Vec<u16>,
    /// For each of them, how far the watermark may go without a change.
    patience: Vec<Option<Timestamp>>,
    /// The least of these.
    least: Option<Timestamp>,
}

impl<S: RuleSet> Detector<S> {
    /// All rules of the set, with fresh state.
    #[must_use]
    pub fn new() -> Self {
        Self::of_entries(|_| true)
    }

    /// The rules of the set that `keep` says, with fresh state. The others cost nothing.
    #[must_use]
    pub fn of(keep: impl Fn(&'static RuleMeta) -> bool) -> Self {
        Self::of_entries(|entry| keep(entry.meta()))
    }

    /// The rules of which several workers may each take the events of some hosts: those that are
    /// [`Stateless`](Partition::Stateless) or [`HostLocal`](Partition::HostLocal). The events of a host go to the worker
    /// that [`Row::host`] names.
    #[must_use]
    pub fn of_hosts() -> Self {
        Self::of_entries(|entry| entry.is_host_local())
    }

    /// The rules that [`of_hosts`](Self::of_hosts) leaves out: one worker takes all events.
    #[must_use]
    pub fn of_all_hosts() -> Self {
        Self::of_entries(|entry| !entry.is_host_local())
    }

    fn of_entries(keep: impl Fn(&Entry<Row<S>>) -> bool) -> Self {
        let plan = plan_of::<S>();
        let entries = entries_of::<S>();
        let rules: Vec<_> =
            entries.iter().map(|entry| keep(entry).then(|| entry.detector())).collect();
        let numbers = || rules.iter().zip(0_u16..);
        let see_all = numbers()
            .filter(|(rule, _)| rule.as_ref().is_some_and(|rule| rule.sees_all()))
            .map(|(_, number)| number)
            .collect();
        let clocks = plan.clocks.iter().zip(0_u16..).map(|(&slot, clock)| {
            let has = |number: u16| {
                plan.clock_of.get(usize::from(number)).is_some_and(|of| *of == Some(clock))
            };
            let is_told = |rule: &Option<Box<dyn detector::Detector<Row<S>>>>| {
                rule.as_ref().is_some_and(|rule| !rule.sees_all())
            };
            let of_clock: Vec<u16> = numbers()
                .filter(|(rule, number)| is_told(rule) && has(*number))
                .map(|(_, number)| number)
                .collect();
            Clock {
                slot: slot.into(),
                now: None,
                watermark: None,
                source_begins: false,
                patience: vec![None; of_clock.len()],
                rules: of_clock,
                least: None,
            }
        });
        let clocks = clocks.filter(|clock| !clock.rules.is_empty()).collect();
        let test = |stage: &Stage| entries[usize::from(stage.rule)].parts.test(stage.target);
        let mut made = Self {
            plan,
            tests: plan.stages.iter().map(test).collect(),
            index: Index::new(plan, |rule| rules[usize::from(rule)].is_some()),
            see_all,
            wanted: vec![true; plan.stages.len()],
            clocks,
            lateness: Duration::ZERO,
            rules,
            found: Vec::new(),
            targets: Vec::new(),
            stats: Stats::default(),
        };
        made.note_wants();
        made
    }

    /// Takes one event, and emits the alerts that it completes, each with the place of its rule in the set.
    ///
    /// # Errors
    /// Where a rule matches and the line turns out to be no JSON, in a part that no rule reads. It counts for
    /// nothing then.
    pub fn on_event(
        &mut self,
        row: &Row<S>,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(usize, Document),
    ) -> Result<(), Flaw> {
        if self.search(row) {
            self.proceed(row, origin, execution, emit)?;
        }
        Ok(())
    }

    /// Finds the terms that an event fits; whether there are any, or time that it moves on completes something.
    ///
    /// Where it says true, [`proceed`](Self::proceed) has to be called with the same event before the next one: the
    /// two together are [`on_event`](Self::on_event), for callers to whom the origin of an event is dear.
    pub fn search(&mut self, row: &Row<S>) -> bool {
        self.found.clear();
        self.index.search(row.scan(), &mut self.found);
        self.test(row)
    }

    /// [`search`](Self::search) without guards, which tests every term of every rule: to measure against, and to
    /// check that guards hide nothing.
    pub fn search_one_by_one(&mut self, row: &Row<S>) -> bool {
        self.found.clear();
        let stages = self.plan.stages.iter().zip(0_u32..);
        let kept = stages.filter(|(stage, _)| self.rules[usize::from(stage.rule)].is_some());
        self.found.extend(kept.map(|(_, number)| number));
        self.test(row)
    }

    /// Leaves in `self.found` the terms that the event fits.
    fn test(&mut self, row: &Row<S>) -> bool {
        self.stats.events += 1;
        let Self { tests, wanted, stats, .. } = self;
        self.found.retain(|&number| {
            if !wanted[number as usize] {
                return false;
            }
            let fits = tests[number as usize].fits(row);
            stats.candidates += 1;
            stats.hits += u64::from(fits);
            fits
        });
        let mut due = !self.found.is_empty() || !self.see_all.is_empty();
        for clock in &mut self.clocks {
            clock.now = first_date(row.scan(), clock.slot);
            due |= clock.is_due(self.lateness);
        }
        if !due {
            self.clocks.iter_mut().for_each(|clock| clock.tick(self.lateness));
        }
        due
    }

    /// The terms that the last event fits, each as the place of its rule in the set and its place in the rule.
    pub fn hits(&self) -> impl Iterator<Item = (usize, Target)> {
        self.found.iter().map(|&number| {
            let stage = &self.plan.stages[number as usize];
            (usize::from(stage.rule), stage.target)
        })
    }

    /// Takes the event of which [`search`](Self::search) said true.
    ///
    /// # Errors
    /// Those of [`on_event`](Self::on_event).
    pub fn proceed(
        &mut self,
        row: &Row<S>,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(usize, Document),
    ) -> Result<(), Flaw> {
        if !self.found.is_empty() && !row.is_valid() {
            return Err(Flaw::NotJson);
        }
        let found = std::mem::take(&mut self.found);
        let mut hits = found.as_slice();
        while let Some(&first) = hits.first() {
            let rule = self.plan.stages[first as usize].rule;
            let of_rule = |&&number: &&u32| self.plan.stages[number as usize].rule == rule;
            let count = hits.iter().take_while(of_rule).count();
            let (now, rest) = hits.split_at(count);
            hits = rest;
            self.targets.clear();
            self.targets.extend(now.iter().map(|&number| self.plan.stages[number as usize].target));
            self.feed(rule, row, origin, execution, emit);
        }
        self.found = found;
        self.pass_time(row, origin, execution, emit);
        for at in 0..self.see_all.len() {
            let rule = usize::from(self.see_all[at]);
            if let Some(detector) = &mut self.rules[rule] {
                detector.on_event(row, origin, execution, &mut |alert| emit(rule, alert));
            }
        }
        Ok(())
    }

    /// Gives a rule the terms in `self.targets`.
    fn feed(
        &mut self,
        number: u16,
        row: &Row<S>,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(usize, Document),
    ) {
        let rule = usize::from(number);
        let Some(detector) = &mut self.rules[rule] else { return };
        let emit = &mut |alert| emit(rule, alert);
        let clock = self.plan.clock_of[rule].and_then(|_| {
            self.clocks.iter_mut().find_map(|clock| {
                let at = clock.rules.binary_search(&number).ok()?;
                Some((clock, at))
            })
        });
        let Some((clock, at)) = clock else {
            detector.on_hits(row, &self.targets, origin, execution, emit);
            return;
        };
        // It was not shown the events that it does not want, so that it has to be told the time.
        if let Some(watermark) = clock.watermark {
            detector.advance_watermark(watermark, execution, emit);
        }
        if clock.source_begins && clock.now.is_some() {
            detector.begin_source();
        }
        detector.on_hits(row, &self.targets, origin, execution, emit);
        clock.patience[at] = detector.patience();
        clock.least = clock.patience.iter().flatten().min().copied();
        note_wants(self.plan, number, detector.as_ref(), &mut self.wanted);
    }

    /// Tells the rules that wait for it that time has passed, or starts them over with a new source.
    fn pass_time(
        &mut self,
        row: &Row<S>,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(usize, Document),
    ) {
        for clock in &mut self.clocks {
            if !clock.is_due(self.lateness) {
                clock.tick(self.lateness);
                continue;
            }
            let restarts = clock.restarts();
            let next = clock.next(self.lateness);
            for at in 0..clock.rules.len() {
                let number = clock.rules[at];
                let rule = usize::from(number);
                let was_fed = || {
                    self.found.iter().any(|&found| self.plan.stages[found as usize].rule == number)
                };
                let waits = clock.patience[at].is_some_and(|patience| next > Some(patience));
                let Some(detector) = &mut self.rules[rule] else { continue };
                let emit = &mut |alert| emit(rule, alert);
                if restarts && !was_fed() {
                    if let Some(watermark) = clock.watermark {
                        detector.advance_watermark(watermark, execution, emit);
                    }
                    detector.begin_source();
                    detector.on_hits(row, &[], origin, execution, emit);
                } else if let (Some(next), true) = (next, waits && !restarts) {
                    detector.advance_watermark(next, execution, emit);
                } else {
                    continue;
                }
                clock.patience[at] = detector.patience();
                note_wants(self.plan, number, detector.as_ref(), &mut self.wanted);
            }
            clock.least = clock.patience.iter().flatten().min().copied();
            clock.tick(self.lateness);
        }
    }

    /// Says that the events to come are of another source, whose time may start over: as
    /// [`Detector::begin_source`](detector::Detector::begin_source) of every rule.
    pub fn begin_source(&mut self) {
        self.clocks.iter_mut().for_each(|clock| clock.source_begins = true);
        for &rule in &self.see_all {
            if let Some(detector) = &mut self.rules[usize::from(rule)] {
                detector.begin_source();
            }
        }
    }

    /// How much older than the newest event so far an event may be and still take its place in the order of
    /// a sequence. Starts with fresh state.
    pub fn set_lateness(&mut self, lateness: Duration) {
        self.lateness = lateness;
        self.rules.iter_mut().flatten().for_each(|rule| rule.set_lateness(lateness));
        for clock in &mut self.clocks {
            clock.watermark = None;
            clock.least = None;
            clock.patience.fill(None);
        }
        self.note_wants();
    }

    /// Ends the stream: emits what waited for the passing of time.
    pub fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(usize, Document)) {
        for clock in &mut self.clocks {
            if let Some(watermark) = clock.watermark.take() {
                for &rule in &clock.rules {
                    let rule = usize::from(rule);
                    if let Some(detector) = &mut self.rules[rule] {
                        detector.advance_watermark(watermark, execution, &mut |alert| {
                            emit(rule, alert)
                        });
                    }
                }
            }
            clock.least = None;
            clock.patience.fill(None);
        }
        for (at, rule) in self.rules.iter_mut().enumerate() {
            if let Some(rule) = rule {
                rule.flush(execution, &mut |alert| emit(at, alert));
            }
        }
        self.note_wants();
    }

    /// What each rule holds and has dropped, with the place of the rule, as
    /// [`Detector::counters`](detector::Detector::counters) has it.
    pub fn counters(&self) -> impl Iterator<Item = (usize, Vec<(&'static str, u64)>)> {
        let rules = self.rules.iter().enumerate();
        rules.filter_map(|(at, rule)| Some((at, rule.as_ref()?.counters())))
    }

    /// What the detector has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    fn note_wants(&mut self) {
        for (rule, number) in self.rules.iter().zip(0_u16..) {
            if let Some(rule) = rule {
                note_wants(self.plan, number, rule.as_ref(), &mut self.wanted);
            }
        }
    }
}

impl Clock {
    /// Whether the event in hand begins another stream: the first of a source, and too late for the stream so far.
    fn restarts(&self) -> bool {
        self.source_begins && self.now.is_some() && self.now < self.watermark
    }

    /// Whether the event in hand completes something by its time alone, or begins another stream.
    fn is_due(&self, lateness: Duration) -> bool {
        self.restarts() || self.least.is_some_and(|least| self.next(lateness) > Some(least))
    }

    /// The watermark after the event in hand.
    fn next(&self, lateness: Duration) -> Option<Timestamp> {
        let own = self.now.map(|now| now.before_by(lateness));
        if self.restarts() { own } else { own.max(self.watermark) }
    }

    fn tick(&mut self, lateness: Duration) {
        self.watermark = self.next(lateness);
        self.source_begins &= self.now.is_none();
        self.now = None;
    }
}

/// The rules of a set, by their place.
fn entries_of<S: RuleSet>() -> &'static [Entry<Row<S>>] {
    S::shared().rules.get_or_init(Entry::all::<S::Rules>)
}

fn plan_of<S: RuleSet>() -> &'static Plan {
    S::shared().plan.get_or_init(|| Plan::read(S::PLAN))
}

fn note_wants<E>(
    plan: &Plan,
    number: u16,
    rule: &(dyn detector::Detector<E> + '_),
    wanted: &mut [bool],
) {
    let start = plan.stages.partition_point(|stage| stage.rule < number);
    for (stage, wanted) in plan.stages.iter().zip(wanted).skip(start) {
        if stage.rule != number {
            break;
        }
        *wanted = rule.wants(stage.target);
    }
}

impl<S: RuleSet> Default for Detector<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Detector<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detector").field("stats", &self.stats).finish_non_exhaustive()
    }
}
