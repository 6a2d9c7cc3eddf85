//! The public test suites of EQL against the evaluator.

use std::collections::BTreeMap;
use std::path::PathBuf;

use eql_eval::run;
use eql_eval::suite::{COUNTS, Case, check, check_keys, load};
use eql_grammar::ast::Dialect;
use eql_grammar::parser::parse;

fn run_case(case: &Case) -> Result<(), String> {
    let query = parse(&case.query, Dialect::Elasticsearch)
        .map_err(|error| format!("{}: {}: {error:?}", case.suite, case.name))?;
    let mut found = run(&query, &case.stream()?, &case.context(), case.options);
    found.truncate(case.options.size);
    let indices: Vec<_> = found.iter().map(|result| result.events.clone()).collect();
    check(case, &indices)?;
    check_keys(case, &found)
}

#[test]
fn all_suites() {
    let Some(dir) = std::env::var_os("EQL_SUITES") else {
        println!("skipped: EQL_SUITES is not set");
        return;
    };
    let cases = load(&PathBuf::from(dir)).expect("the suites load");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in &cases {
        *counts.entry(case.suite).or_default() += 1;
        failures.extend(run_case(case).err());
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(counts, COUNTS.iter().copied().collect());
}
