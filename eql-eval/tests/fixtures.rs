//! Fixtures: how they are read, and what is said where a rule does something else.

use std::fs;
use std::path::Path;

use eql_eval::fixture::{Expected, Fixture, Subject, check, find, of_rule, rule_beside};
use eql_grammar::rule::{Rule, Settings, check_file};
use eql_grammar::rule_file::parse_rule_file;
use eql_grammar::schema::Schema;

const ID: &str = "1dee0500-4aeb-44ca-b24b-4a285d7b6ba1";

/// A rule file with this query, and further lines.
fn rule_file(query: &str, lines: &str) -> String {
    format!(
        "[rule]\nrule_id = '{ID}'\nname = 'A rule'\ndescription = 'Says what.'\nseverity = 'low'\n\
         risk_score = 21\nquery = '''{query}'''\n{lines}\n[eql]\nallow = ['warnings']\n"
    )
}

/// A folder with a rule and its fixture.
fn folder(rule: &str, fixture: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("word.toml"), rule).expect("a file");
    fs::write(folder.path().join("word.test.toml"), fixture).expect("a file");
    folder
}

fn read(folder: &tempfile::TempDir) -> Result<Fixture, String> {
    Fixture::read(&folder.path().join("word.test.toml")).map_err(|wrong| wrong.to_string())
}

fn rule(text: &str) -> Rule {
    let file = parse_rule_file(text).expect("a rule file");
    let (lints, attack) = Default::default();
    let settings = Settings { schema: Schema::builtin(), lints: &lints, attack };
    let checked = check_file(&file, text, None, &settings);
    checked.rule.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

/// For each case how many alerts there are, and why that is wrong.
fn run(text: &str, fixture: &str) -> Vec<(usize, Vec<String>)> {
    let fixture = read(&folder(text, fixture)).unwrap_or_else(|wrong| panic!("{wrong}"));
    let subject = Subject::new(&rule(text), Schema::builtin());
    let outcome = |case| {
        let outcome = subject.run(case).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        (outcome.alerts, outcome.why)
    };
    fixture.cases.iter().map(outcome).collect()
}

#[test]
fn a_fixture_has_cases_with_events_of_every_kind() {
    let folder = folder(
        &rule_file("process where true", ""),
        "rule = 'word.toml'\n\
         [[case]]\nname = 'texts and tables'\nalerts = 2\n\
         events = ['''{\"process\": {\"pid\": 1}}''', { process.pid = 1, \"@timestamp\" = 2026-01-01T00:00:00Z }]\n\
         [[case]]\nname = 'a file'\nalerts = true\nevents_file = 'events.ndjson'\n",
    );
    fs::write(folder.path().join("events.ndjson"), "{\"a\": 1}\n\n{\"a\": 2}\n").expect("a file");
    let fixture = read(&folder).unwrap_or_else(|wrong| panic!("{wrong}"));
    let [first, second] = fixture.cases.as_slice() else { panic!("two cases") };
    assert_eq!((first.alerts, second.alerts), (Expected::Exactly(2), Expected::Some));
    assert_eq!(first.events[0].source, serde_json::json!({"process": {"pid": 1}}));
    assert_eq!(
        first.events[1].source,
        serde_json::json!({"process": {"pid": 1}, "@timestamp": "2026-01-01T00:00:00Z"})
    );
    assert_eq!(second.events.len(), 2);
    assert!(
        fixture.title(second).ends_with("word.test.toml:7: a file"),
        "{}",
        fixture.title(second)
    );
}

#[test]
fn mistakes_are_named_with_their_place() {
    let case = |lines: &str| format!("[[case]]\nname = 'x'\n{lines}");
    for (fixture, place, said) in [
        ("".to_owned(), "1:1", "at least one `[[case]]`"),
        ("case = 1".to_owned(), "1:8", "`case` must be tables `[[case]]`"),
        ("case = [1]".to_owned(), "1:9", "`case` must be a table, not a whole number"),
        ("[[case]".to_owned(), "1:8", "not TOML"),
        (format!("rul = 1\n{}", case("alerts = 0\nevents = [{}]")), "1:1", "did you mean `rule`?"),
        (
            format!("rule = 1\n{}", case("alerts = 0\nevents = [{}]")),
            "1:8",
            "the path of a rule file",
        ),
        (format!("rule = 'no.toml'\n{}", case("alerts = 0\nevents = [{}]")), "1:8", "no rule file"),
        ("[[case]]\nalerts = 0\nevents = [{}]".to_owned(), "1:1", "must have `name`"),
        (
            "[[case]]\nname = ' '\nalerts = 0\nevents = [{}]".to_owned(),
            "2:8",
            "`name` must be a text",
        ),
        (case("events = [{}]"), "1:1", "must have `alerts`"),
        (case("alerts = -1\nevents = [{}]"), "3:10", "less than 0"),
        (case("alerts = false\nevents = [{}]"), "3:10", "write `alerts = 0`"),
        (case("alerts = 'one'\nevents = [{}]"), "3:10", "a whole number from 0"),
        (case("alerts = 0"), "1:1", "must have `events`"),
        (case("alerts = 0\nevents = []"), "4:10", "at least one event"),
        (case("alerts = 0\nevents = {}"), "4:10", "a list of JSON texts"),
        (case("alerts = 0\nevents = [\n1]"), "5:1", "is a JSON object, not a whole number"),
        (case("alerts = 0\nevents = ['[]']"), "4:11", "is a JSON object, not an array"),
        (case("alerts = 0\nevents = ['{']"), "4:11", "this is no JSON"),
        (case("alerts = 0\nevent = [{}]"), "4:1", "did you mean `events`?"),
        (case("alerts = 0\nevents = [{}]\nevents_file = 'x'"), "5:15", "either `events` or"),
        (case("alerts = 0\nevents_file = 'no'"), "4:15", "cannot read `no`"),
        (
            case("alerts = 0\nevents_file = 'word.toml'"),
            "4:15",
            "`word.toml`, line 1: this is no JSON",
        ),
    ] {
        let folder = folder(&rule_file("process where true", ""), &fixture);
        let wrong = read(&folder).expect_err(&fixture);
        assert!(wrong.contains(&format!("word.test.toml:{place}\n")), "{fixture}\n{wrong}");
        assert!(wrong.contains(said), "{fixture}\n{wrong}");
    }
    let missing =
        Fixture::read(Path::new("nowhere/a.test.toml")).expect_err("there is no such file");
    assert!(missing.to_string().contains("cannot read `nowhere/a.test.toml`"), "{missing}");
}

#[test]
fn it_is_said_which_condition_an_event_fails() {
    let text = rule_file(
        r#"process where event.type == "start" and not user.id == "S-1-5-18" and
           (process.name : "cmd.exe" or process.args : ("a*", "b*"))"#,
        "",
    );
    let found = run(
        &text,
        "[[case]]\nname = 'a'\nalerts = 1\nevents = [\n\
         { event = { category = 'process', type = 'start' }, process = { args = ['x', 'y'] }, user.id = 'S-1-5-18' },\n\
         { event.category = 'file' },\n]\n\
         [[case]]\nname = 'b'\nalerts = 0\nevents = [{ event = { category = 'process', type = 'start' }, process.name = 'CMD.EXE' }]\n",
    );
    let [none, one] = found.as_slice() else { panic!("two cases") };
    assert_eq!(none.0, 0);
    assert_eq!(
        none.1,
        [
            r#"event 1: excluded by `user.id == "S-1-5-18"`: user.id is "S-1-5-18""#,
            r#"event 1: none of the alternatives of `process.name : "cmd.exe" or process.args : ("a*", "b*")` holds: process.name is absent and process.args is ["x", "y"]"#,
            r#"event 2: the event is not of the category `process`: event.category is "file""#,
            r#"event 2: `event.type == "start"` is false: event.type is absent"#,
            r#"event 2: none of the alternatives of `process.name : "cmd.exe" or process.args : ("a*", "b*")` holds: process.name is absent and process.args is absent"#,
        ]
    );
    assert_eq!(one.0, 1);
    assert_eq!(
        one.1,
        [
            r#"event 1 matches: event.type is "start" and process.name is "CMD.EXE"; not excluded: user.id is absent"#
        ]
    );
}

/// The lines for one case of a query. Each event is a table of TOML.
fn why(query: &str, alerts: &str, events: &[String]) -> Vec<String> {
    let case =
        format!("[[case]]\nname = 'a'\nalerts = {alerts}\nevents = [\n{}]\n", events.join(",\n"));
    let mut found = run(&rule_file(query, ""), &case);
    found.pop().expect("a case").1
}

#[test]
fn of_many_events_those_are_explained_that_come_nearest() {
    let query = r#"process where process.name in ("a", "b", "c", "d", "e") and not user.name : ("x", "y*")"#;
    let event = |name: &str, user: &str| {
        format!("{{ event.category = 'process', process.name = '{name}', user.name = '{user}' }}")
    };
    let events = [
        event("n", "x"),
        event("a", "z"),
        event("A", "z"),
        event("n", "x"),
        event("b", "yes"),
        event("n", "z"),
    ];
    assert_eq!(
        why(query, "6", &events),
        [
            r#"event 3: `process.name in ("a", "b", "c", … 2 more)` is false: process.name is "A" (only the case differs)"#,
            r#"event 5: excluded by `user.name : "y*"` (an entry of a list of 2): user.name is "yes""#,
            r#"event 6: `process.name in ("a", "b", "c", … 2 more)` is false: process.name is "n""#,
            "and 2 more events",
        ]
    );
    assert_eq!(why(query, "7", &events[1..2]), ["every event matches"]);
    let all = "process where process.name : (\"a*\", \"b*\")";
    let events = ["ab", "b", "A", "a", "aa"].map(|name| event(name, "z"));
    assert_eq!(
        why(all, "0", &events),
        [
            r#"event 1 matches: process.name is "ab" (by "a*")"#,
            r#"event 2 matches: process.name is "b" (by "b*")"#,
            r#"event 3 matches: process.name is "A" (by "a*")"#,
            "and 2 more alerts",
        ]
    );
    assert_eq!(
        why(&format!("{all} | head 4 | tail 2"), "3", &events),
        ["3 more alerts are left out by `head 4 | tail 2`", "every event matches"]
    );
    assert_eq!(
        why("process where true", "0", &events[..1]),
        [r#"event 1 matches: event.category is "process""#]
    );
}

/// An event of a process so many milliseconds after the first.
fn at(millis: u32, host: &str, name: &str) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!(
        "{{ \"@timestamp\" = 2026-01-01T00:00:{seconds:02}.{millis:03}Z, event.category = 'process', \
         host.id = '{host}', process.name = '{name}' }}"
    )
}

const AB: &str = r#"sequence by host.id with maxspan=1s [process where process.name == "a"] [process where process.name == "b"]"#;

#[test]
fn it_is_said_what_a_sequence_waits_for() {
    let a_of_h = r#"1 of 2 events with host.id "h": event 1 at term 1"#;
    let a_of_3 = r#"1 of 3 events with host.id "h": event 1 at term 1"#;
    for (query, events, expected) in [
        (
            AB,
            vec![at(0, "h", "a"), at(1, "h", "c")],
            vec![
                a_of_h,
                r#"term 2 waits; nearest is event 2: `process.name == "b"` is false: process.name is "c""#,
            ],
        ),
        (
            AB,
            vec![at(0, "h", "a"), at(1, "i", "b")],
            vec![
                a_of_h,
                r#"term 2 waits; nearest is event 2: the join key host.id is "i", that of the others is "h""#,
            ],
        ),
        (
            AB,
            vec![at(0, "h", "a"), at(1500, "h", "b")],
            vec![
                a_of_h,
                "the `maxspan` of 1s is exceeded by 500 ms: event 2 comes 1500 ms after event 1",
            ],
        ),
        // Numbers are those of the case, which is not in order of time.
        (
            AB,
            vec![at(1, "h", "a"), at(0, "h", "b")],
            vec![a_of_h, "term 2 waits; nearest is event 2: it is not in order of time"],
        ),
        (
            r#"sequence by host.id [process where process.name == "a"] [process where process.name == "b"] [process where process.name == "c"]"#,
            vec![at(0, "h", "a"), at(1, "h", "c"), at(2, "h", "b")],
            vec![a_of_3, "term 2 waits; nearest is event 3: it is not in order of time"],
        ),
        (AB, vec![at(0, "h", "a")], vec![a_of_h, "term 2 waits, and there is no further event"]),
        (
            AB,
            vec![at(0, "h", "B")],
            vec![
                r#"0 of 2 events with host.id "h""#,
                r#"term 1 waits; nearest is event 1: `process.name == "a"` is false: process.name is "B""#,
                "term 2 waits, and there is no further event",
            ],
        ),
        (
            r#"sequence [process where process.name == "a"] [process where process.name == "b"] until [process where process.name == "u"]"#,
            vec![at(0, "h", "a"), at(1, "h", "u"), at(2, "h", "b")],
            vec![
                "1 of 2 events: event 1 at term 1",
                "event 2 ended it, which the query after `until` takes",
            ],
        ),
        (
            r#"sequence with maxspan=9s [process where process.name == "a"] ![process where process.name == "m"] [process where process.name == "b"]"#,
            vec![at(0, "h", "a"), at(1, "h", "m"), at(2, "h", "b")],
            vec![
                "2 of 2 events: event 1 at term 1, event 3 at term 3",
                "event 2 is there, which term 2 says must be missing",
            ],
        ),
        (
            r#"sequence by host.id [process where process.name == "a"] with runs=2 [process where process.name == "b"]"#,
            vec![at(0, "h", "a"), at(1, "h", "b")],
            vec![
                r#"1 of 3 events with host.id "h": event 1 at term 1 (run 1 of 2)"#,
                "term 1 (run 2 of 2) waits, and there is no further event",
            ],
        ),
        (
            r#"sample by host.id [process where process.name == "a"] [process where process.name == "b"]"#,
            vec![at(0, "h", "c"), at(1, "h", "a")],
            vec![
                r#"1 of 2 events with host.id "h": event 2 at term 1"#,
                r#"term 2 waits; nearest is event 1: `process.name == "b"` is false: process.name is "c""#,
            ],
        ),
    ] {
        assert_eq!(why(query, "1", &events), expected, "{query}");
    }
    let hosts = ["h", "i", "j", "k", "l"].map(|host| at(0, host, "a"));
    let lines = why(AB, "true", &hosts);
    assert_eq!((lines.len(), lines.last().map(String::as_str)), (7, Some("and 2 more join keys")));
}

#[test]
fn where_there_are_alerts_the_other_events_are_explained() {
    let pair = [at(0, "h", "a"), at(10, "h", "b")];
    let found = r#"events 1, 2 match with host.id "h""#;
    assert_eq!(why(AB, "2", &pair), [found, "there is no further event"]);
    let more = [&pair[..], &[at(20, "h", "a"), at(30, "i", "b")]].concat();
    assert_eq!(
        why(AB, "2", &more),
        [
            found,
            r#"1 of 2 events with host.id "h": event 3 at term 1"#,
            r#"term 2 waits; nearest is event 4: the join key host.id is "i", that of the others is "h""#,
        ]
    );
    let used_up = [at(0, "h", "a"), at(1, "h", "a"), at(2, "h", "b"), at(3, "h", "b")];
    assert_eq!(
        why(AB, "2", &used_up),
        [
            r#"events 2, 3 match with host.id "h""#,
            r#"events 1, 4 with host.id "h" would match without the others"#,
        ]
    );
    assert_eq!(
        why(&format!("{AB} | head 0"), "1", &pair),
        ["1 more alert is left out by `head 0`", "there is no further event"]
    );
}

#[test]
fn it_is_said_what_the_events_of_an_alert_have() {
    assert_eq!(
        why(AB, "0", &[at(0, "h", "a"), at(10, "h", "b")]),
        [
            r#"events 1, 2 match with host.id "h""#,
            r#"event 1 at term 1: process.name is "a""#,
            r#"event 2 at term 2: process.name is "b""#,
        ]
    );
    let runs = r#"sequence [process where process.name : "a"] with runs=7 ![process where process.name == "m"] [process where true]"#;
    let events: Vec<String> = (0..8).map(|n| at(n, "h", if n == 7 { "b" } else { "A" })).collect();
    let lines = why(&runs.replace("sequence", "sequence with maxspan=9s"), "0", &events);
    assert_eq!(lines.len(), 7, "{lines:?}");
    assert_eq!(lines[0], "events 1, 2, 3, 4, 5, 6, 7, 8 match");
    assert_eq!(
        lines[5..],
        [r#"event 5 at term 1 (run 5 of 7): process.name is "A""#, "and 3 more events"]
    );
    let sample = r#"sample by host.id [process where process.name == "a"] [process where not process.name == "a"]"#;
    assert_eq!(
        why(sample, "0", &[at(0, "h", "b"), at(10, "h", "a")]),
        [
            r#"events 2, 1 match with host.id "h""#,
            r#"event 2 at term 1: process.name is "a""#,
            r#"event 1 at term 2: not excluded: process.name is "b""#,
        ]
    );
}

#[test]
fn an_event_of_a_sequence_needs_a_time() {
    let text = rule_file("sequence by host.id [process where true] [file where true]", "");
    let fixture = "[[case]]\nname = 'a'\nalerts = 0\nevents = [{ event.category = 'process' }]\n";
    let fixture = read(&folder(&text, fixture)).expect("a fixture");
    let subject = Subject::new(&rule(&text), Schema::builtin());
    let wrong = subject.run(&fixture.cases[0]).expect_err("it has no time");
    let wrong = fixture.unreadable(wrong).to_string();
    assert!(wrong.contains("word.test.toml:4:11"), "{wrong}");
    assert!(wrong.contains("give every event a time"), "{wrong}");

    let fixture = "[[case]]\nname = 'a'\nalerts = 0\nevents_file = 'events.ndjson'\n";
    let folder = folder(&text, fixture);
    let events = "{\"@timestamp\": 0}\n{\"@timestamp\": \"yesterday\"}\n";
    fs::write(folder.path().join("events.ndjson"), events).expect("a file");
    let fixture = read(&folder).expect("a fixture");
    let wrong = fixture.unreadable(subject.run(&fixture.cases[0]).expect_err("it has no time"));
    assert_eq!(wrong.diagnostics.len(), 1);
    assert!(wrong.to_string().contains("an event of a sequence, line 2, has no date"), "{wrong}");
}

/// What a term reads of the event of another, and of processes above, is looked up as where the rule is run.
#[test]
fn events_are_explained_with_those_before_them() {
    let rule = |query: &str| {
        format!(
            "[rule]\nid = '{ID}'\nname = 'A rule'\ndescription = 'x'\nlicense = 'x'\nversion = '1.0.0'\n\
             os_list = []\nquery = '{query}'\n"
        )
    };
    let event = |millis: u32, id: &str, above: &str| {
        format!(
            "{{ \"@timestamp\" = 2026-01-01T00:00:00.{millis:03}Z, event.category = 'process', \
             process.entity_id = '{id}', process.parent.entity_id = '{above}' }}"
        )
    };
    let case = |alerts: u8, events: &[String]| {
        let events = events.join(",\n");
        format!("[[case]]\nname = 'a'\nalerts = {alerts}\nevents = [\n{events}]\n")
    };
    let aliased = rule(
        "sequence [process where true] as p [process where process.parent.entity_id == p.process.entity_id]",
    );
    assert_eq!(
        run(&aliased, &case(0, &[event(0, "1", "0"), event(1, "2", "1")]))[0].1,
        [
            "events 1, 2 match",
            r#"event 1 at term 1: event.category is "process""#,
            r#"event 2 at term 2: process.parent.entity_id is "1" and p.process.entity_id is "1""#,
        ]
    );
    let below = rule(r#"process where descendant of [process where process.entity_id == "1"]"#);
    let found = run(
        &below,
        // Not in order of time.
        &(case(0, &[event(1, "2", "1"), event(0, "1", "0")])
            + &case(2, &[event(1, "2", "1"), event(0, "1", "0")])),
    );
    assert_eq!(found[0].1, ["event 1 matches: a process above this one has such an event"]);
    assert_eq!(
        found[1].1,
        [
            r#"event 2: `descendant of [process where process.entity_id == "1"]` is false: no process above this one has such an event"#
        ]
    );
}

/// The compiler tests more than the query where the metadata says so.
#[test]
fn the_metadata_of_a_rule_counts() {
    let rule = "[rule]\nid = '1dee0500-4aeb-44ca-b24b-4a285d7b6ba1'\nname = 'A rule'\ndescription = 'x'\n\
                license = 'x'\nversion = '1.0.0'\nos_list = ['windows']\nquery = 'process where true'\n";
    let case = |system: &str| {
        format!(
            "[[case]]\nname = 'a'\nalerts = 1\nevents = [{{ event.category = 'process', host.os.type = '{system}' }}]\n"
        )
    };
    let found = run(rule, &(case("windows") + &case("linux")));
    assert_eq!(found[0], (1, Vec::new()));
    assert_eq!(
        found[1].1,
        [r#"event 1: `host.os.type in ("windows")` is false: host.os.type is "linux""#]
    );
    let rule = rule_file(
        "process where true",
        "timestamp_override = 'event.ingested'\ntimestamp_override_fallback_disabled = true\n",
    );
    let found = run(&rule, &case("windows"));
    assert_eq!(
        found[0].1,
        ["event 1: `event.ingested != null` is false: event.ingested is absent"]
    );
}

#[test]
fn events_go_to_compiled_rules_in_order_of_time() {
    let text = rule_file("sequence by host.id [process where true] [file where true]", "");
    let folder = folder(
        &text,
        "[[case]]\nname = 'a'\nalerts = 1\nevents = [\n\
         { \"@timestamp\" = 2026-01-01T00:00:01Z, event.category = 'file', host.id = 'a' },\n\
         { \"@timestamp\" = 2026-01-01T00:00:00Z, event.category = 'process', host.id = 'a' },\n]\n",
    );
    let alerts = |rule: usize, events: &[String]| {
        assert_eq!((rule, events.len()), (1, 2));
        assert!(events[0].contains("process") && events[1].contains("file"), "{events:?}");
        Ok(1)
    };
    assert_eq!(check(folder.path(), "", &["other", ID], &alerts), Ok(1));
}

#[test]
fn what_a_pack_fails_is_reported_in_full() {
    let text = rule_file("process where true", "");
    let fixture = "[[case]]\nname = 'a'\nalerts = 1\nevents = [{ event.category = 'file' }]\n\
                   [[case]]\nname = 'b'\nalerts = 0\nevents = [{ event.category = 'file' }]\n";
    let folder = folder(&text, fixture);
    let failures = |ids: &[&str], alerts: Result<usize, String>| {
        check(folder.path(), "", ids, &|_, _| alerts.clone()).expect_err("it fails")
    };
    let none = failures(&[ID], Ok(0));
    assert!(none.contains("word.test.toml:2: a\n    expected 1 alert, found none\n"), "{none}");
    assert!(none.contains("event 1: the event is not of the category `process`"), "{none}");
    assert!(!none.contains(": b\n"), "{none}");
    let differs = failures(&[ID], Ok(1));
    assert!(
        differs.contains(": b\n    expected no alert, found 1\n    `eql test` finds 0"),
        "{differs}"
    );
    let flawed = failures(&[ID], Err("not JSON".to_owned()));
    assert!(flawed.contains(": a\n    not JSON"), "{flawed}");
    let absent = failures(&["other"], Ok(0));
    assert!(absent.contains("is not in the pack"), "{absent}");
    fs::write(folder.path().join("word.toml"), rule_file("process where x", "")).expect("a file");
    let wrong = failures(&[ID], Ok(0));
    assert!(wrong.contains("unknown field `x`") && wrong.contains("word.toml:7"), "{wrong}");
    fs::remove_file(folder.path().join("word.test.toml")).expect("a file");
    let none = failures(&[ID], Ok(0));
    assert!(none.contains("there is no fixture"), "{none}");
}

#[test]
fn fixtures_are_found_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in
        ["b.test.toml", "a/c.test.toml", "a/c.toml", ".git/d.test.toml", "target/e.test.toml"]
    {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, "").expect("a file");
    }
    let found = find(folder.path()).expect("a folder");
    let names: Vec<_> =
        found.iter().map(|path| path.strip_prefix(folder.path()).expect("it is below")).collect();
    assert_eq!(names, [Path::new("a/c.test.toml"), Path::new("b.test.toml")]);
    assert_eq!(of_rule(Path::new("a/c.toml")), Path::new("a/c.test.toml"));
    assert_eq!(rule_beside(Path::new("a/c.test.toml")), Path::new("a/c.toml"));
    assert!(find(Path::new("nowhere")).is_err());
}
