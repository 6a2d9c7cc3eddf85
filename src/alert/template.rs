//! What a rule gives to all its alerts.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use serde_json::{Map, Value, json};

use super::overrides::{RiskScoreMapping, SeverityMapping};
use super::{identity, source};
use crate::rule::{Attack, RuleMeta, Technique, Threat};

/// Keys of a rule that say how Kibana runs it. They have no place among its parameters.
const RUN_KEYS: [&str; 9] = [
    "actions",
    "created_at",
    "created_by",
    "enabled",
    "id",
    "revision",
    "throttle",
    "updated_at",
    "updated_by",
];

/// The constant part of a rule's alerts, made once.
pub(super) struct Template {
    pub(super) rule: &'static RuleMeta,
    pub(super) rule_uuid: String,
    pub(super) constants: Map<String, Value>,
    pub(super) severity_mapping: Vec<SeverityMapping>,
    pub(super) risk_score_mapping: Vec<RiskScoreMapping>,
}

impl Template {
    /// The template of a rule.
    ///
    /// There is one for each address of a `RuleMeta`. They are never freed, as rules never are.
    pub(super) fn of(rule: &'static RuleMeta) -> &'static Self {
        static TEMPLATES: RwLock<BTreeMap<usize, &'static Template>> = RwLock::new(BTreeMap::new());
        let address = std::ptr::from_ref(rule).addr();
        let known = TEMPLATES.read().unwrap_or_else(PoisonError::into_inner).get(&address).copied();
        known.unwrap_or_else(|| {
            let mut templates = TEMPLATES.write().unwrap_or_else(PoisonError::into_inner);
            templates.entry(address).or_insert_with(|| Box::leak(Box::new(Self::new(rule))))
        })
    }

    fn new(rule: &'static RuleMeta) -> Self {
        let other = Other::read(rule);
        let rule_uuid = identity::rule_uuid(rule.rule_id);
        let mut constants = alert_fields(rule);
        let mut put = |key: &str, value: Value| {
            constants.insert(format!("kibana.alert.rule.{key}"), value);
        };
        put("uuid", rule_uuid.as_str().into());
        put("parameters", Value::Object(parameters(rule, &other)));
        for (key, value) in rule_fields(rule).into_iter().chain(run_fields(&other)) {
            put(key, value);
        }
        let mut meta = Vec::new();
        source::flatten("meta", &other.get("meta"), &mut meta);
        for (key, value) in meta.into_iter().filter(|(_, value)| !value.is_null()) {
            put(&key, value);
        }

        let read = |key| other.get(key).as_array().cloned().unwrap_or_default();
        Self {
            rule,
            rule_uuid,
            constants,
            severity_mapping: read("severity_mapping")
                .iter()
                .filter_map(SeverityMapping::read)
                .collect(),
            risk_score_mapping: read("risk_score_mapping")
                .iter()
                .filter_map(RiskScoreMapping::read)
                .collect(),
        }
    }
}

/// The keys of a rule that [`RuleMeta`] has no member for.
struct Other(Map<String, Value>);

impl Other {
    fn read(rule: &RuleMeta) -> Self {
        let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        Self(rule.other.iter().map(|(key, text)| ((*key).to_owned(), read(text))).collect())
    }

    /// Null where the rule does not have it.
    fn get(&self, key: &str) -> Value {
        self.0.get(key).cloned().unwrap_or_default()
    }

    fn get_or(&self, key: &str, default: Value) -> Value {
        self.0.get(key).cloned().unwrap_or(default)
    }
}

/// Fields of the alert itself.
fn alert_fields(rule: &RuleMeta) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("event.kind", "signal".into());
    put("kibana.alert.status", "active".into());
    put("kibana.alert.workflow_status", "open".into());
    put("kibana.alert.workflow_tags", json!([]));
    put("kibana.alert.workflow_assignee_ids", json!([]));
    put("kibana.alert.severity", rule.severity.as_str().into());
    put("kibana.alert.risk_score", rule.risk_score.into());
    if let Some(kind) = rule.building_block_type {
        put("kibana.alert.building_block_type", kind.into());
    }
    fields
}

/// Fields of the copy of the rule that its metadata give, without those that are absent.
fn rule_fields(rule: &RuleMeta) -> Vec<(&'static str, Value)> {
    let optional = [
        ("building_block_type", rule.building_block_type),
        ("license", text(rule.license)),
        ("note", text(rule.note)),
        ("rule_name_override", rule.rule_name_override),
        ("timestamp_override", rule.timestamp_override),
    ];
    let mut fields = vec![
        ("author", json!(rule.author)),
        ("category", "Event Correlation Rule".into()),
        ("consumer", "siem".into()),
        ("description", rule.description.into()),
        ("false_positives", json!(rule.false_positives)),
        ("from", rule.from.into()),
        ("indices", json!(rule.index)),
        ("interval", rule.interval.into()),
        ("max_signals", rule.max_signals.into()),
        ("name", rule.name.into()),
        ("producer", "siem".into()),
        ("references", json!(rule.references)),
        ("risk_score", rule.risk_score.into()),
        ("rule_id", rule.rule_id.into()),
        ("rule_type_id", "siem.eqlRule".into()),
        ("severity", rule.severity.as_str().into()),
        ("tags", json!(rule.tags)),
        ("threat", threat(rule)),
        ("to", rule.to.into()),
        ("type", "eql".into()),
        ("version", rule.version.into()),
    ];
    fields.extend(optional.into_iter().filter_map(|(key, value)| Some((key, value?.into()))));
    fields
}

/// Fields of the copy of the rule that a saved rule has and [`RuleMeta`] has no member for.
fn run_fields(other: &Other) -> Vec<(&'static str, Value)> {
    let mut fields = vec![
        ("actions", other.get_or("actions", json!([]))),
        ("enabled", other.get_or("enabled", true.into())),
        ("exceptions_list", other.get_or("exceptions_list", json!([]))),
        ("immutable", other.get_or("immutable", false.into())),
        ("revision", other.get_or("revision", 0.into())),
        ("risk_score_mapping", other.get_or("risk_score_mapping", json!([]))),
        ("severity_mapping", other.get_or("severity_mapping", json!([]))),
    ];
    let optional = [
        "created_at",
        "created_by",
        "namespace",
        "throttle",
        "timeline_id",
        "timeline_title",
        "updated_at",
        "updated_by",
    ];
    fields.extend(optional.into_iter().filter_map(|key| Some((key, other.0.get(key)?.clone()))));
    fields
}

/// The rule once more, as Kibana stores it: without its name, tags and interval, which Kibana stores apart.
fn parameters(rule: &RuleMeta, other: &Other) -> Map<String, Value> {
    let mut parameters = Map::new();
    let mut put = |key: &str, value: Value| {
        parameters.insert(key.to_owned(), value);
    };
    for (key, value) in [
        ("author", json!(rule.author)),
        ("description", rule.description.into()),
        ("exceptions_list", json!([])),
        ("false_positives", json!(rule.false_positives)),
        ("from", rule.from.into()),
        ("immutable", false.into()),
        ("index", json!(rule.index)),
        ("language", rule.language.into()),
        ("max_signals", rule.max_signals.into()),
        ("query", rule.query.into()),
        ("references", json!(rule.references)),
        ("related_integrations", json!([])),
        ("required_fields", required_fields(rule)),
        ("risk_score", rule.risk_score.into()),
        ("risk_score_mapping", json!([])),
        ("rule_id", rule.rule_id.into()),
        ("rule_source", json!({"type": "internal"})),
        ("setup", rule.setup.into()),
        ("severity", rule.severity.as_str().into()),
        ("severity_mapping", json!([])),
        ("threat", threat(rule)),
        ("to", rule.to.into()),
        ("type", "eql".into()),
        ("version", rule.version.into()),
    ] {
        put(key, value);
    }
    for (key, value) in [
        ("building_block_type", rule.building_block_type),
        ("event_category_override", rule.event_category_override),
        ("license", text(rule.license)),
        ("note", text(rule.note)),
        ("rule_name_override", rule.rule_name_override),
        ("tiebreaker_field", rule.tiebreaker_field),
        ("timestamp_field", rule.timestamp_field),
        ("timestamp_override", rule.timestamp_override),
    ] {
        if let Some(value) = value {
            put(key, value.into());
        }
    }
    for (key, value) in &other.0 {
        if !RUN_KEYS.contains(&key.as_str()) {
            put(key, value.clone());
        }
    }
    parameters
}

fn text(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}

fn required_fields(rule: &RuleMeta) -> Value {
    rule.fields.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect()
}

fn threat(rule: &RuleMeta) -> Value {
    let tactic = |threat: &Threat| {
        json!({
            "framework": threat.framework,
            "tactic": attack(&threat.tactic),
            "technique": threat.technique.iter().map(technique).collect::<Value>(),
        })
    };
    rule.threat.iter().map(tactic).collect()
}

fn technique(technique: &Technique) -> Value {
    let mut entry = attack(&technique.technique);
    if !technique.subtechnique.is_empty() {
        entry["subtechnique"] = technique.subtechnique.iter().map(attack).collect();
    }
    entry
}

fn attack(attack: &Attack) -> Value {
    json!({"id": attack.id, "name": attack.name, "reference": attack.reference})
}
