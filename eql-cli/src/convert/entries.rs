//! Values of rules as items of TOML, and items as JSON to compare them.

use eql_grammar::meta::{RawEntry, RawValue};
use serde_json::{Map, Value as Json};
use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table, Value};

/// The item for a value. Lists of tables become `[[…]]`.
///
/// A key that a table has twice is in `twice`, and its first value counts.
pub(super) fn item(value: &RawValue, twice: &mut Vec<String>) -> Item {
    match value {
        RawValue::Table(entries) => Item::Table(table(entries, twice)),
        RawValue::Array(items)
            if !items.is_empty()
                && items.iter().all(|item| matches!(item.node, RawValue::Table(_))) =>
        {
            let mut tables = ArrayOfTables::new();
            for item in items {
                if let RawValue::Table(entries) = &item.node {
                    tables.push(table(entries, twice));
                }
            }
            Item::ArrayOfTables(tables)
        }
        other => Item::Value(self::value(other, twice)),
    }
}

fn table(entries: &[RawEntry], twice: &mut Vec<String>) -> Table {
    let mut table = Table::new();
    for (key, value) in entries {
        if table.contains_key(key) {
            twice.push(key.node.clone());
        } else {
            table.insert(key, item(value, twice));
        }
    }
    table
}

fn value(value: &RawValue, twice: &mut Vec<String>) -> Value {
    match value {
        RawValue::Str(text) => text.as_str().into(),
        RawValue::Int(number) => (*number).into(),
        RawValue::Float(number) => (*number).into(),
        RawValue::Bool(flag) => (*flag).into(),
        RawValue::Array(items) => {
            Value::Array(items.iter().map(|item| self::value(item, twice)).collect::<Array>())
        }
        RawValue::Table(entries) => {
            let mut table = InlineTable::new();
            for (key, value) in entries {
                if table.contains_key(key) {
                    twice.push(key.node.clone());
                } else {
                    table.insert(key.as_str(), self::value(value, twice));
                }
            }
            Value::InlineTable(table)
        }
    }
}

/// The same value as JSON, to compare: an item is equal to another one whatever either looks like.
pub(super) fn json(item: &Item) -> Json {
    match item {
        Item::None => Json::Null,
        Item::Value(value) => json_of(value),
        Item::Table(table) => table_json(table),
        Item::ArrayOfTables(tables) => tables.iter().map(table_json).collect(),
    }
}

pub(super) fn table_json(table: &Table) -> Json {
    table.iter().map(|(key, item)| (key.to_owned(), json(item))).collect::<Map<_, _>>().into()
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::String(text) => text.value().as_str().into(),
        Value::Integer(number) => (*number.value()).into(),
        // JSON has no number for all of them, and no two texts stand for one number.
        Value::Float(number) => format!("float {:?}", number.value()).into(),
        Value::Boolean(flag) => (*flag.value()).into(),
        Value::Datetime(time) => format!("time {}", time.value()).into(),
        Value::Array(items) => items.iter().map(json_of).collect(),
        Value::InlineTable(table) => {
            let entries = table.iter().map(|(key, value)| (key.to_owned(), json_of(value)));
            entries.collect::<Map<_, _>>().into()
        }
    }
}
