//! What the tests of the command share.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs `eql` in a folder.
pub(crate) fn eql(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eql"));
    command.current_dir(folder).args(args).output().expect("`eql` runs")
}

/// Runs `eql` with something on standard input.
pub(crate) fn eql_with(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_eql"))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`eql` runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input is read");
    child.wait_with_output().expect("`eql` ends")
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A rule file without findings, but for what these lines of `[rule]` add or replace.
pub(crate) fn rule(lines: &str) -> String {
    let mut all = vec![
        ("rule_id", "'1dee0500-4aeb-44ca-b24b-4a285d7b6ba1'"),
        ("name", "'A rule'"),
        ("description", "'Says what.'"),
        ("severity", "'low'"),
        ("risk_score", "21"),
        ("query", "'process where process.pid == 1'"),
    ];
    all.retain(|(key, _)| !lines.lines().any(|line| line.starts_with(&format!("{key} ="))));
    let kept: String = all.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("[rule]\n{kept}{lines}\n")
}

/// Whether documents follow a JSON schema, by the Python package `jsonschema`; `None` where there is none.
pub(crate) fn follows(schema: &Path, documents: &[PathBuf]) -> Option<Result<(), String>> {
    let script = "\
import json, sys
try:
    from jsonschema import validators
except ImportError:
    sys.exit(77)
schema = json.load(open(sys.argv[1]))
validator = validators.validator_for(schema)(schema)
validator.check_schema(schema)
wrong = [f'{path}: {error.json_path}: {error.message[:300]}'
         for path in sys.argv[2:] for error in validator.iter_errors(json.load(open(path)))]
print('\\n'.join(wrong))
sys.exit(1 if wrong else 0)
";
    let paths: Vec<_> =
        std::iter::once(schema).chain(documents.iter().map(PathBuf::as_path)).collect();
    python(script, &paths)
}

/// Runs a script of Python with paths as its arguments; `None` where it ends with 77, or there is no Python.
pub(crate) fn python(script: &str, paths: &[&Path]) -> Option<Result<(), String>> {
    let output = Command::new("python3").arg("-c").arg(script).args(paths).output().ok()?;
    match output.status.code() {
        Some(0) => Some(Ok(())),
        Some(77) => None,
        _ => Some(Err(out(&output) + &err(&output))),
    }
}
