//! Random documents: absent, null and empty fields, arrays in arrays, keys with dots, wrong types.

use eql_grammar::ast::Dialect;
use eql_grammar::schema::Type;
use serde_json::{Map, Value, json};

use crate::dice::{Dice, FIELDS, value};

/// When the first event of every stream happens: 2026-01-01, in milliseconds since the Unix epoch.
pub(crate) const START: i64 = 1_767_225_600_000;

/// Events for event queries, a second apart.
pub(crate) fn documents(dice: &mut Dice, dialect: Dialect, count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| {
            let time = START + 1000 * i64::try_from(number).expect("few");
            document(dice, dialect, time)
        })
        .collect()
}

/// An event with something in every field that queries read.
pub(crate) fn document(dice: &mut Dice, dialect: Dialect, time: i64) -> Value {
    let mut event = Map::new();
    let time = timestamp(dice, time);
    event.insert("@timestamp".to_owned(), time);
    if let Some(category) = category(dice) {
        put(dice, &mut event, "event.category", category);
    }
    for (path, ty) in FIELDS {
        if let Some(held) = held(dice, *ty, *path == "process.args") {
            put(dice, &mut event, path, held);
        }
        if dice.chance(2) {
            // A second place of the same field: it holds the values of both.
            let more = value(dice, *ty);
            put(dice, &mut event, path, more);
        }
    }
    if dialect == Dialect::Endpoint {
        put_objects(dice, &mut event);
    }
    if dice.chance(3)
        && let Some(process) = event.remove("process")
    {
        let other = json!({ "name": dice.word() });
        event.insert("process".to_owned(), json!([process, other]));
    }
    Value::Object(event)
}

/// The same instant in the ways that a date field takes.
pub(crate) fn timestamp(dice: &mut Dice, millis: i64) -> Value {
    match dice.weighted(&[60, 25, 15]) {
        0 => millis.into(),
        1 => {
            let time = eql::Timestamp::from_millis(millis).expect("a time of this century");
            time.to_string().into()
        }
        _ => millis.to_string().into(),
    }
}

fn category(dice: &mut Dice) -> Option<Value> {
    Some(match dice.weighted(&[55, 15, 12, 6, 4, 8]) {
        0 => json!("process"),
        1 => json!("network"),
        2 => json!(["process", ["network"]]),
        3 => json!("Process"),
        4 => json!("any"),
        _ => return None,
    })
}

/// What a field of this type holds; nothing where the field is absent.
fn held(dice: &mut Dice, ty: Type, list: bool) -> Option<Value> {
    let choice =
        if list { dice.weighted(&[10, 2, 4, 10, 74]) } else { dice.weighted(&[20, 3, 3, 58, 16]) };
    Some(match choice {
        0 => return None,
        1 => Value::Null,
        2 => json!([]),
        3 => value(dice, ty),
        _ => {
            let count = 1 + dice.roll(3);
            let mut values: Vec<Value> = (0..count).map(|_| value(dice, ty)).collect();
            match dice.weighted(&[70, 15, 15]) {
                0 => {}
                1 => values.push(Value::Null),
                _ => values = vec![Value::Array(values), json!([[]]), value(dice, ty)],
            }
            Value::Array(values)
        }
    })
}

fn put_objects(dice: &mut Dice, event: &mut Map<String, Value>) {
    if dice.chance(80) {
        let items = objects(dice, 2);
        put(dice, event, "acme.items", items);
    }
    if dice.chance(50) {
        let count = dice.roll(4);
        let frames: Vec<Value> = (0..count)
            .map(|_| {
                json!({
                    "symbol_info": value(dice, Type::Keyword),
                    "allocation_private_bytes": value(dice, Type::UnsignedLong),
                })
            })
            .collect();
        put(dice, event, "process.thread.Ext.call_stack", Value::Array(frames));
    }
}

/// Objects with a name, a number and, `depth` levels down, objects of the same kind.
fn objects(dice: &mut Dice, depth: usize) -> Value {
    let count = dice.roll(4);
    let mut list: Vec<Value> = (0..count)
        .map(|_| {
            let mut object = Map::new();
            for (key, ty) in [("name", Type::Keyword), ("pid", Type::Long)] {
                if let Some(held) = held(dice, ty, false) {
                    object.insert(key.to_owned(), held);
                }
            }
            if depth > 1 && dice.chance(70) {
                object.insert("parts".to_owned(), objects(dice, depth - 1));
            }
            Value::Object(object)
        })
        .collect();
    if dice.chance(5) {
        list.push(dice.take(&[json!(null), json!("a"), json!([{ "name": "a" }])]));
    }
    match list.len() {
        1 if dice.chance(40) => list.remove(0),
        _ => Value::Array(list),
    }
}

/// Puts a value at a path, in nested objects, under a key with dots, or half and half.
pub(crate) fn put(dice: &mut Dice, object: &mut Map<String, Value>, path: &str, value: Value) {
    if dice.chance(70)
        && let Some((head, rest)) = path.split_once('.')
        && let Value::Object(inner) =
            object.entry(head).or_insert_with(|| Value::Object(Map::new()))
    {
        put(dice, inner, rest, value);
        return;
    }
    object.insert(path.to_owned(), value);
}
