// Rules in a macro from another file: places of tokens are those of two files.
#![deny(warnings, missing_docs, clippy::pedantic)]
//! Rules made by a macro.

#[macro_use]
#[path = "../macros/exported.rs"]
mod exported;

process_rule! {
    /// About two processes.
    pub Two,
    "two",
    (process where process.pid == 1 and
      not process.name like~ "a*"),
    "first.exe",
    "second.exe"
}

/// A macro that takes a query as bare tokens.
macro_rules! bare {
    ($name:ident, $($query:tt)*) => {
        /// A rule.
        #[eql::rule(name = "bare", severity = "low", risk_score = 1, query($($query)*))]
        pub struct $name;
    };
}

bare!(
    Bare,
    process where
        process.name like~ "a*" and
        process.args != "-x"
);

fn main() {
    let event = serde_json::json!({
        "event": { "category": "process", "type": "start" },
        "process": { "name": "SECOND.exe", "pid": 1, "args": "-y" },
    });
    assert!(Two::matches(&event));
    assert!(given::Given::matches(&event));
    assert!(!Bare::matches(&event));
    assert_eq!(given::Given::META.query, "process where process.pid == 1 and\n not process.name like~ \"a*\"");
    assert!(Two::META.query.contains("\"first.exe\""), "{}", Two::META.query);
    assert!(Bare::META.query.contains("process.name like~ \"a*\""), "{}", Bare::META.query);
}
