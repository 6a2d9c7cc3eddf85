//! Times that are fit to be compared: contenders take turns, and the median of the rounds counts.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The least time that one sample takes; shorter passes are repeated.
const SAMPLE: Duration = Duration::from_millis(80);

/// One way to go over events.
pub struct Contender<'a> {
    /// As it stands in the table.
    pub name: String,
    /// How many events a pass sees.
    pub events: usize,
    /// How many bytes of JSON these are.
    pub bytes: usize,
    /// Which clock measures it.
    pub clock: Clock,
    /// One pass.
    pub pass: Box<dyn FnMut() -> u64 + 'a>,
}

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The time that this thread had a processor: what others do does not count.
    Thread,
    /// The time that passes.
    Wall,
}

impl Clock {
    fn now(self) -> Duration {
        let time = clock_gettime(match self {
            Self::Thread => ClockId::ThreadCPUTime,
            Self::Wall => ClockId::Monotonic,
        });
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
    }
}

/// What a contender took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// As the contender's.
    pub name: String,
    /// The median, in nanoseconds an event.
    pub ns: f64,
    /// Megabytes (10⁶) a second at the median.
    pub megabytes: f64,
}

/// Measures them in `rounds` rounds.
pub fn measure(mut contenders: Vec<Contender<'_>>, rounds: usize) -> Vec<Measured> {
    let time = |contender: &mut Contender<'_>, passes: u32| {
        let start = contender.clock.now();
        for _ in 0..passes {
            black_box((contender.pass)());
        }
        contender.clock.now().saturating_sub(start) / passes
    };
    let passes: Vec<u32> = contenders
        .iter_mut()
        .map(|contender| {
            // The first pass fills buffers and caches.
            time(contender, 1);
            let once = time(contender, 1).max(Duration::from_nanos(1));
            u32::try_from(SAMPLE.as_nanos().div_ceil(once.as_nanos())).unwrap_or(u32::MAX)
        })
        .collect();
    let mut samples = vec![Vec::with_capacity(rounds); contenders.len()];
    for _ in 0..rounds {
        for ((contender, &passes), samples) in contenders.iter_mut().zip(&passes).zip(&mut samples)
        {
            samples.push(time(contender, passes));
        }
    }
    let found = contenders.into_iter().zip(samples);
    found
        .map(|(contender, samples)| {
            let seconds = median(samples).as_secs_f64();
            Measured {
                name: contender.name,
                ns: seconds * 1e9 / contender.events as f64,
                megabytes: contender.bytes as f64 / 1e6 / seconds,
            }
        })
        .collect()
}

fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let samples = [5, 1, 9, 2, 7].map(Duration::from_secs);
        assert_eq!(median(samples.to_vec()), Duration::from_secs(5));
    }

    #[test]
    fn a_rate_is_the_bytes_of_a_pass_by_its_time() {
        let contender = Contender {
            name: "work".to_owned(),
            events: 100,
            bytes: 1_000,
            clock: Clock::Thread,
            pass: Box::new(|| (0..100_000).fold(1_u64, |state, at| black_box(state ^ at))),
        };
        let found = measure(vec![contender], 3);
        let bytes = found[0].ns * 100.0 * found[0].megabytes / 1e3;
        assert!((bytes - 1_000.0).abs() < 1.0, "{bytes} bytes a pass");
    }
}
