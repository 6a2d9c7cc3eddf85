//! The command line: the subcommands, whose own arguments stand in their modules, and what they share.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use eql_grammar::ast::Dialect;

use crate::commands::{
    check, completions, coverage, diff, explain, export, fmt, import, new, test, witness,
};

const ABOUT: &str = "\
For authors of EQL detection rules: finds what is wrong with a rule before a compiler or a SIEM sees it, and shows what it does.";

/// What the user asked for.
#[derive(Debug, Parser)]
#[command(name = "eql", version, about = ABOUT, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the command line, whose first word is the name of the program.
    ///
    /// # Errors
    /// What to print, and whether it is an error: `--help` comes out here, too.
    pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(args)
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check rules and show what is wrong with them.
    Check(check::Args),
    /// Say what a rule looks for, and why it matches events or not.
    Explain(explain::Args),
    /// Run the fixtures of rules: events that they must alert on, or not.
    Test(test::Args),
    /// Write events that a rule matches, and events that it just misses.
    Witness(witness::Args),
    /// Show what two versions of a rule find differently.
    Diff(diff::Args),
    /// Show which techniques of MITRE ATT&CK rules are mapped to, and which not.
    Coverage(coverage::Args),
    /// Make rule files from documentation pages, exports of Kibana and other rule files.
    Import(import::Args),
    /// Write rules for Kibana, as documentation pages, or as rule files.
    Export(export::Args),
    /// Lay out rule files and queries.
    Fmt(fmt::Args),
    /// Make a package that is a sensor.
    New(new::Args),
    /// Write the script that completes this command line in a shell.
    Completions(completions::Args),
    /// Write the manual page, in roff.
    Man,
}

/// How rules are read, the same for every subcommand.
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// The `eql.toml` for all rules, instead of the nearest above each.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The language of every query, whatever its file says.
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<DialectName>,
}

/// When to color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The languages, as they are named in rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectName {
    /// What Elasticsearch accepts.
    Elasticsearch,
    /// That of Elastic Defend's behaviour rules.
    Endpoint,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Elasticsearch => Self::Elasticsearch,
            DialectName::Endpoint => Self::Endpoint,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }
}
