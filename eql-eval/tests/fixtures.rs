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
            r#"event 1: `user.id == "S-1-5-18"` is true: user.id is "S-1-5-18""#,
            r#"event 1: `process.name : "cmd.exe"` is false: process.name is absent"#,
            r#"event 1: `process.args : ("a*", "b*")` is false: process.args is "x", "y""#,
            r#"event 2: it is no `process` event: event.category is "file""#,
            r#"event 2: `event.type == "start"` is false: event.type is absent"#,
            r#"event 2: `process.name : "cmd.exe"` is false: process.name is absent"#,
            r#"event 2: `process.args : ("a*", "b*")` is false: process.args is absent"#,
        ]
    );
    assert_eq!(one.0, 1);
    assert_eq!(
        one.1,
        [r#"event 1 matches: event.type is "start", user.id is absent, process.name is "CMD.EXE""#]
    );
}

#[test]
fn it_is_said_what_a_sequence_lacks() {
    let text = rule_file(
        "sequence by host.id with maxspan=1m [process where true] [network where destination.port == 443]",
        "",
    );
    let case = |alerts: &str, second: &str| {
        format!(
            "[[case]]\nname = 'a'\nalerts = {alerts}\nevents = [\n\
             {{ \"@timestamp\" = 2026-01-01T00:00:00Z, event.category = 'process', host.id = 'a' }},\n{second}]\n"
        )
    };
    let network = |host: &str, port: u16| {
        format!(
            "{{ \"@timestamp\" = 2026-01-01T00:00:01Z, event.category = 'network', host.id = '{host}', destination.port = {port} }}"
        )
    };
    let cases = [
        case("1", &network("a", 80)),
        case("1", &network("b", 443)),
        case("0", &network("a", 443)),
        case("1", &network("a", 443)),
    ];
    let found = run(&text, &cases.concat());
    let counts: Vec<usize> = found.iter().map(|(alerts, _)| *alerts).collect();
    assert_eq!(counts, [0, 0, 1, 1]);
    assert_eq!(
        found[0].1,
        [
            "no event fits term 2, `network where destination.port == 443`",
            "event 2: `destination.port == 443` is false: destination.port is 80",
        ]
    );
    assert_eq!(
        found[1].1[1..],
        [r#"event 1 fits term 1: host.id is "a""#, r#"event 2 fits term 2: host.id is "b""#,]
    );
    assert_eq!(found[2].1, [r#"events 1, 2 match: host.id is "a""#]);
    assert!(found[3].1.is_empty());
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
    assert!(none.contains("it is no `process` event"), "{none}");
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
