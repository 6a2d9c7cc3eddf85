//! Alerts as Kibana writes them.
//!
//! A [`Document`] has the keys and the values of a document in `.alerts-security.alerts-<space>`: flat
//! `kibana.alert.*` keys next to the event itself. An event that matches makes one; a sequence of *N* events
//! makes *N* building blocks and a shell that holds what the events have in common.
//!
//! # Identity
//! [`kibana.alert.uuid`](Document::uuid) is a SHA-256 of where the events came from and of the rule, by
//! Kibana's recipe, so that the same events make the same alert again after a restart, in a replay or in
//! overlapping windows. With the indices, document ids and the rule's saved-object id of a Kibana it is
//! the very id which that Kibana gives. Our own id of a rule is [`rule_uuid`].
//!
//! # What differs from Kibana
//! Kibana drops values of the event whose type contradicts the Elastic Common Schema (text in a
//! `long` field, say); they are kept here. `kibana.alert.rule.{created,updated}_{at,by}` appear only where the
//! rule itself gives them.

mod identity;
mod lineage;
mod overrides;
mod reason;
mod sequence;
mod source;
mod template;

use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};

use crate::event::Event;
use crate::rule::{RuleMeta, Severity};
use crate::value::Timestamp;

pub use identity::rule_uuid;
pub use sequence::SequenceEvent;

use lineage::Lineage;
use overrides::Overrides;
use template::Template;

/// The Kibana whose alert documents these are.
const KIBANA_VERSION: &str = "9.1.0";

const ANCESTORS: &str = "kibana.alert.ancestors";
const DEPTH: &str = "kibana.alert.depth";
const GROUP_ID: &str = "kibana.alert.group.id";
const GROUP_INDEX: &str = "kibana.alert.group.index";
const ORIGINAL_TIME: &str = "kibana.alert.original_time";
const REASON: &str = "kibana.alert.reason";
const RISK_SCORE: &str = "kibana.alert.risk_score";
const RULE_NAME: &str = "kibana.alert.rule.name";
const RULE_UUID: &str = "kibana.alert.rule.uuid";
const SEVERITY: &str = "kibana.alert.severity";
const UUID: &str = "kibana.alert.uuid";

/// Where an event came from: what its alert's ancestors say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// `_index`: the index or data stream, or the name of the source.
    pub index: &'a str,
    /// `_id`: unique within the index.
    pub id: &'a str,
}

/// What all alerts of one run have in common.
///
/// ```
/// use eql::{Execution, Timestamp};
///
/// let mut execution = Execution::new(Timestamp::parse("2026-01-01T10:05:00Z").unwrap());
/// execution.space_id = "soc".to_owned();
/// execution.public_base_url = Some("https://kibana.example".to_owned());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Execution {
    /// When alerts are created: their `@timestamp`.
    pub created: Timestamp,
    /// Kibana space; `default` unless set.
    pub space_id: String,
    /// `kibana.alert.rule.execution.uuid`; made of the time and the process unless set.
    pub uuid: String,
    /// Whether somebody asked for this run, as for filling a gap: `kibana.alert.rule.execution.type`.
    pub manual: bool,
    /// When the run was due, if not when it was: `kibana.alert.intended_timestamp`.
    pub intended: Option<Timestamp>,
    /// `kibana.version`; the one whose documents these are unless set.
    pub kibana_version: String,
    /// Where users find Kibana; without it, alerts have no `kibana.alert.url`.
    pub public_base_url: Option<String>,
}

impl Execution {
    /// A scheduled run that creates its alerts at `created`, cut to milliseconds, in the space `default`.
    #[must_use]
    pub fn new(created: Timestamp) -> Self {
        Self {
            created: Timestamp::from_millis(created.as_millis()).unwrap_or(created),
            space_id: "default".to_owned(),
            uuid: identity::execution_uuid(created),
            manual: false,
            intended: None,
            kibana_version: KIBANA_VERSION.to_owned(),
            public_base_url: None,
        }
    }

    fn url(&self, alert: &str) -> Option<String> {
        let base = self.public_base_url.as_deref()?.trim_end_matches('/');
        let space = match self.space_id.as_str() {
            "default" => String::new(),
            space => format!("/s/{space}"),
        };
        Some(format!(
            "{base}{space}/app/security/alerts/redirect/{alert}\
             ?index=.alerts-security.alerts-{}&timestamp={}",
            self.space_id, self.created
        ))
    }
}

/// One alert as a Kibana alert document: flat keys beside the event's own.
///
/// It serialises to that document. What the rule gives to all its alerts is shared between them.
#[derive(Clone)]
pub struct Document {
    template: &'static Template,
    /// What this alert has beyond the template, or in place of it.
    own: Map<String, Value>,
    is_own_alert: bool,
}

impl Document {
    /// The alert of one event for a rule that looks at one event at a time.
    ///
    /// The rule's name, severity and risk score give way to `rule_name_override`, `severity_mapping` and
    /// `risk_score_mapping`. `timestamp_override` shows in the copy of the rule only: the original time
    /// is the event's `@timestamp`, as in Kibana. See also [`is_own_alert`](Self::is_own_alert).
    #[must_use]
    pub fn of_event(
        rule: &'static RuleMeta,
        event: &(impl Event + ?Sized),
        origin: Origin<'_>,
        execution: &Execution,
    ) -> Self {
        let template = Template::of(rule);
        let source = source::clean(event.source());
        let overrides = Overrides::of(template, &source);
        let mut alert =
            Self::of_source(template, source, event.timestamp(), origin, execution, overrides);
        alert.identify(
            identity::event_alert(origin, &execution.space_id, &template.rule_uuid),
            execution,
        );
        alert
    }

    /// All that an alert of one event has, except for its identity.
    fn of_source(
        template: &'static Template,
        source: Value,
        time: Option<Timestamp>,
        origin: Origin<'_>,
        execution: &Execution,
        overrides: Overrides,
    ) -> Self {
        let lineage = Lineage::of(&source, origin);
        let name = overrides.name.as_deref().unwrap_or(template.rule.name);
        let severity = overrides.severity.unwrap_or(template.rule.severity);
        let reason = reason::reason(&source, name, severity);

        let mut alert = Self {
            template,
            is_own_alert: lineage.has_rule(&template.rule_uuid),
            own: source::into_body(source),
        };
        alert.put_run(execution);
        alert.insert(REASON, reason);
        alert.insert(DEPTH, lineage.depth);
        alert.insert(ANCESTORS, lineage.ancestors);
        if let Some(time) = time {
            alert.insert(ORIGINAL_TIME, time.to_string());
        }
        if let Some(name) = overrides.name {
            alert.insert(RULE_NAME, name);
        }
        if let Some(severity) = overrides.severity {
            alert.insert(SEVERITY, severity.as_str());
        }
        if let Some(risk_score) = overrides.risk_score {
            alert.insert(RISK_SCORE, risk_score);
        }
        alert
    }

    /// What comes from the run.
    fn put_run(&mut self, execution: &Execution) {
        let created = execution.created.to_string();
        let intended = execution.intended.map_or_else(|| created.clone(), |time| time.to_string());
        self.insert("kibana.alert.intended_timestamp", intended);
        self.insert("kibana.alert.start", created.clone());
        self.insert("kibana.alert.last_detected", created.clone());
        self.insert("kibana.alert.rule.execution.timestamp", created.clone());
        self.insert("@timestamp", created);
        self.insert("kibana.alert.rule.execution.uuid", execution.uuid.clone());
        self.insert(
            "kibana.alert.rule.execution.type",
            if execution.manual { "manual" } else { "scheduled" },
        );
        self.insert("kibana.space_ids", json!([execution.space_id]));
        self.insert("kibana.version", execution.kibana_version.clone());
    }

    fn identify(&mut self, uuid: String, execution: &Execution) {
        if let Some(url) = execution.url(&uuid) {
            self.insert("kibana.alert.url", url);
        }
        self.insert(UUID, uuid);
    }

    /// Sets a key, in place of what is there.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.own.insert(key.into(), value.into());
    }

    /// The value of a key, or, where no such key is, of a path into the event: `process.name`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        source::lookup(&self.own, path).or_else(|| source::lookup(&self.template.constants, path))
    }

    /// All keys of the document with their values, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let constants =
            self.template.constants.iter().filter(|(key, _)| !self.own.contains_key(*key));
        self.own.iter().chain(constants).map(|(key, value)| (key.as_str(), value))
    }

    /// The document as a JSON object of its own.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        self.iter().map(|(key, value)| (key.to_owned(), value.clone())).collect()
    }

    /// The document with every dot in a key made a level of objects: `{"kibana": {"alert": …}, …}`.
    ///
    /// A key stays as it is where the document has both a value and something below it.
    #[must_use]
    pub fn to_nested(&self) -> Value {
        let mut nested = Map::new();
        for (key, value) in self.iter() {
            source::graft(&mut nested, key, value);
        }
        Value::Object(nested)
    }

    fn text(&self, key: &str) -> &str {
        self.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// `kibana.alert.uuid`, which is also the `_id`: 64 hexadecimal digits.
    #[must_use]
    pub fn uuid(&self) -> &str {
        self.text(UUID)
    }

    /// One sentence for people: `process event with process a.exe, by alice on WS-7 created high alert …`.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.text(REASON)
    }

    /// The rule's name, or what replaces it in this alert.
    #[must_use]
    pub fn rule_name(&self) -> &str {
        self.text(RULE_NAME)
    }

    /// The metadata of the rule.
    #[must_use]
    pub fn rule(&self) -> &'static RuleMeta {
        self.template.rule
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        overrides::severity(self.text(SEVERITY)).unwrap_or(self.template.rule.severity)
    }

    /// From 0 to 100.
    #[must_use]
    pub fn risk_score(&self) -> f64 {
        self.get(RISK_SCORE).and_then(Value::as_f64).unwrap_or_default()
    }

    /// When the alert was created: its `@timestamp`.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        Timestamp::parse(self.text("@timestamp")).unwrap_or_default()
    }

    /// The event's `@timestamp`, where it has one; of a shell, when the alert was created, as in Kibana.
    #[must_use]
    pub fn original_time(&self) -> Option<Timestamp> {
        Timestamp::parse(self.text(ORIGINAL_TIME))
    }

    /// What the alerts of one sequence share: the [`uuid`](Self::uuid) of its shell.
    #[must_use]
    pub fn group_id(&self) -> Option<&str> {
        self.get(GROUP_ID)?.as_str()
    }

    /// The place of a building block in its sequence, from 0; `None` for everything else.
    #[must_use]
    pub fn group_index(&self) -> Option<u64> {
        self.get(GROUP_INDEX)?.as_u64()
    }

    /// Whether the event is itself an alert that this rule made, or descends from one.
    ///
    /// Kibana drops such alerts, since a rule that reads alerts would feed on its own.
    #[must_use]
    pub fn is_own_alert(&self) -> bool {
        self.is_own_alert
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Two documents are equal where they serialise to the same.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.iter().count() == other.iter().count()
            && self.iter().all(|(key, value)| {
                let theirs = other.own.get(key).or_else(|| other.template.constants.get(key));
                theirs == Some(value)
            })
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.iter().count()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
