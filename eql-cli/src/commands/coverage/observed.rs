//! Alerts, counted by rule.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::matrix::Row;
use crate::events;
use crate::exit::Error;

/// The alerts that were looked at.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// How many there are.
    pub(crate) alerts: u64,
    /// Those of rules that are not among ours, by name or id.
    pub(crate) others: BTreeMap<String, u64>,
    /// What is no alert.
    pub(crate) not_alerts: u64,
}

/// Counts the alerts of a file by rule. The rule of an alert is the one with its `rule_id`; where neither that nor
/// its name is that of one rule, it is counted apart.
///
/// An alert of a sequence counts once, without its building blocks, and one that the file has twice counts once.
pub(super) fn count(path: &Path, rules: &mut [Row<'_>]) -> Result<Observed, Error> {
    let mut by_id = BTreeMap::new();
    let mut by_name = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        by_name.entry(rule.name).or_insert(at);
        if let Some(id) = rule.rule_id {
            by_id.entry(id).or_insert(at);
        }
    }
    let mut observed = Observed::default();
    let mut seen = BTreeSet::new();
    for alert in events::read(path)? {
        let field = |path: &str| text(&alert, path);
        let id = field("kibana.alert.rule.rule_id")
            .or_else(|| field("kibana.alert.rule.parameters.rule_id"));
        let name = field("kibana.alert.rule.name");
        let Some(shown) = name.or(id) else {
            observed.not_alerts += 1;
            continue;
        };
        let is_block = get(&alert, "kibana.alert.group.index").is_some();
        let again = field("kibana.alert.uuid").is_some_and(|uuid| !seen.insert(uuid.to_owned()));
        if is_block || again {
            continue;
        }
        observed.alerts += 1;
        // A rule with an id is no other one that has its name.
        let rule = match id {
            Some(id) => by_id.get(id).or_else(|| {
                let named = by_name.get(name?)?;
                rules.get(*named).is_some_and(|rule| rule.rule_id.is_none()).then_some(named)
            }),
            None => name.and_then(|name| by_name.get(name)),
        };
        match rule.and_then(|&at| rules.get_mut(at)) {
            Some(rule) => rule.alerts += 1,
            None => *observed.others.entry(shown.to_owned()).or_default() += 1,
        }
    }
    Ok(observed)
}

fn text<'a>(event: &'a Value, path: &str) -> Option<&'a str> {
    match get(event, path)? {
        Value::String(text) => Some(text),
        // `fields` of a search answers with lists.
        Value::Array(list) => list.first()?.as_str(),
        _ => None,
    }
}

/// The value at a path whose names may be nested or joined with dots, in any mixture.
fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    object.get(path).or_else(|| {
        path.match_indices('.').find_map(|(dot, _)| {
            let (head, tail) = (path.get(..dot)?, path.get(dot + 1..)?);
            get(object.get(head)?, tail)
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::get;

    #[test]
    fn names_may_be_joined_in_any_way() {
        for event in [
            json!({"a.b.c": 1}),
            json!({"a": {"b": {"c": 1}}}),
            json!({"a.b": {"c": 1}, "a": {"x": 2}}),
            json!({"a": {"b.c": 1}, "a.b": {"x": 2}}),
        ] {
            assert_eq!(get(&event, "a.b.c"), Some(&json!(1)), "{event}");
            assert_eq!(get(&event, "a.b.d"), None, "{event}");
        }
    }
}
