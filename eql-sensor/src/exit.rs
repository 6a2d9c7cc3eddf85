//! How a sensor ends.

use std::process::Termination;

/// The exit code of a sensor; what its `main` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: everything was read. There may be alerts.
    Ok = 0,
    /// 1: everything was read, there is at least one alert, and `--fail-on-alert` was given.
    Alerts = 1,
    /// 2: the command line is wrong, or something could not be read or written.
    /// What could be read was read all the same.
    Error = 2,
    /// 3: a line is not an event, and `--strict` was given.
    BadLine = 3,
}

impl Termination for ExitCode {
    fn report(self) -> std::process::ExitCode {
        std::process::ExitCode::from(self as u8)
    }
}
