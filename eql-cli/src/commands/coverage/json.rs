//! Everything, as one JSON object.

use serde_json::{Value, json};

use super::human::sentence;
use super::matrix::{Coverage, Node, Row, Share, Why};

/// The coverage for programs. Its keys are those of `docs/cli.md`, and stay.
pub(super) fn render(coverage: &Coverage<'_>) -> String {
    let mut all = json!({
        "attack": { "domain": "enterprise-attack", "version": coverage.version_name() },
        "tactics_covered": share(coverage.of_tactics()),
        "techniques": share(coverage.of_techniques()),
        "subtechniques": share(coverage.of_subtechniques()),
        "rules": coverage.rules.iter().map(|rule| row(rule, coverage)).collect::<Vec<_>>(),
        "tactics": coverage.tactics.iter().map(|tactic| {
            let mut found = node(tactic, coverage);
            found["covered"] = share(tactic.share());
            found["subtechniques_covered"] = share(tactic.subtechniques());
            found["techniques"] = tactic.below.iter().map(|technique| {
                let mut found = node(technique, coverage);
                found["subtechniques"] =
                    technique.below.iter().map(|sub| node(sub, coverage)).collect();
                found
            }).collect();
            found
        }).collect::<Vec<_>>(),
        "unmapped": coverage.unmapped,
        "tactic_only": coverage.tactic_only,
        "notes": coverage.notes.iter().map(|note| {
            let (why, now) = match &note.why {
                Why::Replaced(by) => ("replaced", Some(by)),
                Why::Deprecated => ("deprecated", None),
                Why::Later => ("later", None),
            };
            json!({
                "id": note.id, "why": why, "now": now, "rules": note.rules,
                "message": sentence(note, coverage),
            })
        }).collect::<Vec<_>>(),
        "left_out": { "errors": coverage.broken, "other_platforms": coverage.other_platforms },
    });
    if let Some(observed) = &coverage.observed {
        all["observed"] = json!({
            "alerts": observed.alerts,
            "other_rules": observed.others,
            "not_alerts": observed.not_alerts,
        });
    }
    format!("{all:#}\n")
}

fn share(share: Share) -> Value {
    json!({ "covered": share.covered, "all": share.all })
}

fn row(rule: &Row<'_>, coverage: &Coverage<'_>) -> Value {
    let mut row = json!({
        "rule_id": rule.rule_id,
        "name": rule.name,
        "severity": rule.severity.as_str(),
        "risk_score": rule.risk_score,
        "path": rule.path,
        "line": rule.line,
    });
    if coverage.observed.is_some() {
        row["alerts"] = rule.alerts.into();
    }
    row
}

fn node(node: &Node, coverage: &Coverage<'_>) -> Value {
    let mut found = json!({ "id": node.id, "name": node.name, "rules": node.rules });
    if coverage.observed.is_some() {
        found["alerts"] = coverage.alerts(&node.rules).into();
    }
    found
}
