//! `eql check`

mod fix;
mod output;

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eql_grammar::config::{LintLevel, Lints};
use eql_grammar::diag::{Code, Diagnostic, Diagnostics, Level};
use eql_grammar::span::Span;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{Color, ReadArgs};
use crate::exit::{Error, Exit};
use crate::load::{self, Candidate, Contents, Loader, Options, Source};

const ABOUT: &str = "\
Checks rules and shows what is wrong with them.

PATHS are rule files or folders with rule files at any depth: TOML in the detection-rules format or in
that of Elastic Defend's behaviour rules, NDJSON as Kibana exports it, and .eql files with a query and
nothing else. Lints take their levels from --allow, --warn and --deny, from the `eql.toml` in the
folder of a rule or above it, and from the rule itself; what is nearer to the rule goes first.";

const AFTER: &str = "\
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

/// `eql check`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
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

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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

/// What was read and found, to be shown.
struct Report {
    sources: Vec<(Source, Contents)>,
    rules: usize,
    not_eql: usize,
    errors: usize,
    warnings: usize,
    fixed: usize,
    elapsed: Duration,
}

/// Checks the rules that the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let started = Instant::now();
    let loader = Loader::new(options(args)?)?;
    let mut fixed = 0;
    let mut sources = if args.stdin {
        vec![loader.read_stdin(&args.stdin_name)?]
    } else {
        let files = load::find(&args.paths)?;
        let mut sources = read(&loader, &files, args.quiet)?;
        if args.fix {
            for (source, contents) in &mut sources {
                fixed += fix::apply(&loader, source, contents)?;
            }
        }
        sources
    };
    if !args.stdin
        && sources.iter().all(|(_, contents)| contents.rules.is_empty() && contents.not_eql == 0)
    {
        return Err(Error::Message("no rule was found".to_owned()));
    }
    twice(&mut sources);
    let report = Report::new(sources, fixed, started.elapsed());
    let mut out = io::BufWriter::new(io::stdout().lock());
    output::write(&mut out, &report, args)?;
    out.flush()?;
    drop(out);
    if !args.quiet {
        eprintln!("{}", output::summary(&report));
    }
    Ok(if report.errors > 0 { Exit::Findings } else { Exit::Clean })
}

impl Report {
    fn new(sources: Vec<(Source, Contents)>, fixed: usize, elapsed: Duration) -> Self {
        let mut report = Self {
            sources: Vec::new(),
            rules: 0,
            not_eql: 0,
            errors: 0,
            warnings: 0,
            fixed,
            elapsed,
        };
        let count = |list: &[Diagnostic], level| list.iter().filter(|d| d.level == level).count();
        for (_, diagnostics) in projects(&sources) {
            report.errors += count(diagnostics, Level::Error);
            report.warnings += count(diagnostics, Level::Warning);
        }
        for (_, contents) in &sources {
            report.rules += contents.rules.len();
            report.not_eql += contents.not_eql;
            for rule in &contents.rules {
                report.errors += count(&rule.diagnostics, Level::Error);
                report.warnings += count(&rule.diagnostics, Level::Warning);
            }
        }
        report.sources = sources;
        report
    }
}

/// The `eql.toml` files that have something wrong, each once, with their text.
fn projects(sources: &[(Source, Contents)]) -> Vec<((&str, &str), &[Diagnostic])> {
    let mut found: Vec<((&str, &str), &[Diagnostic])> = Vec::new();
    for (source, _) in sources {
        let project = &source.project;
        if let Some((name, text)) = &project.file
            && !project.diagnostics.is_empty()
            && found.iter().all(|((known, _), _)| known != name)
        {
            found.push(((name, text), &project.diagnostics));
        }
    }
    found
}

fn options(args: &Args) -> Result<Options, Error> {
    let mut lints = Lints::default();
    let mut diags = Diagnostics::new();
    for (names, level) in [
        (&args.allow, LintLevel::Allow),
        (&args.warn, LintLevel::Warn),
        (&args.deny, LintLevel::Deny),
    ] {
        for name in names.iter().flat_map(|names| names.split(',')) {
            lints.set(name.trim(), Span::default(), level, &mut diags);
        }
    }
    if let Some(wrong) = diags.as_slice().first() {
        let help: String = wrong.help.iter().map(|help| format!("; {help}")).collect();
        return Err(Error::Message(format!("{}{help}", wrong.message)));
    }
    Ok(Options {
        config: args.read.config.clone(),
        dialect: args.read.dialect.map(Into::into),
        lints,
    })
}

/// Reads all files; shows how far it is when that takes more than a second.
fn read(
    loader: &Loader,
    files: &[Candidate],
    quiet: bool,
) -> Result<Vec<(Source, Contents)>, Error> {
    const PATIENCE: Duration = Duration::from_secs(1);
    let started = Instant::now();
    let bar = ProgressBar::new(files.len() as u64);
    bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} files") {
        bar.set_style(style);
    }
    let visible = AtomicBool::new(quiet || !crate::watched());
    let read = loader.read_all(files, || {
        if started.elapsed() > PATIENCE && !visible.swap(true, Ordering::Relaxed) {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        bar.inc(1);
    });
    bar.finish_and_clear();
    read
}

/// Reports every id that two rules have, at the second one.
fn twice(sources: &mut [(Source, Contents)]) {
    let mut first: HashMap<String, String> = HashMap::new();
    for (source, contents) in sources {
        for loaded in &mut contents.rules {
            let Some(id) = &loaded.rule_id else { continue };
            let Some(other) = first.get(id) else {
                let name = loaded.rule.as_ref().map(|rule| format!(" ({})", rule.meta.name));
                let place = format!("`{}:{}`", source.name, loaded.line);
                first.insert(id.clone(), place + &name.unwrap_or_default());
                continue;
            };
            let message = format!("the `rule_id` `{id}` is that of another rule");
            loaded.diagnostics.push(
                Diagnostic::new(Code::DuplicateRule, loaded.id_span, message)
                    .note(format!("the other one is {other}"))
                    .help("every rule needs an id of its own: alerts are told apart by it"),
            );
        }
    }
}
