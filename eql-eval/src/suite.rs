//! The public test suites of EQL, as cases that any engine can run.
//!
//! [`load`] reads a folder with the suites of Elasticsearch, in the formats in which that project keeps
//! them, and turns quirks of their data into plain documents: dates in the formats of an index become ISO
//! dates, an explicit `null` becomes the mapping's `null_value`, and fields that no mapping names get the
//! type that dynamic mapping would give them. [`check`] compares results with what a case expects.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use eql_grammar::schema::Type;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::stream::Found;
use crate::{Context, Event, Mapping, SampleOptions, Value};

/// One query over one set of events, and what it has to find.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name in its file.
    pub name: String,
    /// The name of its file.
    pub suite: &'static str,
    /// The query's text.
    pub query: String,
    /// The documents.
    pub events: Vec<Json>,
    /// The type of each field.
    pub fields: BTreeMap<String, Type>,
    /// Which fields categorise and order events; samples have no time.
    pub category_field: &'static str,
    /// The field that orders events; empty where events have no time and stand in order.
    pub timestamp_field: &'static str,
    /// The field that orders events of the same time, and names them in `expected`.
    pub id_field: &'static str,
    /// Limits of the request.
    pub options: SampleOptions,
    /// The lists of ids that are right, each one flat; -1 is a missing event.
    pub expected: Vec<Vec<i64>>,
    /// The join keys of all results, flat, where the case gives them.
    pub join_keys: Option<Vec<String>>,
}

/// How many cases each file has.
pub const COUNTS: &[(&str, usize)] = &[
    ("test_queries.toml", 133),
    ("additional_test_queries.toml", 61),
    ("test_queries_date.toml", 4),
    ("test_extra.toml", 40),
    ("test_missing_events.toml", 26),
    ("test_sample.toml", 25),
    ("test_sample_multi.toml", 9),
    ("sequences.series-spec", 25),
];

/// What a suite is run with.
struct Setup {
    file: &'static str,
    data: &'static [&'static str],
    mappings: &'static [&'static str],
    timestamp_field: &'static str,
    id_field: &'static str,
}

const ENDGAME_DATA: &[&str] = &["test_data.json"];
const ENDGAME_MAPPING: &[&str] = &["endgame-140.mapping"];

const SETUPS: &[Setup] = &[
    Setup {
        file: "test_queries.toml",
        data: ENDGAME_DATA,
        mappings: ENDGAME_MAPPING,
        timestamp_field: "@timestamp",
        id_field: "serial_event_id",
    },
    Setup {
        file: "additional_test_queries.toml",
        data: ENDGAME_DATA,
        mappings: ENDGAME_MAPPING,
        timestamp_field: "@timestamp",
        id_field: "serial_event_id",
    },
    Setup {
        file: "test_queries_date.toml",
        data: ENDGAME_DATA,
        mappings: ENDGAME_MAPPING,
        timestamp_field: "@timestamp",
        id_field: "serial_event_id",
    },
    Setup {
        file: "test_extra.toml",
        data: &["extra.data"],
        mappings: &["extra.mapping"],
        timestamp_field: "@timestamp",
        id_field: "sequence",
    },
    Setup {
        file: "test_missing_events.toml",
        data: &["missing-events.data"],
        mappings: &["missing-events.mapping"],
        timestamp_field: "@timestamp",
        id_field: "sequence",
    },
    Setup {
        file: "test_sample.toml",
        data: &["sample1.data", "sample2.data", "sample3.data"],
        mappings: &["sample1.mapping", "sample2.mapping", "sample3.mapping"],
        timestamp_field: "",
        id_field: "id",
    },
    Setup {
        file: "test_sample_multi.toml",
        data: &["sample-multi.data"],
        mappings: &["sample-multi.mapping"],
        timestamp_field: "",
        id_field: "id",
    },
];

/// The size of the requests that the suites make for anything but samples.
const REQUEST_SIZE: usize = 50;

/// Reads all cases of the suites in `dir`.
///
/// # Errors
/// A sentence that names the file that is missing or does not have the expected form.
pub fn load(dir: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for setup in SETUPS {
        cases.extend(load_toml(dir, setup)?);
    }
    cases.extend(load_series(&read(&dir.join("sequences.series-spec"))?)?);
    Ok(cases)
}

/// Compares results with what the case expects; each result is the indices of its events in
/// [`Case::events`], `None` for a missing event.
///
/// # Errors
/// The ids that were found, and those expected.
pub fn check(case: &Case, results: &[Vec<Option<usize>>]) -> Result<(), String> {
    let id = |ix: &usize| case.events[*ix].get(case.id_field).and_then(Json::as_i64);
    let of_slot = |slot: &Option<usize>| slot.as_ref().and_then(id).unwrap_or(-1);
    let found: Vec<i64> = results.iter().take(case.options.size).flatten().map(of_slot).collect();
    if case.expected.contains(&found) {
        return Ok(());
    }
    let expected: Vec<String> = case.expected.iter().map(|ids| format!("{ids:?}")).collect();
    Err(format!(
        "{}: {}: found {found:?}, expected {}",
        case.suite,
        case.name,
        expected.join(" or ")
    ))
}

/// Compares the keys of results with what the case expects, where it gives any.
///
/// # Errors
/// The keys that were found, and those expected.
pub fn check_keys(case: &Case, results: &[Found]) -> Result<(), String> {
    let Some(expected) = &case.join_keys else { return Ok(()) };
    let found: Vec<&Value> = results.iter().flat_map(|found| &found.key.0).collect();
    let same =
        |(value, text): (&&Value, &String)| value.to_string() == *text || millis(value) == *text;
    if found.len() == expected.len() && found.iter().zip(expected).all(same) {
        return Ok(());
    }
    Err(format!("{}: {}: found keys {found:?}, expected {expected:?}", case.suite, case.name))
}

/// Sample suites write dates in milliseconds.
fn millis(value: &Value) -> String {
    match value {
        Value::Date(time) => time.as_millisecond().to_string(),
        _ => String::new(),
    }
}

impl Case {
    /// The context of the evaluator.
    #[must_use]
    pub fn context(&self) -> Context {
        Context {
            mapping: Mapping::Fields(self.fields.clone()),
            category_field: self.category_field.to_owned(),
            timestamp_field: self.timestamp_field.to_owned(),
            tiebreaker_field: Some(self.id_field.to_owned()),
        }
    }

    /// The events for the evaluator.
    ///
    /// # Errors
    /// Where an event has no timestamp.
    pub fn stream(&self) -> Result<Vec<Event>, String> {
        let cx = self.context();
        let event = |document: &Json| {
            let source = document.clone();
            if self.timestamp_field.is_empty() {
                return Ok(Event { timestamp: 0, tiebreaker: None, source });
            }
            Event::from_source(source, &cx).ok_or_else(|| format!("no timestamp in {document}"))
        };
        self.events.iter().map(event).collect()
    }
}

#[derive(Deserialize)]
struct RawSuite {
    queries: Vec<RawCase>,
}

#[derive(Deserialize)]
struct RawCase {
    name: String,
    query: String,
    expected_event_ids: Ids,
    join_keys: Option<Vec<String>>,
    size: Option<usize>,
    max_samples_per_key: Option<usize>,
}

/// One list of ids, or the lists that are all right.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    One(Vec<i64>),
    Any(Vec<Vec<i64>>),
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn load_toml(dir: &Path, setup: &Setup) -> Result<Vec<Case>, String> {
    let text = quote_null_keys(&read(&dir.join(setup.file))?);
    let suite: RawSuite =
        toml::from_str(&text).map_err(|error| format!("{}: {error}", setup.file))?;
    let mut index = Index::default();
    for (data, mapping) in setup.data.iter().zip(setup.mappings) {
        let mapping = read(&dir.join("data").join(mapping))?;
        let data = read(&dir.join("data").join(data))?;
        index.add(&parse_json(&mapping)?, &parse_json(&data)?)?;
    }
    let is_sample = setup.timestamp_field.is_empty();
    let case = |raw: RawCase| Case {
        name: raw.name,
        suite: setup.file,
        query: raw.query,
        events: index.events.clone(),
        fields: index.fields.clone(),
        category_field: "event_type",
        timestamp_field: setup.timestamp_field,
        id_field: setup.id_field,
        options: SampleOptions {
            max_samples_per_key: raw.max_samples_per_key.unwrap_or(1),
            size: raw.size.unwrap_or(if is_sample { 10 } else { REQUEST_SIZE }),
        },
        expected: match raw.expected_event_ids {
            Ids::One(ids) => vec![ids],
            Ids::Any(alternatives) => alternatives,
        },
        join_keys: raw.join_keys,
    };
    Ok(suite.queries.into_iter().map(case).collect())
}

/// TOML has no `null`; some files write it in `join_keys` all the same.
fn quote_null_keys(text: &str) -> String {
    let mut quoted = String::new();
    for line in text.lines() {
        let line = if line.starts_with("join_keys") {
            line.replace("null", "\"null\"").replace("\"\"null\"\"", "\"null\"")
        } else {
            line.to_owned()
        };
        quoted.push_str(&line);
        quoted.push('\n');
    }
    quoted
}

/// JSON in which lines may be comments.
fn parse_json(text: &str) -> Result<Json, String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().starts_with("//")).collect();
    serde_json::from_str(&lines.join("\n")).map_err(|error| error.to_string())
}

/// The documents of one or more indices, and their fields.
#[derive(Default)]
struct Index {
    fields: BTreeMap<String, Type>,
    events: Vec<Json>,
}

/// What a mapping says of a field.
struct Mapped<'a> {
    ty: Type,
    null_value: Option<&'a Json>,
    format: Option<&'a str>,
}

impl Index {
    fn add(&mut self, mapping: &Json, data: &Json) -> Result<(), String> {
        let properties = mapping.get("properties").and_then(Json::as_object);
        let properties = properties.ok_or("a mapping has no properties")?;
        let mapped: BTreeMap<&str, Mapped<'_>> =
            properties.iter().filter_map(|(name, m)| Some((name.as_str(), mapped(m)?))).collect();
        self.fields.extend(mapped.iter().map(|(name, m)| ((*name).to_owned(), m.ty)));
        for document in data.as_array().ok_or("the data is not an array")? {
            let members = document.as_object().ok_or("an event is not an object")?;
            let mut event = Map::new();
            for (name, value) in members {
                event.insert(name.clone(), normal(value, mapped.get(name.as_str())));
            }
            if let (None, Some(filetime)) = (event.get("@timestamp"), event.get("timestamp")) {
                let filetime = filetime.as_i64().ok_or("a timestamp is not a number")?;
                event.insert("@timestamp".to_owned(), json!(millis_of_filetime(filetime)));
            }
            self.map_dynamically(&event);
            self.events.push(Json::Object(event));
        }
        Ok(())
    }

    /// The type of a field that no mapping names is that of its first value.
    fn map_dynamically(&mut self, event: &Map<String, Json>) {
        for (name, value) in event {
            if let (false, Some(ty)) = (self.fields.contains_key(name), dynamic_type(value)) {
                self.fields.insert(name.clone(), ty);
            }
        }
    }
}

/// Milliseconds since 1970 of 100-nanosecond steps since 1601.
fn millis_of_filetime(filetime: i64) -> i64 {
    filetime / 10_000 - 11_644_473_600_000
}

/// `None` for an alias and for an object. The suites take any keyword type where they say so.
fn mapped(mapping: &Json) -> Option<Mapped<'_>> {
    let ty = match mapping.get("type")?.as_str()? {
        "alias" => return None,
        "[runtime_random_keyword_type]" => Type::Keyword,
        name => Type::from_mapping(name)?,
    };
    let format = mapping.get("format").and_then(Json::as_str);
    Some(Mapped { ty, null_value: mapping.get("null_value"), format })
}

fn normal(value: &Json, mapped: Option<&Mapped<'_>>) -> Json {
    match (value, mapped) {
        (Json::Null, Some(Mapped { null_value: Some(substitute), .. })) => (*substitute).clone(),
        (Json::String(text), Some(Mapped { format: Some("dd-MM-yyyy"), .. })) => {
            let parts: Vec<&str> = text.rsplit('-').collect();
            json!(parts.join("-"))
        }
        _ => value.clone(),
    }
}

fn dynamic_type(value: &Json) -> Option<Type> {
    match value {
        Json::Null | Json::Object(_) => None,
        Json::Bool(_) => Some(Type::Boolean),
        Json::Number(number) if number.is_f64() => Some(Type::Double),
        Json::Number(_) => Some(Type::Long),
        Json::String(_) => Some(Type::Keyword),
        Json::Array(elements) => elements.iter().find_map(dynamic_type),
    }
}

/// The specs draw events in a line for each stage: `A1  A3` below `B2` means that events 1 and 3 pass the
/// first filter and event 2 the second; `r|W1` has the key `r`. After `;` follow the expected sequences.
fn load_series(text: &str) -> Result<Vec<Case>, String> {
    let is_content = |line: &&str| !line.is_empty() && !line.starts_with("//");
    let mut lines = text.lines().map(str::trim).filter(is_content);
    let mut cases = Vec::new();
    while let Some(name) = lines.next() {
        let stages: Vec<&str> = lines.by_ref().take_while(|line| *line != ";").collect();
        let expected: Vec<&str> = lines.by_ref().take_while(|line| *line != ";").collect();
        cases.push(series_case(name, &stages, &expected)?);
    }
    Ok(cases)
}

fn series_case(name: &str, stages: &[&str], expected: &[&str]) -> Result<Case, String> {
    let mut events = Vec::new();
    for (stage, line) in stages.iter().enumerate() {
        for token in line.split_whitespace() {
            let (key, event) = token.split_once('|').unwrap_or(("", token));
            let number = number_of(event)?;
            let category = format!("stage{stage}");
            events.push(json!({
                "@timestamp": number, "id": number, "event_type": category, "key": key,
            }));
        }
    }
    let filters: Vec<String> =
        (0..stages.len()).map(|stage| format!("[stage{stage} where true]")).collect();
    let ids = expected
        .iter()
        .flat_map(|line| line.split_whitespace())
        .map(|token| number_of(token.split_once('|').map_or(token, |(_, event)| event)));
    let keyword = |field: &str| (field.to_owned(), Type::Keyword);
    Ok(Case {
        name: name.to_owned(),
        suite: "sequences.series-spec",
        query: format!("sequence by key {}", filters.join(" ")),
        events,
        fields: BTreeMap::from([
            keyword("event_type"),
            keyword("key"),
            ("@timestamp".to_owned(), Type::Date),
            ("id".to_owned(), Type::Long),
        ]),
        category_field: "event_type",
        timestamp_field: "@timestamp",
        id_field: "id",
        options: SampleOptions { max_samples_per_key: 1, size: REQUEST_SIZE },
        expected: vec![ids.collect::<Result<_, _>>()?],
        join_keys: None,
    })
}

/// The number after the letter: `A12`.
fn number_of(event: &str) -> Result<i64, String> {
    let digits = event.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse().map_err(|_| format!("{event} is not an event"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series() {
        let cases =
            load_series("// x\nfirst\nA1 A3\n  B2\n;\nA1 B2\n;\n\nkeyed\nr|A1\n;\n;\n").unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].query, "sequence by key [stage0 where true] [stage1 where true]");
        assert_eq!(cases[0].expected, [[1, 2]]);
        assert!(check(&cases[0], &[vec![Some(0), Some(2)]]).is_ok());
        assert!(check(&cases[0], &[vec![Some(1), Some(2)]]).is_err());
        assert_eq!(cases[1].events[0]["key"], "r");
        assert_eq!(cases[1].expected, [[0_i64; 0]]);
    }

    #[test]
    fn quirks_of_the_files() {
        assert_eq!(
            quote_null_keys("join_keys = [null, \"null\"]"),
            "join_keys = [\"null\", \"null\"]\n"
        );
        assert_eq!(parse_json("[\n ////x\n1]"), Ok(json!([1])));
        let date = Mapped { ty: Type::Date, null_value: None, format: Some("dd-MM-yyyy") };
        assert_eq!(normal(&json!("17-12-2022"), Some(&date)), json!("2022-12-17"));
        assert_eq!(millis_of_filetime(116_444_736_000_000_000), 0);
    }
}
