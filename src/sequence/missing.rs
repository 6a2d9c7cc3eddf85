//! Missing events before the first and after the last event of a sequence.
//!
//! Those between two events need no memory of their own: they are noted on the partial sequence that they
//! spoil ([`Marks::gap`](super::partials::Marks)).

use std::collections::{HashMap, VecDeque};

use super::ledger::Ledger;
use super::partials::Marks;
use super::plan::{Layout, distance};
use crate::key::KeyHash;

/// When events of the missing terms at the start were last seen, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    ledger: Ledger<Seen>,
}

/// The two latest times of such events. More are not needed: the latest that is *before* the first
/// event of a sequence is asked for when that event comes, and no time is after it then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) latest: i64,
    /// [`Marks::NO_HEAD`] if there was none.
    pub(super) before: i64,
}

impl Heads {
    pub(super) fn len(&self) -> usize {
        self.ledger.len()
    }

    /// The latest before `time`, or [`Marks::NO_HEAD`].
    pub(super) fn before(&self, key: KeyHash, time: i64) -> i64 {
        let Some(id) = self.ledger.find(key, 0) else { return Marks::NO_HEAD };
        let seen = self.ledger.value(id);
        if seen.latest < time { seen.latest } else { seen.before }
    }

    pub(super) fn note(&mut self, key: KeyHash, time: i64) {
        let Some(id) = self.ledger.find(key, 0) else {
            self.ledger.push(key, 0, Seen { latest: time, before: Marks::NO_HEAD });
            return;
        };
        let seen = self.ledger.value_mut(id);
        if seen.latest < time {
            *seen = Seen { latest: time, before: seen.latest };
            self.ledger.move_to_end(id);
        }
    }

    /// Forgets what is too long ago to matter at `now`.
    pub(super) fn expire(&mut self, layout: &Layout, now: i64) {
        while let Some(id) = self.ledger.oldest() {
            if !layout.exceeds(self.ledger.value(id).latest, now) {
                break;
            }
            self.ledger.remove(id);
        }
    }

    /// Forgets the key that was seen the longest ago.
    pub(super) fn evict(&mut self) {
        if let Some(id) = self.ledger.oldest() {
            self.ledger.remove(id);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (KeyHash, Seen)> {
        self.ledger.ids().map(|id| (self.ledger.key(id), *self.ledger.value(id)))
    }

    /// Adds a key behind all others; false where it is there already.
    pub(super) fn put_back(&mut self, key: KeyHash, seen: Seen) -> bool {
        let vacant = self.ledger.find(key, 0).is_none();
        if vacant {
            self.ledger.push(key, 0, seen);
        }
        vacant
    }
}

/// Completed sequences of a query with missing terms at the end, in the order of their last events.
///
/// Those that are decided wait too while one before them is not, so that results keep their order.
#[derive(Clone, Debug)]
pub(super) struct Waiting<P> {
    queue: VecDeque<Candidate<P>>,
    /// How many have left the queue: the number of the first in it.
    gone: u64,
    /// The numbers of the undecided ones, by key, oldest first.
    undecided: HashMap<KeyHash, VecDeque<u64>>,
}

/// A completed sequence.
#[derive(Clone, Debug)]
pub(super) struct Candidate<P> {
    pub(super) key: KeyHash,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) verdict: Verdict,
    pub(super) events: Vec<P>,
}

/// Whether a completed sequence is a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    Discard,
    /// It is one unless an event of a missing term comes within `maxspan` of this time.
    Until(i64),
}

impl<P> Default for Waiting<P> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), gone: 0, undecided: HashMap::new() }
    }
}

impl<P> Waiting<P> {
    /// The latest time at which the first candidate still waits.
    pub(super) fn first_deadline(&self, layout: &Layout) -> Option<i64> {
        self.queue.front().map(|first| match first.verdict {
            Verdict::Until(time) => layout.last_within(time),
            Verdict::Keep | Verdict::Discard => i64::MIN,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// How many events are held.
    pub(super) fn events(&self) -> usize {
        self.queue.iter().map(|candidate| candidate.events.len()).sum()
    }

    pub(super) fn push(&mut self, candidate: Candidate<P>) {
        if let Verdict::Until(_) = candidate.verdict {
            let number = self.gone + self.queue.len() as u64;
            self.undecided.entry(candidate.key).or_default().push_back(number);
        }
        self.queue.push_back(candidate);
    }

    /// Decides those of `key` that were complete before an event of a missing term at `time`.
    pub(super) fn decide(&mut self, layout: &Layout, key: KeyHash, time: i64) {
        let Some(numbers) = self.undecided.get_mut(&key) else { return };
        while let Some(&number) = numbers.front() {
            let index = usize::try_from(number - self.gone).expect("BUG: not in the queue");
            let candidate = &mut self.queue[index];
            if candidate.last >= time {
                return;
            }
            if let Verdict::Until(base) = candidate.verdict {
                let far = layout.exceeds(base, time);
                candidate.verdict = if far { Verdict::Keep } else { Verdict::Discard };
            }
            numbers.pop_front();
        }
        self.undecided.remove(&key);
    }

    /// Takes the first out, if its verdict is known when all events before `now` have been seen.
    pub(super) fn settled(&mut self, layout: &Layout, now: i64) -> Option<Candidate<P>> {
        let candidate = self.queue.front()?;
        let settled = match candidate.verdict {
            Verdict::Keep | Verdict::Discard => true,
            Verdict::Until(base) => base < now && distance(base, now) > layout.span,
        };
        if settled { self.pop() } else { None }
    }

    /// Takes the first out, whatever is known of it.
    pub(super) fn pop(&mut self) -> Option<Candidate<P>> {
        let candidate = self.queue.pop_front()?;
        if let Verdict::Until(_) = candidate.verdict {
            self.forget(candidate.key);
        }
        self.gone += 1;
        Some(candidate)
    }

    /// The first in the queue is the first of its key, too.
    fn forget(&mut self, key: KeyHash) {
        let Some(numbers) = self.undecided.get_mut(&key) else { return };
        debug_assert_eq!(numbers.front(), Some(&self.gone), "BUG: numbers out of step");
        numbers.pop_front();
        if numbers.is_empty() {
            self.undecided.remove(&key);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Candidate<P>> {
        self.queue.iter()
    }
}
