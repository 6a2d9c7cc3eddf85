//! `eql coverage`

mod html;
mod human;
mod json;
mod matrix;
mod navigator;
mod observed;
mod platform;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use eql_grammar::attack::Version;

use crate::cli::{Color, ReadArgs};
use crate::exit::{Error, Exit};
use crate::load;
use crate::pick;
use matrix::{Coverage, Row};
use platform::Platform;

const ABOUT: &str = "\
Shows which techniques of MITRE ATT&CK rules are mapped to, and which not.

A rule counts for the techniques and sub-techniques of its `threat`, under the tactic that it names with
them. A technique has the rules of its sub-techniques, too. One that ATT&CK has revoked counts for what
replaced it. Mappings that are not taken as they are written, and rules without any, are listed.";

const AFTER: &str = "\
Exit codes:
  0  every rule was taken
  1  a rule has an error and was left out
  2  wrong usage, or something could not be read or written

Examples:
  eql coverage rules/                                   a table, and what no rule is for
  eql coverage rules/ -o coverage.html                  one page with everything in it
  eql coverage rules/ -o coverage.html --observed alerts.ndjson    with what did alert
  eql coverage rules/ --format navigator -o layer.json  a layer for the ATT&CK Navigator
  eql coverage rules/ --format json | jq '.techniques'  numbers";

/// `eql coverage`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// Rule files and folders with rule files.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// How to show it; by the end of the name of `--output`, else `human`.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,

    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Count the alerts of this file (`-` is standard input) for the rules that they are of.
    #[arg(long, value_name = "ALERTS")]
    pub(crate) observed: Option<PathBuf>,

    /// Only rules that can find something on one of these systems. Several with commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) platform: Vec<Platform>,

    /// The ATT&CK to cover, 18 or 19; that of `eql.toml` unless given.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) attack: Option<Version>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Whether to color errors.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// How coverage is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A table of tactics, and the techniques without rules.
    Human,
    /// One JSON object with everything.
    Json,
    /// One page with the matrix, the rules and their queries, which loads nothing.
    Html,
    /// A layer for the ATT&CK Navigator, of format 4.5.
    Navigator,
}

fn version(name: &str) -> Result<Version, String> {
    Version::from_name(name).ok_or_else(|| "expected 18 or 19".to_owned())
}

/// Shows the coverage of the rules that the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let picked = pick::rules(&args.paths, &args.read, args.color)?;
    let fits = |rule| args.platform.is_empty() || args.platform.iter().any(|one| one.has(rule));
    let (mut rows, mut threats) = (Vec::new(), Vec::new());
    let mut coverage = Coverage { broken: picked.broken, ..Coverage::default() };
    for (source, loaded, rule) in picked.rules() {
        let meta = &rule.meta;
        if !fits(rule) {
            coverage.other_platforms += 1;
            continue;
        }
        rows.push(Row {
            name: &meta.name,
            rule_id: loaded.rule_id.as_deref(),
            severity: meta.severity,
            risk_score: meta.risk_score,
            path: &source.name,
            line: loaded.line,
            query: loaded.query.trim(),
            alerts: 0,
        });
        threats.push(meta.threat.as_slice());
    }
    let newest = picked.sources.iter().map(|(source, _)| source.project.config.attack);
    let newest = newest.max_by_key(|version| *version == Version::V19);
    coverage.version = args.attack.or(newest).unwrap_or_default();
    if let Some(path) = &args.observed {
        coverage.observed = Some(observed::count(path, &mut rows)?);
    }
    coverage.rules = rows;
    coverage.place(&threats);
    let text = match args.format() {
        Format::Human => human::render(&coverage),
        Format::Json => json::render(&coverage),
        Format::Html => html::render(&coverage, &args.platform)?,
        Format::Navigator => navigator::render(&coverage, &args.platform),
    };
    write(args.output.as_deref(), &text)?;
    Ok(if picked.broken > 0 { Exit::Findings } else { Exit::Clean })
}

impl Args {
    fn format(&self) -> Format {
        let by_name = || match self.output.as_ref()?.extension()?.to_str()? {
            "html" | "htm" => Some(Format::Html),
            "json" => Some(Format::Json),
            _ => None,
        };
        self.format.or_else(by_name).unwrap_or(Format::Human)
    }
}

fn write(output: Option<&Path>, text: &str) -> Result<(), Error> {
    let Some(path) = output else {
        io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(());
    };
    fs::write(path, text)
        .map_err(|error| Error::Message(format!("cannot write `{}`: {error}", load::shown(path))))
}
