//! Samples: events of the same key that fit different terms, in any order.
//!
//! ```
//! use eql::field::Keyword;
//! use eql::key::Keys;
//! use eql::sample::{Machine, Plan};
//! use eql::sequence::Hit;
//!
//! // sample by host.id [..] [..]
//! const PLAN: Plan = Plan::new(2);
//!
//! let mut machine = Machine::new(&PLAN);
//! let mut host = Keys::new();
//! host.push::<Keyword>("web-1");
//! host.close(false);
//!
//! let mut found = Vec::new();
//! for (term, name) in [(1, "second"), (0, "first")] {
//!     machine.on_event(&[Hit::term(term, &host)], || name, &mut |sample| found.push(sample.events));
//! }
//! assert_eq!(found, [["first", "second"]]);
//! ```
//!
//! # What a sample is
//! For a key with at least one event for each term, one event for each term, no event twice. There may be many
//! such tuples; the first [`max_samples_per_key`](Plan::max_samples_per_key) that are found are results. Two
//! results of a key differ in at least one place and may share events.
//!
//! Samples know no time. A search has one all the same, in the range of events that it looks at: whoever
//! drives the machine ends it with [`flush`](Machine::flush), window by window.
//!
//! # Memory
//! Per key and term a machine keeps one event less than there are terms, and `max_samples_per_key` more: with
//! so many to choose from, the other terms cannot use up all of them. The number of keys has a
//! bound too; beyond it the key that was first seen the longest ago is forgotten, and counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::sequence::snapshot::{Reader, Writer, ensure};
use crate::sequence::{Hit, Payload, RestoreError, Target, once};

/// The most terms of a sample: Elasticsearch's bound. Finding tuples takes time exponential in it.
pub const MAX_TERMS: u16 = 5;

/// A sample query without its conditions: what the compiler hands to a [`Machine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    terms: u16,
    max_samples_per_key: u32,
    size: Option<u64>,
    at_flush: bool,
    max_keys: usize,
}

impl Plan {
    /// A sample of so many terms. Results come out as soon as they are found, one for each key.
    ///
    /// # Panics
    /// Where there are no terms, or more than [`MAX_TERMS`]. In a constant that is a compile error.
    #[must_use]
    pub const fn new(terms: u16) -> Self {
        assert!(0 < terms && terms <= MAX_TERMS, "a sample has one to five terms");
        Self { terms, max_samples_per_key: 1, size: None, at_flush: false, max_keys: 100_000 }
    }

    /// The most results for each key; 1 unless set.
    #[must_use]
    pub const fn max_samples_per_key(self, max_samples_per_key: u32) -> Self {
        Self { max_samples_per_key, ..self }
    }

    /// The most results before [`Machine::flush`], of all keys together; no bound unless set.
    #[must_use]
    pub const fn size(self, size: u64) -> Self {
        Self { size: Some(size), ..self }
    }

    /// Results come out when the machine is flushed, ordered by key, null first: as a search returns them,
    /// and so that `size` cuts off the greatest keys and not the latest results.
    #[must_use]
    pub const fn at_flush(self) -> Self {
        Self { at_flush: true, ..self }
    }

    /// The most keys, at least 1, that are held; 100,000 unless set. Those whose results are out count
    /// as well: they are held so that they do not start anew.
    #[must_use]
    pub const fn max_keys(self, max_keys: usize) -> Self {
        Self { max_keys: if max_keys == 0 { 1 } else { max_keys }, ..self }
    }

    /// The most events that are kept for a key and term.
    fn candidates(&self) -> usize {
        usize::from(self.terms) - 1 + self.max_samples_per_key as usize
    }
}

/// A result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample<P> {
    /// One event for each term, in the order of the query.
    pub events: Vec<P>,
}

/// What a machine holds and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Keys held now.
    pub keys: usize,
    /// Events held now, counted once for each key and term that holds them.
    pub events: usize,
    /// Results.
    pub samples: u64,
    /// Keys forgotten because there were more than [`Plan::max_keys`]: results may be lacking, and what such a
    /// key had yielded may come again.
    pub evicted: u64,
    /// Hits of which only the first [`MAX_TUPLES`](crate::key::MAX_TUPLES) key tuples were taken.
    pub truncated: u64,
}

/// The state of one sample rule.
///
/// `P` is what is kept of an event, and is cloned where an event is kept several times.
#[derive(Clone, Debug)]
pub struct Machine<P> {
    plan: Plan,
    keys: BTreeMap<Arc<[u8]>, Gathered<P>>,
    /// The keys, the first seen first.
    order: VecDeque<Arc<[u8]>>,
    arrivals: u64,
    /// Results since the last flush.
    sent: u64,
    counters: Stats,
}

/// What there is for a key.
#[derive(Clone, Debug)]
struct Gathered<P> {
    terms: Vec<Candidates<P>>,
    /// How many results it has yielded.
    found: u32,
}

/// The events of a key that fit a term, in the order of their arrival.
#[derive(Clone, Debug)]
struct Candidates<P> {
    /// Which event each is.
    numbers: Vec<u64>,
    events: Vec<P>,
}

impl<P> Candidates<P> {
    const EMPTY: Self = Self { numbers: Vec::new(), events: Vec::new() };
}

impl<P> Gathered<P> {
    fn new(terms: u16) -> Self {
        Self { terms: (0..terms).map(|_| Candidates::EMPTY).collect(), found: 0 }
    }

    fn numbers(&self) -> Vec<&[u64]> {
        self.terms.iter().map(|term| &term.numbers[..]).collect()
    }
}

impl<P> Machine<P> {
    /// A machine that has seen nothing.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self {
            plan: *plan,
            keys: BTreeMap::new(),
            order: VecDeque::new(),
            arrivals: 0,
            sent: 0,
            counters: Stats::default(),
        }
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let terms = self.keys.values().flat_map(|gathered| &gathered.terms);
        Stats {
            keys: self.keys.len(),
            events: terms.map(|term| term.events.len()).sum(),
            ..self.counters
        }
    }

    fn full(&self) -> bool {
        self.plan.size.is_some_and(|size| self.sent >= size)
    }

    /// The keys that the event fits terms with, and these, by key.
    fn collect(&mut self, hits: &[Hit<'_>]) -> BTreeMap<Vec<u8>, Vec<u16>> {
        let mut fits: BTreeMap<Vec<u8>, Vec<u16>> = BTreeMap::new();
        for hit in hits {
            let Target::Term(term) = hit.target else { continue };
            if term < self.plan.terms {
                let cut_off = hit.keys.each(|key| fits.entry(key.to_vec()).or_default().push(term));
                self.counters.truncated += u64::from(cut_off);
            }
        }
        fits
    }

    fn add_key(&mut self, key: Arc<[u8]>, gathered: Gathered<P>) {
        if self.keys.len() >= self.plan.max_keys
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
            self.counters.evicted += 1;
        }
        self.order.push_back(Arc::clone(&key));
        self.keys.insert(key, gathered);
    }
}

impl<P: Clone> Machine<P> {
    /// Takes one event, and emits the results that it completes, unless they come out
    /// [at the end](Plan::at_flush).
    ///
    /// `hits` are the terms that the event fits; `until` has no meaning in a sample. `payload` makes what is kept
    /// of the event, and is not called where nothing is.
    pub fn on_event(
        &mut self,
        hits: &[Hit<'_>],
        payload: impl FnOnce() -> P,
        emit: &mut dyn FnMut(Sample<P>),
    ) {
        let number = self.arrivals;
        self.arrivals += 1;
        let mut event = once(payload);
        for (key, terms) in self.collect(hits) {
            self.gather(&key, &terms, number, &mut event, emit);
        }
    }

    fn gather(
        &mut self,
        key: &[u8],
        terms: &[u16],
        number: u64,
        event: &mut dyn FnMut() -> P,
        emit: &mut dyn FnMut(Sample<P>),
    ) {
        if !self.keys.contains_key(key) {
            self.add_key(key.into(), Gathered::new(self.plan.terms));
        }
        let full = self.full();
        let gathered = self.keys.get_mut(key).expect("BUG: key was just added");
        if gathered.found >= self.plan.max_samples_per_key || full {
            return;
        }
        let mut added = Vec::new();
        for &term in terms {
            let candidates = &mut gathered.terms[usize::from(term)];
            if candidates.events.len() < self.plan.candidates() {
                candidates.numbers.push(number);
                candidates.events.push(event());
                added.push(usize::from(term));
            }
        }
        if !self.plan.at_flush {
            for term in added {
                self.complete(key, term, number, emit);
            }
        }
    }

    /// Emits the tuples that have event `number` for `term`. It is in no earlier one, so none comes twice.
    fn complete(&mut self, key: &[u8], term: usize, number: u64, emit: &mut dyn FnMut(Sample<P>)) {
        let Some(gathered) = self.keys.get_mut(key) else { return };
        let left = self.plan.max_samples_per_key.saturating_sub(gathered.found);
        let room = self.plan.size.map_or(u64::MAX, |size| size.saturating_sub(self.sent));
        let wanted = room.min(left.into());
        if wanted == 0 {
            return;
        }
        let mut numbers = gathered.numbers();
        let latest = numbers[term].len() - 1;
        numbers[term] = &numbers[term][latest..];
        debug_assert_eq!(*numbers[term], [number], "BUG: the event was just added");
        let found = tuples(&numbers, usize::try_from(wanted).unwrap_or(usize::MAX));
        for mut tuple in found {
            tuple[term] = latest;
            emit(sample(&gathered.terms, &tuple));
            gathered.found += 1;
            self.sent += 1;
            self.counters.samples += 1;
        }
        if gathered.found >= self.plan.max_samples_per_key {
            gathered.terms.fill_with(|| Candidates::EMPTY);
        }
    }

    /// Ends the window: emits the results that come out [at the end](Plan::at_flush), and forgets everything but the
    /// counters.
    pub fn flush(&mut self, emit: &mut dyn FnMut(Sample<P>)) {
        self.order.clear();
        for gathered in std::mem::take(&mut self.keys).into_values() {
            if !self.plan.at_flush || self.full() {
                break;
            }
            let found = tuples(&gathered.numbers(), self.plan.max_samples_per_key as usize);
            for tuple in found {
                if !self.full() {
                    emit(sample(&gathered.terms, &tuple));
                    self.sent += 1;
                    self.counters.samples += 1;
                }
            }
        }
        self.sent = 0;
    }
}

fn sample<P: Clone>(terms: &[Candidates<P>], tuple: &[usize]) -> Sample<P> {
    let event = |(term, &index): (&Candidates<P>, &usize)| term.events[index].clone();
    Sample { events: terms.iter().zip(tuple).map(event).collect() }
}

/// Up to `most` ways to take one number from each list, none twice, as the places of the numbers.
fn tuples(lists: &[&[u64]], most: usize) -> Vec<Vec<usize>> {
    // Where the numbers do not suffice they lack in short lists: these first, or a search in vain goes
    // through all combinations of the long ones.
    let mut order: Vec<usize> = (0..lists.len()).collect();
    order.sort_by_key(|&list| lists[list].len());
    let mut search = Search { lists, order, places: vec![0; lists.len()], most, found: Vec::new() };
    if most > 0 && lists.iter().all(|list| !list.is_empty()) {
        search.choose(0);
    }
    search.found
}

struct Search<'a> {
    lists: &'a [&'a [u64]],
    order: Vec<usize>,
    places: Vec<usize>,
    most: usize,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn choose(&mut self, depth: usize) {
        let Some(&list) = self.order.get(depth) else {
            self.found.push(self.places.clone());
            return;
        };
        for place in 0..self.lists[list].len() {
            if self.is_taken(depth, self.lists[list][place]) {
                continue;
            }
            self.places[list] = place;
            self.choose(depth + 1);
            if self.found.len() >= self.most {
                return;
            }
        }
    }

    fn is_taken(&self, depth: usize, number: u64) -> bool {
        self.order[..depth].iter().any(|&list| self.lists[list][self.places[list]] == number)
    }
}

const MAGIC: [u8; 4] = *b"EQLS";

impl<P: Payload + Clone> Machine<P> {
    /// The whole state, as bytes that [`restore`](Self::restore) reads: in this process or another.
    ///
    /// `layout` names the rule and how it was compiled; only a machine asked for by the same number
    /// takes the snapshot. The bytes contain keys and events.
    #[must_use]
    pub fn snapshot(&self, layout: u64) -> Vec<u8> {
        let mut out = Writer::new(MAGIC, layout);
        out.u64(self.arrivals);
        out.u64(self.sent);
        let Stats { samples, evicted, truncated, .. } = self.counters;
        for counter in [samples, evicted, truncated] {
            out.u64(counter);
        }
        out.len(self.order.len());
        for key in &self.order {
            out.bytes(key);
            write_gathered(&mut out, &self.keys[key]);
        }
        out.finish()
    }

    /// The machine that wrote a snapshot. What `plan` does not allow any more is evicted.
    ///
    /// # Errors
    /// Where the bytes are not a snapshot that [`snapshot`](Self::snapshot) wrote with the same `layout`.
    pub fn restore(plan: &Plan, layout: u64, bytes: &[u8]) -> Result<Self, RestoreError> {
        let mut from = Reader::new(MAGIC, layout, bytes)?;
        let mut machine = Self::new(plan);
        machine.arrivals = from.u64()?;
        machine.sent = from.u64()?;
        let counters = &mut machine.counters;
        for counter in [&mut counters.samples, &mut counters.evicted, &mut counters.truncated] {
            *counter = from.u64()?;
        }
        from.list(|from| {
            let key = Arc::from(from.bytes()?);
            ensure(!machine.keys.contains_key(&key))?;
            let gathered = read_gathered(from, plan, machine.arrivals)?;
            machine.add_key(key, gathered);
            Ok(())
        })?;
        from.finish()?;
        Ok(machine)
    }
}

fn write_gathered<P: Payload>(out: &mut Writer, gathered: &Gathered<P>) {
    out.u64(gathered.found.into());
    for term in &gathered.terms {
        out.len(term.events.len());
        for (number, event) in term.numbers.iter().zip(&term.events) {
            out.u64(*number);
            out.payload(event);
        }
    }
}

fn read_gathered<P: Payload>(
    from: &mut Reader<'_>,
    plan: &Plan,
    arrivals: u64,
) -> Result<Gathered<P>, RestoreError> {
    let found = u32::try_from(from.u64()?).map_err(|_| RestoreError::Corrupt)?;
    let mut terms = Vec::new();
    for _ in 0..plan.terms {
        let (numbers, events): (Vec<u64>, Vec<P>) =
            from.list(|from| Ok((from.u64()?, from.payload()?)))?.into_iter().unzip();
        ensure(numbers.is_sorted_by(|left, right| left < right))?;
        ensure(numbers.last().is_none_or(|&number| number < arrivals))?;
        terms.push(Candidates { numbers, events });
    }
    Ok(Gathered { terms, found })
}
