// A folder of rule files as a module, with fields of eql.toml.
#![deny(warnings, missing_docs, clippy::pedantic)]
//! A set of rules.

eql::rules! { pub mod pack = "sets/good" }

eql::rules! {
    /// The same under a pattern, with documentation of its own.
    mod by_pattern = "sets/good/*.toml"
}

/// An event with fields of this package.
#[derive(eql::Event)]
#[eql(category = "process")]
pub struct Start<'a> {
    /// A name.
    #[eql(field = "process.name")]
    pub name: &'a str,
    /// A parent.
    #[eql(field = "process.parent.name")]
    pub parent: Option<&'a str>,
    /// Declared in eql.toml.
    #[eql(field = "acme.owner")]
    pub owner: Option<&'a str>,
    /// Declared in eql.toml.
    #[eql(field = "acme.score")]
    pub score: i64,
}

fn main() {
    let start = Start { name: "A.exe", parent: Some("b.exe"), owner: Some("ada"), score: 7 };
    assert!(pack::R7Owners::matches(&start));
    assert!(pack::StartedByB::matches(&start));
    assert!(!pack::R7Owners::matches(&Start { owner: None, ..start }));
    assert!(pack::R7Owners::matches(&serde_json::json!({
        "event": { "category": "process" },
        "acme": { "owner": "ada", "score": 8 },
    })));
    // In the order of the paths.
    assert_eq!(pack::RULES.map(|rule| rule.name), ["Owners", "Started by B"]);
    assert_eq!(pack::detectors::<Start<'_>>().len(), 2);
    assert_eq!(by_pattern::RULES.len(), 1);
    assert_eq!(by_pattern::detectors::<serde_json::Value>().len(), 1);
    assert!(by_pattern::StartedByB::matches(&start));
}
