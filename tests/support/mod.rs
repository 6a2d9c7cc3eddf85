//! Compiles many rules into one program and runs it over events.
//!
//! The compiled path cannot be tested from inside a test: rules exist once they are compiled. So a batch of
//! rules becomes a crate below cargo's folder for test files, cargo builds it, and the program answers
//! questions on its standard input.

#![allow(dead_code)] // each test binary uses its part

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// A rule to compile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    /// The text of its query.
    pub(crate) query: String,
    /// More arguments of the attribute, such as `timestamp_field = "t"`.
    pub(crate) args: String,
    /// Of a sample: the limits of the request, and that results come at the end, ordered by key.
    pub(crate) sample: Option<Sample>,
}

/// What a search for samples is limited to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Results for each key.
    pub(crate) max_samples_per_key: usize,
    /// Results in all.
    pub(crate) size: usize,
}

/// A set of rules to compile together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// Unique among all batches of all tests: the name of the crate.
    pub(crate) name: String,
    /// What stands in `eql.toml`.
    pub(crate) config: String,
    /// Rules written as attributes, in order.
    pub(crate) rules: Vec<Rule>,
    /// Rule files, by file name, after them.
    pub(crate) files: Vec<(String, String)>,
}

/// A batch that was built.
pub(crate) struct Program {
    path: PathBuf,
}

/// What came of a set that was run fused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fused {
    pub(crate) events: u64,
    /// Terms that events fit.
    pub(crate) hits: u64,
    pub(crate) alerts: u64,
    /// Terms that were tested.
    pub(crate) candidates: u64,
}

/// One alert that a rule raised.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alert {
    /// `_id` of the events in it, in order: indices of the job's events.
    pub(crate) events: Vec<usize>,
    /// One of the alerts that a sequence's alert stands for.
    pub(crate) building_block: bool,
    /// The alert's id.
    pub(crate) uuid: String,
}

impl Batch {
    /// Builds the program.
    ///
    /// # Panics
    /// Where a rule does not compile, with what the compiler said.
    pub(crate) fn build(&self) -> Program {
        let folder = scratch().join(&self.name);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::create_dir_all(folder.join("src")).expect("the scratch folder can be written");
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\neql = {{ path = {root:?} }}\nserde_json = \"1\"\n\n\
             [profile.dev]\ndebug = false\nincremental = false\n\n\
             [profile.dev.build-override]\nopt-level = 1\n",
            self.name,
        );
        put(&folder.join("Cargo.toml"), &manifest);
        put(&folder.join("eql.toml"), &self.config);
        put(&folder.join("src/main.rs"), &self.main());
        let rules = folder.join("rules");
        let _ = std::fs::remove_dir_all(&rules);
        for (name, text) in &self.files {
            std::fs::create_dir_all(&rules).expect("the scratch folder can be written");
            put(&rules.join(name), text);
        }
        let lock = folder.join("Cargo.lock");
        if !lock.exists() {
            std::fs::copy(root.join("Cargo.lock"), &lock).expect("the lock file can be copied");
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["build", "--quiet", "--offline"])
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", scratch().join("target"))
            .env("RUSTFLAGS", "-Awarnings")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "batch {} does not build:\n{said}", self.name);
        Program { path: scratch().join("target/debug").join(&self.name) }
    }

    fn main(&self) -> String {
        let mut out = String::from(DRIVER);
        for (at, rule) in self.rules.iter().enumerate() {
            let Rule { query, args, .. } = rule;
            let hashes = "#".repeat(12);
            write!(
                out,
                "\n#[eql::rule(name = \"rule {at}\", severity = \"low\", risk_score = 21, {args} \
                 query = r{hashes}\"{query}\"{hashes})]\npub struct Rule{at};\n"
            )
            .expect("a string takes it");
        }
        out.push_str("\nfn detectors() -> Vec<Box<dyn Detector<Value>>> {\n    let mut all: Vec<Box<dyn Detector<Value>>> = Vec::new();\n");
        for (at, rule) in self.rules.iter().enumerate() {
            let detector = match rule.sample {
                None => format!("<Rule{at} as eql::Detect<Value>>::detector()"),
                Some(Sample { max_samples_per_key, size }) => format!(
                    "Box::new(eql::group::GroupDetector::of_sample::<Rule{at}>(<Rule{at} as \
                     eql::group::SampleRule>::PLAN.at_flush().size({size}).max_samples_per_key({max_samples_per_key})))"
                ),
            };
            writeln!(out, "    all.push({detector});").expect("a string takes it");
        }
        if !self.files.is_empty() {
            out.push_str("    all.extend(pack::detectors::<Value>());\n");
        }
        out.push_str("    all\n}\n");
        if !self.files.is_empty() {
            out.push_str("\neql::rules! { pub mod pack = \"rules\" }\n");
            out.push_str(FUSED);
        } else {
            out.push_str("\nfn fused(_: &Value) -> Value {\n    Value::Null\n}\n");
        }
        out
    }
}

impl Program {
    /// Runs rules over events: each job is a rule's index and its events, and gets the alerts it raised.
    pub(crate) fn run(&self, jobs: &[(usize, &[Value])]) -> Vec<Vec<Alert>> {
        let lines: Vec<String> = jobs
            .iter()
            .map(|(rule, events)| json!({ "rule": rule, "events": events }).to_string())
            .collect();
        let answers = self.ask(&lines);
        answers.iter().map(alerts).collect()
    }

    /// Runs every rule over every event of a stream and gives, for each rule, its alerts.
    pub(crate) fn run_all(&self, events: &[Value]) -> Vec<Vec<Alert>> {
        let answers = self.ask(&[json!({ "all": events }).to_string()]);
        let answer: Value = answers.into_iter().next().expect("one answer");
        answer.as_array().expect("a list for each rule").iter().map(alerts).collect()
    }

    /// Runs the set of the batch's files over streams, fused and rule by rule, with these seconds of lateness, and
    /// fails where the two differ. A stream ends before the next, or is followed by it as by another source.
    pub(crate) fn run_fused(&self, streams: &[&[Value]], lateness: u64, ends: bool) -> Fused {
        let job = json!({ "fused": streams, "lateness": lateness, "ends": ends });
        let answer = self.ask(&[job.to_string()]).remove(0);
        let count = |name: &str| answer[name].as_u64().expect("a count");
        Fused {
            events: count("events"),
            hits: count("hits"),
            alerts: count("alerts"),
            candidates: count("candidates"),
        }
    }

    fn ask(&self, lines: &[String]) -> Vec<Value> {
        let mut child = Command::new(&self.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the batch runs");
        let mut input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let answers = std::thread::scope(|scope| {
            scope.spawn(move || {
                for line in lines {
                    if writeln!(input, "{line}").is_err() {
                        return;
                    }
                }
            });
            output
                .lines()
                .map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("an answer is JSON"))
                .collect::<Vec<Value>>()
        });
        assert!(child.wait().expect("the batch ends").success(), "the batch failed");
        assert_eq!(answers.len(), lines.len(), "an answer for each line");
        answers
    }
}

fn alerts(answer: &Value) -> Vec<Alert> {
    let alert = |alert: &Value| Alert {
        events: alert["events"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|id| id.as_u64().and_then(|id| usize::try_from(id).ok()).expect("an index"))
            .collect(),
        building_block: alert["block"].as_bool().expect("a flag"),
        uuid: alert["uuid"].as_str().expect("a text").to_owned(),
    };
    answer.as_array().expect("a list of alerts").iter().map(alert).collect()
}

/// Where batches are written and built: one folder of targets for all of them.
fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("batches")
}

/// Writes a file where its content is new, so that cargo sees no change in a rerun.
fn put(path: &Path, text: &str) {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    std::fs::write(path, text).expect("the scratch folder can be written");
}

/// The folder that an environment variable names; prints a line and gives nothing where it is unset.
pub(crate) fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: {variable} is not set");
    }
    folder
}

/// The lines of a `.zst` file, as JSON.
pub(crate) fn json_lines(path: &Path) -> Vec<Value> {
    let mut lines = Vec::new();
    each_json_line(path, |line| lines.push(line.clone()));
    lines
}

/// Calls `take` with each line of a `.zst` file, one after the other.
pub(crate) fn each_json_line(path: &Path, mut take: impl FnMut(&Value)) {
    let file = std::fs::File::open(path).expect("the file can be read");
    let mut decoder = zstd::Decoder::new(file).expect("the file is zstd");
    decoder.window_log_max(31).expect("a window of any size");
    for line in BufReader::new(decoder).lines() {
        take(&serde_json::from_str(&line.expect("UTF-8")).expect("JSON"));
    }
}

const DRIVER: &str = r#"
use std::io::{BufRead, Write};
use eql::{Detector, Execution, Origin, Timestamp};
use serde_json::{Value, json};

fn main() {
    let execution = Execution::new(Timestamp::default());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let job: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if job.get("fused").is_some() {
            writeln!(out, "{}", fused(&job)).unwrap();
            continue;
        }
        let answer = match job.get("all") {
            Some(events) => {
                let events = events.as_array().unwrap();
                detectors().iter_mut().map(|rule| run(&mut **rule, events, &execution)).collect()
            }
            None => {
                let index = job["rule"].as_u64().unwrap() as usize;
                let mut rule = detectors().swap_remove(index);
                run(&mut *rule, job["events"].as_array().unwrap(), &execution)
            }
        };
        writeln!(out, "{answer}").unwrap();
    }
    out.flush().unwrap();
}

fn run(rule: &mut dyn Detector<Value>, events: &[Value], execution: &Execution) -> Value {
    // The events of a job are all of them: they are put in order whatever order they come in.
    rule.set_lateness(std::time::Duration::from_secs(3_000_000_000));
    let mut alerts = Vec::new();
    let mut emit = |alert: eql::Document| {
        let ancestors = alert.get("kibana.alert.ancestors").and_then(Value::as_array).cloned();
        let events: Vec<Value> = ancestors
            .unwrap_or_default()
            .iter()
            .filter(|ancestor| ancestor["type"] == "event")
            .map(|ancestor| ancestor["id"].as_str().unwrap().parse::<u64>().unwrap().into())
            .collect();
        let block = alert.group_index().is_some();
        alerts.push(json!({ "events": events, "block": block, "uuid": alert.uuid() }));
    };
    for (number, event) in events.iter().enumerate() {
        let id = number.to_string();
        rule.on_event(event, Origin { index: "test", id: &id }, execution, &mut emit);
    }
    rule.flush(execution, &mut emit);
    Value::from(alerts)
}
"#;

const FUSED: &str = r#"
fn fused(job: &Value) -> Value {
    use std::collections::BTreeMap;
    type Alerts = BTreeMap<usize, Vec<Value>>;

    fn one_by_one<E>(
        rules: &mut [Box<dyn Detector<E>>],
        mut each: impl FnMut(&mut dyn Detector<E>, &mut dyn FnMut(eql::Document)),
        alerts: &mut Alerts,
    ) {
        for (rule, detector) in rules.iter_mut().enumerate() {
            each(&mut **detector, &mut |alert| {
                alerts.entry(rule).or_default().push(serde_json::to_value(&alert).unwrap());
            });
        }
    }

    let mut execution = Execution::new(Timestamp::default());
    execution.uuid = "run".to_owned();
    let lateness = std::time::Duration::from_secs(job["lateness"].as_u64().unwrap());
    let ends = job["ends"].as_bool().unwrap();
    let (mut row, mut set, mut looker) = (pack::Row::new(), pack::Detector::new(), pack::Detector::new());
    let mut on_rows = pack::detectors::<pack::Row>();
    let mut on_values = pack::detectors::<Value>();
    set.set_lateness(lateness);
    on_rows.iter_mut().for_each(|rule| rule.set_lateness(lateness));
    on_values.iter_mut().for_each(|rule| rule.set_lateness(lateness));
    let (mut fused, mut rows, mut values) = (Alerts::new(), Alerts::new(), Alerts::new());
    let (mut events, mut hits) = (0, 0);
    // Workers see time pass at different events, which is of no consequence where nothing is late.
    let split = ends && lateness >= std::time::Duration::from_secs(60);
    let mut workers: Vec<_> = (0..3).map(|_| pack::Detector::of_hosts()).collect();
    workers.push(pack::Detector::of_all_hosts());
    workers.iter_mut().for_each(|worker| worker.set_lateness(lateness));
    let mut shared = Alerts::new();
    let streams = job["fused"].as_array().unwrap();
    for (number, stream) in streams.iter().enumerate() {
        set.begin_source();
        on_rows.iter_mut().for_each(|rule| rule.begin_source());
        on_values.iter_mut().for_each(|rule| rule.begin_source());
        for (at, event) in stream.as_array().unwrap().iter().enumerate() {
            let id = format!("{number}-{at}");
            let origin = Origin { index: "test", id: &id };
            row.read_document(event).unwrap();
            looker.search(&row);
            let found: Vec<_> = looker.hits().collect();
            looker.search_one_by_one(&row);
            assert_eq!(found, looker.hits().collect::<Vec<_>>(), "guards hide a term on {event}");
            (events, hits) = (events + 1, hits + found.len());
            let keep = &mut |rule: usize, alert: eql::Document| {
                fused.entry(rule).or_default().push(serde_json::to_value(&alert).unwrap());
            };
            set.on_event(&row, origin, &execution, keep).unwrap();
            if split {
                let keep = &mut |rule: usize, alert: eql::Document| {
                    shared.entry(rule).or_default().push(serde_json::to_value(&alert).unwrap());
                };
                let of_host = (row.host() % 3) as usize;
                workers[of_host].on_event(&row, origin, &execution, keep).unwrap();
                workers[3].on_event(&row, origin, &execution, keep).unwrap();
            }
            one_by_one(&mut on_rows, |rule, emit| rule.on_event(&row, origin, &execution, emit), &mut rows);
            one_by_one(&mut on_values, |rule, emit| rule.on_event(event, origin, &execution, emit), &mut values);
        }
        if ends || number + 1 == streams.len() {
            set.flush(&execution, &mut |rule, alert| {
                fused.entry(rule).or_default().push(serde_json::to_value(&alert).unwrap());
            });
            for worker in &mut workers {
                worker.flush(&execution, &mut |rule, alert| {
                    shared.entry(rule).or_default().push(serde_json::to_value(&alert).unwrap());
                });
            }
            one_by_one(&mut on_rows, |rule, emit| rule.flush(&execution, emit), &mut rows);
            one_by_one(&mut on_values, |rule, emit| rule.flush(&execution, emit), &mut values);
        }
    }
    for (rule, meta) in pack::RULES.iter().enumerate() {
        let query = meta.query;
        assert_eq!(rows.get(&rule), values.get(&rule), "rows are not documents for {query}");
        assert_eq!(fused.get(&rule), rows.get(&rule), "the set is not its rules for {query}");
        if split {
            let sorted = |alerts: &Alerts| {
                let mut alerts: Vec<String> =
                    alerts.get(&rule).into_iter().flatten().map(Value::to_string).collect();
                alerts.sort();
                alerts
            };
            assert_eq!(sorted(&shared), sorted(&fused), "workers find otherwise for {query}");
        }
    }
    let counters: Vec<_> = on_rows.iter().map(|rule| rule.counters()).enumerate().collect();
    assert_eq!(set.counters().collect::<Vec<_>>(), counters, "the set counts otherwise than its rules");
    let alerts: usize = fused.values().map(Vec::len).sum();
    json!({ "events": events, "hits": hits, "alerts": alerts, "candidates": looker.stats().candidates })
}
"#;
