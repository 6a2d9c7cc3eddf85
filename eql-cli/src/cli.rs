//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use eql_grammar::ast::Dialect;

const ABOUT: &str = "\
For authors of EQL detection rules: finds what is wrong with a rule before a compiler or a SIEM sees it.";

const CHECK_ABOUT: &str = "\
Checks rules and shows what is wrong with them.

PATHS are rule files or folders with rule files at any depth: TOML in the detection-rules format or in
that of Elastic Defend's behaviour rules, NDJSON as Kibana exports it, and .eql files with a query and
nothing else. Lints take their levels from --allow, --warn and --deny, from the `eql.toml` in the
folder of a rule or above it, and from the rule itself; what is nearer to the rule goes first.";

const CHECK_AFTER: &str = "\
Exit codes:
  0  no errors; there may be warnings
  1  a rule has an error, or a lint at the level `deny`
  2  wrong usage, or something could not be read or written

Examples:
  eql check rules/                              all rules of a folder
  eql check rules/ --deny warnings --quiet      in a build: silent, and any lint fails
  eql check rules/ --format sarif > eql.sarif   for code scanning
  eql check rules/ --format github              annotations in a GitHub workflow
  eql check rules/ --fix                        apply the fixes that need no thought
  eql check --stdin --stdin-name r.toml --format json < r.toml    for an editor";

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
    #[command(long_about = CHECK_ABOUT, after_long_help = CHECK_AFTER)]
    Check(CheckArgs),
    /// Write the script that completes this command line in a shell.
    Completions(CompletionsArgs),
    /// Write the manual page, in roff.
    Man,
}

/// `eql check`
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Rule files and folders with rule files.
    #[arg(required_unless_present = "stdin")]
    pub(crate) paths: Vec<PathBuf>,

    /// Read one rule from standard input.
    #[arg(long, conflicts_with_all = ["paths", "fix"])]
    pub(crate) stdin: bool,

    /// The path that standard input is read and shown as; its end says what is in it.
    #[arg(long, value_name = "PATH", default_value = "stdin.toml", requires = "stdin")]
    pub(crate) stdin_name: String,

    /// How to show what was found.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// Apply the fixes that need no thought, and show what is left.
    #[arg(long)]
    pub(crate) fix: bool,

    /// Do not report these lints, by name; `warnings` are all of them.
    #[arg(short = 'A', long, value_name = "LINT")]
    pub(crate) allow: Vec<String>,

    /// Report these lints as warnings.
    #[arg(short = 'W', long, value_name = "LINT")]
    pub(crate) warn: Vec<String>,

    /// Report these lints as errors; `warnings` are all that are reported.
    #[arg(short = 'D', long, value_name = "LINT")]
    pub(crate) deny: Vec<String>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Show nothing but what was found.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Whether to color the output.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
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

/// `eql completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Frames of the text, as rustc shows them.
    Human,
    /// One JSON object a line for each finding.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
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
