//! What a rule is besides its query: every metadata key, as constants.

use serde::Serialize;

use crate::alert::{Document, Execution, Origin};
use crate::event::Event;
use crate::lineage::Lineage;
use crate::sequence::Pipe;

/// The metadata of a rule, spelt as in Kibana and in the detection-rules TOML format.
///
/// All of it is constant: a compiled rule carries no text to be parsed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleMeta {
    /// Stable identity of the rule, a UUID by custom.
    pub rule_id: &'static str,
    /// Title.
    pub name: &'static str,
    /// What it detects.
    pub description: &'static str,
    /// How bad an alert is.
    pub severity: Severity,
    /// From 0 to 100.
    pub risk_score: u8,
    /// Who wrote it.
    pub author: &'static [&'static str],
    /// Licence of the rule's text.
    pub license: &'static str,
    /// Version of the rule, from 1.
    pub version: u32,
    /// The query, as written.
    pub query: &'static str,
    /// `eql` always; kept because alerts carry it.
    pub language: &'static str,
    /// Index patterns that the rule is meant for.
    pub index: &'static [&'static str],
    /// Tags.
    pub tags: &'static [&'static str],
    /// Links.
    pub references: &'static [&'static str],
    /// When an alert may be wrong.
    pub false_positives: &'static [&'static str],
    /// Investigation guide, Markdown.
    pub note: &'static str,
    /// What has to be set up for the rule to see its events, Markdown.
    pub setup: &'static str,
    /// How often Kibana runs the rule: `5m`.
    pub interval: &'static str,
    /// Start of the window that a run searches: `now-9m`.
    pub from: &'static str,
    /// End of that window: `now`.
    pub to: &'static str,
    /// The same three in **milliseconds**.
    pub schedule: Schedule,
    /// The most alerts that one run creates.
    pub max_signals: u32,
    /// The mapping to MITRE ATT&CK.
    pub threat: &'static [Threat],
    /// `default` where alerts of the rule are building blocks.
    pub building_block_type: Option<&'static str>,
    /// The field that stands in for `event.category` before `where`.
    pub event_category_override: Option<&'static str>,
    /// The field that orders events; `@timestamp` where absent.
    pub timestamp_field: Option<&'static str>,
    /// The field that orders events of the same time.
    pub tiebreaker_field: Option<&'static str>,
    /// The field that decides in which window an event is.
    pub timestamp_override: Option<&'static str>,
    /// The field whose value replaces the rule's name in alerts.
    pub rule_name_override: Option<&'static str>,
    /// Every further key of the rule, and its value as JSON text, by key.
    pub other: &'static [(&'static str, &'static str)],
    /// The fields that the query reads, and their EQL types, by path.
    pub fields: &'static [(&'static str, &'static str)],
}

/// The band of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Risk scores from 0 to 21 by custom.
    Low,
    /// From 22 to 47.
    Medium,
    /// From 48 to 73.
    High,
    /// From 74 to 100.
    Critical,
}

impl Severity {
    /// `low`, `medium`, `high` or `critical`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// When and over what a rule runs, in **milliseconds**.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Time between two runs.
    pub interval: u64,
    /// How far before the run its window starts.
    pub from: u64,
    /// How far before the run its window ends; 0 for `now`.
    pub to: u64,
}

/// One tactic of a rule with the techniques under it. Serialises as in Kibana's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Threat {
    /// `MITRE ATT&CK`.
    pub framework: &'static str,
    /// The tactic.
    pub tactic: Attack,
    /// The techniques given with it.
    pub technique: &'static [Technique],
}

/// A technique with its sub-techniques. Serialises as in Kibana's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Technique {
    /// The technique.
    #[serde(flatten)]
    pub technique: Attack,
    /// The sub-techniques given with it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub subtechnique: &'static [Attack],
}

/// An entry of MITRE ATT&CK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Attack {
    /// `T1114.001`
    pub id: &'static str,
    /// `Local Email Collection`
    pub name: &'static str,
    /// `https://attack.mitre.org/techniques/T1114/001/`
    pub reference: &'static str,
}

/// A compiled rule.
pub trait Rule: 'static {
    /// Its metadata.
    const META: &'static RuleMeta;

    /// How its work may be split.
    const PARTITION: Partition = Partition::Stateless;

    /// What it looks at: [`OneEvent`](crate::detector::OneEvent), [`InOrder`](crate::detector::InOrder) or
    /// [`InAnyOrder`](crate::detector::InAnyOrder).
    type Kind;
}

/// How the work of a rule may be split among workers, each of which sees a part of the events in their order: so that
/// together they find what one finds that sees all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Any event may go to any worker.
    Stateless,
    /// The events of one host, by `host.id`, go to one worker; all without a `host.id` to the same one.
    HostLocal,
    /// Events with the same join keys go to one worker. For each term, that after `until` last, the fields that are its
    /// keys; an empty path is a key that never has a value.
    ReKey(&'static [&'static [&'static str]]),
    /// All events go to one worker.
    Whole,
}

/// The alert of one event of type `E`.
pub trait FromEvent<E: ?Sized>: Into<Document> {
    /// The alert of an event that matches, around its document.
    fn from_event(event: &E, document: Document) -> Self;
}

impl<E: ?Sized> FromEvent<E> for Document {
    fn from_event(_: &E, document: Document) -> Self {
        document
    }
}

/// A rule that looks at one event at a time, over events of type `E`.
pub trait EventRule<E: ?Sized>: Rule {
    /// The rule's own alert, with a typed member for each field that the rule reads; or the document alone.
    type Alert: FromEvent<E>;

    /// The pipes after the query, in order.
    const PIPES: &'static [Pipe] = &[];

    /// How many times the query asks `descendant of [..]` (endpoint dialect).
    const LINEAGES: usize = 0;

    /// Whether the query holds for the event, pipes left aside. No process descends from another here, where the events
    /// before are not known.
    fn matches(event: &E) -> bool;

    /// Whether the query holds for the event after all those that `lineages`, [`LINEAGES`](Self::LINEAGES) of
    /// them, have seen.
    fn matches_after(event: &E, lineages: &mut [Lineage]) -> bool {
        let _ = lineages;
        Self::matches(event)
    }

    /// The alert of an event that matches.
    fn alert(event: &E, origin: Origin<'_>, execution: &Execution) -> Self::Alert
    where
        E: Event,
    {
        Self::Alert::from_event(event, Document::of_event(Self::META, event, origin, execution))
    }
}
