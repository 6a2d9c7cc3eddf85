//! `eql check`

mod fix;
mod output;

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eql_grammar::config::{LintLevel, Lints};
use eql_grammar::diag::{Code, Diagnostic, Diagnostics, Level};
use eql_grammar::span::Span;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::CheckArgs;
use crate::exit::{Error, Exit};
use crate::load::{self, Candidate, Contents, Loader, Options, Source};

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
pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Error> {
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
    if args.paths.iter().any(|path| path.is_dir())
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

fn options(args: &CheckArgs) -> Result<Options, Error> {
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
