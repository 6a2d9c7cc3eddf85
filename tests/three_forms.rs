//! The seed rule as tokens, as text and as a file is one rule; in a set its metadata are the same.

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use eql::{EventRule as _, Execution, Origin, Timestamp};
use serde_json::Value;

#[path = "../examples/outlook_text.rs"]
#[allow(dead_code, unreachable_pub)]
mod text;
#[path = "../examples/outlook_tokens.rs"]
#[allow(dead_code, unreachable_pub)]
mod tokens;

eql::rules! { mod pack = "detections/rules" }

/// From the rule file of the crate `detections`.
#[eql::rule(path = "detections/rules/collection_suspicious_ipc_via_outlook.toml")]
struct FromFile;

/// What the three say of an event.
fn verdicts(event: &Value) -> [bool; 3] {
    [FromFile::matches(event), tokens::OutlookIpc::matches(event), text::OutlookIpc::matches(event)]
}

#[test]
fn metadata_is_equal() {
    assert_eq!(FromFile::META, tokens::OutlookIpc::META);
    assert_eq!(FromFile::META, text::OutlookIpc::META);
    assert_eq!(FromFile::META, pack::CollectionSuspiciousIpcViaOutlook::META);
}

#[test]
fn matches_and_alerts_are_equal_on_the_example() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/outlook.ndjson");
    let file = BufReader::new(std::fs::File::open(path).expect("the example is there"));
    let execution = Execution::new(Timestamp::default());
    let mut fired = 0;
    for (number, line) in file.lines().enumerate() {
        let event: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        let verdict = verdicts(&event);
        assert_eq!(verdict, [verdict[0]; 3], "line {}", number + 1);
        if verdict[0] {
            fired += 1;
            let origin = Origin { index: "example", id: "1" };
            let file = FromFile::alert(&event, origin, &execution);
            let tokens = tokens::OutlookIpc::alert(&event, origin, &execution);
            assert_eq!(file.process_name, tokens.process_name);
            let json = |alert| serde_json::to_value::<eql::Document>(alert).expect("JSON");
            assert_eq!(json(file.document), json(tokens.document));
        }
    }
    assert!(fired > 0, "the example has events that the rule fires on");
}

/// Every event in an optimised build; the sample of them in others, which read JSON slowly.
#[test]
fn nothing_matches_in_recorded_telemetry() {
    let Some(folder) = support::folder("EQL_DATA") else { return };
    let name =
        if cfg!(debug_assertions) { "sample-5k.ndjson.zst" } else { "mordor-ecs.ndjson.zst" };
    let mut count = 0_u64;
    support::each_json_line(&folder.join(name), |event| {
        assert_eq!(verdicts(event), [false; 3]);
        count += 1;
    });
    println!("{count} events of {name}, no match in any of the three forms");
    assert!(count >= 5_000);
}
