//! From the command line to an exit code.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::cli::{Cli, Command};
use crate::hunt::hunt;
use crate::list::list;
use crate::{ExitCode, Rules, Streams};

/// Runs a sensor: reads the command line, does what it says, and returns how that ended.
///
/// The first of `args` is the name of the program, as in [`std::env::args_os`]. [`main!`](crate::main!)
/// calls this.
pub fn run(rules: Rules, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_with(rules, args, Streams::process())
}

/// [`run`] with other standard streams than those of the process.
///
/// ```
/// let mut help = Vec::new();
/// let streams = eql_sensor::Streams::new(std::io::empty(), &mut help, std::io::sink());
/// let exit = eql_sensor::run_with(vec![], ["sensor".into(), "--help".into()], streams);
/// assert_eq!(exit, eql_sensor::ExitCode::Ok);
/// assert!(String::from_utf8_lossy(&help).contains("sensor hunt events.ndjson"));
/// ```
pub fn run_with(
    rules: Rules,
    args: impl IntoIterator<Item = OsString>,
    mut streams: Streams<'_>,
) -> ExitCode {
    let done = match Cli::read(args) {
        Ok(Cli { command: Command::Hunt(args) }) => hunt(rules, &args, &mut streams),
        Ok(Cli { command: Command::Rules(args) }) => list(rules, &args, &mut streams),
        Err(message) => explain(&message, &mut streams),
    };
    let exit = match done {
        Ok(exit) => exit,
        // Whoever read the output has seen enough.
        Err(stop) if stop.is_quiet() => ExitCode::Ok,
        Err(stop) => {
            complain(&mut streams.stderr, &stop.to_string());
            stop.exit_code()
        }
    };
    // A stream that cannot be flushed at the very end has no one left to tell.
    let _ = streams.stderr.flush();
    exit
}

/// Why a run ends before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command line asks for what cannot be done.
    Usage(String),
    /// What could not be written, and why.
    Io(String, io::Error),
    /// A line that is not an event, under `--strict`.
    BadLine(String),
}

impl Stop {
    pub(crate) fn stdout(error: io::Error) -> Self {
        Self::Io("standard output".to_owned(), error)
    }

    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        Self::Io(path.display().to_string(), error)
    }

    /// Whether the reader of the output went away, which is no error.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(self, Self::Io(_, error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Io(..) => ExitCode::Error,
            Self::BadLine(_) => ExitCode::BadLine,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::BadLine(message) => f.write_str(message),
            Self::Io(what, error) => write!(f, "{what}: {error}"),
        }
    }
}

/// Says what is wrong, on standard error.
pub(crate) fn complain(stderr: &mut dyn Write, message: &str) {
    // Without standard error there is no one to tell.
    let _ = writeln!(stderr, "error: {message}");
}

/// Prints a help text or an error of the command line.
fn explain(message: &clap::Error, streams: &mut Streams<'_>) -> Result<ExitCode, Stop> {
    let (to, terminal) = if message.use_stderr() {
        (&mut streams.stderr, streams.stderr_terminal)
    } else {
        (&mut streams.stdout, streams.stdout_terminal)
    };
    let text = message.render();
    let text = if terminal && streams.colour { text.ansi().to_string() } else { text.to_string() };
    to.write_all(text.as_bytes()).and_then(|()| to.flush()).map_err(Stop::stdout)?;
    Ok(if message.exit_code() == 0 { ExitCode::Ok } else { ExitCode::Error })
}
