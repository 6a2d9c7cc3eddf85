//! `eql export` from the outside.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use eql_grammar::meta::Meta;
use serde_json::Value;
use support::{corpus, corpus_toml, eql, err, facts, out, rule, seed_page, shipped_rule};

#[test]
fn for_kibana() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), rule("tags = ['x']")).unwrap();
    let more = "rule_id = 'two'\nname = 'Another'\nthreat = ['TA0009/T1114.001']\n[metadata]\nmaturity = 'production'";
    fs::write(folder.path().join("b.toml"), rule(more)).unwrap();
    fs::write(
        folder.path().join("c.toml"),
        rule("rule_id = 'three'\nquery = 'process where pid ='"),
    )
    .unwrap();
    fs::write(folder.path().join("d.toml"), rule("rule_id = 'four'\n[eql]\ndialect = 'endpoint'"))
        .unwrap();
    let output = eql(folder.path(), &["export", ".", "--format", "ndjson"]);
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(said.contains("error[EQL-E") && said.contains("./c.toml"), "{said}");
    assert!(said.contains("./b.toml:1: left out: `[metadata]`\n"), "{said}");
    assert!(
        said.contains("error: ./d.toml:1: Kibana does not run rules in the endpoint dialect\n"),
        "{said}"
    );
    let lines: Vec<Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [a, b, counts] = lines.as_slice() else { panic!("{lines:?}") };
    for key in [
        "rule_id",
        "name",
        "description",
        "risk_score",
        "severity",
        "type",
        "language",
        "query",
        "version",
    ] {
        assert!(!a[key].is_null() && !b[key].is_null(), "{key}");
    }
    assert_eq!(a["tags"], serde_json::json!(["x"]));
    assert_eq!(b["threat"][0]["technique"][0]["subtechnique"][0]["name"], "Local Email Collection");
    assert_eq!(
        (&counts["exported_count"], &counts["exported_rules_count"]),
        (&2.into(), &2.into())
    );

    let one = eql(
        folder.path(),
        &["export", "a.toml", "b.toml", "--format", "ndjson", "--rule", "two", "-o", "x.ndjson"],
    );
    assert_eq!(one.status.code(), Some(0), "{}", err(&one));
    let text = fs::read_to_string(folder.path().join("x.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 2);
    let again = eql(folder.path(), &["export", "a.toml", "--format", "ndjson", "-o", "x.ndjson"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(err(&again).contains("is there already"), "{}", err(&again));
    let none = eql(folder.path(), &["export", "a.toml", "--format", "ndjson", "--rule", "nobody"]);
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn as_pages() {
    let folder = tempfile::tempdir().unwrap();
    let note = "note = '''\n## Setup\n**Tags**: none\n'''\nfalse_positives = ['Ada.']\nquery = '''\nany where true // ```\n'''";
    fs::write(folder.path().join("a.toml"), rule(note)).unwrap();
    let output = eql(folder.path(), &["export", "a.toml", "--format", "markdown"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(err(&output), "a.toml:1: left out: `false_positives`, `rule_id`\n");
    let page = out(&output);
    for part in [
        "# A rule [a-rule]\n\nSays what.\n\n**Rule type**: eql\n\n**Rule indices**: None\n",
        "**Searches indices from**: now-6m ({{ref}}",
        "\n## Investigation guide [_investigation_guide]\n\n\\## Setup\n\\**Tags**: none\n\n## Rule query",
        "\n````js\nany where true // ```\n````\n",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let folder_out =
        eql(folder.path(), &["export", "a.toml", "--format", "markdown", "-o", "docs"]);
    assert_eq!(folder_out.status.code(), Some(0), "{}", err(&folder_out));
    assert_eq!(fs::read_to_string(folder.path().join("docs/a_rule.md")).unwrap(), page);
    fs::write(folder.path().join("b.eql"), "any where true").unwrap();
    let query = eql(folder.path(), &["export", "b.eql", "--format", "markdown"]);
    assert_eq!(query.status.code(), Some(1));
    assert!(err(&query).contains("a query alone is no rule"), "{}", err(&query));
}

/// The page that the shipped rule was taken from, but for what is of the site.
#[test]
fn the_shipped_rule() {
    let Some(page) = seed_page() else { return };
    let page = fs::read_to_string(page).unwrap();
    let rule = shipped_rule();
    let output =
        eql(rule.parent().unwrap(), &["export", rule.to_str().unwrap(), "--format", "markdown"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let plain = |line: &str| {
        let heading = line.starts_with('#').then(|| line.split(" [").next()).flatten();
        heading.unwrap_or(line).to_owned()
    };
    let body = page.find("\n# ").unwrap() + 1;
    let wanted: Vec<String> = page[body..].trim_end().lines().map(plain).collect();
    let written: Vec<String> = out(&output).trim_end().lines().map(plain).collect();
    assert_eq!(written, wanted);
}

/// The rules of the corpus in a folder.
fn corpus_folder() -> Option<(tempfile::TempDir, Vec<Value>)> {
    let rows = corpus()?;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("rules")).unwrap();
    for (number, row) in rows.iter().enumerate() {
        fs::write(folder.path().join(format!("rules/{number:04}.toml")), corpus_toml(row)).unwrap();
    }
    Some((folder, rows))
}

/// The facts of files by name of the rule.
fn by_name(folder: &Path) -> Vec<(Meta, String)> {
    let files = fs::read_dir(folder).unwrap();
    let mut all: Vec<(Meta, String)> = files
        .map(|file| {
            let (meta, query, ..) = facts(&fs::read_to_string(file.unwrap().path()).unwrap());
            (meta, query)
        })
        .collect();
    all.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    all
}

#[test]
fn kibana_and_back_is_the_identity() {
    let Some((folder, rows)) = corpus_folder() else { return };
    let output = eql(folder.path(), &["export", "rules", "--format", "ndjson", "-o", "all.ndjson"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let output = eql(folder.path(), &["import", "all.ndjson", "-o", "back"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let (before, after) =
        (by_name(&folder.path().join("rules")), by_name(&folder.path().join("back")));
    assert_eq!((before.len(), after.len()), (rows.len(), rows.len()));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
}

/// What pages have no place for, as the manual lists it.
const NOT_ON_PAGES: [&str; 8] = [
    "building_block_type",
    "event_category_override",
    "false_positives",
    "investigation_fields",
    "rule_id",
    "timeline_id",
    "timeline_title",
    "timestamp_override",
];

#[test]
fn a_page_and_back_is_the_identity() {
    let Some((folder, rows)) = corpus_folder() else { return };
    let output = eql(folder.path(), &["export", "rules", "--format", "markdown", "-o", "pages"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let mut left_out = BTreeSet::new();
    for line in err(&output).lines() {
        let (_, list) = line.split_once(": left out: ").expect("only such lines");
        left_out.extend(list.split(", ").map(|key| key.trim_matches('`').to_owned()));
    }
    left_out.retain(|key| !key.starts_with('['));
    assert_eq!(left_out.iter().map(String::as_str).collect::<Vec<_>>(), NOT_ON_PAGES);
    let mut args =
        vec!["import".to_owned(), "-o".to_owned(), "back".to_owned(), "--quiet".to_owned()];
    let pages = fs::read_dir(folder.path().join("pages")).unwrap();
    args.extend(pages.map(|page| page.unwrap().path().to_str().unwrap().to_owned()));
    let output = eql(folder.path(), &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let (before, after) =
        (by_name(&folder.path().join("rules")), by_name(&folder.path().join("back")));
    assert_eq!((before.len(), after.len()), (rows.len(), rows.len()));
    for (before, after) in before.into_iter().zip(after) {
        assert_eq!(on_pages(before), on_pages(after));
    }
}

fn on_pages((mut meta, query): (Meta, String)) -> (Meta, String) {
    meta.rule_id = None;
    meta.false_positives = Vec::new();
    meta.building_block_type = None;
    meta.event_category_override = None;
    meta.timestamp_override = None;
    meta.other.retain(|(key, _)| !NOT_ON_PAGES.contains(&key.as_str()));
    for text in [&mut meta.note, &mut meta.setup] {
        *text = text.trim().to_owned();
    }
    (meta, query)
}
