//! Writes the rules as files, and the modules that compile sets of them.
//!
//! Rules come from `EQL_BENCH_RULES`, a folder of rule files or a list of rules as JSON lines, and from `build/own.rs`
//! and `detections/rules` where it is not set.

#[path = "build/input.rs"]
mod input;
#[path = "build/own.rs"]
mod own;
#[path = "src/translate.rs"]
#[allow(dead_code)]
mod translate;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use eql_grammar::hir::{Body, Query};
use input::Rule;
use translate::{Language, Routing, translate};

/// How many rules on other categories are added, to see what they cost.
const PADDING: usize = 1_000;

fn main() {
    println!("cargo::rerun-if-env-changed=EQL_BENCH_RULES");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/translate.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let rules = match env::var_os("EQL_BENCH_RULES") {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", Path::new(&path).display());
            input::load(Path::new(&path))
        }
        None => input::own(Path::new("../../detections/rules")),
    };
    let padding = input::padding(PADDING);

    let mut code = String::new();
    let mut names = Vec::new();
    let mut set = |name: &'static str, rules: &[&Rule]| {
        if rules.is_empty() {
            return;
        }
        let folder = out.join(name);
        write_files(&folder, rules);
        let pattern = folder.join("*.toml");
        writeln!(code, "#[allow(missing_docs, dead_code)]\nmod {name}_rules {{ eql::rules! {{ pub mod pack = {pattern:?} }} }}")
            .expect("a String takes it");
        names.push((name, rules.len()));
    };
    let all: Vec<&Rule> = rules.iter().collect();
    let of = |category: &str| -> Vec<&Rule> {
        all.iter().copied().filter(|rule| concerns(&rule.query, category)).collect()
    };
    let into = |language, routing| -> Vec<&Rule> {
        let translates = |rule: &&Rule| translate(&rule.query, language, routing).is_ok();
        all.iter().copied().filter(translates).collect()
    };
    set("all", &all);
    set("sigma", &into(Language::Sigma, Routing::Category));
    set("tau", &into(Language::Tau, Routing::Category));
    for (name, count) in [("first10", 10), ("first100", 100), ("first500", 500)] {
        if all.len() > count {
            set(name, &spread(&all, count));
        }
    }
    set("process", &of("process"));
    set("padded", &all.iter().copied().chain(&padding).collect::<Vec<_>>());

    let path = |folder: &str, rule: &Rule| out.join(folder).join(format!("{}.toml", rule.stem));
    writeln!(code, "pub(crate) static RULES: &[(&str, &str)] = &[").expect("a String takes it");
    for rule in &rules {
        writeln!(code, "    ({:?}, include_str!({:?})),", rule.stem, path("all", rule))
            .expect("a String takes it");
    }
    code.push_str("];\nmacro_rules! each_set { ($what:ident) => { $what! {\n");
    for (name, count) in names {
        writeln!(code, "    {name} = {name}_rules, {count};").expect("a String takes it");
    }
    code.push_str("} } }\n");
    fs::write(out.join("sets.rs"), code).expect("OUT_DIR is writable");
}

/// Replaces the folder by these rules.
fn write_files(folder: &Path, rules: &[&Rule]) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("OUT_DIR is writable");
    for rule in rules {
        fs::write(folder.join(format!("{}.toml", rule.stem)), &rule.text)
            .expect("OUT_DIR is writable");
    }
}

/// So many rules, taken evenly.
fn spread<'a>(rules: &[&'a Rule], count: usize) -> Vec<&'a Rule> {
    (0..count).map(|at| rules[at * rules.len() / count]).collect()
}

/// Whether an event of the category can be one of the rule's.
fn concerns(query: &Query, category: &str) -> bool {
    let of = |query: &eql_grammar::hir::EventQuery| {
        query.category.as_ref().is_none_or(|(_, name)| name == category)
    };
    match &query.body {
        Body::Event(event) => of(event),
        Body::Sequence(sequence) => sequence.stages.iter().any(|stage| of(&stage.query)),
        Body::Sample(sample) => sample.stages.iter().any(|stage| of(&stage.query)),
    }
}
