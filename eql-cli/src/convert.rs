//! Rules from one format to another: Elastic's documentation pages, exports of Kibana and both TOML formats.
//!
//! Everything here is of text and values. Files and the command line are the business of the subcommands.

mod entries;
mod format;
mod kibana;
mod layout;
mod page;
mod rule_toml;

use toml_edit::{Item, Table};

pub use format::{Unformatted, format_query, format_toml};
pub use kibana::{object, summary_line};
pub use page::{Page, write as write_page};

use rule_toml::RuleToml;

/// A rule that was read from another format, in the detection-rules layout.
#[derive(Debug)]
pub struct Imported {
    /// The title of the rule.
    pub name: String,
    /// What was passed over or made up, a sentence each.
    pub notes: Vec<String>,
    file: RuleToml,
    source: Source,
    /// The keys that the source says nothing of and that were made up.
    derived: Vec<Derived>,
    /// Comments of the file that was written over, inside of what is another thing now.
    lost: Vec<String>,
}

#[derive(Debug)]
struct Derived {
    table: &'static str,
    key: &'static str,
    note: String,
}

/// What a rule was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Page,
    Kibana,
    Toml,
}

/// A line of an export of Kibana.
#[derive(Debug)]
pub enum Line {
    /// A rule.
    Rule(Box<Imported>),
    /// Something else, in words: `an exception list`.
    Other(String),
}

/// Reads Elastic's documentation page of a rule.
///
/// # Errors
/// In words, where the page has no EQL rule.
pub fn import_page(text: &str) -> Result<Imported, String> {
    page::read(text)?.checked()
}

/// Reads a line of what Kibana exports.
///
/// # Errors
/// In words, where the line is not JSON or its rule has no query.
pub fn import_kibana_line(line: &str) -> Result<Line, String> {
    match kibana::read(line)? {
        Line::Rule(imported) => Ok(Line::Rule(Box::new((*imported).checked()?))),
        other => Ok(other),
    }
}

/// Reads a rule file in one of the TOML formats.
///
/// # Errors
/// In words, where it is no rule file, or not of an EQL rule.
pub fn import_toml(text: &str) -> Result<Imported, String> {
    rule_toml::read(text)?.checked()
}

impl Imported {
    /// The rule file.
    #[must_use]
    pub fn text(&self) -> String {
        layout::text(&self.file)
    }

    /// What was made up, and what was lost of a file that was written over, a sentence each.
    pub fn remarks(&self) -> impl Iterator<Item = String> {
        let lost = self
            .lost
            .iter()
            .map(|comment| format!("the comment is gone with what it stood in: `{comment}`"));
        self.derived.iter().map(|derived| derived.note.clone()).chain(lost)
    }

    /// The rule over a file that has it already: comments stay, and so do the facts that the source does not speak of.
    /// What would be made up is taken from the file where it has it.
    ///
    /// # Errors
    /// In words, where `existing` is no rule file.
    pub fn over(mut self, existing: &str) -> Result<Self, String> {
        if self.source == Source::Toml {
            return Ok(self);
        }
        let mut file = RuleToml::parse(existing)?;
        self.derived.retain(|derived| {
            let known =
                file.table(derived.table).is_some_and(|table| table.contains_key(derived.key));
            if known && let Some(table) = self.file.table_mut(derived.table) {
                table.remove(derived.key);
            }
            !known
        });
        if let Some(rule) = file.table_mut("rule") {
            let old: Vec<String> = rule.iter().map(|(key, _)| key.to_owned()).collect();
            let new = self.file.table("rule");
            let kept = ["rule_id", "endpoint"];
            for key in old.iter().filter(|key| !kept.contains(&key.as_str())) {
                if self.source.speaks_of(key) && !new.is_some_and(|new| new.contains_key(key)) {
                    rule.remove(key);
                }
            }
        }
        for (name, item) in self.file.document.iter() {
            let Some(new) = item.as_table() else { continue };
            let old = file.document.entry(name).or_insert_with(|| Item::Table(Table::new()));
            let Some(old) = old.as_table_mut() else {
                return Err(format!("`{name}` is no table in the file that is there"));
            };
            for (key, item) in new {
                set(old, key, item);
            }
        }
        self.file = file;
        let text = self.text();
        let mut left = rule_toml::comments(&text);
        for comment in rule_toml::comments(existing) {
            match left.iter().position(|known| *known == comment) {
                Some(at) => drop(left.swap_remove(at)),
                None => self.lost.push(comment.to_owned()),
            }
        }
        self.checked()
    }

    /// What was read must be a rule file, with the query that was read.
    fn checked(self) -> Result<Self, String> {
        let query = |text: &str| {
            let file = eql_grammar::rule_file::parse_rule_file(text);
            file.map(|file| file.query.text).map_err(|diags| said(&diags))
        };
        let written = query(&self.text())?;
        let meant = self.file.table("rule").and_then(|rule| rule.get("query")?.as_str());
        if meant.map(layout::ended) == Some(written) {
            Ok(self)
        } else {
            Err("the query cannot be written as TOML".to_owned())
        }
    }
}

impl Source {
    /// Whether a rule without the key says that there is nothing.
    fn speaks_of(self, key: &str) -> bool {
        match self {
            Self::Page => page::speaks_of(key),
            Self::Kibana | Self::Toml => true,
        }
    }
}

/// Puts a value where it is not already; the comments of the key stay.
fn set(table: &mut Table, key: &str, item: &Item) {
    match table.get_mut(key) {
        Some(old) if entries::json(old) == entries::json(item) => {}
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            let mut item = item.clone();
            if let Item::Value(new) = &mut item {
                *new.decor_mut() = decor;
            }
            table.insert(key, item);
        }
        _ => {
            table.insert(key, item.clone());
        }
    }
}

/// The first error in words, for formats without a place to point at.
fn said(diags: &eql_grammar::diag::Diagnostics) -> String {
    let first = diags.as_slice().first();
    first.map_or_else(|| "this is no rule".to_owned(), |first| first.message.clone())
}

/// The names of the tables of a rule file that have something in them.
///
/// # Errors
/// In words, where the text is no rule file.
pub fn tables(text: &str) -> Result<Vec<String>, String> {
    let file = RuleToml::parse(text)?;
    let filled = |item: &Item| item.as_table_like().is_some_and(|table| !table.is_empty());
    Ok(file
        .document
        .iter()
        .filter(|(_, item)| filled(item))
        .map(|(name, _)| name.to_owned())
        .collect())
}

/// The name of a file for a rule: its title in lower case, words apart by `_`.
#[must_use]
pub fn file_stem(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut stem = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if stem.len() >= LONGEST {
            break;
        }
        if c.is_alphanumeric() {
            stem.push(c);
        } else if !stem.is_empty() && !stem.ends_with('_') {
            stem.push('_');
        }
    }
    let stem = stem.trim_end_matches('_');
    if stem.is_empty() { "rule".to_owned() } else { stem.to_owned() }
}

/// Gives a rule without an id the one that the compiler derives.
fn derive_id(rule: &mut Table, name: &str) -> Derived {
    rule.insert("rule_id", toml_edit::value(eql_grammar::meta::derived_id(name)));
    let note = "`rule_id` is derived from the name: there is none to read".to_owned();
    Derived { table: "rule", key: "rule_id", note }
}
