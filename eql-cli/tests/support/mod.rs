//! What the tests of the command share.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use eql_grammar::ast::Dialect;
use eql_grammar::diag::Diagnostics;
use eql_grammar::meta::{self, Meta};
use eql_grammar::rule_file::parse_rule_file;
use serde_json::Value;

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

/// The rules of `EQL_CORPUS`, as `path`, `metadata`, `rule` and `transform`; `None`, said in a line, where it is not set.
pub(crate) fn corpus() -> Option<Vec<Value>> {
    let Ok(folder) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return None;
    };
    let path = Path::new(&folder).join("detection-rules.open.ndjson.zst");
    let file = std::fs::File::open(path).expect("the corpus");
    let text = std::io::read_to_string(zstd::Decoder::new(file).expect("zstd")).expect("text");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

/// Elastic's documentation page of the rule that is shipped here, beside `EQL_CORPUS`; `None`, said in a line, where that
/// is not set.
pub(crate) fn seed_page() -> Option<PathBuf> {
    let Ok(folder) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return None;
    };
    let pages = std::fs::read_dir(Path::new(&folder).join("../seed")).expect("the folder `seed`");
    let mut pages = pages.map(|page| page.expect("a file").path());
    Some(pages.find(|page| page.extension().is_some_and(|end| end == "md")).expect("a page"))
}

/// The rule file of that page.
pub(crate) fn shipped_rule() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../detections/rules/collection_suspicious_ipc_via_outlook.toml")
}

/// A rule of the corpus as a file.
pub(crate) fn corpus_toml(row: &Value) -> String {
    let mut row = row.clone();
    row.as_object_mut().expect("an object").remove("path");
    toml::to_string_pretty(&row).expect("TOML")
}

/// What a rule file says, whatever it looks like. Blank lines around texts say nothing.
pub(crate) fn facts(text: &str) -> (Meta, String, Dialect, Vec<String>) {
    let file = parse_rule_file(text).unwrap_or_else(|diags| panic!("{text}\n{diags:?}"));
    let mut meta = meta::build(&file.raw, file.source(), &mut Diagnostics::new());
    meta.description = meta.description.map(|text| text.trim().to_owned());
    (meta, file.query.text.trim().to_owned(), file.dialect, file.os_list)
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
