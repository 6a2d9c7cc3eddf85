//! What a rule says of itself.

use super::{Metadata, typed};
use crate::attack;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::meta::{RawValue, Severity};
use crate::span::Span;

pub(super) fn check(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    rule_id(rule, diags);
    risk(rule, diags);
    tactics(rule, diags);
    index(rule, diags);
}

fn rule_id(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    let Some(id) = rule.meta.rule_id.as_deref().filter(|id| !is_uuid(id)) else { return };
    let message = format!("`rule_id` `{id}` is not a UUID");
    diags.push(
        Diagnostic::new(Code::RuleIdFormat, rule.raw.place("rule_id"), message)
            .note("a UUID is 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, joined by `-`"),
    );
}

fn is_uuid(id: &str) -> bool {
    let mut groups = id.split('-');
    let hex =
        |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    [8, 4, 4, 4, 12].into_iter().all(|digits| groups.next().is_some_and(|group| hex(group, digits)))
        && groups.next().is_none()
}

fn risk(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    let (severity, score) = (rule.meta.severity, rule.meta.risk_score);
    if rule.raw.get("severity").is_none()
        || rule.raw.get("risk_score").is_none()
        || Severity::of_risk_score(score) == severity
    {
        return;
    }
    let (first, last) = severity.risk_scores();
    let name = severity.as_str();
    diags.push(
        Diagnostic::new(
            Code::RiskSeverityMismatch,
            rule.raw.place("risk_score"),
            format!("a risk score of {score} is not of severity `{name}`"),
        )
        .label(format!("`{name}` goes with {first} to {last}"))
        .related(
            rule.raw.place("severity"),
            format!("{score} goes with `{}`", Severity::of_risk_score(score).as_str()),
        ),
    );
}

/// In a rule whose tags are of the form `Tactic: Execution`, the first tactic has one.
fn tactics(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    let tags = &rule.meta.tags;
    if !tags.iter().any(|tag| tag.contains(": ")) {
        return;
    }
    let Some(threat) = rule.meta.threat.iter().find(|t| t.framework == attack::FRAMEWORK) else {
        return;
    };
    let wanted = format!("Tactic: {}", threat.tactic.name);
    if tags.contains(&wanted) {
        return;
    }
    let mut lint = Diagnostic::new(
        Code::MissingTacticTag,
        rule.raw.place("tags"),
        format!("the rule is mapped to {} and has no tag `{wanted}`", threat.tactic.name),
    );
    if let Some(tags) = rule.raw.get("tags")
        && let RawValue::Array(items) = &tags.node
        && let Some(last) = items.last()
    {
        let end = Span::new(last.span.end, last.span.end);
        lint = lint.patch(end, format!(", \"{wanted}\""));
    }
    diags.push(lint);
}

/// The streams of Elastic Endpoint and Cloud Defend by the start of their name, and the categories of their events.
const STREAMS: &[(&str, &[&str])] = &[
    ("logs-endpoint.events.api", &["api", "intrusion_detection"]),
    ("logs-endpoint.events.file", &["file"]),
    ("logs-endpoint.events.library", &["library", "driver"]),
    ("logs-endpoint.events.network", &["network", "dns"]),
    ("logs-endpoint.events.process", &["process"]),
    ("logs-endpoint.events.registry", &["registry"]),
    ("logs-cloud_defend.file", &["file"]),
    ("logs-cloud_defend.process", &["process"]),
];

/// Index patterns of which none can hold events of a category that the query asks for.
fn index(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    let (Some(query), index) = (rule.query, &rule.meta.index) else { return };
    if index.is_empty() || rule.meta.event_category_override.is_some() {
        return;
    }
    let mut known: Vec<&str> = Vec::new();
    for pattern in index {
        let stream = STREAMS.iter().find(|(start, _)| {
            pattern.strip_prefix(start).is_some_and(|rest| matches!(rest, "" | "*" | "-*"))
        });
        let Some((_, categories)) = stream else { return };
        known.extend_from_slice(categories);
    }
    let mut said: Vec<&str> = Vec::new();
    for stage in typed(query) {
        let Some((_, category)) = &stage.category else { continue };
        if known.contains(&category.as_str()) || said.contains(&category.as_str()) {
            continue;
        }
        said.push(category);
        known.dedup();
        let list: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("no index of the rule has events of category `{category}`");
        diags.push(
            Diagnostic::new(Code::IndexWithoutCategory, rule.raw.place("index"), message)
                .label(format!("has events of category {}", list.join(", ")))
                .help(format!("add `logs-endpoint.events.{category}-*`, or where else they are")),
        );
    }
}
