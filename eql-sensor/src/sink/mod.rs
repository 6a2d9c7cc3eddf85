//! Where alerts go.

mod csv;
mod ndjson;
mod text;

use std::io::{self, Write};

use eql::{Document, Timestamp};
use serde_json::Value;

use crate::cli::Format;
use crate::event::push_text;

/// Takes alerts.
pub(crate) trait Sink {
    /// Writes one alert.
    fn write(&mut self, alert: &Document) -> io::Result<()>;

    /// Hands to the system what is still held.
    fn flush(&mut self) -> io::Result<()>;
}

/// The sink of a format, other than [`Format::Auto`], which the caller has to decide.
pub(crate) fn new<'a>(format: Format, colour: bool, to: impl Write + 'a) -> Box<dyn Sink + 'a> {
    match format {
        Format::Csv => Box::new(csv::Csv::new(to)),
        Format::Text => Box::new(text::Text::new(to, colour)),
        Format::Ndjson | Format::Auto => Box::new(ndjson::Ndjson::new(to)),
    }
}

/// When the event happened; when the alert was created, where the event does not say.
fn time(alert: &Document) -> Timestamp {
    alert.original_time().unwrap_or_else(|| alert.created())
}

/// The first value at a path of the event; empty where the event does not carry it.
fn text(alert: &Document, path: &str) -> String {
    let mut text = String::new();
    if let Some(value) = alert.get(path) {
        push_text(value, "", &mut text);
    }
    text
}

/// Index and id of the events that the alert is of.
fn events(alert: &Document) -> impl Iterator<Item = (&str, &str)> {
    let ancestors = alert.get("kibana.alert.ancestors").and_then(Value::as_array);
    let events = ancestors.into_iter().flatten().filter(|ancestor| ancestor["type"] == "event");
    events.map(|event| {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        (text("index"), text("id"))
    })
}
