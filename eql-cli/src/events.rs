//! Events that a subcommand looks at, from files or standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::Value;

use crate::exit::Error;
use crate::load;

/// The events of a file, `-` being standard input: NDJSON, an array, one object over several lines, or
/// what a search answers. What wraps an event (`_source`, `hits.hits`) is taken off.
///
/// # Errors
/// Where it cannot be read, or is no JSON; the message says in which line.
pub(crate) fn read(path: &Path) -> Result<Vec<Value>, Error> {
    let name = load::shown(path);
    let mut text = String::new();
    let read = if name == "-" {
        io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(path).map(|all| text = all)
    };
    read.map_err(|error| Error::Message(format!("cannot read `{name}`: {error}")))?;
    parse(&text).map_err(|error| Error::Message(format!("`{name}` has no events: {error}")))
}

fn parse(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        unwrap(value?, &mut events);
    }
    Ok(events)
}

fn unwrap(value: Value, events: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.into_iter().for_each(|value| unwrap(value, events)),
        Value::Object(mut object) => {
            if let Some(source @ Value::Object(_)) = object.remove("_source") {
                events.push(source);
            } else if let Some(Value::Array(hits)) =
                object.get_mut("hits").and_then(|hits| hits.get_mut("hits")).map(Value::take)
            {
                hits.into_iter().for_each(|hit| unwrap(hit, events));
            } else {
                events.push(Value::Object(object));
            }
        }
        other => events.push(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn events_come_in_many_wrappings() {
        let event = json!({"process": {"pid": 1}});
        for (text, count) in [
            (r#"{"process": {"pid": 1}}"#.to_owned(), 1),
            (format!("{event}\n\n{event}\n"), 2),
            (format!("[{event}, {event}]"), 2),
            (format!("{:#}", event), 1),
            (json!({"_index": "a", "_source": event}).to_string(), 1),
            (json!({"hits": {"hits": [{"_source": event}, {"_source": event}]}}).to_string(), 2),
        ] {
            assert_eq!(parse(&text).expect("JSON"), vec![event.clone(); count], "{text}");
        }
        assert!(parse("{\"a\": ").is_err());
    }
}
