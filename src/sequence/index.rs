//! A hash index: from hashes to the numbers of entries kept elsewhere.
//!
//! With a million entries every step of a lookup is a cache miss, so there is one: hash and number lie
//! side by side, where general tables keep a byte of the hash in one array and the value in another.
//! That makes an event a sixth cheaper, and growing does not have to look at the entries.

/// Open addressing with linear probing; never more than three quarters full.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// A power of two of places, or none.
    places: Box<[Place]>,
    len: usize,
}

/// A hash and the number of an entry, and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    hash: u32,
    /// 0 where the place is vacant.
    number: u32,
}

impl Place {
    const VACANT: Self = Self { hash: 0, number: 0 };

    fn new(hash: u32, id: u32) -> Self {
        Self { hash, number: id + 1 }
    }

    fn id(self) -> u32 {
        self.number - 1
    }
}

impl Index {
    const SMALLEST: usize = 8;

    /// The entry with this hash that `is_it` accepts.
    pub(super) fn find(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        let mut at = self.home(hash);
        loop {
            let place = self.places[at];
            if place == Place::VACANT {
                return None;
            }
            if place.hash == hash && is_it(place.id()) {
                return Some(place.id());
            }
            at = self.after(at);
        }
    }

    /// Adds an entry that is not in the index; its number is below `u32::MAX`.
    pub(super) fn insert(&mut self, hash: u32, id: u32) {
        if (self.len + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        self.put(Place::new(hash, id));
        self.len += 1;
    }

    /// Takes out an entry that is in the index.
    pub(super) fn remove(&mut self, hash: u32, id: u32) {
        let gone = Place::new(hash, id);
        let mut hole = self.home(hash);
        while self.places[hole] != gone {
            debug_assert!(self.places[hole] != Place::VACANT, "BUG: entry is not in the index");
            hole = self.after(hole);
        }
        // What comes behind moves up, unless that is before the place where a search for it begins.
        let mut at = self.after(hole);
        while self.places[at] != Place::VACANT {
            let home = self.home(self.places[at].hash);
            if self.steps(home, at) >= self.steps(hole, at) {
                self.places[hole] = self.places[at];
                hole = at;
            }
            at = self.after(at);
        }
        self.places[hole] = Place::VACANT;
        self.len -= 1;
    }

    fn put(&mut self, place: Place) {
        let mut at = self.home(place.hash);
        while self.places[at] != Place::VACANT {
            at = self.after(at);
        }
        self.places[at] = place;
    }

    fn grow(&mut self) {
        let larger = (self.places.len() * 2).max(Self::SMALLEST);
        let places = vec![Place::VACANT; larger].into_boxed_slice();
        for place in std::mem::replace(&mut self.places, places) {
            if place != Place::VACANT {
                self.put(place);
            }
        }
    }

    /// Where a search begins.
    fn home(&self, hash: u32) -> usize {
        hash as usize & (self.places.len() - 1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }

    /// From one place forward to another.
    fn steps(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Few different hashes, so that chains are long and wrap around the end.
    #[test]
    fn agrees_with_a_map() {
        for seed in 0..5 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut index = Index::default();
            let mut map: HashMap<u32, u32> = HashMap::new();
            for _ in 0..500 {
                let id = random.u32(..60);
                match map.remove(&id) {
                    Some(hash) => index.remove(hash, id),
                    None => {
                        let hash = [random.u32(..8), u32::MAX - random.u32(..4)][random.usize(..2)];
                        map.insert(id, hash);
                        index.insert(hash, id);
                    }
                }
                for id in 0..60 {
                    for hash in (0..8).chain(u32::MAX - 3..=u32::MAX) {
                        let there = map.get(&id) == Some(&hash);
                        assert_eq!(index.find(hash, |other| other == id).is_some(), there);
                    }
                }
            }
        }
    }

    #[test]
    fn grows_with_what_is_in_it_and_no_further() {
        let mut index = Index::default();
        for round in 0..20 {
            for id in 0..700_u32 {
                index.insert(id.wrapping_mul(0x9E37_79B9), id);
            }
            assert_eq!(index.places.len(), 1024, "round {round}");
            for id in 0..700_u32 {
                index.remove(id.wrapping_mul(0x9E37_79B9), id);
            }
        }
        assert!(index.places.iter().all(|&place| place == Place::VACANT));
    }
}
