//! `testdata/ok/*.eql` and what they print as; `testdata/err/*.eql` and what their author gets to read.
//!
//! `BLESS=1` writes the expectations anew. A file that begins with `// dialect: endpoint` is in that dialect.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use eql_grammar::{
    ast::Dialect,
    diag::Code,
    parser::parse,
    report::{SourceText, render},
};

fn dialect(text: &str) -> Dialect {
    if text.starts_with("// dialect: endpoint") {
        Dialect::Endpoint
    } else {
        Dialect::Elasticsearch
    }
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eql"))
        .collect();
    files.sort();
    files
}

/// Runs every case of a folder and compares with the file beside it.
fn run(folder: &str, extension: &str, result: impl Fn(&str, &str) -> String) {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for file in cases(folder) {
        let text = fs::read_to_string(&file).unwrap();
        let name = format!("{folder}/{}", file.file_name().unwrap().to_str().unwrap());
        let actual = format!("{}\n", result(&name, &text));
        let expectation = file.with_extension(extension);
        if bless {
            fs::write(expectation, actual).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&expectation).unwrap_or_default();
        if actual != expected {
            failures.push(format!("== {name}\n-- expected\n{expected}-- actual\n{actual}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn good_texts_print_in_canonical_form() {
    run("ok", "ast", |name, text| match parse(text, dialect(text)) {
        Ok(tree) => {
            let printed = tree.to_string();
            assert_eq!(parse(&printed, dialect(text)).as_ref(), Ok(&tree), "{name}: {printed}");
            printed
        }
        Err(errors) => {
            panic!("{}", render(&errors.into_sorted(), &SourceText::new(Some(name), text), false))
        }
    });
}

#[test]
fn bad_texts_are_explained() {
    run("err", "out", |name, text| match parse(text, dialect(text)) {
        Ok(tree) => panic!("{name} parses, as {tree}"),
        Err(errors) => render(&errors.into_sorted(), &SourceText::new(Some(name), text), false),
    });
}

#[test]
fn every_code_of_the_front_end_has_a_case() {
    // Limits need texts that nobody wants to read.
    let mut open: BTreeSet<Code> =
        Code::ALL.iter().copied().filter(|code| code.as_str() < "EQL-E100").collect();
    for code in [Code::TooLong, Code::TooDeep, Code::TooManyTerms] {
        open.remove(&code);
    }
    open.extend([Code::KeyNotField, Code::BadTimeSpan, Code::BadRuns, Code::BadSample]);
    open.extend([Code::WithBeforeBy, Code::UnknownPipe, Code::BadPipeArgument]);
    for file in cases("err") {
        let text = fs::read_to_string(file).unwrap();
        for error in parse(&text, dialect(&text)).unwrap_err().as_slice() {
            open.remove(&error.code);
        }
    }
    assert_eq!(open, BTreeSet::new());
}
