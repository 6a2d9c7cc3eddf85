//! When Kibana runs a rule, against what the rule looks for.

use super::Metadata;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir;
use crate::meta::Source;
use crate::schedule::{before_now, duration, show};

/// The most alerts of one run that Kibana creates unless its operator says otherwise:
/// `xpack.alerting.rules.run.alerts.max`.
const ALERTS_MAX: u32 = 1000;

/// A shorter `maxspan` is short beside any interval.
const SHORT: u64 = 150_000;

pub(super) fn check(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    // Elastic Defend runs its rules on events as they come.
    if matches!(rule.source, Source::Endpoint | Source::Query) {
        return;
    }
    signals(rule, diags);
    window(rule, diags);
}

fn signals(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    let signals = rule.meta.max_signals;
    if signals <= ALERTS_MAX {
        return;
    }
    let message = format!("Kibana creates at most {ALERTS_MAX} alerts in one run, not {signals}");
    diags.push(
        Diagnostic::new(Code::MaxSignalsAboveLimit, rule.raw.place("max_signals"), message)
            .note("`xpack.alerting.rules.run.alerts.max` sets the limit, which is 1000 by default")
            .help(format!("write `max_signals = {ALERTS_MAX}` or less")),
    );
}

fn window(rule: &Metadata<'_>, diags: &mut Diagnostics) {
    let Metadata { meta, raw, .. } = rule;
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
    let Some(maxspan) = rule.query.and_then(maxspan) else { return };
    if maxspan > lookback {
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
    } else if maxspan > SHORT && interval < maxspan / 2 {
        let message = format!(
            "the rule runs every {}, and its sequence may take {}",
            show(interval),
            show(maxspan)
        );
        diags.push(
            Diagnostic::new(Code::IntervalShortForMaxspan, raw.place("interval"), message)
                .note("each run searches most of what the one before it searched")
                .help(format!("write `interval = \"{}\"` or longer", show(maxspan / 2))),
        );
    }
}

fn maxspan(query: &hir::Query) -> Option<u64> {
    match &query.body {
        hir::Body::Sequence(sequence) => sequence.maxspan,
        hir::Body::Event(_) | hir::Body::Sample(_) => None,
    }
}
