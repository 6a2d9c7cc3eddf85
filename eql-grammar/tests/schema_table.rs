//! `data/fields.tsv` is what `data/sources/` say. `BLESS=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use eql_grammar::schema::Type;

const HEADER: &str = "\
# Fields of the Elastic Common Schema, Elastic Endpoint and further integrations: path, EQL type, flags.
# Made from sources/ by `BLESS=1 cargo test -p eql-grammar --test schema_table`.
";

#[derive(Clone)]
struct Row {
    mapping: String,
    array: Option<bool>,
    multi: bool,
    source: &'static str,
}

#[test]
fn table_is_what_the_sources_say() {
    let wanted = table(&sources());
    let path = data("fields.tsv");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &wanted).expect("fields.tsv can be written");
    }
    let found = std::fs::read_to_string(&path).expect("fields.tsv can be read");
    assert!(found == wanted, "fields.tsv is not what its sources say; run with BLESS=1");
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn read(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(data("sources").join(name)).expect("a source can be read");
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("field\t"))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn sources() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    let mut add = |path: &str, row| {
        assert!(rows.insert(path.to_owned(), row).is_none(), "{path} stands in two sources");
    };
    let array = |text: &str| match text {
        "y" => Some(true),
        "n" => Some(false),
        _ => None,
    };
    for line in read("ecs-fields.tsv") {
        let [path, mapping, arr, multi, _] = &line[..] else { panic!("five columns: {line:?}") };
        let multi = multi == "y";
        add(path, Row { mapping: mapping.clone(), array: array(arr), multi, source: "ecs" });
    }
    for line in read("endpoint-fields.tsv") {
        let [path, mapping, arr, _] = &line[..] else { panic!("four columns: {line:?}") };
        let (mapping, multi) = match mapping.strip_suffix(" (multi)") {
            Some(mapping) => (mapping, true),
            None => (mapping.as_str(), false),
        };
        let mapping = mapping.to_owned();
        add(path, Row { mapping, array: array(arr), multi, source: "endpoint" });
    }
    for line in read("other-fields.tsv") {
        let mapping = line[1].clone();
        add(&line[0], Row { mapping, array: None, multi: false, source: "other" });
    }
    complete_call_stack(&mut rows);
    rows
}

/// Elastic Endpoint maps the members of a parent's call stack in part; its rules read them like a
/// process's.
fn complete_call_stack(rows: &mut BTreeMap<String, Row>) {
    const STACK: &str = "process.thread.Ext.call_stack.";
    const PARENTS: &str = "process.parent.thread.Ext.call_stack.";
    let members = rows.iter().filter_map(|(path, row)| Some((path.strip_prefix(STACK)?, row)));
    let copies: Vec<_> =
        members.map(|(member, row)| (format!("{PARENTS}{member}"), row.clone())).collect();
    for (path, row) in copies {
        rows.entry(path).or_insert(row);
    }
}

fn table(rows: &BTreeMap<String, Row>) -> String {
    let mut text = HEADER.to_owned();
    for (path, row) in rows {
        let mapping = match row.mapping.as_str() {
            "alias" => target_of_alias(path, rows),
            // Sources that disagree: the wider type holds the values of both.
            "float|long" => "double",
            "keyword|text" | "UNKNOWN" => "keyword",
            mapping => mapping,
        };
        let ty = match mapping {
            "object" | "nested" => mapping,
            "flattened" => "keyword",
            "geo_point" | "histogram" => "other",
            value => Type::from_mapping(value).unwrap_or_else(|| panic!("{path}: {value}")).name(),
        };
        // Mappings do not tell an object from a list of objects, whatever they say of arrays.
        let array = match row.array.filter(|_| !matches!(ty, "object" | "nested")) {
            Some(true) => ",array",
            Some(false) => ",single",
            None => "",
        };
        let multi = if row.multi { ",multi" } else { "" };
        let flattened = if mapping == "flattened" { ",flattened" } else { "" };
        writeln!(text, "{path}\t{ty}\t{}{array}{multi}{flattened}", row.source).expect("a String");
    }
    text
}

/// Elastic Endpoint's aliases stand for a field of the same name further down.
fn target_of_alias<'a>(path: &str, rows: &'a BTreeMap<String, Row>) -> &'a str {
    rows.get(&format!("EndpointActions.{path}")).map_or("keyword", |row| row.mapping.as_str())
}
