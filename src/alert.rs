//! Alerts as Kibana writes them.

use serde_json::{Map, Value};

use crate::event::Event;
use crate::rule::RuleMeta;
use crate::value::Timestamp;

/// Where an event came from: what its alert's ancestors say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// `_index`: the index or data stream, or the name of the source.
    pub index: &'a str,
    /// `_id`: unique within the index.
    pub id: &'a str,
}

/// What all alerts of one run have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// When alerts are created: their `@timestamp`.
    pub created: Timestamp,
    /// Kibana space; `default` unless set.
    pub space_id: String,
    /// `kibana.alert.rule.execution.uuid`.
    pub uuid: String,
}

/// One alert as a Kibana alert document: flat keys, in the order they are serialised.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    fields: Map<String, Value>,
}

impl Document {
    /// The alert of one event for a rule that looks at one event at a time.
    #[must_use]
    pub fn of_event(
        rule: &'static RuleMeta,
        event: &(impl Event + ?Sized),
        origin: Origin<'_>,
        execution: &Execution,
    ) -> Self {
        let _ = (rule, event, origin, execution);
        Self { fields: Map::new() }
    }

    /// The document's keys and values.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }
}
