//! The projection scanner beside `serde_json`, over the same lines in the same run.
//!
//! `cargo bench --bench scan` prints throughput, and instructions for each event where valgrind is installed. It
//! fails where the scanner takes more than 0.15 times the instructions that `serde_json` takes for a tree alone.
//!
//! Lines are those of `EQL_DATA`, else made ones; fields are those of the rules of `EQL_CORPUS`, else a list of ours.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use eql::scan::{Backend, Projection, Scan};
use eql_grammar::ast::Dialect;
use eql_grammar::diag::Diagnostics;
use eql_grammar::hir::Root;
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use eql_grammar::schema::Schema;
use serde_json::{Value, json};

/// The most that the scanner may cost, as a multiple of the instructions of a tree.
const MOST: f64 = 0.15;

/// How many lines the instructions are counted over.
const COUNTED: usize = 500;

/// Fields that rules often read.
const FIELDS: &[&str] = &[
    "@timestamp",
    "agent.id",
    "destination.ip",
    "destination.port",
    "dll.name",
    "dll.path",
    "dns.question.name",
    "event.action",
    "event.category",
    "event.code",
    "event.dataset",
    "event.outcome",
    "event.provider",
    "event.type",
    "file.extension",
    "file.name",
    "file.path",
    "file.size",
    "group.name",
    "host.id",
    "host.os.type",
    "network.direction",
    "network.protocol",
    "process.Ext.effective_parent.executable",
    "process.args",
    "process.args_count",
    "process.code_signature.subject_name",
    "process.code_signature.trusted",
    "process.command_line",
    "process.entity_id",
    "process.executable",
    "process.name",
    "process.parent.args",
    "process.parent.command_line",
    "process.parent.executable",
    "process.parent.name",
    "process.pid",
    "registry.data.strings",
    "registry.path",
    "registry.value",
    "source.ip",
    "source.port",
    "user.domain",
    "user.id",
    "user.name",
    "winlog.event_data.SubjectUserName",
];

/// The lines of a compressed file.
fn recorded(path: &Path, most: usize) -> Vec<Vec<u8>> {
    let file = std::fs::File::open(path).expect("the file can be read");
    let mut decoder = zstd::Decoder::new(file).expect("the file is zstd");
    decoder.window_log_max(31).expect("a window of any size");
    BufReader::new(decoder).split(b'\n').take(most).map(|line| line.expect("a line")).collect()
}

/// Starts of processes and writes of files, much as sensors report them.
fn made() -> Vec<Vec<u8>> {
    let event = |at: usize| {
        let name =
            ["cmd.exe", "powershell.exe", "svchost.exe", "réseau.exe", "explorer.exe"][at % 5];
        let path = format!(r"C:\Windows\System32\{name}");
        let subject = if at.is_multiple_of(3) {
            json!({ "file": { "path": format!(r"C:\Users\u{at}\report.docx"), "name": "report.docx", "extension": "docx", "size": at } })
        } else {
            json!({ "registry": { "path": r"HKLM\Software\Run", "data": { "strings": ["a", "b"] } } })
        };
        json!({
            "@timestamp": format!("2025-06-01T12:{:02}:{:02}.125Z", at / 60 % 60, at % 60),
            "agent": { "id": "3f0c52ce-5c3b-4a1c-a84e-0f6f7c2e6a10", "type": "endpoint", "version": "9.0.0" },
            "event": { "action": "start", "category": ["process"], "type": ["start"], "kind": "event", "id": at.to_string() },
            "host": { "id": "h-1", "name": "ws-17", "os": { "type": "windows", "family": "windows", "version": "10.0.19045" } },
            "message": format!("Process {name} was started by a user who logged on some time ago, and it will run for a while"),
            "process": {
                "pid": at, "name": name, "executable": path, "args": [path, "/c", "echo \"x\""], "args_count": 3,
                "command_line": format!("{path} /c echo \"x\""), "entity_id": format!("e-{at}"),
                "hash": { "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
                "parent": { "name": "explorer.exe", "executable": r"C:\Windows\explorer.exe", "pid": 4 },
                "Ext": { "effective_parent": { "executable": r"C:\Windows\explorer.exe" }, "token": { "elevation": false } },
            },
            "user": { "id": "S-1-5-21-1-2-3-1001", "name": "alice", "domain": "CORP" },
            "subject": subject,
        })
    };
    (0..5_000).map(|at| event(at).to_string().into_bytes()).collect()
}

/// The fields that the rules of the corpus read.
fn fields_of_corpus(folder: &Path) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for line in recorded(&folder.join("detection-rules.open.ndjson.zst"), usize::MAX) {
        let rule: Value = serde_json::from_slice(&line).expect("a rule is JSON");
        let query = rule["rule"]["query"].as_str().unwrap_or_default();
        let Ok(query) = parse(query, Dialect::Elasticsearch) else { continue };
        let options = Options::new(Dialect::Elasticsearch, Schema::builtin());
        let query = lower(&query, &options, &mut Diagnostics::new());
        let of_event = query.into_iter().flat_map(|query| query.fields);
        fields.extend(of_event.filter(|field| field.root == Root::Event).map(|field| field.path));
    }
    fields
}

/// Lines, and where they are from.
type Source = (&'static str, Vec<Vec<u8>>);

/// The lines of each source, and the fields.
fn subjects() -> (Vec<Source>, Vec<String>) {
    let folder = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let lines = match folder("EQL_DATA") {
        Some(data) => vec![
            ("sample-5k", recorded(&data.join("sample-5k.ndjson.zst"), 5_000)),
            ("mordor-ecs, first 5,000", recorded(&data.join("mordor-ecs.ndjson.zst"), 5_000)),
        ],
        None => vec![("made", made())],
    };
    let fields = match folder("EQL_CORPUS") {
        Some(corpus) => fields_of_corpus(&corpus).into_iter().collect(),
        None => FIELDS.iter().map(|&field| field.to_owned()).collect(),
    };
    (lines, fields)
}

fn projection(fields: &[String]) -> Projection {
    Projection::new(&fields.iter().map(String::as_str).collect::<Vec<_>>())
}

fn parse_all(lines: &[Vec<u8>]) {
    for line in lines {
        black_box(serde_json::from_slice::<Value>(line).expect("a line is JSON"));
    }
}

fn scan_all(scan: &mut Scan, projection: &Projection, lines: &[Vec<u8>]) {
    for line in lines {
        scan.read(projection, line).expect("a line is JSON");
        black_box(&scan);
    }
}

/// The best of some rounds.
fn time(mut round: impl FnMut()) -> Duration {
    let rounds = (0..7).map(|_| {
        let started = Instant::now();
        round();
        started.elapsed()
    });
    rounds.min().unwrap_or_default()
}

/// The subjects of the count of instructions. The lines are read from a file, to spend little outside of it.
fn count(subject: &str, rounds: usize, file: &str) {
    let text = std::fs::read(file).expect("the lines");
    let lines: Vec<Vec<u8>> = text.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let (fields, lines) = lines.split_first().expect("the first line has the fields");
    let fields: Vec<String> = serde_json::from_slice(fields).expect("a list of fields");
    let projection = projection(&fields);
    let mut scan = match subject {
        "portable" => Scan::with_backend(Backend::Portable),
        _ => Scan::new(),
    };
    for _ in 0..rounds {
        match subject {
            "serde_json" => parse_all(lines),
            _ => scan_all(&mut scan, &projection, lines),
        }
    }
}

/// Instructions of one event, by callgrind; `None` where it is not installed.
///
/// The difference of two runs, so that what happens once does not count.
fn instructions(subject: &str, file: &Path) -> Option<f64> {
    let total = |rounds: u32| -> Option<f64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .env("EQL_COUNT", format!("{subject} {rounds} {}", file.display()))
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
    };
    Some((total(3)? - total(1)?) / (2.0 * COUNTED as f64))
}

fn main() -> ExitCode {
    if let Ok(what) = std::env::var("EQL_COUNT") {
        if let [subject, rounds, file] = what.splitn(3, ' ').collect::<Vec<_>>()[..] {
            count(subject, rounds.parse().unwrap_or(0), file);
        }
        return ExitCode::SUCCESS;
    }
    let (sources, fields) = subjects();
    let projection = projection(&fields);
    println!("{} fields", fields.len());
    let mut code = ExitCode::SUCCESS;
    for (name, lines) in &sources {
        let bytes: usize = lines.iter().map(Vec::len).sum();
        let show = |what: &str, took: Duration| {
            let seconds = took.as_secs_f64();
            println!(
                "{name}: {what}: {:.0} MB/s, {:.0} ns an event",
                bytes as f64 / seconds / 1e6,
                seconds * 1e9 / lines.len() as f64
            );
        };
        show("serde_json::Value", time(|| parse_all(lines)));
        for &backend in Backend::all_here() {
            let mut scan = Scan::with_backend(backend);
            show(&format!("scan, {backend:?}"), time(|| scan_all(&mut scan, &projection, lines)));
        }

        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scan-lines.ndjson");
        let mut text = vec![serde_json::to_vec(&fields).expect("names are JSON")];
        // From all over the source: those that follow each other are alike.
        text.extend(lines.iter().step_by(lines.len().div_ceil(COUNTED)).cloned());
        std::fs::write(&file, text.join(&b'\n')).expect("the folder for temporary files");
        let counted =
            ["serde_json", "portable", "best"].map(|subject| instructions(subject, &file));
        let [Some(tree), Some(portable), Some(best)] = counted else {
            println!("skipped: no instructions are counted, valgrind is not installed");
            continue;
        };
        let ratio = best / tree;
        println!(
            "{name}: {best:.0} instructions an event, {portable:.0} portable, {tree:.0} by serde_json, ratio {ratio:.3}"
        );
        if ratio > MOST {
            println!("the scanner may cost {MOST} times what serde_json takes");
            code = ExitCode::FAILURE;
        }
    }
    code
}
