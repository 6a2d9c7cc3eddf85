//! What metadata may say, and what is said of mistakes.

use eql_grammar::ast::Dialect;
use eql_grammar::attack::Version;
use eql_grammar::diag::{Code, Diagnostic, Diagnostics};
use eql_grammar::hir;
use eql_grammar::lint::{self, Metadata};
use eql_grammar::lower::{Options, lower};
use eql_grammar::meta::{KEYS, Meta, Required, Source, build, build_for, check};
use eql_grammar::parser::parse;
use eql_grammar::rule_file::parse_rule_file;
use eql_grammar::schema::Schema;

const REQUIRED: &str = "\
rule_id = '1dee0500-4aeb-44ca-b24b-4a285d7b6ba1'
name = 'A rule'
description = 'Says what.'
severity = 'medium'
risk_score = 47
";

/// A rule with all required keys and these lines; a line with the key of a required one replaces
/// it.
fn rule(lines: &str) -> String {
    let key = |line: &str| line.split_once(" =").map(|(key, _)| key.to_owned());
    let given: Vec<_> = lines.lines().filter_map(key).collect();
    let kept = REQUIRED.lines().filter(|line| !key(line).is_some_and(|key| given.contains(&key)));
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    format!("[rule]\n{kept}query = 'any where true'\n{lines}\n")
}

fn read(text: &str, maxspan: Option<u64>) -> (Meta, Diagnostics) {
    let file = parse_rule_file(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let mut diags = file.warnings.clone();
    let meta = build(&file.raw, file.source(), &mut diags);
    check(&meta, &file.raw, Schema::builtin(), &mut diags);
    let query = maxspan.map(sequence);
    let (raw, source) = (&file.raw, file.source());
    let rule = Metadata { meta: &meta, raw, source, query: query.as_ref() };
    lint::metadata(&rule, &mut diags);
    (meta, diags)
}

/// A sequence with this `maxspan`, in milliseconds.
fn sequence(maxspan: u64) -> hir::Query {
    let text = format!("sequence with maxspan={maxspan}ms [any where true] [any where true]");
    let ast = parse(&text, Dialect::Elasticsearch).expect("a query");
    let options = Options::new(Dialect::Elasticsearch, Schema::builtin());
    lower(&ast, &options, &mut Diagnostics::new()).expect("a query without errors")
}

fn meta(lines: &str) -> Meta {
    let (meta, diags) = read(&rule(lines), None);
    assert!(diags.is_empty(), "{lines}: {diags:?}");
    meta
}

/// The only diagnostic of a rule with these lines, and the text that it points at.
fn only(lines: &str, maxspan: Option<u64>) -> (Diagnostic, String) {
    let text = rule(lines);
    let (_, diags) = read(&text, maxspan);
    let [diagnostic] = diags.as_slice() else { panic!("{lines}: {diags:#?}") };
    (diagnostic.clone(), text[diagnostic.span.range()].to_owned())
}

/// Code, what the caret points at, and words that stand somewhere in the diagnostic.
fn expect(cases: &[(&str, Code, &str, &str)]) {
    for (lines, code, caret, words) in cases {
        let (diagnostic, pointed) = only(lines, None);
        assert_eq!((diagnostic.code, pointed.as_str()), (*code, *caret), "{lines}: {diagnostic:?}");
        let said = format!("{diagnostic:?}");
        assert!(said.contains(words), "{lines}: {said}");
    }
}

#[test]
fn defaults_are_kibanas() {
    let meta = meta("");
    assert_eq!(
        (meta.interval.as_str(), meta.from.as_str(), meta.to.as_str()),
        ("5m", "now-6m", "now")
    );
    assert_eq!(
        (meta.schedule.interval, meta.schedule.from, meta.schedule.to),
        (300_000, 360_000, 0)
    );
    assert_eq!((meta.max_signals, meta.version), (100, 1));
    assert!(meta.threat.is_empty() && meta.other.is_empty() && meta.building_block_type.is_none());
}

#[test]
fn every_default_in_the_table_is_what_build_gives() {
    let meta = meta("");
    for key in KEYS.iter().filter(|key| key.default.is_some()) {
        let found = match key.name {
            "interval" => meta.interval.clone(),
            "from" => meta.from.clone(),
            "to" => meta.to.clone(),
            "max_signals" => meta.max_signals.to_string(),
            "version" => meta.version.to_string(),
            // What holds in their absence is up to those who read them.
            "type" | "language" | "dialect" | "event_category_override" | "timestamp_field" => {
                continue;
            }
            other => panic!("the default of `{other}` is not checked"),
        };
        assert_eq!(Some(found.as_str()), key.default, "{}", key.name);
    }
}

#[test]
fn keys_are_told_apart() {
    let names: std::collections::BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(names.len(), KEYS.len());
    assert!(KEYS.iter().all(|key| key.doc.ends_with('.') && !key.doc.contains('\n')));
}

#[test]
fn missing_keys_are_named() {
    for key in KEYS.iter().filter(|key| key.required != Required::No) {
        let text: String = REQUIRED
            .lines()
            .filter(|line| !line.starts_with(key.name))
            .map(|line| format!("{line}\n"))
            .collect();
        let (_, diags) = read(&format!("[rule]\n{text}query = 'any where true'"), None);
        let [diagnostic] = diags.as_slice() else { panic!("{}: {diags:?}", key.name) };
        assert_eq!(diagnostic.code, Code::MissingKey);
        assert_eq!(diagnostic.message, format!("the rule has no `{}`", key.name));
    }
}

#[test]
fn attributes_need_less() {
    let file = parse_rule_file("[rule]\nquery = ''\nname = 'x'\nseverity = 'low'\nrisk_score = 1")
        .expect("a file");
    let mut diags = Diagnostics::new();
    let meta = build(&file.raw, Source::Attributes, &mut diags);
    assert!(diags.is_empty(), "{diags:?}");
    assert_eq!((meta.rule_id, meta.description), (None, None));
}

#[test]
fn values_are_checked() {
    expect(&[
        ("severity = 'hihg'", Code::BadValue, "'hihg'", "did you mean `high`?"),
        (
            "severity = 'High'",
            Code::BadValue,
            "'High'",
            "one of `low`, `medium`, `high`, `critical`",
        ),
        ("risk_score = 101", Code::BadValue, "101", "from 0 to 100"),
        ("risk_score = '47'", Code::BadValue, "'47'", "this is a string"),
        ("max_signals = 0", Code::BadValue, "0", "from 1 to"),
        ("version = -1", Code::BadValue, "-1", "from 1 to"),
        ("name = ' '", Code::BadValue, "' '", "must not be empty"),
        ("tags = 'x'", Code::BadValue, "'x'", "write `tags = [\\\"x\\\"]`"),
        ("tags = ['x', 1]", Code::BadValue, "1", "this element is a whole number"),
        ("references = ['https://a.b', 'a.b']", Code::BadValue, "'a.b'", "`https://` or `http://`"),
        ("building_block_type = 'other'", Code::BadValue, "'other'", "must be `default`"),
        ("enabled = 'yes'", Code::BadValue, "'yes'", "`true` or `false`"),
        ("timeline_id = 'x'", Code::MissingKey, "'x'", "needs `timeline_title`"),
        ("alert_suppression = { group_by = [] }", Code::BadValue, "[]", "1 to 5 fields"),
        (
            "alert_suppression = { group_by = ['a'], duration = { value = 5, unit = 'd' } }",
            Code::BadValue,
            "{ value = 5, unit = 'd' }",
            "`s`, `m` or `h`",
        ),
        (
            "alert_suppression = { group_by = ['a'], missing_fields_strategy = 'x' }",
            Code::BadValue,
            "'x'",
            "doNotSuppress",
        ),
        (
            "alert_suppression = { group_by = ['a'], by = 1 }",
            Code::BadValue,
            "by",
            "`group_by`, `duration`",
        ),
    ]);
}

#[test]
fn keys_are_checked() {
    expect(&[
        ("sevrity = 'low'", Code::UnknownKey, "sevrity", "did you mean `severity`?"),
        ("quux = 1", Code::UnknownKey, "quux", "a rule may have: `rule_id`, `name`"),
        ("threshold = { value = 1 }", Code::UnknownKey, "threshold", "rules of type `threshold`"),
        ("path = 'x'", Code::UnknownKey, "path", "key of the macro"),
        ("immutable = true", Code::IgnoredKey, "immutable", "has no effect"),
        ("filters = [{ a = 1 }]", Code::IgnoredKey, "[{ a = 1 }]", "chooses events in Kibana"),
    ]);
}

#[test]
fn schedules_are_checked() {
    expect(&[
        ("interval = '5'", Code::BadSchedule, "'5'", "`90s`, `5m`, `1h`"),
        ("from = 'now-1M'", Code::BadSchedule, "'now-1M'", "`M` has no fixed length"),
        ("from = '2024-01-01'", Code::BadSchedule, "'2024-01-01'", "does not start with `now`"),
        ("from = 'now-5m'\nto = 'now-5m'", Code::BadSchedule, "'now-5m'", "ends before it starts"),
        (
            "interval = '10m'",
            Code::IntervalLongerThanWindow,
            "'10m'",
            "write `from = \\\"now-10m\\\"`",
        ),
        (
            "from = 'now-9m'\ninterval = '1h'",
            Code::IntervalLongerThanWindow,
            "'now-9m'",
            "searches 9m and the next one comes 1h later",
        ),
    ]);
    let meta = meta("interval = '1h'\nfrom = 'now-90m'\nto = 'now-10m'");
    assert_eq!(
        (meta.schedule.interval, meta.schedule.from, meta.schedule.to),
        (3_600_000, 5_400_000, 600_000)
    );
}

#[test]
fn lookback_and_maxspan() {
    let lines = "from = 'now-9m'";
    let (lint, place) = only(lines, Some(300_000));
    assert_eq!((lint.code, place.as_str()), (Code::LookbackShorterThanMaxspan, "'now-9m'"));
    assert_eq!(lint.help, ["write `from = \"now-10m\"` or earlier"]);
    let (_, diags) = read(&rule(lines), Some(240_000));
    assert!(diags.is_empty(), "{diags:?}");
}

#[test]
fn lints() {
    expect(&[
        ("risk_score = 73", Code::RiskSeverityMismatch, "73", "`medium` goes with 22 to 47"),
        ("rule_id = 'my-rule'", Code::RuleIdFormat, "'my-rule'", "8, 4, 4, 4 and 12"),
    ]);
}

#[test]
fn named_fields_are_looked_up() {
    meta(
        "timestamp_override = 'event.ingested'\nevent_category_override = 'event.type'\ntiebreaker_field = 'event.sequence'",
    );
    expect(&[
        (
            "timestamp_override = 'event.ingestd'",
            Code::UnknownField,
            "'event.ingestd'",
            "`event.ingested`",
        ),
        (
            "timestamp_field = 'process.name'",
            Code::TypeMismatch,
            "'process.name'",
            "of type keyword",
        ),
        ("event_category_override = 'process'", Code::ObjectField, "'process'", "holds none"),
    ]);
}

#[test]
fn further_keys_are_kept_as_json() {
    let meta = meta(
        "timeline_title = 'T'\ntimeline_id = 'I'\nrisk_score_mapping = [{ value = '', field = 'x', operator = 'equals' }]",
    );
    let other: Vec<_> =
        meta.other.iter().map(|(key, json)| (key.as_str(), json.as_str())).collect();
    let mapping = r#"[{"field":"x","operator":"equals","value":""}]"#;
    assert_eq!(
        other,
        [("risk_score_mapping", mapping), ("timeline_id", "\"I\""), ("timeline_title", "\"T\"")]
    );
}

#[test]
fn threats_in_short() {
    let meta = meta(
        "threat = ['TA0009/T1114.001', 'TA0002/T1559.001', 'TA0009/T1114', 'TA0040', 'TA0009/T1114.002']",
    );
    let shown: Vec<_> = meta
        .threat
        .iter()
        .map(|threat| {
            let techniques: Vec<_> = threat
                .technique
                .iter()
                .map(|t| {
                    (
                        t.technique.id.as_str(),
                        t.subtechnique.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
                    )
                })
                .collect();
            (threat.tactic.name.as_str(), techniques)
        })
        .collect();
    let wanted = [
        ("Collection", vec![("T1114", vec!["Local Email Collection", "Remote Email Collection"])]),
        ("Execution", vec![("T1559", vec!["Component Object Model"])]),
        ("Impact", vec![]),
    ];
    assert_eq!(shown, wanted);
    assert_eq!(meta.threat[0].framework, "MITRE ATT&CK");
    assert_eq!(
        meta.threat[0].technique[0].subtechnique[0].reference,
        "https://attack.mitre.org/techniques/T1114/001/"
    );
}

#[test]
fn wrong_threats_in_short() {
    expect(&[
        (
            "threat = ['TA0002/T1114.001']",
            Code::WrongTactic,
            "'TA0002/T1114.001'",
            "it is under `TA0009` (Collection)",
        ),
        (
            "threat = ['TA0009/T1114.01']",
            Code::UnknownTechnique,
            "'TA0009/T1114.01'",
            "did you mean `T1114.001` (Local Email Collection)?",
        ),
        ("threat = ['Collection']", Code::UnknownTechnique, "'Collection'", "`TA0009`"),
        (
            "threat = ['T1114.001']",
            Code::BadValue,
            "'T1114.001'",
            "write `\\\"TA0009/T1114.001\\\"` (Collection)",
        ),
        ("threat = ['TA0009/TA0002']", Code::BadValue, "'TA0009/TA0002'", "is a tactic"),
        ("threat = [1]", Code::BadValue, "1", "a string or a table"),
        (
            "threat = ['TA0003/T1547.011']",
            Code::RevokedTechnique,
            "'TA0003/T1547.011'",
            "it is now `T1647` (Plist File Modification)",
        ),
        ("threat = ['TA0112']", Code::UnknownTechnique, "'TA0112'", "an id of a later ATT&CK"),
        ("threat = ['TA0005/T1685']", Code::UnknownTechnique, "'TA0005/T1685'", "`T1562`"),
    ]);
}

const TACTIC: &str = "tactic = { id = 'TA0009', name = 'Collection', reference = 'https://attack.mitre.org/tactics/TA0009/' }";

#[test]
fn threats_in_full() {
    let link = "https://attack.mitre.org/techniques/T1114/";
    let technique = |inner: &str| format!("threat = [{{ {TACTIC}, technique = [{{ {inner} }}] }}]");
    let meta =
        meta(&technique(&format!("id = 'T1114', name = 'Email Collection', reference = '{link}'")));
    assert_eq!(meta.threat[0].technique[0].technique.reference, link);
    for (inner, code, caret) in [
        ("id = 'T1114', name = 'Email Colection'", Code::TechniqueName, "'Email Colection'"),
        ("id = 'T1114', name = 'Rootkit'", Code::TechniqueName, "'Rootkit'"),
        (
            "id = 'T1114', reference = 'https://attack.mitre.org/techniques/T1115/'",
            Code::TechniqueName,
            "'https://attack.mitre.org/techniques/T1115/'",
        ),
        ("id = 'T1059'", Code::WrongTactic, "'T1059'"),
        (
            "id = 'T1114', subtechnique = [{ id = 'T1114.009' }]",
            Code::UnknownTechnique,
            "'T1114.009'",
        ),
        ("id = 'T1114', subtechnique = [{ id = 'T1056.001' }]", Code::WrongTactic, "'T1056.001'"),
        ("id = 'T1114.001'", Code::BadValue, "'T1114.001'"),
        ("id = 'T1114', nmae = 'x'", Code::UnknownKey, "nmae"),
        ("id = 1", Code::BadValue, "1"),
        ("name = 'x'", Code::MissingKey, "{ name = 'x' }"),
    ] {
        let (diagnostic, place) = only(&technique(inner), None);
        assert_eq!((diagnostic.code, place.as_str()), (code, caret), "{inner}: {diagnostic:?}");
    }
    expect(&[(
        "threat = [{ framework = 'MITRE ATT&CK' }]",
        Code::MissingKey,
        "{ framework = 'MITRE ATT&CK' }",
        "`tactic`",
    )]);
}

#[test]
fn names_of_other_versions_and_later_ids_are_taken_as_written() {
    let technique = |inner: &str| {
        format!("threat = [{{ tactic = {{ id = 'TA0005' }}, technique = [{{ {inner} }}] }}]")
    };
    let former = meta(&technique("id = 'T1218', name = 'Signed Binary Proxy Execution'"));
    assert_eq!(former.threat[0].technique[0].technique.name, "Signed Binary Proxy Execution");
    let later = meta(&technique(
        "id = 'T1685', name = 'Disable or Modify Tools', reference = 'https://attack.mitre.org/techniques/T1685/'",
    ));
    assert_eq!(later.threat[0].technique[0].technique.id, "T1685");
    let atlas = meta(
        "threat = [{ framework = 'MITRE ATLAS', tactic = { id = 'AML.TA0000', name = 'n', reference = 'r' } }]",
    );
    assert_eq!(atlas.threat[0].tactic.id, "AML.TA0000");
}

#[test]
fn keys_given_twice() {
    let mut file = parse_rule_file(&rule("")).expect("a file");
    let again = file.raw.entries[1].clone();
    file.raw.entries.push(again);
    let mut diags = Diagnostics::new();
    build(&file.raw, Source::File, &mut diags);
    let [diagnostic] = diags.as_slice() else { panic!("{diags:?}") };
    assert_eq!(
        (diagnostic.code, diagnostic.message.as_str()),
        (Code::DuplicateKey, "`name` is given twice")
    );
}

#[test]
fn ids_that_attack_19_replaced() {
    let text = rule("threat = ['TA0005/T1562.001', 'TA0009/T1114.001']");
    let file = parse_rule_file(&text).expect("a rule file");
    let codes = |version| {
        let mut diags = Diagnostics::new();
        build_for(&file.raw, file.source(), version, &mut diags);
        diags.into_sorted()
    };
    assert_eq!(codes(Version::V18), []);
    let found = codes(Version::V19);
    let [lint] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(lint.code, Code::RevokedTechnique);
    assert_eq!(lint.help, ["it is now `T1685`"]);
}
