//! Rules in a function body, twice in a module, in a macro, and with the crate under another name.
#![deny(warnings, missing_docs, clippy::pedantic)]

extern crate eql as renamed;

macro_rules! named {
    ($name:ident, $process:literal) => {
        /// Made by a macro.
        #[eql::rule(
            name = "made by a macro",
            severity = "low",
            risk_score = 1,
            query(process where process.name == $process)
        )]
        pub struct $name;
    };
}

named!(First, "first");
named!(Second, "second");

/// Under another name.
pub mod other {
    /// The crate goes by another name here.
    #[renamed::rule(
        crate = renamed,
        name = "other",
        severity = "high",
        risk_score = 73,
        query = r#"process where process.name like "x*""#
    )]
    pub struct Other;

    /// An event.
    #[derive(renamed::Event)]
    #[eql(crate = renamed, category = "process")]
    pub struct Named<'a> {
        /// A name.
        #[eql(field = "process.name")]
        pub name: &'a str,
    }
}

fn main() {
    /// In a function.
    #[eql::rule(
        name = "in a function",
        severity = "low",
        risk_score = 1,
        query(process where process.name == "inner")
    )]
    struct Inner;

    let event = |name| other::Named { name };
    assert!(First::matches(&event("first")));
    assert!(Second::matches(&event("second")));
    assert!(other::Other::matches(&event("xyz")));
    assert!(Inner::matches(&event("inner")));
    assert!(!Inner::matches(&event("outer")));
    assert_eq!(First::META.query, "process where process.name == \"first\"");
}
