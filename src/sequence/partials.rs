//! Partial sequences: at most one for each key and stage.

use slab::Slab;

use super::ledger::Ledger;
use crate::key::KeyHash;

/// The end of a chain of events.
const NONE: u32 = u32::MAX;

/// The partial sequences of a rule. Slot *i* of a key holds the one whose last event is of stage *i*.
#[derive(Clone, Debug)]
pub(super) struct Partials<P> {
    ledger: Ledger<Partial<P>>,
    /// The events after the first, of all partial sequences.
    later: Slab<Later<P>>,
    /// How many there are in each slot.
    at_stage: Box<[usize]>,
}

/// The times, in nanoseconds, that decide what becomes of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// Its first event.
    pub(super) first: i64,
    /// Its last event so far.
    pub(super) last: i64,
    /// The latest event of a missing term at the start, before `first`; [`Marks::NO_HEAD`] if none.
    pub(super) head: i64,
    /// The earliest event of a missing term after `last`; [`Marks::NO_GAP`] if none. Where another of its own
    /// events comes after that, it stays: the sequence is spoilt. It goes on, since it still pushes others
    /// out of their slots, but its match is discarded.
    pub(super) gap: i64,
}

impl Marks {
    /// Further back than any `maxspan` reaches.
    pub(super) const NO_HEAD: i64 = i64::MIN;
    /// Before no event.
    pub(super) const NO_GAP: i64 = i64::MAX;

    /// Of a sequence with one event.
    pub(super) fn start(time: i64, head: i64) -> Self {
        Self { first: time, last: time, head, gap: Self::NO_GAP }
    }

    /// With one more event.
    pub(super) fn extend(self, time: i64) -> Self {
        let gap = if self.spoilt_at(time) { self.gap } else { Self::NO_GAP };
        Self { last: time, gap, ..self }
    }

    /// Whether a missing term's event lies before an own event at `time`.
    pub(super) fn spoilt_at(self, time: i64) -> bool {
        self.gap < time
    }

    /// Notes an event of a missing term in the current gap.
    pub(super) fn note_gap(&mut self, time: i64) {
        if time > self.last && self.gap == Self::NO_GAP {
            self.gap = time;
        }
    }
}

/// A sequence that lacks events yet.
#[derive(Clone, Debug)]
struct Partial<P> {
    marks: Marks,
    first: P,
    /// Its last event in `later`; [`NONE`] while the first is the last.
    chain: u32,
}

#[derive(Clone, Debug)]
struct Later<P> {
    event: P,
    before: u32,
}

impl<P> Partials<P> {
    /// For sequences that stage `last_stage` completes: one slot for each stage before it.
    pub(super) fn new(last_stage: usize) -> Self {
        Self { ledger: Ledger::default(), later: Slab::new(), at_stage: vec![0; last_stage].into() }
    }

    pub(super) fn len(&self) -> usize {
        self.ledger.len()
    }

    /// How many events are held.
    pub(super) fn events(&self) -> usize {
        self.ledger.len() + self.later.len()
    }

    /// How many there are in a slot.
    pub(super) fn at_stage(&self, stage: u16) -> usize {
        self.at_stage[usize::from(stage)]
    }

    pub(super) fn find(&self, key: KeyHash, stage: u16) -> Option<u32> {
        if self.at_stage(stage) == 0 {
            return None;
        }
        self.ledger.find(key, stage)
    }

    /// The one whose first event is the oldest.
    pub(super) fn oldest(&self) -> Option<u32> {
        self.ledger.oldest()
    }

    pub(super) fn marks(&self, id: u32) -> &Marks {
        &self.ledger.value(id).marks
    }

    pub(super) fn marks_mut(&mut self, id: u32) -> &mut Marks {
        &mut self.ledger.value_mut(id).marks
    }

    pub(super) fn key(&self, id: u32) -> KeyHash {
        self.ledger.key(id)
    }

    pub(super) fn stage(&self, id: u32) -> u16 {
        self.ledger.slot(id)
    }

    /// Its events by stage.
    pub(super) fn events_of(&self, id: u32) -> Vec<&P> {
        let partial = self.ledger.value(id);
        let mut events = Vec::with_capacity(usize::from(self.stage(id)) + 1);
        let mut next = partial.chain;
        while next != NONE {
            let later = &self.later[next as usize];
            events.push(&later.event);
            next = later.before;
        }
        events.push(&partial.first);
        events.reverse();
        events
    }

    /// All of them, in the order of their first events.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.ledger.ids()
    }

    /// Adds a sequence of one event; the first slot of the key must be vacant.
    pub(super) fn start(&mut self, key: KeyHash, marks: Marks, event: P) {
        self.ledger.push(key, 0, Partial { marks, first: event, chain: NONE });
        self.at_stage[0] += 1;
    }

    /// Puts a sequence of one event in the place of another in the first slot.
    pub(super) fn restart(&mut self, id: u32, marks: Marks, event: P) {
        debug_assert_eq!(self.stage(id), 0, "BUG: not in the first slot");
        *self.ledger.value_mut(id) = Partial { marks, first: event, chain: NONE };
        self.ledger.move_to_end(id);
    }

    /// Adds an event that does not complete the sequence, and moves it into the next slot, in place of
    /// what is there. Returns whether there was something.
    pub(super) fn advance(&mut self, id: u32, time: i64, event: P) -> bool {
        let stage = self.stage(id);
        let next = stage + 1;
        let pushed_out = self.find(self.key(id), next);
        if let Some(other) = pushed_out {
            self.discard(other);
        }
        self.chain(id, event);
        let marks = self.marks_mut(id);
        *marks = marks.extend(time);
        self.ledger.move_to_slot(id, next);
        self.at_stage[usize::from(stage)] -= 1;
        self.at_stage[usize::from(next)] += 1;
        pushed_out.is_some()
    }

    fn chain(&mut self, id: u32, event: P) {
        let partial = self.ledger.value_mut(id);
        let link = self.later.insert(Later { event, before: partial.chain });
        partial.chain = u32::try_from(link).expect("BUG: more events than MAX_PARTIAL allows");
    }

    /// Takes a partial sequence out: its times, and its events by stage.
    pub(super) fn take(&mut self, id: u32) -> (Marks, Vec<P>) {
        // Room for one more: the event that completes it.
        let mut events = Vec::with_capacity(usize::from(self.stage(id)) + 2);
        let marks = self.unravel(id, |event| events.push(event));
        events.reverse();
        (marks, events)
    }

    /// Drops a partial sequence.
    pub(super) fn discard(&mut self, id: u32) {
        self.unravel(id, drop);
    }

    /// Takes a partial sequence out, and hands over its events, the last first.
    fn unravel(&mut self, id: u32, mut each: impl FnMut(P)) -> Marks {
        self.at_stage[usize::from(self.stage(id))] -= 1;
        let Partial { marks, first, chain } = self.ledger.remove(id);
        let mut next = chain;
        while next != NONE {
            let Later { event, before } = self.later.remove(next as usize);
            each(event);
            next = before;
        }
        each(first);
        marks
    }

    /// Adds one behind all others, as it was when it was taken out. False, and nothing done, where its
    /// slot is taken or the number of events does not make a stage.
    pub(super) fn put_back(&mut self, key: KeyHash, marks: Marks, events: Vec<P>) -> bool {
        let later = events.len().wrapping_sub(1);
        let Some(stage) = u16::try_from(later).ok().filter(|_| later < self.at_stage.len()) else {
            return false;
        };
        if self.find(key, stage).is_some() {
            return false;
        }
        let mut events = events.into_iter();
        let Some(first) = events.next() else { return false };
        let id = self.ledger.push(key, stage, Partial { marks, first, chain: NONE });
        self.at_stage[later] += 1;
        for event in events {
            self.chain(id, event);
        }
        true
    }
}
