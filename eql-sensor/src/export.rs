//! Rules in the format that Kibana imports.

use eql::RuleMeta;
use serde_json::{Map, Value, json};

/// The whole rule as an object of Kibana's rule import.
///
/// Keys that a rule does not have are left out, so that Kibana's own defaults hold.
pub(crate) fn kibana(meta: &RuleMeta) -> Map<String, Value> {
    let mut rule = Map::new();
    let mut put = |key: &str, value: Value| {
        if !is_empty(&value) {
            rule.insert(key.to_owned(), value);
        }
    };
    put("required_fields", required_fields(meta));
    for (key, text) in meta.other {
        put(key, serde_json::from_str(text).unwrap_or_else(|_| json!(text)));
    }
    put("rule_id", json!(meta.rule_id));
    put("name", json!(meta.name));
    put("description", json!(meta.description));
    put("risk_score", json!(meta.risk_score));
    put("severity", json!(meta.severity.as_str()));
    put("type", json!("eql"));
    put("language", json!(meta.language));
    put("query", json!(meta.query));
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
    put("threat", json!(meta.threat));
    put("building_block_type", json!(meta.building_block_type));
    put("event_category_override", json!(meta.event_category_override));
    put("timestamp_field", json!(meta.timestamp_field));
    put("tiebreaker_field", json!(meta.tiebreaker_field));
    put("timestamp_override", json!(meta.timestamp_override));
    put("rule_name_override", json!(meta.rule_name_override));
    rule
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

fn required_fields(meta: &RuleMeta) -> Value {
    meta.fields.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect()
}
