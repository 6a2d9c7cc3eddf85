//! What names and literals mean, and lowering over other people's queries, where they are there.

use eql_grammar::ast::Dialect;
use eql_grammar::diag::{Code, Diagnostics, Level};
use eql_grammar::hir::{Body, Cond, Const, ExprKind, Query, Test};
use eql_grammar::lower::{Options, lower};
use eql_grammar::parser::parse;
use eql_grammar::schema::{Schema, Type};

fn corpus() -> Option<Vec<serde_json::Value>> {
    let Some(folder) = std::env::var_os("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return None;
    };
    let path = std::path::Path::new(&folder).join("detection-rules.open.ndjson.zst");
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let text = zstd::decode_all(bytes.as_slice()).expect("the corpus is zstd");
    let text = String::from_utf8(text).expect("the corpus is UTF-8");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a rule a line")).collect())
}

#[test]
fn every_rule_of_the_corpus_lowers() {
    let Some(rules) = corpus() else { return };
    let mut failed = Vec::new();
    let mut lints = std::collections::BTreeMap::<_, usize>::new();
    for rule in &rules {
        let query = rule["rule"]["query"].as_str().expect("a query");
        let parsed = match parse(query, Dialect::Elasticsearch) {
            Ok(parsed) => parsed,
            Err(errors) => {
                failed.push(format!("{}: {:?}", rule["path"], errors.as_slice()));
                continue;
            }
        };
        let category = rule["rule"]["event_category_override"].as_str().unwrap_or("event.category");
        let options = Options {
            category_field: category,
            ..Options::new(Dialect::Elasticsearch, Schema::builtin())
        };
        let mut diags = Diagnostics::new();
        if lower(&parsed, &options, &mut diags).is_none() {
            let errors: Vec<_> = diags
                .as_slice()
                .iter()
                .filter(|diagnostic| diagnostic.level == Level::Error)
                .map(|diagnostic| format!("{} {}", diagnostic.code.as_str(), diagnostic.message))
                .collect();
            failed.push(format!("{}: {}", rule["path"], errors.join("; ")));
        }
        for diagnostic in diags.as_slice() {
            *lints.entry(diagnostic.code.as_str()).or_default() += 1;
        }
    }
    println!("{} rules, {lints:?}", rules.len());
    assert!(failed.is_empty(), "{} rules fail:\n{}", failed.len(), failed.join("\n"));
}

/// The query in the endpoint dialect with own fields, or the codes of its errors.
fn endpoint(text: &str) -> Result<Query, Vec<Code>> {
    let fields = [
        ("acme.items.size", Type::Long),
        ("acme.parts.size", Type::Keyword),
        ("acme.release", Type::Version),
    ];
    let schema = Schema::with_own(fields.map(|(path, ty)| (path.to_owned(), ty)));
    let parsed = parse(text, Dialect::Endpoint).expect("the query parses");
    let mut diags = Diagnostics::new();
    let lowered = lower(&parsed, &Options::new(Dialect::Endpoint, &schema), &mut diags);
    let errors = diags.as_slice().iter().filter(|diagnostic| diagnostic.level == Level::Error);
    lowered.ok_or_else(|| errors.map(|error| error.code).collect())
}

#[test]
fn names_reach_no_further_than_the_event_that_they_are_about() {
    for text in [
        "sequence with maxspan=1m [any where true] as e ![any where user.name == e.user.name]",
        "sequence [any where true] as e [any where true] until [any where user.name == e.user.name]",
        "sequence [any where true] as e [any where descendant of [any where user.name == e.user.name]]",
        "any where _arraysearch(acme.items, $e, descendant of [any where process.pid == $e.size])",
    ] {
        assert_eq!(endpoint(text).unwrap_err(), [Code::UnknownVariable], "{text}");
    }
    let text = "sequence with maxspan=1m [any where true] as e ![any where true] [any where user.name == e.user.name]";
    assert!(endpoint(text).is_ok());
}

#[test]
fn members_of_the_same_name_are_of_their_own_arrays() {
    let query = endpoint(
        "any where _arraysearch(acme.items, $e, $e.size > 1) and _arraysearch(acme.parts, $e, $e.size : \"1*\")",
    )
    .expect("both members have the type that the test needs");
    let sizes = query.fields.iter().filter(|field| field.path == "size").map(|field| field.ty);
    assert_eq!(sizes.collect::<Vec<_>>(), [Some(Type::Long), Some(Type::Keyword)]);
    assert_eq!(
        endpoint("any where _arraysearch(acme.items, $e, $e.name == null)").unwrap_err(),
        [Code::UnknownField]
    );
}

#[test]
fn a_mapped_address_is_one_of_version_4() {
    let query = endpoint("any where source.ip == \"::ffff:10.0.0.1\"").expect("it is an address");
    let Body::Event(query) = query.body else { panic!("it is an event query") };
    let Cond::Test(_, Test::Compare(_, Const::Ip(ip))) = query.condition else {
        panic!("it is a comparison: {:?}", query.condition)
    };
    assert!(ip.is_ipv4());
}

#[test]
fn versions_are_no_strings() {
    for text in ["any where length(acme.release) > 3", "any where acme.release : \"1.*\""] {
        let errors = endpoint(text).unwrap_err();
        assert!(matches!(errors[..], [Code::ArgumentType | Code::MatchNotString]), "{errors:?}");
    }
    assert!(endpoint("any where length(string(acme.release)) > 3").is_ok());
}

#[test]
fn null_beside_a_condition_is_nothing_above_the_leaves_and_null_inside_one() {
    let condition = |text: &str| match endpoint(text).expect("it is a query").body {
        Body::Event(query) => query.condition,
        other => panic!("it is an event query: {other:?}"),
    };
    let alone = condition("any where process.pid == 1");
    assert_eq!(condition("any where process.pid == 1 or ?none : \"a\""), alone);
    assert_eq!(condition("any where not (?none : \"a\" or process.pid == 1)"), alone.negate());
    let Cond::Expr(inside) = condition("any where (process.pid == 1 or ?none : \"a\") == null")
    else {
        panic!("it is a leaf")
    };
    let ExprKind::IsNull(inside) = inside.kind else { panic!("it asks for null: {inside:?}") };
    assert!(matches!(inside.kind, ExprKind::Or(list) if list.len() == 2));
    // The same of a null in a list.
    assert_eq!(
        condition("any where process.pid in (1, null)"),
        condition("any where process.pid in (1)")
    );
    assert_eq!(
        condition("any where process.pid not in (1, null)"),
        condition("any where process.pid not in (1)")
    );
    let Cond::Expr(inside) = condition("any where (process.pid in (1, null)) == false") else {
        panic!("it is a leaf")
    };
    assert_ne!(Cond::Expr(inside), condition("any where (process.pid in (1)) == false"));
}
