//! `eql man`

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::{Error, Exit};

/// Writes the manual page, that of the program and then those of its subcommands.
pub(crate) fn run() -> Result<Exit, Error> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let man = clap_mangen::Man::new(sub.clone());
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    io::stdout().write_all(&page)?;
    Ok(Exit::Clean)
}
