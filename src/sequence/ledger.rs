//! A hash table whose entries are also in a line, oldest first: what partial sequences are kept in.

use std::num::NonZeroU16;

use slab::Slab;

use super::index::Index;
use crate::key::KeyHash;

/// The end of a line. Slabs never grow this far: `MAX_PARTIAL` is far below it.
const NONE: u32 = u32::MAX;

/// Entries found by key and slot, and taken off at the old end. Every operation is O(1).
#[derive(Clone, Debug)]
pub(super) struct Ledger<T> {
    index: Index,
    entries: Slab<Entry<T>>,
    oldest: u32,
    newest: u32,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    key: KeyHash,
    older: u32,
    newer: u32,
    /// The slot and 1: with a value that never occurs, a vacant place costs no byte more.
    slot: NonZeroU16,
    value: T,
}

impl<T> Entry<T> {
    fn slot(&self) -> u16 {
        self.slot.get() - 1
    }

    fn hash(&self) -> u32 {
        hash_of(self.key, self.slot())
    }
}

fn numbered(slot: u16) -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(slot)
}

/// Keys are uniform already; the slot only has to move the slots of one key apart.
#[expect(clippy::cast_possible_truncation, reason = "any half of a hash is a hash")]
fn hash_of(key: KeyHash, slot: u16) -> u32 {
    key.0[0] as u32 ^ u32::from(slot).wrapping_mul(0x9E37_79B9)
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { index: Index::default(), entries: Slab::new(), oldest: NONE, newest: NONE }
    }
}

impl<T> Ledger<T> {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn find(&self, key: KeyHash, slot: u16) -> Option<u32> {
        self.index.find(hash_of(key, slot), |id| {
            let entry = self.entry(id);
            entry.key == key && entry.slot() == slot
        })
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    pub(super) fn slot(&self, id: u32) -> u16 {
        self.entry(id).slot()
    }

    pub(super) fn key(&self, id: u32) -> KeyHash {
        self.entry(id).key
    }

    pub(super) fn value(&self, id: u32) -> &T {
        &self.entry(id).value
    }

    pub(super) fn value_mut(&mut self, id: u32) -> &mut T {
        &mut self.entry_mut(id).value
    }

    /// Appends an entry; there must be none with this key and slot.
    pub(super) fn push(&mut self, key: KeyHash, slot: u16, value: T) -> u32 {
        debug_assert!(self.find(key, slot).is_none(), "BUG: slot is taken");
        let entry = Entry { key, older: NONE, newer: NONE, slot: numbered(slot), value };
        let id =
            u32::try_from(self.entries.insert(entry)).expect("BUG: more entries than MAX_PARTIAL");
        self.append(id);
        self.index(id);
        id
    }

    pub(super) fn remove(&mut self, id: u32) -> T {
        self.unindex(id);
        self.unlink(id);
        self.entries.remove(id as usize).value
    }

    /// Gives the entry another slot, which must be vacant, and leaves it its place in the line.
    pub(super) fn move_to_slot(&mut self, id: u32, slot: u16) {
        self.unindex(id);
        self.entry_mut(id).slot = numbered(slot);
        self.index(id);
    }

    /// Puts the entry at the new end of the line.
    pub(super) fn move_to_end(&mut self, id: u32) {
        if self.newest != id {
            self.unlink(id);
            self.append(id);
        }
    }

    /// From the oldest to the newest.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        let after = |id: &u32| Some(self.entry(*id).newer).filter(|&newer| newer != NONE);
        std::iter::successors(self.oldest(), after)
    }

    fn entry(&self, id: u32) -> &Entry<T> {
        &self.entries[id as usize]
    }

    fn entry_mut(&mut self, id: u32) -> &mut Entry<T> {
        &mut self.entries[id as usize]
    }

    fn append(&mut self, id: u32) {
        let before = std::mem::replace(&mut self.newest, id);
        if before == NONE {
            self.oldest = id;
        } else {
            self.entry_mut(before).newer = id;
        }
        let entry = self.entry_mut(id);
        entry.older = before;
        entry.newer = NONE;
    }

    fn unlink(&mut self, id: u32) {
        let Entry { older, newer, .. } = *self.entry(id);
        if older == NONE {
            self.oldest = newer;
        } else {
            self.entry_mut(older).newer = newer;
        }
        if newer == NONE {
            self.newest = older;
        } else {
            self.entry_mut(newer).older = older;
        }
    }

    fn index(&mut self, id: u32) {
        let hash = self.entry(id).hash();
        self.index.insert(hash, id);
    }

    fn unindex(&mut self, id: u32) {
        let hash = self.entry(id).hash();
        self.index.remove(hash, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> KeyHash {
        KeyHash([number.wrapping_mul(0x2545_F491_4F6C_DD1D), number])
    }

    fn line(ledger: &Ledger<u64>) -> Vec<u64> {
        ledger.ids().map(|id| *ledger.value(id)).collect()
    }

    #[test]
    fn keeps_the_line_through_moves_and_removals() {
        let mut ledger = Ledger::default();
        for number in 0..5 {
            ledger.push(key(number), 0, number);
        }
        ledger.move_to_slot(ledger.find(key(1), 0).unwrap(), 7);
        assert!(ledger.find(key(1), 0).is_none());
        assert_eq!(line(&ledger), [0, 1, 2, 3, 4]);
        ledger.move_to_end(ledger.find(key(2), 0).unwrap());
        ledger.move_to_end(ledger.find(key(0), 0).unwrap());
        ledger.move_to_end(ledger.find(key(0), 0).unwrap());
        assert_eq!(line(&ledger), [1, 3, 4, 2, 0]);
        for number in [1, 0, 4] {
            let slot = if number == 1 { 7 } else { 0 };
            let id = ledger.find(key(number), slot).unwrap();
            assert_eq!(ledger.remove(id), number);
        }
        assert_eq!(line(&ledger), [3, 2]);
        assert_eq!(ledger.oldest(), ledger.find(key(3), 0));
        assert_eq!(ledger.len(), 2);
    }

    #[test]
    fn finds_every_entry_after_growing_and_shrinking() {
        let mut ledger = Ledger::default();
        for number in 0..10_000 {
            ledger.push(key(number), (number % 3) as u16, number);
        }
        for number in (0..10_000).step_by(2) {
            let id = ledger.find(key(number), (number % 3) as u16).unwrap();
            ledger.remove(id);
        }
        for number in 0..10_000 {
            let found = ledger.find(key(number), (number % 3) as u16);
            assert_eq!(found.map(|id| *ledger.value(id)), (number % 2 == 1).then_some(number));
        }
    }
}
