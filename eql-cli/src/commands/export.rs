//! `eql export`

use std::io::{self, Write as _};
use std::path::PathBuf;

use eql_grammar::ast::Dialect;
use eql_grammar::meta::{self, Scope};
use eql_grammar::rule::Rule;
use eql_grammar::rule_file::{RuleFile, parse_kibana_line, parse_rule_file};

use crate::cli::{Color, ReadArgs};
use crate::convert::{self, Line};
use crate::exit::{Error, Exit};
use crate::load::{Kind, Loaded, Source};
use crate::pick;
use crate::write::{self, Names};

const ABOUT: &str = "\
Writes rules in other formats: NDJSON that Kibana imports, Markdown pages like those of Elastic's
documentation, and TOML in the detection-rules format.

PATHS are what `eql check` takes. What the format has no place for is left out and reported on standard
error, a line a rule. Rules with errors are shown and not written.";

const AFTER: &str = "\
Exit codes:
  0  every rule was written
  1  a rule has an error, or does not go into the format
  2  wrong usage, or something could not be read or written

Examples:
  eql export rules/ --format ndjson -o rules.ndjson     to be imported in Kibana
  eql export rules/ --format markdown -o docs/          a page a rule
  eql export rules/a.toml --format markdown             to standard output";

/// `eql export`
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = AFTER)]
pub(crate) struct Args {
    /// Rule files and folders with rule files.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// What to write.
    #[arg(long, value_enum)]
    pub(crate) format: Format,

    /// The file to write to, or a folder for a file a rule; standard output where absent.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// Write over files that are there.
    #[arg(long)]
    pub(crate) force: bool,

    /// Only the rule with this `rule_id` or name.
    #[arg(long, value_name = "ID_OR_NAME")]
    pub(crate) rule: Option<String>,

    #[command(flatten)]
    pub(crate) read: ReadArgs,

    /// Report nothing but errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Whether to color the output.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// What rules are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A line a rule and a last one with counts, for Kibana's import.
    Ndjson,
    /// A page a rule, as in Elastic's documentation.
    Markdown,
    /// A file a rule, in the detection-rules format.
    Toml,
}

/// Exports the rules that the command line names.
pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    let picked = pick::rules(&args.paths, &args.read, args.color)?;
    let mut failed = picked.broken;
    let mut written = Vec::new();
    let mut found = false;
    for (source, loaded, rule) in
        picked.rules().filter(|(_, loaded, rule)| is_wanted(args, loaded, rule))
    {
        found = true;
        let place = format!("{}:{}", source.name, loaded.line);
        match convert(args, source, loaded, rule) {
            Ok(Written { text, left_out }) => {
                if !args.quiet && !left_out.is_empty() {
                    eprintln!("{place}: left out: {}", left_out.join(", "));
                }
                written.push((rule.meta.name.as_str(), text));
            }
            Err(reason) => {
                eprintln!("error: {place}: {reason}");
                failed += 1;
            }
        }
    }
    if let (false, Some(wanted)) = (found, &args.rule) {
        return Err(Error::Message(format!("no rule without errors is called `{wanted}`")));
    }
    output(args, &written)?;
    Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
}

fn is_wanted(args: &Args, loaded: &Loaded, rule: &Rule) -> bool {
    let called =
        |wanted: &String| loaded.rule_id.as_ref() == Some(wanted) || rule.meta.name == *wanted;
    args.rule.as_ref().is_none_or(called)
}

fn output(args: &Args, written: &[(&str, String)]) -> Result<(), Error> {
    let extension = match args.format {
        Format::Ndjson => "ndjson",
        Format::Markdown => "md",
        Format::Toml => "toml",
    };
    let together = args.format == Format::Ndjson;
    let to_file =
        args.output.as_ref().filter(|path| together || write::is_file(path, &[extension]));
    if together || to_file.is_some() || args.output.is_none() {
        if written.len() > 1 && !together {
            let message =
                format!("{} rules do not go into one file; `-o` must be a folder", written.len());
            return Err(Error::Message(message));
        }
        let mut text: String = written.iter().map(|(_, text)| text.as_str()).collect();
        if together {
            text.push_str(&convert::summary_line(written.len()).to_string());
            text.push('\n');
        }
        if let Some(path) = to_file {
            if !args.force {
                write::refuse_existing([path])?;
            }
            return write::file(path, &text);
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        return Ok(out.flush()?);
    }
    let folder = args.output.clone().unwrap_or_default();
    let mut names = Names::default();
    let paths: Vec<PathBuf> =
        written.iter().map(|(name, _)| folder.join(names.of(name, extension))).collect();
    if !args.force {
        write::refuse_existing(&paths)?;
    }
    for ((_, text), path) in written.iter().zip(&paths) {
        write::file(path, text)?;
    }
    Ok(())
}

struct Written {
    text: String,
    /// What the format has no place for.
    left_out: Vec<String>,
}

fn convert(args: &Args, source: &Source, loaded: &Loaded, rule: &Rule) -> Result<Written, String> {
    let text = source.text.get(loaded.span.range()).unwrap_or(&source.text);
    let file = match source.kind {
        Kind::Toml => parse_rule_file(text).ok(),
        Kind::Ndjson => parse_kibana_line(text, 0).ok().flatten(),
        Kind::Eql => {
            return Err(
                "a query alone is no rule: it has no name, severity and risk score".to_owned()
            );
        }
    };
    let file = file.ok_or("this cannot be read again")?;
    let dialect = args.read.dialect.map_or(file.dialect, Into::into);
    let mut left_out = left_out(source.kind, text, &file)?;
    let query = &file.query.text;
    let text = match args.format {
        Format::Ndjson if dialect == Dialect::Endpoint => {
            return Err("Kibana does not run rules in the endpoint dialect".to_owned());
        }
        Format::Ndjson => {
            let object = serde_json::Value::Object(convert::object(rule, query));
            format!("{object}\n")
        }
        Format::Markdown => {
            let page = convert::write_page(&rule.meta, query)?;
            left_out.extend(page.left_out.iter().map(|key| format!("`{key}`")));
            if dialect == Dialect::Endpoint {
                left_out.push("the endpoint dialect".to_owned());
            }
            page.text
        }
        Format::Toml => {
            let imported = match source.kind {
                Kind::Ndjson => match convert::import_kibana_line(text)? {
                    Line::Rule(rule) => *rule,
                    Line::Other(what) => return Err(what),
                },
                Kind::Toml | Kind::Eql => convert::import_toml(text)?,
            };
            left_out.clear();
            left_out.extend(imported.notes.iter().cloned());
            imported.text()
        }
    };
    Ok(Written { text, left_out })
}

/// What the file says and the compiler does not take into the rule.
fn left_out(kind: Kind, text: &str, file: &RuleFile) -> Result<Vec<String>, String> {
    let own = |key: &str| {
        !matches!(meta::key(key).map(|key| key.scope), Some(Scope::Everywhere | Scope::Kept))
    };
    let keys = file.raw.entries.iter().filter(|(key, _)| own(key));
    let mut left_out: Vec<String> = keys.map(|(key, _)| format!("`{}`", key.node)).collect();
    if kind == Kind::Toml {
        let beside = ["metadata", "transform", "eql"];
        let tables = convert::tables(text)?;
        left_out.extend(
            tables
                .iter()
                .filter(|name| beside.contains(&name.as_str()))
                .map(|name| format!("`[{name}]`")),
        );
    }
    Ok(left_out)
}
