//! The fixtures of the rules, against what the compiler made of these.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;

use eql_eval::fixture::{Expected, Fixture, is_fixture, of_rule};

eql_eval::fixtures!(detections::pack, "rules/");

#[test]
fn every_rule_has_a_fixture_with_alerts_and_near_misses() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files = std::fs::read_dir(rules).unwrap().map(|entry| entry.unwrap().path());
    let is_rule = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|extension| extension == "toml") && !is_fixture(path)
    };
    let rules: Vec<_> = files.filter(is_rule).collect();
    assert_eq!(rules.len(), detections::pack::RULES.len());
    for rule in rules {
        let fixture = Fixture::read(&of_rule(&rule)).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(fixture.rule, rule);
        let none = Expected::Exactly(0);
        let (misses, alerts): (Vec<_>, Vec<_>) =
            fixture.cases.iter().partition(|case| case.alerts == none);
        assert!(!misses.is_empty() && !alerts.is_empty(), "{}", rule.display());
    }
}
