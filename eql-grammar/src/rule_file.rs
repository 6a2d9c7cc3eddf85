//! Rule files: the detection-rules TOML format, and that of Elastic Defend's behaviour rules.
//!
//! A file is read into [`RawMeta`] and the text of its query; [`build`](crate::meta::build) and the
//! parser of queries do the rest. Diagnostics of the query have offsets in its text, which
//! [`OffsetMap`] turns into offsets in the file.

mod offsets;

pub use offsets::OffsetMap;

use std::path::Path;

use crate::ast::Dialect;
use crate::config::Lints;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::document;
use crate::meta::{RawEntry, RawMeta, RawValue, Source};
use crate::span::{Span, Spanned};
use crate::suggest::closest;

/// A rule file, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleFile {
    /// Which format it is in.
    pub format: Format,
    /// The keys and values of the rule, places in the file.
    pub raw: RawMeta,
    /// The query.
    pub query: QueryText,
    /// Which EQL the query is in: that of the format, unless `[eql] dialect` says otherwise.
    pub dialect: Dialect,
    /// What the file says of itself.
    pub metadata: FileMetadata,
    /// The systems that a rule of Elastic Defend runs on, such as `windows`; empty for all. In the
    /// detection-rules format they stand in `[rule.endpoint]`.
    pub os_list: Vec<String>,
    /// The levels of lints that `[eql]` sets.
    pub lints: Lints,
    /// Lints of the file; no errors.
    pub warnings: Diagnostics,
}

impl RuleFile {
    /// How [`build`](crate::meta::build) reads `raw`.
    #[must_use]
    pub const fn source(&self) -> Source {
        match self.format {
            Format::Detection => Source::File,
            Format::Endpoint => Source::Endpoint,
            Format::Kibana => Source::Kibana,
        }
    }
}

/// The format of a rule file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `[metadata]`, `[rule]`, `[[rule.threat]]`
    Detection,
    /// `[rule]` with `os_list`, `[[threat]]`, `[[actions]]`
    Endpoint,
    /// One line of an export of Kibana: a JSON object.
    Kibana,
}

/// The text of a query and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryText {
    /// The text as TOML gives it.
    pub text: String,
    /// From offsets in the text to offsets in the file.
    pub map: OffsetMap,
    /// The whole string in the file, quotes included.
    pub span: Span,
}

/// The table `[metadata]` of the detection-rules format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileMetadata {
    /// `2024/01/31`
    pub creation_date: Option<String>,
    /// `2024/01/31`
    pub updated_date: Option<String>,
    /// `production`, `development`, `deprecated`, …
    pub maturity: Option<String>,
    /// The integrations that write the rule's events.
    pub integration: Vec<String>,
    /// The first version of the Elastic Stack that the rule is meant for.
    pub min_stack_version: Option<String>,
}

/// How the name of a fixture ends: a file with events for the rule whose file has the same name without `.test`.
pub const FIXTURE_ENDING: &str = ".test.toml";

/// Whether a file is a fixture and no rule, by its name.
#[must_use]
pub fn is_fixture(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(FIXTURE_ENDING))
}

/// Reads a rule file.
///
/// # Errors
///
/// What keeps the file from being taken apart: it is not TOML, has no `[rule]`, no query, or tables
/// that do not exist. A rule that is not EQL gives [`Code::NotEql`] alone, so that a caller who
/// reads a whole folder can pass over it.
pub fn parse_rule_file(text: &str) -> Result<RuleFile, Diagnostics> {
    let tables = document::parse(text)?;
    let mut diags = Diagnostics::new();
    let Some((name, rule)) = table(&tables, "rule") else {
        let message = "the file has no table `[rule]`";
        diags.push(Diagnostic::new(Code::MissingKey, Span::default(), message).note(TABLES));
        return Err(diags);
    };
    not_eql(rule)?;
    let format = format_of(&tables, rule);
    let query = query(text, rule, name, &mut diags);
    let mut file = RuleFile {
        format,
        raw: RawMeta { entries: rule.to_vec(), span: name },
        query: query.unwrap_or_else(|| QueryText {
            text: String::new(),
            map: OffsetMap::default(),
            span: name,
        }),
        dialect: match format {
            Format::Detection | Format::Kibana => Dialect::Elasticsearch,
            Format::Endpoint => Dialect::Endpoint,
        },
        metadata: FileMetadata::default(),
        os_list: Vec::new(),
        lints: Lints::default(),
        warnings: Diagnostics::new(),
    };
    for (name, value) in &tables {
        file.table(name, value, &mut diags);
    }
    match format {
        Format::Endpoint => file.endpoint(&tables, &mut diags),
        Format::Detection | Format::Kibana => {
            if let Some((_, entries)) = table(rule, "endpoint")
                && let Some((_, value)) = entry(entries, "os_list")
            {
                file.os_list = systems(value, &mut diags);
            }
        }
    }
    let failed = diags.has_errors();
    if failed {
        diags.append(file.warnings);
        return Err(diags);
    }
    file.warnings = diags;
    Ok(file)
}

/// Reads one line of what Kibana exports as NDJSON.
///
/// `base` is the offset of the line in its file, in bytes: places are those of the file.
///
/// # Errors
///
/// As [`parse_rule_file`]. A line that holds something else than a rule, such as an exception list
/// or the counts at the end, gives `Ok(None)`.
pub fn parse_kibana_line(line: &str, base: u32) -> Result<Option<RuleFile>, Diagnostics> {
    let mut diags = Diagnostics::new();
    let entries = match document::json::parse(line, base) {
        Ok(entries) => entries,
        Err(error) => {
            diags.push(*error);
            return Err(diags);
        }
    };
    let is_rule = ["rule_id", "query", "risk_score", "severity"]
        .into_iter()
        .any(|key| entry(&entries, key).is_some());
    if !is_rule {
        return Ok(None);
    }
    not_eql(&entries)?;
    let end = base.saturating_add(u32::try_from(line.trim_end().len()).unwrap_or(u32::MAX));
    let whole = Span::new(base, end);
    let query = match entry(&entries, "query") {
        Some((_, Spanned { node: RawValue::Str(_), span })) => {
            let local =
                span.start.saturating_sub(base) as usize..span.end.saturating_sub(base) as usize;
            let (text, map) = offsets::decode_json(line.get(local).unwrap_or_default(), span.start);
            QueryText { text, map, span: *span }
        }
        Some((_, value)) => {
            let wrong = Diagnostic::new(Code::BadValue, value.span, "`query` must be a string");
            diags.push(wrong.label(format!("this is {}", value.describe())));
            return Err(diags);
        }
        None => {
            let place = Span::new(base, base.saturating_add(1));
            diags.push(Diagnostic::new(Code::OneQuery, place, "the rule has no `query`"));
            return Err(diags);
        }
    };
    Ok(Some(RuleFile {
        format: Format::Kibana,
        raw: RawMeta { entries, span: Span::new(whole.start, whole.start.saturating_add(1)) },
        query,
        dialect: Dialect::Elasticsearch,
        metadata: FileMetadata::default(),
        os_list: Vec::new(),
        lints: Lints::default(),
        warnings: Diagnostics::new(),
    }))
}

const TABLES: &str = "a rule file may have the tables `metadata`, `rule`, `transform` and `eql`";

/// The keys of `[metadata]` that the detection-rules repository has.
const METADATA: &[&str] = &[
    "bypass_bbr_timing",
    "comments",
    "creation_date",
    "deprecated_reason",
    "deprecation_date",
    "extended",
    "integration",
    "maturity",
    "min_stack_comments",
    "min_stack_version",
    "os_type_list",
    "promotion",
    "query_schema_validation",
    "related_endpoint_rules",
    "updated_date",
];

/// The systems that Elastic Defend runs on.
const SYSTEMS: &[&str] = &["linux", "macos", "windows"];

fn entry<'a>(entries: &'a [RawEntry], key: &str) -> Option<&'a RawEntry> {
    entries.iter().find(|(name, _)| name.as_str() == key)
}

fn table<'a>(entries: &'a [RawEntry], key: &str) -> Option<(Span, &'a [RawEntry])> {
    match entry(entries, key)? {
        (name, Spanned { node: RawValue::Table(table), .. }) => Some((name.span, table)),
        _ => None,
    }
}

fn string<'a>(entries: &'a [RawEntry], key: &str) -> Option<&'a str> {
    entry(entries, key)?.1.as_str()
}

fn strings(value: &RawValue) -> Option<Vec<String>> {
    let RawValue::Array(items) = value else { return None };
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn not_eql(rule: &[RawEntry]) -> Result<(), Diagnostics> {
    for key in ["type", "language"] {
        if let Some((_, value)) = entry(rule, key)
            && let Some(word) = value.as_str().filter(|word| *word != "eql")
        {
            let mut diags = Diagnostics::new();
            let message = format!("a rule of {key} `{word}` is no EQL rule");
            diags.push(
                Diagnostic::new(Code::NotEql, value.span, message)
                    .label(format!("`{key}` must be `eql`")),
            );
            return Err(diags);
        }
    }
    Ok(())
}

fn format_of(tables: &[RawEntry], rule: &[RawEntry]) -> Format {
    let outside = ["threat", "actions", "optional_actions", "internal"];
    let endpoint = entry(rule, "os_list").is_some()
        || (entry(rule, "rule_id").is_none() && entry(rule, "id").is_some())
        || outside.iter().any(|key| entry(tables, key).is_some());
    if endpoint { Format::Endpoint } else { Format::Detection }
}

fn query(text: &str, rule: &[RawEntry], place: Span, diags: &mut Diagnostics) -> Option<QueryText> {
    let Some((_, value)) = entry(rule, "query") else {
        diags.push(Diagnostic::new(Code::OneQuery, place, "the rule has no `query`"));
        return None;
    };
    let RawValue::Str(wanted) = &value.node else {
        let message = "`query` must be a string";
        let wrong = Diagnostic::new(Code::BadValue, value.span, message);
        diags.push(wrong.label(format!("this is {}", value.describe())));
        return None;
    };
    let (decoded, map) = offsets::decode(&text[value.span.range()], value.span.start);
    debug_assert_eq!(&decoded, wanted, "the two readers of TOML strings agree");
    Some(QueryText { text: decoded, map, span: value.span })
}

impl RuleFile {
    fn table(
        &mut self,
        name: &Spanned<String>,
        value: &Spanned<RawValue>,
        diags: &mut Diagnostics,
    ) {
        match (name.as_str(), &value.node) {
            ("rule" | "transform", _) => {}
            ("metadata", RawValue::Table(entries)) => self.metadata(entries, diags),
            ("eql", RawValue::Table(entries)) => self.eql(entries, diags),
            ("metadata" | "eql", other) => {
                let message = format!("`{}` must be a table, not {}", name.node, other.describe());
                diags.push(Diagnostic::new(Code::BadValue, value.span, message));
            }
            // Elastic Defend's own tables are read by `endpoint`.
            _ if self.format == Format::Endpoint => {}
            _ => {
                let message = format!("unknown table `{}` in a rule file", name.node);
                let mut unknown = Diagnostic::new(Code::UnknownKey, name.span, message);
                if let Some(meant) = closest(name, ["metadata", "rule", "transform", "eql"]) {
                    unknown = unknown.help(format!("did you mean `{meant}`?"));
                }
                diags.push(unknown.note(TABLES));
            }
        }
    }

    fn metadata(&mut self, entries: &[RawEntry], diags: &mut Diagnostics) {
        let text = |key| string(entries, key).map(str::to_owned);
        self.metadata = FileMetadata {
            creation_date: text("creation_date"),
            updated_date: text("updated_date"),
            maturity: text("maturity"),
            integration: integration(entries),
            min_stack_version: text("min_stack_version"),
        };
        for (key, _) in entries.iter().filter(|(key, _)| !METADATA.contains(&key.as_str())) {
            let message = format!("`{}` has no effect in `[metadata]`", key.node);
            let mut lint = Diagnostic::new(Code::IgnoredKey, key.span, message);
            if let Some(meant) = closest(key, METADATA.iter().copied()) {
                lint = lint.help(format!("did you mean `{meant}`?"));
            }
            diags.push(lint);
        }
    }

    /// `[eql]`: what the macro's attributes say of a rule that stands in the code.
    fn eql(&mut self, entries: &[RawEntry], diags: &mut Diagnostics) {
        self.lints = Lints::of_rule(entries, diags);
        for (key, value) in entries {
            match key.as_str() {
                "allow" | "warn" | "deny" if strings(value).is_some() => {}
                "allow" | "warn" | "deny" => {
                    let message = format!("`{}` must be a list of lints", key.node);
                    diags.push(Diagnostic::new(Code::BadValue, value.span, message));
                }
                "dialect" => match value.as_str() {
                    Some("elasticsearch") => self.dialect = Dialect::Elasticsearch,
                    Some("endpoint") => self.dialect = Dialect::Endpoint,
                    _ => {
                        let message = "`dialect` must be `elasticsearch` or `endpoint`";
                        diags.push(Diagnostic::new(Code::BadValue, value.span, message));
                    }
                },
                _ => {
                    let message = format!("unknown key `{}` in `[eql]`", key.node);
                    let unknown = Diagnostic::new(Code::UnknownKey, key.span, message);
                    diags.push(
                        unknown.note("`[eql]` may have `allow`, `warn`, `deny` and `dialect`"),
                    );
                }
            }
        }
    }

    /// Gives a rule of Elastic Defend the keys that Kibana's rules have: `id` is `rule_id`, and
    /// what Kibana has no key for goes to `endpoint`.
    fn endpoint(&mut self, tables: &[RawEntry], diags: &mut Diagnostics) {
        let mut entries: Vec<RawEntry> = Vec::new();
        let mut rest: Vec<RawEntry> = Vec::new();
        for (mut key, value) in std::mem::take(&mut self.raw.entries) {
            match key.as_str() {
                "id" => {
                    "rule_id".clone_into(&mut key.node);
                    entries.push((key, value));
                }
                "os_list" => {
                    self.os_list = systems(&value, diags);
                    rest.push((key, value));
                }
                // A version of Elastic Defend's is `1.0.5`, where Kibana's is a number.
                "version" | "reputation" | "min_endpoint_version" | "max_endpoint_version" => {
                    rest.push((key, value));
                }
                _ if crate::meta::key(&key).is_some() => entries.push((key, value)),
                _ => {
                    let message = format!("`{}` has no effect", key.node);
                    diags.push(Diagnostic::new(Code::IgnoredKey, key.span, message));
                    rest.push((key, value));
                }
            }
        }
        for (key, value) in tables {
            match key.as_str() {
                "rule" | "metadata" | "eql" | "transform" => {}
                "threat" => entries.push((key.clone(), value.clone())),
                _ => rest.push((key.clone(), value.clone())),
            }
        }
        if !rest.is_empty() {
            let span = self.raw.span;
            let name = Spanned::new("endpoint".to_owned(), span);
            entries.push((name, Spanned::new(RawValue::Table(rest), span)));
        }
        self.raw.entries = entries;
    }
}

/// Some files name their only integration without brackets.
fn integration(entries: &[RawEntry]) -> Vec<String> {
    match entry(entries, "integration").map(|(_, value)| &value.node) {
        Some(RawValue::Str(text)) => vec![text.clone()],
        Some(list) => strings(list).unwrap_or_default(),
        None => Vec::new(),
    }
}

fn systems(value: &Spanned<RawValue>, diags: &mut Diagnostics) -> Vec<String> {
    let systems = strings(value);
    let known = systems
        .as_ref()
        .is_some_and(|list| list.iter().all(|name| SYSTEMS.contains(&name.as_str())));
    if !known {
        let message = "`os_list` must be a list of `linux`, `macos` and `windows`";
        diags.push(Diagnostic::new(Code::BadValue, value.span, message));
    }
    systems.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::{Meta, build};

    const FILE: &str = r#"
[metadata]
creation_date = "2024/01/31"
integration = "endpoint"
maturity = "production"
shape = "round"

[rule]
author = ["Ada"]
description = "Says what."
from = "now-9m"
name = "A rule"
risk_score = 47
rule_id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1"
severity = "medium"
type = "eql"
language = "eql"
query = '''
process where process.name : "a\b"
'''

[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1114"
name = "Email Collection"
reference = "https://attack.mitre.org/techniques/T1114/"
[[rule.threat.technique.subtechnique]]
id = "T1114.001"
name = "Local Email Collection"
reference = "https://attack.mitre.org/techniques/T1114/001/"
[rule.threat.tactic]
id = "TA0009"
name = "Collection"
reference = "https://attack.mitre.org/tactics/TA0009/"

[eql]
allow = ["case_sensitive_path"]

[transform]
[[transform.osquery]]
label = "x"
"#;

    fn meta(file: &RuleFile) -> Meta {
        let mut diags = Diagnostics::new();
        let meta = build(&file.raw, file.source(), &mut diags);
        assert!(diags.is_empty(), "{diags:?}");
        meta
    }

    #[test]
    fn detection_format() {
        let file = parse_rule_file(FILE).expect("a rule file");
        assert_eq!(file.format, Format::Detection);
        assert_eq!(file.dialect, Dialect::Elasticsearch);
        assert_eq!(file.query.text, "process where process.name : \"a\\b\"\n");
        let place = file.query.map.span(Span::new(14, 26));
        assert_eq!(&FILE[place.range()], "process.name");
        assert_eq!(file.metadata.integration, ["endpoint"]);
        assert_eq!(file.metadata.maturity.as_deref(), Some("production"));
        assert_eq!(file.lints.level(Code::CaseSensitivePath), crate::config::LintLevel::Allow);
        let [lint] = file.warnings.as_slice() else { panic!("{:?}", file.warnings) };
        assert_eq!((lint.code, &FILE[lint.span.range()]), (Code::IgnoredKey, "shape"));
        let meta = meta(&file);
        assert_eq!(meta.schedule.from, 540_000);
        assert_eq!(meta.threat[0].technique[0].subtechnique[0].name, "Local Email Collection");
    }

    const ENDPOINT: &str = r#"
[rule]
description = "Says what."
id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1"
license = "Elastic License v2"
name = "A behaviour"
os_list = ["windows"]
version = "1.0.5"
query = "sequence [process where true] as event0 [file where true]"

[[actions]]
action = "kill_process"
field = "process.entity_id"
state = 0

[[threat]]
framework = "MITRE ATT&CK"
[threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"

[internal]
min_endpoint_version = "7.15.0"
"#;

    #[test]
    fn endpoint_format() {
        let file = parse_rule_file(ENDPOINT).expect("a rule file");
        assert_eq!((file.format, file.dialect), (Format::Endpoint, Dialect::Endpoint));
        assert_eq!(file.os_list, ["windows"]);
        assert!(file.warnings.is_empty(), "{:?}", file.warnings);
        let meta = meta(&file);
        assert_eq!(meta.rule_id.as_deref(), Some("1dee0500-4aeb-44ca-b24b-4a285d7b6ba1"));
        assert_eq!(
            (meta.severity, meta.risk_score, meta.version),
            (crate::meta::Severity::Medium, 47, 1)
        );
        assert_eq!(meta.threat[0].tactic.name, "Execution");
        let (key, json) = &meta.other[0];
        assert_eq!(key, "endpoint");
        assert!(
            json.contains(r#""os_list":["windows"]"#) && json.contains(r#""version":"1.0.5""#),
            "{json}"
        );
    }

    /// The same rule in the detection-rules format.
    #[test]
    fn endpoint_rules_in_the_detection_format() {
        let text = r#"
[rule]
description = "Says what."
name = "A behaviour"
query = "sequence [process where true] as event0 [file where true]"
risk_score = 47
rule_id = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1"
severity = "medium"

[rule.endpoint]
os_list = ["windows"]
version = "1.0.5"

[eql]
dialect = "endpoint"
"#;
        let file = parse_rule_file(text).expect("a rule file");
        assert_eq!((file.format, file.dialect), (Format::Detection, Dialect::Endpoint));
        assert_eq!(file.os_list, ["windows"]);
        let json = r#"{"os_list":["windows"],"version":"1.0.5"}"#;
        assert_eq!(meta(&file).other, [("endpoint".to_owned(), json.to_owned())]);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, code) in [
            ("", Code::MissingKey),
            ("rule = 1", Code::MissingKey),
            ("[rule", Code::BadToml),
            ("[rule]\nname = 'x'\nname = 'y'", Code::DuplicateKey),
            ("[rule]\ntype = 'query'\nlanguage = 'kuery'\nquery = 1", Code::NotEql),
            ("[rule]\ntype = 'eql'\nlanguage = 'esql'", Code::NotEql),
            ("[rule]\nname = 'x'", Code::OneQuery),
            ("[rule]\nquery = 1", Code::BadValue),
            ("[rule]\nquery = 'x'\n[rules]", Code::UnknownKey),
            ("metadata = 1\n[rule]\nquery = 'x'", Code::BadValue),
            ("[rule]\nquery = 'x'\n[eql]\ndialect = 'endgame'", Code::BadValue),
            ("[rule]\nquery = 'x'\n[eql]\nallow = 'all'", Code::BadValue),
            ("[rule]\nquery = 'x'\n[eql]\nallow = ['all']", Code::UnknownLint),
            ("[rule]\nquery = 'x'\n[eql]\npermit = []", Code::UnknownKey),
            ("[rule]\nquery = 'x'\nos_list = ['beos']", Code::BadValue),
            ("[rule]\nquery = 'x'\n[rule.endpoint]\nos_list = 'windows'", Code::BadValue),
        ] {
            let diags = parse_rule_file(text).expect_err(text);
            let [diagnostic] = diags.as_slice() else { panic!("{text}: {diags:?}") };
            assert_eq!(diagnostic.code, code, "{text}");
        }
    }

    /// Every cut of a file, and every file with one byte changed, gives a rule or diagnostics in
    /// its text.
    #[test]
    fn broken_files_do_not_panic() {
        for file in [FILE, ENDPOINT] {
            for at in (0..file.len()).filter(|at| file.is_char_boundary(*at)) {
                check(&file[..at]);
                if at.is_multiple_of(3) {
                    let mut bytes = file.as_bytes().to_vec();
                    bytes[at] = b"'\"[]=\\\n#"[at / 3 % 8];
                    check(&String::from_utf8(bytes).expect("ASCII"));
                }
            }
        }
    }

    fn check(text: &str) {
        let inside = |diags: &Diagnostics| {
            diags.as_slice().iter().all(|d| text.get(d.span.range()).is_some())
        };
        match parse_rule_file(text) {
            Err(diags) => assert!(diags.has_errors() && inside(&diags), "{text}: {diags:?}"),
            Ok(file) => {
                let mut diags = file.warnings.clone();
                build(&file.raw, file.source(), &mut diags);
                assert!(inside(&diags), "{text}: {diags:?}");
            }
        }
    }
}
