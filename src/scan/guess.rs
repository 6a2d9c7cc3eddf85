//! What the next key of an object will be, learned from the documents before.
//!
//! Events of one source write the same keys in the same order. So for each key that was met, the text from the end of
//! the value before it up to its own value is kept (`,"name":`), with what it means. The walk compares the text at
//! hand with the text that came next last time, and needs neither the end of the key nor a look into a table where
//! they agree. A wrong guess costs time and changes nothing: the text alone says what it means.

use super::projection::{EdgeId, NodeId, Projection};

/// A piece of text inside an object, and what it means there.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Guess {
    /// The first 32 bytes of the text.
    pub(super) text: [u8; 32],
    /// The guesses that came after this one, the last one first.
    pub(super) next: [u32; WAYS],
    pub(super) member: Member,
}

/// What is at hand after a piece of text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// The key that was met, [`NO_EDGE`] where it is not wanted, [`CLOSE`] where the object ended.
    pub(super) edge: EdgeId,
    /// What the value is for.
    pub(super) target: Target,
}

/// What is wanted of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// Where the value is, if anything is wanted of it.
    pub(super) node: NodeId,
    /// The slot of scalars: [`NO_SLOT`], or [`SLOTS`] for those of the node.
    pub(super) slot: u32,
    /// Whether something is wanted of objects.
    pub(super) edges: bool,
    /// Of the text before it.
    pub(super) len: u8,
}

pub(super) const NO_EDGE: EdgeId = u32::MAX;
pub(super) const CLOSE: EdgeId = u32::MAX - 1;
pub(super) const NO_SLOT: u32 = u32::MAX;
pub(super) const SLOTS: u32 = u32::MAX - 1;

impl Target {
    const NOTHING: Self = Self { node: 0, slot: NO_SLOT, edges: false, len: 0 };

    fn of(projection: &Projection, node: NodeId) -> Self {
        let slot = match *projection.slots(node) {
            [] => NO_SLOT,
            [slot] => slot,
            _ => SLOTS,
        };
        Self { node, slot, edges: projection.has_edges(node), len: 0 }
    }
}

impl Member {
    pub(super) const CLOSE: Self = Self { edge: CLOSE, target: Target::NOTHING };

    pub(super) fn of(projection: &Projection, edge: Option<EdgeId>) -> Self {
        match edge {
            None => Self { edge: NO_EDGE, target: Target::NOTHING },
            Some(edge) => Self { edge, target: Target::of(projection, projection.target(edge)) },
        }
    }

    /// Of a text of 32 bytes 0xff, which are in no line.
    fn unmatched(mut self) -> Self {
        self.target.len = 32;
        self
    }
}

/// How many guesses are kept of what comes after one. With these a guess fills a line of the cache.
pub(super) const WAYS: usize = 4;
const _: () = assert!(size_of::<Guess>() == 64);
/// The longest text that is learned.
const LONGEST: usize = 64;
/// How many texts are learned before all are forgotten.
const MOST: usize = 2048;
const TABLE: usize = 2 * MOST;
/// How many places of the table a text may be at. Whoever makes up keys of one hash fills so many, not more.
const PROBES: u32 = 16;

/// All guesses of a scan.
///
/// The first ones stand for the beginning of an object at each node, and one more for a text that was not learned.
/// Their own text is none that a line holds.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    pub(super) all: Vec<Guess>,
    /// The node of the object of each.
    owners: Vec<NodeId>,
    /// The bytes of each text after the first 32.
    pub(super) tails: Vec<[u8; 32]>,
    /// Open addressing: the index of a guess, [`EMPTY`] where there is none.
    table: Vec<u32>,
    /// The number of nodes, and so the guess for what was not learned.
    nodes: u32,
}

const EMPTY: u32 = u32::MAX;

impl Guesses {
    /// Forgets what belongs to another projection.
    pub(super) fn reset(&mut self, projection: &Projection) {
        self.nodes = projection.node_count();
        self.table.clear();
        self.table.resize(TABLE, EMPTY);
        self.all.clear();
        self.tails.clear();
        let member = Member::of(projection, None).unmatched();
        let none = Guess { text: [0xff; 32], next: [self.nodes; WAYS], member };
        self.all.reserve(self.nodes as usize + 2 + MOST);
        self.all.resize(self.nodes as usize + 1, none);
        // The last one is of no node: nothing is learned of what follows it.
        self.owners.clear();
        self.owners.extend((0..self.nodes).chain([NodeId::MAX]));
        self.owners.reserve(self.nodes as usize + 2 + MOST);
        self.tails.reserve(self.nodes as usize + 2 + MOST);
        self.tails.resize(self.nodes as usize + 1, [0; 32]);
    }

    /// Makes room where none is left. Not to be called in the middle of a line, whose walk holds indices.
    pub(super) fn tidy(&mut self, projection: &Projection) {
        if self.is_full() {
            self.reset(projection);
        }
    }

    fn is_full(&self) -> bool {
        self.all.len() - self.nodes as usize > MOST
    }

    /// The guess of a text inside an object at a node, which came after `prev`.
    pub(super) fn learn(&mut self, node: NodeId, prev: u32, text: &[u8], member: Member) -> u32 {
        let Some(found) = self.find_or_add(node, text, member) else {
            // Nothing follows it for good, since it stands for texts of all nodes.
            self.all[self.nodes as usize].member = member.unmatched();
            return self.nodes;
        };
        if self.owners[prev as usize] != NodeId::MAX {
            let next = &mut self.all[prev as usize].next;
            next.copy_within(..WAYS - 1, 1);
            next[0] = found;
        }
        found
    }

    fn find_or_add(&mut self, node: NodeId, text: &[u8], member: Member) -> Option<u32> {
        if text.len() > LONGEST {
            return None;
        }
        let first = super::projection::hash(text).wrapping_add(node.wrapping_mul(0x9e37_79b1));
        for step in 0..PROBES {
            let slot = first.wrapping_add(step) as usize % TABLE;
            let index = self.table[slot];
            if index == EMPTY {
                if self.is_full() {
                    return None;
                }
                let index = self.all.len() as u32;
                self.table[slot] = index;
                self.add(node, text, member);
                return Some(index);
            }
            if self.is(index, node, text) {
                return Some(index);
            }
        }
        None
    }

    fn add(&mut self, owner: NodeId, text: &[u8], member: Member) {
        let (head, tail) = halves(text);
        let mut member = member;
        member.target.len = text.len() as u8;
        self.all.push(Guess { text: head, next: [self.nodes; WAYS], member });
        self.owners.push(owner);
        self.tails.push(tail);
    }

    fn is(&self, index: u32, owner: NodeId, text: &[u8]) -> bool {
        let guess = &self.all[index as usize];
        self.owners[index as usize] == owner
            && usize::from(guess.member.target.len) == text.len()
            && (guess.text, self.tails[index as usize]) == halves(text)
    }
}

/// A text of at most [`LONGEST`] bytes, padded.
fn halves(text: &[u8]) -> ([u8; 32], [u8; 32]) {
    let (head, tail) = text.split_at(text.len().min(32));
    let mut halves = ([0; 32], [0; 32]);
    halves.0[..head.len()].copy_from_slice(head);
    halves.1[..tail.len()].copy_from_slice(tail);
    halves
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Keys that all fall on one place of the table cost no more than others, and are read alike.
    #[test]
    fn keys_of_one_hash_do_not_pile_up() {
        let projection = Projection::new(&["a"]);
        let mut guesses = Guesses::default();
        guesses.reset(&projection);
        let mut by_slot: HashMap<usize, Vec<String>> = HashMap::new();
        let most = if cfg!(miri) { 20 } else { 400_000 };
        for number in 0..most {
            let text = format!(",\"k{number}\":");
            let slot = super::super::projection::hash(text.as_bytes()) as usize % TABLE;
            by_slot.entry(slot).or_default().push(text);
        }
        let (_, same) = by_slot.into_iter().max_by_key(|(_, texts)| texts.len()).unwrap();
        let member = Member::of(&projection, None);
        let learned = same.iter().filter(|text| {
            guesses.learn(Projection::ROOT, Projection::ROOT, text.as_bytes(), member)
                != guesses.nodes
        });
        let learned = learned.count();
        assert_eq!(learned, same.len().min(PROBES as usize), "of {}", same.len());
    }
}
