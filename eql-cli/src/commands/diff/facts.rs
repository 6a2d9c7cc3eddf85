//! Metadata that two versions of a rule have differently.

use std::fmt;

use eql_grammar::ast::Dialect;
use eql_grammar::meta::{Meta, Threat};
use eql_grammar::rule::Rule;
use serde_json::{Value as Json, json};

/// A key with two values.
pub(super) struct Fact {
    key: String,
    change: Change,
}

enum Change {
    /// From one value to another; `None` where it is not given.
    Value(Option<String>, Option<String>),
    /// Entries of a list.
    List { removed: Vec<String>, added: Vec<String> },
    /// The same entries in another order.
    Order,
    /// A text that is too long to show.
    Text,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, change } = self;
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        match change {
            Change::Value(old, new) => write!(f, "{key}: {} -> {}", shown(old), shown(new)),
            Change::List { removed, added } => {
                write!(f, "{key}:")?;
                removed.iter().try_for_each(|entry| write!(f, " -{entry:?}"))?;
                added.iter().try_for_each(|entry| write!(f, " +{entry:?}"))
            }
            Change::Order => write!(f, "{key}: in another order"),
            Change::Text => write!(f, "{key}: another text"),
        }
    }
}

impl Fact {
    pub(super) fn json(&self) -> Json {
        match &self.change {
            Change::Value(old, new) => json!({"key": self.key, "old": old, "new": new}),
            Change::List { removed, added } => {
                json!({"key": self.key, "removed": removed, "added": added})
            }
            Change::Order | Change::Text => json!({"key": self.key}),
        }
    }
}

/// What differs besides the queries. Of a bare query, what it has of a rule is not its own.
pub(super) fn of(old: &Rule, new: &Rule, is_bare: bool) -> Vec<Fact> {
    let mut facts = Facts(Vec::new());
    if !is_bare {
        facts.of_meta(&old.meta, &new.meta);
    }
    let dialect = |rule: &Rule| match rule.hir.dialect {
        Dialect::Elasticsearch => "elasticsearch",
        Dialect::Endpoint => "endpoint",
    };
    facts.value("dialect", dialect(old), dialect(new));
    let pipes = |rule: &Rule| {
        let pipes: Vec<String> = rule.ast.pipes.iter().map(|pipe| format!("| {pipe}")).collect();
        (!pipes.is_empty()).then(|| pipes.join(" "))
    };
    facts.optional("pipes", pipes(old), pipes(new));
    facts.0
}

struct Facts(Vec<Fact>);

impl Facts {
    fn of_meta(&mut self, old: &Meta, new: &Meta) {
        self.optional("rule_id", old.rule_id.clone(), new.rule_id.clone());
        self.value("name", &old.name, &new.name);
        self.value("severity", old.severity.as_str(), new.severity.as_str());
        self.value("risk_score", old.risk_score, new.risk_score);
        self.value("version", old.version, new.version);
        self.value("interval", &old.interval, &new.interval);
        self.value("from", &old.from, &new.from);
        self.value("to", &old.to, &new.to);
        self.value("max_signals", old.max_signals, new.max_signals);
        self.list("index", &old.index, &new.index);
        self.list("threat", &ids(&old.threat), &ids(&new.threat));
        self.list("tags", &old.tags, &new.tags);
        for (key, old, new) in [
            ("building_block_type", &old.building_block_type, &new.building_block_type),
            ("event_category_override", &old.event_category_override, &new.event_category_override),
            ("timestamp_field", &old.timestamp_field, &new.timestamp_field),
            ("tiebreaker_field", &old.tiebreaker_field, &new.tiebreaker_field),
            ("timestamp_override", &old.timestamp_override, &new.timestamp_override),
            ("rule_name_override", &old.rule_name_override, &new.rule_name_override),
        ] {
            self.optional(key, old.clone(), new.clone());
        }
        self.list("author", &old.author, &new.author);
        self.value("license", &old.license, &new.license);
        self.list("references", &old.references, &new.references);
        self.list("false_positives", &old.false_positives, &new.false_positives);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        self.text("description", &text(&old.description), &text(&new.description));
        self.text("note", &old.note, &new.note);
        self.text("setup", &old.setup, &new.setup);
        let find = |list: &[(String, String)], key: &str| {
            list.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
        };
        for (key, value) in &old.other {
            self.optional(key, Some(value.clone()), find(&new.other, key));
        }
        for (key, value) in new.other.iter().filter(|(key, _)| find(&old.other, key).is_none()) {
            self.optional(key, None, Some(value.clone()));
        }
    }

    fn value(&mut self, key: &str, old: impl ToString, new: impl ToString) {
        self.optional(key, Some(old.to_string()), Some(new.to_string()));
    }

    fn optional(&mut self, key: &str, old: Option<String>, new: Option<String>) {
        if old != new {
            self.0.push(Fact { key: key.to_owned(), change: Change::Value(old, new) });
        }
    }

    fn list(&mut self, key: &str, old: &[String], new: &[String]) {
        if old == new {
            return;
        }
        let without = |list: &[String], other: &[String]| {
            list.iter().filter(|entry| !other.contains(entry)).cloned().collect::<Vec<_>>()
        };
        let (removed, added) = (without(old, new), without(new, old));
        let change = match removed.is_empty() && added.is_empty() {
            true => Change::Order,
            false => Change::List { removed, added },
        };
        self.0.push(Fact { key: key.to_owned(), change });
    }

    fn text(&mut self, key: &str, old: &str, new: &str) {
        if old != new {
            self.0.push(Fact { key: key.to_owned(), change: Change::Text });
        }
    }
}

/// `TA0002/T1059/T1059.001`, for each path of the mapping.
fn ids(threats: &[Threat]) -> Vec<String> {
    let mut all = Vec::new();
    for threat in threats {
        let tactic = &threat.tactic.id;
        if threat.technique.is_empty() {
            all.push(tactic.clone());
        }
        for technique in &threat.technique {
            let path = format!("{tactic}/{}", technique.technique.id);
            let below = technique.subtechnique.iter().map(|sub| format!("{path}/{}", sub.id));
            all.extend(below);
            if technique.subtechnique.is_empty() {
                all.push(path);
            }
        }
    }
    all
}
