//! A sequence over the example day: from a process to the Outlook that was started on its behalf.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use eql::{Execution, Origin, Timestamp};
use serde_json::Value;

#[eql::rule(path = "detections/rules/execution_outlook_by_recent_process.toml")]
struct OutlookByRecentProcess;

/// The events of the day.
fn day() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/outlook.ndjson");
    let file = BufReader::new(std::fs::File::open(path).expect("the example is there"));
    let line = |line: std::io::Result<String>| line.expect("UTF-8");
    file.lines().map(|text| serde_json::from_str(&line(text)).expect("JSON")).collect()
}

#[test]
fn it_fires_once_with_a_shell_and_two_blocks() {
    let execution = Execution::new(Timestamp::default());
    let mut machine = OutlookByRecentProcess::machine();
    let mut alerts = Vec::new();
    for event in &day() {
        let id = event["event"]["id"].as_str().expect("an id");
        alerts.extend(machine.on_event(event, Origin { index: "day", id }, &execution));
    }
    alerts.extend(machine.flush(&execution));
    let [alert] = alerts.as_slice() else { panic!("one alert, not {}", alerts.len()) };

    assert_eq!(
        alert.event_0.process_entity_id,
        alert.event_1.process_ext_effective_parent_entity_id
    );
    assert_eq!(alert.event_1.process_name.first().map(String::as_str), Some("OUTLOOK.EXE"));

    let group = &alert.group;
    assert_eq!(group.blocks.len(), 2);
    assert_eq!(group.shell.get("kibana.alert.depth"), Some(&Value::from(2)));
    assert_eq!(group.shell.group_id(), Some(group.shell.uuid()));
    assert_eq!(group.shell.group_index(), None);
    for (index, block) in (0..).zip(&group.blocks) {
        assert_eq!(block.group_id(), Some(group.shell.uuid()));
        assert_eq!(block.group_index(), Some(index));
        assert_eq!(block.get("kibana.alert.building_block_type"), Some(&Value::from("default")));
    }
    // What both events share stays in the shell, what differs does not.
    assert_eq!(group.shell.get("host.name"), group.blocks[0].get("host.name"));
    assert_eq!(group.shell.get("process.name"), None);
    assert_eq!(group.blocks[0].get("process.name"), Some(&Value::from("powershell.exe")));
}

/// State saved after any event and restored in another machine goes on as if nothing had happened.
#[test]
fn saved_state_goes_on() {
    let execution = Execution::new(Timestamp::default());
    let mut machine = OutlookByRecentProcess::machine();
    let mut alerts = 0;
    for (number, event) in day().iter().enumerate() {
        let id = number.to_string();
        alerts += machine.on_event(event, Origin { index: "day", id: &id }, &execution).count();
        let saved = machine.snapshot();
        machine = eql::group::SequenceMachine::restore(eql::sequence::Limits::DEFAULT, &saved)
            .expect("the state is this rule's");
    }
    assert_eq!(alerts, 1);
}
