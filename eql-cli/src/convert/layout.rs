//! The one layout of rule files.
//!
//! `[metadata]`, `[transform]`, `[rule]`, and the rest by name; in a table keys by name, then the query, then the tables
//! in it. A list is on one line where that is not longer than 120 columns. Comments stay with what they stand before or
//! behind, and so do strings of many lines, which are text that someone set.

use toml_edit::{Array, Item, Key, Table, Value};

use super::rule_toml::RuleToml;

const WIDTH: usize = 120;

/// The text of a rule file.
pub(super) fn text(file: &RuleToml) -> String {
    let mut out = Writer { out: String::new() };
    out.comments(&file.header, true);
    out.table(&[], file.document.as_table(), "");
    let trailing = comments(raw(file.document.trailing()));
    if !trailing.is_empty() {
        out.gap();
        trailing.iter().for_each(|comment| out.line(comment));
    }
    out.out
}

/// A query as it stands in a file: it ends with the end of a line.
pub(super) fn ended(query: &str) -> String {
    if query.ends_with('\n') { query.to_owned() } else { format!("{query}\n") }
}

struct Writer {
    out: String,
}

/// A key, dotted or not, and its value.
type Leaf<'a> = (Vec<&'a Key>, &'a Value);
/// A table with a header of its own, below the table that it was found in.
type Below<'a> = (Vec<&'a Key>, &'a Item);

impl Writer {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// A blank line, except at the start.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// The comments before something. Blank lines between them stay where `blanks` says so.
    fn comments(&mut self, raw: &str, blanks: bool) {
        let mut any = false;
        // What follows the last line end is the indentation of what comes.
        let lines = raw.rsplit_once('\n').map_or("", |(lines, _)| lines);
        for line in lines.split('\n').map(str::trim) {
            if line.starts_with('#') {
                self.line(line);
                any = true;
            } else if any && blanks {
                self.gap();
            }
        }
    }

    fn header(&mut self, path: &[String], table: &Table, brackets: (&str, &str)) {
        self.gap();
        self.comments(decor(table.decor().prefix()), true);
        let behind = trailing(decor(table.decor().suffix()));
        self.line(&format!("{}{}{}{behind}", brackets.0, path.join("."), brackets.1));
    }

    fn table(&mut self, path: &[String], table: &Table, name: &str) {
        let (mut leaves, mut below) = (Vec::new(), Vec::new());
        collect(&mut Vec::new(), table, &mut leaves, &mut below);
        let of_rule = name == "rule";
        let is_query =
            |leaf: &Leaf<'_>| of_rule && matches!(leaf.0.as_slice(), [key] if key.get() == "query");
        leaves.sort_by_cached_key(|leaf| (is_query(leaf), names(&leaf.0)));
        below.sort_by_cached_key(|(keys, _)| (rank(name, keys), names(keys)));
        for (index, leaf) in leaves.iter().enumerate() {
            let query = is_query(leaf);
            if query && index > 0 {
                self.gap();
            }
            self.leaf(leaf, query);
        }
        for (keys, item) in below {
            let path: Vec<String> = path.iter().cloned().chain(written(&keys)).collect();
            let name = path.join(".");
            match item {
                Item::Table(table) => {
                    let empty = table
                        .iter()
                        .all(|(_, item)| matches!(item, Item::Table(_) | Item::ArrayOfTables(_)));
                    if !table.is_implicit() || !empty {
                        self.header(&path, table, ("[", "]"));
                    }
                    self.table(&path, table, &name);
                }
                Item::ArrayOfTables(tables) => {
                    for table in tables {
                        self.header(&path, table, ("[[", "]]"));
                        self.table(&path, table, &name);
                    }
                }
                Item::None | Item::Value(_) => {}
            }
        }
    }

    fn leaf(&mut self, (keys, value): &Leaf<'_>, query: bool) {
        let Some(key) = keys.last() else { return };
        self.comments(decor(key.leaf_decor().prefix()), false);
        let start = format!("{} = ", written(keys).collect::<Vec<_>>().join("."));
        let text = match value {
            Value::String(text) if query && !is_multiline(text.as_repr()) => {
                lines(&ended(text.value()))
            }
            other => self::value(other, columns(&start), 0),
        };
        let behind = trailing(decor(value.decor().suffix()));
        self.line(&format!("{start}{text}{behind}"));
    }
}

/// The values of a table and of the dotted tables in it, and the tables with a header.
fn collect<'a>(
    path: &mut Vec<&'a Key>,
    table: &'a Table,
    leaves: &mut Vec<Leaf<'a>>,
    below: &mut Vec<Below<'a>>,
) {
    for (name, item) in table {
        let Some(key) = table.key(name) else { continue };
        path.push(key);
        match item {
            Item::Value(value) => leaves.push((path.clone(), value)),
            Item::Table(table) if table.is_dotted() => collect(path, table, leaves, below),
            Item::Table(_) | Item::ArrayOfTables(_) => below.push((path.clone(), item)),
            Item::None => {}
        }
        path.pop();
    }
}

fn names(keys: &[&Key]) -> Vec<String> {
    keys.iter().map(|key| key.get().to_owned()).collect()
}

/// Keys as they are written, in quotes only where they need them.
fn written(keys: &[&Key]) -> impl Iterator<Item = String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    keys.iter().map(move |key| match key.get() {
        name if !name.is_empty() && name.chars().all(plain) => name.to_owned(),
        name => string(name),
    })
}

/// Tables that do not stand by name.
fn rank(table: &str, keys: &[&Key]) -> usize {
    let first: &[&str] = match table {
        "" => &["metadata", "transform", "rule"],
        "rule" => &["threat"],
        _ => &[],
    };
    let name = keys.first().map_or("", |key| key.get());
    first.iter().position(|known| *known == name).unwrap_or(first.len())
}

/// A value that starts in this column, on a line with this indentation.
fn value(value: &Value, column: usize, indent: usize) -> String {
    match value {
        Value::String(text) => match text.as_repr().and_then(|repr| repr.as_raw().as_str()) {
            Some(repr) if is_multiline(text.as_repr()) => repr.to_owned(),
            _ if text.value().contains('\n') => lines(text.value()),
            _ => string(text.value()),
        },
        Value::Integer(number) => number.display_repr().trim().to_owned(),
        Value::Float(number) => number.display_repr().trim().to_owned(),
        Value::Boolean(flag) => flag.value().to_string(),
        Value::Datetime(time) => time.display_repr().trim().to_owned(),
        Value::Array(items) => array(items, column, indent),
        Value::InlineTable(table) => {
            let members = table.get_values();
            let parts = members.iter().map(|(keys, value)| {
                let keys = written(keys).collect::<Vec<_>>().join(".");
                format!("{keys} = {}", self::value(value, 0, indent))
            });
            let line = parts.collect::<Vec<_>>().join(", ");
            // Comments, and values of many lines, stand as they were set. What stands around the table is not its own.
            let set = value.clone().decorated("", "").to_string();
            if line.contains('\n') || !super::rule_toml::comments(&format!("a = {set}")).is_empty()
            {
                return set;
            }
            if line.is_empty() { "{}".to_owned() } else { format!("{{ {line} }}") }
        }
    }
}

fn array(items: &Array, column: usize, indent: usize) -> String {
    #[derive(Default)]
    struct Element {
        before: Vec<String>,
        text: String,
        behind: Option<String>,
    }
    let inner = indent + 4;
    let mut elements: Vec<Element> = Vec::new();
    let mut waiting: Vec<String> = Vec::new();
    // A comment on the line of an element that is done belongs behind it, any other one before the next element.
    let place = |raw: &str, elements: &mut Vec<Element>, waiting: &mut Vec<String>| {
        let (same, _) = raw.split_once('\n').unwrap_or((raw, ""));
        for (index, comment) in comments(raw).into_iter().enumerate() {
            match elements.last_mut() {
                Some(last) if index == 0 && same.contains('#') && last.behind.is_none() => {
                    last.behind = Some(comment);
                }
                _ => waiting.push(comment),
            }
        }
    };
    for item in items {
        place(decor(item.decor().prefix()), &mut elements, &mut waiting);
        let text = value(item, inner, inner);
        elements.push(Element { before: std::mem::take(&mut waiting), text, behind: None });
        place(decor(item.decor().suffix()), &mut elements, &mut waiting);
    }
    place(raw(items.trailing()), &mut elements, &mut waiting);
    let line = elements.iter().map(|element| element.text.as_str()).collect::<Vec<_>>().join(", ");
    let commented = !waiting.is_empty()
        || elements.iter().any(|element| element.behind.is_some() || !element.before.is_empty());
    if elements.is_empty() && !commented {
        return "[]".to_owned();
    }
    if !commented && !line.contains('\n') && column + columns(&line) + 2 <= WIDTH {
        return format!("[{line}]");
    }
    let space = " ".repeat(inner);
    let mut out = "[\n".to_owned();
    for element in elements {
        for comment in element.before {
            out.push_str(&format!("{space}{comment}\n"));
        }
        let behind = element.behind.map(|comment| format!(" {comment}")).unwrap_or_default();
        out.push_str(&format!("{space}{},{behind}\n", element.text));
    }
    for comment in waiting {
        out.push_str(&format!("{space}{comment}\n"));
    }
    out.push_str(&" ".repeat(indent));
    out.push(']');
    out
}

/// A string on one line.
fn string(text: &str) -> String {
    let control = |c: char| c.is_control();
    if text.contains(['\\', '"']) && !text.contains('\'') && !text.contains(control) {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    text.chars().for_each(|c| escape(&mut out, c));
    out.push('"');
    out
}

/// A string on many lines.
fn lines(text: &str) -> String {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains("'''") && !text.ends_with('\'') && !text.contains(control) {
        return format!("'''\n{text}'''");
    }
    let mut out = "\"\"\"\n".to_owned();
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c => escape(&mut out, c),
        }
    }
    out.push_str("\"\"\"");
    out
}

fn escape(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
        c => out.push(c),
    }
}

fn is_multiline(repr: Option<&toml_edit::Repr>) -> bool {
    let repr = repr.and_then(|repr| repr.as_raw().as_str());
    repr.is_some_and(|repr| repr.starts_with("\"\"\"") || repr.starts_with("'''"))
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

/// The comments in what stands between two things.
fn comments(raw: &str) -> Vec<String> {
    let lines = raw.lines().map(str::trim);
    lines.filter(|line| line.starts_with('#')).map(str::to_owned).collect()
}

/// A comment behind something on its line.
fn trailing(raw: &str) -> String {
    comments(raw).first().map(|comment| format!(" {comment}")).unwrap_or_default()
}

fn raw(text: &toml_edit::RawString) -> &str {
    text.as_str().unwrap_or_default()
}

fn decor(text: Option<&toml_edit::RawString>) -> &str {
    text.map(raw).unwrap_or_default()
}
