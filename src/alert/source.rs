//! The event inside its alert.

use serde_json::Map;
use serde_json::Value;

/// Top-level keys that belong to alerts and so never come from an event.
const RESERVED: [&str; 3] = ["kibana", "signal", "threshold_result"];

/// Removes empty arrays and objects, also those that this leaves empty.
pub(super) fn clean(mut source: Value) -> Value {
    has_content(&mut source);
    source
}

fn has_content(value: &mut Value) -> bool {
    match value {
        Value::Array(elements) => {
            elements.retain_mut(has_content);
            !elements.is_empty()
        }
        Value::Object(members) => {
            members.retain(|_, member| has_content(member));
            !members.is_empty()
        }
        _ => true,
    }
}

/// What an alert takes over from an event: all but [`RESERVED`] keys and `event.kind`, with `event` and
/// `data_stream` also under the names that tell them from the alert's own.
pub(super) fn into_body(source: Value) -> Map<String, Value> {
    let Value::Object(mut body) = source else { return Map::new() };
    body.retain(|key, _| !RESERVED.iter().any(|reserved| is_within(key, reserved)));

    let mut copies = Vec::new();
    for (key, value) in &body {
        for of in ["event", "data_stream"] {
            if is_within(key, of) {
                flatten(&format!("kibana.alert.original_{key}"), value, &mut copies);
            }
        }
    }
    body.extend(copies);

    body.remove("event.kind");
    if let Some(Value::Object(event)) = body.get_mut("event") {
        event.remove("kind");
        if event.is_empty() {
            body.remove("event");
        }
    }
    body
}

fn is_within(key: &str, object: &str) -> bool {
    key.strip_prefix(object).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Writes a value as flat keys, one for each member at whatever depth.
pub(super) fn flatten(key: &str, value: &Value, flat: &mut Vec<(String, Value)>) {
    if let Value::Object(members) = value {
        for (name, member) in members {
            flatten(&format!("{key}.{name}"), member, flat);
        }
    } else {
        flat.push((key.to_owned(), value.clone()));
    }
}

/// The value of a key or, failing that, of a path through objects.
pub(super) fn lookup<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    object.get(path).or_else(|| {
        path.match_indices('.')
            .find_map(|(at, _)| lookup(object.get(&path[..at])?.as_object()?, &path[at + 1..]))
    })
}

/// Puts a value under a path of nested objects.
pub(super) fn graft(object: &mut Map<String, Value>, path: &str, value: &Value) {
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    match object.get_mut(key) {
        Some(Value::Object(members)) => graft_below(members, rest, value),
        // A value is in the way of the path, or the path ends where a value is.
        Some(_) => {
            object.insert(path.to_owned(), value.clone());
        }
        None if rest.is_empty() && !value.is_object() => {
            object.insert(key.to_owned(), value.clone());
        }
        None => {
            let mut members = Map::new();
            graft_below(&mut members, rest, value);
            object.insert(key.to_owned(), Value::Object(members));
        }
    }
}

fn graft_below(members: &mut Map<String, Value>, path: &str, value: &Value) {
    match value {
        Value::Object(more) if path.is_empty() => {
            for (key, value) in more {
                graft(members, key, value);
            }
        }
        _ => graft(members, path, value),
    }
}

/// What two documents have in common: equal values, common elements of arrays, and that of objects.
pub(super) fn intersection(a: &Map<String, Value>, b: &Map<String, Value>) -> Map<String, Value> {
    a.iter().filter_map(|(key, value)| Some((key.clone(), common(value, b.get(key)?)?))).collect()
}

fn common(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let members = intersection(a, b);
            (!members.is_empty()).then_some(Value::Object(members))
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut elements: Vec<Value> = Vec::new();
            for element in a {
                if b.contains(element) && !elements.contains(element) {
                    elements.push(element.clone());
                }
            }
            (!elements.is_empty()).then_some(Value::Array(elements))
        }
        _ => (a == b).then(|| a.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn nothing_empty_is_left() {
        let source = json!({"a": [], "b": {}, "c": {"d": [[], {}]}, "e": [{}, 1, [{"f": []}]], "g": null, "h": ""});
        assert_eq!(clean(source), json!({"e": [1], "g": null, "h": ""}));
    }

    #[test]
    fn bodies_lose_what_belongs_to_alerts() {
        let body = into_body(json!({
            "kibana": {"x": 1}, "kibana.alert.x": 1, "signal": 1, "threshold_result": {}, "kibanas": 1,
            "event": {"kind": "event", "action": ["a"], "deep": {"er": 1}}, "event.code": "c", "eventful": 1,
            "data_stream": {"type": "logs"},
        }));
        assert_eq!(
            Value::Object(body),
            json!({
                "kibanas": 1, "eventful": 1,
                "event": {"action": ["a"], "deep": {"er": 1}}, "event.code": "c",
                "data_stream": {"type": "logs"},
                "kibana.alert.original_event.kind": "event",
                "kibana.alert.original_event.action": ["a"],
                "kibana.alert.original_event.deep.er": 1,
                "kibana.alert.original_event.code": "c",
                "kibana.alert.original_data_stream.type": "logs",
            })
        );
        assert_eq!(
            Value::Object(into_body(json!({"event": {"kind": "event"}, "event.kind": "event"}))),
            json!({"kibana.alert.original_event.kind": "event"})
        );
        assert_eq!(into_body(json!([1])), Map::new());
    }

    #[test]
    fn documents_have_things_in_common() {
        let a = object(json!({
            "same": 1, "other": 1, "only": 1, "type": [1], "list": [1, 2, 2, 3], "none": [1], "text": "x",
            "nested": {"same": true, "other": 1, "deep": {"a": 1}}, "apart": {"a": 1},
        }));
        let b = object(json!({
            "same": 1, "other": 2, "type": 1, "list": [3, 2, 4], "none": [2], "text": "x",
            "nested": {"same": true, "other": 2, "deep": {"b": 1}}, "apart": {"b": 1},
        }));
        assert_eq!(
            Value::Object(intersection(&a, &b)),
            json!({"same": 1, "list": [2, 3], "text": "x", "nested": {"same": true}})
        );
    }

    #[test]
    fn paths_become_objects() {
        let mut nested = Map::new();
        for (path, value) in [
            ("a.b", json!(1)),
            ("a.c.d", json!(2)),
            ("a", json!({"e": 3, "f.g": 4})),
            ("h", json!(5)),
            ("h.i", json!(6)),
            ("j", json!({"k.l": 7})),
        ] {
            graft(&mut nested, path, &value);
        }
        assert_eq!(
            Value::Object(nested),
            json!({"a": {"b": 1, "c": {"d": 2}, "e": 3, "f": {"g": 4}}, "h": 5, "h.i": 6, "j": {"k": {"l": 7}}})
        );
    }

    #[test]
    fn values_are_found_by_key_and_by_path() {
        let map = object(json!({"a.b": 1, "a": {"b": 2, "c": {"d": 3}, "e.f": 4}}));
        for (path, expected) in [
            ("a.b", Some(1)),
            ("a.c.d", Some(3)),
            ("a.e.f", Some(4)),
            ("a.x", None),
            ("a.b.c", None),
        ] {
            assert_eq!(lookup(&map, path).and_then(Value::as_i64), expected, "{path}");
        }
    }
}
