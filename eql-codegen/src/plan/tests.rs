use eql_grammar::ast::Dialect;
use eql_grammar::diag::Diagnostics;
use eql_grammar::hir;
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use eql_grammar::schema::Schema;

use super::{Plan, Priors, Stage};

fn query(text: &str) -> hir::Query {
    let ast = parse(text, Dialect::Elasticsearch).expect(text);
    let options = Options::new(Dialect::Elasticsearch, Schema::builtin());
    lower(&ast, &options, &mut Diagnostics::new()).expect(text)
}

fn planned(texts: &[&str]) -> Plan {
    let queries: Vec<_> = texts.iter().map(|text| query(text)).collect();
    Plan::new(&queries.iter().collect::<Vec<_>>(), &Priors::built_in())
}

fn words(stage: &Stage) -> Vec<String> {
    stage.guards.iter().map(super::Guard::words).collect()
}

/// The guards that the only term gets among many others.
fn guards_of(text: &str) -> Vec<String> {
    let plan = Plan::of_one(&query(text), &Priors::built_in());
    let [stage] = plan.stages.as_slice() else { panic!("{text} has several terms") };
    words(stage)
}

#[test]
fn what_events_need_is_found_in_every_form() {
    for (condition, guard) in [
        (r#"process.name : "Outlook.exe""#, "`process.name` is `outlook.exe`"),
        (r#"process.name == "outlook.exe""#, "`process.name` is `outlook.exe`"),
        (
            r#"process.name in ("a.exe", "b.exe")"#,
            "`process.name` is `a.exe` or `process.name` is `b.exe`",
        ),
        (r#"process.args : "*mimikatz*""#, "`process.args` has `mimikatz`"),
        (r#"process.args : "evil*""#, "`process.args` begins `evil`"),
        (r#"process.args : "*evil""#, "`process.args` ends `evil`"),
        (r#"process.name : "*\u{202e}*""#, "`process.name` has `\u{202e}`"),
        (
            r#"stringContains(process.command_line, "mimikatz")"#,
            "`process.command_line` has `mimikatz`",
        ),
        (
            r#"process.command_line regex~ """.+mimikatz\.[0-9]+""""#,
            "`process.command_line` has `mimikatz.`",
        ),
        (
            r#"process.name regex~ """(evil|Bad)\.exe""""#,
            "`process.name` is `bad.exe` or `process.name` is `evil.exe`",
        ),
        ("process.parent.pid == 4", "`process.parent.pid` is `4`"),
        ("4 == process.parent.pid", "`process.parent.pid` is `4`"),
        (
            "process.parent.pid in (4, -1)",
            "`process.parent.pid` is `-1` or `process.parent.pid` is `4`",
        ),
        ("process.code_signature.trusted == false", "`process.code_signature.trusted` is `false`"),
        ("not process.code_signature.trusted", ""),
        ("process.hash.sha256 != null", "`process.hash.sha256` is there"),
        ("process.parent.pid > 4", ""),
        // Whatever its value is, it has to have one.
        ("file.size > 4", "`file.size` is there"),
        (r#"process.name != "x""#, ""),
        (r#"not process.name : "outlook.exe""#, ""),
        (r#"process.name : "?*""#, ""),
        // Whichever branch holds.
        (
            r#"(process.name : "a.exe" or process.args : "*mimikatz*")"#,
            "`process.args` has `mimikatz` or `process.name` is `a.exe`",
        ),
        (r#"(process.name : "a.exe" or process.pid > 4)"#, ""),
        (r#"not (process.name != "a.exe" or process.pid > 4)"#, "`process.name` is `a.exe`"),
        // A part says all that a longer one with it says.
        (
            r#"(process.args : "*mimikatz*" or process.args : "*mimikatz.exe*")"#,
            "`process.args` has `mimikatz`",
        ),
    ] {
        let found = guards_of(&format!("process where {condition}"));
        assert_eq!(found.first().map_or("", String::as_str), guard, "{condition}");
    }
}

#[test]
fn the_rarest_guard_comes_first_and_common_ones_are_none() {
    let all = r#"process where event.type == "start" and process.name : "svchost.exe" and process.args : "evil.dll""#;
    let found = guards_of(all);
    assert_eq!(found[0], "`process.args` is `evil.dll`");
    assert_eq!(
        guards_of(r#"process where event.type == "start" and process.name : "svchost.exe""#),
        ["`process.name` is `svchost.exe`"]
    );
    assert!(guards_of("process where process.executable != null").is_empty());
}

#[test]
fn terms_are_of_categories_systems_and_types() {
    let plan = planned(&[
        r#"any where event.category in ("file", "process") and host.os.type : "Windows" and
           (event.type == "Start" and process.pid == 4 or event.type in ("end", "info"))"#,
        r#"sequence by host.id [process where event.type == "start" or process.pid == 4] [network where host.os.type == "linux"] until [any where process.pid == 1]"#,
    ]);
    let classes: Vec<_> = plan
        .stages
        .iter()
        .map(|stage| (stage.rule, stage.term, stage.names.each_ref().map(|names| names.join(" "))))
        .collect();
    let of = |rule, term, names: [&str; 3]| (rule, term, names.map(str::to_owned));
    assert_eq!(
        classes,
        [
            of(0, Some(0), ["file process", "windows", "start end info"]),
            of(1, Some(0), ["process", "", ""]),
            of(1, Some(1), ["network", "linux", ""]),
            of(1, None, ["", "", ""]),
        ]
    );
    let slot =
        |path: &str| plan.fields.binary_search_by(|field| field.path.as_str().cmp(path)).ok();
    assert_eq!(plan.sorts, ["event.category", "host.os.type", "event.type"].map(slot));
    assert_eq!(plan.clock_of, [None, Some(0)]);
    assert_eq!(plan.clocks, [slot("@timestamp").unwrap()]);
}

#[test]
fn small_sets_have_no_guards() {
    let rule = r#"process where process.name : "outlook.exe""#;
    let count = |rules: usize| {
        let plan = planned(&vec![rule; rules]);
        plan.stages.iter().filter(|stage| !stage.guards.is_empty()).count()
    };
    assert_eq!(count(super::FEW_RULES - 1), 0);
    assert_eq!(count(super::FEW_RULES), super::FEW_RULES);
}

#[test]
fn a_field_is_looked_into_for_many_terms_and_not_for_one() {
    let others: Vec<String> =
        (0..60).map(|at| format!(r#"process where process.args : "*tool{at}*""#)).collect();
    let with_second_guard = |sharing: usize| {
        let rule = |at| format!(r#"{} and user.domain == "d{at}""#, others[at]);
        let rules: Vec<String> = others.iter().cloned().chain((0..sharing).map(rule)).collect();
        let plan = planned(&rules.iter().map(String::as_str).collect::<Vec<_>>());
        let own = &plan.stages[others.len()..];
        own.iter().filter(|stage| stage.guards.len() == 2).count()
    };
    assert_eq!(with_second_guard(1), 0);
    assert_eq!(with_second_guard(60), 60);
}

#[test]
fn parts_too_short_to_share_a_look_up_do_not_pay_for_one() {
    let short_parts = |others: &str| {
        let one = r#"process where process.name : "node.exe" and process.command_line : "*atob(*""#;
        let rules: Vec<&str> = std::iter::repeat_n(others, 60).chain([one]).collect();
        let guards = planned(&rules).stages[60].guards.clone();
        guards.iter().any(|guard| guard.words().contains("atob("))
    };
    assert!(!short_parts(r#"process where process.command_line : "*$$$*""#));
    assert!(short_parts(r#"process where process.command_line : "*eval(*""#));
}

#[test]
fn a_long_list_of_rare_texts_is_a_guard() {
    let names: Vec<String> = (0..600).map(|at| format!("\"tool{at}.exe\"")).collect();
    let rule = format!("process where process.name : ({})", names.join(", "));
    let plan = planned(&[rule.as_str(); 10]);
    let guards = &plan.stages[0].guards;
    assert_eq!(guards.len(), 1);
    assert_eq!(guards[0].atoms.len(), 600);
    assert!(guards[0].probability < 0.25, "{}", guards[0].probability);
}

#[test]
fn of_two_truth_values_none_is_rare() {
    let rule = "process where process.interactive == true or process.code_signature.valid == true";
    let plan = planned(&[rule; 10]);
    let guards = &plan.stages[0].guards;
    assert_eq!(guards.len(), 1);
    assert!(guards[0].probability > 0.25, "{}", guards[0].probability);
}

#[test]
fn a_set_of_too_many_terms_is_refused() {
    let rule = query("process where process.pid == 4");
    let plan = |rules: usize| Plan::new(&vec![&rule; rules], &Priors::built_in());
    assert!(plan(1_000).encode().is_some());
    assert!(plan(0x1_0000).encode().is_none());
}

#[test]
fn a_plan_is_explained_in_a_table() {
    let plan = planned(&[r#"process where host.os.type == "linux" and process.name == "a|b""#; 10]);
    let names: Vec<String> = (0..10).map(|at| format!("Rule{at}")).collect();
    let table = plan.explain(&names);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "10 rules, 5 fields, 10 terms, 10 of them with a guard");
    assert_eq!(
        lines[3],
        r"| Rule0 | 0 | process | linux | any | 0.200 %: `process.name` is `a\|b` |  |"
    );
    assert_eq!(lines.len(), 13);
}
