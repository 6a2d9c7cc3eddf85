//! Rule files in TOML, with their comments.

use eql_grammar::meta::Severity;
use eql_grammar::rule_file::{Format, parse_rule_file};
use toml_edit::{DocumentMut, Item, Table};

use super::{Derived, Imported, Source};

/// A rule file that can be changed and written again.
#[derive(Clone, Debug)]
pub(super) struct RuleToml {
    /// The comments at the start that a blank line parts from the rest, such as a licence.
    pub(super) header: String,
    pub(super) document: DocumentMut,
}

impl RuleToml {
    pub(super) fn new() -> Self {
        Self { header: String::new(), document: DocumentMut::new() }
    }

    /// Reads a text that has a table `[rule]`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (header, rest) = split_header(text);
        let document: DocumentMut = rest.parse().map_err(|error: toml_edit::TomlError| {
            format!("this is not TOML: {}", error.message())
        })?;
        let file = Self { header: header.to_owned(), document };
        if file.table("rule").is_none() {
            return Err("`rule` must be a table with a header, `[rule]`".to_owned());
        }
        Ok(file)
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.document.get(name)?.as_table()
    }

    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.document.get_mut(name)?.as_table_mut()
    }

    /// The table of this name, a new one where there is none.
    pub(super) fn make(&mut self, name: &str) -> Result<&mut Table, String> {
        let item = self.document.entry(name).or_insert_with(|| Item::Table(Table::new()));
        item.as_table_mut()
            .ok_or_else(|| format!("`{name}` must be a table with a header, `[{name}]`"))
    }
}

/// The leading comments up to the last blank line before anything else.
fn split_header(text: &str) -> (&str, &str) {
    let (mut at, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        match line.trim() {
            "" => end = at + line.len(),
            comment if comment.starts_with('#') => {}
            _ => break,
        }
        at += line.len();
    }
    text.split_at(end)
}

/// Every comment of a TOML text, sorted: some change their places with what they belong to.
pub(super) fn comments(text: &str) -> Vec<&str> {
    let tokens = toml_parser::Source::new(text).lex();
    let comments = tokens.filter(|token| token.kind() == toml_parser::lexer::TokenKind::Comment);
    let comments = comments.filter_map(|token| text.get(token.span().start()..token.span().end()));
    let mut comments: Vec<&str> = comments.map(str::trim_end).collect();
    comments.sort_unstable();
    comments
}

/// Reads a rule file. One of Elastic Defend's becomes one in the detection-rules format.
pub(super) fn read(text: &str) -> Result<Imported, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = parse_rule_file(text).map_err(|diags| super::said(&diags))?;
    let mut file = RuleToml::parse(text)?;
    let (mut notes, mut derived) = (Vec::new(), Vec::new());
    if read.format == Format::Endpoint {
        endpoint(&mut file, &mut derived)?;
    }
    let rule = file.make("rule")?;
    let name = rule.get("name").and_then(Item::as_str).unwrap_or_default().to_owned();
    if !rule.contains_key("rule_id") {
        derived.push(super::derive_id(rule, &name));
    }
    for warning in read.warnings.as_slice() {
        notes.push(warning.message.clone());
    }
    let imported = Imported { name, notes, file, source: Source::Toml, derived, lost: Vec::new() };
    if comments(text) != comments(&imported.text()) {
        return Err("its comments stand where they cannot be kept".to_owned());
    }
    Ok(imported)
}

/// Moves what only Elastic Defend has a use for to `[rule.endpoint]`.
fn endpoint(file: &mut RuleToml, derived: &mut Vec<Derived>) -> Result<(), String> {
    let mut kept = Table::new();
    let outside: Vec<String> = file.document.iter().map(|(key, _)| key.to_owned()).collect();
    let mut threat = None;
    for key in outside {
        match key.as_str() {
            "rule" | "metadata" | "transform" | "eql" => {}
            _ => {
                if let Some((key, item)) = file.document.remove_entry(&key) {
                    if key.get() == "threat" {
                        threat = Some((key, item));
                    } else {
                        kept.insert_formatted(&key, item);
                    }
                }
            }
        }
    }
    let rule = file.make("rule")?;
    let both = [
        ("id", "rule_id", rule.contains_key("id")),
        ("threat", "rule.threat", threat.is_some() && rule.contains_key("threat")),
        ("os_list", "rule.endpoint", rule.contains_key("endpoint")),
    ];
    let taken = |key: &str| key.starts_with("rule.") || rule.contains_key(key);
    if let Some((one, other, _)) = both.iter().find(|(_, other, given)| *given && taken(other)) {
        return Err(format!("a rule of Elastic Defend cannot have both `{one}` and `{other}`"));
    }
    let keys: Vec<String> = rule.iter().map(|(key, _)| key.to_owned()).collect();
    for key in keys {
        match key.as_str() {
            "id" => {
                if let Some((old, item)) = rule.remove_entry("id") {
                    let new =
                        toml_edit::Key::new("rule_id").with_leaf_decor(old.leaf_decor().clone());
                    rule.insert_formatted(&new, item);
                }
            }
            // A version of Elastic Defend's is `1.0.5`, where Kibana's is a number.
            "os_list"
            | "version"
            | "reputation"
            | "min_endpoint_version"
            | "max_endpoint_version" => {
                move_to(rule, &key, &mut kept);
            }
            _ if eql_grammar::meta::key(&key).is_some() => {}
            _ => move_to(rule, &key, &mut kept),
        }
    }
    if let Some((key, item)) = threat {
        rule.insert_formatted(&key, item);
    }
    if !kept.is_empty() {
        rule.insert("endpoint", Item::Table(kept));
    }
    let severity = rule.get("severity").and_then(Item::as_str).and_then(Severity::from_name);
    let score = rule
        .get("risk_score")
        .and_then(Item::as_integer)
        .and_then(|score| u8::try_from(score).ok());
    if !rule.contains_key("severity") {
        let severity = score.map_or(Severity::Medium, Severity::of_risk_score).as_str();
        rule.insert("severity", toml_edit::value(severity));
        let note = format!("`severity` is `{severity}`: the rule has none");
        derived.push(Derived { table: "rule", key: "severity", note });
    }
    if !rule.contains_key("risk_score") {
        let score = severity.map_or(47, |severity| severity.risk_scores().1);
        rule.insert("risk_score", toml_edit::value(i64::from(score)));
        let note = format!("`risk_score` is {score}: the rule has none");
        derived.push(Derived { table: "rule", key: "risk_score", note });
    }
    if let Some(name) = rule.get("name").and_then(Item::as_str).map(str::to_owned)
        && !rule.contains_key("description")
    {
        rule.insert("description", toml_edit::value(name));
        let note = "`description` is the name: the rule has none".to_owned();
        derived.push(Derived { table: "rule", key: "description", note });
    }
    for (key, text) in [("type", "eql"), ("language", "eql")] {
        if !rule.contains_key(key) {
            rule.insert(key, toml_edit::value(text));
        }
    }
    let eql = file.make("eql")?;
    if !eql.contains_key("dialect") {
        eql.insert("dialect", toml_edit::value("endpoint"));
    }
    Ok(())
}

fn move_to(from: &mut Table, key: &str, to: &mut Table) {
    if let Some((key, item)) = from.remove_entry(key) {
        to.insert_formatted(&key, item);
    }
}
