//! The alerts of a sequence: a building block for each event, and a shell.

use std::sync::OnceLock;

use serde_json::Value;

use super::lineage::ancestor;
use super::overrides::Overrides;
use super::template::Template;
use super::{
    ANCESTORS, DEPTH, Document, Execution, GROUP_ID, GROUP_INDEX, ORIGINAL_TIME, Origin, REASON,
    UUID, identity, reason, source,
};
use crate::event::Event;
use crate::rule::RuleMeta;
use crate::value::Timestamp;

/// An event in a sequence or sample, with what its building block needs.
#[derive(Clone, Debug)]
pub struct SequenceEvent {
    /// Its text, until it is parsed for the first time.
    text: Option<Box<[u8]>>,
    source: OnceLock<Value>,
    /// Its `@timestamp`, where it has one.
    pub timestamp: Option<Timestamp>,
    /// `_index`, as in [`Origin`].
    pub index: String,
    /// `_id`, as in [`Origin`].
    pub id: String,
}

impl SequenceEvent {
    /// Keeps what is needed of an event.
    #[must_use]
    pub fn of(event: &(impl Event + ?Sized), origin: Origin<'_>) -> Self {
        let text: Option<Box<[u8]>> = event.text().map(Box::from);
        let source = OnceLock::new();
        if text.is_none() {
            source.get_or_init(|| event.source());
        }
        Self {
            text,
            source,
            timestamp: event.timestamp(),
            index: origin.index.to_owned(),
            id: origin.id.to_owned(),
        }
    }

    /// From its parts.
    pub(crate) fn from_parts(
        source: Value,
        timestamp: Option<Timestamp>,
        index: String,
        id: String,
    ) -> Self {
        Self { text: None, source: OnceLock::from(source), timestamp, index, id }
    }

    /// The event as a document.
    #[must_use]
    pub fn source(&self) -> &Value {
        self.source.get_or_init(|| {
            let text = self.text.as_deref().unwrap_or_default();
            serde_json::from_slice(text).unwrap_or_default()
        })
    }

    fn origin(&self) -> Origin<'_> {
        Origin { index: &self.index, id: &self.id }
    }
}

impl PartialEq for SequenceEvent {
    fn eq(&self, other: &Self) -> bool {
        let parts = |event: &Self| (event.timestamp, event.index.clone(), event.id.clone());
        parts(self) == parts(other) && self.source() == other.source()
    }
}

impl Document {
    /// The alerts of the events that together match a sequence or sample: the shell, and the building
    /// blocks in the order of the events.
    ///
    /// The shell has what all the events have in common. The rule's name, severity and risk score
    /// stand as they are. `None` without events, and where one is an alert that this rule made, or
    /// descends from one: see [`is_own_alert`](Self::is_own_alert).
    #[must_use]
    pub fn of_sequence(
        rule: &'static RuleMeta,
        events: &[SequenceEvent],
        execution: &Execution,
    ) -> Option<(Self, Vec<Self>)> {
        let template = Template::of(rule);
        let mut blocks: Vec<Self> = events
            .iter()
            .map(|event| {
                let source = source::clean(event.source().clone());
                let (time, origin) = (event.timestamp, event.origin());
                Self::of_source(template, source, time, origin, execution, Overrides::default())
            })
            .collect();
        if blocks.is_empty() || blocks.iter().any(Self::is_own_alert) {
            return None;
        }

        let base: String =
            blocks.iter().map(|block| block.lineage() + &template.rule_uuid).collect();
        for (index, block) in blocks.iter_mut().enumerate() {
            block.identify(identity::sha256(&[&base, &index.to_string()]), execution);
        }
        let shell = Self::shell(template, &blocks, execution)?;
        for (index, block) in blocks.iter_mut().enumerate() {
            block.insert("kibana.alert.building_block_type", "default");
            block.insert(GROUP_ID, shell.uuid());
            block.insert(GROUP_INDEX, index);
        }
        Some((shell, blocks))
    }

    fn shell(template: &'static Template, blocks: &[Self], execution: &Execution) -> Option<Self> {
        let (first, others) = blocks.split_first()?;
        let own = others
            .iter()
            .fold(first.own.clone(), |shared, block| source::intersection(&shared, &block.own));
        let body = Value::Object(own.clone());
        let reason = reason::reason(&body, template.rule.name, template.rule.severity);

        let mut shell = Self { template, own, is_own_alert: false };
        shell.put_run(execution);
        shell.insert(REASON, reason);
        // Kibana takes the time of the first building block, not that of its event.
        shell.insert(ORIGINAL_TIME, execution.created.to_string());
        shell.insert(DEPTH, 1 + blocks.iter().map(Self::depth).max()?);
        shell.insert(ANCESTORS, shell_ancestors(blocks));
        let uuid = identity::sha256(&[&shell.lineage(), &template.rule_uuid]);
        shell.insert(GROUP_ID, uuid.as_str());
        shell.identify(uuid, execution);
        Some(shell)
    }

    fn depth(&self) -> u64 {
        self.own.get(DEPTH).and_then(Value::as_u64).unwrap_or_default()
    }

    fn ancestors(&self) -> &[Value] {
        self.own.get(ANCESTORS).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The ids and indices of the ancestors in one text.
    fn lineage(&self) -> String {
        self.ancestors()
            .iter()
            .flat_map(|ancestor| [&ancestor["id"], &ancestor["index"]])
            .filter_map(Value::as_str)
            .collect()
    }
}

/// The ancestors of each building block, and after them the block itself, which is in no index yet.
fn shell_ancestors(blocks: &[Document]) -> Vec<Value> {
    let mut ancestors = Vec::new();
    for block in blocks {
        ancestors.extend_from_slice(block.ancestors());
        let id = block.own.get(UUID).and_then(Value::as_str).unwrap_or_default();
        let rule_uuid = block.template.rule_uuid.as_str();
        ancestors.push(ancestor(Origin { index: "", id }, block.depth(), Some(rule_uuid)));
    }
    ancestors
}
