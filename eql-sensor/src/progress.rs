//! The progress bar.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::format;

/// How many events pass between two looks at the clock.
const STRIDE: u64 = 512;

/// A bar on standard error while that is a terminal; nothing otherwise.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// Bytes read from disk.
    read: Rc<Cell<u64>>,
    started: Instant,
}

impl Progress {
    /// `total` is the number of bytes to be read, where it is known.
    pub(crate) fn new(visible: bool, total: Option<u64>) -> Self {
        let bar = visible.then(|| {
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
            let template = match total {
                Some(_) => "{bar:30} {decimal_bytes:>9} of {decimal_total_bytes:<9} {msg}",
                None => "{spinner} {decimal_bytes:>9} {msg}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, read: Rc::default(), started: Instant::now() }
    }

    /// What a source counts the bytes with that it reads.
    pub(crate) fn read(&self) -> &Rc<Cell<u64>> {
        &self.read
    }

    /// Shows how far the run is.
    pub(crate) fn tick(&self, events: u64, alerts: u64) {
        if let Some(bar) = self.bar.as_ref().filter(|_| events.is_multiple_of(STRIDE)) {
            bar.set_position(self.read.get());
            let rate = format::per_second(events, self.elapsed());
            bar.set_message(format!(
                "{} events/s, {} alerts",
                format::count(rate),
                format::count(alerts)
            ));
        }
    }

    /// Writes; where that is to the terminal, takes the bar out of the way meanwhile.
    pub(crate) fn suspend<T>(&self, to_terminal: bool, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) if to_terminal => bar.suspend(write),
            _ => write(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Time since the run began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
