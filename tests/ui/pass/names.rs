// Names that need care: raw identifiers, keywords in paths, members of alerts that collide.
#![deny(warnings, missing_docs)]
//! Names.

use serde_json::json;

/// A struct with the name of a keyword.
#[allow(non_camel_case_types)]
#[eql::rule(
    name = "raw",
    severity = "low",
    risk_score = 1,
    r#version = 3,
    query(any where event.type == "start" and event.kind == "event" and file.mode == "0644")
)]
pub struct r#match;

/// Two paths whose words are the same, and one with the name of the document.
#[eql::rule(
    name = "collisions",
    severity = "low",
    risk_score = 1,
    query(any where process.args_count == 1 and process.args == "x" and message == "m" and acme.notes : "n*")
)]
pub struct Collisions;

/// An event whose members are raw.
#[derive(eql::Event)]
pub struct Raw {
    /// A keyword.
    #[eql(field = "event.type")]
    pub r#type: &'static str,
    /// Two fields from one member.
    #[eql(field = "event.kind", field = "file.mode")]
    pub r#mod: Option<&'static str>,
}

fn main() {
    use eql::EventRule as _;
    let event = json!({ "event": { "type": "start", "kind": "event" }, "file": { "mode": "0644" } });
    assert!(r#match::matches(&event));
    assert_eq!(r#match::META.version, 3);
    let origin = eql::Origin { index: "i", id: "1" };
    let alert = r#match::alert(&event, origin, &eql::Execution::new(eql::Timestamp::default()));
    assert_eq!(alert.event_type.to_string(), "start");
    assert!(!r#match::matches(&Raw { r#type: "start", r#mod: None }));
    assert!(Collisions::matches(&json!({
        "process": { "args": ["y", "x"], "args_count": 1 },
        "message": "m",
        "acme": { "notes": "Note" },
    })));
}
