//! What an alert descends from.

use serde_json::{Value, json};

use super::{ANCESTORS, DEPTH, Origin, RULE_UUID, UUID};
use crate::json::any_at;

/// The ancestors of an alert of one event, and how far it is from the events at the root.
pub(super) struct Lineage {
    pub(super) ancestors: Vec<Value>,
    pub(super) depth: u64,
}

impl Lineage {
    /// Rules may read alerts, so the event may have ancestors itself.
    pub(super) fn of(source: &Value, origin: Origin<'_>) -> Self {
        let mut ancestors = Vec::new();
        any_at(source, ANCESTORS, &mut |ancestor| {
            ancestors.push(ancestor.clone());
            false
        });
        let is_alert = first(source, UUID).is_some();
        let depth = if is_alert {
            first(source, DEPTH).and_then(|depth| depth.as_u64()).unwrap_or(1)
        } else {
            0
        };
        let rule = first(source, RULE_UUID).filter(|_| is_alert);
        ancestors.push(ancestor(origin, depth, rule.as_ref().and_then(Value::as_str)));
        Self { ancestors, depth: depth + 1 }
    }

    pub(super) fn has_rule(&self, rule_uuid: &str) -> bool {
        self.ancestors.iter().any(|ancestor| ancestor["rule"] == rule_uuid)
    }
}

/// One entry of the ancestors: an alert where a rule made it, an event else.
pub(super) fn ancestor(origin: Origin<'_>, depth: u64, rule: Option<&str>) -> Value {
    let mut ancestor = json!({
        "id": origin.id,
        "index": origin.index,
        "type": if depth > 0 { "signal" } else { "event" },
        "depth": depth,
    });
    if let Some(rule) = rule {
        ancestor["rule"] = Value::from(rule);
    }
    ancestor
}

fn first(source: &Value, path: &str) -> Option<Value> {
    let mut found = None;
    any_at(source, path, &mut |value| {
        found = Some(value.clone());
        true
    });
    found
}
