//! The planned set beside its rules driven one by one, on every event.

use std::process::ExitCode;

use eql::{Execution, Origin, Timestamp};

use crate::events::Events;
use crate::pack::pack;

/// Alerts in the order of the rules, each as its document.
type Alerts = Vec<(usize, String)>;

/// Says whether both give the same alerts for the same events, and which they are that differ.
///
/// # Panics
///
/// Where a line is not JSON.
pub fn run(events: &Events) -> ExitCode {
    let execution = Execution::new(Timestamp::from_millis(0).expect("a time"));
    let mut row = pack::Row::new();
    let mut set = pack::Detector::new();
    let mut each = pack::detectors::<pack::Row>();
    let (mut fused, mut single) = (Alerts::new(), Alerts::new());
    let (mut alerts, mut differ) = (0, 0_u32);
    for (number, line) in events.lines().enumerate() {
        row.read(line.as_bytes()).expect("events are JSON");
        let id = number.to_string();
        let origin = Origin { index: "logs-endpoint.events", id: &id };
        set.on_event(&row, origin, &execution, &mut |rule, alert| fused.push(text(rule, &alert)))
            .expect("events are JSON");
        for (rule, detector) in each.iter_mut().enumerate() {
            detector.on_event(&row, origin, &execution, &mut |alert| {
                single.push(text(rule, &alert));
            });
        }
        (alerts, differ) = judge(number, &mut fused, &mut single, (alerts, differ));
    }
    set.flush(&execution, &mut |rule, alert| fused.push(text(rule, &alert)));
    for (rule, detector) in each.iter_mut().enumerate() {
        detector.flush(&execution, &mut |alert| single.push(text(rule, &alert)));
    }
    (alerts, differ) = judge(events.len(), &mut fused, &mut single, (alerts, differ));
    println!(
        "{} events, {} rules: {alerts} alerts, {differ} events with others where the rules are driven one by one",
        events.len(),
        pack::RULES.len(),
    );
    if differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn text(rule: usize, alert: &eql::Document) -> (usize, String) {
    (rule, serde_json::to_string(alert).expect("an alert is JSON"))
}

/// Counts the alerts of an event and forgets them.
fn judge(
    number: usize,
    fused: &mut Alerts,
    single: &mut Alerts,
    (alerts, mut differ): (usize, u32),
) -> (usize, u32) {
    fused.sort();
    single.sort();
    if fused != single {
        differ += 1;
        let rules = |alerts: &Alerts| -> Vec<&str> {
            alerts.iter().map(|(rule, _)| pack::RULES[*rule].rule_id).collect()
        };
        println!("event {number}: the set {:?}, one by one {:?}", rules(fused), rules(single));
    }
    let count = fused.len();
    fused.clear();
    single.clear();
    (alerts + count, differ)
}
