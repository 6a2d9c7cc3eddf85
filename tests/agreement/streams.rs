//! Random sequences and samples, and streams of events in which things happen.

use eql_grammar::ast::Dialect;
use serde_json::{Map, Value, json};

use crate::dice::{Dice, quote};
use crate::events::{START, put, timestamp};
use crate::expressions::Writer;

/// What terms tell events apart by.
const CATEGORIES: &[&str] = &["process", "network", "file"];
const ACTIONS: &[&str] = &["start", "stop", "Start"];

/// Join keys by what they can be equal to, and the few values that events hold in them.
const KEYS: &[(&[&str], &[&str])] = &[
    (&["host.id", "user.name", "process.name"], &[r#""a""#, r#""b""#, r#""A""#, r#""é""#]),
    (
        &["process.pid", "process.args_count", "acme.score", "acme.size"],
        &["1", "0", "-0.0", "\"1\"", "1.0", "2.5", "2"],
    ),
    (
        &["source.ip", "destination.ip"],
        &[r#""10.0.0.1""#, r#""::ffff:10.0.0.1""#, r#""::10.0.0.1""#, r#""::1""#, r#""::2""#],
    ),
    (
        &["file.mtime", "acme.seen"],
        &[r#""2026-01-01""#, "1767225600000", r#""2026-01-01T00:00:00.000001Z""#, r#""2026""#],
    ),
    (&["acme.flag", "process.code_signature.trusted"], &["true", "false", r#""true""#, r#""""#]),
    (&["acme.release", "acme.built_with"], &[r#""1.0""#, r#""1.0.0""#, "1.0"]),
];

/// A sequence or sample, and what its streams must be like.
pub(crate) struct Shape {
    pub(crate) text: String,
    /// Events may have several join keys: then results may tie.
    pub(crate) arrays: bool,
}

pub(crate) fn sequence(dice: &mut Dice, dialect: Dialect) -> Shape {
    let count = 2 + dice.weighted(&[50, 35, 15]);
    let keys = Keys::any(dice, true);
    let mut missing: Vec<bool> = (0..count).map(|_| dice.chance(18)).collect();
    if missing.iter().all(|missing| *missing) {
        missing[0] = false;
    }
    let spanned = missing.contains(&true) || dice.chance(60);
    let mut text = format!("sequence{}", keys.shared());
    if spanned {
        let span = dice.pick(&["5ms", "20ms", "60ms", "200ms", "1s", "1m"]);
        text.push_str(&format!(" with maxspan={span}"));
    }
    let mut aliases: Vec<String> = Vec::new();
    for (number, missing) in missing.iter().enumerate() {
        let bang = if *missing { "!" } else { "" };
        let reach = if *missing { &[] } else { &aliases[..] };
        let query = term_query(dice, dialect, reach);
        text.push_str(&format!(" {bang}[{query}]{}", keys.own(dice)));
        if dice.chance(12) {
            text.push_str(&format!(" with runs={}", 1 + dice.roll(3)));
        } else if dialect == Dialect::Endpoint && !missing && dice.chance(80) {
            aliases.push(format!("event{number}"));
            text.push_str(&format!(" as event{number}"));
        }
    }
    if dice.chance(25) {
        let query = term_query(dice, dialect, &[]);
        text.push_str(&format!(" until [{query}]{}", keys.own(dice)));
    }
    let pipes = pipes(dice);
    text.push_str(&pipes);
    Shape { text, arrays: pipes.is_empty() }
}

pub(crate) fn sample(dice: &mut Dice) -> Shape {
    let keys = Keys::any(dice, false);
    let mut text = format!("sample{}", keys.shared());
    for _ in 0..2 + dice.weighted(&[60, 30, 10]) {
        let query = term_query(dice, Dialect::Elasticsearch, &[]);
        text.push_str(&format!(" [{query}]{}", keys.own(dice)));
    }
    Shape { text, arrays: true }
}

/// Zero, one or two of `head` and `tail`.
pub(crate) fn pipes(dice: &mut Dice) -> String {
    let mut text = String::new();
    while text.len() < 20 && dice.chance(10) {
        let (pipe, count) = (dice.pick(&["head", "tail"]), dice.roll(5));
        text.push_str(&format!(" | {pipe} {count}"));
    }
    text
}

/// The keys of a query: those after `by` at the front, and classes of fields for those of each term.
struct Keys {
    shared: Vec<String>,
    own: Vec<usize>,
}

impl Keys {
    fn any(dice: &mut Dice, none: bool) -> Self {
        let total = if none { dice.weighted(&[15, 50, 35]) } else { 1 + dice.roll(2) };
        let mut keys = Self { shared: Vec::new(), own: Vec::new() };
        for _ in 0..total {
            let class = dice.weighted(&[45, 25, 10, 8, 6, 6]);
            if dice.chance(60) {
                let field = key_field(dice, class);
                keys.shared.push(field);
            } else {
                keys.own.push(class);
            }
        }
        keys
    }

    fn shared(&self) -> String {
        by(&self.shared)
    }

    fn own(&self, dice: &mut Dice) -> String {
        let fields: Vec<String> = self.own.iter().map(|class| key_field(dice, *class)).collect();
        by(&fields)
    }
}

fn by(fields: &[String]) -> String {
    if fields.is_empty() { String::new() } else { format!(" by {}", fields.join(", ")) }
}

fn key_field(dice: &mut Dice, class: usize) -> String {
    if dice.chance(3) {
        return "?acme.none".to_owned();
    }
    let optional = if dice.chance(25) { "?" } else { "" };
    format!("{optional}{}", dice.pick(KEYS[class].0))
}

fn term_query(dice: &mut Dice, dialect: Dialect, aliases: &[String]) -> String {
    let category = match dice.weighted(&[30, 70]) {
        0 => "any",
        _ => dice.pick(CATEGORIES),
    };
    let words = ["a", "b", "A", "é"].map(quote);
    let condition = match dice.weighted(&[35, 30, 12, 8, 15]) {
        0 => "true".to_owned(),
        1 => format!("event.action : {}", quote(dice.pick(ACTIONS))),
        2 => format!("event.action == {}", quote(dice.pick(ACTIONS))),
        3 => format!("process.name != {}", dice.take(&words)),
        _ => {
            let mut writer = Writer::new(dice, Dialect::Elasticsearch);
            writer.condition(1)
        }
    };
    if dialect != Dialect::Endpoint {
        return format!("{category} where {condition}");
    }
    let more = match dice.weighted(&[50, 25, 25]) {
        0 if !aliases.is_empty() => {
            let alias = dice.take(aliases);
            let op = dice.pick(&["==", "==", "!=", "<="]);
            let (own, other) = dice.take(&[
                ("process.name", "user.name"),
                ("user.name", "user.name"),
                ("process.pid", "process.pid"),
                ("process.args_count", "process.pid"),
                ("source.ip", "destination.ip"),
                ("length(process.name)", "process.pid"),
            ]);
            format!("{own} {op} {alias}.{other}")
        }
        1 => {
            let mut writer = Writer::new(dice, dialect);
            writer.aliases = aliases.to_vec();
            writer.condition(1)
        }
        2 => descendant(dice),
        _ => return format!("{category} where {condition}"),
    };
    let word = dice.pick(&["and", "and", "or", "and not"]);
    format!("{category} where {condition} {word} ({more})")
}

/// `descendant of [..]`
pub(crate) fn descendant(dice: &mut Dice) -> String {
    let not = if dice.chance(15) { "not " } else { "" };
    let inner = match dice.weighted(&[60, 30, 10]) {
        0 => format!("event.action : {}", quote(dice.pick(ACTIONS))),
        1 => format!("process.name == {}", quote(dice.pick(&["a", "b"]))),
        _ => descendant(dice),
    };
    let category = dice.pick(&["any", "process", "network"]);
    format!("{not}descendant of [{category} where {inner}]")
}

/// Between 5 and 40 events.
pub(crate) fn stream(dice: &mut Dice, arrays: bool) -> Vec<Value> {
    let count = 5 + dice.roll(36);
    events(dice, arrays, count)
}

/// Events in order of time, often close together, with few keys and processes.
pub(crate) fn events(dice: &mut Dice, arrays: bool, count: usize) -> Vec<Value> {
    let mut time = START;
    (0..count)
        .map(|_| {
            time += dice.take(&[0, 0, 1, 1, 2, 5, 10, 25, 60, 400]);
            let mut event = Map::new();
            let stamp = timestamp(dice, time);
            event.insert("@timestamp".to_owned(), stamp);
            let category = match dice.weighted(&[90, 7, 3]) {
                0 => json!(dice.pick(CATEGORIES)),
                1 => json!(["process", "network"]),
                _ => json!(null),
            };
            put(dice, &mut event, "event.category", category);
            let action = json!(dice.pick(ACTIONS));
            put(dice, &mut event, "event.action", action);
            put_keys(dice, &mut event, arrays);
            for path in ["process.entity_id", "process.parent.entity_id"] {
                let id = json!(format!("p{}", dice.roll(6)));
                put(dice, &mut event, path, id);
            }
            Value::Object(event)
        })
        .collect()
}

fn put_keys(dice: &mut Dice, event: &mut Map<String, Value>, arrays: bool) {
    for (fields, values) in KEYS {
        // Few values are most of what there is, so that keys meet.
        let one = |dice: &mut Dice| -> Value {
            let place = if dice.chance(75) {
                dice.roll(values.len().min(3))
            } else {
                dice.roll(values.len())
            };
            serde_json::from_str(values[place]).expect("values are JSON")
        };
        for field in *fields {
            let value = match dice.weighted(&[76, 10, 2, 12]) {
                1 => continue,
                2 => Value::Null,
                3 if arrays => {
                    let count = 1 + dice.roll(3);
                    (0..count).map(|_| one(dice)).collect()
                }
                _ => one(dice),
            };
            put(dice, event, field, value);
        }
    }
}
