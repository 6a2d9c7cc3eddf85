//! Witnesses and near misses for the rules of Elastic's detection rules.

mod corpus;

use eql_eval::witness::{Witness, near_misses, witness};
use eql_eval::{Context, Event, SampleOptions, run};
use eql_grammar::ast::Dialect;
use eql_grammar::parser::parse;

use corpus::{Rule, corpus};

/// `witness` finds events, and every near miss is none of the query's; gives what the near misses break.
fn check(text: &str, dialect: Dialect) -> (Vec<Event>, Vec<String>) {
    let query = parse(text, dialect).expect("the query parses");
    let cx = Context::default();
    let events = match witness(&query, &cx) {
        Witness::Found(events) => events,
        other => panic!("{text}: {other:?}"),
    };
    assert!(!run(&query, &events, &cx, SampleOptions::default()).is_empty(), "{text}");
    let misses = near_misses(&query, &cx);
    for miss in &misses {
        let found = run(&query, &miss.events, &cx, SampleOptions::default());
        assert_eq!(found, [], "{text}: {}", miss.what);
    }
    (events, misses.into_iter().map(|miss| miss.what).collect())
}

fn outcome(text: &str) -> Witness {
    let query = parse(text, Dialect::Elasticsearch).expect("the query parses");
    witness(&query, &Context::default())
}

#[test]
fn sequences_are_broken_in_every_way() {
    let (events, broken) = check(
        r#"
        sequence by host.id with maxspan=1s
          [process where process.name == "a"] by process.entity_id
          [file where file.name : "*.b"] by process.entity_id
          ![registry where registry.path : "c*"] by process.entity_id
          [network where destination.port > 1024] by process.entity_id
          until [process where event.type == "end"] by process.entity_id
        "#,
        Dialect::Elasticsearch,
    );
    assert_eq!(events.len(), 3);
    assert!(events[2].timestamp - events[0].timestamp <= 1_000_000_000);
    assert_eq!(
        broken,
        [
            "event 1 does not meet `event.category == \"process\"`",
            "event 1 does not meet `process.name == \"a\"`",
            "event 2 does not meet `event.category == \"file\"`",
            "event 2 does not meet `file.name : \"*.b\"`",
            "event 3 does not meet `event.category == \"network\"`",
            "event 3 does not meet `destination.port > 1024`",
            "event 3 has another `host.id`",
            "event 3 has another `process.entity_id`",
            "event 2 comes before event 1",
            "event 3 comes before event 2",
            "the last event comes one millisecond after `maxspan`",
            "an event is there that must be missing",
            "an `until` event comes after the first event",
        ]
    );
}

#[test]
fn missing_events_at_both_ends() {
    let text =
        "sequence with maxspan=1s ![file where true] [process where true] ![network where true]";
    let (events, broken) = check(text, Dialect::Elasticsearch);
    assert_eq!(events.len(), 1);
    let missing = "an event is there that must be missing".to_owned();
    assert_eq!(broken.iter().filter(|what| **what == missing).count(), 2);
}

#[test]
fn samples_and_runs() {
    let text = "sample by host.id [process where true] [file where file.size >= 10] by host.id";
    assert!(matches!(outcome(text), Witness::NotFound | Witness::Impossible(_)));
    let text = "sample by host.id [process where true] [file where file.size >= 10]";
    let (events, _) = check(text, Dialect::Elasticsearch);
    assert_eq!(events[1].source["file"]["size"], 10);
    let text =
        "sequence by user.name with maxspan=5m [process where process.pid == 1] with runs=20";
    let (events, broken) = check(text, Dialect::Elasticsearch);
    assert_eq!(events.len(), 20);
    assert!(broken.contains(&"the last event comes one millisecond after `maxspan`".to_owned()));
}

#[test]
fn keys_that_conditions_constrain() {
    let text = r#"
        sequence by user.name
          [process where user.name : "a*"]
          [file where not user.name in ("ax", "a")]
          [network where user.name != "azq"]
    "#;
    let (events, _) = check(text, Dialect::Elasticsearch);
    assert_eq!(events[0].source["user"]["name"], events[2].source["user"]["name"]);
}

#[test]
fn the_endpoint_dialect() {
    let text = r#"
        sequence by host.id
          [file where file.extension == "exe"] as event0
          [process where process.executable == event0.file.path and
             _arraysearch(process.thread.Ext.call_stack, $e, $e.symbol_info : "*ntdll*") and
             not _arraysearch(process.thread.Ext.call_stack, $e, $e.protection == "RWX") and
             descendant of [process where process.name == "dnf"]]
    "#;
    let (events, broken) = check(text, Dialect::Endpoint);
    assert_eq!(events.len(), 3, "the ancestor comes first");
    assert!(broken.len() > 5, "{broken:?}");
}

#[test]
fn no_witness_exists() {
    for text in [
        r#"process where false"#,
        r#"process where ?acme.nothing == "a""#,
        r#"process where process.name == "a" and process.name == null"#,
        r#"process where process.name : "a*" and not process.name : "A*""#,
        r#"process where process.name in ("a", "b") and not process.name in~ ("A", "B")"#,
        r#"process where process.pid > 5 and not process.pid > 3"#,
        r#"process where process.pid in (1, 2) and not process.pid < 10"#,
        r#"process where (process.pid == 1 or process.pid == 2) and process.pid != 1 and process.pid != 2"#,
        r#"process where not event.category == "process""#,
        r#"process where process.name == "a" and not (process.name == "a" or process.pid == 1)"#,
        r#"process where process.code_signature.trusted and not process.code_signature.trusted"#,
        r#"sequence [process where process.pid == 1 and process.pid != 1] [file where true]"#,
    ] {
        let outcome = outcome(text);
        assert!(matches!(outcome, Witness::Impossible(_)), "{text}: {outcome:?}");
    }
}

#[test]
fn witnesses_of_hard_conditions() {
    for text in [
        r#"process where process.name : "*ab*" and process.name : "*bc" and length(process.name) == 3"#,
        r#"process where process.name : "a*" and not process.name : ("a", "ax*", "a?", "az*", "a1*", "a/*", "a\\*")"#,
        r#"process where process.command_line regex ".*[ ]{20,}.*" and length(process.command_line) > 300"#,
        r#"process where process.name regex~ "~(a.*)&[a-c]x<10-12>" "#,
        r#"network where cidrMatch(source.ip, "10.0.0.0/8") and not cidrMatch(source.ip, "10.0.0.0/9", "10.128.0.0/10")"#,
        r#"process where substring(process.name, 2, 5) == "abc" and not endsWith(process.name, "c")"#,
        r#"process where indexOf(process.name, "q") == 3"#,
        r#"process where concat(process.name, "-", user.name) == "abc-def""#,
        r#"process where process.pid - process.parent.pid >= 1000"#,
        r#"process where process.name : "A*" and not process.name like "A*""#,
        r#"process where process.args == "a" and process.args == "b" and not process.args == "c""#,
        r#"any where (process.name == "a" or process.pid == 3) and (process.name == "b" or process.pid == 4) and process.name != "a""#,
        r#"process where process.pid > 5 and process.pid < 7"#,
        r#"process where startsWith~(process.name, substring(user.name, 0, -1)) and user.name != null"#,
        r#"any where @timestamp > "2020-01-01" and process.pe.company == null"#,
    ] {
        let query = parse(text, Dialect::Elasticsearch).expect("the query parses");
        let outcome = witness(&query, &Context::default());
        assert!(matches!(outcome, Witness::Found(_)), "{text}: {outcome:?}");
    }
}

/// Every rule of a release build; debug builds are too slow for that.
fn step(debug: usize) -> usize {
    if cfg!(debug_assertions) { debug } else { 1 }
}

#[test]
fn nearly_every_rule_has_a_witness() {
    let Some(rules) = corpus() else { return };
    let mut without = Vec::new();
    let chosen: Vec<&Rule> = rules.iter().step_by(step(9)).collect();
    for rule in &chosen {
        match witness(&rule.query, &rule.cx) {
            Witness::Found(events) => {
                let found = run(&rule.query, &events, &rule.cx, SampleOptions::default());
                assert!(!found.is_empty(), "{}: the witness is not found", rule.path);
            }
            Witness::Impossible(reason) => without.push(format!("{}: {reason}", rule.path)),
            Witness::NotFound => without.push(format!("{}: not found", rule.path)),
        }
    }
    println!(
        "{} of {} rules have no witness:\n{}",
        without.len(),
        chosen.len(),
        without.join("\n")
    );
    assert!(rules.len() > 800);
    assert!(without.len() * 50 <= chosen.len(), "more than 2 % of the rules have no witness");
}

#[test]
fn near_misses_are_not_found() {
    let Some(rules) = corpus() else { return };
    let (mut total, mut without) = (0, Vec::new());
    let chosen: Vec<&Rule> = rules.iter().step_by(step(40)).collect();
    for rule in &chosen {
        let before = total;
        for miss in near_misses(&rule.query, &rule.cx) {
            let found = run(&rule.query, &miss.events, &rule.cx, SampleOptions::default());
            assert!(found.is_empty(), "{}: {}", rule.path, miss.what);
            total += 1;
        }
        if total == before {
            without.push(rule.path.as_str());
        }
    }
    println!("{total} near misses of {} rules; none of {without:?}", chosen.len());
    assert!(total > 4 * chosen.len(), "only {total} near misses");
    assert!(without.is_empty(), "no near miss of {without:?}");
}
