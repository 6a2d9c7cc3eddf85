//! Elastic's documentation pages of prebuilt rules, in Markdown.
//!
//! A page has a title, the description, a list of labelled facts, perhaps the investigation guide and the setup, the query
//! between fences, and the mapping to ATT&CK as flat lists.

use std::fmt::Write as _;

use eql_grammar::diag::Diagnostics;
use eql_grammar::meta::{self, Attack, Meta};
use eql_grammar::rule_file::parse_rule_file;
use serde_json::{Map, Value};
use toml_edit::{Array, ArrayOfTables, Item, Table};

use super::rule_toml::RuleToml;
use super::{Derived, Imported, Source, kibana, layout};

/// What a label is about, and how its value is written.
enum Form {
    Text,
    Number,
    /// A text with an explanation behind it.
    Word,
    Texts,
    Links,
}

/// The labels of a page in their order, with the keys of the rule.
const LABELS: &[(&str, &str, Form)] = &[
    ("Rule type", "type", Form::Text),
    ("Rule indices", "index", Form::Texts),
    ("Severity", "severity", Form::Text),
    ("Risk score", "risk_score", Form::Number),
    ("Runs every", "interval", Form::Text),
    ("Searches indices from", "from", Form::Word),
    ("Maximum alerts per execution", "max_signals", Form::Number),
    ("References", "references", Form::Links),
    ("Tags", "tags", Form::Texts),
    ("Version", "version", Form::Number),
    ("Rule authors", "author", Form::Texts),
    ("Rule license", "license", Form::Text),
];

const GUIDE: &str = "Investigation guide";
const SETUP: &str = "Setup";
const QUERY: &str = "Rule query";

/// How pages write the name of the framework.
const FRAMEWORK: &str = "MITRE ATT&CKTM";

/// What stands behind the start of the window.
const DATE_MATH: &str = "({{ref}}/common-options.html#date-math[Date Math format], see also [`Additional look-back \
    time`](docs-content://solutions/security/detect-and-alert/create-detection-rule.md#rule-schedule))";

/// Whether a page says something of a key, or says by its silence that there is nothing.
pub(super) fn speaks_of(key: &str) -> bool {
    LABELS.iter().any(|(_, known, _)| *known == key)
        || ["name", "description", "note", "setup", "query", "threat", "language"].contains(&key)
}

/// Reads a page.
pub(super) fn read(text: &str) -> Result<Imported, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut reader = Reader {
        lines: text.split('\n').collect(),
        at: 0,
        file: RuleToml::new(),
        notes: Vec::new(),
    };
    reader.front_matter();
    let name = reader.title()?;
    reader.description()?;
    reader.facts()?;
    reader.sections()?;
    reader.framework()?;
    let Reader { mut file, notes, .. } = reader;
    let mut derived = Vec::new();
    let rule = file.make("rule")?;
    rule.insert("name", toml_edit::value(name.as_str()));
    rule.insert("language", toml_edit::value("eql"));
    derived.push(super::derive_id(rule, &name));
    let integration = integrations(rule);
    let metadata = file.make("metadata")?;
    if !integration.is_empty() {
        metadata.insert("integration", toml_edit::value(integration.iter().collect::<Array>()));
        let note =
            format!("`integration` is derived from the index patterns: {}", integration.join(", "));
        derived.push(Derived { table: "metadata", key: "integration", note });
    }
    metadata.insert("maturity", toml_edit::value("production"));
    let note = "`maturity` is `production`: such pages are of rules that Elastic ships".to_owned();
    derived.push(Derived { table: "metadata", key: "maturity", note });
    Ok(Imported { name, notes, file, source: Source::Page, derived, lost: Vec::new() })
}

/// The packages whose data streams are named: `endpoint` for `logs-endpoint.events.*`.
fn integrations(rule: &Table) -> Vec<String> {
    let patterns = rule.get("index").and_then(Item::as_array);
    let mut packages: Vec<String> = Vec::new();
    for pattern in patterns.into_iter().flatten().filter_map(|pattern| pattern.as_str()) {
        let package =
            pattern.strip_prefix("logs-").and_then(|rest| rest.split(['.', '-', '*']).next());
        if let Some(package) = package.filter(|package| !package.is_empty())
            && !packages.iter().any(|known| known == package)
        {
            packages.push(package.to_owned());
        }
    }
    packages
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    at: usize,
    file: RuleToml,
    notes: Vec<String>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let line = self.peek()?;
        self.at += 1;
        Some(line)
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|line| line.trim().is_empty()) {
            self.at += 1;
        }
    }

    fn rule(&mut self) -> Result<&mut Table, String> {
        self.file.make("rule")
    }

    /// Says of the line that was just read that nothing became of it.
    fn passed_over(&mut self, line: &str) {
        self.notes.push(format!("line {} is passed over: `{}`", self.at, line.trim()));
    }

    /// What the site that shows the page needs.
    fn front_matter(&mut self) {
        self.blanks();
        if self.peek() != Some("---")
            || !self.lines.iter().skip(self.at + 1).any(|line| *line == "---")
        {
            return;
        }
        self.at += 1;
        let mut keys = Vec::new();
        while let Some(line) = self.next().filter(|line| *line != "---") {
            if let Some((key, _)) = line.split_once(':')
                && !line.starts_with([' ', '-', '#'])
            {
                keys.push(format!("`{key}`"));
            }
        }
        if !keys.is_empty() {
            self.notes.push(format!(
                "passed over what is of the page and not of the rule: {}",
                keys.join(", ")
            ));
        }
    }

    fn title(&mut self) -> Result<String, String> {
        self.blanks();
        let title = self.next().and_then(|line| line.strip_prefix("# "));
        let name = title.map(|title| without_anchor(title.trim())).filter(|name| !name.is_empty());
        name.map(str::to_owned).ok_or_else(|| {
            "a documentation page of a rule begins with `# ` and the rule's name".to_owned()
        })
    }

    fn description(&mut self) -> Result<(), String> {
        let text = self.text(|line| label(line).is_some() || section(line).is_some());
        let text = text.trim();
        if !text.is_empty() {
            self.rule()?.insert("description", toml_edit::value(text));
        }
        Ok(())
    }

    /// The text before the first line that ends it.
    fn text(&mut self, ends: impl Fn(&str) -> bool) -> String {
        let mut text = String::new();
        while let Some(line) = self.peek().filter(|line| !ends(line)) {
            self.at += 1;
            text.push_str(unguarded(line));
            text.push('\n');
        }
        text
    }

    fn facts(&mut self) -> Result<(), String> {
        while let Some(line) = self.peek().filter(|line| section(line).is_none()) {
            self.at += 1;
            if line.trim().is_empty() {
                continue;
            }
            let Some((name, value)) = labelled(line) else {
                self.passed_over(line);
                continue;
            };
            let Some((_, key, form)) = LABELS.iter().find(|(known, _, _)| *known == name) else {
                self.passed_over(line);
                continue;
            };
            let value = if value == "None" { "" } else { value };
            let item = match form {
                Form::Text => Some(value).filter(|text| !text.is_empty()).map(toml_edit::value),
                Form::Word => value.split_whitespace().next().map(toml_edit::value),
                Form::Number => match value.parse::<i64>() {
                    Ok(number) => Some(toml_edit::value(number)),
                    Err(_) => {
                        self.passed_over(line);
                        None
                    }
                },
                Form::Texts | Form::Links => {
                    let mut list: Vec<&str> =
                        Some(value).filter(|text| !text.is_empty()).into_iter().collect();
                    list.extend(self.items());
                    if matches!(form, Form::Links) {
                        list.iter_mut().for_each(|item| *item = link(item));
                    }
                    Some(list)
                        .filter(|list| !list.is_empty())
                        .map(|list| toml_edit::value(list.into_iter().collect::<Array>()))
                }
            };
            if self.rule()?.contains_key(key) {
                self.passed_over(line);
            } else if let Some(item) = item {
                self.rule()?.insert(key, item);
            }
        }
        match self.rule()?.get("type").and_then(Item::as_str) {
            Some("eql") => Ok(()),
            Some(other) => Err(format!("a rule of type `{other}` is no EQL rule")),
            None => Err("the page has no line `**Rule type**: eql`".to_owned()),
        }
    }

    /// The items of a list, `* text`.
    fn items(&mut self) -> Vec<&'a str> {
        let mut items = Vec::new();
        loop {
            let start = self.at;
            self.blanks();
            let Some(item) = self.peek().and_then(|line| line.strip_prefix("* ")) else {
                self.at = start;
                return items;
            };
            self.at += 1;
            items.push(item.trim());
        }
    }

    /// What stands below headings, up to the query.
    fn sections(&mut self) -> Result<(), String> {
        while let Some(line) = self.next() {
            let key = match section(line) {
                Some(QUERY) => return self.query(),
                Some(GUIDE) => "note",
                _ => "setup",
            };
            let text = self.text(|line| section(line).is_some());
            let text = text.trim_end();
            let text = text.trim_start_matches('\n');
            if text.is_empty() {
                continue;
            }
            let rule = self.rule()?;
            let before = rule.get(key).and_then(Item::as_str).map(|before| format!("{before}\n"));
            rule.insert(key, toml_edit::value(format!("{}{text}\n", before.unwrap_or_default())));
        }
        Err(format!("the page has no section `## {QUERY}`"))
    }

    fn query(&mut self) -> Result<(), String> {
        self.blanks();
        let ticks = |line: &str| line.len() - line.trim_start_matches('`').len();
        let open = self.next().map_or(0, |line| ticks(line.trim_start()));
        if open < 3 {
            return Err(format!(
                "`## {QUERY}` must be followed by the query between lines of three backticks"
            ));
        }
        let mut query = String::new();
        while let Some(line) = self.next() {
            if ticks(line.trim()) == line.trim().len() && line.trim().len() >= open {
                self.rule()?.insert("query", toml_edit::value(query));
                return Ok(());
            }
            query.push_str(line);
            query.push('\n');
        }
        Err("the query has no end: a line of backticks is missing".to_owned())
    }

    /// The mapping to ATT&CK.
    fn framework(&mut self) -> Result<(), String> {
        let mut threats: Vec<ThreatLists> = Vec::new();
        let mut framework = None;
        while let Some(line) = self.next() {
            if line.trim().is_empty() {
                continue;
            }
            if let Some(("Framework", name)) = labelled(line) {
                let attack = [FRAMEWORK, "MITRE ATT&CK^TM^", "MITRE ATT&CK™"].contains(&name);
                framework = Some(if attack { eql_grammar::attack::FRAMEWORK } else { name });
                continue;
            }
            let entry = match (framework, line.trim_end()) {
                (Some(name), "* Tactic:") => {
                    threats.push(ThreatLists {
                        framework: name.to_owned(),
                        tactic: self.entry(),
                        technique: Vec::new(),
                    });
                    continue;
                }
                (Some(_), "* Technique:" | "* Sub-technique:") => self.entry(),
                _ => {
                    self.passed_over(line);
                    continue;
                }
            };
            let placed = threats
                .last_mut()
                .is_some_and(|threat| threat.place(entry, line.starts_with("* T")));
            if !placed {
                self.passed_over(line);
            }
        }
        let rule = self.rule()?;
        if !threats.is_empty() {
            let tables: ArrayOfTables = threats.into_iter().map(ThreatLists::into_table).collect();
            rule.insert("threat", Item::ArrayOfTables(tables));
        }
        Ok(())
    }

    /// `* Name: …`, `* ID: …` and `* Reference URL: …` below one of the three.
    fn entry(&mut self) -> Table {
        let mut table = Table::new();
        loop {
            let start = self.at;
            self.blanks();
            let line = self.peek().filter(|line| line.starts_with(' ')).map(str::trim);
            let member = line.and_then(|line| line.strip_prefix("* ")?.split_once(": "));
            let (key, value) = match member {
                Some(("Name", name)) => ("name", name.trim()),
                Some(("ID", id)) => ("id", id.trim()),
                Some(("Reference URL", url)) => ("reference", link(url.trim())),
                _ => {
                    self.at = start;
                    return table;
                }
            };
            self.at += 1;
            table.insert(key, toml_edit::value(value));
        }
    }
}

/// An element of `threat`, while its lists are read.
struct ThreatLists {
    framework: String,
    tactic: Table,
    technique: Vec<(Table, Vec<Table>)>,
}

impl ThreatLists {
    /// Puts a technique, or a sub-technique below its own one. `false` where there is none to put it below.
    fn place(&mut self, entry: Table, technique: bool) -> bool {
        if technique {
            self.technique.push((entry, Vec::new()));
            return true;
        }
        let id =
            |table: &Table| table.get("id").and_then(Item::as_str).unwrap_or_default().to_owned();
        let parent = id(&entry).split('.').next().unwrap_or_default().to_owned();
        let own = self.technique.iter().rposition(|(technique, _)| id(technique) == parent);
        let at = own.or(self.technique.len().checked_sub(1));
        let Some((_, below)) = at.and_then(|at| self.technique.get_mut(at)) else { return false };
        below.push(entry);
        true
    }

    fn into_table(self) -> Table {
        let mut threat = Table::new();
        threat.insert("framework", toml_edit::value(self.framework));
        threat.insert("tactic", Item::Table(self.tactic));
        let techniques = self.technique.into_iter().map(|(mut technique, below)| {
            if !below.is_empty() {
                technique.insert("subtechnique", Item::ArrayOfTables(below.into_iter().collect()));
            }
            technique
        });
        let techniques: ArrayOfTables = techniques.collect();
        if !techniques.is_empty() {
            threat.insert("technique", Item::ArrayOfTables(techniques));
        }
        threat
    }
}

/// `**Label**: value`
fn labelled(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("**")?.split_once("**:")?;
    Some((name, value.trim()))
}

/// The label of a fact that pages have.
fn label(line: &str) -> Option<&str> {
    let (name, _) = labelled(line)?;
    LABELS.iter().any(|(known, _, _)| *known == name).then_some(name)
}

/// The heading of a section that pages have.
fn section(line: &str) -> Option<&'static str> {
    let heading = without_anchor(line.strip_prefix("## ")?.trim());
    [GUIDE, SETUP, QUERY].into_iter().find(|known| *known == heading)
}

/// A heading without the name that links have for it: `Setup [_setup_4]`.
fn without_anchor(heading: &str) -> &str {
    let plain = |anchor: &str| {
        !anchor.is_empty()
            && anchor.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    match heading.strip_suffix(']').and_then(|rest| rest.rsplit_once(" [")) {
        Some((text, anchor)) if plain(anchor) => text.trim_end(),
        _ => heading,
    }
}

/// The address of `[address](address)`. The site changes some of the second ones, so the first one counts.
fn link(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(')')) else {
        return text;
    };
    let half = inner.len().saturating_sub(2) / 2;
    match (inner.get(..half), inner.get(half..)) {
        (Some(first), Some(rest)) if rest.strip_prefix("](") == Some(first) => first,
        _ => inner.split_once("](").map_or(text, |(first, _)| first),
    }
}

/// Whether a line of a text, but for backslashes before it, would be taken for a part of the page.
fn looks_like_part(line: &str) -> bool {
    let bare = line.trim_start_matches('\\');
    section(bare).is_some() || label(bare).is_some()
}

fn unguarded(line: &str) -> &str {
    line.strip_prefix('\\').filter(|_| looks_like_part(line)).unwrap_or(line)
}

/// A rule as a page.
#[derive(Debug)]
pub struct Page {
    /// The Markdown.
    pub text: String,
    /// The keys of the rule of which the page says nothing, or less.
    pub left_out: Vec<String>,
}

/// Writes the page of a rule; `query` is the text of its query.
///
/// # Errors
/// In words, where the page could not be read again.
pub fn write(meta: &Meta, query: &str) -> Result<Page, String> {
    let text = page(meta, query);
    let back = read(&text)?.checked()?.text();
    let file = parse_rule_file(&back).map_err(|diags| super::said(&diags))?;
    let read = meta::build(&file.raw, file.source(), &mut Diagnostics::new());
    let facts = |meta: &Meta, query: &str| {
        let mut facts = kibana::facts(meta, query, Vec::new());
        for text in ["note", "setup"] {
            if let Some(Value::String(text)) = facts.get_mut(text) {
                *text = text.trim().to_owned();
            }
        }
        facts
    };
    let left_out = different(&facts(meta, query), &facts(&read, &file.query.text));
    Ok(Page { text, left_out })
}

/// The keys whose values are not the same.
fn different(one: &Map<String, Value>, other: &Map<String, Value>) -> Vec<String> {
    let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).cloned().collect()
}

fn page(meta: &Meta, query: &str) -> String {
    let anchor: String = super::file_stem(&meta.name).chars().filter(char::is_ascii).collect();
    let anchor = if anchor.is_empty() { "rule".to_owned() } else { anchor.replace('_', "-") };
    let mut out = format!("# {} [{anchor}]\n", one_line(&meta.name));
    body(&mut out, meta.description.as_deref().unwrap_or(&meta.name));
    let facts = kibana::facts(meta, query, Vec::new());
    for (label, key, form) in LABELS {
        let value = facts.get(*key);
        let _ = write!(out, "\n**{label}**:");
        let text = match value {
            Some(Value::String(text)) => one_line(text),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Array(items)) => {
                out.push_str("\n\n");
                for item in items.iter().filter_map(Value::as_str).map(one_line) {
                    let item = if matches!(form, Form::Links) {
                        format!("[{item}]({item})")
                    } else {
                        item
                    };
                    let _ = writeln!(out, "* {item}");
                }
                continue;
            }
            _ => "None".to_owned(),
        };
        let behind =
            if matches!(form, Form::Word) { format!(" {DATE_MATH}") } else { String::new() };
        let _ = writeln!(out, " {text}{behind}");
    }
    for (heading, anchor, text) in
        [(GUIDE, "_investigation_guide", &meta.note), (SETUP, "_setup", &meta.setup)]
    {
        if !text.trim().is_empty() {
            let _ = writeln!(out, "\n## {heading} [{anchor}]");
            body(&mut out, text);
        }
    }
    let run = query.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(3.max(run + 1));
    let _ =
        write!(out, "\n## {QUERY} [_rule_query]\n\n{fence}js\n{}{fence}\n", layout::ended(query));
    let mut framework = None;
    for threat in &meta.threat {
        if framework != Some(&threat.framework) {
            let attack = threat.framework == eql_grammar::attack::FRAMEWORK;
            let name = if attack { FRAMEWORK.to_owned() } else { one_line(&threat.framework) };
            let _ = writeln!(out, "\n**Framework**: {name}");
            framework = Some(&threat.framework);
        }
        entry(&mut out, "Tactic", &threat.tactic);
        for technique in &threat.technique {
            entry(&mut out, "Technique", &technique.technique);
            technique.subtechnique.iter().for_each(|below| entry(&mut out, "Sub-technique", below));
        }
    }
    out
}

fn entry(out: &mut String, kind: &str, attack: &Attack) {
    let (name, id, url) =
        (one_line(&attack.name), one_line(&attack.id), one_line(&attack.reference));
    let _ = write!(
        out,
        "\n* {kind}:\n\n    * Name: {name}\n    * ID: {id}\n    * Reference URL: [{url}]({url})\n"
    );
}

/// A text of many lines, none of which is taken for a part of the page.
fn body(out: &mut String, text: &str) {
    let text = text.trim_end().trim_start_matches('\n');
    if text.is_empty() {
        return;
    }
    out.push('\n');
    for line in text.split('\n') {
        if looks_like_part(line) {
            out.push('\\');
        }
        out.push_str(line);
        out.push('\n');
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ").trim().to_owned()
}
