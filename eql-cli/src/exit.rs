//! How a run ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// What a run says to the program that called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing is wrong.
    Clean,
    /// A rule has an error, or a lint that is denied.
    Findings,
    /// Wrong usage, or something cannot be read or written.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Failed => 2,
        })
    }
}

/// Why a run cannot go on.
#[derive(Debug)]
pub(crate) enum Error {
    /// In words.
    Message(String),
    /// Writing to standard output.
    Output(io::Error),
}

impl Error {
    /// Whether the reader of the output has seen enough.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::Output(error) => write!(f, "cannot write: {error}"),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
