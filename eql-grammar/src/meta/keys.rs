//! The keys that a rule may have.

/// A key of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value is.
    pub form: Form,
    /// Where it may stand.
    pub scope: Scope,
    /// Where it must stand.
    pub required: Required,
    /// What holds where it is not given; `None` where nothing does.
    pub default: Option<&'static str>,
    /// What it means, in a sentence.
    pub doc: &'static str,
}

/// What the value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A string.
    Text,
    /// A list of strings.
    Texts,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Flag,
    /// A list of anything.
    List,
    /// A table.
    Table,
}

impl Form {
    /// For messages: `a list of strings`.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Texts => "a list of strings",
            Self::Integer => "a whole number",
            Self::Flag => "`true` or `false`",
            Self::List => "a list",
            Self::Table => "a table",
        }
    }
}

/// Where a key may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a rule file and in the attributes of the macro; a member of [`Meta`](super::Meta).
    Everywhere,
    /// In both, and kept as JSON in [`Meta::other`](super::Meta::other).
    Kept,
    /// In the attributes of the macro alone.
    Attributes,
    /// In both; Kibana exports it, and it says nothing about the rule itself.
    Ignored,
}

/// Where a key must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// Nowhere.
    No,
    /// In rule files; the macro derives it from the item that it stands on.
    InFiles,
    /// Everywhere.
    Always,
}

macro_rules! keys {
    ($($name:literal $form:ident $scope:ident $required:ident $(= $default:literal)? : $doc:literal;)+) => {
        /// Every key, in the order in which a rule is best written.
        pub const KEYS: &[Key] = &[ $( Key {
            name: $name,
            form: Form::$form,
            scope: Scope::$scope,
            required: Required::$required,
            default: keys!(@default $($default)?),
            doc: $doc,
        }, )+ ];
    };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
}

keys! {
    "rule_id" Text Everywhere InFiles: "The stable identity of the rule, a UUID by custom.";
    "name" Text Everywhere Always: "The title of the rule and of its alerts.";
    "description" Text Everywhere InFiles: "What the rule detects.";
    "severity" Text Everywhere Always: "How bad an alert is: `low`, `medium`, `high` or `critical`.";
    "risk_score" Integer Everywhere Always: "How bad an alert is, from 0 to 100.";
    "query" Text Everywhere No: "The query, as text.";
    "path" Text Attributes No: "The rule file that has everything, instead of `query` and the other keys.";
    "type" Text Everywhere No = "eql": "The type of the rule; always `eql`.";
    "language" Text Everywhere No = "eql": "The language of the query; always `eql`.";
    "dialect" Text Attributes No = "elasticsearch": "Which EQL the query is in: `elasticsearch` or `endpoint`.";
    "index" Texts Everywhere No: "The index patterns that the rule is meant for.";
    "data_view_id" Text Kept No: "The Kibana data view that the rule is meant for, instead of `index`.";
    "filters" List Kept No: "Further conditions as Kibana's query bar writes them.";
    "interval" Text Everywhere No = "5m": "The time between two runs.";
    "from" Text Everywhere No = "now-6m": "The start of the window that a run searches, in date math.";
    "to" Text Everywhere No = "now": "The end of that window, in date math.";
    "max_signals" Integer Everywhere No = "100": "The most alerts that one run creates.";
    "enabled" Flag Kept No: "Whether Kibana runs the rule after an import.";
    "threat" List Everywhere No: "The tactics and techniques of MITRE ATT&CK, such as `TA0009/T1114.001`.";
    "tags" Texts Everywhere No: "Tags.";
    "author" Texts Everywhere No: "Who wrote the rule.";
    "license" Text Everywhere No: "The licence of the rule's text.";
    "version" Integer Everywhere No = "1": "The version of the rule, from 1.";
    "references" Texts Everywhere No: "Links to read more, `http` or `https`.";
    "false_positives" Texts Everywhere No: "When an alert may be wrong.";
    "note" Text Everywhere No: "The investigation guide, in Markdown.";
    "setup" Text Everywhere No: "What has to be set up for the rule to see its events, in Markdown.";
    "building_block_type" Text Everywhere No: "`default` where alerts of the rule are building blocks.";
    "event_category_override" Text Everywhere No = "event.category":
        "The field that the word before `where` is compared with.";
    "timestamp_field" Text Everywhere No = "@timestamp": "The field that orders events.";
    "tiebreaker_field" Text Everywhere No: "The field that orders events of the same time.";
    "timestamp_override" Text Everywhere No: "The field that decides in which window an event is.";
    "timestamp_override_fallback_disabled" Flag Kept No:
        "Whether an event without `timestamp_override` is left out instead of taken by `@timestamp`.";
    "rule_name_override" Text Everywhere No: "The field whose value replaces the rule's name in alerts.";
    "severity_mapping" List Kept No: "Fields whose values replace the severity.";
    "risk_score_mapping" List Kept No: "Fields whose values replace the risk score.";
    "alert_suppression" Table Kept No: "Which alerts are folded into one.";
    "exceptions_list" List Kept No: "Kibana's exception lists for the rule.";
    "investigation_fields" Table Kept No: "The fields that Kibana shows first in an alert.";
    "related_integrations" List Kept No: "The integrations that write the rule's events.";
    "required_fields" List Kept No: "The fields that the rule needs, as Kibana lists them.";
    "timeline_id" Text Kept No: "The timeline template of an investigation; needs `timeline_title`.";
    "timeline_title" Text Kept No: "The title of that template; needs `timeline_id`.";
    "actions" List Kept No: "What Kibana does on an alert.";
    "response_actions" List Kept No: "What Kibana has done on the host of an alert.";
    "throttle" Text Kept No: "How often Kibana runs the actions.";
    "namespace" Text Kept No: "The namespace of Kibana's alert index.";
    "meta" Table Kept No: "Whatever else Kibana's users keep with a rule.";
    "endpoint" Table Kept No: "What a rule of Elastic Defend says besides: systems, actions, version.";
    "allow" Texts Attributes No: "Lints that are not reported.";
    "warn" Texts Attributes No: "Lints that are reported as warnings.";
    "deny" Texts Attributes No: "Lints that are reported as errors.";
    "print" Text Attributes No: "What the compiler prints while it compiles the rule: `ast`, `hir` or `code`.";
    "crate" Text Attributes No: "The path of the crate `eql`, where it has another name.";
    "id" Text Ignored No: "Kibana's own identity of the rule.";
    "immutable" Flag Ignored No: "Whether Elastic ships the rule.";
    "rule_source" Table Ignored No: "Whether Elastic ships the rule, and whether it was changed.";
    "revision" Integer Ignored No: "How often the rule was edited in Kibana.";
    "created_at" Text Ignored No: "When the rule was made in Kibana.";
    "created_by" Text Ignored No: "Who made it there.";
    "updated_at" Text Ignored No: "When the rule was changed in Kibana.";
    "updated_by" Text Ignored No: "Who changed it there.";
    "execution_summary" Table Ignored No: "How Kibana's last run ended.";
    "output_index" Text Ignored No: "Where versions of Kibana before 8.0 wrote alerts.";
}

/// Keys of other types of rules, and the type that has them.
const FOREIGN: &[(&str, &str)] = &[
    ("anomaly_threshold", "machine_learning"),
    ("concurrent_searches", "threat_match"),
    ("history_window_start", "new_terms"),
    ("items_per_search", "threat_match"),
    ("machine_learning_job_id", "machine_learning"),
    ("new_terms", "new_terms"),
    ("new_terms_fields", "new_terms"),
    ("saved_id", "saved_query"),
    ("threat_filters", "threat_match"),
    ("threat_index", "threat_match"),
    ("threat_indicator_path", "threat_match"),
    ("threat_language", "threat_match"),
    ("threat_mapping", "threat_match"),
    ("threat_query", "threat_match"),
    ("threshold", "threshold"),
];

/// The key of this name.
#[must_use]
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The type of rules that has a key which rules of type `eql` do not have.
pub(super) fn type_with(name: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(key, _)| *key == name).map(|(_, ty)| *ty)
}
