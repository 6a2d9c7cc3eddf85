//! Fixtures: what a rule must alert on, and what it must not, in a file beside the rule.
//!
//! ```toml
//! # suspicious_child.test.toml, beside suspicious_child.toml
//! [[case]]
//! name = "Word starts a shell"
//! alerts = 1
//! events = [
//!   '''{"event": {"category": ["process"]}, "process": {"name": "cmd.exe", "parent": {"name": "WINWORD.EXE"}}}''',
//! ]
//!
//! [[case]]
//! name = "Explorer starts a shell"
//! alerts = 0
//! events_file = "explorer.ndjson"
//! ```
//!
//! | key | what it is |
//! |---|---|
//! | `rule` | the rule's file, from the folder of the fixture on; the fixture's own name without `.test` where it is not given |
//! | `case.name` | in words, for whoever reads that it failed |
//! | `case.alerts` | how many alerts there are to be; 0 for none, `true` for at least one |
//! | `case.events` | the events: each the text of a JSON object, or a table of TOML |
//! | `case.events_file` | in their place a file with a JSON object a line, from the folder of the fixture on |
//!
//! The alert of a sequence counts once, whatever number of building blocks it has. Events are taken in the
//! order of their time, as a search takes them; those of a sequence must have one.
//!
//! What is said of a case that fails are the [`words`](crate::words) for its events, which are numbered as the case has
//! them, from 1: where there are too few alerts, what keeps events from one, of the few that come nearest; where there
//! are too many, what the events of an alert have that matches.
//!
//! [`fixtures!`](crate::fixtures!) runs fixtures against compiled rules in a test, and `eql test` runs them
//! without a build.

mod pack;
mod parse;
mod subject;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use eql_grammar::config::Config;
use eql_grammar::diag::{Code, Diagnostic, Level};
use eql_grammar::report::{self, SourceText};
use eql_grammar::rule::{self, Checked, Rule, Settings};
use eql_grammar::rule_file;
use eql_grammar::schema::Schema;
use eql_grammar::span::Span;
use serde_json::Value as Json;

pub use eql_grammar::rule_file::{FIXTURE_ENDING as ENDING, is_fixture};

pub use self::pack::{Alerts, check};
pub use self::subject::{Outcome, Subject};

/// A file with cases for one rule.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// The file and its text.
    pub file: File,
    /// The file of the rule.
    pub rule: PathBuf,
    /// At least one.
    pub cases: Vec<Case>,
}

/// Events, and how many alerts a rule gives on them.
#[derive(Clone, Debug)]
pub struct Case {
    /// What happens, in words.
    pub name: String,
    /// Where the name stands in the file.
    pub span: Span,
    /// What is to come of it.
    pub alerts: Expected,
    /// At least one, in the order written.
    pub events: Vec<Document>,
}

/// How many alerts there are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// So many.
    Exactly(usize),
    /// At least one.
    Some,
}

/// An event of a case.
#[derive(Clone, Debug)]
pub struct Document {
    /// A JSON object.
    pub source: Json,
    /// Where it is given in the fixture: itself, or the name of the file that it stands in.
    pub span: Span,
    /// Its line in that file, counted from 1.
    pub line: Option<u32>,
}

/// A file with its text, for messages.
#[derive(Clone, Debug)]
pub struct File {
    /// As it was found.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// A file that is wrong.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// The file; without text where there is none.
    pub file: File,
    /// What is wrong, at least one thing.
    pub diagnostics: Vec<Diagnostic>,
}

impl Fixture {
    /// Reads a fixture, and the files with events that it names.
    ///
    /// # Errors
    /// Everything that is wrong with it; also where its rule is no file.
    pub fn read(path: &Path) -> Result<Self, Unreadable> {
        parse::parse(File::read(path)?)
    }

    /// Where a case stands, and its name: `rules/word.test.toml:5: Word starts a shell`.
    #[must_use]
    pub fn title(&self, case: &Case) -> String {
        format!("{}:{}: {}", self.file.path.display(), self.file.line(case.span), case.name)
    }

    /// What is wrong with a case, as wrong with the whole.
    #[must_use]
    pub fn unreadable(&self, diagnostics: Vec<Diagnostic>) -> Unreadable {
        Unreadable { file: self.file.clone(), diagnostics }
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, Unreadable> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self { path: path.to_owned(), text }),
            Err(error) => {
                let file = Self { path: path.to_owned(), text: String::new() };
                let message = format!("cannot read `{}`: {error}", path.display());
                let diagnostics = vec![Diagnostic::new(Code::CannotRead, Span::default(), message)];
                Err(Unreadable { file, diagnostics })
            }
        }
    }

    /// The line of a place, counted from 1.
    #[must_use]
    pub fn line(&self, span: Span) -> u32 {
        report::line_col(&self.text, span.start).0
    }
}

impl Unreadable {
    /// What is wrong, in frames; `color` puts ANSI escapes in.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let path = self.file.path.display().to_string();
        report::render(&self.diagnostics, &SourceText::new(Some(&path), &self.file.text), color)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl Expected {
    /// Whether that many are right.
    #[must_use]
    pub const fn is_met_by(self, alerts: usize) -> bool {
        match self {
            Self::Exactly(expected) => alerts == expected,
            Self::Some => alerts > 0,
        }
    }

    /// What is to be said where it is not met: `expected 1 alert, found none`.
    #[must_use]
    pub fn but_found(self, alerts: usize) -> String {
        match alerts {
            0 => format!("expected {self}, found none"),
            alerts => format!("expected {self}, found {alerts}"),
        }
    }

    /// Whether that many are too few.
    #[must_use]
    pub const fn is_more_than(self, alerts: usize) -> bool {
        match self {
            Self::Exactly(expected) => alerts < expected,
            Self::Some => alerts == 0,
        }
    }
}

/// `1 alert`, `no alert`, `at least one alert`
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(0) => f.write_str("no alert"),
            Self::Exactly(1) => f.write_str("1 alert"),
            Self::Exactly(count) => write!(f, "{count} alerts"),
            Self::Some => f.write_str("at least one alert"),
        }
    }
}

/// The fixture that belongs to a rule file by its name, be it there or not.
#[must_use]
pub fn of_rule(rule: &Path) -> PathBuf {
    rule.with_extension(ENDING.trim_start_matches('.'))
}

/// The rule file that a fixture belongs to by its name, be it there or not.
#[must_use]
pub fn rule_beside(fixture: &Path) -> PathBuf {
    let name = fixture.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(ENDING).unwrap_or(&name);
    fixture.with_file_name(format!("{stem}.toml"))
}

/// The fixtures below a folder, by path. What is hidden and folders named `target` are passed over.
///
/// # Errors
/// Where a folder cannot be read.
pub fn find(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            } else if path.is_file() && is_fixture(&path) {
                found.push(path);
            } else if path.is_dir() && name != "target" {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The rule of a fixture, checked with what an `eql.toml` says.
fn rule_of(path: &Path, config: &Config, schema: &Schema) -> Result<Rule, Unreadable> {
    let file = File::read(path)?;
    let settings = Settings { schema, lints: &config.lints, attack: config.attack };
    let checked = match rule_file::parse_rule_file(&file.text) {
        Ok(rule) => rule::check_file(&rule, &file.text, None, &settings),
        Err(diags) => Checked { diagnostics: diags.into_sorted(), rule: None },
    };
    checked.rule.ok_or_else(|| {
        let errors = checked.diagnostics.into_iter().filter(|found| found.level == Level::Error);
        Unreadable { file, diagnostics: errors.collect() }
    })
}
