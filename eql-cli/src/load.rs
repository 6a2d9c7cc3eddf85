//! Rules from wherever they are: both TOML formats of Elastic, exports of Kibana, and bare queries.
//!
//! Every command takes [`Loaded`] values; what kind of file a rule stood in matters no more then.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use eql_grammar::ast::Dialect;
use eql_grammar::config::{self, Config, Lints};
use eql_grammar::diag::{Code, Diagnostic, Diagnostics};
use eql_grammar::meta::{self, RawMeta};
use eql_grammar::report::SourceText;
use eql_grammar::rule::{self, Found, Input, Rule, Settings};
use eql_grammar::rule_file::{self, RuleFile};
use eql_grammar::schema::Schema;
use eql_grammar::span::Span;

use crate::exit::Error;
use crate::parallel;

/// A text that has rules, in a file or on standard input.
#[derive(Debug)]
pub(crate) struct Source {
    /// As the user wrote it, or came to from there.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) text: String,
    /// How it is read.
    pub(crate) kind: Kind,
    /// What its project says.
    pub(crate) project: Arc<Project>,
}

impl Source {
    /// Calls `show` for everything that is said of a rule, with the text that it points into: the file,
    /// or the line of one that is the rule by itself.
    pub(crate) fn for_each_finding<E>(
        &self,
        rule: &Loaded,
        mut show: impl FnMut(&SourceText<'_>, &Diagnostic) -> Result<(), E>,
    ) -> Result<(), E> {
        let place = SourceText {
            path: Some(&self.name),
            text: self.text.get(rule.span.range()).unwrap_or(&self.text),
            first_line: if self.kind == Kind::Ndjson { rule.line } else { 1 },
            first_column: 1,
        };
        for diagnostic in &rule.diagnostics {
            let mut moved = diagnostic.clone();
            let start = rule.span.start;
            moved.move_places(|span| {
                Span::new(span.start.saturating_sub(start), span.end.saturating_sub(start))
            });
            show(&place, &moved)?;
        }
        Ok(())
    }
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A rule file in one of the TOML formats.
    Toml,
    /// What Kibana exports, a rule a line.
    Ndjson,
    /// A query and nothing else.
    Eql,
}

impl Kind {
    /// By the end of the name.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        match path.extension().and_then(OsStr::to_str)? {
            "toml" => Some(Self::Toml),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "eql" => Some(Self::Eql),
            _ => None,
        }
    }
}

/// The `eql.toml` that holds for a source.
#[derive(Debug, Default)]
pub(crate) struct Project {
    pub(crate) config: Config,
    pub(crate) schema: Schema,
    /// The file with its text, where there is one.
    pub(crate) file: Option<(String, String)>,
    /// What is wrong with it.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Project {
    fn read(path: &Path) -> Result<Self, Error> {
        let name = shown(path);
        let text = fs::read_to_string(path)
            .map_err(|error| Error::Message(format!("cannot read `{name}`: {error}")))?;
        let (config, diags) = config::parse_config(&text);
        let schema = config.schema();
        let diagnostics = diags.into_sorted();
        Ok(Self { config, schema, file: Some((name, text)), diagnostics })
    }
}

/// What the command line says of how rules are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The `eql.toml` for all rules, instead of the one above each.
    pub(crate) config: Option<PathBuf>,
    /// The language of every query, whatever its file says.
    pub(crate) dialect: Option<Dialect>,
    /// Levels of lints that go over those of `eql.toml`, and not over those of a rule.
    pub(crate) lints: Lints,
}

/// One rule of a source, and what is said about it.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The line of its source that it begins on, counted from 1.
    pub(crate) line: u32,
    /// The part of its source that it is all of, in bytes.
    pub(crate) span: Span,
    /// Where its identity stands in the source, for messages.
    pub(crate) id_span: Span,
    /// The id that it gives itself.
    pub(crate) rule_id: Option<String>,
    /// The query as it is written; empty where none was found.
    pub(crate) query: String,
    /// Places are those of the source's text.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The rule, where it has no error.
    pub(crate) rule: Option<Rule>,
}

/// What a source turned out to hold.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) rules: Vec<Loaded>,
    /// How many rules are in another language than EQL.
    pub(crate) not_eql: usize,
}

/// A file that may have rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    /// The user named it: then it must have a rule.
    pub(crate) named: bool,
}

/// The files that paths mean: themselves, or what is below a folder. Each once, by path.
///
/// Folders that are hidden and those named `target` are passed over, and so are fixtures and TOML files
/// that are known to be something else.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            if let Err(error) = fs::metadata(path) {
                return Err(Error::Message(format!("cannot read `{}`: {error}", shown(path))));
            }
            // `rules/*.toml` of a shell names them, too.
            if !rule_file::is_fixture(path) {
                found.push(Candidate { path: path.clone(), named: true });
            }
            continue;
        }
        let walk = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
        let entered = walk.filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let passed = name.starts_with('.') || name == "target";
            entry.depth() == 0 || !(passed && entry.file_type().is_dir())
        });
        for entry in entered {
            let entry =
                entry.map_err(|error| Error::Message(format!("cannot read a folder: {error}")))?;
            if entry.file_type().is_file() && may_have_rules(entry.path()) {
                found.push(Candidate { path: entry.into_path(), named: false });
            }
        }
    }
    found.sort();
    // A file that is named stands before the same one found in a folder.
    found.sort_by(|a, b| a.path.cmp(&b.path).then(b.named.cmp(&a.named)));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

fn may_have_rules(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let other = ["Cargo.toml", "eql.toml", "clippy.toml", "rustfmt.toml", "pyproject.toml"];
    Kind::of(path).is_some()
        && !name.starts_with('.')
        && !rule_file::is_fixture(path)
        && !other.contains(&name)
}

/// Reads sources and remembers the projects that they are in.
#[derive(Debug, Default)]
pub(crate) struct Loader {
    options: Options,
    /// By folder. A folder without an `eql.toml` above it has the empty project.
    projects: Mutex<HashMap<PathBuf, Arc<Project>>>,
}

impl Loader {
    pub(crate) fn new(options: Options) -> Result<Self, Error> {
        let loader = Self { options, ..Self::default() };
        if let Some(path) = &loader.options.config {
            let project = Arc::new(Project::read(path)?);
            loader.remember(PathBuf::new(), &project);
        }
        Ok(loader)
    }

    /// Reads a file; `None` where it was not named and has no rules.
    pub(crate) fn read(&self, file: &Candidate) -> Result<Option<(Source, Contents)>, Error> {
        let name = shown(&file.path);
        let cannot = |error: io::Error| Error::Message(format!("cannot read `{name}`: {error}"));
        let Some(kind) = Kind::of(&file.path) else {
            let message = format!("`{name}` is no rule file: expected .toml, .ndjson or .eql");
            return Err(Error::Message(message));
        };
        let text = fs::read_to_string(&file.path).map_err(cannot)?;
        if !file.named && !has_rules(kind, &text) {
            return Ok(None);
        }
        let project = self.project(&file.path)?;
        let source = Source { name, text, kind, project };
        let contents = self.contents(&source);
        if file.named && contents.rules.is_empty() && contents.not_eql == 0 {
            return Err(Error::Message(format!("`{}` has no rule", source.name)));
        }
        Ok(Some((source, contents)))
    }

    /// Reads all files on all cores. The first error ends it.
    pub(crate) fn read_all(
        &self,
        files: &[Candidate],
        done: impl Fn() + Sync,
    ) -> Result<Vec<(Source, Contents)>, Error> {
        let read = parallel::map(files, |file| {
            let read = self.read(file);
            done();
            read
        });
        read.into_iter().filter_map(Result::transpose).collect()
    }

    /// Reads standard input, which is shown and read as if it were the file `name`.
    pub(crate) fn read_stdin(&self, name: &str) -> Result<(Source, Contents), Error> {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Error::Message(format!("cannot read standard input: {error}")))?;
        let path = Path::new(name);
        let Some(kind) = Kind::of(path) else {
            let message = format!(
                "`{name}` is no name of a rule file: it must end in .toml, .ndjson or .eql"
            );
            return Err(Error::Message(message));
        };
        let project = self.project(path)?;
        let source = Source { name: name.to_owned(), text, kind, project };
        let contents = self.contents(&source);
        Ok((source, contents))
    }

    /// Reads the text again, as after a fix.
    pub(crate) fn contents(&self, source: &Source) -> Contents {
        match source.kind {
            Kind::Toml => self.toml(source),
            Kind::Ndjson => self.ndjson(source),
            Kind::Eql => self.eql(source),
        }
    }

    fn toml(&self, source: &Source) -> Contents {
        let mut contents = self.one(source, rule_file::parse_rule_file(&source.text));
        for rule in &mut contents.rules {
            rule.line = SourceText::new(None, &source.text).line_col(rule.span.start).0;
            rule.span = whole(source);
        }
        contents
    }

    /// A rule as far as its file could be taken apart.
    ///
    /// Its line is for the caller to set, and so is its span, which starts where the rule does.
    fn one(&self, source: &Source, file: Result<RuleFile, Diagnostics>) -> Contents {
        let lints = self.lints(source);
        match file {
            Ok(file) => {
                let settings = settings(source, &lints);
                let checked =
                    rule::check_file(&file, &source.text, self.options.dialect, &settings);
                let id = file.raw.string("rule_id").map(|id| id.node.to_owned());
                let id_span = file.raw.place("rule_id");
                let rule::Checked { diagnostics, rule } = checked;
                let (span, query) = (file.raw.span, file.query.text);
                let loaded =
                    Loaded { line: 1, span, id_span, rule_id: id, query, diagnostics, rule };
                Contents { rules: vec![loaded], not_eql: 0 }
            }
            Err(diags) if is_not_eql(&diags) => Contents { rules: Vec::new(), not_eql: 1 },
            Err(diags) => {
                let diagnostics = rule::leveled(diags, &lints);
                let span = diagnostics.first().map_or_else(Span::default, |first| first.span);
                let id_span = Span::default();
                let (rule_id, query, rule) = (None, String::new(), None);
                let loaded = Loaded { line: 1, span, id_span, rule_id, query, diagnostics, rule };
                Contents { rules: vec![loaded], not_eql: 0 }
            }
        }
    }

    fn ndjson(&self, source: &Source) -> Contents {
        let mut lines = Vec::new();
        let mut at = 0_u32;
        for (line, number) in source.text.split_inclusive('\n').zip(1_u32..) {
            let end = at.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
            if !line.trim().is_empty() {
                lines.push((line, number, Span::new(at, end)));
            }
            at = end;
        }
        let read = parallel::map(&lines, |(line, number, span)| {
            let file = match rule_file::parse_kibana_line(line, span.start) {
                Ok(None) => return Contents::default(),
                Ok(Some(file)) => Ok(file),
                Err(diags) => Err(diags),
            };
            let mut one = self.one(source, file);
            for rule in &mut one.rules {
                (rule.line, rule.span) = (*number, *span);
            }
            one
        });
        let mut contents = Contents::default();
        for mut one in read {
            contents.rules.append(&mut one.rules);
            contents.not_eql += one.not_eql;
        }
        contents
    }

    fn eql(&self, source: &Source) -> Contents {
        let lints = self.lints(source);
        let settings = settings(source, &lints);
        let input = Input {
            raw: &RawMeta::default(),
            source: meta::Source::Query,
            query: Some(&source.text),
            dialect: self.options.dialect.unwrap_or_default(),
            os_list: &[],
        };
        let mut found = Found::default();
        let (mut meta, queries) = rule::check(&input, &settings, &mut found);
        let stem = Path::new(&source.name).file_stem().unwrap_or_default();
        meta.name = stem.to_string_lossy().into_owned();
        let diagnostics = rule::leveled(found.of_query, &lints);
        let rule = queries.filter(|_| !rule::has_errors(&diagnostics));
        let rule = rule.map(|(ast, hir)| Rule { meta, ast, hir });
        let (span, id_span) = (whole(source), Span::default());
        let query = source.text.clone();
        let loaded = Loaded { line: 1, span, id_span, rule_id: None, query, diagnostics, rule };
        Contents { rules: vec![loaded], not_eql: 0 }
    }

    fn lints(&self, source: &Source) -> Lints {
        self.options.lints.clone().over(&source.project.config.lints)
    }

    /// The project of a file: the `eql.toml` of its folder, or of the nearest one above.
    fn project(&self, file: &Path) -> Result<Arc<Project>, Error> {
        if self.options.config.is_some() {
            return Ok(self.known(Path::new("")).unwrap_or_default());
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = std::path::absolute(folder.unwrap_or(Path::new(".")))
            .map_err(|error| Error::Message(format!("cannot find `{}`: {error}", shown(file))))?;
        if let Some(project) = self.known(&folder) {
            return Ok(project);
        }
        let above = folder.ancestors().map(|folder| folder.join("eql.toml"));
        let project = match above.into_iter().find(|path| path.is_file()) {
            Some(path) => Project::read(&path)?,
            None => Project::default(),
        };
        Ok(self.remember(folder, &Arc::new(project)))
    }

    fn known(&self, folder: &Path) -> Option<Arc<Project>> {
        self.projects.lock().ok()?.get(folder).cloned()
    }

    /// Another thread may have been faster; then its value is the one that stays.
    fn remember(&self, folder: PathBuf, project: &Arc<Project>) -> Arc<Project> {
        match self.projects.lock() {
            Ok(mut known) => known.entry(folder).or_insert_with(|| Arc::clone(project)).clone(),
            Err(_) => Arc::clone(project),
        }
    }
}

fn settings<'a>(source: &'a Source, lints: &'a Lints) -> Settings<'a> {
    let attack = source.project.config.attack;
    Settings { schema: &source.project.schema, lints, attack }
}

fn whole(source: &Source) -> Span {
    Span::new(0, u32::try_from(source.text.len()).unwrap_or(u32::MAX))
}

/// Whether a file that nobody named is about rules at all.
pub(crate) fn has_rules(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Eql => true,
        Kind::Toml => text.lines().any(|line| line.trim_start().starts_with("[rule]")),
        Kind::Ndjson => {
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            ["\"query\"", "\"severity\""].iter().all(|key| first.contains(key))
        }
    }
}

fn is_not_eql(diags: &Diagnostics) -> bool {
    diags.as_slice().iter().any(|diagnostic| diagnostic.code == Code::NotEql)
}

/// A path for messages.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}
