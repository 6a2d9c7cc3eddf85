//! A layer of the ATT&CK Navigator.

use eql_grammar::attack::Version;
use serde_json::{Value, json};

use super::human::{counted, summary};
use super::matrix::{Coverage, Node};
use super::platform::Platform;

/// From few rules to many.
const COLORS: [&str; 3] = ["#d5e8f7", "#4a9bd1", "#0b4f82"];

/// The layer, of format 4.5. Scores are numbers of rules.
pub(super) fn render(coverage: &Coverage<'_>, platforms: &[Platform]) -> String {
    let mut techniques = Vec::new();
    let mut most = 1;
    for tactic in &coverage.tactics {
        for technique in tactic.below.iter().filter(|node| !node.rules.is_empty()) {
            let mut entry = scored(technique, tactic, coverage);
            let covered = technique.share().covered > 0;
            entry["showSubtechniques"] = covered.into();
            techniques.push(entry);
            most = most.max(technique.rules.len());
            let subs = technique.below.iter().filter(|node| !node.rules.is_empty());
            techniques.extend(subs.map(|sub| scored(sub, tactic, coverage)));
        }
    }
    let version = match coverage.version {
        Version::V18 => "18",
        Version::V19 => "19",
    };
    let mut layer = json!({
        "name": "EQL rules",
        "versions": { "attack": version, "navigator": "5.1.0", "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": summary(coverage),
        "sorting": 0,
        "layout": {
            "layout": "side",
            "showName": true,
            "showID": true,
            "expandedSubtechniques": "annotated",
        },
        "hideDisabled": false,
        "techniques": techniques,
        "gradient": { "colors": COLORS, "minValue": 0, "maxValue": most },
        "legendItems": legend(most),
        "showTacticRowBackground": false,
        "selectTechniquesAcrossTactics": false,
        "selectSubtechniquesWithParent": false,
    });
    if !platforms.is_empty() {
        let names: Vec<_> = platforms.iter().map(|platform| platform.name()).collect();
        layer["filters"] = json!({ "platforms": names });
    }
    format!("{layer:#}\n")
}

/// Some of the colors, by numbers of rules up to the highest.
fn legend(most: usize) -> Vec<Value> {
    let item = |label: &str, color| json!({ "label": label, "color": color });
    let highest = item(&counted(most, "rule"), COLORS[2]);
    if most < 3 {
        return vec![highest];
    }
    let middle = item(&counted(most / 2, "rule"), COLORS[1]);
    vec![item("few rules", COLORS[0]), middle, highest]
}

fn scored(node: &Node, tactic: &Node, coverage: &Coverage<'_>) -> Value {
    let rules = || node.rules.iter().filter_map(|&rule| coverage.rules.get(rule));
    let names: Vec<_> = rules().map(|rule| rule.name).collect();
    let mut metadata: Vec<_> = rules()
        .map(|rule| {
            let rank = format!("{} {}", rule.severity.as_str(), rule.risk_score);
            json!({ "name": rank, "value": rule.name })
        })
        .collect();
    if coverage.observed.is_some() {
        let alerts = counted(coverage.alerts(&node.rules), "alert");
        metadata.insert(0, json!({ "name": "observed", "value": alerts }));
    }
    json!({
        "techniqueID": node.id,
        "tactic": shortname(&tactic.name),
        "score": node.rules.len(),
        "comment": names.join("\n"),
        "metadata": metadata,
    })
}

/// `command-and-control`, by which the Navigator knows a tactic.
fn shortname(tactic: &str) -> String {
    tactic.to_lowercase().replace(' ', "-")
}
