//! Metadata as written: keys and values with their places, before any of them is checked.

use serde_json::{Map, Number, Value};

use crate::span::{Span, Spanned};

/// The keys and values of a rule, from a rule file or from the attributes of the macro.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawMeta {
    /// In the order written. A key given twice stands here twice.
    pub entries: Vec<RawEntry>,
    /// The whole of them: where a missing key is reported.
    pub span: Span,
}

/// A key and its value.
pub type RawEntry = (Spanned<String>, Spanned<RawValue>);

/// A value as TOML and the attributes of the macro can write it.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue {
    /// `"text"`
    Str(String),
    /// `47`
    Int(i64),
    /// `0.5`
    Float(f64),
    /// `true`
    Bool(bool),
    /// `["a", "b"]`
    Array(Vec<Spanned<RawValue>>),
    /// `{ key = "value" }`
    Table(Vec<RawEntry>),
}

impl RawMeta {
    /// The value of a key; the first one where it is given twice.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Spanned<RawValue>> {
        member(&self.entries, key)
    }

    /// The value of a key that is a string.
    #[must_use]
    pub fn string(&self, key: &str) -> Option<Spanned<&str>> {
        let value = self.get(key)?;
        Some(Spanned::new(value.as_str()?, value.span))
    }

    /// Where the value of a key stands; the place of the whole where the key is not given.
    #[must_use]
    pub fn place(&self, key: &str) -> Span {
        self.get(key).map_or(self.span, |value| value.span)
    }
}

impl RawValue {
    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages: `a string`.
    #[must_use]
    pub const fn describe(&self) -> &'static str {
        match self {
            Self::Str(_) => "a string",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number with a point",
            Self::Bool(_) => "a boolean",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// The same value in JSON, the keys of its tables sorted. What JSON has no number for becomes
    /// null.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Str(text) => Value::String(text.clone()),
            Self::Int(number) => Value::from(*number),
            Self::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Array(items) => items.iter().map(|item| item.to_json()).collect(),
            Self::Table(entries) => {
                let mut sorted: Vec<&RawEntry> = entries.iter().collect();
                sorted.sort_by(|(a, _), (b, _)| a.node.cmp(&b.node));
                let json = |(key, value): &RawEntry| (key.node.clone(), value.to_json());
                Value::Object(sorted.into_iter().map(json).collect::<Map<_, _>>())
            }
        }
    }
}

/// The value of a key of a table.
pub(crate) fn member<'a>(entries: &'a [RawEntry], key: &str) -> Option<&'a Spanned<RawValue>> {
    entries.iter().find(|(name, _)| name.node == key).map(|(_, value)| value)
}
