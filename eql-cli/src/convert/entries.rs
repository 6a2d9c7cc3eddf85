//! Values of rules as items of TOML, and items as JSON to compare them.

use eql_grammar::meta::{RawEntry, RawValue};
use serde_json::{Map, Value as Json};
use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table, Value};

/// The item for a value. Lists of tables become `[[…]]`.
pub(super) fn item(value: &RawValue) -> Item {
    match value {
        RawValue::Table(entries) => Item::Table(table(entries)),
        RawValue::Array(items)
            if !items.is_empty()
                && items.iter().all(|item| matches!(item.node, RawValue::Table(_))) =>
        {
            let tables = items.iter().filter_map(|item| match &item.node {
                RawValue::Table(entries) => Some(table(entries)),
                _ => None,
            });
            Item::ArrayOfTables(tables.collect::<ArrayOfTables>())
        }
        other => Item::Value(self::value(other)),
    }
}

fn table(entries: &[RawEntry]) -> Table {
    let mut table = Table::new();
    for (key, value) in entries {
        table.insert(key, item(value));
    }
    table
}

fn value(value: &RawValue) -> Value {
    match value {
        RawValue::Str(text) => text.as_str().into(),
        RawValue::Int(number) => (*number).into(),
        RawValue::Float(number) => (*number).into(),
        RawValue::Bool(flag) => (*flag).into(),
        RawValue::Array(items) => {
            Value::Array(items.iter().map(|item| self::value(item)).collect::<Array>())
        }
        RawValue::Table(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.node.clone(), self::value(value)));
            Value::InlineTable(entries.collect::<InlineTable>())
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
