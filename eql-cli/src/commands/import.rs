//! `eql import`

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::convert::{Imported, Line, import_kibana_line, import_page, import_toml};
use crate::exit::{Error, Exit};
use crate::load::shown;
use crate::write::{self, Names};

const ABOUT: &str = "\
Makes rule files in the detection-rules format from other formats.

FILES are Elastic's documentation pages of prebuilt rules (.md), exports of Kibana (.ndjson), and rule
files of detection-rules and of Elastic Defend's behaviour rules (.toml). Whatever has no place in a
rule file, and whatever had to be made up, is reported on standard error, a line each.";

const AFTER: &str = "\
Exit codes:
  0  every rule was imported
  1  something is no rule that can be imported
  2  wrong usage, or something could not be read or written

Examples:
  eql import export.ndjson -o rules/            a file a rule, named after it
  eql import page.md -o rules/outlook.toml      under a name of your own
  eql import page.md -o rules/outlook.toml --force
                                                over a file: its comments stay, and what a page cannot say
  eql import behavior.toml --stdout             to standard output";

/// `eql import`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// Pages, exports and rule files.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The folder to write to, or for a single rule a file that ends in .toml.
    #[arg(short, long, value_name = "PATH", default_value = ".")]
    pub(crate) output: PathBuf,

    /// Write over files that are there.
    #[arg(long)]
    pub(crate) force: bool,

    /// Write the only rule to standard output.
    #[arg(long, conflicts_with_all = ["output", "force"])]
    pub(crate) stdout: bool,

    /// Report nothing but errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Imports the files that the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let mut reader = Reader { rules: Vec::new(), failed: 0, quiet: args.quiet };
    for path in &args.files {
        reader.file(path)?;
    }
    let Reader { mut rules, failed, .. } = reader;
    let exit = if failed > 0 { Exit::Findings } else { Exit::Clean };
    if rules.is_empty() {
        return if failed > 0 {
            Ok(exit)
        } else {
            Err(Error::Message("no rule was found".to_owned()))
        };
    }
    let single = args.stdout || write::is_file(&args.output, &["toml"]);
    if single && rules.len() > 1 {
        let count = rules.len();
        return Err(Error::Message(format!(
            "{count} rules do not go into one file; `-o` must be a folder"
        )));
    }
    if args.stdout {
        let mut out = io::stdout().lock();
        for (place, rule) in &rules {
            remarks(args, place, rule);
            out.write_all(rule.text().as_bytes())?;
        }
        out.flush()?;
        return Ok(exit);
    }
    let mut names = Names::default();
    let path = |rule: &Imported, names: &mut Names| {
        if single { args.output.clone() } else { args.output.join(names.of(&rule.name, "toml")) }
    };
    let paths: Vec<PathBuf> = rules.iter().map(|(_, rule)| path(rule, &mut names)).collect();
    if !args.force {
        write::refuse_existing(&paths)?;
    }
    // All of them first: a file that cannot be written over stops the run before anything was written.
    rules = rules
        .into_iter()
        .zip(&paths)
        .map(|((place, rule), path)| Ok((place, over(rule, path)?)))
        .collect::<Result<_, Error>>()?;
    for ((place, rule), path) in rules.iter().zip(&paths) {
        remarks(args, place, rule);
        write::file(path, &rule.text())?;
    }
    if !args.quiet {
        match paths.as_slice() {
            [path] => eprintln!("1 rule imported to `{}`", shown(path)),
            paths => eprintln!("{} rules imported to `{}`", paths.len(), shown(&args.output)),
        }
    }
    Ok(exit)
}

fn over(rule: Imported, path: &Path) -> Result<Imported, Error> {
    if !path.exists() {
        return Ok(rule);
    }
    let name = shown(path);
    let existing = fs::read_to_string(path)
        .map_err(|error| Error::Message(format!("cannot read `{name}`: {error}")))?;
    rule.over(&existing)
        .map_err(|reason| Error::Message(format!("cannot write over `{name}`: {reason}")))
}

fn remarks(args: &Args, place: &str, rule: &Imported) {
    if !args.quiet {
        rule.remarks().for_each(|note| eprintln!("{place}: {note}"));
    }
}

struct Reader {
    /// Each with the place that it was read from.
    rules: Vec<(String, Imported)>,
    failed: usize,
    quiet: bool,
}

impl Reader {
    fn file(&mut self, path: &Path) -> Result<(), Error> {
        let name = shown(path);
        let read: fn(&str) -> Result<Imported, String> =
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("md" | "markdown") => import_page,
                Some("toml") => import_toml,
                Some("ndjson" | "jsonl") => return self.export(path, &name),
                _ => {
                    let message =
                        format!("`{name}` cannot be imported: expected .md, .ndjson or .toml");
                    return Err(Error::Message(message));
                }
            };
        match read(&text(path, &name)?) {
            Ok(rule) => self.rule(name, rule),
            Err(reason) => self.wrong(&name, &reason),
        }
        Ok(())
    }

    fn export(&mut self, path: &Path, name: &str) -> Result<(), Error> {
        for (line, number) in text(path, name)?.lines().zip(1_u32..) {
            if line.trim().is_empty() {
                continue;
            }
            let place = format!("{name}:{number}");
            match import_kibana_line(line) {
                Ok(Line::Rule(rule)) => self.rule(place, *rule),
                Ok(Line::Other(what)) if !self.quiet => eprintln!("{place}: passed over: {what}"),
                Ok(Line::Other(_)) => {}
                Err(reason) => self.wrong(&place, &reason),
            }
        }
        Ok(())
    }

    fn rule(&mut self, place: String, rule: Imported) {
        if !self.quiet {
            rule.notes.iter().for_each(|note| eprintln!("{place}: {note}"));
        }
        self.rules.push((place, rule));
    }

    fn wrong(&mut self, place: &str, reason: &str) {
        eprintln!("error: {place}: {reason}");
        self.failed += 1;
    }
}

fn text(path: &Path, name: &str) -> Result<String, Error> {
    fs::read_to_string(path)
        .map_err(|error| Error::Message(format!("cannot read `{name}`: {error}")))
}
