//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use eql::{Severity, Timestamp};

const ABOUT: &str = "\
Detects threats in security events with rules that were compiled into this program.

It reads ECS events as JSON, one a line, from files, folders, patterns or standard input, and writes
one alert for each match: documents as Kibana's detection engine writes them.";

const EXAMPLES: &str = "\
Examples:
  {bin} hunt events.ndjson               read one file; a report on a terminal, NDJSON in a pipe
  {bin} hunt logs/ 'more/**/*.json.gz'   read folders and patterns, compressed or not
  zstdcat a.zst | {bin} hunt -           read standard input
  {bin} hunt logs/ -o alerts.csv         write a table for a spreadsheet or a timeline
  {bin} rules                            list the rules
  {bin} rules --json > rules.ndjson      the same rules for Kibana to import

`{bin} hunt --help` explains inputs, formats and exit codes.";

const HUNT_ABOUT: &str = "\
Reads events and writes alerts.

PATHS are files, folders (read with all that is below them: .ndjson .jsonl .json .gz .zst), patterns in
quotes ('logs/**/*.ndjson'), or - for standard input, which is also read when it is a pipe and no path
is given. gzip and zstd are recognised by content. A .json file may hold lines, one array, one
object over several lines, or a response of Elasticsearch. Hits are unwrapped: the event is `_source`.";

const HUNT_AFTER: &str = "\
What is not an event (a torn line, bytes that are not UTF-8, a number, an object nested more than 128
levels, a line longer than --max-line) is counted and left out; everything after it is still read.
A file that cannot be read is reported; the others are still read. An alert that was written already,
because an event was read twice, is counted and not written again.

Sequences take events in the order of time: give files in that order, or set --lateness to how far out of
order events are. Where a file begins before the one before it has ended, by more than --lateness, it is
a stream of its own, and no sequence spans the two. What sequences had to leave out is in the summary.

Exit codes:
  0  everything was read, with or without alerts
  1  everything was read, there are alerts, and --fail-on-alert was given
  2  wrong usage, or something could not be read or written
  3  a line is not an event, and --strict was given

Examples:
  {bin} hunt events.ndjson --rule '*Outlook*' --min-severity medium
  {bin} hunt logs/ --format csv --output timeline.csv --bad-lines bad.ndjson
  {bin} hunt logs/ --quiet --fail-on-alert > alerts.ndjson || echo look at alerts.ndjson
  curl -s \"$ES/logs-*/_search?size=1000\" | {bin} hunt - | jq -r '.\"kibana.alert.reason\"'";

const RULES_ABOUT: &str = "\
Lists the rules that were compiled in.

The table has one line a rule: name, severity, risk score, ATT&CK ids, and schedule (interval and
start of the window), and is meant for eyes. --json prints all metadata, one rule a line, in the
format that Kibana imports and exports: Rules > Import, or POST /api/detection_engine/rules/_import.";

/// What the user asked for.
#[derive(Debug, Parser)]
#[command(version, about = "Detects threats in security events", long_about = ABOUT)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the command line, whose first word is the name of the program.
    ///
    /// # Errors
    /// What to print, and whether it is an error: `--help` comes out here, too.
    pub(crate) fn read(
        args: impl IntoIterator<Item = std::ffi::OsString>,
    ) -> Result<Self, clap::Error> {
        use clap::{CommandFactory, FromArgMatches};
        let args: Vec<_> = args.into_iter().collect();
        let bin = program(args.first());
        let mut command = Self::command()
            .name(bin.clone())
            .bin_name(bin.clone())
            .after_help(EXAMPLES.replace("{bin}", &bin))
            .mut_subcommand("hunt", |hunt| hunt.after_long_help(HUNT_AFTER.replace("{bin}", &bin)));
        let matches = command.try_get_matches_from_mut(args)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The name of the program as it was called, without its folder.
fn program(first: Option<&std::ffi::OsString>) -> String {
    first
        .map(std::path::Path::new)
        .and_then(std::path::Path::file_stem)
        .map_or_else(|| "sensor".to_owned(), |name| name.to_string_lossy().into_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads events and writes alerts
    #[command(long_about = HUNT_ABOUT)]
    Hunt(HuntArgs),
    /// Lists the rules that were compiled in
    #[command(long_about = RULES_ABOUT)]
    Rules(RulesArgs),
}

#[derive(Debug, Args)]
pub(crate) struct HuntArgs {
    /// Files, folders, patterns, or - for standard input
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) selection: Selection,

    /// How alerts are written
    #[arg(short, long, value_enum, default_value_t = Format::Auto)]
    pub(crate) format: Format,

    /// Write alerts to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Keep lines that are not events in this file, byte for byte
    #[arg(long, value_name = "FILE")]
    pub(crate) bad_lines: Option<PathBuf>,

    /// Stop at the first line that is not an event, with exit code 3
    #[arg(long)]
    pub(crate) strict: bool,

    /// Exit with code 1 when there is an alert
    #[arg(long)]
    pub(crate) fail_on_alert: bool,

    /// Leave out lines longer than this, in bytes or with K, M, G (of 1024)
    #[arg(long, value_name = "SIZE", default_value = "16M", value_parser = size)]
    pub(crate) max_line: usize,

    /// How far behind the newest event others may come and still be put in order, as in 500ms, 30s, 5m, 1h,
    /// 1d [default: 0s]
    ///
    /// Sequences look at events in the order of time. Those that come later than this are left out of them and counted.
    /// Alerts of sequences come that much later.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) lateness: Option<Duration>,

    /// Time of creation that alerts carry, as in 2026-03-02T10:00:00Z [default: the clock]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) now: Option<Timestamp>,

    /// Kibana space that alerts belong to; it is part of their ids
    #[arg(long, value_name = "SPACE", default_value = "default")]
    pub(crate) space: String,

    /// No progress bar and no summary on standard error; errors still show
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// All metadata as NDJSON, for Kibana to import
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which rules to take.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Only this rule: its id, its name, or a pattern of either ('*outlook*'); may be repeated
    #[arg(long = "rule", value_name = "ID|NAME|GLOB")]
    pub(crate) rules: Vec<String>,

    /// Only rules of this severity or a higher one
    #[arg(long, value_name = "SEVERITY", value_parser = severity())]
    pub(crate) min_severity: Option<Severity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// By the ending of --output (.csv, .txt); else text on a terminal and ndjson elsewhere
    Auto,
    /// One alert document a line, as Kibana writes it
    Ndjson,
    /// A table with a header, one alert a row
    Csv,
    /// A report to read
    Text,
}

const SEVERITIES: [Severity; 4] =
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(SEVERITIES.map(Severity::as_str)).map(|name| {
        SEVERITIES
            .into_iter()
            .find(|severity| severity.as_str() == name)
            .expect("BUG: only names of severities pass the parser")
    })
}

fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" | "KiB" | "k" => 10,
        "M" | "MiB" | "m" => 20,
        "G" | "GiB" | "g" => 30,
        unit => return Err(format!("`{unit}` is not one of K, M, G")),
    };
    let count: usize = digits.parse().map_err(|_| "expected a number of bytes".to_owned())?;
    match count.checked_mul(1 << shift) {
        Some(0) | None => Err("expected between 1 byte and the size of memory".to_owned()),
        Some(bytes) => Ok(bytes),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let millis: u64 = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err("expected a number with one of ms, s, m, h, d, as in 30s".to_owned()),
    };
    let count: u64 = digits.parse().map_err(|_| "expected a number before the unit".to_owned())?;
    let total = count.checked_mul(millis).ok_or_else(|| "too long".to_owned())?;
    Ok(Duration::from_millis(total))
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected a date as in 2026-03-02T10:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn sizes_have_units_of_1024() {
        assert_eq!(size("17"), Ok(17));
        assert_eq!(size("16M"), Ok(16 << 20));
        assert_eq!(size("2KiB"), Ok(2048));
        assert!(size("0").is_err());
        assert!(size("M").is_err());
        assert!(size("1T").is_err());
        assert!(size("99999999999999999999").is_err());
        assert!(size("99999999999999G").is_err());
    }

    #[test]
    fn durations_have_the_units_of_maxspan() {
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86_400)));
        for wrong in
            ["", "5", "s", "-1s", "1.5s", "1w", "1 h", "99999999999999999999d", "9999999999999999d"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_iso_8601() {
        assert_eq!(time("1970-01-01T00:00:01Z"), Ok(Timestamp::from_nanos(1_000_000_000)));
        assert_eq!(time("1970-01-01T01:00:00+01:00"), Ok(Timestamp::from_nanos(0)));
        assert!(time("yesterday").is_err());
        assert!(time("2500-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn the_program_is_called_as_it_was_called() {
        let error = Cli::read(["/opt/watchdog".into(), "--help".into()]).unwrap_err();
        let help = error.to_string();
        assert!(help.contains("watchdog hunt events.ndjson"), "{help}");
        assert!(!help.contains("{bin}"), "{help}");
    }
}
