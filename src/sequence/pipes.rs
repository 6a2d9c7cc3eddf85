//! `| head n` and `| tail n` over completed sequences.

use std::collections::VecDeque;

use super::Match;
use super::plan::Pipe;

/// The pipes of a query, with what has gone through them.
#[derive(Clone, Debug)]
pub(crate) struct Pipes<P> {
    steps: Vec<Step<P>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Step<P> {
    Head {
        /// How many more pass.
        left: u64,
        count: u64,
    },
    Tail {
        kept: VecDeque<Match<P>>,
        count: u64,
    },
}

impl<P> Pipes<P> {
    pub(crate) fn new(pipes: &[Pipe]) -> Self {
        let step = |pipe: &Pipe| match *pipe {
            Pipe::Head(count) => Step::Head { left: count, count },
            Pipe::Tail(count) => Step::Tail { kept: VecDeque::new(), count },
        };
        Self { steps: pipes.iter().map(step).collect() }
    }

    pub(super) fn steps(&self) -> &[Step<P>] {
        &self.steps
    }

    pub(super) fn steps_mut(&mut self) -> &mut [Step<P>] {
        &mut self.steps
    }

    /// How many matches are held.
    pub(super) fn len(&self) -> usize {
        let held = |step: &Step<P>| match step {
            Step::Head { .. } => 0,
            Step::Tail { kept, .. } => kept.len(),
        };
        self.steps.iter().map(held).sum()
    }

    /// Sends a match through; it comes out, stays, or is dropped.
    pub(crate) fn push(&mut self, found: Match<P>, emit: &mut dyn FnMut(Match<P>)) {
        send(&mut self.steps, found, emit);
    }

    /// Ends the stream: sends on what stayed, and makes the pipes new.
    pub(crate) fn finish(&mut self, emit: &mut dyn FnMut(Match<P>)) {
        for index in 0..self.steps.len() {
            let (done, rest) = self.steps.split_at_mut(index + 1);
            match &mut done[index] {
                Step::Head { left, count } => *left = *count,
                Step::Tail { kept, .. } => kept.drain(..).for_each(|found| send(rest, found, emit)),
            }
        }
    }
}

fn send<P>(steps: &mut [Step<P>], found: Match<P>, emit: &mut dyn FnMut(Match<P>)) {
    for step in steps {
        match step {
            Step::Head { left: 0, .. } => return,
            Step::Head { left, .. } => *left -= 1,
            Step::Tail { kept, count } => {
                if *count > 0 {
                    kept.push_back(found);
                }
                if kept.len() as u64 > *count {
                    kept.pop_front();
                }
                return;
            }
        }
    }
    emit(found);
}
