//! Lints of metadata, and what it says of fields.

use super::{Meta, RawMeta, Severity};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::schedule::{before_now, duration, show};
use crate::schema::{Holds, Schema, Type};

/// Runs the lints over a rule's metadata and looks up the fields that it names.
///
/// `raw` is what `meta` was built from: it gives the places. `maxspan` is that of the rule's
/// sequence, in **milliseconds**; `None` where the rule has none.
pub fn check(
    meta: &Meta,
    raw: &RawMeta,
    schema: &Schema,
    maxspan: Option<u64>,
    diags: &mut Diagnostics,
) {
    rule_id(meta, raw, diags);
    risk(meta, raw, diags);
    window(meta, raw, maxspan, diags);
    fields(meta, raw, schema, diags);
}

fn rule_id(meta: &Meta, raw: &RawMeta, diags: &mut Diagnostics) {
    let Some(id) = meta.rule_id.as_deref().filter(|id| !is_uuid(id)) else { return };
    let message = format!("`rule_id` `{id}` is not a UUID");
    diags.push(
        Diagnostic::new(Code::RuleIdFormat, raw.place("rule_id"), message)
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

fn risk(meta: &Meta, raw: &RawMeta, diags: &mut Diagnostics) {
    let (severity, score) = (meta.severity, meta.risk_score);
    if raw.get("severity").is_none()
        || raw.get("risk_score").is_none()
        || Severity::of_risk_score(score) == severity
    {
        return;
    }
    let (first, last) = severity.risk_scores();
    let name = severity.as_str();
    diags.push(
        Diagnostic::new(
            Code::RiskSeverityMismatch,
            raw.place("risk_score"),
            format!("a risk score of {score} is not of severity `{name}`"),
        )
        .label(format!("`{name}` goes with {first} to {last}"))
        .related(
            raw.place("severity"),
            format!("{score} goes with `{}`", Severity::of_risk_score(score).as_str()),
        ),
    );
}

fn window(meta: &Meta, raw: &RawMeta, maxspan: Option<u64>, diags: &mut Diagnostics) {
    let readable = duration(&meta.interval).is_ok()
        && before_now(&meta.from).is_ok()
        && before_now(&meta.to).is_ok()
        && meta.schedule.to < meta.schedule.from;
    if !readable {
        return;
    }
    let interval = meta.schedule.interval;
    let length = meta.schedule.from.saturating_sub(meta.schedule.to);
    // The place of what the author wrote; `from` and `interval` both have defaults.
    let place = if raw.get("from").is_some() { raw.place("from") } else { raw.place("interval") };
    let Some(lookback) = length.checked_sub(interval) else {
        let message = format!(
            "a run searches {} and the next one comes {} later",
            show(length),
            show(interval)
        );
        diags.push(
            Diagnostic::new(Code::IntervalLongerThanWindow, place, message)
                .note("the events between two windows are never searched")
                .help(format!(
                    "write `from = \"now-{}\"` or earlier, or a shorter `interval`",
                    show(meta.schedule.to + interval)
                )),
        );
        return;
    };
    if let Some(maxspan) = maxspan.filter(|maxspan| *maxspan > lookback) {
        let message = format!(
            "two windows overlap by {}, and the sequence may take {}",
            show(lookback),
            show(maxspan)
        );
        let from = meta.schedule.to.saturating_add(interval).saturating_add(maxspan);
        diags.push(
            Diagnostic::new(Code::LookbackShorterThanMaxspan, place, message)
                .note("Kibana never sees a sequence that starts in one window and ends in the next; a live sensor does")
                .help(format!("write `from = \"now-{}\"` or earlier", show(from))),
        );
    }
}

fn fields(meta: &Meta, raw: &RawMeta, schema: &Schema, diags: &mut Diagnostics) {
    for (key, path, wanted) in [
        ("event_category_override", &meta.event_category_override, Some(Type::Keyword)),
        ("timestamp_field", &meta.timestamp_field, Some(Type::Date)),
        ("timestamp_override", &meta.timestamp_override, Some(Type::Date)),
        ("tiebreaker_field", &meta.tiebreaker_field, None),
        ("rule_name_override", &meta.rule_name_override, None),
    ] {
        let Some(path) = path else { continue };
        let span = raw.place(key);
        match (schema.lookup(path).map(|field| field.holds), wanted) {
            (None, _) => {
                let mut unknown = Diagnostic::new(
                    Code::UnknownField,
                    span,
                    format!("unknown field `{path}` in `{key}`"),
                );
                if let Some(meant) = schema.suggest(path) {
                    unknown = unknown.help(format!("did you mean `{meant}`?"));
                }
                diags.push(unknown);
            }
            (Some(Holds::Value(ty)), Some(wanted)) if ty != wanted => {
                let message = format!("`{key}` must be a field of type {}", wanted.name());
                diags.push(
                    Diagnostic::new(Code::TypeMismatch, span, message)
                        .label(format!("`{path}` is of type {}", ty.name())),
                );
            }
            (Some(Holds::Value(_)), _) => {}
            (Some(Holds::Objects | Holds::Other), _) => {
                let message = format!("`{key}` must be a field that holds a value");
                diags.push(
                    Diagnostic::new(Code::ObjectField, span, message)
                        .label(format!("`{path}` holds none")),
                );
            }
        }
    }
}
