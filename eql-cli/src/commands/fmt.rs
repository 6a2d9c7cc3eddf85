//! `eql fmt`

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use eql_grammar::ast::Dialect;

use crate::cli::DialectName;
use crate::convert::{Unformatted, format_query, format_toml};
use crate::exit::{Error, Exit};
use crate::load::{self, Kind, shown};
use crate::{parallel, write};

const ABOUT: &str = "\
Lays out rule files and queries in one way.

PATHS are rule files (.toml) and queries (.eql), or folders with such files at any depth. A query has a
condition a line and a sequence a stage a line, at most 120 columns wide; the keys of a table stand by
name, the query after them. Comments stay. A file that would not say the same is left as it is.";

const AFTER: &str = "\
Exit codes:
  0  all files are laid out
  1  with --check, a file is not; or a file cannot be laid out
  2  wrong usage, or something could not be read or written

Examples:
  eql fmt rules/                                all rules of a folder
  eql fmt rules/ --check                        in a build: names what is not laid out
  eql fmt --stdin --stdin-name r.toml < r.toml  for an editor";

/// `eql fmt`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// Rule files, queries, and folders with them.
    #[arg(required_unless_present = "stdin")]
    pub(crate) paths: Vec<PathBuf>,

    /// Write nothing, and name the files that are not laid out.
    #[arg(long)]
    pub(crate) check: bool,

    /// Read one text from standard input and write it to standard output.
    #[arg(long, conflicts_with = "paths")]
    pub(crate) stdin: bool,

    /// The path that standard input is read as; its end says what is in it.
    #[arg(long, value_name = "PATH", default_value = "stdin.toml", requires = "stdin")]
    pub(crate) stdin_name: String,

    /// The language of every query, whatever its file says.
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<DialectName>,

    /// Report nothing but errors and, with --check, names.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Lays out what the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let dialect = args.dialect.map(Into::into);
    if args.stdin {
        return stdin(args, dialect);
    }
    let files = files(&args.paths)?;
    let results = parallel::map(&files, |(path, text)| laid_out(path, text, dialect));
    let (mut changed, mut failed) = (0, 0);
    let mut out = io::stdout().lock();
    for ((path, text), result) in files.iter().zip(results) {
        match result {
            Ok(laid_out) if laid_out == *text => {}
            Ok(_) if args.check => {
                writeln!(out, "{}", shown(path))?;
                changed += 1;
            }
            Ok(laid_out) => {
                write::file(path, &laid_out)?;
                changed += 1;
            }
            Err(Unformatted(reason)) => {
                eprintln!("error: {}: {reason}", shown(path));
                failed += 1;
            }
        }
    }
    out.flush()?;
    if !args.quiet {
        let not = if args.check { "not " } else { "" };
        eprintln!("{changed} of {} files {not}laid out", files.len());
    }
    Ok(if failed > 0 || (args.check && changed > 0) { Exit::Findings } else { Exit::Clean })
}

fn laid_out(path: &Path, text: &str, dialect: Option<Dialect>) -> Result<String, Unformatted> {
    match Kind::of(path) {
        Some(Kind::Toml) => format_toml(text, dialect),
        Some(Kind::Eql) => format_query(text, dialect.unwrap_or_default()),
        Some(Kind::Ndjson) | None => {
            Err(Unformatted("only .toml and .eql files have a layout".to_owned()))
        }
    }
}

/// The files with their texts. Exports of Kibana that were not named are passed over, and so are files without a rule.
fn files(paths: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut files = Vec::new();
    for file in load::find(paths)? {
        let kind = Kind::of(&file.path);
        if !file.named && kind == Some(Kind::Ndjson) {
            continue;
        }
        let name = shown(&file.path);
        let text = fs::read_to_string(&file.path)
            .map_err(|error| Error::Message(format!("cannot read `{name}`: {error}")))?;
        if file.named || kind.is_some_and(|kind| load::has_rules(kind, &text)) {
            files.push((file.path, text));
        }
    }
    if files.is_empty() {
        return Err(Error::Message("no rule was found".to_owned()));
    }
    Ok(files)
}

fn stdin(args: &Args, dialect: Option<Dialect>) -> Result<Exit, Error> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Error::Message(format!("cannot read standard input: {error}")))?;
    match laid_out(Path::new(&args.stdin_name), &text, dialect) {
        Ok(laid_out) if args.check => {
            Ok(if laid_out == text { Exit::Clean } else { Exit::Findings })
        }
        Ok(laid_out) => {
            let mut out = io::stdout().lock();
            out.write_all(laid_out.as_bytes())?;
            out.flush()?;
            Ok(Exit::Clean)
        }
        Err(Unformatted(reason)) => {
            eprintln!("error: {}: {reason}", args.stdin_name);
            Ok(Exit::Findings)
        }
    }
}
