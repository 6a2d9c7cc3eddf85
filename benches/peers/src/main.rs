//! Compiled rule sets beside parsers of JSON and engines of Sigma rules, in one run on one machine.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` prints tables in Markdown; `-- gate` counts
//! instructions instead, and fails where they are too many; `-- verify` compares the alerts of the set, on all events,
//! with those of its rules one by one. Without the variables below it takes made events and rules of our own.
//!
//! | variable | meaning |
//! |---|---|
//! | `EQL_BENCH_RULES` | rules: a folder of rule files, or JSON lines of rules, which may be compressed by zstd |
//! | `EQL_BENCH_EVENTS` | events: JSON lines, which may be compressed by zstd |
//! | `EQL_BENCH_LIMIT` | the most events, taken evenly; 5,000, for `verify` all |
//! | `EQL_BENCH_ROUNDS` | rounds, of which the median counts; 5 |

mod bench;
mod events;
mod gate;
mod measure;
mod ours;
mod pack;
mod peers;
mod readers;
mod report;
mod rule_file;
mod translate;
#[cfg(test)]
mod translate_tests;
mod verify;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use events::Events;

fn main() -> ExitCode {
    if let Ok(what) = env::var(gate::SUBJECT) {
        gate::count(&what);
        return ExitCode::SUCCESS;
    }
    match env::args().nth(1).as_deref() {
        None => with_events(events::MADE, |events| {
            bench::run(events, number("EQL_BENCH_ROUNDS", 5));
            ExitCode::SUCCESS
        }),
        Some("verify") => with_events(usize::MAX, verify::run),
        Some("gate") => gate::run(),
        Some(other) => {
            eprintln!(
                "`{other}` is not a command; there are `gate`, `verify`, and none for all measurements"
            );
            ExitCode::FAILURE
        }
    }
}

/// Does `work` on the events: those of the file, at most `most` unless said otherwise, or made ones.
fn with_events(most: usize, work: impl FnOnce(&Events) -> ExitCode) -> ExitCode {
    let events = match env::var_os("EQL_BENCH_EVENTS") {
        Some(path) => Events::load(Path::new(&path), number("EQL_BENCH_LIMIT", most)),
        None => Ok(Events::made(number("EQL_BENCH_LIMIT", events::MADE))),
    };
    match events {
        Ok(events) => work(&events),
        Err(error) => {
            eprintln!("EQL_BENCH_EVENTS: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number(variable: &str, default: usize) -> usize {
    match env::var(variable) {
        Ok(text) => text.parse().ok().filter(|number| *number > 0).unwrap_or_else(|| {
            eprintln!("{variable} is not a number above 0: {default} is taken");
            default
        }),
        Err(_) => default,
    }
}
