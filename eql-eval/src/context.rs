//! What the evaluator has to know besides the query and the event.

use std::collections::BTreeMap;

use eql_grammar::schema::{Holds, Schema, Type};

/// Which fields exist, and of which type each is.
#[derive(Clone, Debug)]
pub enum Mapping {
    /// The fields of a schema.
    Schema(Schema),
    /// Exactly these fields.
    Fields(BTreeMap<String, Type>),
}

impl Default for Mapping {
    fn default() -> Self {
        Self::Schema(Schema::builtin().clone())
    }
}

impl Mapping {
    /// Whether an index maps the field.
    ///
    /// A field that is not mapped and written `?f` is the literal `null`. One that is not mapped and not
    /// optional is an error, which the compiler reports; here it is read by the types of JSON.
    #[must_use]
    pub fn is_mapped(&self, path: &str) -> bool {
        match self {
            Self::Schema(schema) => schema.lookup(path).is_some(),
            Self::Fields(fields) => fields.contains_key(path),
        }
    }

    /// The type of a field's values; `None` where the field is not mapped or holds no values.
    #[must_use]
    pub fn type_of(&self, path: &str) -> Option<Type> {
        match self {
            Self::Schema(schema) => match schema.lookup(path)?.holds {
                Holds::Value(ty) => Some(ty),
                Holds::Objects | Holds::Other => None,
            },
            Self::Fields(fields) => fields.get(path).copied(),
        }
    }
}

/// What the evaluator has to know besides the query and the event.
#[derive(Clone, Debug)]
pub struct Context {
    /// The fields there are.
    pub mapping: Mapping,
    /// The field that the word before `where` is compared with, `event.category` by default.
    pub category_field: String,
    /// The field that orders events, `@timestamp` by default.
    pub timestamp_field: String,
    /// The field that orders events of the same time; none by default.
    pub tiebreaker_field: Option<String>,
}

impl Default for Context {
    fn default() -> Self {
        Self::new(Mapping::default())
    }
}

impl Context {
    /// The fields of `mapping` and the usual names.
    #[must_use]
    pub fn new(mapping: Mapping) -> Self {
        Self {
            mapping,
            category_field: "event.category".to_owned(),
            timestamp_field: "@timestamp".to_owned(),
            tiebreaker_field: None,
        }
    }
}
