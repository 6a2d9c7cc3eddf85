//! Memory does not depend on how much is read.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::io::Read;

use eql_sensor::ExitCode;
use peak_alloc::PeakAlloc;
use support::{mshta, quiet, sensor_reading};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Repeats a text until it has given so many bytes.
struct Repeat<'a> {
    text: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Repeat<'a> {
    fn new(text: &'a [u8], times: usize) -> Self {
        Self { text, at: 0, left: text.len() * times }
    }
}

impl Read for Repeat<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = to.len().min(self.left).min(self.text.len() - self.at);
        to[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at = (self.at + count) % self.text.len();
        self.left -= count;
        Ok(count)
    }
}

fn peak_while(run: impl FnOnce()) -> usize {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    run();
    ALLOCATOR.peak_usage().saturating_sub(before)
}

/// One test, so that no other allocates meanwhile.
#[test]
fn memory_stays_within_its_bounds() {
    let mut event = quiet("q");
    // About as long as those of real sensors.
    event["message"] = "a word or two ".repeat(150).into();
    let event = event.to_string() + "\n";
    let many = 20_000_000 / event.len() + 1;
    let peak = peak_while(|| {
        let input = Repeat::new(event.as_bytes(), many);
        let done = sensor_reading(&[&"hunt"], input);
        assert_eq!(done.exit, ExitCode::Ok);
        assert!(done.stderr.contains(" (20.0"), "{}", done.stderr);
    });
    assert!(peak < 2_000_000, "20 MB of events took {peak} bytes");

    let good = mshta("a").to_string();
    let peak = peak_while(|| {
        let long = Repeat::new(&[b'x'; 1 << 16], 1_648);
        let input = good.as_bytes().chain(&b"\n{\"a\": \""[..]).chain(long).chain(&b"\n"[..]);
        let done = sensor_reading(&[&"hunt"], input.chain(good.as_bytes()));
        assert!(done.stderr.contains("bad lines  1 (1 too long)"), "{}", done.stderr);
        assert!(done.stderr.contains("events     2 (108"), "{}", done.stderr);
    });
    assert!(peak < 40_000_000, "a line of 108 MB took {peak} bytes");
}
