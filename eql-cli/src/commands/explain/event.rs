//! Events against a rule.

use std::io::{self, Write};
use std::path::Path;

use clap::builder::styling::{AnsiColor, Style};
use eql_eval::words::Words;
use eql_eval::{Event, Explanation, Found, Kind, Progress, SampleOptions, Value, run};
use eql_grammar::ast::{Body, EventQuery};
use serde_json::{Map, Value as Json, json};

use super::{Args, Format};
use crate::events;
use crate::exit::Error;

/// How many join keys are shown that came to no end.
const MANY_KEYS: usize = 5;

/// Explains the events of a file.
pub(super) fn explain(
    out: &mut impl Write,
    words: &Words,
    path: &Path,
    args: &Args,
) -> Result<(), Error> {
    let documents = events::read(path)?;
    if documents.is_empty() {
        return Err(Error::Message(format!("`{}` has no events", path.display())));
    }
    if let Some(number) =
        args.number.iter().find(|number| **number == 0 || **number > documents.len())
    {
        let count = documents.len();
        return Err(Error::Message(format!("there is no event {number}: there are {count}")));
    }
    let color = crate::colored(args.color, &io::stdout());
    let shown = Shown { words, args, color };
    match &words.query().body {
        Body::Event(query) => shown.single(out, query, &documents)?,
        Body::Sequence(_) | Body::Sample(_) => shown.stream(out, documents)?,
    }
    Ok(())
}

struct Shown<'a> {
    words: &'a Words,
    args: &'a Args,
    color: bool,
}

impl Shown<'_> {
    /// An event query: each event by itself, with those before it for `descendant of`.
    fn single(
        &self,
        out: &mut impl Write,
        query: &EventQuery,
        documents: &[Json],
    ) -> io::Result<()> {
        let mut matched = 0;
        let mut all = Vec::new();
        let history: Vec<&Json> = documents.iter().collect();
        for at in 0..documents.len() {
            let explained = eql_eval::explain_last(query, &history[..=at], self.words.context());
            let Some(explained) = explained else { continue };
            matched += usize::from(explained.holds());
            let reasons = eql_eval::reasons(&explained);
            let wants_tree = documents.len() == 1 || self.args.number.contains(&(at + 1));
            if self.args.format == Format::Json {
                let tree = wants_tree.then(|| self.tree_json(&explained));
                let why: Vec<Json> = reasons
                    .iter()
                    .map(|reason| {
                        let mut part = self.part_json(&reason.part);
                        part.insert("wanted".to_owned(), reason.wanted.into());
                        part.insert("why".to_owned(), self.words.reason(reason).into());
                        part.into()
                    })
                    .collect();
                all.push(json!({
                    "event": at + 1, "matches": explained.holds(), "why": why, "tree": tree,
                }));
                continue;
            }
            let why: Vec<String> = reasons.iter().map(|reason| self.words.reason(reason)).collect();
            let verdict = if explained.holds() {
                self.paint("matches", AnsiColor::Green)
            } else {
                self.paint("does not match", AnsiColor::Red)
            };
            if !wants_tree {
                let colon = if why.is_empty() { "" } else { ": " };
                writeln!(out, "event {} {verdict}{colon}{}", at + 1, why.join("; and "))?;
                continue;
            }
            writeln!(out, "event {} {verdict}", at + 1)?;
            self.tree(out, &explained)?;
            for (nth, why) in why.iter().enumerate() {
                writeln!(out, "{}: {why}", if nth == 0 { "why" } else { "and" })?;
            }
        }
        if self.args.format == Format::Json {
            return writeln!(out, "{}", json!({"matched": matched, "events": all}));
        }
        if documents.len() > 1 {
            writeln!(out, "{matched} of {} events match", documents.len())?;
        }
        Ok(())
    }

    /// A sequence or sample over all events.
    fn stream(&self, out: &mut impl Write, documents: Vec<Json>) -> io::Result<()> {
        let cx = self.words.context();
        // Positions in what is searched, with the number that the event has among all.
        let (mut numbers, mut events) = (Vec::new(), Vec::new());
        for (document, number) in documents.into_iter().zip(1_usize..) {
            if let Some(event) = Event::from_source(document, cx) {
                numbers.push(number);
                events.push(event);
            } else {
                eprintln!("event {number} has no `{}` and is passed over", cx.timestamp_field);
            }
        }
        let found = run(self.words.query(), &events, cx, SampleOptions::default());
        let progress = eql_eval::progress(self.words.query(), &events, cx);
        if self.args.format == Format::Json {
            return writeln!(out, "{}", self.stream_json(&found, &progress, &events, &numbers));
        }
        for one in &found {
            let numbers = one.events.iter().map(|event| match event {
                Some(at) => numbers.get(*at).map_or_else(String::new, ToString::to_string),
                None => "none".to_owned(),
            });
            let numbers: Vec<String> = numbers.collect();
            writeln!(
                out,
                "{} events {}{}",
                self.paint("found", AnsiColor::Green),
                numbers.join(", "),
                with_key(&self.words.key(&one.key)),
            )?;
        }
        let unfinished: Vec<&Progress> = progress.iter().filter(|p| !p.is_complete).collect();
        for progress in unfinished.iter().take(MANY_KEYS) {
            self.progress(out, progress, &events, &numbers)?;
        }
        if unfinished.len() > MANY_KEYS {
            writeln!(out, "{} further join keys came no farther", unfinished.len() - MANY_KEYS)?;
        }
        for number in &self.args.number {
            self.trees(out, *number, &events, &numbers)?;
        }
        let results = if found.len() == 1 { "result" } else { "results" };
        writeln!(out, "{} {results} in {} events", found.len(), events.len())
    }

    fn progress(
        &self,
        out: &mut impl Write,
        progress: &Progress,
        events: &[Event],
        numbers: &[usize],
    ) -> io::Result<()> {
        let filled = progress.stages.iter().filter(|stage| stage.event.is_some()).count();
        writeln!(
            out,
            "{} {filled} of {} events{}",
            self.paint("not found:", AnsiColor::Red),
            progress.stages.len(),
            with_key(&self.words.key(&progress.key)),
        )?;
        for stage in &progress.stages {
            let place = self.words.place(stage.place);
            if let Some(number) = stage.event.and_then(|event| numbers.get(event)) {
                writeln!(out, "  term {place}: event {number}")?;
            }
        }
        for (nth, why) in self.words.obstacles(progress, events, numbers).iter().enumerate() {
            writeln!(out, "{}: {why}", if nth == 0 { "why" } else { "and" })?;
        }
        Ok(())
    }

    /// Each term of a sequence or sample for one event.
    fn trees(
        &self,
        out: &mut impl Write,
        number: usize,
        events: &[Event],
        numbers: &[usize],
    ) -> io::Result<()> {
        let event = numbers.iter().position(|known| *known == number).and_then(|at| events.get(at));
        let Some(event) = event else { return Ok(()) };
        for (term, place) in self.words.terms().iter().zip(1_usize..) {
            writeln!(out, "event {number} at term {place}")?;
            let explained = eql_eval::explain(&term.query, &event.source, self.words.context());
            self.tree(out, &explained)?;
        }
        Ok(())
    }

    fn stream_json(
        &self,
        found: &[Found],
        progress: &[Progress],
        events: &[Event],
        numbers: &[usize],
    ) -> Json {
        let number = |at: Option<usize>| at.and_then(|at| numbers.get(at)).copied();
        let found = found.iter().map(|one| {
            let events: Vec<_> = one.events.iter().map(|at| number(*at)).collect();
            json!({"key": key_json(&one.key), "events": events})
        });
        let keys = progress.iter().map(|progress| {
            let stages = progress.stages.iter().map(|stage| {
                json!({
                    "term": stage.place.term + 1,
                    "run": stage.place.run + 1,
                    "event": number(stage.event),
                })
            });
            json!({
                "key": key_json(&progress.key),
                "complete": progress.is_complete,
                "stages": stages.collect::<Vec<_>>(),
                "why": self.words.obstacles(progress, events, numbers),
            })
        });
        json!({"found": found.collect::<Vec<_>>(), "keys": keys.collect::<Vec<_>>()})
    }

    /// A line for each part: its value, its place in the tree, its text, and what was seen.
    fn tree(&self, out: &mut impl Write, root: &Explanation) -> io::Result<()> {
        let mut rows = Vec::new();
        for child in &root.children {
            self.rows(child, "", "", &mut rows);
        }
        let width = rows.iter().map(|row| row.text.chars().count()).filter(|w| *w <= 70).max();
        let width = width.unwrap_or(0);
        for Row { part, text, seen } in &rows {
            let (mark, color) = match mark(part) {
                mark @ "true" => (mark, AnsiColor::Green),
                mark @ "false" => (mark, AnsiColor::Red),
                mark => (mark, AnsiColor::Yellow),
            };
            let mark = self.paint(&format!("{mark:6}"), color);
            let line = format!("  {mark}  {text:width$}  {seen}");
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn rows<'e>(&self, part: &'e Explanation, own: &str, below: &str, rows: &mut Vec<Row<'e>>) {
        let is_inner = matches!(part.kind, Kind::Not | Kind::And | Kind::Or);
        let text = match part.kind {
            Kind::Not => "not".to_owned(),
            Kind::And => "and".to_owned(),
            Kind::Or => "or".to_owned(),
            _ => self.words.text(part),
        };
        let mut seen = String::new();
        let says_nothing = part.kind == Kind::Constant && part.unmapped.is_empty();
        if !(is_inner || says_nothing) {
            seen = self.words.seen(part);
            if let Some(entries) = self.words.entries(part) {
                seen.push_str(&format!("; matches {entries}"));
            }
        }
        rows.push(Row { part, text: format!("{own}{text}"), seen });
        if is_inner || part.kind == Kind::Search {
            let last = part.children.len().saturating_sub(1);
            for (at, child) in part.children.iter().enumerate() {
                let (own, more) = if at == last { ("└ ", "  ") } else { ("├ ", "│ ") };
                self.rows(child, &format!("{below}{own}"), &format!("{below}{more}"), rows);
            }
        }
    }

    fn tree_json(&self, part: &Explanation) -> Json {
        let mut object = self.part_json(part);
        if matches!(part.kind, Kind::Query | Kind::Not | Kind::And | Kind::Or | Kind::Search) {
            let children: Vec<Json> = part.children.iter().map(|c| self.tree_json(c)).collect();
            object.insert("children".to_owned(), children.into());
        }
        object.into()
    }

    fn part_json(&self, part: &Explanation) -> Map<String, Json> {
        let fields: Map<String, Json> = part
            .fields
            .iter()
            .map(|(name, values)| (name.clone(), values.iter().map(value_json).collect()))
            .collect();
        let entries: Vec<&str> =
            part.entries.iter().map(|entry| self.words.at(entry.span)).collect();
        let object = json!({
            "text": self.words.at(part.span),
            "value": mark(part),
            "fields": fields,
            "entries": entries,
            "outside_schema": part.unmapped,
        });
        match object {
            Json::Object(object) => object,
            _ => Map::new(),
        }
    }

    fn paint(&self, text: &str, color: AnsiColor) -> String {
        let style = if self.color { color.on_default() } else { Style::new() };
        format!("{style}{text}{style:#}")
    }
}

struct Row<'e> {
    part: &'e Explanation,
    text: String,
    seen: String,
}

/// `absent` where a leaf is false and none of its fields has a value.
fn mark(part: &Explanation) -> &'static str {
    let is_absent = !part.fields.is_empty() && part.fields.iter().all(|(_, v)| v.is_empty());
    match (&part.value, part.kind) {
        (Value::Bool(true), _) => "true",
        (Value::Bool(false), Kind::Leaf | Kind::Category) if is_absent => "absent",
        (Value::Bool(false), _) => "false",
        _ => "null",
    }
}

fn with_key(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!(" with {key}") }
}

fn key_json(key: &eql_eval::Key) -> Json {
    key.0.iter().map(value_json).collect()
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::from(*b),
        Value::Int(i) => i64::try_from(*i).map_or_else(|_| Json::from(i.to_string()), Json::from),
        Value::Float(x) => Json::from(*x),
        other => Json::from(other.to_string()),
    }
}
