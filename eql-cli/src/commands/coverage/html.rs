//! One page, which needs nothing besides itself.

use std::collections::BTreeSet;

use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use eql_grammar::attack;
use eql_grammar::meta::Severity;
use sha2::{Digest as _, Sha256};

use super::human::{self, counted};
use super::matrix::{Coverage, Node, Note, Row, Share};
use super::platform::Platform;
use crate::exit::Error;

const STYLE: &str = include_str!("../../../templates/coverage/page.css");
const SCRIPT: &str = include_str!("../../../templates/coverage/page.js");

#[derive(Template)]
#[template(path = "coverage/page.html")]
struct Page<'a> {
    coverage: &'a Coverage<'a>,
    style: &'static str,
    script: &'static str,
    /// What the page may load and run: what is in it.
    policy: String,
    platforms: String,
    summary: String,
    observed: bool,
    severities: [Severity; 4],
    tactics: Share,
    techniques: Share,
    subtechniques: Share,
    mapped: Share,
    alerted_rules: Share,
    alerted_techniques: Share,
    /// Rules that are in no cell: a title, why that is, and the rules.
    lists: [(&'static str, &'static str, BTreeSet<usize>); 2],
}

/// The coverage as a page.
pub(super) fn render(coverage: &Coverage<'_>, platforms: &[Platform]) -> Result<String, Error> {
    let rules = coverage.rules.len();
    let of_rules = |covered| Share { covered, all: rules };
    let platforms: Vec<_> = platforms.iter().map(|platform| platform.name()).collect();
    let page = Page {
        coverage,
        style: STYLE,
        script: SCRIPT,
        policy: format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        ),
        platforms: platforms.join(", "),
        summary: human::summary(coverage),
        observed: coverage.observed.is_some(),
        severities: Severity::ALL,
        tactics: coverage.of_tactics(),
        techniques: coverage.of_techniques(),
        subtechniques: coverage.of_subtechniques(),
        mapped: of_rules(rules - coverage.unmapped.len() - coverage.tactic_only.len()),
        alerted_rules: of_rules(coverage.rules.iter().filter(|rule| rule.alerts > 0).count()),
        alerted_techniques: coverage.of_alerted_techniques(),
        lists: [
            (
                "Rules without a mapping",
                "They have no `threat` of MITRE ATT&CK, and are in no cell.",
                coverage.unmapped.iter().copied().collect(),
            ),
            (
                "Rules mapped to a tactic alone",
                "They name no technique, and are in no cell.",
                coverage.tactic_only.iter().copied().collect(),
            ),
        ],
    };
    page.render().map_err(|error| Error::Message(format!("cannot make the page: {error}")))
}

impl<'a> Page<'a> {
    fn rows(&self, rules: &BTreeSet<usize>) -> Vec<(usize, &'a Row<'a>)> {
        let row = |&at: &usize| Some((at, self.coverage.rules.get(at)?));
        rules.iter().filter_map(row).collect()
    }

    /// The tactics, techniques and sub-techniques of a rule.
    fn ids(&self, rule: &usize) -> String {
        let mut ids = Vec::new();
        for tactic in self.coverage.tactics.iter().filter(|node| node.rules.contains(rule)) {
            ids.push(tactic.name.as_str());
            for technique in tactic.below.iter().filter(|node| node.rules.contains(rule)) {
                ids.push(&technique.id);
                let subs = technique.below.iter().filter(|node| node.rules.contains(rule));
                ids.extend(subs.map(|sub| sub.id.as_str()));
            }
        }
        ids.join(" · ")
    }

    fn sentence(&self, note: &Note) -> String {
        human::sentence(note, self.coverage)
    }
}

/// The step of the scale of colors: 0, 1, 2 to 3, 4 to 7, 8 to 15, and more.
fn level(node: &Node) -> u32 {
    (usize::BITS - node.rules.len().leading_zeros()).min(5)
}

fn indexes(node: &Node) -> String {
    let indexes: Vec<_> = node.rules.iter().map(ToString::to_string).collect();
    indexes.join(" ")
}

/// The name, or the id where it has none.
fn title(node: &Node) -> &str {
    if node.name.is_empty() { &node.id } else { &node.name }
}

fn reference(node: &Node) -> String {
    attack::reference(&node.id)
}

/// As a content security policy allows a text in the page.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}
