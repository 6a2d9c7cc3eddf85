//! `eql test`

mod output;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eql_eval::fixture::{self, Case, Fixture, Outcome, Subject};

use crate::cli::{Color, ReadArgs};
use crate::exit::{Error, Exit};
use crate::load::{self, Candidate, Contents, Kind, Loaded, Loader, Source};
use crate::parallel;
use crate::pick;

const ABOUT: &str = "\
Runs the fixtures of rules: events that a rule must alert on, and events that it must not.

A fixture is a file NAME.test.toml beside the rule NAME.toml. PATHS are fixtures, rule files, whose
fixtures are meant, or folders with either at any depth. Nothing is compiled: the rules are evaluated
as they stand. `eql_eval::fixtures!` runs the same files against compiled rules.";

const AFTER: &str = r#"A fixture:
  [[case]]
  name = "Word starts a shell"
  alerts = 1                    # 0 for none, `true` for at least one
  events = [
    '''{"event": {"category": ["process"]}, "process": {"name": "cmd.exe"}}''',
  ]                             # or: events_file = "word.ndjson"

Exit codes:
  0  every case is as expected
  1  a case is not; or, with --require-fixtures, a rule has no fixture
  2  wrong usage, or a fixture or its rule could not be read

Examples:
  eql test rules/                       all fixtures of a folder
  eql test rules/word.toml              those of one rule
  eql test rules/ --filter "scheduled"  cases by a part of their name
  eql test rules/ --require-fixtures    in a build: no rule without a fixture"#;

/// `eql test`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// Fixtures, rule files, and folders with either.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Only the fixtures of this rule, by `rule_id` or name.
    #[arg(long, value_name = "ID_OR_NAME")]
    pub(crate) rule: Option<String>,

    /// Only the cases with this in their name, in any case.
    #[arg(long, value_name = "SUBSTRING")]
    pub(crate) filter: Option<String>,

    /// Fail where a rule has no fixture.
    #[arg(long)]
    pub(crate) require_fixtures: bool,

    /// How to show the cases.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Show nothing but what failed.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Whether to color the output.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// How cases are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// The cases that failed, and why.
    Human,
    /// One JSON object a line for each case.
    Json,
}

/// A fixture that was run.
struct Ran {
    fixture: Fixture,
    rule_id: Option<String>,
    rule_name: String,
    /// What came of each case that was wanted, by its place in the fixture.
    outcomes: Vec<(usize, Outcome)>,
}

impl Ran {
    /// Each case that was run, what came of it, and whether that is as expected.
    fn cases(&self) -> impl Iterator<Item = (&Case, &Outcome, bool)> {
        self.outcomes.iter().map(|(at, outcome)| {
            let case = &self.fixture.cases[*at];
            (case, outcome, case.alerts.is_met_by(outcome.alerts))
        })
    }
}

/// A fixture with what came of it: `None` where its rule is not the one that is wanted, and frames where it or the
/// rule cannot be read.
struct Done {
    rule: PathBuf,
    ran: Result<Option<Ran>, String>,
}

/// Everything that came of it.
struct Report {
    ran: Vec<Ran>,
    /// Frames of what could not be read.
    unreadable: Vec<String>,
    /// The rules without a fixture.
    without: Vec<(Source, Loaded)>,
    passed: usize,
    failed: usize,
    elapsed: Duration,
}

/// Runs the fixtures that the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let started = Instant::now();
    let loader = pick::loader(&args.read)?;
    let fixtures = find(&args.paths)?;
    let done = parallel::map(&fixtures, |path| one(path, &loader, args));
    let tested = done.iter().map(|done| canonical(&done.rule)).collect();
    let without = without(&loader, &tested, args)?;
    let report = Report::new(done, without, started);
    if report.is_empty(args) {
        return Err(Error::Message(nothing(args)));
    }
    for frames in &report.unreadable {
        eprintln!("{frames}\n");
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    output::write(&mut out, &report, args)?;
    out.flush()?;
    drop(out);
    if !args.quiet {
        eprintln!("{}", output::summary(&report));
    }
    let found = report.failed > 0 || (args.require_fixtures && !report.without.is_empty());
    Ok(match (report.unreadable.is_empty(), found) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

impl Report {
    fn new(done: Vec<Done>, without: Vec<(Source, Loaded)>, started: Instant) -> Self {
        let (mut ran, mut unreadable) = (Vec::new(), Vec::new());
        for done in done {
            match done.ran {
                Ok(one) => ran.extend(one.filter(|ran| !ran.outcomes.is_empty())),
                Err(frames) => unreadable.push(frames),
            }
        }
        let count = |wanted| {
            ran.iter().flat_map(Ran::cases).filter(|(.., passed)| *passed == wanted).count()
        };
        let (passed, failed) = (count(true), count(false));
        Self { ran, unreadable, without, passed, failed, elapsed: started.elapsed() }
    }

    /// Whether there is nothing to say.
    fn is_empty(&self, args: &Args) -> bool {
        let missed = args.require_fixtures && !self.without.is_empty();
        self.ran.is_empty() && self.unreadable.is_empty() && !missed
    }
}

/// Why nothing was run.
fn nothing(args: &Args) -> String {
    match (&args.rule, &args.filter) {
        (None, None) => {
            let ending = fixture::ENDING;
            format!("no fixture was found; it is a file `NAME{ending}` beside `NAME.toml`")
        }
        (Some(rule), None) => format!("no fixture was found of a rule `{rule}`"),
        (None, Some(part)) => format!("no case has `{part}` in its name"),
        (Some(rule), Some(part)) => format!("no case of a rule `{rule}` has `{part}` in its name"),
    }
}

/// The fixtures that paths mean: themselves, those of rule files, and those below folders. Each once, by path.
fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            let below = fixture::find(path).map_err(|error| {
                Error::Message(format!("cannot read `{}`: {error}", load::shown(path)))
            })?;
            found.extend(below);
        } else if fixture::is_fixture(path) {
            found.insert(path.clone());
        } else {
            found.extend(Some(fixture::of_rule(path)).filter(|path| path.is_file()));
        }
    }
    Ok(found.into_iter().collect())
}

/// Runs a fixture.
fn one(path: &Path, loader: &Loader, args: &Args) -> Done {
    let fixture = match Fixture::read(path) {
        Ok(fixture) => fixture,
        // The rule beside it has a fixture, such as it is.
        Err(unreadable) => {
            let rule = fixture::rule_beside(path);
            return Done { rule, ran: Err(unreadable.render(color(args))) };
        }
    };
    Done { rule: fixture.rule.clone(), ran: cases(fixture, loader, args) }
}

fn cases(fixture: Fixture, loader: &Loader, args: &Args) -> Result<Option<Ran>, String> {
    let path = Candidate { path: fixture.rule.clone(), named: true };
    let read = loader.read(&path).map_err(|error| format!("error: {error}"))?;
    let first =
        read.and_then(|(source, contents)| Some((source, contents.rules.into_iter().next()?)));
    let Some((source, loaded)) = first else {
        return Err(format!("error: `{}` has no EQL rule", load::shown(&fixture.rule)));
    };
    let Some(rule) = &loaded.rule else {
        return Err(pick::errors(&source, &loaded, color(args)).join("\n\n"));
    };
    if !is_wanted(&loaded, args) {
        return Ok(None);
    }
    let subject = Subject::new(rule, &source.project.schema);
    let mut outcomes = Vec::new();
    for (at, case) in fixture.cases.iter().enumerate().filter(|(_, case)| has_name(case, args)) {
        match subject.run(case) {
            Ok(outcome) => outcomes.push((at, outcome)),
            Err(wrong) => return Err(fixture.unreadable(wrong).render(color(args))),
        }
    }
    let (rule_id, rule_name) = (rule.meta.rule_id.clone(), rule.meta.name.clone());
    Ok(Some(Ran { fixture, rule_id, rule_name, outcomes }))
}

/// The rules of the paths that have no fixture.
fn without(
    loader: &Loader,
    tested: &BTreeSet<PathBuf>,
    args: &Args,
) -> Result<Vec<(Source, Loaded)>, Error> {
    let mut files = load::find(&args.paths)?;
    files.retain(|file| {
        Kind::of(&file.path) == Some(Kind::Toml) && !tested.contains(&canonical(&file.path))
    });
    let read = loader.read_all(&files, || ())?;
    let first = |(source, contents): (Source, Contents)| {
        Some((source, contents.rules.into_iter().next().filter(|loaded| is_wanted(loaded, args))?))
    };
    Ok(read.into_iter().filter_map(first).collect())
}

fn is_wanted(loaded: &Loaded, args: &Args) -> bool {
    args.rule.as_deref().is_none_or(|wanted| pick::is(loaded, wanted))
}

fn has_name(case: &Case, args: &Args) -> bool {
    let part = args.filter.as_deref().unwrap_or_default().to_lowercase();
    case.name.to_lowercase().contains(&part)
}

/// One path for a file that was come to on several.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn color(args: &Args) -> bool {
    crate::colored(args.color, &io::stderr())
}
