use eql_grammar::ast::Dialect;
use eql_grammar::diag::Diagnostics;
use eql_grammar::hir::Query;
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use eql_grammar::schema::Schema;
use serde_json::{Value, json};

use crate::translate::{Language, Reason, Routing, Translated, translate};

/// A query as the rules of the set have it.
pub(crate) fn query(text: &str) -> Query {
    let ast = parse(text, Dialect::Elasticsearch).expect("the sample parses");
    let options = Options::new(Dialect::Elasticsearch, Schema::builtin());
    lower(&ast, &options, &mut Diagnostics::new()).expect("the sample is typed")
}

fn sigma(text: &str) -> Result<Translated, Reason> {
    translate(&query(text), Language::Sigma, Routing::Category)
}

fn tau(text: &str) -> Result<Translated, Reason> {
    translate(&query(text), Language::Tau, Routing::Category)
}

fn detection(found: Result<Translated, Reason>) -> Value {
    found.expect("a translation").detection
}

#[test]
fn conjuncts_are_one_mapping() {
    let found = sigma(r#"process where event.type == "start" and process.name : "certutil.exe""#);
    assert_eq!(
        detection(found.clone()),
        json!({
            "s0": { "event.type|cased": "start", "process.name": "certutil.exe" },
            "condition": "s0",
        })
    );
    assert_eq!(found.expect("a translation").category.as_deref(), Some("process"));
}

#[test]
fn logsource_takes_single_values() {
    let text =
        r#"process where host.os.type == "linux" and event.type == "start" and process.pid > 9"#;
    let found = translate(&query(text), Language::Sigma, Routing::Logsource).expect("found");
    assert_eq!(found.os.as_deref(), Some("linux"));
    assert_eq!(found.kind.as_deref(), Some("start"));
    assert_eq!(found.detection, json!({ "s0": { "process.pid|gt": 9 }, "condition": "s0" }));
    let rule: Value = serde_json::from_str(&found.sigma("r1")).expect("JSON");
    assert_eq!(
        rule["logsource"],
        json!({ "category": "process", "product": "linux", "service": "start" })
    );
}

#[test]
fn a_value_for_each_modifier() {
    let found = sigma(
        r#"file where file.path : ("?:\\Temp\\*", "*.scr", "*\\Startup\\*", "/etc/cron*", "C:\\a*b")"#,
    );
    assert_eq!(
        detection(found),
        json!({
            "s0": [
                { "file.path": [r"?:\\temp\\*", r"c:\\a*b"] },
                { "file.path|endswith": ".scr" },
                { "file.path|contains": r"\\startup\\" },
                { "file.path|startswith": "/etc/cron" },
            ],
            "condition": "s0",
        })
    );
}

#[test]
fn a_star_compared_exactly_is_no_wildcard() {
    let found = sigma(r#"process where process.args == "a*b?c\\""#);
    assert_eq!(
        detection(found),
        json!({ "s0": { "process.args|cased": r"a\*b\?c\\" }, "condition": "s0" })
    );
}

#[test]
fn negation_and_alternatives_nest() {
    let found = sigma(
        r#"network where not (process.name : "a.exe" and not destination.port in (80, 443)) and
           (destination.ip != null or cidrMatch(source.ip, "10.0.0.0/8"))"#,
    );
    assert_eq!(
        detection(found),
        json!({
            "s0": { "process.name": "a.exe" },
            "s1": { "destination.port": [80, 443] },
            "s2": [{ "destination.ip|exists": true }, { "source.ip|cidr": "10.0.0.0/8" }],
            "condition": "(not (s0 and not s1) and s2)",
        })
    );
}

#[test]
fn twice_the_same_key_needs_two_selections() {
    let found = sigma(r#"process where process.args : "-enc*" and process.args : "-nop*""#);
    assert_eq!(
        detection(found),
        json!({
            "s0": { "process.args|startswith": "-enc" },
            "s1": { "process.args|startswith": "-nop" },
            "condition": "(s0 and s1)",
        })
    );
}

#[test]
fn tau_values_say_how_they_are_compared() {
    let found = tau(
        r#"process where process.name : ("cmd.exe", "power*") and process.args like ("info*", "?:\\*") and
           process.pid >= 4 and process.parent.name != null"#,
    );
    assert_eq!(
        detection(found),
        json!({
            "s0": {
                "process.name": ["i\"cmd.exe\"", "ipower*"],
                "process.args": ["?(?s)^info.*$", r"?(?s)^.\:\\.*$"],
                "process.pid": ">=4",
                "process.parent.name": "*",
            },
            "condition": "s0",
        })
    );
}

#[test]
fn addresses_are_networks_of_one() {
    let found =
        sigma(r#"network where source.ip == "10.0.0.1" or destination.ip in ("::1", "127.0.0.1")"#);
    assert_eq!(
        detection(found),
        json!({
            "s0": [
                { "source.ip|cidr": "10.0.0.1/32" },
                { "destination.ip|cidr": ["::1/128", "127.0.0.1/32"] },
            ],
            "condition": "s0",
        })
    );
}

#[test]
fn what_has_no_words_stays_out() {
    let reasons = [
        (
            sigma(r#"sequence by host.id [process where true] [file where true]"#),
            "sequence or sample",
        ),
        (sigma(r#"process where process.name regex~ "a+""#), "regular expression"),
        (sigma(r#"process where length(process.name) > 9"#), "function or fields compared"),
        (sigma(r#"process where process.pid > 3 | head 5"#), "pipe"),
        (tau(r#"process where process.parent.name == null"#), "absent field"),
        (tau(r#"network where cidrMatch(source.ip, "10.0.0.0/8")"#), "network"),
    ];
    for (found, reason) in reasons {
        assert_eq!(found.map(|found| found.detection), Err(reason));
    }
}

#[test]
fn a_rule_without_condition_keeps_its_category() {
    assert_eq!(
        detection(sigma("driver where true")),
        json!({ "s0": { "event.category": "driver" }, "condition": "s0" })
    );
}
