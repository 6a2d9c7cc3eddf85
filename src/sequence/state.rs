//! Snapshots of a [`Machine`].

use super::missing::{Candidate, Seen, Verdict};
use super::partials::Marks;
use super::pipes::Step;
use super::plan::Plan;
use super::reorder::{Held, Tiebreaker};
use super::snapshot::{Payload, Reader, RestoreError, Writer, ensure};
use super::{Machine, Match, Stats, Task};
use crate::key::KeyHasher;
use crate::value::Timestamp;

const MAGIC: [u8; 4] = *b"EQLQ";

impl<P: Payload + Clone> Machine<P> {
    /// The whole state, as bytes that [`restore`](Self::restore) reads: in this process or another.
    ///
    /// `layout` names the rule and how it was compiled; only a machine asked for by the same number
    /// takes the snapshot. The bytes contain events, and the secret under which keys are hashed.
    #[must_use]
    pub fn snapshot(&self, layout: u64) -> Vec<u8> {
        let mut out = Writer::new(MAGIC, layout);
        for half in self.hasher.secret() {
            out.u64(half);
        }
        out.i64(self.watermark);
        for counter in counters(&mut self.counters.clone()) {
            out.u64(*counter);
        }
        self.write_partials(&mut out);
        out.len(self.heads.len());
        for (key, seen) in self.heads.iter() {
            out.key(key);
            out.i64(seen.latest);
            out.i64(seen.before);
        }
        out.len(self.waiting.len());
        for candidate in self.waiting.iter() {
            write_candidate(&mut out, candidate);
        }
        out.len(self.reorder.len());
        for held in self.reorder.in_order() {
            write_held(&mut out, held);
        }
        for step in self.pipes.steps() {
            write_step(&mut out, step);
        }
        out.finish()
    }

    fn write_partials(&self, out: &mut Writer) {
        out.len(self.partials.len());
        for id in self.partials.ids() {
            let Marks { first, last, head, gap } = *self.partials.marks(id);
            out.key(self.partials.key(id));
            for time in [first, last, head, gap] {
                out.i64(time);
            }
            let events = self.partials.events_of(id);
            out.len(events.len());
            for event in events {
                out.payload(event);
            }
        }
    }

    /// The machine that wrote a snapshot. What the limits of `plan` do not allow any more is evicted.
    ///
    /// A [`guard`](Self::guard) is not part of a snapshot and has to be set again.
    ///
    /// # Errors
    /// Where the bytes are not a snapshot that [`snapshot`](Self::snapshot) wrote with the same `layout`.
    pub fn restore(plan: &Plan<'_>, layout: u64, bytes: &[u8]) -> Result<Self, RestoreError> {
        let mut from = Reader::new(MAGIC, layout, bytes)?;
        let mut machine = Self::new(plan);
        machine.hasher = KeyHasher::with_secret([from.u64()?, from.u64()?]);
        machine.watermark = from.i64()?;
        for counter in counters(&mut machine.counters) {
            *counter = from.u64()?;
        }
        machine.read_partials(&mut from)?;
        machine.read_heads(&mut from)?;
        machine.read_waiting(&mut from)?;
        machine.read_held(&mut from)?;
        machine.read_pipes(&mut from)?;
        from.finish()?;
        Ok(machine)
    }

    fn read_partials(&mut self, from: &mut Reader<'_>) -> Result<(), RestoreError> {
        let mut before = i64::MIN;
        from.list(|from| {
            let key = from.key()?;
            let marks = Marks {
                first: from.i64()?,
                last: from.i64()?,
                head: from.i64()?,
                gap: from.i64()?,
            };
            ensure(before <= marks.first && marks.first <= marks.last)?;
            ensure(marks.last <= self.watermark && marks.head <= marks.first)?;
            before = marks.first;
            let events = from.list(Reader::payload)?;
            if self.partials.len() >= self.layout.max_partial {
                self.evict_partial();
            }
            ensure(self.partials.put_back(key, marks, events))
        })?;
        Ok(())
    }

    fn read_heads(&mut self, from: &mut Reader<'_>) -> Result<(), RestoreError> {
        let mut before = i64::MIN;
        from.list(|from| {
            let key = from.key()?;
            let seen = Seen { latest: from.i64()?, before: from.i64()? };
            ensure(before <= seen.latest && seen.before <= seen.latest)?;
            ensure(seen.latest <= self.watermark)?;
            before = seen.latest;
            ensure(self.heads.put_back(key, seen))?;
            self.bound_heads();
            Ok(())
        })?;
        Ok(())
    }

    fn read_waiting(&mut self, from: &mut Reader<'_>) -> Result<(), RestoreError> {
        let mut before = i64::MIN;
        from.list(|from| {
            let candidate: Candidate<P> = read_candidate(from)?;
            ensure(before <= candidate.last && candidate.last <= self.watermark)?;
            ensure(candidate.events.len() == self.layout.stages.len())?;
            before = candidate.last;
            self.wait(candidate);
            Ok(())
        })?;
        Ok(())
    }

    fn read_held(&mut self, from: &mut Reader<'_>) -> Result<(), RestoreError> {
        from.list(|from| {
            let time = from.i64()?;
            ensure(time >= self.watermark)?;
            let tiebreaker = read_tiebreaker(from)?;
            let tasks = from.list(|from| Ok(Task { term: from.u16()?, key: from.key()? }))?;
            self.reorder.hold(time, tiebreaker, tasks.into(), from.payload()?);
            Ok(())
        })?;
        Ok(())
    }

    fn read_pipes(&mut self, from: &mut Reader<'_>) -> Result<(), RestoreError> {
        let places = self.layout.places.len();
        for step in self.pipes.steps_mut() {
            match step {
                Step::Head { left, count } => {
                    *left = from.u64()?;
                    ensure(*left <= *count)?;
                }
                Step::Tail { kept, count } => {
                    *kept = from.list(|from| read_match(from, places))?.into();
                    ensure(kept.len() as u64 <= *count)?;
                }
            }
        }
        Ok(())
    }
}

/// The counters among the statistics, in the order in which they are written.
fn counters(stats: &mut Stats) -> [&mut u64; 10] {
    [
        &mut stats.matches,
        &mut stats.suppressed,
        &mut stats.expired,
        &mut stats.replaced,
        &mut stats.ended,
        &mut stats.evicted,
        &mut stats.missing_evicted,
        &mut stats.late,
        &mut stats.forced,
        &mut stats.truncated,
    ]
}

fn write_candidate<P: Payload>(out: &mut Writer, candidate: &Candidate<P>) {
    out.key(candidate.key);
    out.i64(candidate.first);
    out.i64(candidate.last);
    match candidate.verdict {
        Verdict::Keep => out.u8(0),
        Verdict::Discard => out.u8(1),
        Verdict::Until(base) => {
            out.u8(2);
            out.i64(base);
        }
    }
    out.len(candidate.events.len());
    for event in &candidate.events {
        out.payload(event);
    }
}

fn read_candidate<P: Payload>(from: &mut Reader<'_>) -> Result<Candidate<P>, RestoreError> {
    let (key, first, last) = (from.key()?, from.i64()?, from.i64()?);
    let verdict = match from.u8()? {
        0 => Verdict::Keep,
        1 => Verdict::Discard,
        2 => Verdict::Until(from.i64()?),
        _ => return Err(RestoreError::Corrupt),
    };
    ensure(first <= last && !matches!(verdict, Verdict::Until(base) if base > last))?;
    Ok(Candidate { key, first, last, verdict, events: from.list(Reader::payload)? })
}

fn write_held<P: Payload>(out: &mut Writer, held: &Held<P>) {
    out.i64(held.time);
    match &held.tiebreaker {
        Tiebreaker::Number(number) => {
            out.u8(0);
            out.i64(*number);
        }
        Tiebreaker::Text(text) => {
            out.u8(1);
            out.bytes(text.as_bytes());
        }
        Tiebreaker::Missing => out.u8(2),
    }
    out.len(held.tasks.len());
    for task in &held.tasks {
        out.u16(task.term);
        out.key(task.key);
    }
    out.payload(&held.payload);
}

fn read_tiebreaker(from: &mut Reader<'_>) -> Result<Tiebreaker, RestoreError> {
    match from.u8()? {
        0 => from.i64().map(Tiebreaker::Number),
        1 => {
            let text = std::str::from_utf8(from.bytes()?).map_err(|_| RestoreError::Corrupt)?;
            Ok(Tiebreaker::Text(text.into()))
        }
        2 => Ok(Tiebreaker::Missing),
        _ => Err(RestoreError::Corrupt),
    }
}

fn write_step<P: Payload>(out: &mut Writer, step: &Step<P>) {
    match step {
        Step::Head { left, .. } => out.u64(*left),
        Step::Tail { kept, .. } => {
            out.len(kept.len());
            for found in kept {
                out.i64(found.first.as_nanos());
                out.i64(found.last.as_nanos());
                for event in &found.events {
                    out.u8(event.is_some().into());
                    if let Some(event) = event {
                        out.payload(event);
                    }
                }
            }
        }
    }
}

fn read_match<P: Payload>(from: &mut Reader<'_>, places: usize) -> Result<Match<P>, RestoreError> {
    let first = Timestamp::from_nanos(from.i64()?);
    let last = Timestamp::from_nanos(from.i64()?);
    let mut events = Vec::with_capacity(places);
    for _ in 0..places {
        events.push(match from.u8()? {
            0 => None,
            1 => Some(from.payload()?),
            _ => return Err(RestoreError::Corrupt),
        });
    }
    Ok(Match { events, first, last })
}
