//! Which alerts a run has written already.

use std::collections::{HashSet, VecDeque};

use sha2::{Digest, Sha256};

/// How many alert ids are remembered: about 50 MB when full.
const CAPACITY: usize = 1 << 20;

/// The ids of the alerts written last, so that an event read twice alerts once.
#[derive(Debug)]
pub(crate) struct Seen {
    ids: HashSet<u128>,
    order: VecDeque<u128>,
    capacity: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Seen {
    fn with_capacity(capacity: usize) -> Self {
        Self { ids: HashSet::new(), order: VecDeque::new(), capacity }
    }

    /// Takes the id in; whether it is new.
    pub(crate) fn insert(&mut self, id: &str) -> bool {
        let key = key(id);
        if !self.ids.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

/// Half of a SHA-256: short enough to keep many, long enough that no two ids meet.
fn key(id: &str) -> u128 {
    let hash: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    hash.iter().take(16).fold(0, |key, &byte| key << 8 | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once() {
        let mut seen = Seen::default();
        assert!(seen.insert("a"));
        assert!(seen.insert("b"));
        assert!(!seen.insert("a"));
    }

    #[test]
    fn the_oldest_id_is_forgotten_first() {
        let mut seen = Seen::with_capacity(2);
        assert!(seen.insert("a"));
        assert!(seen.insert("b"));
        assert!(seen.insert("c"));
        assert!(!seen.insert("b"));
        assert!(!seen.insert("c"));
        assert!(seen.insert("a"), "two ids are remembered, and `a` was the oldest of three");
        assert_eq!(seen.ids.len(), seen.order.len());
    }
}
