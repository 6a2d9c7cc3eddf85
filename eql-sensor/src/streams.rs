//! The three standard streams, or what stands in for them.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Read, Write};

/// Where a sensor reads and writes what is no file.
pub struct Streams<'a> {
    pub(crate) stdin: Box<dyn Read + 'a>,
    pub(crate) stdout: Box<dyn Write + 'a>,
    pub(crate) stderr: Box<dyn Write + 'a>,
    pub(crate) stdin_terminal: bool,
    pub(crate) stdout_terminal: bool,
    pub(crate) stderr_terminal: bool,
    pub(crate) colour: bool,
}

impl Streams<'static> {
    /// Those of the process.
    ///
    /// Colours are for terminals only, and only while the environment variable `NO_COLOR` is unset
    /// or empty and `TERM` is not `dumb`.
    #[must_use]
    pub fn process() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == OsStr::new("dumb"));
        Self {
            stdin_terminal: io::stdin().is_terminal(),
            stdout_terminal: io::stdout().is_terminal(),
            stderr_terminal: io::stderr().is_terminal(),
            colour: !plain,
            stdin: Box::new(io::stdin()),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
        }
    }
}

impl<'a> Streams<'a> {
    /// Streams that are no terminals: no colours, no progress bar, alerts as NDJSON by default.
    #[must_use]
    pub fn new(stdin: impl Read + 'a, stdout: impl Write + 'a, stderr: impl Write + 'a) -> Self {
        Self {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            stdin_terminal: false,
            stdout_terminal: false,
            stderr_terminal: false,
            colour: false,
        }
    }
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams")
            .field("stdin_terminal", &self.stdin_terminal)
            .field("stdout_terminal", &self.stdout_terminal)
            .field("stderr_terminal", &self.stderr_terminal)
            .finish_non_exhaustive()
    }
}
