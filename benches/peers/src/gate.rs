//! What a rule set may cost, in instructions, which do not depend on who else is at work on the machine.

use std::hint::black_box;
use std::process::{Command, ExitCode};

use crate::events::Events;
use crate::ours::{Eql, Rows};
use crate::pack::{SOURCE, pack};
use crate::peers::Peer as _;
use crate::readers::SimdJson;

/// The variable that has a program run under valgrind count one subject: `subject passes`.
pub const SUBJECT: &str = "EQL_GATE_SUBJECT";

/// How many events a pass sees.
const EVENTS: usize = 400;
/// The most that matches may cost, from the lines, as a multiple of simd-json's parse.
const MATCHES: f64 = 0.5;
/// The most that alerts may cost, as a multiple of the same.
const ALERTS: f64 = 1.25;
/// The most that the set as planned may cost, as a multiple of each rule tested.
const FUSED: f64 = 0.5;

/// Goes over the events, as a program under valgrind.
pub fn count(what: &str) {
    let Some((subject, passes)) = what.split_once(' ') else { return };
    let passes: usize = passes.parse().unwrap_or_default();
    let events = Events::made(EVENTS);
    let rows = Rows::of(&events);
    let mut eql = Eql::<pack::Set>::of(&pack::RULES, |_| true);
    let mut parser = SimdJson::new(events.longest());
    for _ in 0..passes {
        match subject {
            "parse" => events.lines().for_each(|line| parser.value(line)),
            "matches" => {
                let mut matched = Vec::new();
                events.lines().for_each(|line| eql.search(line, &mut matched));
                black_box(matched);
            }
            "alerts" => {
                eql.restart();
                black_box(events.lines().map(|line| eql.alerts(line)).sum::<u64>());
            }
            "fused" => eql.search_rows(&rows, false),
            "naive" => eql.search_rows(&rows, true),
            _ => {}
        }
    }
}

/// Instructions an event; `None` where valgrind is not installed.
fn instructions(subject: &str) -> Option<f64> {
    let total = |passes: usize| -> Option<f64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .env(SUBJECT, format!("{subject} {passes}"))
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
    };
    // What happens before the events, and in the first pass, does not count.
    Some((total(3)? - total(1)?) / (2 * EVENTS) as f64)
}

/// Counts, prints and judges.
pub fn run() -> ExitCode {
    if SOURCE != "own" {
        println!("the limits are for our own rules: build without EQL_BENCH_RULES");
        return ExitCode::FAILURE;
    }
    let subjects = ["parse", "matches", "alerts", "naive", "fused"].map(instructions);
    let [Some(parse), Some(matches), Some(alerts), Some(naive), Some(fused)] = subjects else {
        println!("skipped: no instructions are counted, valgrind is not installed");
        return ExitCode::SUCCESS;
    };
    println!("instructions an event, {EVENTS} made events, {} rules of our own", pack::RULES.len());
    println!("simd-json `BorrowedValue`, parse only: {parse:.0}");
    let mut code = ExitCode::SUCCESS;
    for (what, cost, beside, base, most) in [
        ("lines to matches", matches, "that parse", parse, MATCHES),
        ("lines to alerts", alerts, "that parse", parse, ALERTS),
        ("rows to matches, fused", fused, "each rule tested", naive, FUSED),
    ] {
        let ratio = cost / base;
        println!("{what}: {cost:.0}, {ratio:.3} of {beside} ({base:.0}), at most {most}");
        if ratio > most {
            println!("FAILED: {what} costs more than {most} times {beside}");
            code = ExitCode::FAILURE;
        }
    }
    code
}
