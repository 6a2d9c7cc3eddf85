//! A few rules, and a sensor that runs on buffers.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use eql::{Detect, Detector, Document, Execution, Origin, RuleMeta};
use eql_sensor::{ExitCode, Rules, Streams, run_with};
use serde_json::{Value, json};

eql::rules! {
    /// Two rules of one event each.
    pub mod pack = "tests/rules/*.toml"
}

/// The second rule of [`pack`], on its own.
#[eql::rule(path = "tests/rules/port_4444.toml")]
pub struct Beacon;

/// Alerts for the last event of a stream, which only its end can tell.
#[derive(Default)]
pub struct Last {
    event: Option<(Value, String, String)>,
}

/// The metadata of [`Last`].
#[eql::rule(name = "Last Event", severity = "low", risk_score = 21, query(any where true))]
pub struct Any;

impl Detector<Value> for Last {
    fn meta(&self) -> &'static RuleMeta {
        Any::META
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
            emit(Document::of_event(Any::META, &event, origin, execution));
        }
    }
}

impl Detect<Value> for Last {
    fn detector<'a>() -> Box<dyn Detector<Value> + 'a> {
        Box::new(Self::default())
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

/// An event that the first rule of [`pack`] alerts on.
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

/// An event that the second rule of [`pack`] alerts on.
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
