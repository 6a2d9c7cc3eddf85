//! What sequences and samples hold, behind one table of functions.
//!
//! Nothing here depends on the type of the events, so that it is compiled once: what is generic is compiled again in each
//! crate that has rules, and so is what drops a type whose fields are known there.

use super::Stored;
use crate::key::Keys;
use crate::lineage::Lineage;
use crate::sample;
use crate::sequence::{self, Guard, Hit, Target, Tiebreaker};
use crate::value::Timestamp;

/// What is called with the events of a sequence or sample that is complete, a missing one being `None`.
pub(crate) type Emit<'a> = &'a mut dyn FnMut(&[Option<Stored>]);

/// What a sequence or sample rule holds.
pub(crate) trait State: Send {
    /// Which terms the event in hand fits.
    fn fits(&self) -> &Fits;

    fn fits_mut(&mut self) -> &mut Fits;

    /// Whether an event that fits this term could change anything now.
    fn wants(&self, target: Target) -> bool;

    /// Takes an event in hand, at `time`, of which it is not known yet what it fits.
    fn begin(&mut self, time: Option<Timestamp>, emit: Emit<'_>);

    /// Takes an event of which [`fits`](Self::fits) tells which terms it fits; `payload` makes what is kept of it.
    fn take(
        &mut self,
        time: Option<Timestamp>,
        tiebreaker: Tiebreaker,
        payload: &mut dyn FnMut() -> Stored,
        emit: Emit<'_>,
    );

    /// As [`Detector::begin_source`](crate::detector::Detector::begin_source).
    fn begin_source(&mut self) {}

    /// As [`Detector::advance_watermark`](crate::detector::Detector::advance_watermark).
    fn advance_watermark(&mut self, time: Timestamp, emit: Emit<'_>) {
        let _ = (time, emit);
    }

    /// As [`Detector::patience`](crate::detector::Detector::patience).
    fn patience(&self) -> Option<Timestamp> {
        None
    }

    /// As [`Detector::flush`](crate::detector::Detector::flush).
    fn flush(&mut self, emit: Emit<'_>);

    /// As [`Detector::counters`](crate::detector::Detector::counters).
    fn counters(&self) -> Vec<(&'static str, u64)>;
}

/// What a rule of several events looks for.
#[derive(Clone, Copy)]
pub(crate) enum Plan {
    Sequence(sequence::Plan<'static>, Option<Guard<Stored>>),
    Sample(sample::Plan),
}

impl Plan {
    /// Fresh state.
    pub(crate) fn state(&self) -> Box<dyn State> {
        match self {
            Self::Sequence(plan, guard) => {
                Box::new(SequenceState::new(sequence::Machine::new(plan), *guard))
            }
            Self::Sample(plan) => Box::new(SampleState::new(sample::Machine::new(plan))),
        }
    }
}

/// Which terms of a rule an event fits, with their keys, and what the rule remembers to tell; reused from event to event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fits {
    targets: Vec<Target>,
    /// Of the targets, and of more before.
    keys: Vec<Keys>,
    lineages: Vec<Lineage>,
    pub(crate) descends: Vec<bool>,
}

impl Fits {
    /// The keys to fill in of a term that the event fits.
    pub(crate) fn add(&mut self, target: Target) -> &mut Keys {
        let used = self.targets.len();
        self.targets.push(target);
        if used == self.keys.len() {
            self.keys.push(Keys::new());
        }
        self.keys[used].clear()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// So many lineages, and for each the place for its answer.
    pub(crate) fn observers(&mut self, count: usize) -> (&mut [Lineage], &mut [bool]) {
        self.lineages.resize_with(count, Lineage::default);
        self.descends.clear();
        self.descends.resize(count, false);
        (&mut self.lineages, &mut self.descends)
    }

    fn clear(&mut self) {
        self.targets.clear();
    }

    fn hits(&self) -> Vec<Hit<'_>> {
        let pairs = self.targets.iter().zip(&self.keys);
        pairs.map(|(target, keys)| Hit { target: *target, keys }).collect()
    }
}

/// What a sequence rule holds.
pub(crate) struct SequenceState {
    pub(crate) machine: sequence::Machine<Stored>,
    fits: Fits,
    /// Events that fit a term and have no time.
    pub(crate) untimed: u64,
    /// No event of the current source had a time yet.
    source_begins: bool,
    /// How many times a source began another stream.
    pub(crate) restarts: u64,
}

impl SequenceState {
    pub(crate) fn new(machine: sequence::Machine<Stored>, guard: Option<Guard<Stored>>) -> Self {
        let machine = match guard {
            Some(guard) => machine.guard(guard),
            None => machine,
        };
        Self { machine, fits: Fits::default(), untimed: 0, source_begins: false, restarts: 0 }
    }
}

impl State for SequenceState {
    fn fits(&self) -> &Fits {
        &self.fits
    }

    fn fits_mut(&mut self) -> &mut Fits {
        &mut self.fits
    }

    fn wants(&self, target: Target) -> bool {
        self.machine.wants(target)
    }

    /// Ends the stream where the first event of a source comes too late for it.
    fn begin(&mut self, time: Option<Timestamp>, emit: Emit<'_>) {
        self.fits.clear();
        let Some(time) = time.filter(|_| self.source_begins) else { return };
        self.source_begins = false;
        if self.machine.watermark().is_some_and(|watermark| time < watermark) {
            self.restarts += 1;
            self.flush(emit);
        }
    }

    fn take(
        &mut self,
        time: Option<Timestamp>,
        tiebreaker: Tiebreaker,
        payload: &mut dyn FnMut() -> Stored,
        emit: Emit<'_>,
    ) {
        let Some(time) = time else {
            // Without a time it has no place in the order.
            self.untimed += u64::from(!self.fits.is_empty());
            return;
        };
        let hits = self.fits.hits();
        self.machine.on_event(time, tiebreaker, &hits, payload, &mut |found| emit(&found.events));
    }

    fn begin_source(&mut self) {
        self.source_begins = true;
    }

    fn advance_watermark(&mut self, time: Timestamp, emit: Emit<'_>) {
        self.machine.advance_watermark(time, &mut |found| emit(&found.events));
    }

    fn patience(&self) -> Option<Timestamp> {
        self.machine.patience()
    }

    fn flush(&mut self, emit: Emit<'_>) {
        self.machine.flush(&mut |found| emit(&found.events));
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let stats = self.machine.stats();
        vec![
            ("partials", stats.partials as u64),
            ("evicted", stats.evicted + stats.missing_evicted),
            ("late", stats.late),
            ("forced", stats.forced),
            ("untimed", self.untimed),
            ("truncated", stats.truncated),
            ("restarts", self.restarts),
        ]
    }
}

/// What a sample rule holds.
pub(crate) struct SampleState {
    pub(crate) machine: sample::Machine<Stored>,
    fits: Fits,
}

impl SampleState {
    pub(crate) fn new(machine: sample::Machine<Stored>) -> Self {
        Self { machine, fits: Fits::default() }
    }
}

impl State for SampleState {
    fn fits(&self) -> &Fits {
        &self.fits
    }

    fn fits_mut(&mut self) -> &mut Fits {
        &mut self.fits
    }

    fn wants(&self, _: Target) -> bool {
        true
    }

    fn begin(&mut self, _: Option<Timestamp>, _: Emit<'_>) {
        self.fits.clear();
    }

    fn take(
        &mut self,
        _: Option<Timestamp>,
        _: Tiebreaker,
        payload: &mut dyn FnMut() -> Stored,
        emit: Emit<'_>,
    ) {
        if self.fits.is_empty() {
            return;
        }
        let hits = self.fits.hits();
        self.machine.on_event(&hits, payload, &mut |found| emit(&all_there(found)));
    }

    fn flush(&mut self, emit: Emit<'_>) {
        self.machine.flush(&mut |found| emit(&all_there(found)));
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let stats = self.machine.stats();
        vec![
            ("partials", stats.keys as u64),
            ("evicted", stats.evicted),
            ("truncated", stats.truncated),
        ]
    }
}

/// The events of a sample, as those of a match of which none is missing.
fn all_there(found: sample::Sample<Stored>) -> Vec<Option<Stored>> {
    found.events.into_iter().map(Some).collect()
}
