//! The objects that Kibana exports and imports.

use std::collections::HashSet;

use eql_grammar::config::Lints;
use eql_grammar::diag::Code;
use eql_grammar::hir::Root;
use eql_grammar::meta::{self, Attack, Meta, Scope, Threat};
use eql_grammar::rule::{self, Rule, Settings};
use eql_grammar::rule_file::{RuleFile, parse_kibana_line};
use eql_grammar::schema::Schema;
use serde_json::{Map, Value, json};
use toml_edit::Item;

use super::rule_toml::RuleToml;
use super::{Imported, Line, Source, entries};

/// Reads a line of an export.
pub(super) fn read(line: &str) -> Result<Line, String> {
    let read = match parse_kibana_line(line, 0) {
        Ok(Some(read)) => read,
        Ok(None) => return Ok(Line::Other(other(line).to_owned())),
        Err(diags) => {
            let not_eql =
                diags.as_slice().iter().find(|diagnostic| diagnostic.code == Code::NotEql);
            return match not_eql {
                Some(not_eql) => Ok(Line::Other(not_eql.message.clone())),
                None => Err(super::said(&diags)),
            };
        }
    };
    let (mut file, mut notes, mut twice, mut kibanas) =
        (RuleToml::new(), Vec::new(), Vec::new(), Vec::new());
    let rule = file.make("rule")?;
    let mut seen = HashSet::new();
    for (key, value) in &read.raw.entries {
        let item = match key.as_str() {
            "query" => toml_edit::value(read.query.text.as_str()),
            _ => entries::item(value),
        };
        match meta::key(key).map(|key| key.scope) {
            _ if !seen.insert(key.as_str()) => twice.push(format!("`{}`", key.node)),
            Some(Scope::Everywhere | Scope::Kept) if is_empty(&entries::json(&item)) => {}
            Some(Scope::Everywhere | Scope::Kept) => {
                rule.insert(key, item);
            }
            Some(Scope::Ignored) => kibanas.push(format!("`{}`", key.node)),
            Some(Scope::Attributes) | None => {
                notes.push(format!("`{}` has no place in a rule file", key.node));
            }
        }
    }
    if rule.get("required_fields").is_some_and(|listed| lists(listed, &read, line)) {
        rule.remove("required_fields");
    }
    if !kibanas.is_empty() {
        notes.push(format!("passed over what is Kibana's own: {}", kibanas.join(", ")));
    }
    if !twice.is_empty() {
        notes.push(format!("the first value counts of what is given twice: {}", twice.join(", ")));
    }
    let name = rule.get("name").and_then(Item::as_str).unwrap_or_default().to_owned();
    let mut derived = Vec::new();
    if !rule.contains_key("rule_id") {
        derived.push(super::derive_id(rule, &name));
    }
    Ok(Line::Rule(Box::new(Imported {
        name,
        notes,
        file,
        source: Source::Kibana,
        derived,
        lost: Vec::new(),
    })))
}

/// What a line holds that is no rule.
fn other(line: &str) -> &'static str {
    let Ok(Value::Object(object)) = serde_json::from_str(line) else { return "no rule" };
    let has = |key: &str| object.contains_key(key);
    if has("exported_count") || has("exported_rules_count") {
        "the counts of the export"
    } else if has("item_id") {
        "an item of an exception list"
    } else if has("list_id") {
        "an exception list"
    } else if has("attributes") {
        "a connector"
    } else {
        "no rule"
    }
}

/// Whether a list of fields says nothing but what the query reads: then it comes back with every export.
fn lists(listed: &Item, file: &RuleFile, line: &str) -> bool {
    let lints = Lints::default();
    let settings =
        Settings { schema: Schema::builtin(), lints: &lints, attack: Default::default() };
    let Some(rule) = rule::check_file(file, line, None, &settings).rule else { return false };
    let Value::Array(listed) = entries::json(listed) else { return false };
    let mut listed: Vec<Value> = listed;
    for field in &mut listed {
        // Elastic's build adds whether a field is of ECS.
        if let Some(field) = field.as_object_mut() {
            field.remove("ecs");
        }
    }
    listed.sort_by_cached_key(Value::to_string);
    let mut read: Vec<Value> = required_fields(&rule);
    read.sort_by_cached_key(Value::to_string);
    listed == read
}

/// The object of a rule that Kibana imports; `query` is the text of its query.
///
/// Keys that a rule does not have are left out, so that Kibana's own defaults hold. It is what `eql-sensor rules` writes
/// of the rule.
#[must_use]
pub fn object(rule: &Rule, query: &str) -> Map<String, Value> {
    facts(&rule.meta, query, required_fields(rule))
}

/// A rule's metadata as Kibana spells it.
pub(super) fn facts(meta: &Meta, query: &str, required_fields: Vec<Value>) -> Map<String, Value> {
    let mut rule = Map::new();
    let mut put = |key: &str, value: Value| {
        if !is_empty(&value) {
            rule.insert(key.to_owned(), value);
        }
    };
    put("required_fields", required_fields.into());
    for (key, text) in &meta.other {
        put(key, serde_json::from_str(text).unwrap_or_else(|_| json!(text)));
    }
    let rule_id = meta.rule_id.clone().unwrap_or_else(|| meta::derived_id(&meta.name));
    let description = meta.description.as_deref().unwrap_or(&meta.name);
    put("rule_id", json!(rule_id));
    put("name", json!(meta.name));
    put("description", json!(description.trim()));
    put("risk_score", json!(meta.risk_score));
    put("severity", json!(meta.severity.as_str()));
    put("type", json!("eql"));
    put("language", json!("eql"));
    put("query", json!(query.trim()));
    put("index", json!(meta.index));
    put("interval", json!(meta.interval));
    put("from", json!(meta.from));
    put("to", json!(meta.to));
    put("max_signals", json!(meta.max_signals));
    put("version", json!(meta.version));
    put("author", json!(meta.author));
    put("license", json!(meta.license));
    put("tags", json!(meta.tags));
    put("references", json!(meta.references));
    put("false_positives", json!(meta.false_positives));
    put("note", json!(meta.note));
    put("setup", json!(meta.setup));
    put("threat", meta.threat.iter().map(threat).collect());
    put("building_block_type", json!(meta.building_block_type));
    put("event_category_override", json!(meta.event_category_override));
    put("timestamp_field", json!(meta.timestamp_field));
    put("tiebreaker_field", json!(meta.tiebreaker_field));
    put("timestamp_override", json!(meta.timestamp_override));
    put("rule_name_override", json!(meta.rule_name_override));
    rule
}

fn threat(threat: &Threat) -> Value {
    let technique = threat.technique.iter().map(|technique| {
        let mut entry = attack(&technique.technique);
        entry["subtechnique"] = technique.subtechnique.iter().map(attack).collect();
        entry
    });
    let technique: Vec<Value> = technique.collect();
    json!({ "framework": threat.framework, "tactic": attack(&threat.tactic), "technique": technique })
}

fn attack(entry: &Attack) -> Value {
    json!({ "id": entry.id, "name": entry.name, "reference": entry.reference })
}

/// The fields that the query reads, as Kibana lists them.
fn required_fields(rule: &Rule) -> Vec<Value> {
    let fields = rule.hir.fields.iter().filter(|field| field.root == Root::Event);
    let mut fields: Vec<_> =
        fields.filter_map(|field| Some((&field.path, field.ty?.name()))).collect();
    fields.sort();
    fields.into_iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

/// The last line of an export of Kibana: the counts of what stands above it.
#[must_use]
pub fn summary_line(rules: usize) -> Value {
    json!({
        "exported_count": rules,
        "exported_rules_count": rules,
        "missing_rules": [],
        "missing_rules_count": 0,
        "exported_exception_list_count": 0,
        "exported_exception_list_item_count": 0,
        "missing_exception_lists": [],
        "missing_exception_lists_count": 0,
        "missing_exception_list_items": [],
        "missing_exception_list_items_count": 0,
        "exported_action_connector_count": 0,
        "missing_action_connection_count": 0,
        "missing_action_connections": [],
        "excluded_action_connection_count": 0,
        "excluded_action_connections": [],
    })
}
