//! `eql witness`

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use eql_eval::witness::{Witness, near_misses, witness};
use eql_eval::words::Words;
use eql_eval::{Event, SampleOptions, run};
use serde_json::json;

use crate::cli::{Color, ReadArgs};
use crate::exit::{Error, Exit};
use crate::load::{self, Kind, Source};
use crate::pick;

const ABOUT: &str = "\
Writes an event that a rule matches, or the events that a sequence or a sample matches.

They are made from the rule alone: values that meet its conditions, and no other fields. With
--near-misses, also events that differ from those in one respect and are not matched: a condition of
each that is not met, and of a sequence another join key, two events in the other order, `maxspan`
exceeded by a millisecond, an event that must be missing, an event that `until` takes. What cannot be
broken alone is left out.";

const AFTER: &str = "\
Formats:
  ndjson   an event a line; with --near-misses a case a line: `name`, `alerts`, `why` and `events`
  fixture  the TOML of `eql test`, a `[[case]]` for each

Exit codes:
  0  written
  1  the rule matches nothing, or nothing was found that it matches
  2  wrong usage, an error in the rule, or something could not be read or written

Examples:
  eql witness rules/outlook.toml
  eql witness rules/outlook.toml | eql explain rules/outlook.toml --event -
  eql witness rules/outlook.toml --near-misses --format fixture -o rules/outlook.test.toml";

/// `eql witness`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// The file with the rule.
    pub(crate) path: PathBuf,

    /// The rule of a file with several, by its `rule_id` or name.
    #[arg(long, value_name = "ID_OR_NAME")]
    pub(crate) rule: Option<String>,

    /// Also what the rule just misses, with the reason.
    #[arg(long)]
    pub(crate) near_misses: bool,

    /// What to write.
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    pub(crate) format: Format,

    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Whether to color messages.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// JSON, one object a line.
    Ndjson,
    /// A test file of the rule.
    Fixture,
}

/// Events, and what the rule makes of them.
struct Case {
    name: String,
    alerts: usize,
    why: Vec<String>,
    events: Vec<Event>,
}

/// Writes events for the rule that the command line names.
pub(crate) fn run_command(args: &Args) -> Result<Exit, Error> {
    let (source, loaded) = pick::one(&args.path, args.rule.as_deref(), &args.read, args.color)?;
    let Some(rule) = &loaded.rule else {
        return Err(Error::Message(format!("the rule of `{}` has errors", source.name)));
    };
    if args.format == Format::Fixture && source.kind == Kind::Ndjson {
        let message =
            "a fixture stands beside the file of its rule, and an export has several rules";
        return Err(Error::Message(message.to_owned()));
    }
    let words = Words::of_rule(rule, &source.project.schema);
    let events = match witness(words.query(), words.context()) {
        Witness::Found(events) => events,
        Witness::Impossible(reason) => {
            eprintln!("the rule matches nothing: {reason}");
            return Ok(Exit::Findings);
        }
        Witness::NotFound => {
            eprintln!("no events were found that the rule matches");
            return Ok(Exit::Findings);
        }
    };
    let found = run(words.query(), &events, words.context(), SampleOptions::default());
    let name = "matches".to_owned();
    let mut cases = vec![Case { name, alerts: found.len(), why: Vec::new(), events }];
    if args.near_misses {
        let misses = near_misses(words.query(), words.context()).into_iter();
        cases.extend(misses.map(|miss| Case {
            why: words.why_not(&miss.events),
            name: miss.what,
            alerts: 0,
            events: miss.events,
        }));
    }
    let text = match args.format {
        Format::Ndjson if args.near_misses => cases.iter().map(case_line).collect(),
        Format::Ndjson => cases.iter().flat_map(|case| &case.events).map(event_line).collect(),
        Format::Fixture => fixture(&cases, &source, args.output.as_deref()),
    };
    match &args.output {
        Some(path) => fs::write(path, text).map_err(|error| {
            Error::Message(format!("cannot write `{}`: {error}", load::shown(path)))
        })?,
        None => io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(Exit::Clean)
}

fn event_line(event: &Event) -> String {
    format!("{}\n", event.source)
}

fn case_line(case: &Case) -> String {
    let events: Vec<_> = case.events.iter().map(|event| &event.source).collect();
    let line = json!({
        "name": case.name, "alerts": case.alerts, "why": case.why, "events": events,
    });
    format!("{line}\n")
}

/// A test file; `output` is where it goes, without one beside the rule.
fn fixture(cases: &[Case], source: &Source, output: Option<&Path>) -> String {
    let rule = Path::new(&source.name);
    let file = rule.file_name().unwrap_or_default().to_string_lossy();
    let mut text = format!("# What {file} must and must not alert on.\n");
    if let Some(rule) = rule_key(rule, output) {
        text.push_str(&format!("rule = {}\n", string(&rule)));
    }
    for case in cases {
        text.push('\n');
        for why in &case.why {
            // A comment ends with its line, and has no control characters.
            text.push_str(&format!("# {}\n", why.replace(char::is_control, " ")));
        }
        text.push_str(&format!(
            "[[case]]\nname = {}\nalerts = {}\nevents = [\n",
            string(&case.name),
            case.alerts
        ));
        for event in &case.events {
            text.push_str(&format!("  {},\n", literal(&event.source.to_string())));
        }
        text.push_str("]\n");
    }
    text
}

/// How the file names its rule; `None` where its own name does.
fn rule_key(rule: &Path, output: Option<&Path>) -> Option<String> {
    let name = rule.file_name()?.to_string_lossy().into_owned();
    let is_toml = rule.extension().is_some_and(|extension| extension == "toml");
    // Without a file it is going to stand beside the rule, under its name.
    let Some(output) = output else { return (!is_toml).then_some(name) };
    if rule.parent() != output.parent() {
        let absolute = std::path::absolute(rule).unwrap_or_else(|_| rule.to_owned());
        return Some(absolute.to_string_lossy().into_owned());
    }
    let own = rule.with_extension("test.toml");
    let is_own = is_toml && own.file_name() == output.file_name();
    (!is_own).then_some(name)
}

/// A basic string of TOML.
fn string(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A literal string of TOML, in which JSON needs no further escapes; a basic one where its quotes stand in the text.
fn literal(text: &str) -> String {
    let has_quotes = text.contains("'''") || text.ends_with('\'');
    if has_quotes || text.chars().any(char::is_control) {
        string(text)
    } else {
        format!("'''{text}'''")
    }
}
