#![allow(
    deprecated,
    reason = "lints show as uses of something deprecated, and these rules are odd on purpose"
)]

use std::sync::OnceLock;
use std::time::Duration;

use eql::{Detect, Detector, Document, EventRule, Execution, Origin, Timestamp};
use eql_eval::{Context, Event, Mapping, SampleOptions};
use eql_grammar::ast::{Body, Dialect, EventQuery, Query};
use eql_grammar::schema::Holds;
use serde_json::{Map, Value, json};

/// Rules of one event, each with the text of its query for the evaluator.
macro_rules! event_rules {
    ($($name:ident $dialect:literal $text:tt)+) => {
        $(
            #[eql::rule(
                name = "Fuzz", severity = "low", risk_score = 21, dialect = $dialect,
                allow(always_false, always_true, unknown_category, literal_wildcard, slow_wildcard, case_sensitive_path),
                query = $text
            )]
            struct $name;
        )+

        fn singles() -> Vec<Single> {
            vec![$(Single {
                text: $text,
                query: single($text, $dialect),
                matches: <$name as EventRule<Value>>::matches,
                detector: <$name as Detect<Value>>::detector,
            }),+]
        }
    };
}

/// Rules with state.
macro_rules! stream_rules {
    ($($name:ident $dialect:literal $text:tt)+) => {
        $(
            #[eql::rule(
                name = "Fuzz", severity = "low", risk_score = 21, dialect = $dialect, allow(case_sensitive_path, always_false), query = $text
            )]
            struct $name;
        )+

        fn streams() -> Vec<Stream> {
            vec![$(Stream {
                text: $text,
                query: parsed($text, $dialect),
                detector: <$name as Detect<Value>>::detector,
            }),+]
        }
    };
}

event_rules! {
    Equal "elasticsearch" r#"process where process.name == "a*" or process.pid != 4 and host.id <= "h""#
    Colon "elasticsearch" r#"any where process.name : ("a?c*", "*.exe", "é*") or process.args : "*b*""#
    Like "elasticsearch" r#"process where process.args like ("x", "?", "a*b*c") and not process.name like~ "A*""#
    Lists "elasticsearch" r#"any where process.name in ("a", "ab") or process.args in~ ("A", "é") or process.pid not in (1, 2)"#
    Pattern "elasticsearch" r#"any where process.name regex "[a-c]+.?<1-20>*" or process.args regex~ ("a|b{2}", "~(x)y")"#
    Bytes "elasticsearch" r#"any where process.args regex~ """.*(é|\.exe|[^a-z0-9])""""#
    Numbers "elasticsearch" r#"any where process.pid / 2 == 41 or process.exit_code % -6 < 0 or file.Ext.entropy * 2 >= 1.5"#
    Overflow "elasticsearch" r#"any where process.pid + process.exit_code == null or -process.pid > 3 or process.pid - 1 != 0"#
    Unsigned "elasticsearch" r#"any where fuzz.count > 9223372036854775807 or fuzz.count == 3 or fuzz.ratio != 0.5"#
    Times "elasticsearch" r#"any where @timestamp >= "2024-02-29T00:00:00Z" or process.start != "2024-02-29" or process.start < 1000"#
    Versions "elasticsearch" r#"any where fuzz.version > "1.5.0-rc1" or fuzz.version == "2""#
    Networks "elasticsearch" r#"any where cidrMatch(source.ip, "10.0.0.0/8", "fe80::/10") or source.ip == "::1" or destination.ip != "1.2.3.4""#
    Truth "elasticsearch" r#"any where not process.code_signature.trusted or process.code_signature.exists == false"#
    Nulls "elasticsearch" r#"any where process.name == null or not process.args != null or ?acme.nothing == null and length(process.name) == null"#
    Optional "elasticsearch" r#"any where ?process.name != "a" and not ?acme.nothing == "b""#
    Lengths "elasticsearch" r#"any where length(process.name) > 2 and not length(process.args) > 2"#
    Pieces "elasticsearch" r#"any where substring(process.name, -2) == "bc" or substring(process.name, 1, process.pid) : "b*""#
    Places "elasticsearch" r#"any where indexOf(process.name, "a", process.exit_code) == 1 or indexOf~(process.args, "é") > 0"#
    Betweens "elasticsearch" r#"any where between(process.name, "a", "c") == "b" or between~(process.args, "A", ".", true) : "*x""#
    Contains "elasticsearch" r#"any where stringContains~(process.args, "B") or endsWith(process.name, "c") or startsWith~(process.name, user.name)"#
    Joined "elasticsearch" r#"any where concat(process.name, ".", process.args, process.pid) : "a.b*" or string(file.Ext.entropy) == "1.5""#
    Parsed "elasticsearch" r#"any where number(process.name) == 50 or number(process.args, 16) > 10"#
    Called "elasticsearch" r#"any where add(process.pid, 1) > 5 and modulo(process.pid, process.exit_code) != 0 or string(process.pid > 1) == "true""#
    Searched "endpoint" r#"any where _arraysearch(process.thread.Ext.call_stack, $e, $e.symbol_info : "*a*" and $e.allocation_private_bytes > 1)"#
    Compared "endpoint" r#"any where process.name != user.name or process.pid == process.exit_code or startsWith~(process.executable, file.path)"#
    Category "elasticsearch" r#""any" where true"#
}

stream_rules! {
    Sequence "elasticsearch" r#"sequence by host.id, ?user.id with maxspan=1s [process where process.pid > 1] by process.args ![file where true] by process.args [network where true] by process.args until [registry where true] by process.args"#
    Runs "elasticsearch" r#"sequence with maxspan=3s [any where true] with runs=3 | tail 5"#
    Missing "elasticsearch" r#"sequence by host.id with maxspan=1s ![file where true] [process where true] ![network where true]"#
    Sample "elasticsearch" r#"sample by host.id, process.args [process where true] [file where process.name : "a*"]"#
    Aliased "endpoint" r#"sequence by host.id [file where true] as event0 [process where process.executable == event0.file.path and process.pid != event0.process.pid]"#
    Descendants "endpoint" r#"any where descendant of [process where process.name == "a"] and not descendant of [process where process.pid == 1]"#
    Piped "elasticsearch" r#"any where true | head 7 | tail 2"#
}

/// A rule of one event and its two implementations.
struct Single {
    text: &'static str,
    query: EventQuery,
    matches: fn(&Value) -> bool,
    detector: fn() -> Box<dyn Detector<Value>>,
}

/// A rule with state and its two implementations.
struct Stream {
    text: &'static str,
    query: Query,
    detector: fn() -> Box<dyn Detector<Value>>,
}

fn parsed(text: &str, dialect: &str) -> Query {
    let dialect = if dialect == "endpoint" { Dialect::Endpoint } else { Dialect::Elasticsearch };
    eql_grammar::parser::parse(text, dialect)
        .unwrap_or_else(|errors| panic!("{text} is no query: {errors:?}"))
}

fn single(text: &str, dialect: &str) -> EventQuery {
    match parsed(text, dialect).body {
        Body::Event(query) => query,
        other => panic!("{text} is no event query: {other:?}"),
    }
}

/// The fields of the schema in a table: to search the text of the built-in ones anew for every value costs more than all
/// else.
fn context() -> Context {
    let (config, diags) = eql_grammar::config::parse_config(include_str!("../eql.toml"));
    assert!(diags.is_empty(), "{diags:?}");
    let builtin = eql_grammar::schema::builtin_fields().filter_map(|field| match field.holds {
        Holds::Value(ty) => Some((field.path.into_owned(), ty)),
        Holds::Objects | Holds::Other => None,
    });
    let schema = config.schema();
    let own = schema.own().map(|(path, ty)| (path.to_owned(), ty));
    Context::new(Mapping::Fields(builtin.chain(own).collect()))
}

/// The most documents of one input: more of them find nothing new, and every one meets every rule.
const MAX_EVENTS: usize = 24;

/// Rules take any documents: compiled and evaluated they agree about each and about the stream of all, and every alert
/// serialises.
///
/// The bytes are documents, one a line, or else choices that documents are made of.
pub fn events(data: &[u8]) {
    static ALL: OnceLock<(Vec<Single>, Vec<Stream>, Context)> = OnceLock::new();
    let (singles, streams, context) = ALL.get_or_init(|| (singles(), streams(), context()));
    let events = documents(data);
    let events = if events.is_empty() { made(data) } else { events };
    agree_on_each(singles, &events, context);
    as_they_come(streams, &events);
    agree_on_all(streams, &events, context);
}

fn documents(data: &[u8]) -> Vec<Value> {
    data.split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .take(MAX_EVENTS)
        .collect()
}

fn agree_on_each(rules: &[Single], events: &[Value], context: &Context) {
    for rule in rules {
        let mut detector = (rule.detector)();
        let mut alerts = 0;
        for event in events {
            let compiled = (rule.matches)(event);
            let evaluated = eql_eval::matches(&rule.query, event, context);
            assert_eq!(compiled, evaluated, "compiled and evaluated: {} on {event}", rule.text);
            let before = alerts;
            drive(&mut *detector, event, "e", &mut |alert| {
                // What is in alerts of one event does not depend on the query, but for a few fields.
                if alerts == 0 {
                    serialises(&alert);
                }
                alerts += 1;
            });
            assert!(alerts - before <= usize::from(compiled), "{} on {event}", rule.text);
        }
    }
}

/// In any order, without times, and alerts among them.
fn as_they_come(rules: &[Stream], events: &[Value]) {
    for rule in rules {
        let mut detector = (rule.detector)();
        detector.set_lateness(Duration::from_secs(2));
        for (number, event) in events.iter().enumerate() {
            drive(&mut *detector, event, &number.to_string(), &mut |alert| serialises(&alert));
        }
        detector.flush(&execution(), &mut |alert| serialises(&alert));
    }
}

/// In the order of their times, which is the one in which the evaluator looks at them.
fn agree_on_all(rules: &[Stream], events: &[Value], context: &Context) {
    let mut events: Vec<Event> = events
        .iter()
        .filter(|event| !is_alert(event))
        .filter_map(|event| Event::from_source(event.clone(), context))
        .collect();
    events.sort_by_key(|event| event.timestamp);
    for rule in rules {
        // Which events make a sample is left open.
        if matches!(rule.query.body, Body::Sample(_)) {
            continue;
        }
        let mut detector = (rule.detector)();
        let mut compiled = Vec::new();
        let mut note = |alert: Document| {
            if alert.group_index().is_none() {
                compiled.push(ids(&alert));
            }
        };
        for (number, event) in events.iter().enumerate() {
            drive(&mut *detector, &event.source, &number.to_string(), &mut note);
        }
        detector.flush(&execution(), &mut note);
        let mut evaluated: Vec<Vec<usize>> =
            eql_eval::run(&rule.query, &events, context, SampleOptions::default())
                .into_iter()
                .map(|found| found.events.into_iter().flatten().collect())
                .collect();
        // One event may end several sequences, of different keys.
        compiled.sort();
        evaluated.sort();
        let sources = || events.iter().map(|event| event.source.to_string()).collect::<Vec<_>>();
        assert_eq!(
            compiled,
            evaluated,
            "compiled and evaluated: {} on\n{}",
            rule.text,
            sources().join("\n")
        );
    }
}

/// Whether a rule may leave the event out since it is an alert already, of which the evaluator knows nothing.
fn is_alert(event: &Value) -> bool {
    event.as_object().is_some_and(|event| event.keys().any(|key| key.starts_with("kibana")))
}

/// The numbers of the events that an alert is about.
fn ids(alert: &Document) -> Vec<usize> {
    let ancestors = alert.get("kibana.alert.ancestors").and_then(Value::as_array);
    let events = ancestors.into_iter().flatten().filter(|ancestor| ancestor["type"] == "event");
    events.filter_map(|event| event["id"].as_str()?.parse().ok()).collect()
}

fn drive(
    detector: &mut dyn Detector<Value>,
    event: &Value,
    id: &str,
    emit: &mut dyn FnMut(Document),
) {
    detector.on_event(event, Origin { index: "fuzz", id }, &execution(), emit);
}

fn execution() -> Execution {
    Execution::new(Timestamp::default())
}

fn serialises(alert: &Document) {
    let text = serde_json::to_string(alert).expect("an alert is JSON");
    let read: Value = serde_json::from_str(&text).expect("what it serialises to is JSON");
    assert_eq!(read["kibana.alert.rule.name"], "Fuzz");
    assert!(alert.to_nested().is_object());
}

/// Documents out of bytes, each byte a choice: they reach more of the rules than bytes that happen to be JSON.
fn made(data: &[u8]) -> Vec<Value> {
    let mut choices = data.iter().copied();
    let mut events = Vec::new();
    while let Some(members) = choices.next() {
        let mut event = Map::new();
        for _ in 0..members % 8 {
            let field = FIELDS[usize::from(choices.next().unwrap_or_default()) % FIELDS.len()];
            let value = value(&mut choices, 0);
            if members & 0x40 == 0 {
                event.insert(field.to_owned(), value);
            } else {
                nest(&mut event, field, value);
            }
        }
        if members & 0x80 != 0 {
            related(&mut event, choices.next().unwrap_or_default());
        }
        let category = CATEGORIES[usize::from(members >> 3) % CATEGORIES.len()];
        event.entry("event.category").or_insert_with(|| category.into());
        let time = u64::from(choices.next().unwrap_or_default()) * 100;
        event.entry("@timestamp").or_insert_with(|| time.into());
        events.push(Value::Object(event));
        if events.len() == MAX_EVENTS {
            break;
        }
    }
    events
}

/// What sequences join by and processes descend by, of so few values that events meet. What the event has stays.
fn related(event: &mut Map<String, Value>, choice: u8) {
    let one_of = |shift: u8, count: u8| (choice >> shift) % count;
    let name = |number: u8| if number == 0 { "a" } else { "b" };
    let fields = [
        ("host.id", json!("h")),
        ("process.args", json!(name(one_of(0, 2)))),
        ("process.name", json!(name(one_of(0, 2)))),
        ("process.pid", json!(one_of(1, 4))),
        ("process.entity_id", json!(one_of(3, 4).to_string())),
        ("process.parent.entity_id", json!(one_of(5, 4).to_string())),
        ("process.executable", json!(name(one_of(7, 2)))),
        ("file.path", json!(name(one_of(7, 2)))),
    ];
    for (field, value) in fields {
        event.entry(field).or_insert(value);
    }
}

fn nest(into: &mut Map<String, Value>, field: &str, value: Value) {
    match field.split_once('.') {
        None => drop(into.insert(field.to_owned(), value)),
        Some((head, rest)) => {
            if let Value::Object(inner) =
                into.entry(head).or_insert_with(|| Value::Object(Map::new()))
            {
                nest(inner, rest, value);
            }
        }
    }
}

fn value(choices: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
    let choice = usize::from(choices.next().unwrap_or_default());
    match choice % 16 {
        0 if depth < 3 => (0..choice / 16 % 4).map(|_| value(choices, depth + 1)).collect(),
        1 if depth < 3 => {
            let mut object = Map::new();
            for _ in 0..choice / 16 % 3 {
                let member =
                    MEMBERS[usize::from(choices.next().unwrap_or_default()) % MEMBERS.len()];
                object.insert(member.to_owned(), value(choices, depth + 1));
            }
            Value::Object(object)
        }
        0..=3 => json!(choice as i64 - 64),
        4..=10 => TEXTS[(choice / 16 * 7 + choice % 16 - 4) % TEXTS.len()].into(),
        11 | 12 => odd(choice / 16),
        _ => {
            let length = choice / 16 % 6;
            String::from_utf8_lossy(&choices.take(length).collect::<Vec<_>>()).into()
        }
    }
}

fn odd(choice: usize) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(false),
        json!(1.5),
        json!(-0.0),
        json!(1e300),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(9.223_372_036_854_776e18),
        json!(0),
        json!(1),
        json!("true"),
        json!(82.9),
        json!([[], [null]]),
        json!(1_709_164_800_000_u64),
    ];
    all[choice % all.len()].clone()
}

const CATEGORIES: [&str; 6] = ["process", "file", "network", "registry", "any", "process"];

const MEMBERS: [&str; 4] = ["symbol_info", "allocation_private_bytes", "name", "a.b"];

const FIELDS: &[&str] = &[
    "event.category",
    "process.name",
    "process.args",
    "process.pid",
    "process.exit_code",
    "process.executable",
    "process.start",
    "process.code_signature.trusted",
    "process.code_signature.exists",
    "process.entity_id",
    "process.parent.entity_id",
    "process.thread.Ext.call_stack",
    "process",
    "file.path",
    "file.Ext.entropy",
    "host.id",
    "user.id",
    "user.name",
    "source.ip",
    "destination.ip",
    "@timestamp",
    "fuzz.version",
    "fuzz.count",
    "fuzz.ratio",
    "kibana.alert.rule.name",
    "event.kind",
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "A",
    "abc",
    "a.exe",
    "é",
    "É",
    "a*",
    "aXc",
    "ab",
    "bb",
    "a12",
    "0x32",
    "31",
    "1e3",
    " 7 ",
    "1.5",
    "true",
    "false",
    "10.1.2.3",
    "::ffff:10.0.0.1",
    "::1",
    "fe80::1%eth0",
    "1.2.3.4",
    "2024-02-29",
    "2024-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "1970-01-01T00:00:00.999999999+01:00",
    "1.5.0",
    "1.5.0-rc1",
    "v2",
    "2",
    "\u{1f600}c",
    "a\nb\u{0}c",
    "bc",
    "x",
    "process",
    "-9223372036854775809",
    "1",
    "h",
    "signal",
];
