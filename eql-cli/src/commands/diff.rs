//! `eql diff`

mod facts;

use std::io::{self, Write};
use std::path::PathBuf;

use eql_eval::canonical;
use eql_eval::witness::{Difference, Side, difference};
use eql_eval::words::Words;
use serde_json::{Value as Json, json};

use self::facts::Fact;
use super::explain::Format;
use crate::cli::{Color, ReadArgs};
use crate::exit::{Error, Exit};
use crate::load::{Kind, Loaded, Source};
use crate::parallel;
use crate::pick;

const ABOUT: &str = "\
Shows what two versions of a rule find differently: an event, or the events of a sequence or sample, that
only the old one matches and one that only the new one matches, each with the reason, and the metadata
that differs.

Events are looked for, by solving one version together with each way in which the other can fail. That
none was found is no proof that there is none, unless it says that the queries are the same: then they
differ in nothing but form, such as order, brackets, repetition, or a list in place of a chain of
comparisons.";

const AFTER: &str = "\
Exit codes:
  0  no difference was found
  1  the versions find something different, or have different metadata
  2  wrong usage, an error in a rule, or something could not be read or written

Examples:
  eql diff old.toml new.toml
  eql diff release-1.ndjson release-2.ndjson --rule 'Name of a rule'
  git show HEAD:rules/outlook.toml > old.toml; eql diff old.toml rules/outlook.toml";

/// `eql diff`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// The file with the old version.
    pub(crate) old: PathBuf,

    /// The file with the new version.
    pub(crate) new: PathBuf,

    /// The rule of files with several, by its `rule_id` or name.
    #[arg(long, value_name = "ID_OR_NAME")]
    pub(crate) rule: Option<String>,

    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Whether to color messages.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// What one version matches and the other does not.
struct Only {
    found: Difference,
    /// Why the other does not match it.
    why: Vec<String>,
}

/// What was found out about two versions.
struct Report {
    facts: Vec<Fact>,
    /// What only the old and what only the new version matches; `None` where the queries are the same.
    only: Option<(Only, Only)>,
}

/// Compares the rules that the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let (old, new) = (read(args, &args.old)?, read(args, &args.new)?);
    let report = Report::new(&old, &new);
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => report.human(&mut out)?,
        Format::Json => writeln!(out, "{}", report.json())?,
    }
    out.flush()?;
    Ok(if report.differs() { Exit::Findings } else { Exit::Clean })
}

/// A version of the rule.
struct Version {
    source: Source,
    loaded: Loaded,
    words: Words,
}

fn read(args: &Args, path: &std::path::Path) -> Result<Version, Error> {
    let (source, loaded) = pick::one(path, args.rule.as_deref(), &args.read, args.color)?;
    let words = match &loaded.rule {
        Some(rule) => Words::of_rule(rule, &source.project.schema),
        None => return Err(Error::Message(format!("the rule of `{}` has errors", source.name))),
    };
    Ok(Version { source, loaded, words })
}

impl Report {
    fn new(old: &Version, new: &Version) -> Self {
        let facts = match (&old.loaded.rule, &new.loaded.rule) {
            (Some(old_rule), Some(new_rule)) => {
                let is_bare = |version: &Version| version.source.kind == Kind::Eql;
                facts::of(old_rule, new_rule, is_bare(old) || is_bare(new))
            }
            _ => Vec::new(),
        };
        let form = |version: &Version| {
            let (query, cx) = (version.words.query(), version.words.context());
            let fields = (&cx.category_field, &cx.timestamp_field, &cx.tiebreaker_field);
            (canonical(query, cx), fields.0.clone(), fields.1.clone(), fields.2.clone())
        };
        let has_one_schema = old.source.project.config.fields == new.source.project.config.fields;
        if has_one_schema && form(old) == form(new) {
            return Self { facts, only: None };
        }
        // Both directions, each on a core of its own.
        let mut found = parallel::map(&[(old, new), (new, old)], |(one, other)| only(one, other));
        let only = match (found.pop(), found.pop()) {
            (Some(new), Some(old)) => Some((old, new)),
            _ => None,
        };
        Self { facts, only }
    }

    fn differs(&self) -> bool {
        let finds = |only: &Only| only.found.events.is_some();
        let differs = |(old, new): &(Only, Only)| finds(old) || finds(new);
        !self.facts.is_empty() || self.only.as_ref().is_some_and(differs)
    }

    fn human(&self, out: &mut impl Write) -> io::Result<()> {
        for fact in &self.facts {
            writeln!(out, "{fact}")?;
        }
        let Some((old, new)) = &self.only else {
            return writeln!(out, "queries: the same");
        };
        for (only, name, other) in [(old, "old", "new"), (new, "new", "old")] {
            let Some(events) = &only.found.events else {
                let tried = only.found.tried;
                let times = if tried == 1 { "attempt" } else { "attempts" };
                writeln!(out, "only the {name} version matches: nothing found in {tried} {times}")?;
                continue;
            };
            writeln!(out, "only the {name} version matches:")?;
            for event in events {
                writeln!(out, "  {}", event.source)?;
            }
            for why in &only.why {
                writeln!(out, "  the {other} version: {why}")?;
            }
        }
        Ok(())
    }

    fn json(&self) -> Json {
        let only = |only: &Only| {
            let events = only.found.events.as_ref();
            let events =
                events.map(|list| list.iter().map(|event| &event.source).collect::<Vec<_>>());
            json!({"events": events, "why": only.why, "tried": only.found.tried})
        };
        let (old, new) = match &self.only {
            Some((old, new)) => (only(old), only(new)),
            None => (Json::Null, Json::Null),
        };
        json!({
            "differs": self.differs(),
            "facts": self.facts.iter().map(Fact::json).collect::<Vec<_>>(),
            "same_form": self.only.is_none(),
            "only_old": old,
            "only_new": new,
        })
    }
}

fn only(one: &Version, other: &Version) -> Only {
    fn side(words: &Words) -> Side<'_> {
        Side { query: words.query(), cx: words.context() }
    }
    let found = difference(side(&one.words), side(&other.words));
    let why = found.events.as_ref().map_or_else(Vec::new, |events| other.words.why_not(events));
    Only { found, why }
}
