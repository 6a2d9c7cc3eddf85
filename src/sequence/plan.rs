//! What a sequence looks for, as a constant.

use std::time::Duration;

/// A sequence query without its conditions: what the compiler hands to a [`Machine`](super::Machine).
///
/// ```
/// use std::time::Duration;
/// use eql::sequence::{Pipe, Plan, Term};
///
/// // sequence by host.id with maxspan=1m [..] with runs=3 ![..] [..] until [..] | head 10
/// const PLAN: Plan = Plan::new(&[Term::event().runs(3), Term::missing(), Term::event()])
///     .maxspan(Duration::from_secs(60))
///     .pipes(&[Pipe::Head(10)]);
/// # let _ = PLAN;
/// ```
///
/// Whether there is an `until`, and what the join keys are, shows in the [`Hit`](super::Hit)s alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    pub(super) terms: &'a [Term],
    pub(super) maxspan: Option<Duration>,
    pub(super) pipes: &'a [Pipe],
    pub(super) limits: Limits,
}

/// The most terms that a sequence has once `runs` are written out.
pub const MAX_TERMS: usize = 256;

/// What [`Limits::max_partial`] is held to: all their events can be numbered with 32 bits.
pub const MAX_PARTIAL: usize = u32::MAX as usize / MAX_TERMS;

impl<'a> Plan<'a> {
    /// A sequence of these terms, in the order of the query, without `until`.
    ///
    /// # Panics
    /// Where no term is a positive one, `runs` is 0, or there are more than [`MAX_TERMS`] terms with `runs`
    /// written out.
    /// In a constant that is a compile error.
    #[must_use]
    pub const fn new(terms: &'a [Term]) -> Self {
        let mut total = 0;
        let mut positive = false;
        let mut index = 0;
        while index < terms.len() {
            assert!(terms[index].runs > 0, "`runs` counts from 1");
            total += terms[index].runs as usize;
            positive |= !terms[index].missing;
            index += 1;
        }
        assert!(positive, "a sequence needs a term that is not `![..]`");
        assert!(total <= MAX_TERMS, "a sequence has at most 256 terms, runs written out");
        Self { terms, maxspan: None, pipes: &[], limits: Limits::DEFAULT }
    }

    /// The longest time from the first to the last event, inclusive. Missing events need one: without
    /// it, `![..]` at the start looks back for ever, and at the end waits for the end of the stream.
    #[must_use]
    pub const fn maxspan(self, maxspan: Duration) -> Self {
        Self { maxspan: Some(maxspan), ..self }
    }

    /// The pipes after the query, in order.
    #[must_use]
    pub const fn pipes(self, pipes: &'a [Pipe]) -> Self {
        Self { pipes, ..self }
    }

    /// What the machine may hold.
    #[must_use]
    pub const fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

/// One bracketed term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub(super) missing: bool,
    pub(super) runs: u16,
}

impl Term {
    /// `[..]`
    #[must_use]
    pub const fn event() -> Self {
        Self { missing: false, runs: 1 }
    }

    /// `![..]`: no such event.
    #[must_use]
    pub const fn missing() -> Self {
        Self { missing: true, runs: 1 }
    }

    /// `with runs=n`: the term, written `n` times.
    #[must_use]
    pub const fn runs(self, runs: u16) -> Self {
        Self { runs, ..self }
    }
}

/// A pipe over completed sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipe {
    /// `head n`: the first *n*; the rest is dropped as it comes.
    Head(u64),
    /// `tail n`: the last *n*. They are known when the stream ends, so nothing comes out before
    /// [`flush`](super::Machine::flush), and *n* matches are held until then.
    Tail(u64),
}

/// What a machine may hold, and how long it waits for events that are late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most partial sequences, from 1 to [`MAX_PARTIAL`]. Beyond it the oldest, by the time of its first event, is evicted
    /// and counted. The same number bounds the keys remembered for `![..]` at the start, and the completed
    /// sequences that wait for `![..]` at the end.
    pub max_partial: usize,
    /// The most events held back for ordering, at least 1. Beyond it the oldest is taken before its time.
    pub max_buffered: usize,
    /// How much older than the newest event so far an event may be. Events are held back that long and
    /// sorted. With zero nothing is held back: events are taken as they arrive, and those whose time
    /// is before that of an earlier one are late.
    pub lateness: Duration,
}

impl Limits {
    /// 100,000 partial sequences; 100,000 events held back; no lateness.
    pub const DEFAULT: Self =
        Self { max_partial: 100_000, max_buffered: 100_000, lateness: Duration::ZERO };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a plan says, laid out for the machine: computed once.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// For each stage, its term. Stages are the positive terms with `runs` written out.
    pub(super) stages: Box<[u16]>,
    /// For each term, what its hits do.
    pub(super) roles: Box<[Role]>,
    /// For each place of a result, whether a stage fills it.
    pub(super) places: Box<[bool]>,
    pub(super) head: bool,
    pub(super) tail: bool,
    /// `maxspan` in nanoseconds; `u64::MAX`, which no two times are apart, for none.
    pub(super) span: u64,
    pub(super) max_partial: usize,
    pub(super) max_buffered: usize,
    pub(super) lateness: u64,
}

/// What the hits of a term do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Fill stages, from the first on that is given.
    Stage(u16),
    /// Stand before the first stage.
    Head,
    /// Stand between the stage given and the next.
    Gap(u16),
    /// Stand after the last stage.
    Tail,
}

impl Layout {
    pub(super) fn new(plan: &Plan<'_>) -> Self {
        let total: usize = positive(plan).map(|(_, term)| usize::from(term.runs)).sum();
        let mut stages = Vec::with_capacity(total);
        let mut roles = Vec::with_capacity(plan.terms.len());
        let mut places = Vec::new();
        for (number, term) in plan.terms.iter().enumerate() {
            let next = narrow(stages.len());
            roles.push(match (term.missing, stages.len()) {
                (false, _) => Role::Stage(next),
                (true, 0) => Role::Head,
                (true, before) if before == total => Role::Tail,
                (true, _) => Role::Gap(next - 1),
            });
            for _ in 0..term.runs {
                places.push(!term.missing);
                if !term.missing {
                    stages.push(narrow(number));
                }
            }
        }
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self {
            head: roles.contains(&Role::Head),
            tail: roles.contains(&Role::Tail),
            stages: stages.into(),
            roles: roles.into(),
            places: places.into(),
            span: plan.maxspan.map_or(u64::MAX, nanos),
            max_partial: plan.limits.max_partial.clamp(1, MAX_PARTIAL),
            max_buffered: plan.limits.max_buffered.max(1),
            lateness: nanos(plan.limits.lateness),
        }
    }

    /// The stage that completes a sequence.
    pub(super) fn last_stage(&self) -> usize {
        self.stages.len() - 1
    }

    /// The latest time that is not further from `earlier` than `maxspan` allows.
    pub(super) fn last_within(&self, earlier: i64) -> i64 {
        earlier.saturating_add_unsigned(self.span)
    }

    /// Whether `later` is further from `earlier` than `maxspan` allows.
    pub(super) fn exceeds(&self, earlier: i64, later: i64) -> bool {
        distance(earlier, later) > self.span
    }
}

fn positive<'a>(plan: &Plan<'a>) -> impl Iterator<Item = (usize, &'a Term)> {
    plan.terms.iter().enumerate().filter(|(_, term)| !term.missing)
}

/// [`Plan::new`] holds terms and stages to [`MAX_TERMS`].
fn narrow(index: usize) -> u16 {
    u16::try_from(index).expect("BUG: more terms than MAX_TERMS")
}

/// Nanoseconds from `earlier` to `later`, which must not be before it.
pub(super) fn distance(earlier: i64, later: i64) -> u64 {
    debug_assert!(earlier <= later, "BUG: time runs backwards");
    later.wrapping_sub(earlier).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_terms_get_their_place_and_runs_are_written_out() {
        let terms = [
            Term::missing(),
            Term::event().runs(2),
            Term::missing().runs(2),
            Term::missing(),
            Term::event(),
            Term::missing(),
        ];
        let layout = Layout::new(&Plan::new(&terms));
        assert_eq!(*layout.stages, [1, 1, 4]);
        assert_eq!(
            *layout.roles,
            [Role::Head, Role::Stage(0), Role::Gap(1), Role::Gap(1), Role::Stage(2), Role::Tail]
        );
        let shown: String =
            layout.places.iter().map(|&stage| if stage { 'e' } else { '-' }).collect();
        assert_eq!(shown, "-ee---e-");
    }

    #[test]
    fn distances_span_all_of_time() {
        assert_eq!(distance(i64::MIN, i64::MAX), u64::MAX);
        assert_eq!(distance(-1, 1), 2);
    }

    #[test]
    #[should_panic(expected = "not `![..]`")]
    fn only_missing_terms_are_refused() {
        let _ = Plan::new(&[Term::missing()]);
    }
}
