//! Rules written by hand, and a sensor that runs on buffers.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use eql::rule::{Attack, Schedule, Technique, Threat};
use eql::{Detect, Detector, Document, EventRule, Execution, Origin, Rule, RuleMeta, Severity};
use eql_sensor::{ExitCode, Rules, Streams, run_with};
use serde_json::{Value, json};

const BASE: RuleMeta = RuleMeta {
    rule_id: "",
    name: "",
    description: "A rule of a test.",
    severity: Severity::Low,
    risk_score: 21,
    author: &["eql"],
    license: "MIT",
    version: 3,
    query: "any where true",
    language: "eql",
    index: &["logs-*"],
    tags: &["Test"],
    references: &[],
    false_positives: &[],
    note: "",
    setup: "",
    interval: "5m",
    from: "now-9m",
    to: "now",
    schedule: Schedule { interval: 300_000, from: 540_000, to: 0 },
    max_signals: 100,
    threat: &[],
    building_block_type: None,
    event_category_override: None,
    timestamp_field: None,
    tiebreaker_field: None,
    timestamp_override: None,
    rule_name_override: None,
    other: &[],
    fields: &[],
};

/// `process where process.name == "mshta.exe"`
pub struct Mshta;

const EXECUTION: Attack = Attack {
    id: "TA0002",
    name: "Execution",
    reference: "https://attack.mitre.org/tactics/TA0002/",
};
const INTERPRETER: Attack = Attack {
    id: "T1059",
    name: "Command and Scripting Interpreter",
    reference: "https://attack.mitre.org/techniques/T1059/",
};
const VISUAL_BASIC: Attack = Attack {
    id: "T1059.005",
    name: "Visual Basic",
    reference: "https://attack.mitre.org/techniques/T1059/005/",
};

impl Rule for Mshta {
    const META: &'static RuleMeta = &RuleMeta {
        rule_id: "11111111-1111-4111-8111-111111111111",
        name: "Mshta Started",
        severity: Severity::Medium,
        risk_score: 47,
        query: "process where process.name == \"mshta.exe\"",
        threat: &[Threat {
            framework: "MITRE ATT&CK",
            tactic: EXECUTION,
            technique: &[Technique { technique: INTERPRETER, subtechnique: &[VISUAL_BASIC] }],
        }],
        other: &[("enabled", "true"), ("meta", "{\"from\": \"4m\"}")],
        fields: &[("process.name", "keyword")],
        ..BASE
    };
}

impl EventRule<Value> for Mshta {
    type Alert = Document;

    fn matches(event: &Value) -> bool {
        event["process"]["name"] == "mshta.exe"
    }

    fn alert(event: &Value, origin: Origin<'_>, execution: &Execution) -> Document {
        Document::of_event(Self::META, event, origin, execution)
    }
}

impl Detect<Value> for Mshta {
    fn detector() -> Box<dyn Detector<Value>> {
        Box::new(eql::detector::EventDetector::<Self>::default())
    }
}

/// `network where destination.port == 4444`
pub struct Beacon;

impl Rule for Beacon {
    const META: &'static RuleMeta = &RuleMeta {
        rule_id: "22222222-2222-4222-8222-222222222222",
        name: "Connection to Port 4444",
        severity: Severity::High,
        risk_score: 73,
        ..BASE
    };
}

impl EventRule<Value> for Beacon {
    type Alert = Document;

    fn matches(event: &Value) -> bool {
        event["destination"]["port"] == 4444
    }

    fn alert(event: &Value, origin: Origin<'_>, execution: &Execution) -> Document {
        Document::of_event(Self::META, event, origin, execution)
    }
}

impl Detect<Value> for Beacon {
    fn detector() -> Box<dyn Detector<Value>> {
        Box::new(eql::detector::EventDetector::<Self>::default())
    }
}

/// Alerts for the last event of a stream, which only its end can tell.
#[derive(Default)]
pub struct Last {
    event: Option<(Value, String, String)>,
}

impl Rule for Last {
    const META: &'static RuleMeta =
        &RuleMeta { rule_id: "33333333-3333-4333-8333-333333333333", name: "Last Event", ..BASE };
}

impl Detector<Value> for Last {
    fn meta(&self) -> &'static RuleMeta {
        Self::META
    }

    fn on_event(
        &mut self,
        event: &Value,
        origin: Origin<'_>,
        _: &Execution,
        _: &mut dyn FnMut(Document),
    ) {
        self.event = Some((event.clone(), origin.index.to_owned(), origin.id.to_owned()));
    }

    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        if let Some((event, index, id)) = self.event.take() {
            let origin = Origin { index: &index, id: &id };
            emit(Document::of_event(Self::META, &event, origin, execution));
        }
    }
}

impl Detect<Value> for Last {
    fn detector() -> Box<dyn Detector<Value>> {
        Box::new(Self::default())
    }
}

/// What `eql::rules!` makes of a folder.
pub mod pack {
    use super::{Beacon, Detect, Detector, Mshta};

    pub fn detectors<E>() -> Vec<Box<dyn Detector<E>>>
    where
        Mshta: Detect<E>,
        Beacon: Detect<E>,
    {
        vec![Mshta::detector(), Beacon::detector()]
    }
}

/// How a run ended and what it wrote.
pub struct Done {
    pub exit: ExitCode,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// The lines of standard output as JSON.
    pub fn alerts(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One key of each alert.
    pub fn each(&self, key: &str) -> Vec<Value> {
        self.alerts().iter().map(|alert| alert[key].clone()).collect()
    }

    /// The ids of the events that alerts are of.
    pub fn event_ids(&self) -> Vec<String> {
        let id =
            |alert: &Value| alert["kibana.alert.ancestors"][0]["id"].as_str().unwrap().to_owned();
        self.alerts().iter().map(id).collect()
    }
}

/// Runs the sensor of [`pack`] with what `input` gives as standard input.
pub fn sensor_reading(args: &[&dyn AsRef<std::ffi::OsStr>], input: impl Read) -> Done {
    run_rules(eql_sensor::rules!(pack), args, input)
}

/// Runs the sensor of [`pack`] without standard input.
pub fn sensor(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Done {
    sensor_reading(args, std::io::empty())
}

pub fn run_rules(rules: Rules, args: &[&dyn AsRef<std::ffi::OsStr>], input: impl Read) -> Done {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = std::iter::once("sensor".into()).chain(args.iter().map(OsString::from));
    let exit = run_with(rules, args, Streams::new(input, &mut stdout, &mut stderr));
    Done {
        exit,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// An event that [`Mshta`] alerts on.
pub fn mshta(id: &str) -> Value {
    json!({
        "@timestamp": "2026-03-02T09:14:31.220Z",
        "data_stream": {"type": "logs", "dataset": "endpoint.events.process", "namespace": "default"},
        "event": {"id": id, "category": ["process"], "kind": "event"},
        "host": {"name": "ws-1"},
        "user": {"name": "alice"},
        "process": {"name": "mshta.exe", "parent": {"name": "winword.exe"}},
    })
}

/// An event that [`Beacon`] alerts on.
pub fn beacon(id: &str) -> Value {
    json!({
        "@timestamp": "2026-03-02T09:15:00.000Z",
        "event": {"id": id, "category": ["network"], "kind": "event"},
        "destination": {"ip": "203.0.113.9", "port": 4444},
    })
}

/// An event that nothing alerts on.
pub fn quiet(id: &str) -> Value {
    json!({"@timestamp": "2026-03-02T09:00:00.000Z", "event": {"id": id, "category": ["process"]}})
}

/// Events as NDJSON.
pub fn lines(events: &[Value]) -> String {
    events.iter().map(|event| event.to_string() + "\n").collect()
}

/// Writes a file and returns its path.
pub fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}
