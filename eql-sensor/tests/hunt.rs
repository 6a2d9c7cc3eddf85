//! `hunt` from the command line to the streams.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::io::Write;

use eql_sensor::ExitCode;
use serde_json::{Value, json};
use support::{Last, beacon, file, lines, mshta, quiet, run_rules, sensor, sensor_reading};

const NOW: &str = "2026-03-02T10:00:00Z";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn alerts_come_in_the_order_of_events_and_rules() {
    let both = json!({"event": {"id": "c"}, "process": {"name": "mshta.exe"}, "destination": {"port": 4444}});
    let input = lines(&[beacon("a"), quiet("x"), mshta("b"), both]);
    let done = sensor_reading(&[&"hunt", &"-", &"--now", &NOW], input.as_bytes());
    assert_eq!(done.exit, ExitCode::Ok, "{}", done.stderr);
    assert_eq!(done.event_ids(), ["a", "b", "c", "c"]);
    assert_eq!(
        done.each("kibana.alert.rule.name"),
        ["Connection to Port 4444", "Mshta Started", "Mshta Started", "Connection to Port 4444"]
    );
    assert_eq!(done.each("@timestamp"), ["2026-03-02T10:00:00.000Z"; 4]);
}

#[test]
fn standard_input_is_read_without_paths() {
    let input = lines(&[mshta("a")]);
    let done = sensor_reading(&[&"hunt"], input.as_bytes());
    assert_eq!(done.event_ids(), ["a"]);
}

#[test]
fn a_fixed_time_makes_the_output_repeatable() {
    let input = lines(&[mshta("a"), beacon("b")]);
    let run = || sensor_reading(&[&"hunt", &"--now", &NOW], input.as_bytes()).stdout;
    assert_eq!(run(), run());
}

#[test]
fn each_space_has_its_own_alerts() {
    let input = lines(&[mshta("a")]);
    let run = |space| sensor_reading(&[&"hunt", &"--space", &space], input.as_bytes());
    let (one, other) = (run("soc"), run("default"));
    assert_eq!(one.each("kibana.space_ids"), [json!(["soc"])]);
    assert_ne!(one.each("kibana.alert.uuid"), other.each("kibana.alert.uuid"));
}

#[test]
fn compressed_files_are_recognised_by_content() {
    let dir = folder();
    let zstd = zstd::encode_all(lines(&[mshta("b")]).as_bytes(), 1).unwrap();
    // Two members in one file, as `cat a.gz b.gz` makes them.
    let twice = [gzip(lines(&[mshta("a")]).as_bytes()), gzip(lines(&[beacon("a2")]).as_bytes())];
    let paths = [
        file(dir.path(), "a.ndjson.gz", twice.concat()),
        file(dir.path(), "b.jsonl.zst", &zstd),
        file(dir.path(), "renamed.log", gzip(lines(&[mshta("c")]).as_bytes())),
    ];
    let done = sensor(&[&"hunt", &paths[0], &paths[1], &paths[2]]);
    assert_eq!(done.event_ids(), ["a", "a2", "b", "c"], "{}", done.stderr);
    let done = sensor_reading(&[&"hunt", &"-"], &zstd[..]);
    assert_eq!(done.event_ids(), ["b"]);
}

#[test]
fn folders_are_read_by_name_and_patterns_expanded() {
    let dir = folder();
    for name in ["b/2.ndjson", "b/1.json", "a.jsonl", "c.NDJSON", "notes.txt", "b/deep/er/3.ndjson"]
    {
        file(dir.path(), name, lines(&[mshta(name)]));
    }
    let done = sensor(&[&"hunt", &dir.path()]);
    assert_eq!(
        done.event_ids(),
        ["a.jsonl", "b/1.json", "b/2.ndjson", "b/deep/er/3.ndjson", "c.NDJSON"]
    );
    let done = sensor(&[&"hunt", &dir.path().join("**/[0-9].ndjson")]);
    assert_eq!(done.event_ids(), ["b/2.ndjson", "b/deep/er/3.ndjson"]);
    let done = sensor(&[&"hunt", &dir.path().join("notes.txt")]);
    assert_eq!(done.event_ids(), ["notes.txt"], "a file that is named is read whatever its ending");
    let done = sensor(&[&"hunt", &dir.path().join("*.evtx")]);
    assert_eq!(done.exit, ExitCode::Error);
    assert!(done.stderr.contains("*.evtx: no file matches"), "{}", done.stderr);
}

#[test]
fn json_files_hold_lines_arrays_documents_and_responses() {
    let dir = folder();
    let hit = json!({"_index": "i", "_id": "5", "_source": mshta("ignored")});
    let response = json!({"took": 1, "hits": {"total": {"value": 2}, "hits": [
        hit, {"_index": "i", "_source": {"process": {"name": "mshta.exe"}}},
        {"_index": "i", "_source": {"process": {"name": "mshta.exe"}, "x": 1}},
    ]}});
    let paths = [
        file(dir.path(), "lines.json", lines(&[mshta("1"), mshta("2")])),
        file(dir.path(), "array.json", serde_json::to_string_pretty(&[mshta("3"), hit]).unwrap()),
        file(dir.path(), "one.json", serde_json::to_string_pretty(&mshta("4")).unwrap()),
        file(dir.path(), "response.json", response.to_string()),
    ];
    let done = sensor(&[&"hunt", &paths[0], &paths[1], &paths[2]]);
    assert_eq!(done.event_ids(), ["1", "2", "3", "5", "4"], "{}", done.stderr);
    let done = sensor(&[&"hunt", &paths[3]]);
    assert_eq!(done.alerts().len(), 3, "hits without an id are told apart by their text");
    let array = format!("[{}, {}]", mshta("6"), mshta("7"));
    let done = sensor_reading(&[&"hunt", &"-"], array.as_bytes());
    assert_eq!(done.event_ids(), ["6", "7"]);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_do_no_harm() {
    let text = format!("\u{feff}{}\r\n\r\n{}\r\n", mshta("a"), mshta("b"));
    let done = sensor_reading(&[&"hunt"], text.as_bytes());
    assert_eq!(done.event_ids(), ["a", "b"]);
    assert!(done.stderr.contains("bad lines  0"), "{}", done.stderr);
}

#[test]
fn origins_follow_the_event() {
    let dir = folder();
    let plain = r#"{"process": {"name": "mshta.exe"}}"#;
    let path = file(dir.path(), "day.ndjson", format!("{plain}\n{}\n", mshta("e")));
    let done = sensor(&[&"hunt", &path]);
    let origins: Vec<_> =
        done.alerts().iter().map(|alert| alert["kibana.alert.ancestors"][0].clone()).collect();
    assert_eq!(origins[0]["index"], "day.ndjson");
    // What `printf '{"process": {"name": "mshta.exe"}}' | sha256sum` prints.
    assert_eq!(
        origins[0]["id"],
        "cb493390613a8bbcd6c1d6a531e9fac5df5dc5a222257d956941240880cc7f0d"
    );
    assert_eq!(origins[1]["index"], "logs-endpoint.events.process-default");
    assert_eq!(origins[1]["id"], "e");
}

/// An element of a response that wraps no `_source` is an event, whose own fields mean nothing to the sensor.
#[test]
fn only_what_wraps_an_event_names_it() {
    let mut bare = mshta("a");
    bare["_index"] = json!("x");
    bare["_id"] = json!("y");
    let wrapped = json!({"_index": "x", "_id": "y", "_source": mshta("b")});
    let response = json!({"hits": {"hits": [bare, wrapped]}});
    let done = sensor_reading(&[&"hunt"], lines(&[response]).as_bytes());
    let origins = done.each("kibana.alert.ancestors");
    let names: Vec<_> = origins.iter().map(|of| (&of[0]["index"], &of[0]["id"])).collect();
    let stream = json!("logs-endpoint.events.process-default");
    assert_eq!(names, [(&stream, &json!("a")), (&json!("x"), &json!("y"))]);
}

/// The event with a field in it that is nested deeper than documents are parsed.
fn nested(event: &Value) -> String {
    let event = event.to_string();
    let open = event.strip_suffix('}').unwrap();
    format!("{open},\"a\":{}1{}}}", "{\"a\":".repeat(200), "}".repeat(200))
}

/// Every kind of line that is no event, between lines that are.
fn spoiled() -> (Vec<u8>, Vec<u8>) {
    let deep = nested(&mshta("deep"));
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(4000));
    let bad: [&[u8]; 7] = [
        b"{\"event\": {\"id\": \"tor",
        b"{\"a\": \"\xff\xfe\"}",
        b"17",
        b"[1, 2]\r",
        b"\x00\x01 not json",
        deep.as_bytes(),
        long.as_bytes(),
    ];
    let mut all = Vec::new();
    for (number, line) in bad.iter().enumerate() {
        all.extend_from_slice(mshta(&number.to_string()).to_string().as_bytes());
        all.push(b'\n');
        all.extend_from_slice(line);
        all.push(b'\n');
    }
    all.extend_from_slice(mshta("end").to_string().as_bytes());
    (all, bad.join(&b'\n'))
}

#[test]
fn lines_that_are_no_events_are_counted_and_kept() {
    let dir = folder();
    let kept = dir.path().join("bad.ndjson");
    let (input, bad) = spoiled();
    let done =
        sensor_reading(&[&"hunt", &"-", &"--bad-lines", &kept, &"--max-line", &"2K"], &input[..]);
    assert_eq!(done.exit, ExitCode::Ok);
    assert_eq!(done.event_ids(), ["0", "1", "2", "3", "4", "5", "6", "end"]);
    assert_eq!(std::fs::read(&kept).unwrap(), [bad, b"\n".to_vec()].concat());
    let summary = "bad lines  7 (1 not UTF-8, 2 not JSON, 2 not an object, 1 nested too deeply, 1 too long); \
                   the first is stdin:2: not JSON (EOF while parsing a string at column 21)";
    assert!(done.stderr.contains(summary), "{}", done.stderr);
    assert!(done.stderr.contains("events     8 ("), "{}", done.stderr);
}

/// A line is parsed as a whole only for an alert, or to say what is wrong with it.
#[test]
fn what_no_rule_reads_may_be_nested_deeply() {
    let input = nested(&json!({"process": {"name": "sh"}})) + "\n";
    let done = sensor_reading(&[&"hunt"], input.as_bytes());
    assert!(done.stderr.contains("events     1 ("), "{}", done.stderr);
    assert!(done.stderr.contains("bad lines  0"), "{}", done.stderr);
}

#[test]
fn wrong_types_are_events_that_do_not_match() {
    let odd =
        json!({"event": 5, "process": [{"name": {"x": 1}}], "destination": "here", "host": null});
    let done = sensor_reading(&[&"hunt"], lines(&[odd, mshta("a")]).as_bytes());
    assert_eq!(done.event_ids(), ["a"]);
    assert!(done.stderr.contains("bad lines  0"), "{}", done.stderr);
}

#[test]
fn strict_ends_at_the_first_bad_line() {
    let dir = folder();
    let kept = dir.path().join("bad.ndjson");
    let input = format!("{}\noops\n{}\nalso\n", mshta("a"), mshta("b"));
    let path = file(dir.path(), "in.ndjson", input);
    let done = sensor(&[&"hunt", &path, &"--strict", &"--fail-on-alert", &"--bad-lines", &kept]);
    assert_eq!(done.exit, ExitCode::BadLine);
    assert_eq!(done.event_ids(), ["a"], "what came before is written");
    assert!(
        done.stderr.contains("in.ndjson:2: not JSON (expected value at column 1)\n"),
        "{}",
        done.stderr
    );
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "oops\n");
}

#[test]
fn an_unreadable_file_does_not_stop_the_others() {
    let dir = folder();
    let good = file(dir.path(), "good.ndjson", lines(&[mshta("a")]));
    let whole = gzip(lines(&[mshta("b"), quiet(&"x".repeat(500)), quiet("y")]).as_bytes());
    let torn = file(dir.path(), "torn.ndjson.gz", &whole[..whole.len() - 12]);
    let done = sensor(&[&"hunt", &dir.path().join("missing.ndjson"), &torn, &good]);
    assert_eq!(done.exit, ExitCode::Error);
    assert_eq!(done.event_ids(), ["b", "a"]);
    assert!(done.stderr.contains("missing.ndjson: No such file"), "{}", done.stderr);
    assert!(done.stderr.contains("torn.ndjson.gz: "), "{}", done.stderr);
    assert!(done.stderr.contains("files      1, and 2 that could not be read"), "{}", done.stderr);
}

#[test]
fn the_exit_code_tells_of_alerts_only_when_asked() {
    let hit = lines(&[mshta("a")]);
    let exit = |args: &[&str], input: &str| {
        let args: Vec<&dyn AsRef<std::ffi::OsStr>> = args.iter().map(|arg| arg as _).collect();
        sensor_reading(&args, input.as_bytes()).exit
    };
    assert_eq!(exit(&["hunt"], &hit), ExitCode::Ok);
    assert_eq!(exit(&["hunt", "--fail-on-alert"], &hit), ExitCode::Alerts);
    assert_eq!(exit(&["hunt", "--fail-on-alert"], "{}\n"), ExitCode::Ok);
    assert_eq!(exit(&["hunt", "--fail-on-alert", "-", "/nonexistent"], &hit), ExitCode::Error);
    assert_eq!(exit(&["hunt", "--nonsense"], &hit), ExitCode::Error);
    assert_eq!(exit(&[], &hit), ExitCode::Error);
    assert_eq!(exit(&["hunt", "--max-line", "0"], &hit), ExitCode::Error);
    assert_eq!(exit(&["hunt", "--output", "/nonexistent/x"], &hit), ExitCode::Error);
}

#[test]
fn an_alert_is_written_once() {
    let dir = folder();
    let path = file(dir.path(), "a.ndjson", lines(&[mshta("a"), beacon("b")]));
    let done = sensor(&[&"hunt", &path, &dir.path()]);
    assert_eq!(done.event_ids(), ["a", "b"]);
    assert!(done.stderr.contains("alerts     2 from 2 of 2 rules, and 2 again"), "{}", done.stderr);
}

#[test]
fn rules_are_chosen_by_id_name_pattern_and_severity() {
    let input = lines(&[mshta("a"), beacon("b")]);
    let ids = |args: &[&str]| {
        let args: Vec<&dyn AsRef<std::ffi::OsStr>> =
            ["hunt"].iter().chain(args).map(|arg| arg as _).collect();
        let done = sensor_reading(&args, input.as_bytes());
        if done.exit == ExitCode::Ok { done.event_ids() } else { vec![done.stderr] }
    };
    assert_eq!(ids(&["--rule", "11111111-1111-4111-8111-111111111111"]), ["a"]);
    assert_eq!(ids(&["--rule", "connection to port 4444"]), ["b"]);
    assert_eq!(ids(&["--rule", "*MSHTA*", "--rule", "2222*"]), ["a", "b"]);
    assert_eq!(ids(&["--min-severity", "high"]), ["b"]);
    assert_eq!(ids(&["--min-severity", "medium"]), ["a", "b"]);
    let missing = "error: no rule has the id or name `mshtaa`; `rules` lists them all\n";
    assert_eq!(ids(&["--rule", "mshtaa"]), [missing]);
    let none = "error: no rule is left; `rules` lists them with their severity\n";
    assert_eq!(ids(&["--min-severity", "critical"]), [none]);
}

#[test]
fn the_end_of_the_stream_lets_rules_finish() {
    let done = run_rules(
        eql_sensor::rules!(Last),
        &[&"hunt"],
        lines(&[quiet("a"), quiet("b")]).as_bytes(),
    );
    assert_eq!(done.event_ids(), ["b"]);
}

#[test]
fn modules_and_types_make_one_sensor() {
    use support::pack;
    let rules = eql_sensor::rules!(pack, Last, crate::support::Beacon, pack::MshtaStarted);
    let names: Vec<_> =
        rules.iter().flat_map(|rules| rules.rules()).map(|meta| meta.name).collect();
    assert_eq!(
        names,
        [
            "Mshta Started",
            "Connection to Port 4444",
            "Last Event",
            "Connection to Port 4444",
            "Mshta Started"
        ]
    );
}

#[test]
fn quiet_leaves_errors_only() {
    let input = lines(&[mshta("a")]);
    let done = sensor_reading(&[&"hunt", &"--quiet"], input.as_bytes());
    assert_eq!(done.stderr, "");
    let done = sensor_reading(&[&"hunt", &"-q", &"/nonexistent", &"-"], input.as_bytes());
    assert_eq!(done.stderr, "error: /nonexistent: No such file or directory (os error 2)\n");
}

#[test]
fn the_summary_counts_everything() {
    let dir = folder();
    let path = file(dir.path(), "a.ndjson", lines(&[mshta("a"), quiet("q"), mshta("b")]));
    let done = sensor(&[&"hunt", &path]);
    let (before, after) = done.stderr.split_once(" in ").unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len();
    assert_eq!(before, format!("files      1\nevents     3 ({bytes} B"));
    let (_, after) = after.split_once('\n').unwrap();
    assert_eq!(
        after,
        "bad lines  0\nalerts     2 from 1 of 2 rules\n        2  medium    Mshta Started\n"
    );
}

#[test]
fn a_csv_has_the_promised_columns() {
    let odd = json!({
        "@timestamp": "2026-03-02T09:14:31.220Z", "event": {"id": "1"},
        "host": {"name": "a, \"b\""}, "process": {"name": "mshta.exe"},
    });
    let input = lines(&[mshta("a"), odd]);
    let done = sensor_reading(&[&"hunt", &"--format", &"csv", &"--now", &NOW], input.as_bytes());
    let mut table = csv::Reader::from_reader(done.stdout.as_bytes());
    let header: Vec<_> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        header.join(","),
        "time,severity,risk_score,rule,rule_id,host,user,reason,tactics,techniques,event_index,event_id,\
         alert_id,group_id,group_index"
    );
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let cells: Vec<_> = rows[0].iter().collect();
    assert_eq!(
        cells[..7],
        [
            "2026-03-02T09:14:31.220Z",
            "medium",
            "47",
            "Mshta Started",
            "11111111-1111-4111-8111-111111111111",
            "ws-1",
            "alice"
        ]
    );
    assert!(cells[7].contains("created medium alert Mshta Started."), "{}", cells[7]);
    assert_eq!(
        cells[8..12],
        ["Execution", "T1059.005", "logs-endpoint.events.process-default", "a"]
    );
    assert_eq!(cells[12].len(), 64);
    assert_eq!(cells[13..], ["", ""]);
    assert_eq!(rows[1].get(5), Some("a, \"b\""));
    let done = sensor_reading(&[&"hunt", &"-f", &"csv"], &b"{}\n"[..]);
    assert_eq!(done.stdout.lines().count(), 1, "no alerts leave the header");
}

#[test]
fn the_report_reads_like_this() {
    let mut odd = mshta("a\u{1b}[2J");
    odd["host"]["name"] = json!("ws\u{202e}");
    let input = lines(&[odd, beacon("b")]);
    let done = sensor_reading(&[&"hunt", &"--format", &"text"], input.as_bytes());
    let expected = "\
medium 47  Mshta Started
  when    2026-03-02T09:14:31.220Z
  host    ws\\u{202e}
  user    alice
  what    process event with process mshta.exe, parent process winword.exe, by alice on ws\\u{202e} created medium alert Mshta Started.
  ATT&CK  T1059.005
  event   logs-endpoint.events.process-default a\\u{1b}[2J

high 73  Connection to Port 4444
  when    2026-03-02T09:15:00.000Z
  what    network event with destination 203.0.113.9:4444, created high alert Connection to Port 4444.
  event   stdin b
";
    assert_eq!(done.stdout, expected);
}

#[test]
fn the_ending_of_the_output_decides_its_format() {
    let dir = folder();
    let input = lines(&[mshta("a")]);
    let written = |name: &str| {
        let path = dir.path().join(name);
        let done = sensor_reading(&[&"hunt", &"--output", &path], input.as_bytes());
        assert_eq!((done.exit, done.stdout.as_str()), (ExitCode::Ok, ""));
        std::fs::read_to_string(path).unwrap()
    };
    assert!(written("a.csv").starts_with("time,severity,"));
    assert!(written("a.txt").starts_with("medium 47  Mshta Started\n"));
    let alert: Value = serde_json::from_str(&written("a.ndjson")).unwrap();
    assert_eq!(alert["kibana.alert.rule.name"], "Mshta Started");
}

#[test]
fn a_run_does_not_read_what_it_writes() {
    let dir = folder();
    file(dir.path(), "b.ndjson", lines(&[mshta("a")]));
    let (output, kept) = (dir.path().join("a.ndjson"), dir.path().join("c.ndjson"));
    let done = sensor(&[&"hunt", &dir.path(), &"-o", &output, &"--bad-lines", &kept]);
    assert_eq!(done.exit, ExitCode::Ok);
    assert!(done.stderr.contains("files      1\n"), "{}", done.stderr);
    let done = sensor(&[&"hunt", &output, &"-o", &output]);
    assert_eq!(done.exit, ExitCode::Error);
    assert!(done.stderr.contains("this run writes the file"), "{}", done.stderr);
}
