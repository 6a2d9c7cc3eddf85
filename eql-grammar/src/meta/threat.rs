//! The mapping of a rule to MITRE ATT&CK.
//!
//! It is written as Kibana does, `{ framework, tactic, technique }`, or short,
//! `"TA0009/T1114.001"`: names, links and the technique of a sub-technique then come from ATT&CK.

use super::raw::member;
use super::{Attack, RawEntry, RawValue, Technique, Threat};
use crate::attack::{self, Entry, Kind, Status, Version};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::span::{Span, Spanned};

const SHORT: &str = "a tactic, or a tactic and a technique: `\"TA0009\"`, `\"TA0009/T1114.001\"`";

/// Reads the value of `threat`, which was checked to be a list.
pub(super) fn read(
    value: &Spanned<RawValue>,
    version: Version,
    diags: &mut Diagnostics,
) -> Vec<Threat> {
    let RawValue::Array(items) = &value.node else { return Vec::new() };
    let mut reader = Reader { diags, version, threats: Vec::new() };
    for item in items {
        match &item.node {
            RawValue::Str(text) => reader.short(text, item.span),
            RawValue::Table(entries) => reader.long(entries, item.span),
            other => {
                let message = format!(
                    "an element of `threat` must be a string or a table, not {}",
                    other.describe()
                );
                reader.bad(item.span, message);
            }
        }
    }
    reader.threats
}

struct Reader<'a> {
    diags: &'a mut Diagnostics,
    version: Version,
    threats: Vec<Threat>,
}

impl Reader<'_> {
    fn bad(&mut self, span: Span, message: String) {
        self.diags.push(Diagnostic::new(Code::BadValue, span, message));
    }

    /// `"TA0009/T1114.001"`
    fn short(&mut self, text: &str, span: Span) {
        let (tactic, technique) = match text.split_once('/') {
            Some((tactic, technique)) => (tactic, Some(technique)),
            None => (text, None),
        };
        let Some(tactic) = self.short_entry(tactic, span) else { return };
        if tactic.kind != Kind::Tactic {
            self.no_tactic(tactic, span);
            return;
        }
        let Some(technique) = technique else {
            self.threat(tactic);
            return;
        };
        let Some(technique) = self.short_entry(technique, span) else { return };
        if technique.kind == Kind::Tactic {
            self.bad(
                span,
                format!("`{}` is a tactic; an element of `threat` is {SHORT}", technique.id),
            );
            return;
        }
        self.under(technique, tactic.id, span);
        let threat = self.threat(tactic);
        let parent = technique.parent().and_then(attack::lookup);
        let group = technique_of(threat, parent.unwrap_or(technique));
        if parent.is_some() && group.subtechnique.iter().all(|sub| sub.id != technique.id) {
            group.subtechnique.push(attack_of(technique));
        }
    }

    fn short_entry(&mut self, id: &str, span: Span) -> Option<Entry> {
        let entry = attack::lookup(id);
        match entry {
            Some(entry) => self.status(entry, span),
            None => self.unknown(id, span),
        }
        entry
    }

    fn unknown(&mut self, id: &str, span: Span) {
        let version = attack::VERSION;
        let mut unknown = Diagnostic::new(
            Code::UnknownTechnique,
            span,
            format!("`{id}` is not in MITRE ATT&CK {version}"),
        );
        if attack::may_be_newer(id) {
            unknown = unknown.note(
                "an id of a later ATT&CK is written with its name and link: \
                 `{ tactic = { id = …, name = …, reference = … }, technique = […] }`",
            );
            let before: Vec<_> = attack::entries()
                .filter(|e| e.v19_id == Some(id))
                .map(|e| format!("`{}`", e.id))
                .collect();
            if !before.is_empty() {
                unknown =
                    unknown.help(format!("in ATT&CK {version} it is {}", before.join(" or ")));
            }
        } else if let Some(meant) = attack::suggest(id) {
            unknown = unknown.help(format!("did you mean `{}` ({})?", meant.id, meant.name));
        } else {
            unknown = unknown.help(format!("an element of `threat` is {SHORT}"));
        }
        self.diags.push(unknown);
    }

    /// A technique that stands without its tactic.
    fn no_tactic(&mut self, technique: Entry, span: Span) {
        let message = format!("`{}` stands without its tactic", technique.id);
        let mut wrong = Diagnostic::new(Code::BadValue, span, message);
        for tactic in technique.tactics() {
            wrong = wrong.help(format!("write `\"{tactic}/{}\"`{}", technique.id, named(tactic)));
        }
        self.diags.push(wrong);
    }

    fn status(&mut self, entry: Entry, span: Span) {
        let gone = match entry.status {
            Status::Current => {
                self.replaced(entry, span);
                return;
            }
            Status::Deprecated => "deprecated",
            Status::Revoked => "revoked",
        };
        let message = format!("ATT&CK has {gone} `{}` ({})", entry.id, entry.name);
        let mut lint = Diagnostic::new(Code::RevokedTechnique, span, message);
        if let Some(by) = entry.replaced_by {
            lint = lint.help(format!("it is now `{by}`{}", named(by)));
        }
        self.diags.push(lint);
    }

    /// An id that ATT&CK 19 replaced, in a project whose rules are mapped to 19.
    fn replaced(&mut self, entry: Entry, span: Span) {
        let Some(now) = entry.v19_id.filter(|_| self.version == Version::V19) else { return };
        let message = format!("ATT&CK 19 has replaced `{}` ({})", entry.id, entry.name);
        self.diags.push(
            Diagnostic::new(Code::RevokedTechnique, span, message)
                .help(format!("it is now `{now}`"))
                .note("`version` in `[attack]` of `eql.toml` says which ATT&CK is meant"),
        );
    }

    fn under(&mut self, technique: Entry, tactic: &str, span: Span) {
        // A tactic that this table does not have may have taken techniques from others.
        if attack::lookup(tactic).is_none() || technique.tactics().any(|id| id == tactic) {
            return;
        }
        let tactics: Vec<_> =
            technique.tactics().map(|id| format!("`{id}`{}", named(id))).collect();
        let message = format!(
            "`{}` ({}) is not under `{tactic}`{}",
            technique.id,
            technique.name,
            named(tactic)
        );
        let wrong = Diagnostic::new(Code::WrongTactic, span, message);
        self.diags.push(wrong.help(format!("it is under {}", tactics.join(", "))));
    }

    /// The threat of a tactic; a new one where the rule has none yet.
    fn threat(&mut self, tactic: Entry) -> &mut Threat {
        let at = self.threats.iter().position(|threat| threat.tactic.id == tactic.id);
        let at = at.unwrap_or_else(|| {
            self.threats.push(Threat {
                framework: attack::FRAMEWORK.to_owned(),
                tactic: attack_of(tactic),
                technique: Vec::new(),
            });
            self.threats.len() - 1
        });
        &mut self.threats[at]
    }

    /// `{ framework = "MITRE ATT&CK", tactic = { id = … }, technique = [{ id = …, subtechnique =
    /// […] }] }`
    fn long(&mut self, entries: &[RawEntry], span: Span) {
        self.only(entries, &["framework", "tactic", "technique"], "an element of `threat`");
        let framework = match member(entries, "framework") {
            None => attack::FRAMEWORK.to_owned(),
            Some(Spanned { node: RawValue::Str(text), .. }) => text.clone(),
            Some(other) => {
                self.bad(
                    other.span,
                    format!("`framework` must be a string, not {}", other.describe()),
                );
                return;
            }
        };
        // Other frameworks, such as ATLAS, have ids of their own; they are taken as written.
        let known = framework == attack::FRAMEWORK;
        let Some(Spanned { node: RawValue::Table(tactic), span: tactic_span }) =
            member(entries, "tactic")
        else {
            let missing = Diagnostic::new(
                Code::MissingKey,
                span,
                "an element of `threat` must have a table `tactic`",
            );
            self.diags.push(missing.help("its keys are `id`, `name` and `reference`"));
            return;
        };
        self.only(tactic, &["id", "name", "reference"], "a tactic");
        let Some(tactic) = self.attack(tactic, *tactic_span, known.then_some(&[Kind::Tactic]))
        else {
            return;
        };
        let mut threat = Threat { framework, tactic, technique: Vec::new() };
        for (entries, span) in self.tables(entries, "technique") {
            self.only(entries, &["id", "name", "reference", "subtechnique"], "a technique");
            let Some(found) = self.attack(entries, span, known.then_some(&[Kind::Technique]))
            else {
                continue;
            };
            if let Some(entry) = attack::lookup(&found.id).filter(|_| known) {
                self.under(entry, &threat.tactic.id, id_span(entries, span));
            }
            let mut technique = Technique { technique: found, subtechnique: Vec::new() };
            self.subtechniques(entries, &mut technique, known);
            threat.technique.push(technique);
        }
        self.threats.push(threat);
    }

    fn subtechniques(&mut self, entries: &[RawEntry], technique: &mut Technique, known: bool) {
        for (entries, span) in self.tables(entries, "subtechnique") {
            self.only(entries, &["id", "name", "reference"], "a sub-technique");
            let Some(found) = self.attack(entries, span, known.then_some(&[Kind::Subtechnique]))
            else {
                continue;
            };
            let parent = found.id.split_once('.').map(|(parent, _)| parent);
            if known && parent != Some(&technique.technique.id) {
                let message =
                    format!("`{}` is no sub-technique of `{}`", found.id, technique.technique.id);
                let wrong = Diagnostic::new(Code::WrongTactic, id_span(entries, span), message);
                self.diags
                    .push(wrong.help(format!("it is one of `{}`", parent.unwrap_or_default())));
            }
            technique.subtechnique.push(found);
        }
    }

    /// The tables of a list of tables; an absent list has none.
    fn tables<'a>(&mut self, entries: &'a [RawEntry], key: &str) -> Vec<(&'a [RawEntry], Span)> {
        let Some(value) = member(entries, key) else { return Vec::new() };
        let RawValue::Array(items) = &value.node else {
            self.bad(
                value.span,
                format!("`{key}` must be a list of tables, not {}", value.describe()),
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match &item.node {
                RawValue::Table(entries) => tables.push((entries.as_slice(), item.span)),
                other => self.bad(
                    item.span,
                    format!("`{key}` must be a list of tables, not of {}", other.describe()),
                ),
            }
        }
        tables
    }

    fn only(&mut self, entries: &[RawEntry], allowed: &[&str], what: &str) {
        for (key, _) in entries.iter().filter(|(key, _)| !allowed.contains(&key.as_str())) {
            let list =
                allowed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("unknown key `{}` in {what}", key.node);
            self.diags.push(
                Diagnostic::new(Code::UnknownKey, key.span, message)
                    .note(format!("it may have: {list}")),
            );
        }
    }

    /// One `{ id, name, reference }`. What is not given comes from ATT&CK.
    ///
    /// `kinds` is what the id may be; `None` for another framework, whose ids are not looked up.
    fn attack(
        &mut self,
        entries: &[RawEntry],
        span: Span,
        kinds: Option<&[Kind; 1]>,
    ) -> Option<Attack> {
        let id = self.field(entries, "id");
        let (name, reference) = (self.field(entries, "name"), self.field(entries, "reference"));
        let Some(id) = id else {
            if member(entries, "id").is_none() {
                self.diags.push(Diagnostic::new(
                    Code::MissingKey,
                    span,
                    "an entry of ATT&CK must have an `id`",
                ));
            }
            return None;
        };
        let entry = kinds.and_then(|_| attack::lookup(id.node));
        if let (Some([wanted]), Some(found)) =
            (kinds, entry.map_or_else(|| Kind::of(id.node), |e| Some(e.kind)))
            && found != *wanted
        {
            self.bad(
                id.span,
                format!(
                    "`{}` is a {}, and a {} belongs here",
                    id.node,
                    found.name(),
                    wanted.name()
                ),
            );
            return None;
        }
        let Some(entry) = entry else {
            return self.unlisted(&id, name, reference, kinds.is_some());
        };
        self.status(entry, id.span);
        if let Some(name) = &name {
            self.name(entry, name);
        }
        if let Some(reference) = &reference {
            self.reference(entry, reference);
        }
        Some(Attack {
            id: entry.id.to_owned(),
            name: name.map_or(entry.name, |name| name.node).to_owned(),
            reference: entry.reference(),
        })
    }

    /// An entry that the table does not have: of another framework, or of a later ATT&CK.
    fn unlisted(
        &mut self,
        id: &Spanned<&str>,
        name: Option<Spanned<&str>>,
        reference: Option<Spanned<&str>>,
        attack: bool,
    ) -> Option<Attack> {
        let complete = name.is_some() && reference.is_some();
        if attack && !(complete && attack::may_be_newer(id.node)) {
            self.unknown(id.node, id.span);
            return None;
        }
        Some(Attack {
            id: id.node.to_owned(),
            name: name.map_or_else(String::new, |name| name.node.to_owned()),
            reference: reference.map_or_else(String::new, |link| link.node.to_owned()),
        })
    }

    fn field<'a>(&mut self, entries: &'a [RawEntry], key: &str) -> Option<Spanned<&'a str>> {
        let value = member(entries, key)?;
        match &value.node {
            RawValue::Str(text) => Some(Spanned::new(text, value.span)),
            other => {
                self.bad(value.span, format!("`{key}` must be a string, not {}", other.describe()));
                None
            }
        }
    }

    /// ATT&CK renames entries from version to version, so a name that no entry has is taken for one
    /// of another version, unless it is a slip of the right name.
    fn name(&mut self, entry: Entry, name: &Spanned<&str>) {
        if name.node == entry.name {
            return;
        }
        let other = attack::entries().find(|e| e.status == Status::Current && e.name == name.node);
        let slip = strsim::osa_distance(&name.node.to_lowercase(), &entry.name.to_lowercase()) <= 2;
        if other.is_none() && !slip {
            return;
        }
        let message = format!("`{}` is not named `{}`", entry.id, name.node);
        let mut wrong = Diagnostic::new(Code::TechniqueName, name.span, message)
            .help(format!("its name is `{}`", entry.name));
        if let Some(other) = other {
            wrong = wrong.note(format!("`{}` is the name of `{}`", other.name, other.id));
        }
        self.diags.push(wrong);
    }

    fn reference(&mut self, entry: Entry, reference: &Spanned<&str>) {
        let right = entry.reference();
        if reference.node.trim_end_matches('/') != right.trim_end_matches('/') {
            let message = format!("this is not the link of `{}`", entry.id);
            let wrong = Diagnostic::new(Code::TechniqueName, reference.span, message);
            self.diags.push(wrong.help(format!("its link is `{right}`")));
        }
    }
}

fn id_span(entries: &[RawEntry], whole: Span) -> Span {
    member(entries, "id").map_or(whole, |id| id.span)
}

fn attack_of(entry: Entry) -> Attack {
    Attack { id: entry.id.to_owned(), name: entry.name.to_owned(), reference: entry.reference() }
}

/// The technique of a threat; a new one where the threat has none yet.
fn technique_of(threat: &mut Threat, technique: Entry) -> &mut Technique {
    let at = threat.technique.iter().position(|known| known.technique.id == technique.id);
    let at = at.unwrap_or_else(|| {
        threat
            .technique
            .push(Technique { technique: attack_of(technique), subtechnique: Vec::new() });
        threat.technique.len() - 1
    });
    &mut threat.technique[at]
}

/// ` (Collection)`, for an id that has a name.
fn named(id: &str) -> String {
    attack::lookup(id).map_or_else(String::new, |entry| format!(" ({})", entry.name))
}
