//! Every diagnostic has a case: a file in `tests/ui/fail`, or, where that file would be too large or cannot
//! be reached by the macro, a test here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use eql_grammar::ast::Dialect;
use eql_grammar::diag::{Code, Diagnostic};
use eql_grammar::parser::parse;

/// The codes that have no file, and the texts that give them.
fn without_file() -> [(Code, String); 2] {
    [
        (Code::TooLong, format!("process where process.name == \"{}\"", "a".repeat(64 * 1024))),
        (Code::TooDeep, format!("process where {}true", "not ".repeat(129))),
    ]
}

fn errors(text: &str) -> Vec<Diagnostic> {
    parse(text, Dialect::Elasticsearch).expect_err("an error").into_sorted()
}

/// The codes in square brackets at the ends of first lines, by file.
fn codes_of_files() -> BTreeMap<String, Vec<Code>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir("tests/ui/fail").expect("the cases") {
        let path = entry.expect("a case").path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("the output of a case");
        let code = |line: &str| {
            let (_, code) = line.strip_suffix(']')?.rsplit_once('[')?;
            Code::ALL.iter().copied().find(|known| known.as_str() == code)
        };
        let errors = text.lines().filter(|line| line.starts_with("error"));
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        files.insert(name, errors.filter_map(code).collect());
    }
    files
}

/// Lints have examples in docs/diagnostics.md, which a test of eql-codegen runs.
#[test]
fn every_error_has_a_case() {
    let mut covered: BTreeSet<Code> = codes_of_files().into_values().flatten().collect();
    covered.extend(without_file().map(|(code, _)| code));
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| code.lint_name().is_none() && !covered.contains(code))
        // Of exports of Kibana, which no macro reads.
        .filter(|code| **code != Code::BadJson)
        .collect();
    assert!(missing.is_empty(), "no file in tests/ui/fail gives {missing:?}");
}

#[test]
fn codes_are_unique_and_formed_alike() {
    let mut seen = BTreeSet::new();
    for code in Code::ALL {
        let text = code.as_str();
        assert!(seen.insert(text), "`{text}` stands for two diagnostics");
        assert!(!code.explain().trim().is_empty(), "`{text}` says nothing");
        match code.lint_name() {
            Some(name) => {
                assert_eq!(name, text);
                assert!(name.chars().all(|ch| ch.is_ascii_lowercase() || ch == '_'), "{name}");
            }
            None => {
                let digits = text.strip_prefix("EQL-E").expect("the prefix of errors");
                assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{text}");
            }
        }
    }
}

#[test]
fn texts_without_a_file_give_their_code_alone() {
    for (code, text) in without_file() {
        let found: Vec<_> = errors(&text).into_iter().map(|error| error.code).collect();
        assert_eq!(found, [code]);
    }
}

#[test]
fn cases_have_one_error_each() {
    // Every key that is missing is named.
    let several = ["no_keys"];
    for (name, codes) in codes_of_files() {
        let path = Path::new("tests/ui/fail").join(&name).with_extension("stderr");
        let text = fs::read_to_string(path).expect("the output of a case");
        let errors = text.lines().filter(|line| line.starts_with("error")).count();
        let warnings = text.lines().filter(|line| line.starts_with("warning")).count();
        if several.contains(&name.as_str()) {
            assert_eq!(errors, codes.len(), "{name}");
        } else {
            assert_eq!(errors, 1, "{name}");
        }
        assert_eq!(warnings, 0, "{name}");
    }
}

#[test]
fn messages_are_in_words_of_eql() {
    // Names of grammar rules and of Rust types of the compiler.
    let internal =
        ["EOI", "WHITESPACE", "open_round", "kw_", "compare_op", "ExprKind", "Rule::", "BUG"];
    for name in codes_of_files().into_keys() {
        let path = Path::new("tests/ui/fail").join(&name).with_extension("stderr");
        let text = fs::read_to_string(path).expect("the output of a case");
        for word in internal {
            assert!(!text.contains(word), "{name} says `{word}`");
        }
    }
}
