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

#[cfg(test)]
mod tests {
    use super::STYLE;

    /// The colors of a name for light and for dark.
    fn colors(name: &str) -> [[u8; 3]; 2] {
        let rest = STYLE.split_once(&format!("--{name}: light-dark(")).expect(name).1;
        let (light, dark) = rest.split(')').next().expect("a value").split_once(", ").expect(name);
        [light, dark].map(|color| {
            let part = |at| u8::from_str_radix(&color[at..at + 2], 16).expect("a color");
            [part(1), part(3), part(5)]
        })
    }

    /// Relative luminance, as WCAG 2 defines it.
    fn luminance(color: [u8; 3]) -> f64 {
        let [red, green, blue] = color.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn text_has_contrast() {
        let scale = ["h0", "h1", "h2", "h3", "h4", "h5"].map(|name| (format!("{name}-ink"), name));
        let plain = ["ink", "soft", "link", "low", "medium", "high", "critical", "fired"];
        let plain = plain
            .iter()
            .flat_map(|ink| ["paper", "raised"].map(|ground| ((*ink).to_owned(), ground)));
        for (ink, ground) in plain.chain(scale) {
            for (theme, (a, b)) in colors(&ink).into_iter().zip(colors(ground)).enumerate() {
                let (a, b) = (luminance(a), luminance(b));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{ink} on {ground}, {theme}: {contrast:.2}");
            }
        }
    }
}
