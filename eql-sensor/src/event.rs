//! From the text of a record to events, and where each of them came from.

use std::fmt::{self, Write as _};

use eql::Origin;
use eql::json::{HasObjects, Scalar};
use eql::scan::{Projection, Scan};
use memchr::memmem;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Why a record holds no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flaw {
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Text that is not JSON, or only the beginning of it.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
    /// Objects or arrays nested deeper than the parser goes.
    TooDeep,
    /// More bytes than `--max-line` allows.
    TooLong,
    /// The source ended or failed in the middle.
    Torn,
}

impl Flaw {
    /// Every flaw, in the order in which they are reported.
    pub(crate) const ALL: [Self; 6] =
        [Self::NotUtf8, Self::NotJson, Self::NotAnObject, Self::TooDeep, Self::TooLong, Self::Torn];
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8",
            Self::NotJson => "not JSON",
            Self::NotAnObject => "not an object",
            Self::TooDeep => "nested too deeply",
            Self::TooLong => "too long",
            Self::Torn => "torn",
        })
    }
}

/// A flaw, and what else there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flawed {
    pub(crate) flaw: Flaw,
    detail: String,
}

impl Flawed {
    pub(crate) fn new(flaw: Flaw, detail: impl Into<String>) -> Self {
        Self { flaw, detail: detail.into() }
    }
}

impl fmt::Display for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail.as_str() {
            "" => write!(f, "{}", self.flaw),
            detail => write!(f, "{} ({detail})", self.flaw),
        }
    }
}

/// Parses the text of a record.
pub(crate) fn parse(text: &[u8]) -> Result<Value, Flawed> {
    match serde_json::from_slice(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(Flawed::new(Flaw::NotAnObject, "")),
        // Its own lines count from the start of the record, which is a line of the source already.
        Err(error) => Err(Flawed::new(
            flaw_of(text, &error),
            error.to_string().replace(" at line 1 column ", " at column "),
        )),
    }
}

/// What is wrong with a text that the rules could not read. They read no more of it than they need, so that it is
/// parsed once more to say where.
pub(crate) fn flawed(text: &[u8], flaw: eql::scan::Flaw) -> Flawed {
    parse(text).err().unwrap_or_else(|| {
        let flaw = match flaw {
            eql::scan::Flaw::NotUtf8 => Flaw::NotUtf8,
            eql::scan::Flaw::NotAnObject => Flaw::NotAnObject,
            eql::scan::Flaw::TooDeep => Flaw::TooDeep,
            eql::scan::Flaw::TooLong => Flaw::TooLong,
            _ => Flaw::NotJson,
        };
        Flawed::new(flaw, "")
    })
}

fn flaw_of(text: &[u8], error: &serde_json::Error) -> Flaw {
    if std::str::from_utf8(text).is_err() {
        Flaw::NotUtf8
    } else if error.to_string().starts_with("recursion limit exceeded") {
        Flaw::TooDeep
    } else {
        Flaw::NotJson
    }
}

/// Whether the text of a record may be a search hit or a response; where not, it is an event as it is.
pub(crate) fn may_hold_hits(text: &[u8]) -> bool {
    memmem::find(text, b"\"_source\"").is_some() || memmem::find(text, b"\"hits\"").is_some()
}

/// The search hits in a document: those of a response of Elasticsearch, else the document itself.
pub(crate) fn hits(document: &Value) -> &[Value] {
    let inner = document.get("hits").and_then(|hits| hits.get("hits"));
    match inner {
        Some(Value::Array(hits)) if hits.iter().all(Value::is_object) => hits,
        _ => std::slice::from_ref(document),
    }
}

/// The event in a hit: its `_source`, else the hit itself.
pub(crate) fn source_of(hit: &Value) -> &Value {
    match hit.get("_source") {
        Some(source @ Value::Object(_)) => source,
        _ => hit,
    }
}

/// What names an event: the parts of its data stream, and `event.id`.
const NAMES: [&str; 4] =
    ["data_stream.type", "data_stream.dataset", "data_stream.namespace", "event.id"];

/// The index and the id of an event, with buffers that serve one event after the other.
#[derive(Debug)]
pub(crate) struct Origins {
    projection: Projection,
    scan: Scan,
    index: String,
    id: String,
}

impl Default for Origins {
    fn default() -> Self {
        Self {
            projection: Projection::new(&NAMES),
            scan: Scan::new(),
            index: String::new(),
            id: String::new(),
        }
    }
}

impl Origins {
    /// Where the event in `text`, which is JSON, came from.
    ///
    /// The index is the event's data stream (`logs-endpoint.events.process-default`), else the name of the source; the
    /// id is `event.id`, else the SHA-256 of `named`, in hexadecimal.
    pub(crate) fn of_event(&mut self, text: &[u8], named: &[u8], source: &str) -> Origin<'_> {
        self.name(None, text, named, source)
    }

    /// The same for the event of a search hit, whose `_index` and `_id` come first.
    pub(crate) fn of_hit(
        &mut self,
        hit: &Value,
        text: &[u8],
        named: &[u8],
        source: &str,
    ) -> Origin<'_> {
        self.name(Some(hit), text, named, source)
    }

    fn name(&mut self, hit: Option<&Value>, text: &[u8], named: &[u8], source: &str) -> Origin<'_> {
        self.index.clear();
        self.id.clear();
        // Rules could read it, so that this can.
        let _ = self.scan.read(&self.projection, text);
        let of_hit = |key, to: &mut String| hit.is_some_and(|hit| push_text(hit, key, to));
        if !of_hit("_index", &mut self.index) && !push_data_stream(&self.scan, &mut self.index) {
            self.index.push_str(source);
        }
        if !of_hit("_id", &mut self.id) && !push_value(&self.scan, 3, &mut self.id) {
            push_hash(named.trim_ascii(), &mut self.id);
        }
        Origin { index: &self.index, id: &self.id }
    }
}

/// Appends `type-dataset-namespace`; false, and nothing appended, where the event lacks the first two.
fn push_data_stream(scan: &Scan, to: &mut String) -> bool {
    let start = to.len();
    if !push_value(scan, 0, to) {
        return false;
    }
    to.push('-');
    if !push_value(scan, 1, to) {
        to.truncate(start);
        return false;
    }
    to.push('-');
    if !push_value(scan, 2, to) {
        to.push_str("default");
    }
    true
}

fn push_hash(text: &[u8], to: &mut String) {
    for byte in Sha256::digest(text) {
        // Writing to a string does not fail.
        let _ = write!(to, "{byte:02x}");
    }
}

/// Appends the first of [`NAMES`] with this place as text; whether there is one. An empty string is none.
fn push_value(scan: &Scan, slot: usize, to: &mut String) -> bool {
    let start = to.len();
    scan.values(slot).any(|value| {
        // Writing to a string does not fail.
        match value.scalar() {
            Some(Scalar::Str(text)) => to.push_str(text),
            Some(Scalar::Int(number)) => drop(write!(to, "{number}")),
            Some(Scalar::UnsignedInt(number)) => drop(write!(to, "{number}")),
            Some(Scalar::Float(number)) => drop(write!(to, "{}", Value::from(number))),
            Some(Scalar::Bool(bool)) => drop(write!(to, "{bool}")),
            None => {}
        }
        to.len() > start
    })
}

/// Appends the first value at a path as text; whether there is one. An empty string is none.
pub(crate) fn push_text(document: &Value, path: &'static str, to: &mut String) -> bool {
    document.any_object(path, |value| {
        match value {
            Value::String(text) => to.push_str(text),
            // Writing to a string does not fail.
            Value::Number(_) | Value::Bool(_) => drop(write!(to, "{value}")),
            Value::Null | Value::Array(_) | Value::Object(_) => return false,
        }
        value != ""
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn origin(hit: &Value) -> (String, String) {
        let mut origins = Origins::default();
        let event = source_of(hit);
        let text = event.to_string();
        let origin = if std::ptr::eq(event, hit) {
            origins.of_event(text.as_bytes(), b"  {}\r", "events.ndjson")
        } else {
            origins.of_hit(hit, text.as_bytes(), b"  {}\r", "events.ndjson")
        };
        (origin.index.to_owned(), origin.id.to_owned())
    }

    #[test]
    fn a_hit_has_an_index_and_an_id() {
        let hit = json!({"_index": "logs-x", "_id": "1", "_source": {"event": {"id": "2"}}});
        assert_eq!(origin(&hit), ("logs-x".into(), "1".into()));
        assert_eq!(source_of(&hit), &json!({"event": {"id": "2"}}));
    }

    #[test]
    fn an_event_has_a_data_stream_and_an_id() {
        let index = "logs-endpoint.events.process-prod";
        let nested = json!({
            "data_stream": {"type": "logs", "dataset": "endpoint.events.process", "namespace": "prod"},
            "event": {"id": ["7", "8"]},
        });
        let dotted = json!({
            "data_stream.type": "logs", "data_stream": {"dataset": "endpoint.events.process"},
            "data_stream.namespace": "prod", "event.id": 7,
        });
        assert_eq!(origin(&nested), (index.into(), "7".into()));
        assert_eq!(origin(&dotted), (index.into(), "7".into()));
        let bare = json!({"data_stream": {"type": "logs", "dataset": "a"}, "event.id": "7"});
        assert_eq!(origin(&bare).0, "logs-a-default");
    }

    #[test]
    fn the_last_resort_is_the_source_and_a_hash() {
        // What `printf '{}' | sha256sum` prints.
        let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(origin(&json!({})), ("events.ndjson".into(), hash.into()));
        // Only a hit has an index: an event may call its own field what it likes.
        let event = json!({"_index": "x", "_id": "y", "_source": 1});
        assert_eq!(origin(&event), ("events.ndjson".into(), hash.into()));
    }

    #[test]
    fn a_response_gives_its_hits() {
        let response =
            json!({"took": 1, "hits": {"total": 2, "hits": [{"_id": "a"}, {"_id": "b"}]}});
        assert_eq!(hits(&response), [json!({"_id": "a"}), json!({"_id": "b"})]);
        assert_eq!(hits(&json!({"hits": 3})), [json!({"hits": 3})]);
        let event = json!({"hits": {"hits": [1]}});
        assert_eq!(hits(&event), std::slice::from_ref(&event));
    }

    #[test]
    fn each_flaw_has_its_name() {
        let flaw = |text: &[u8]| parse(text).unwrap_err().flaw;
        assert_eq!(flaw(b"{\"a\": \"\xff\"}"), Flaw::NotUtf8);
        assert_eq!(flaw(b"{\"a\": "), Flaw::NotJson);
        assert_eq!(flaw(b"{} {}"), Flaw::NotJson);
        assert_eq!(flaw(b"[1]"), Flaw::NotAnObject);
        let deep = format!("{}{}", "{\"a\":".repeat(500), "1".to_owned() + &"}".repeat(500));
        assert_eq!(flaw(deep.as_bytes()), Flaw::TooDeep);
        assert_eq!(parse(b" {\"a\": 1} \r").unwrap(), json!({"a": 1}));
    }
}
