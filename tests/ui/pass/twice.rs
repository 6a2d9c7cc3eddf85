// Rules that share everything but their names, and every way to write one.
#![deny(warnings, missing_docs, clippy::pedantic)]
//! Rules with the same fields, in one module.

/// From tokens.
#[eql::rule(
    name = "tokens",
    severity = "low",
    risk_score = 1,
    print = "ast",
    query(process where process.name : "a.exe" and process.pid > 4)
)]
pub struct Tokens;

/// From a raw string.
#[eql::rule(
    name = "raw",
    severity = "medium",
    risk_score = 47,
    print = "hir",
    query = r#"process where process.name : "a.exe" and process.pid > 4"#
)]
pub struct Raw;

/// From a string with escapes.
#[eql::rule(
    name = "cooked",
    severity = "high",
    risk_score = 73,
    print = "code",
    query = "process where process.name : \"a.exe\" and \
             process.pid > 4"
)]
pub struct Cooked {}

/// From a file.
#[eql::rule(path = "rules/good.toml", deny(slow_wildcard))]
pub struct File;

/// A lint that is a warning elsewhere.
#[eql::rule(
    name = "allowed",
    severity = "low",
    risk_score = 90,
    allow(risk_severity_mismatch, duplicate_value),
    query(process where process.name : ("a.exe", "A.EXE"))
)]
pub struct Allowed;

fn main() {
    let event = serde_json::json!({
        "event": { "category": "process" },
        "process": { "name": "a.exe", "pid": 5 },
    });
    assert!(Tokens::matches(&event) && Raw::matches(&event) && Cooked::matches(&event));
    assert!(File::matches(&event) && Allowed::matches(&event));
    assert_eq!(Tokens::META.query, Raw::META.query);
    assert_eq!(Tokens::META.query, Cooked::META.query);
    assert_eq!(File::META.name, "Good");
}
