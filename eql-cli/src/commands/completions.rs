//! `eql completions SHELL`

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::{Error, Exit};

/// `eql completions`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Writes the script that a shell reads to complete the command line.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "eql", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Clean)
}
