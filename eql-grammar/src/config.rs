//! `eql.toml`, which stands beside a project's `Cargo.toml`: its own fields, the levels of the lints
//! and the version of ATT&CK.
//!
//! ```toml
//! [fields]
//! "acme.score" = "long"
//!
//! [lints]
//! slow_wildcard = "deny"
//!
//! [attack]
//! version = "19"
//! ```

use std::collections::BTreeMap;

use crate::attack;
use crate::diag::{Code, Diagnostic, Diagnostics, Level};
use crate::document;
use crate::meta::{RawEntry, RawValue};
use crate::schema::{Holds, OWN_PATH_MAX, Schema, Type};
use crate::span::Span;
use crate::suggest::closest;

/// What an `eql.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The project's own fields, by path.
    pub fields: BTreeMap<String, Type>,
    /// The levels of lints in all its rules.
    pub lints: Lints,
    /// The ATT&CK that they are mapped to.
    pub attack: attack::Version,
}

impl Config {
    /// The built-in fields and the project's own.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema::with_own(self.fields.clone())
    }
}

/// What is done with a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintLevel {
    /// Not reported.
    Allow,
    /// Reported as a warning; the level of most lints that nothing is said of.
    Warn,
    /// Reported as an error.
    Deny,
}

impl LintLevel {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Deny];

    /// `allow`, `warn` or `deny`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// The levels of lints, from `eql.toml` or from a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lints {
    levels: BTreeMap<Code, LintLevel>,
    /// What is done with every lint that is reported.
    warnings: Option<LintLevel>,
}

impl Lints {
    /// The lints of a rule that says `allow`, `warn` and `deny`, each with a list of names.
    ///
    /// Where a lint is in several lists, the sterner one holds. Values that are no lists of strings
    /// are passed over; [`build`](crate::meta::build) reports them.
    pub fn of_rule(entries: &[RawEntry], diags: &mut Diagnostics) -> Self {
        let mut lints = Self::default();
        for level in LintLevel::ALL {
            for (_, value) in entries.iter().filter(|(key, _)| key.as_str() == level.as_str()) {
                let RawValue::Array(names) = &value.node else { continue };
                for name in names {
                    if let Some(text) = name.as_str() {
                        lints.set(text, name.span, level, diags);
                    }
                }
            }
        }
        lints
    }

    /// Sets the level of the lint of this name. `warnings` are all lints: allowed, or denied where
    /// they are reported at all.
    pub fn set(&mut self, name: &str, span: Span, level: LintLevel, diags: &mut Diagnostics) {
        if name == "warnings" {
            self.warnings = Some(level);
            return;
        }
        if let Some(code) = Code::ALL.iter().find(|code| code.lint_name() == Some(name)) {
            self.levels.insert(*code, level);
            return;
        }
        let names = || Code::ALL.iter().filter_map(|code| code.lint_name());
        let mut unknown =
            Diagnostic::new(Code::UnknownLint, span, format!("unknown lint `{name}`"));
        if let Some(meant) = closest(name, names()) {
            unknown = unknown.help(format!("did you mean `{meant}`?"));
        }
        diags.push(unknown.note(format!("the lints are {}", quoted(names()))));
    }

    /// The level of a lint; the one it has [by default](Code::default_level) where nothing is said
    /// of it.
    #[must_use]
    pub fn level(&self, code: Code) -> LintLevel {
        let own = self.levels.get(&code).copied();
        match (own.unwrap_or_else(|| code.default_level()), self.warnings) {
            (LintLevel::Warn, Some(all)) => all,
            (level, _) => level,
        }
    }

    /// These levels, and those of `base` for the lints that nothing is said of here.
    #[must_use]
    pub fn over(mut self, base: &Self) -> Self {
        for (code, level) in &base.levels {
            self.levels.entry(*code).or_insert(*level);
        }
        self.warnings = self.warnings.or(base.warnings);
        self
    }

    /// Takes out the lints that are allowed and makes errors of those that are denied.
    pub fn apply(&self, diags: &mut Diagnostics) {
        diags.retain(|diagnostic| {
            if diagnostic.code.lint_name().is_none() {
                return true;
            }
            let level = self.level(diagnostic.code);
            if level == LintLevel::Deny {
                diagnostic.level = Level::Error;
            }
            level != LintLevel::Allow
        });
    }
}

/// Reads an `eql.toml`. What is wrong with it is in the diagnostics, and left out of the
/// configuration.
#[must_use]
pub fn parse_config(text: &str) -> (Config, Diagnostics) {
    let mut config = Config::default();
    let mut diags = Diagnostics::new();
    let tables = match document::parse(text) {
        Ok(tables) => tables,
        Err(errors) => return (config, errors),
    };
    for (name, value) in &tables {
        match (name.as_str(), &value.node) {
            ("fields", RawValue::Table(entries)) => {
                fields(entries, "", &mut config.fields, &mut diags);
            }
            ("lints", RawValue::Table(entries)) => lints(entries, &mut config.lints, &mut diags),
            ("attack", RawValue::Table(entries)) => {
                attack(entries, &mut config.attack, &mut diags);
            }
            ("fields" | "lints" | "attack", other) => {
                let message = format!("`{}` must be a table, not {}", name.node, other.describe());
                diags.push(Diagnostic::new(Code::BadValue, value.span, message));
            }
            _ => {
                let message = format!("unknown key `{}` in `eql.toml`", name.node);
                let mut unknown = Diagnostic::new(Code::UnknownKey, name.span, message);
                if let Some(meant) = closest(name, ["fields", "lints", "attack"]) {
                    unknown = unknown.help(format!("did you mean `{meant}`?"));
                }
                diags.push(
                    unknown.note("`eql.toml` may have the tables `fields`, `lints` and `attack`"),
                );
            }
        }
    }
    reject_values_with_members(&tables, &mut config.fields, &mut diags);
    (config, diags)
}

/// `"acme.score" = "long"`; a path may also be written as tables in tables.
fn fields(
    entries: &[RawEntry],
    above: &str,
    found: &mut BTreeMap<String, Type>,
    diags: &mut Diagnostics,
) {
    for (key, value) in entries {
        let path =
            if above.is_empty() { key.node.clone() } else { format!("{above}.{}", key.node) };
        match &value.node {
            RawValue::Table(members) => fields(members, &path, found, diags),
            RawValue::Str(name) => {
                let ty = Type::from_mapping(name);
                if ty.is_none() {
                    diags.push(unknown_type(name, value.span));
                }
                if let (true, Some(ty)) = (check_path(&path, key.span, diags), ty)
                    && found.insert(path.clone(), ty).is_some()
                {
                    let message = format!("`{path}` is declared twice");
                    diags.push(Diagnostic::new(Code::DuplicateKey, key.span, message));
                }
            }
            other => {
                let message =
                    format!("the type of a field must be a string, not {}", other.describe());
                let wrong = Diagnostic::new(Code::BadValue, value.span, message);
                diags.push(wrong.note(types_allowed()));
            }
        }
    }
}

fn types_allowed() -> String {
    format!("a field may be of type {}", quoted(Type::MAPPINGS.iter().map(|(name, _)| *name)))
}

fn unknown_type(name: &str, span: Span) -> Diagnostic {
    let mut unknown = Diagnostic::new(Code::BadValue, span, format!("unknown type `{name}`"));
    if let Some(meant) = closest(name, Type::MAPPINGS.iter().map(|(name, _)| *name)) {
        unknown = unknown.help(format!("did you mean `{meant}`?"));
    }
    unknown.note(types_allowed())
}

/// Whether a path may be declared; reports why not.
fn check_path(path: &str, span: Span, diags: &mut Diagnostics) -> bool {
    let wrong = if path.len() > OWN_PATH_MAX {
        Some(format!("a path may have up to {OWN_PATH_MAX} bytes, and this one has {}", path.len()))
    } else if path.split('.').any(|segment| segment.trim() != segment || segment.is_empty()) {
        Some(format!("`{path}` has a segment that is empty or has blanks around it"))
    } else if path.chars().any(char::is_control) {
        Some("a path has no control characters".to_owned())
    } else {
        member_of_value(path)
    };
    let fine = wrong.is_none();
    if let Some(message) = wrong {
        diags.push(Diagnostic::new(Code::BadValue, span, message));
    }
    fine
}

/// A path that is built in may be declared anew: indices that are not ECS have other types.
fn member_of_value(path: &str) -> Option<String> {
    let holds = |path: &str| Schema::builtin().lookup(path).map(|field| field.holds);
    if holds(path).is_some() {
        return None;
    }
    let parents = path.match_indices('.').map(|(at, _)| &path[..at]);
    let value = parents
        .into_iter()
        .find(|parent| matches!(holds(parent), Some(Holds::Value(_) | Holds::Other)))?;
    Some(format!("`{value}` is built in and holds a value, so it has no members"))
}

/// A path that holds a value has no paths below it.
fn reject_values_with_members(
    tables: &[RawEntry],
    fields: &mut BTreeMap<String, Type>,
    diags: &mut Diagnostics,
) {
    let paths: Vec<&String> = fields.keys().collect();
    let below = |parent: &str, path: &str| {
        path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'))
    };
    let wrong: Vec<(String, String)> = paths
        .iter()
        .filter_map(|parent| {
            let member = paths.iter().find(|path| below(parent, path))?;
            Some(((*parent).clone(), (*member).clone()))
        })
        .collect();
    let span = tables
        .iter()
        .find(|(name, _)| name.as_str() == "fields")
        .map_or(Span::default(), |(_, v)| v.span);
    for (parent, member) in wrong {
        let message = format!("`{parent}` holds a value, so `{member}` cannot be below it");
        diags.push(Diagnostic::new(Code::BadValue, span, message));
        fields.remove(&parent);
    }
}

/// `slow_wildcard = "deny"`
fn lints(entries: &[RawEntry], lints: &mut Lints, diags: &mut Diagnostics) {
    for (name, value) in entries {
        let level = value
            .as_str()
            .and_then(|text| LintLevel::ALL.into_iter().find(|level| level.as_str() == text));
        let Some(level) = level else {
            let message = format!(
                "the level of a lint must be {}",
                quoted(LintLevel::ALL.map(LintLevel::as_str))
            );
            diags.push(Diagnostic::new(Code::BadValue, value.span, message));
            continue;
        };
        lints.set(name, name.span, level, diags);
    }
}

/// `version = "19"`, or the number.
fn attack(entries: &[RawEntry], version: &mut attack::Version, diags: &mut Diagnostics) {
    for (key, value) in entries {
        if key.as_str() != "version" {
            let message = format!("unknown key `{}` in `[attack]`", key.node);
            diags.push(
                Diagnostic::new(Code::UnknownKey, key.span, message)
                    .note("`[attack]` may have `version`"),
            );
            continue;
        }
        let name = match &value.node {
            RawValue::Str(text) => text.clone(),
            RawValue::Int(number) => number.to_string(),
            RawValue::Float(number) => number.to_string(),
            _ => String::new(),
        };
        match attack::Version::from_name(&name) {
            Some(found) => *version = found,
            None => diags.push(Diagnostic::new(
                Code::BadValue,
                value.span,
                "`version` of ATT&CK must be `18` or `19`",
            )),
        }
    }
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Spanned;

    #[test]
    fn fields_and_lints() {
        let text = "[fields]\n\"acme.score\" = \"long\"\nacme.user.name = \"wildcard\"\n\
                    [lints]\nslow_wildcard = \"deny\"\nalways_true = \"allow\"\n";
        let (config, diags) = parse_config(text);
        assert!(diags.is_empty(), "{diags:?}");
        let wanted = [("acme.score", Type::Long), ("acme.user.name", Type::Keyword)];
        assert_eq!(config.fields, wanted.map(|(path, ty)| (path.to_owned(), ty)).into());
        assert_eq!(config.lints.level(Code::SlowWildcard), LintLevel::Deny);
        assert_eq!(config.lints.level(Code::AlwaysTrue), LintLevel::Allow);
        assert_eq!(config.lints.level(Code::AlwaysFalse), LintLevel::Warn);
        assert!(config.schema().lookup("acme.user.name").is_some());
        assert_eq!(parse_config("").0, Config::default());
        for version in ["19", "\"19\"", "\"19.0\""] {
            let (config, diags) = parse_config(&format!("[attack]\nversion = {version}"));
            assert!(diags.is_empty() && config.attack == attack::Version::V19, "{diags:?}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let long = "x".repeat(129);
        let cases = [
            ("[field]", Code::UnknownKey, "`lints` and `attack`"),
            ("fields = 1", Code::BadValue, "must be a table"),
            ("[fields]\na = \"lnog\"", Code::BadValue, "did you mean `long`?"),
            ("[fields]\na = \"object\"", Code::BadValue, "`unsigned_long`"),
            ("[fields]\na = 1", Code::BadValue, "must be a string"),
            ("[fields]\n\"process.name.x\" = \"keyword\"", Code::BadValue, "has no members"),
            ("[fields]\n\"a..b\" = \"keyword\"", Code::BadValue, "segment that is empty"),
            ("[fields]\na = \"long\"\n\"a.b\" = \"long\"", Code::BadValue, "cannot be below it"),
            ("[fields]\na.b = \"long\"\n\"a.b\" = \"long\"", Code::DuplicateKey, "declared twice"),
            (&format!("[fields]\n{long} = \"long\""), Code::BadValue, "128 bytes"),
            (
                "[lints]\nslow_wildcards = \"deny\"",
                Code::UnknownLint,
                "did you mean `slow_wildcard`?",
            ),
            ("[lints]\nslow_wildcard = \"forbid\"", Code::BadValue, "`allow`, `warn`, `deny`"),
            ("[lints", Code::BadToml, "not TOML"),
            ("[attack]\nversion = 17", Code::BadValue, "`18` or `19`"),
            ("[attack]\nedition = 18", Code::UnknownKey, "may have `version`"),
        ];
        for (text, code, words) in cases {
            let (config, diags) = parse_config(text);
            let [diagnostic] = diags.as_slice() else { panic!("{text}: {diags:?}") };
            assert_eq!(diagnostic.code, code, "{text}");
            assert!(format!("{diagnostic:?}").contains(words), "{text}: {diagnostic:?}");
            assert!(config.lints == Lints::default(), "{text}");
        }
    }

    #[test]
    fn rule_goes_over_project() {
        let mut diags = Diagnostics::new();
        let mut project = Lints::default();
        project.set("slow_wildcard", Span::default(), LintLevel::Deny, &mut diags);
        project.set("always_true", Span::default(), LintLevel::Allow, &mut diags);
        let name = |text: &str| Spanned::new(RawValue::Str(text.to_owned()), Span::default());
        let allow = RawValue::Array(vec![name("slow_wildcard")]);
        let entry = (
            Spanned::new("allow".to_owned(), Span::default()),
            Spanned::new(allow, Span::default()),
        );
        let lints = Lints::of_rule(&[entry], &mut diags).over(&project);
        assert!(diags.is_empty());
        assert_eq!(lints.level(Code::SlowWildcard), LintLevel::Allow);
        assert_eq!(lints.level(Code::AlwaysTrue), LintLevel::Allow);
    }

    #[test]
    fn levels_are_applied() {
        let mut diags = Diagnostics::new();
        let mut lints = Lints::default();
        lints.set("slow_wildcard", Span::default(), LintLevel::Deny, &mut diags);
        lints.set("always_true", Span::default(), LintLevel::Allow, &mut diags);
        for code in [Code::SlowWildcard, Code::AlwaysTrue, Code::AlwaysFalse, Code::Syntax] {
            diags.push(Diagnostic::new(code, Span::default(), "x"));
        }
        lints.apply(&mut diags);
        let left: Vec<_> = diags.as_slice().iter().map(|d| (d.code, d.level)).collect();
        let wanted = [
            (Code::SlowWildcard, Level::Error),
            (Code::AlwaysFalse, Level::Warning),
            (Code::Syntax, Level::Error),
        ];
        assert_eq!(left, wanted);
    }
}
