//! What an event may change about its alert.

use serde_json::Value;

use super::template::Template;
use crate::json::{Scalar, any_at, to_double, to_keyword};
use crate::rule::Severity;

/// The parts of the rule that an event replaces in its own alert. Sequences replace nothing.
#[derive(Default)]
pub(super) struct Overrides {
    pub(super) name: Option<String>,
    pub(super) severity: Option<Severity>,
    pub(super) risk_score: Option<Value>,
}

impl Overrides {
    pub(super) fn of(template: &Template, source: &Value) -> Self {
        Self {
            name: template.rule.rule_name_override.and_then(|path| name(source, path)),
            severity: template
                .severity_mapping
                .iter()
                .filter(|mapping| mapping.applies(source))
                .map(|mapping| mapping.severity)
                .max(),
            risk_score: template
                .risk_score_mapping
                .iter()
                .find_map(|mapping| mapping.risk_score(source)),
        }
    }
}

/// The name of a severity.
pub(super) fn severity(name: &str) -> Option<Severity> {
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
        .into_iter()
        .find(|severity| severity.as_str() == name)
}

/// The field's value where that is text; Kibana takes no number for a name.
fn name(source: &Value, path: &str) -> Option<String> {
    let mut name = None;
    any_at(source, path, &mut |value| {
        name = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        true
    });
    name
}

/// `{"field": …, "operator": "equals", "value": …, "severity": …}`: where a field has a value, a severity.
pub(super) struct SeverityMapping {
    field: String,
    value: String,
    severity: Severity,
}

impl SeverityMapping {
    pub(super) fn read(mapping: &Value) -> Option<Self> {
        Some(Self {
            field: mapping["field"].as_str()?.to_owned(),
            value: mapping["value"].as_str()?.to_owned(),
            severity: severity(mapping["severity"].as_str()?)?,
        })
    }

    fn applies(&self, source: &Value) -> bool {
        any_at(source, &self.field, &mut |value| {
            Scalar::of(value)
                .and_then(|scalar| to_keyword(scalar, |text| text == self.value))
                .unwrap_or(false)
        })
    }
}

/// `{"field": …}`: the field's own value is the score.
pub(super) struct RiskScoreMapping {
    field: String,
}

impl RiskScoreMapping {
    pub(super) fn read(mapping: &Value) -> Option<Self> {
        Some(Self { field: mapping["field"].as_str()?.to_owned() })
    }

    /// The greatest of the field's values where that is a score, which goes from 0 to 100.
    fn risk_score(&self, source: &Value) -> Option<Value> {
        let mut greatest: Option<f64> = None;
        any_at(source, &self.field, &mut |value| {
            if let Some(score) = Scalar::of(value).and_then(to_double) {
                greatest = Some(greatest.map_or(score, |greatest| greatest.max(score)));
            }
            false
        });
        greatest.filter(|score| (0.0..=100.0).contains(score)).map(number)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
fn number(score: f64) -> Value {
    if score.fract() == 0.0 { Value::from(score as u8) } else { Value::from(score) }
}
