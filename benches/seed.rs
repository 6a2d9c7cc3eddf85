//! The compiled seed rule beside the `if` that one would write by hand.
//!
//! `cargo bench --bench seed` prints times, and ratios of instructions where valgrind is installed. It fails
//! where the compiled rule takes more than 1.05 times the instructions of the hand-written one.

use std::hint::black_box;
use std::process::{Command, ExitCode};

use divan::counter::ItemsCount;
use serde_json::{Value, json};

/// The most that the compiled rule may cost, as a multiple of the hand-written test.
const MOST: f64 = 1.05;

#[eql::rule(
    name = "Suspicious Inter-Process Communication via Outlook",
    severity = "medium",
    risk_score = 47,
    query(
        process where event.action == "start" and process.name : "OUTLOOK.EXE"  and
         process.Ext.effective_parent.name != null and
         not process.Ext.effective_parent.executable : ("?:\\Program Files\\*", "?:\\Program Files (x86)\\*")
    )
)]
struct OutlookIpc;

/// A sensor's own event.
#[derive(eql::Event)]
struct Process {
    #[eql(field = "event.category")]
    category: String,
    #[eql(field = "event.action")]
    action: String,
    #[eql(field = "process.name")]
    name: String,
    #[eql(field = "process.Ext.effective_parent.name")]
    parent: Option<String>,
    #[eql(field = "process.Ext.effective_parent.executable")]
    parent_path: Option<String>,
}

#[inline(never)]
fn by_rule(event: &Process) -> bool {
    OutlookIpc::matches(event)
}

#[inline(never)]
fn by_hand(event: &Process) -> bool {
    event.category == "process"
        && event.action == "start"
        && event.name.eq_ignore_ascii_case("outlook.exe")
        && event.parent.is_some()
        && !event.parent_path.as_deref().is_some_and(|path| {
            let mut chars = path.chars();
            chars.next().is_some() && {
                let rest = chars.as_str();
                starts_with(rest, r":\program files\")
                    || starts_with(rest, r":\program files (x86)\")
            }
        })
}

fn starts_with(value: &str, prefix: &str) -> bool {
    value.len() >= prefix.len()
        && value.as_bytes()[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
}

#[inline(never)]
fn json_by_rule(event: &Value) -> bool {
    OutlookIpc::matches(event)
}

#[inline(never)]
fn json_by_hand(event: &Value) -> bool {
    let text = |value: &Value, wanted: &str| value.as_str() == Some(wanted);
    let any = |value: &Value, wanted: &str| match value {
        Value::Array(items) => items.iter().any(|item| text(item, wanted)),
        value => text(value, wanted),
    };
    let parent = &event["process"]["Ext"]["effective_parent"];
    any(&event["event"]["category"], "process")
        && any(&event["event"]["action"], "start")
        && event["process"]["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case("outlook.exe"))
        && parent["name"].is_string()
        && !parent["executable"].as_str().is_some_and(|path| {
            let mut chars = path.chars();
            chars.next().is_some() && {
                let rest = chars.as_str();
                starts_with(rest, r":\program files\")
                    || starts_with(rest, r":\program files (x86)\")
            }
        })
}

/// Events that leave the rule at each of its tests, and some that pass them all.
fn events() -> Vec<Process> {
    let paths = [
        None,
        Some(r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"),
        Some(r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE"),
        Some(r"D:\program files (x86)\Teams\Teams.exe"),
    ];
    let mut events = Vec::new();
    for category in ["process", "file"] {
        for action in ["start", "end"] {
            for name in ["OUTLOOK.EXE", "outlook.exe", "chrome.exe", "svchost.exe"] {
                for path in paths {
                    events.push(Process {
                        category: category.to_owned(),
                        action: action.to_owned(),
                        name: name.to_owned(),
                        parent: path
                            .map(|path| path.rsplit('\\').next().unwrap_or(path).to_owned()),
                        parent_path: path.map(str::to_owned),
                    });
                }
            }
        }
    }
    events
}

fn documents() -> Vec<Value> {
    let document = |event: Process| {
        json!({
            "event": { "category": [event.category], "action": event.action },
            "process": {
                "name": event.name,
                "Ext": { "effective_parent": { "name": event.parent, "executable": event.parent_path } },
            },
        })
    };
    events().into_iter().map(document).collect()
}

/// The subjects of the count of instructions.
fn count(subject: &str, rounds: usize) {
    let (events, documents) = (events(), documents());
    let mut hits = 0_u64;
    for _ in 0..rounds {
        for (event, document) in events.iter().zip(&documents) {
            hits += u64::from(match subject {
                "rule" => by_rule(black_box(event)),
                "hand" => by_hand(black_box(event)),
                "json-rule" => json_by_rule(black_box(document)),
                "json-hand" => json_by_hand(black_box(document)),
                _ => false,
            });
        }
    }
    black_box(hits);
}

/// Instructions of one round over all events, by callgrind; `None` where it is not installed.
fn instructions(subject: &str) -> Option<f64> {
    Some(per_round(subject)? - per_round("nothing")?)
}

/// The difference of two runs, so that what happens once does not count.
fn per_round(subject: &str) -> Option<f64> {
    let total = |rounds: u32| -> Option<f64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .env("EQL_COUNT", format!("{subject} {rounds}"))
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
    };
    Some((total(1_010)? - total(10)?) / 1_000.0)
}

fn main() -> ExitCode {
    if let Ok(what) = std::env::var("EQL_COUNT") {
        if let Some((subject, rounds)) = what.split_once(' ') {
            count(subject, rounds.parse().unwrap_or(0));
        }
        return ExitCode::SUCCESS;
    }
    for (event, document) in events().iter().zip(documents()) {
        assert_eq!(by_rule(event), by_hand(event));
        assert_eq!(by_rule(event), json_by_rule(&document));
        assert_eq!(by_rule(event), json_by_hand(&document));
    }
    let mut code = ExitCode::SUCCESS;
    for (what, rule, hand) in [("struct", "rule", "hand"), ("JSON", "json-rule", "json-hand")] {
        let (Some(rule), Some(hand)) = (instructions(rule), instructions(hand)) else {
            println!("skipped: no instructions are counted, valgrind is not installed");
            break;
        };
        let ratio = rule / hand;
        let events = 64.0;
        println!(
            "{what}: {:.1} instructions an event compiled, {:.1} by hand, ratio {ratio:.3}",
            rule / events,
            hand / events
        );
        if what == "struct" && ratio > MOST {
            println!("the compiled rule may cost {MOST} times the hand-written one");
            code = ExitCode::FAILURE;
        }
    }
    divan::main();
    code
}

#[divan::bench]
fn struct_compiled(bencher: divan::Bencher<'_, '_>) {
    let events = events();
    bencher
        .counter(ItemsCount::new(events.len()))
        .bench_local(|| events.iter().filter(|e| by_rule(e)).count());
}

#[divan::bench]
fn struct_by_hand(bencher: divan::Bencher<'_, '_>) {
    let events = events();
    bencher
        .counter(ItemsCount::new(events.len()))
        .bench_local(|| events.iter().filter(|e| by_hand(e)).count());
}

#[divan::bench]
fn json_compiled(bencher: divan::Bencher<'_, '_>) {
    let events = documents();
    bencher
        .counter(ItemsCount::new(events.len()))
        .bench_local(|| events.iter().filter(|e| json_by_rule(e)).count());
}

#[divan::bench]
fn json_with_hand_written_test(bencher: divan::Bencher<'_, '_>) {
    let events = documents();
    bencher
        .counter(ItemsCount::new(events.len()))
        .bench_local(|| events.iter().filter(|e| json_by_hand(e)).count());
}
