//! Events held back until those that belong before them have had their time to arrive.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Task;
use crate::value::Timestamp;

/// What orders events of the same time: the value of the tiebreaker field.
///
/// Events without one come after those with one. Values that are equal leave the order to arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tiebreaker {
    /// A number or a date.
    Number(i64),
    /// A string, by its bytes.
    Text(Box<str>),
    /// No value.
    #[default]
    Missing,
}

impl From<i64> for Tiebreaker {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

/// Ordered among themselves; a field is of one type, so they never meet other numbers.
impl From<u64> for Tiebreaker {
    fn from(value: u64) -> Self {
        Self::Number((value ^ 1 << 63).cast_signed())
    }
}

/// Ordered among themselves as [`f64::total_cmp`] does.
impl From<f64> for Tiebreaker {
    fn from(value: f64) -> Self {
        let bits = value.to_bits().cast_signed();
        Self::Number(if bits < 0 { bits ^ i64::MAX } else { bits })
    }
}

impl From<Timestamp> for Tiebreaker {
    fn from(value: Timestamp) -> Self {
        Self::Number(value.as_nanos())
    }
}

impl From<&str> for Tiebreaker {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl<T: Into<Tiebreaker>> From<Option<T>> for Tiebreaker {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// An event held back. Ordered by time, tiebreaker and arrival, so that no two are equal.
#[derive(Clone, Debug)]
pub(super) struct Held<P> {
    pub(super) time: i64,
    pub(super) tiebreaker: Tiebreaker,
    pub(super) arrival: u64,
    pub(super) tasks: Box<[Task]>,
    pub(super) payload: P,
}

impl<P> PartialEq for Held<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<P> Eq for Held<P> {}

impl<P> PartialOrd for Held<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The other way round, for the heap of the standard library has its greatest on top.
impl<P> Ord for Held<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time.cmp(&self.time))
            .then_with(|| other.tiebreaker.cmp(&self.tiebreaker))
            .then_with(|| other.arrival.cmp(&self.arrival))
    }
}

/// The events held back.
#[derive(Clone, Debug)]
pub(super) struct Reorder<P> {
    heap: BinaryHeap<Held<P>>,
    arrivals: u64,
}

impl<P> Default for Reorder<P> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), arrivals: 0 }
    }
}

impl<P> Reorder<P> {
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn hold(
        &mut self,
        time: i64,
        tiebreaker: Tiebreaker,
        tasks: Box<[Task]>,
        payload: P,
    ) {
        let arrival = self.arrivals;
        self.arrivals += 1;
        self.heap.push(Held { time, tiebreaker, arrival, tasks, payload });
    }

    /// The time of the first.
    pub(super) fn first(&self) -> Option<i64> {
        Some(self.heap.peek()?.time)
    }

    /// Takes the first out.
    pub(super) fn pop(&mut self) -> Option<Held<P>> {
        self.heap.pop()
    }

    /// Takes the first out if it is before `watermark`.
    pub(super) fn pop_before(&mut self, watermark: i64) -> Option<Held<P>> {
        if self.heap.peek()?.time < watermark { self.heap.pop() } else { None }
    }

    /// In the order in which they come out.
    pub(super) fn in_order(&self) -> Vec<&Held<P>> {
        let mut all: Vec<_> = self.heap.iter().collect();
        all.sort_unstable_by(|left, right| right.cmp(left));
        all
    }
}
