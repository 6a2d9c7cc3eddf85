// Several folders, files left out, rules of another dialect, and rules that are types already.
#![deny(warnings, missing_docs, clippy::pedantic)]
//! Sets of rules.

eql::rules! {
    pub mod pack = ["sets/good", "sets/one_id_twice/*.toml"],
        exclude = "sets/one_id_twice/second.toml",
        dialect = "endpoint",
}

eql::rules! { mod one = ["sets/good/started_by_b.toml",] }

/// A rule.
#[eql::rule(name = "shell", severity = "low", risk_score = 1, query(process where process.name == "sh"))]
pub struct Shell;

eql::rules! {
    /// Rules of this crate.
    pub mod types = [Shell, crate::pack::StartedByB, self::one::StartedByB]
}

fn main() {
    assert_eq!(pack::RULES.len(), 3);
    assert_eq!(one::RULES.len(), 1);
    assert_eq!(types::RULES[0].name, "shell");
    assert_eq!(types::RULES.len(), types::driver().rules().len());

    let mut row = pack::Row::new();
    row.read(br#"{"event":{"category":"process"}}"#).unwrap();
    assert!(!pack::Detector::new().search(&row));
}
