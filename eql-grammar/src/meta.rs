//! What a rule is besides its query: its metadata, owned, as the compiler reads it.
//!
//! [`RawMeta`] is what a rule file or the attributes of the macro say; [`build`] makes the [`Meta`]
//! of it and [`check`] looks up the fields that it names. `Meta` mirrors `eql::RuleMeta` member by member, except for
//! what the query itself gives: its text and the fields that it reads.

mod build;
mod check;
mod keys;
mod raw;
mod threat;

pub use build::{Source, build, build_for};
pub use check::check;
pub use keys::{Form, KEYS, Key, Required, Scope, key};
pub use raw::{RawEntry, RawMeta, RawValue};

/// The metadata of a rule, spelt as in Kibana and in the detection-rules TOML format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Stable identity of the rule, a UUID by custom; `None` where the rule leaves it to be
    /// derived.
    pub rule_id: Option<String>,
    /// Title.
    pub name: String,
    /// What it detects; `None` where the rule leaves it to be derived.
    pub description: Option<String>,
    /// How bad an alert is.
    pub severity: Severity,
    /// From 0 to 100.
    pub risk_score: u8,
    /// Who wrote it.
    pub author: Vec<String>,
    /// Licence of the rule's text.
    pub license: String,
    /// Version of the rule, from 1.
    pub version: u32,
    /// Index patterns that the rule is meant for.
    pub index: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Links.
    pub references: Vec<String>,
    /// When an alert may be wrong.
    pub false_positives: Vec<String>,
    /// Investigation guide, Markdown.
    pub note: String,
    /// What has to be set up for the rule to see its events, Markdown.
    pub setup: String,
    /// How often Kibana runs the rule: `5m`.
    pub interval: String,
    /// Start of the window that a run searches: `now-9m`.
    pub from: String,
    /// End of that window: `now`.
    pub to: String,
    /// The same three in **milliseconds**.
    pub schedule: Schedule,
    /// The most alerts that one run creates.
    pub max_signals: u32,
    /// The mapping to MITRE ATT&CK.
    pub threat: Vec<Threat>,
    /// `default` where alerts of the rule are building blocks.
    pub building_block_type: Option<String>,
    /// The field that stands in for `event.category` before `where`.
    pub event_category_override: Option<String>,
    /// The field that orders events; `@timestamp` where absent.
    pub timestamp_field: Option<String>,
    /// The field that orders events of the same time.
    pub tiebreaker_field: Option<String>,
    /// The field that decides in which window an event is.
    pub timestamp_override: Option<String>,
    /// The field whose value replaces the rule's name in alerts.
    pub rule_name_override: Option<String>,
    /// Every further key of the rule, and its value as JSON text, by key.
    pub other: Vec<(String, String)>,
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

/// One tactic of a rule with the techniques under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threat {
    /// `MITRE ATT&CK`.
    pub framework: String,
    /// The tactic.
    pub tactic: Attack,
    /// The techniques given with it.
    pub technique: Vec<Technique>,
}

/// A technique with its sub-techniques.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// The technique.
    pub technique: Attack,
    /// The sub-techniques given with it.
    pub subtechnique: Vec<Attack>,
}

/// An entry of MITRE ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    /// `T1114.001`
    pub id: String,
    /// `Local Email Collection`
    pub name: String,
    /// `https://attack.mitre.org/techniques/T1114/001/`
    pub reference: String,
}

/// The id of a rule that gives none: a UUID of version 5 from its name, the same in every build.
#[must_use]
pub fn derived_id(name: &str) -> String {
    const NAMESPACE: uuid::Uuid = uuid::Uuid::from_u128(0x8f3c_2b1e_6a54_4d0f_9c7a_51e0_b6d2_7f18);
    uuid::Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
}

impl Severity {
    /// Every severity, from the lowest.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The severity of this name. Compares with case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == name)
    }

    /// The severity that a risk score has by custom.
    #[must_use]
    pub const fn of_risk_score(score: u8) -> Self {
        match score {
            0..=21 => Self::Low,
            22..=47 => Self::Medium,
            48..=73 => Self::High,
            _ => Self::Critical,
        }
    }

    /// The risk scores that a severity has by custom: the first and the last.
    #[must_use]
    pub const fn risk_scores(self) -> (u8, u8) {
        match self {
            Self::Low => (0, 21),
            Self::Medium => (22, 47),
            Self::High => (48, 73),
            Self::Critical => (74, 100),
        }
    }

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
