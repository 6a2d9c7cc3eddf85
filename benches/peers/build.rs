//! Writes the rules as files, and the module that compiles them.
//!
//! Rules come from `EQL_BENCH_RULES`, a folder of rule files or a list of rules as JSON lines, and from `build/own.rs`
//! and `detections/rules` where it is not set. A second set has rules on files besides, to see what such rules cost.

#[path = "build/input.rs"]
mod input;
#[path = "build/own.rs"]
mod own;
#[path = "src/rule_file.rs"]
mod rule_file;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many rules on other categories are added, to see what they cost.
const PADDING: usize = 1_000;

fn main() {
    println!("cargo::rerun-if-env-changed=EQL_BENCH_RULES");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/rule_file.rs");
    println!("cargo::rustc-env=RUSTC_VERSION={}", rustc_version());
    let (rules, source) = match env::var_os("EQL_BENCH_RULES") {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", Path::new(&path).display());
            (input::load(Path::new(&path)), "EQL_BENCH_RULES")
        }
        None => (input::own(Path::new("../../detections/rules")), "own"),
    };
    assert!(!rules.is_empty(), "there are no EQL rules in EQL_BENCH_RULES");

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let padding = input::padding(PADDING);
    let measured = write_files(&out.join("rules"), rules.iter());
    let padded = write_files(&out.join("padded"), rules.iter().chain(&padding));
    let mut texts = String::new();
    for at in 0..rules.len() {
        let path = out.join("rules").join(file_name(at));
        writeln!(texts, "    include_str!({path:?}),").expect("a String takes it");
    }
    let code = format!(
        "eql::rules! {{ pub mod pack = {measured:?} }}\n\
         eql::rules! {{ pub mod padded = {padded:?} }}\n\
         /// Where the rules come from.\n\
         pub const SOURCE: &str = {source:?};\n\
         /// The rules as files, in the order of `pack::RULES`.\n\
         pub static TEXTS: &[&str] = &[\n{texts}];\n",
    );
    fs::write(out.join("pack.rs"), code).expect("OUT_DIR is writable");
}

/// The order of the names is that of the rules in the set.
fn file_name(rule: usize) -> String {
    format!("r{rule:05}.toml")
}

/// Replaces the folder by these rules; the pattern that means them.
fn write_files<'a>(folder: &Path, rules: impl Iterator<Item = &'a String>) -> PathBuf {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("OUT_DIR is writable");
    for (at, text) in rules.enumerate() {
        fs::write(folder.join(file_name(at)), text).expect("OUT_DIR is writable");
    }
    folder.join("*.toml")
}

/// `rustc 1.95.0`
fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split(" (").next().unwrap_or("rustc").trim().to_owned()
}
