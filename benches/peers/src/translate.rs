//! EQL event rules in the languages of the peers.
//!
//! A Sigma rule and a rule of tau-engine have the same frame: named selections, each a mapping whose members must
//! all hold or a list of such mappings, and a condition over their names. They differ in how a mapping says what a
//! value must be. Neither knows sequences, functions on values, or fields of other events; a rule that needs one of
//! those stays out, with the reason.

use std::collections::BTreeSet;

use eql_grammar::ast::CompareOp;
use eql_grammar::hir::{Body, Cond, Const, EventQuery, Field, Query, Root, StringTest, Test};
use eql_grammar::schema::Type;
use eql_grammar::wildcard::{Wildcard, WildcardKind};
use serde_json::{Map, Value, json};

/// Whose language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Sigma, with modifiers where a value has them, since engines compile `|startswith` better than a wildcard.
    Sigma,
    /// tau-engine's own.
    Tau,
}

/// Which tests of the rule the caller makes itself, before it hands an event to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// `event.category`
    Category,
    /// `event.category`, and `host.os.type` and `event.type` where the whole rule asks for a single value.
    Logsource,
}

/// A rule in another language.
#[derive(Clone, Debug, PartialEq)]
pub struct Translated {
    /// The category that the caller tests; `None` for `any`.
    pub category: Option<String>,
    /// The value of `host.os.type` that the caller tests.
    pub os: Option<String>,
    /// The value of `event.type` that the caller tests.
    pub kind: Option<String>,
    /// The selections and the `condition`.
    pub detection: Value,
}

/// Why a rule has no translation.
pub type Reason = &'static str;

/// Translates the event query of a rule.
///
/// # Errors
///
/// What of the rule the language has no words for.
pub fn translate(
    query: &Query,
    language: Language,
    routing: Routing,
) -> Result<Translated, Reason> {
    let Body::Event(event) = &query.body else { return Err("sequence or sample") };
    if !query.pipes.is_empty() {
        return Err("pipe");
    }
    let mut writer = Writer { language, fields: &query.fields, selections: Map::new() };
    let category = category(event, &query.fields)?;
    let mut conds = conjuncts(&event.condition);
    let (mut os, mut kind) = (None, None);
    if routing == Routing::Logsource {
        os = writer.take(&mut conds, "host.os.type");
        kind = writer.take(&mut conds, "event.type");
    }
    let condition = match conds.as_slice() {
        // An engine wants a selection: the category once more.
        [] => match &category {
            Some(category) => writer.select(vec![single("event.category", json!(category))]),
            None => return Err("no condition"),
        },
        conds => writer.all(conds)?,
    };
    let mut detection = writer.selections;
    detection.insert("condition".to_owned(), Value::String(condition));
    Ok(Translated { category, os, kind, detection: Value::Object(detection) })
}

impl Translated {
    /// The rule as Sigma; JSON, which is YAML too.
    pub fn sigma(&self, id: &str) -> String {
        let mut source = Map::new();
        for (key, value) in
            [("category", &self.category), ("product", &self.os), ("service", &self.kind)]
        {
            if let Some(value) = value {
                source.insert(key.to_owned(), json!(value));
            }
        }
        json!({ "title": id, "id": id, "logsource": source, "detection": self.detection })
            .to_string()
    }

    /// The rule as tau-engine reads it.
    pub fn tau(&self) -> String {
        json!({ "detection": self.detection, "true_positives": [], "true_negatives": [] })
            .to_string()
    }
}

fn category(event: &EventQuery, fields: &[Field]) -> Result<Option<String>, Reason> {
    match &event.category {
        None => Ok(None),
        Some((field, name)) if fields[field.0].path == "event.category" => Ok(Some(name.clone())),
        Some(_) => Err("event_category_override"),
    }
}

fn conjuncts(cond: &Cond) -> Vec<&Cond> {
    match cond {
        Cond::And(list) => list.iter().collect(),
        Cond::Const(true) => Vec::new(),
        cond => vec![cond],
    }
}

type Mapping = Map<String, Value>;

fn single(key: &str, value: Value) -> Mapping {
    Map::from_iter([(key.to_owned(), value)])
}

struct Writer<'a> {
    language: Language,
    fields: &'a [Field],
    selections: Map<String, Value>,
}

impl Writer<'_> {
    /// Removes the test that a field has one value, and gives the value.
    fn take(&self, conds: &mut Vec<&Cond>, path: &str) -> Option<String> {
        let found = conds.iter().position(|cond| match cond {
            Cond::Test(field, Test::Strings(test)) => {
                self.fields[field.0].path == path
                    && test.exact.len() == 1
                    && test.globs.is_empty()
                    && test.regex.is_none()
            }
            _ => false,
        })?;
        match conds.remove(found) {
            Cond::Test(_, Test::Strings(test)) => test.exact.first().cloned(),
            _ => None,
        }
    }

    /// A new selection, and its name.
    fn select(&mut self, mut alternatives: Vec<Mapping>) -> String {
        let name = format!("s{}", self.selections.len());
        let value = if alternatives.len() == 1 {
            Value::Object(alternatives.remove(0))
        } else {
            Value::Array(alternatives.into_iter().map(Value::Object).collect())
        };
        self.selections.insert(name.clone(), value);
        name
    }

    fn cond(&mut self, cond: &Cond) -> Result<String, Reason> {
        if let Some(alternatives) = self.alternatives(cond)? {
            return Ok(self.select(alternatives));
        }
        match cond {
            Cond::And(list) => self.all(&list.iter().collect::<Vec<_>>()),
            Cond::Or(list) => {
                let parts =
                    list.iter().map(|cond| self.cond(cond)).collect::<Result<Vec<_>, _>>()?;
                Ok(format!("({})", parts.join(" or ")))
            }
            Cond::Not(inner) => {
                if self.language == Language::Tau && matches!(**inner, Cond::Exists(_)) {
                    return Err("absent field");
                }
                Ok(format!("not {}", self.cond(inner)?))
            }
            Cond::Const(_) => Err("constant"),
            Cond::Exists(_) | Cond::Test(..) => unreachable!("a leaf is a selection"),
            Cond::Expr(_) => Err("function or fields compared"),
            Cond::ArraySearch(_) => Err("_arraysearch"),
            Cond::DescendantOf(_) => Err("descendant of"),
        }
    }

    /// All of these: mappings go together in one selection where their keys allow it.
    fn all(&mut self, conds: &[&Cond]) -> Result<String, Reason> {
        let mut together = Mapping::new();
        let mut rest = Vec::new();
        for cond in conds {
            match self.alternatives(cond)? {
                Some(mut one) if one.len() == 1 && fits(&together, &one[0]) => {
                    together.append(&mut one[0]);
                }
                _ => rest.push(*cond),
            }
        }
        let mut parts = Vec::new();
        if !together.is_empty() {
            parts.push(self.select(vec![together]));
        }
        for cond in rest {
            parts.push(self.cond(cond)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { format!("({})", parts.join(" and ")) })
    }

    /// The condition as one selection: a list of mappings, any of which must hold. `None` where it is not one.
    fn alternatives(&self, cond: &Cond) -> Result<Option<Vec<Mapping>>, Reason> {
        match cond {
            Cond::Exists(field) => {
                let field = self.field(*field)?;
                self.exists(field).map(|mapping| Some(vec![mapping]))
            }
            Cond::Test(field, test) => {
                let field = self.field(*field)?;
                let found = match self.language {
                    Language::Sigma => sigma(field, test),
                    Language::Tau => tau(field, test).map(|mapping| vec![mapping]),
                };
                found.map(Some)
            }
            Cond::Or(list) => {
                let mut any = Vec::new();
                for cond in list {
                    match self.alternatives(cond)? {
                        Some(alternatives) => any.extend(alternatives),
                        None => return Ok(None),
                    }
                }
                Ok(Some(any))
            }
            Cond::And(list) => {
                let mut all = Mapping::new();
                for cond in list {
                    match self.alternatives(cond)? {
                        Some(mut one) if one.len() == 1 && fits(&all, &one[0]) => {
                            all.append(&mut one[0]);
                        }
                        _ => return Ok(None),
                    }
                }
                Ok(Some(vec![all]))
            }
            _ => Ok(None),
        }
    }

    fn field(&self, field: eql_grammar::hir::FieldIx) -> Result<&Field, Reason> {
        let field = &self.fields[field.0];
        match field.root {
            Root::Event => Ok(field),
            Root::Stage(_) => Err("field of an earlier stage"),
            Root::Element(_) => Err("_arraysearch"),
        }
    }

    fn exists(&self, field: &Field) -> Result<Mapping, Reason> {
        match (self.language, field.ty) {
            (Language::Sigma, _) => Ok(single(&format!("{}|exists", field.path), json!(true))),
            (Language::Tau, Some(Type::Keyword | Type::Ip | Type::Date | Type::Version)) => {
                Ok(single(&field.path, json!("*")))
            }
            (Language::Tau, _) => Err("presence of what is not a string"),
        }
    }
}

/// Whether no key stands in both.
fn fits(mapping: &Mapping, other: &Mapping) -> bool {
    other.keys().all(|key| !mapping.contains_key(key))
}

fn number(value: &Const) -> Result<Value, Reason> {
    match value {
        Const::Int(int) => Ok(json!(int)),
        Const::Unsigned(int) => Ok(json!(int)),
        Const::Float(float) => Ok(json!(float)),
        Const::Bool(value) => Ok(json!(value)),
        Const::Ip(_) | Const::Date(_) | Const::Version(_) | Const::Str(_) => {
            Err("order of what is not a number")
        }
    }
}

/// An address as the network that has no other.
fn address(value: &Const) -> Option<Value> {
    match value {
        Const::Ip(ip) => Some(json!(format!("{ip}/{}", if ip.is_ipv4() { 32 } else { 128 }))),
        _ => None,
    }
}

/// One value or a list.
fn values(list: Vec<Value>) -> Value {
    match <[Value; 1]>::try_from(list) {
        Ok([value]) => value,
        Err(list) => Value::Array(list),
    }
}

/// A test in Sigma: a mapping for each modifier that its values need.
fn sigma(field: &Field, test: &Test) -> Result<Vec<Mapping>, Reason> {
    let path = &field.path;
    let one = |modifier: &str, value| Ok(vec![single(&format!("{path}{modifier}"), value)]);
    match test {
        Test::Bool(value) => one("", json!(value)),
        Test::In(list) if list.iter().all(|value| matches!(value, Const::Ip(_))) => {
            one("|cidr", values(list.iter().filter_map(address).collect()))
        }
        Test::In(list) => one("", values(list.iter().map(number).collect::<Result<_, _>>()?)),
        Test::Compare(CompareOp::Eq, value @ Const::Ip(_)) => {
            one("|cidr", values(address(value).into_iter().collect()))
        }
        Test::Compare(op, value) => {
            let modifier = match op {
                CompareOp::Eq => "",
                CompareOp::Lt => "|lt",
                CompareOp::Le => "|lte",
                CompareOp::Gt => "|gt",
                CompareOp::Ge => "|gte",
                _ => return Err("comparison"),
            };
            one(modifier, number(value)?)
        }
        Test::Cidr(nets) => {
            let nets = nets.iter().map(|net| json!(format!("{}/{}", net.addr, net.bits)));
            one("|cidr", values(nets.collect()))
        }
        Test::Strings(test) => {
            let groups = strings(test)?;
            let cased = if test.fold { "" } else { "|cased" };
            let found = groups.into_iter().map(|(modifier, texts)| {
                let texts = texts.iter().map(|text| json!(escaped(text, modifier.is_none())));
                let modifier = modifier.flatten().unwrap_or_default();
                single(&format!("{path}{modifier}{cased}"), values(texts.collect()))
            });
            Ok(found.collect())
        }
    }
}

/// What values must be, by modifier: `None` for a pattern that stays one, `Some(None)` for a whole text.
type Groups = Vec<(Option<Option<&'static str>>, BTreeSet<String>)>;

fn strings(test: &StringTest) -> Result<Groups, Reason> {
    if test.regex.is_some() {
        return Err("regular expression");
    }
    let mut groups: Groups = Vec::new();
    let mut push = |modifier, text: &str| {
        let at = groups.iter().position(|(other, _)| *other == modifier).unwrap_or_else(|| {
            groups.push((modifier, BTreeSet::new()));
            groups.len() - 1
        });
        groups[at].1.insert(text.to_owned());
    };
    test.exact.iter().for_each(|text| push(Some(None), text));
    for glob in &test.globs {
        match (&glob.kind, glob.skip) {
            (WildcardKind::Exact(text), 0) => push(Some(None), text),
            (WildcardKind::Prefix(text), 0) => push(Some(Some("|startswith")), text),
            (WildcardKind::Suffix(text), 0) => push(Some(Some("|endswith")), text),
            (WildcardKind::Contains(text), 0) => push(Some(Some("|contains")), text),
            _ => push(None, &glob.to_string()),
        }
    }
    Ok(groups)
}

/// A text with backslashes before what Sigma takes as special.
fn escaped(text: &str, pattern: bool) -> String {
    let special = |c| c == '\\' || (!pattern && (c == '*' || c == '?'));
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// A test in tau-engine's language, in which a value says itself how it is compared.
fn tau(field: &Field, test: &Test) -> Result<Mapping, Reason> {
    if field.path.contains(|c: char| !c.is_ascii_alphanumeric() && !"._@".contains(c)) {
        return Err("field name");
    }
    let value = match test {
        Test::Bool(value) => json!(value),
        Test::In(list) => values(list.iter().map(number).collect::<Result<_, _>>()?),
        Test::Compare(CompareOp::Eq, value) => number(value)?,
        Test::Compare(op, value) => {
            let sign = match op {
                CompareOp::Lt => "<",
                CompareOp::Le => "<=",
                CompareOp::Gt => ">",
                CompareOp::Ge => ">=",
                _ => return Err("comparison"),
            };
            json!(format!("{sign}{}", number(value)?))
        }
        Test::Cidr(_) => return Err("network"),
        Test::Strings(test) if test.regex.is_some() => return Err("regular expression"),
        Test::Strings(test) => {
            let exact = test.exact.iter().map(|text| tau_text(test.fold, "", text, ""));
            let globs = test.globs.iter().map(|glob| tau_glob(test.fold, glob));
            values(exact.chain(globs).map(Value::String).collect())
        }
    };
    Ok(single(&field.path, value))
}

fn tau_glob(fold: bool, glob: &Wildcard) -> String {
    match (&glob.kind, glob.skip) {
        (WildcardKind::Any, 0) => "*".to_owned(),
        (WildcardKind::Exact(text), 0) => tau_text(fold, "", text, ""),
        (WildcardKind::Prefix(text), 0) => tau_text(fold, "", text, "*"),
        (WildcardKind::Suffix(text), 0) => tau_text(fold, "*", text, ""),
        (WildcardKind::Contains(text), 0) => tau_text(fold, "*", text, "*"),
        _ => tau_regex(fold, &glob.to_string()),
    }
}

fn tau_text(fold: bool, before: &str, text: &str, behind: &str) -> String {
    let case = if fold { "i" } else { "" };
    if before.is_empty() && behind.is_empty() {
        return format!("{case}\"{text}\"");
    }
    // Without a `*` in front, these would be read as signs.
    if before.is_empty() && (text.starts_with('?') || (!fold && text.starts_with('i'))) {
        return tau_regex(fold, &format!("{text}{behind}"));
    }
    format!("{case}{before}{text}{behind}")
}

/// A pattern with `*` and `?` as a regular expression.
fn tau_regex(fold: bool, pattern: &str) -> String {
    let mut regex = String::from(if fold { "i?(?s)^" } else { "?(?s)^" });
    for c in pattern.chars() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            c if c.is_ascii_punctuation() => regex.extend(['\\', c]),
            c => regex.push(c),
        }
    }
    regex.push('$');
    regex
}
