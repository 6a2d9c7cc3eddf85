//! The characters of some patterns, in classes that the patterns do not tell apart.

use std::collections::{BTreeSet, HashMap};

use super::chars::{CharSet, MAX};
use super::determinize::TooComplex;
use super::limits;

const TOO_MANY: TooComplex = TooComplex("too many different characters");

/// The number of a class.
pub(super) type Class = u16;

/// All code points, cut into segments, and the class of each segment.
pub(super) struct Alphabet {
    /// The first code point of each segment; the first of all is 0.
    starts: Vec<u32>,
    /// The class of each segment.
    classes: Vec<Class>,
    /// How many classes there are.
    count: usize,
}

impl Alphabet {
    /// The coarsest classes of which all the sets are made.
    pub(super) fn new(sets: &BTreeSet<CharSet>) -> Result<Self, TooComplex> {
        let mut starts = vec![0];
        for &(first, last) in sets.iter().flat_map(CharSet::ranges) {
            starts.extend([first, last + 1]);
        }
        starts.retain(|&start| start <= MAX);
        starts.sort_unstable();
        starts.dedup();
        let mut alphabet = Self { classes: Vec::new(), starts, count: 0 };
        alphabet.classify(sets)?;
        Ok(alphabet)
    }

    /// Puts segments that are in the same sets into the same class.
    fn classify(&mut self, sets: &BTreeSet<CharSet>) -> Result<(), TooComplex> {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.starts.len()];
        let mut work = 0;
        for (index, set) in sets.iter().enumerate() {
            for &range in set.ranges() {
                let segments = self.segments(range);
                work += segments.len();
                if work > limits::WORK {
                    return Err(TOO_MANY);
                }
                members[segments].iter_mut().for_each(|sets| sets.push(index));
            }
        }
        let mut numbers = HashMap::new();
        for sets in members {
            let next = numbers.len();
            let number = *numbers.entry(sets).or_insert(next);
            self.classes.push(Class::try_from(number).map_err(|_| TOO_MANY)?);
        }
        self.count = numbers.len();
        if self.count > limits::ALPHABET { Err(TOO_MANY) } else { Ok(()) }
    }

    /// The segments that a range is made of.
    fn segments(&self, (first, last): (u32, u32)) -> std::ops::Range<usize> {
        self.starts.partition_point(|&start| start < first)
            ..self.starts.partition_point(|&start| start <= last)
    }

    /// The classes that a set is made of, in ascending order.
    pub(super) fn classes_of(&self, set: &CharSet) -> Vec<Class> {
        let segments = set.ranges().iter().flat_map(|&range| self.segments(range));
        let mut classes: Vec<Class> = segments.map(|segment| self.classes[segment]).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// How many classes there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The segments: where each starts, and its class.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Class)> {
        self.starts.iter().copied().zip(self.classes.iter().copied())
    }
}
