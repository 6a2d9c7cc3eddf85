//! From what is written to [`Meta`]: keys, forms and values.

use std::ops::RangeInclusive;

use super::raw::member;
use super::{
    Form, KEYS, Key, Meta, RawEntry, RawMeta, RawValue, Required, Schedule, Scope, Severity,
};
use super::{keys, threat};
use crate::attack;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::schedule;
use crate::span::{Span, Spanned};
use crate::suggest::closest;

/// Where metadata was written, which decides what it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The attributes of `#[eql::rule(…)]`.
    Attributes,
    /// A rule file in the detection-rules format.
    File,
    /// A rule file in the format of Elastic Defend's behaviour rules, which have neither severity
    /// nor risk score: alerts of theirs are `medium` and 47.
    Endpoint,
    /// A line of what Kibana exports: as [`File`](Self::File), and keys that only Kibana has a use
    /// for are no lints.
    Kibana,
    /// A query that stands alone: nothing is missing.
    Query,
}

/// Checks every key and value and gives the metadata.
///
/// Errors go to `diags`; the result has defaults where they left nothing, so that a caller can go
/// on. The keys that say where the query is (`query`, `path`) and what the compiler does
/// (`dialect`, `allow`, `warn`, `deny`, `print`, `crate`) are checked for their form only.
pub fn build(raw: &RawMeta, source: Source, diags: &mut Diagnostics) -> Meta {
    build_for(raw, source, attack::Version::default(), diags)
}

/// As [`build`], with the ATT&CK that the project's rules are mapped to.
pub fn build_for(
    raw: &RawMeta,
    source: Source,
    attack: attack::Version,
    diags: &mut Diagnostics,
) -> Meta {
    check_keys(raw, source, diags);
    check_required(raw, source, diags);
    check_type(raw, diags);
    let mut reader = Reader { raw, diags };
    let (severity, risk_score) = reader.risk(source);
    let meta = Meta {
        rule_id: reader.filled("rule_id"),
        name: reader.filled("name").unwrap_or_default(),
        description: reader.filled("description"),
        severity,
        risk_score,
        author: reader.texts("author"),
        license: reader.text("license").unwrap_or_default(),
        version: reader.number("version", 1..=u32::MAX).unwrap_or(1),
        index: reader.texts("index"),
        tags: reader.texts("tags"),
        references: reader.links("references"),
        false_positives: reader.texts("false_positives"),
        note: reader.text("note").unwrap_or_default(),
        setup: reader.text("setup").unwrap_or_default(),
        interval: reader.text_or_default("interval"),
        from: reader.text_or_default("from"),
        to: reader.text_or_default("to"),
        schedule: reader.schedule(),
        max_signals: reader.number("max_signals", 1..=u32::MAX).unwrap_or(100),
        threat: raw
            .get("threat")
            .map(|value| threat::read(value, attack, reader.diags))
            .unwrap_or_default(),
        building_block_type: reader.one_of("building_block_type", &["default"]),
        event_category_override: reader.filled("event_category_override"),
        timestamp_field: reader.filled("timestamp_field"),
        tiebreaker_field: reader.filled("tiebreaker_field"),
        timestamp_override: reader.filled("timestamp_override"),
        rule_name_override: reader.filled("rule_name_override"),
        other: other(raw),
    };
    check_timeline(raw, diags);
    check_suppression(raw, diags);
    check_unread(raw, diags);
    meta
}

/// The keys that exist, stand where they may, stand there once, and have values of the right form.
fn check_keys(raw: &RawMeta, source: Source, diags: &mut Diagnostics) {
    for (index, (name, value)) in raw.entries.iter().enumerate() {
        if let Some((first, _)) = raw.entries[..index].iter().find(|(other, _)| other == name) {
            let message = format!("`{}` is given twice", name.node);
            diags.push(
                Diagnostic::new(Code::DuplicateKey, name.span, message)
                    .related(first.span, "first given here"),
            );
            continue;
        }
        match keys::key(name) {
            // Later versions of Kibana have further keys, and an author did not write them.
            None if source == Source::Kibana && keys::type_with(name).is_none() => {
                let message = format!("`{}` is unknown here and has no effect", name.node);
                diags.push(Diagnostic::new(Code::IgnoredKey, name.span, message));
            }
            None => diags.push(unknown_key(name, source)),
            Some(key) if key.scope == Scope::Attributes && source != Source::Attributes => {
                let message = format!("`{}` is a key of the macro, not of a rule file", key.name);
                let wrong = Diagnostic::new(Code::UnknownKey, name.span, message);
                diags.push(wrong.note(format!("a rule file may have: {}", names(source))));
            }
            Some(key) => {
                if key.scope == Scope::Ignored && source != Source::Kibana {
                    let message = format!("`{}` has no effect", key.name);
                    let lint = Diagnostic::new(Code::IgnoredKey, name.span, message);
                    diags.push(lint.note(format!("it says: {}", clause(key.doc))));
                }
                check_form(key, value, diags);
            }
        }
    }
}

fn unknown_key(name: &Spanned<String>, source: Source) -> Diagnostic {
    let wrong =
        Diagnostic::new(Code::UnknownKey, name.span, format!("unknown key `{}`", name.node));
    if let Some(ty) = keys::type_with(name) {
        return wrong
            .label(format!("a key of rules of type `{ty}`"))
            .note("rules of this compiler are of type `eql`");
    }
    let known = KEYS.iter().filter(|key| may_stand(key, source)).map(|key| key.name);
    match closest(name, known) {
        Some(meant) => wrong.help(format!("did you mean `{meant}`?")).patch(name.span, meant),
        None => wrong.note(format!("a rule may have: {}", names(source))),
    }
}

fn may_stand(key: &Key, source: Source) -> bool {
    match key.scope {
        Scope::Everywhere | Scope::Kept => true,
        Scope::Attributes => source == Source::Attributes,
        Scope::Ignored => false,
    }
}

fn names(source: Source) -> String {
    let names =
        KEYS.iter().filter(|key| may_stand(key, source)).map(|key| format!("`{}`", key.name));
    names.collect::<Vec<_>>().join(", ")
}

fn check_form(key: &Key, value: &Spanned<RawValue>, diags: &mut Diagnostics) {
    let fits = match (key.form, &value.node) {
        (Form::Text, RawValue::Str(_))
        | (Form::Integer, RawValue::Int(_))
        | (Form::Flag, RawValue::Bool(_))
        | (Form::List, RawValue::Array(_))
        | (Form::Table, RawValue::Table(_)) => true,
        (Form::Texts, RawValue::Array(items)) => {
            for item in items.iter().filter(|item| item.as_str().is_none()) {
                let message = format!("`{}` must be {}", key.name, key.form.describe());
                let wrong = Diagnostic::new(Code::BadValue, item.span, message);
                diags.push(wrong.label(format!("this element is {}", item.describe())));
            }
            true
        }
        _ => false,
    };
    if !fits {
        let message = format!("`{}` must be {}", key.name, key.form.describe());
        let mut wrong = Diagnostic::new(Code::BadValue, value.span, message)
            .label(format!("this is {}", value.describe()));
        if let (Form::Texts, RawValue::Str(text)) = (key.form, &value.node) {
            wrong = wrong.help(format!("write `{} = [{text:?}]`", key.name));
        }
        diags.push(wrong);
    }
}

fn check_required(raw: &RawMeta, source: Source, diags: &mut Diagnostics) {
    for key in KEYS {
        let needed = match (key.required, source) {
            (Required::No, _) | (Required::InFiles, Source::Attributes) | (_, Source::Query) => {
                false
            }
            (Required::InFiles | Required::Always, Source::File | Source::Kibana)
            | (Required::Always, Source::Attributes) => true,
            (_, Source::Endpoint) => key.name == "name" || key.name == "rule_id",
        };
        if needed && raw.get(key.name).is_none() {
            // Elastic Defend's rules name their identity otherwise; what is missing is what they
            // call it.
            let name =
                if (key.name, source) == ("rule_id", Source::Endpoint) { "id" } else { key.name };
            let message = format!("the rule has no `{name}`");
            let missing = Diagnostic::new(Code::MissingKey, raw.span, message);
            diags.push(
                missing
                    .help(format!("add `{name} = …`, which is {}", key.form.describe()))
                    .note(clause(key.doc)),
            );
        }
    }
}

/// A sentence as the part of another one.
fn clause(sentence: &str) -> String {
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
    let mut chars = sentence.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

fn check_type(raw: &RawMeta, diags: &mut Diagnostics) {
    for key in ["type", "language"] {
        if let Some(value) = raw.string(key).filter(|value| value.node != "eql") {
            let message = format!("a rule of {key} `{}` is no EQL rule", value.node);
            diags.push(
                Diagnostic::new(Code::NotEql, value.span, message)
                    .label(format!("`{key}` must be `eql`")),
            );
        }
    }
}

/// Reads values; one of the wrong form was reported and counts as not given.
struct Reader<'a> {
    raw: &'a RawMeta,
    diags: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn bad(&mut self, span: Span, message: String) {
        self.diags.push(Diagnostic::new(Code::BadValue, span, message));
    }

    fn text(&self, key: &str) -> Option<String> {
        Some(self.raw.string(key)?.node.to_owned())
    }

    fn text_or_default(&self, key: &str) -> String {
        let default = || keys::key(key).and_then(|key| key.default).unwrap_or_default().to_owned();
        self.text(key).unwrap_or_else(default)
    }

    /// A string that must not be blank.
    fn filled(&mut self, key: &str) -> Option<String> {
        let value = self.raw.string(key)?;
        if value.node.trim().is_empty() {
            self.bad(value.span, format!("`{key}` must not be empty"));
            return None;
        }
        Some(value.node.to_owned())
    }

    fn texts(&self, key: &str) -> Vec<String> {
        self.items(key).map(|item| item.node.to_owned()).collect()
    }

    fn items(&self, key: &str) -> impl Iterator<Item = Spanned<&str>> + use<'_> {
        let items = match self.raw.get(key).map(|value| &value.node) {
            Some(RawValue::Array(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| Some(Spanned::new(item.as_str()?, item.span)))
    }

    fn links(&mut self, key: &str) -> Vec<String> {
        let is_link = |text: &str| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
        let bad: Vec<_> =
            self.items(key).filter(|item| !is_link(item.node)).map(|item| item.span).collect();
        for span in bad {
            self.bad(
                span,
                format!("`{key}` must be links that start with `https://` or `http://`"),
            );
        }
        self.texts(key)
    }

    fn number<T: TryFrom<i64> + Copy + Into<i64>>(
        &mut self,
        key: &str,
        allowed: RangeInclusive<T>,
    ) -> Option<T> {
        let value = self.raw.get(key)?;
        let RawValue::Int(number) = value.node else { return None };
        let (first, last) = ((*allowed.start()).into(), (*allowed.end()).into());
        if !(first..=last).contains(&number) {
            self.bad(value.span, format!("`{key}` must be from {first} to {last}"));
            return None;
        }
        T::try_from(number).ok()
    }

    fn one_of(&mut self, key: &str, allowed: &[&str]) -> Option<String> {
        let value = self.raw.string(key)?;
        if allowed.contains(&value.node) {
            return Some(value.node.to_owned());
        }
        let list = allowed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let one_of = if allowed.len() == 1 { "" } else { "one of " };
        let message = format!("`{key}` must be {one_of}{list}, not `{}`", value.node);
        let mut wrong = Diagnostic::new(Code::BadValue, value.span, message);
        if let Some(meant) = closest(value.node, allowed.iter().copied()) {
            wrong = wrong.help(format!("did you mean `{meant}`?"));
        }
        self.diags.push(wrong);
        None
    }

    /// Severity and risk score; where one is missing or wrong, it follows the other.
    fn risk(&mut self, source: Source) -> (Severity, u8) {
        let severity = self.one_of("severity", &Severity::ALL.map(Severity::as_str));
        let severity = severity.as_deref().and_then(Severity::from_name);
        let score = self.number("risk_score", 0..=100);
        match (severity, score) {
            (Some(severity), Some(score)) => (severity, score),
            (Some(severity), None) => (severity, severity.risk_scores().1),
            (None, Some(score)) => (Severity::of_risk_score(score), score),
            (None, None) if source == Source::Endpoint => (Severity::Medium, 47),
            (None, None) => (Severity::Low, 0),
        }
    }

    fn schedule(&mut self) -> Schedule {
        let interval = self.time("interval", schedule::duration, schedule::DURATIONS, 300_000);
        let from = self.time("from", schedule::before_now, schedule::DATE_MATH, 360_000);
        let to = self.time("to", schedule::before_now, schedule::DATE_MATH, 0);
        if from <= to {
            let message = "the window of the rule ends before it starts".to_owned();
            let wrong = Diagnostic::new(Code::BadSchedule, self.raw.place("from"), message);
            self.diags.push(wrong.note(
                "a run searches events from `from` to `to`, which default to `now-6m` and `now`",
            ));
        }
        Schedule { interval, from, to }
    }

    fn time(
        &mut self,
        key: &str,
        read: fn(&str) -> Result<u64, String>,
        allowed: &str,
        default: u64,
    ) -> u64 {
        let Some(value) = self.raw.string(key) else { return default };
        read(value.node).unwrap_or_else(|reason| {
            let wrong =
                Diagnostic::new(Code::BadSchedule, value.span, format!("bad `{key}`: {reason}"));
            self.diags.push(wrong.help(format!("`{key}` is {allowed}")));
            default
        })
    }
}

/// The keys that have no member of their own, as JSON, by key.
fn other(raw: &RawMeta) -> Vec<(String, String)> {
    let kept = |entry: &&RawEntry| keys::key(&entry.0).is_some_and(|key| key.scope == Scope::Kept);
    let json = |(key, value): &RawEntry| (key.node.clone(), value.to_json().to_string());
    let mut other: Vec<_> = raw.entries.iter().filter(kept).map(json).collect();
    other.sort();
    other.dedup_by(|(a, _), (b, _)| a == b);
    other
}

fn check_timeline(raw: &RawMeta, diags: &mut Diagnostics) {
    for (key, partner) in [("timeline_id", "timeline_title"), ("timeline_title", "timeline_id")] {
        if let (Some(value), None) = (raw.get(key), raw.get(partner)) {
            let message = format!("`{key}` needs `{partner}`");
            diags.push(Diagnostic::new(Code::MissingKey, value.span, message));
        }
    }
}

/// Keys that choose events in Kibana and that the compiler cannot apply.
fn check_unread(raw: &RawMeta, diags: &mut Diagnostics) {
    for (key, why) in [
        ("filters", "write the condition into the query"),
        ("exceptions_list", "exception lists are kept in Kibana, not in the rule"),
    ] {
        if let Some(Spanned { node: RawValue::Array(items), span }) = raw.get(key)
            && !items.is_empty()
        {
            let message = format!("`{key}` chooses events in Kibana and not in the compiled rule");
            diags.push(Diagnostic::new(Code::IgnoredKey, *span, message).note(why));
        }
    }
}

/// `alert_suppression = { group_by = ["host.id"], duration = { value = 5, unit = "m" } }`
fn check_suppression(raw: &RawMeta, diags: &mut Diagnostics) {
    let Some(Spanned { node: RawValue::Table(entries), span }) = raw.get("alert_suppression")
    else {
        return;
    };
    let mut bad =
        |span: Span, message: &str| diags.push(Diagnostic::new(Code::BadValue, span, message));
    for (key, value) in entries {
        match (key.as_str(), &value.node) {
            ("group_by", RawValue::Array(items)) if (1..=5).contains(&items.len()) => {
                for item in items.iter().filter(|item| item.as_str().is_none()) {
                    bad(item.span, "an element of `group_by` must be the path of a field");
                }
            }
            ("group_by", _) => bad(value.span, "`group_by` must be a list of 1 to 5 fields"),
            ("duration", RawValue::Table(parts)) => {
                let count = member(parts, "value").map(|value| &value.node);
                let unit = member(parts, "unit").and_then(|unit| unit.as_str());
                let whole = matches!(count, Some(RawValue::Int(count)) if *count > 0);
                if !whole || !matches!(unit, Some("s" | "m" | "h")) {
                    bad(
                        value.span,
                        "`duration` must have a positive `value` and a `unit` of `s`, `m` or `h`",
                    );
                }
            }
            ("duration", _) => {
                bad(value.span, "`duration` must be a table with `value` and `unit`");
            }
            ("missing_fields_strategy", RawValue::Str(word))
                if matches!(word.as_str(), "suppress" | "doNotSuppress") => {}
            ("missing_fields_strategy", _) => {
                bad(value.span, "`missing_fields_strategy` must be `suppress` or `doNotSuppress`");
            }
            _ => bad(
                key.span,
                "`alert_suppression` may have `group_by`, `duration` and `missing_fields_strategy`",
            ),
        }
    }
    if member(entries, "group_by").is_none() {
        bad(*span, "`alert_suppression` must have `group_by`");
    }
}
