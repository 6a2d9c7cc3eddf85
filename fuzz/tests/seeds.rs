//! The properties over the seeds and over mutations of them, the same in every run.
//!
//! `FUZZ_EXECUTIONS` is how many mutations of each target are tried, in the place of a few thousand:
//! `FUZZ_EXECUTIONS=1000000 cargo test --release --manifest-path fuzz/Cargo.toml -- --test-threads 1 import`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;

const MUTATIONS: usize = 2_000;
/// An input that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(10);

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the folder of seeds")
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 2, "few seeds of {target}");
    paths.iter().map(|path| fs::read(path).expect("a seed")).collect()
}

fn words() -> Vec<Vec<u8>> {
    let lines = include_str!("../eql.dict").lines().filter(|line| !line.starts_with('#'));
    let word = |line: &str| line.trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\");
    lines.map(|line| word(line).into_bytes()).collect()
}

/// A few small changes, most of which leave UTF-8 what it is.
fn mutate(data: &mut Vec<u8>, words: &[Vec<u8>], other: &[u8], random: &mut Rng) {
    for _ in 0..random.usize(1..5) {
        let at = random.usize(..=data.len());
        let end = (at + random.usize(..12)).min(data.len());
        match random.u8(..6) {
            0 => drop(data.drain(at..end)),
            1 => drop(data.splice(at..end, words[random.usize(..words.len())].iter().copied())),
            2 => drop(data.splice(at..at, words[random.usize(..words.len())].iter().copied())),
            3 => data.insert(at, random.u8(..128)),
            4 => {
                let from = random.usize(..=other.len());
                let to = (from + random.usize(..40)).min(other.len());
                drop(data.splice(at..end, other[from..to].iter().copied()));
            }
            _ => {
                let again = data[at..end].to_vec();
                drop(data.splice(at..at, again));
            }
        }
    }
}

fn run(target: &str, property: fn(&[u8]), mutations: usize) {
    let mutations = match std::env::var("FUZZ_EXECUTIONS") {
        Ok(count) => count.parse().expect("`FUZZ_EXECUTIONS` is a number"),
        Err(_) => mutations,
    };
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| property(seed));
    let words = words();
    let mut random = Rng::with_seed(0x65_71_6c);
    for done in 0..mutations {
        let mut data = seeds[random.usize(..seeds.len())].clone();
        let other = &seeds[random.usize(..seeds.len())];
        mutate(&mut data, &words, other, &mut random);
        let started = Instant::now();
        let result = std::panic::catch_unwind(|| property(&data));
        let text = String::from_utf8_lossy(&data);
        assert!(result.is_ok(), "{target}: mutation {done} breaks the property: {text:?}");
        assert!(started.elapsed() < LONGEST, "{target}: mutation {done} hangs: {text:?}");
    }
    println!("{target}: {mutations} mutations of {} seeds", seeds.len());
}

#[test]
fn parse() {
    run("parse", eql_fuzz::parse, MUTATIONS);
}

#[test]
fn expand() {
    run("expand", eql_fuzz::expand, MUTATIONS / 4);
}

#[test]
fn rule_file() {
    run("rule_file", eql_fuzz::rule_file, MUTATIONS);
}

#[test]
fn import() {
    run("import", eql_fuzz::import, MUTATIONS);
}

#[test]
fn fmt() {
    run("fmt", eql_fuzz::fmt, MUTATIONS);
}

#[test]
fn events() {
    run("events", eql_fuzz::events, MUTATIONS);
}

#[test]
fn scan() {
    run("scan", eql_fuzz::scan, MUTATIONS * 10);
}
