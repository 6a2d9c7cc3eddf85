//! The `eql` command: what authors of EQL rules do with them before a compiler sees them.
//!
//! Each subcommand is a module of `commands`; all of them take rules from `load`, which makes
//! the same value of every kind of rule source.

mod cli;
mod commands;
#[doc(hidden)]
pub mod convert;
mod events;
mod exit;
mod load;
mod parallel;
mod pick;
mod write;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use cli::{Cli, Color, Command};
use exit::Exit;

/// Runs the command line, whose first word is the name of the program.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::read(args) {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come out here, too. Nothing is left to do where the
            // terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { Exit::Failed.into() } else { Exit::Clean.into() };
        }
    };
    let result = match &cli.command {
        Command::Check(args) => commands::check::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Test(args) => commands::test::run(args),
        Command::Witness(args) => commands::witness::run_command(args),
        Command::Diff(args) => commands::diff::run(args),
        Command::Coverage(args) => commands::coverage::run(args),
        Command::Import(args) => commands::import::run(args),
        Command::Export(args) => commands::export::run(args),
        Command::Fmt(args) => commands::fmt::run(args),
        Command::New(args) => commands::new::run(args),
        Command::Completions(args) => commands::completions::run(args),
        Command::Man => commands::man::run(),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) if error.is_broken_pipe() => Exit::Clean.into(),
        Err(error) => {
            eprintln!("error: {error}");
            Exit::Failed.into()
        }
    }
}

/// Whether to color what goes to this stream.
fn colored(choice: Color, stream: &impl std::io::IsTerminal) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
        }
    }
}

/// Whether a person looks at standard error.
fn watched() -> bool {
    std::io::stderr().is_terminal()
}
