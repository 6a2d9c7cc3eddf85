//! `kibana.alert.reason`: an alert in one sentence.

use serde_json::Value;

use crate::json::{Scalar, any_at, to_keyword};
use crate::rule::Severity;

/// What happened, with what, by whom, where, and which alert that is; only what the event says.
pub(super) fn reason(source: &Value, rule_name: &str, severity: Severity) -> String {
    let mut sentence = String::new();
    if let Some(category) = field(source, "event.category") {
        sentence.extend([&category, " "]);
    }
    sentence += "event";

    let with = [
        named(source, "process", "process.name"),
        named(source, "parent process", "process.parent.name"),
        named(source, "file", "file.name"),
        address(source, "source"),
        address(source, "destination"),
    ];
    if with.iter().any(Option::is_some) {
        sentence += " with";
    }
    for thing in with.into_iter().flatten() {
        sentence.extend([" ", &thing, ","]);
    }

    for (word, path) in [("by", "user.name"), ("on", "host.name")] {
        if let Some(name) = field(source, path) {
            sentence.extend([" ", word, " ", &name]);
        }
    }
    sentence.extend([" created ", severity.as_str(), " alert ", rule_name, "."]);
    sentence
}

fn named(source: &Value, what: &str, path: &str) -> Option<String> {
    field(source, path).map(|name| format!("{what} {name}"))
}

fn address(source: &Value, side: &str) -> Option<String> {
    let ip = field(source, &format!("{side}.ip"))?;
    Some(match field(source, &format!("{side}.port")) {
        Some(port) => format!("{side} {ip}:{port}"),
        None => format!("{side} {ip}"),
    })
}

/// The values of a field, joined; `None` where there is none and for `-`, by which sources say the same.
fn field(source: &Value, path: &str) -> Option<String> {
    let mut joined = String::new();
    let mut count = 0;
    any_at(source, path, &mut |value| {
        let text = Scalar::of(value).and_then(|scalar| to_keyword(scalar, str::to_owned));
        if let Some(text) = text {
            if count > 0 {
                joined += ", ";
            }
            joined += &text;
            count += 1;
        }
        false
    });
    (!joined.is_empty() && joined != "-").then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_what_the_event_says() {
        for (source, expected) in [
            (json!({}), "event created low alert R."),
            (json!({"event": {"category": "process"}}), "process event created low alert R."),
            (
                json!({"event": {"category": ["authentication", "session"]}, "process": {"name": "sshd"},
                       "source": {"ip": "10.0.0.1"}, "user": {"name": "root"}, "host": {"name": "h"}}),
                "authentication, session event with process sshd, source 10.0.0.1, by root on h \
                 created low alert R.",
            ),
            (
                json!({"event.category": ["process"], "process": {"name": "bash", "parent.name": "nawk"}}),
                "process event with process bash, parent process nawk, created low alert R.",
            ),
            (
                json!({"event": {"category": "network"}, "process": {"name": "zsh", "parent": {"name": "mom"}},
                       "file": {"name": "a.exe"}, "source": {"ip": "127.0.0.1", "port": 1234},
                       "destination": {"ip": "10.0.0.1", "port": "5678"}, "user": {"name": "root"},
                       "host": {"name": "gracious"}}),
                "network event with process zsh, parent process mom, file a.exe, source 127.0.0.1:1234, \
                 destination 10.0.0.1:5678, by root on gracious created low alert R.",
            ),
            (json!({"user": {"name": "u"}}), "event by u created low alert R."),
            (json!({"host": {"name": ["a", "b"]}}), "event on a, b created low alert R."),
            (json!({"source": {"port": 1}}), "event created low alert R."),
            (
                json!({"source": {"ip": ["::1", "::2"], "port": "-"}}),
                "event with source ::1, ::2, created low alert R.",
            ),
            (
                json!({"event": {"category": "-"}, "process": {"name": "-"}, "user": {"name": ["-"]},
                       "host": {"name": ""}, "file": {"name": null}}),
                "event created low alert R.",
            ),
        ] {
            assert_eq!(reason(&source, "R", Severity::Low), expected, "{source}");
        }
    }
}
