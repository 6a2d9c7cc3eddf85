//! Why a query matches or does not, in sentences.

use std::collections::HashMap;

use eql_eval::{
    Context, Event, Explanation, Key, KeyMismatch, Kind, Obstacle, Place, Progress, Reason, Value,
};
use eql_grammar::ast::{Body, EventQuery, Expr, Query, Term};
use eql_grammar::parser;
use eql_grammar::rule::Rule;
use eql_grammar::schema::Schema;
use eql_grammar::span::{Span, Spanned};

use crate::exit::Error;

/// How many characters of a value or of a list are shown.
const LONG: usize = 160;

/// How many entries of a list are shown.
const FEW: usize = 3;

/// A query with its canonical text, into which its places point.
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) query: Query,
    /// What the evaluator has to know of the rule.
    pub(crate) cx: Context,
}

impl Written {
    /// # Errors
    /// Where the printed query is no query, which does not happen.
    pub(crate) fn new(rule: &Rule, schema: &Schema) -> Result<Self, Error> {
        let (query, cx) = eql_eval::of_rule(rule, schema);
        let text = query.to_string();
        let query = parser::parse(&text, rule.hir.dialect)
            .map_err(|_| Error::Message(format!("cannot read the query back: {text}")))?;
        Ok(Self { text, query, cx })
    }

    /// The text at a place.
    pub(crate) fn at(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The expressions by place, and the queries of terms by the place of their category.
    pub(crate) fn words(&self) -> Words<'_> {
        let mut words = Words { written: self, expressions: HashMap::new() };
        match &self.query.body {
            Body::Event(query) => words.add_query(query),
            Body::Sequence(sequence) => {
                let terms = sequence.terms.iter().chain(&sequence.until);
                terms.for_each(|term| words.add_query(&term.query));
            }
            Body::Sample(sample) => {
                sample.terms.iter().for_each(|term| words.add_query(&term.query));
            }
        }
        words
    }

    /// The terms of a sequence or sample.
    pub(crate) fn terms(&self) -> &[Spanned<Term>] {
        match &self.query.body {
            Body::Event(_) => &[],
            Body::Sequence(sequence) => &sequence.terms,
            Body::Sample(sample) => &sample.terms,
        }
    }
}

/// Puts the parts of a query into words.
pub(crate) struct Words<'a> {
    written: &'a Written,
    expressions: HashMap<Span, &'a Expr>,
}

impl<'a> Words<'a> {
    fn add_query(&mut self, query: &'a EventQuery) {
        self.add(&query.condition);
    }

    fn add(&mut self, expr: &'a Spanned<Expr>) {
        self.expressions.insert(expr.span, &expr.node);
        match &expr.node {
            Expr::Not(inner) | Expr::Neg(inner) => self.add(inner),
            Expr::And(list) | Expr::Or(list) => list.iter().for_each(|e| self.add(e)),
            Expr::Compare(c) => [&c.left, &c.right].into_iter().for_each(|e| self.add(e)),
            Expr::Arith(a) => [&a.left, &a.right].into_iter().for_each(|e| self.add(e)),
            Expr::In(i) => self.add(&i.value),
            Expr::Match(m) => self.add(&m.value),
            Expr::Call(call) => call.args.iter().for_each(|e| self.add(e)),
            Expr::DescendantOf(query) => self.add_query(query),
            Expr::Literal(_) | Expr::Field(_) | Expr::Variable(_) => {}
        }
    }

    /// The part as it is written, long lists cut short.
    pub(crate) fn text(&self, part: &Explanation) -> String {
        let whole = self.written.at(part.span);
        let short = self.expressions.get(&part.span).and_then(|expr| with_few(expr));
        cut(&short.unwrap_or_else(|| whole.to_owned()), LONG)
    }

    /// The leaf with nothing in its list but the entries that matched; `None` where that is no news.
    fn text_of_entries(&self, part: &Explanation) -> Option<(String, usize)> {
        let expr = *self.expressions.get(&part.span)?;
        let is_hit = |span: Span| part.entries.iter().any(|entry| entry.span == span);
        let (narrow, count) = match expr {
            Expr::Match(test) => {
                let mut test = test.clone();
                let count = test.patterns.len();
                test.patterns.retain(|pattern| is_hit(pattern.span));
                (Expr::Match(test), count)
            }
            Expr::In(test) => {
                let mut test = test.clone();
                let count = test.list.len();
                test.list.retain(|entry| is_hit(entry.span));
                (Expr::In(test), count)
            }
            Expr::Call(call) => {
                let mut call = call.clone();
                let count = call.args.len().checked_sub(1)?;
                let mut at = 0;
                call.args.retain(|entry| {
                    at += 1;
                    at == 1 || is_hit(entry.span)
                });
                (Expr::Call(call), count)
            }
            _ => return None,
        };
        (count > 1 && !part.entries.is_empty()).then(|| (cut(&narrow.to_string(), LONG), count))
    }

    /// The entries of a list of several that matched, as they are written.
    pub(crate) fn entries(&self, part: &Explanation) -> Option<String> {
        self.text_of_entries(part)?;
        let text = |entry: &eql_eval::Entry| self.written.at(entry.span).to_owned();
        Some(join(part.entries.iter().map(text)))
    }

    /// Why one part is in the way.
    pub(crate) fn reason(&self, reason: &Reason) -> String {
        let Reason { part, wanted } = reason;
        let text = self.text(part);
        match (part.kind, wanted) {
            (Kind::Category, _) => {
                format!("the event is not of the category `{text}`: {}", self.seen(part))
            }
            (Kind::Constant, _) => match part.unmapped.as_slice() {
                [] => format!("`{text}` is never {wanted}"),
                fields => format!(
                    "`{text}` is never {wanted}: {}",
                    join(fields.iter().map(|field| outside(field)))
                ),
            },
            (Kind::Or, true) => {
                format!("none of the alternatives of `{text}` holds: {}", self.seen(part))
            }
            (Kind::And, false) => {
                format!("excluded, since all of `{text}` holds: {}", self.seen(part))
            }
            (_, true) => format!("`{text}` is false: {}", self.seen(part)),
            (_, false) => match self.text_of_entries(part) {
                Some((narrow, count)) => {
                    let which = match part.entries.len() {
                        1 => format!("an entry of a list of {count}"),
                        hit => format!("{hit} entries of a list of {count}"),
                    };
                    format!("excluded by `{narrow}` ({which}): {}", self.seen(part))
                }
                None => format!("excluded by `{text}`: {}", self.seen(part)),
            },
        }
    }

    /// Why a term does not take an event.
    fn unmet(
        &self,
        reasons: &[Reason],
        keys: &[KeyMismatch],
        out_of_order: Option<&str>,
    ) -> String {
        let mut all: Vec<String> = reasons.iter().map(|reason| self.reason(reason)).collect();
        all.extend(keys.iter().map(key_mismatch));
        all.extend(out_of_order.map(str::to_owned));
        if all.is_empty() {
            return "it is taken for another stage".to_owned();
        }
        all.join("; and ")
    }

    /// Why a key did not come to its end.
    ///
    /// `numbers` are what the events are called.
    fn obstacle(&self, obstacle: &Obstacle, events: &[Event], numbers: &[usize]) -> String {
        let number = |event: &usize| numbers.get(*event).copied().unwrap_or(event + 1);
        match obstacle {
            Obstacle::Unmet { event, reasons, keys, out_of_order, .. } => {
                let order = out_of_order.then_some("it is not in order of time");
                let what = self.unmet(reasons, keys, order);
                format!(
                    "{} waits; nearest is event {}: {what}",
                    self.stage(obstacle),
                    number(event)
                )
            }
            Obstacle::NoEvent { .. } => {
                format!("{} waits, and there is no further event", self.stage(obstacle))
            }
            Obstacle::Late { first, last, by } => {
                let maxspan = match &self.written.query.body {
                    Body::Sequence(sequence) => sequence.maxspan.as_ref().map(|span| span.node),
                    _ => None,
                };
                let maxspan = maxspan.map_or(String::new(), |span| format!(" of {span}"));
                let time = |event: &usize| events.get(*event).map_or(0, |event| event.timestamp);
                let between = i128::from(time(last)) - i128::from(time(first));
                format!(
                    "the `maxspan`{maxspan} is exceeded by {}: event {} comes {} after event {}",
                    duration(*by),
                    number(last),
                    duration(between),
                    number(first)
                )
            }
            Obstacle::Until { event } => {
                format!("event {} ended it, which the query after `until` takes", number(event))
            }
            Obstacle::Unwanted { term, event } => format!(
                "event {} is there, which term {} says must be missing",
                number(event),
                term + 1
            ),
            Obstacle::Superseded => {
                "there are events for all stages, but each stage holds only the \
                latest partial sequence of a key, and the next one uses it up"
                    .to_owned()
            }
        }
    }

    fn stage(&self, obstacle: &Obstacle) -> String {
        match obstacle {
            Obstacle::Unmet { place, .. } | Obstacle::NoEvent { place } => {
                format!("term {}", self.place(*place))
            }
            _ => String::new(),
        }
    }

    /// `2`, or `2 (run 3)` where the term is repeated.
    pub(crate) fn place(&self, place: Place) -> String {
        let term = self.written.terms().get(place.term);
        match term.and_then(|term| term.runs.as_ref()) {
            Some(runs) => format!("{} (run {} of {})", place.term + 1, place.run + 1, runs.node),
            None => (place.term + 1).to_string(),
        }
    }

    /// The join key with the names of its fields, as the first term has them.
    pub(crate) fn key(&self, key: &Key) -> String {
        let (shared, terms) = match &self.written.query.body {
            Body::Event(_) => return String::new(),
            Body::Sequence(sequence) => (&sequence.by, &sequence.terms),
            Body::Sample(sample) => (&sample.by, &sample.terms),
        };
        let own = terms.first().map_or(&[][..], |term| &term.by);
        let fields = shared.iter().chain(own);
        join(fields.zip(&key.0).map(|(field, value)| {
            let value = if value.is_null() { "absent".to_owned() } else { quoted(value) };
            format!("{} {value}", field.path)
        }))
    }

    /// What the event has in the fields of a part, and what functions make of it.
    pub(crate) fn seen(&self, part: &Explanation) -> String {
        let mut all: Vec<String> = Vec::new();
        if part.kind == Kind::Leaf {
            let made = part.children.iter().filter(|child| !child.children.is_empty());
            all.extend(made.map(|child| {
                format!("{} is {}", cut(self.written.at(child.span), LONG), shown(&child.value))
            }));
        }
        fields(part, &mut all);
        if all.is_empty() {
            return match part.kind {
                Kind::Search => "the array has no element".to_owned(),
                _ => "no process above this one has such an event".to_owned(),
            };
        }
        let mut text = join(all.into_iter());
        if part.differs_in_case {
            text.push_str(" (only the case differs)");
        }
        text
    }
}

/// Why nothing was found, in as few sentences as there are: of an event query for one event, else of the key that came
/// farthest.
pub(crate) fn why_not(written: &Written, events: &[Event]) -> Vec<String> {
    let words = written.words();
    match &written.query.body {
        Body::Event(query) => {
            let Some(event) = events.first() else { return vec!["there is no event".to_owned()] };
            let explained = eql_eval::explain(query, &event.source, &written.cx);
            eql_eval::reasons(&explained).iter().map(|reason| words.reason(reason)).collect()
        }
        Body::Sequence(_) | Body::Sample(_) => {
            let progress = eql_eval::progress(&written.query, events, &written.cx);
            let farthest = progress.iter().find(|progress| !progress.is_complete);
            farthest.map_or_else(Vec::new, |progress| obstacles(&words, progress, events, &[]))
        }
    }
}

/// What is in the way of a key, a sentence each. `numbers` are what the events are called, from 1 where there are none.
pub(crate) fn obstacles(
    words: &Words<'_>,
    progress: &Progress,
    events: &[Event],
    numbers: &[usize],
) -> Vec<String> {
    let sentence = |obstacle| words.obstacle(obstacle, events, numbers);
    progress.obstacles.iter().map(sentence).collect()
}

fn key_mismatch(mismatch: &KeyMismatch) -> String {
    let KeyMismatch { field, values, wanted } = mismatch;
    if values.is_empty() {
        return format!("the join key {field} is absent");
    }
    let wanted = if wanted.is_null() { "absent".to_owned() } else { quoted(wanted) };
    format!("the join key {field} is {}, that of the others is {wanted}", list(values))
}

/// Fields with their values; where an entry of a list matched, with the value that it matched.
fn fields(part: &Explanation, all: &mut Vec<String>) {
    for (name, values) in &part.fields {
        let mut said = format!("{name} is {}", list(values));
        if let [_, _, ..] = values.as_slice()
            && let Some(entry) = part.entries.first().filter(|entry| values.contains(&entry.value))
        {
            said.push_str(&format!(", of which {} matches", quoted(&entry.value)));
        }
        if !all.contains(&said) {
            all.push(said);
        }
    }
    for name in &part.unmapped {
        let said = outside(name);
        if !all.contains(&said) {
            all.push(said);
        }
    }
    if matches!(part.kind, Kind::And | Kind::Or | Kind::Not | Kind::Query | Kind::Search) {
        part.children.iter().for_each(|child| fields(child, all));
    }
}

fn outside(field: &str) -> String {
    format!("{field} is not in the schema, so `?{field}` is always null")
}

/// `absent`, `"a"`, or `["a", "b"]`.
pub(crate) fn list(values: &[Value]) -> String {
    const MANY: usize = 8;
    match values {
        [] => "absent".to_owned(),
        [one] => quoted(one),
        several => {
            let mut shown: Vec<String> = several.iter().take(MANY).map(quoted).collect();
            if several.len() > MANY {
                shown.push(format!("… {} more", several.len() - MANY));
            }
            format!("[{}]", shown.join(", "))
        }
    }
}

/// A value, null being none.
fn shown(value: &Value) -> String {
    if value.is_null() { "null".to_owned() } else { quoted(value) }
}

/// A string in quotes, anything else as it prints.
pub(crate) fn quoted(value: &Value) -> String {
    match value {
        Value::Str(text) => cut(&serde_json::Value::from(text.as_str()).to_string(), LONG),
        other => other.to_string(),
    }
}

/// The expression with long lists cut short; `None` where it has none.
fn with_few(expr: &Expr) -> Option<String> {
    let (text, left) = match expr {
        Expr::Match(test) if test.patterns.len() > FEW + 1 => {
            let mut test = test.clone();
            let left = test.patterns.len() - FEW;
            test.patterns.truncate(FEW);
            (test.to_string(), left)
        }
        Expr::In(test) if test.list.len() > FEW + 1 => {
            let mut test = test.clone();
            let left = test.list.len() - FEW;
            test.list.truncate(FEW);
            (test.to_string(), left)
        }
        Expr::Call(call) if call.args.len() > FEW + 2 => {
            let mut call = call.clone();
            let left = call.args.len() - FEW - 1;
            call.args.truncate(FEW + 1);
            (call.to_string(), left)
        }
        Expr::Not(inner) => return with_few(inner).map(|text| format!("not {text}")),
        Expr::Or(list) | Expr::And(list) => {
            let word = if matches!(expr, Expr::Or(_)) { " or " } else { " and " };
            let part = |e: &Spanned<Expr>| {
                let text = with_few(e).unwrap_or_else(|| e.to_string());
                let is_group = matches!(e.node, Expr::Or(_) | Expr::And(_));
                if is_group { format!("({text})") } else { text }
            };
            return Some(list.iter().map(part).collect::<Vec<_>>().join(word));
        }
        _ => return None,
    };
    let text = text.strip_suffix(')')?;
    Some(format!("{text}, … {left} more)"))
}

/// The first so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// `a, b and c`
pub(crate) fn join(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.collect();
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// Nanoseconds in the largest unit that has no fraction: `1 ms`, `90 s`.
pub(crate) fn duration(nanos: i128) -> String {
    const UNITS: [(&str, i128); 6] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("µs", 1_000),
    ];
    let whole = UNITS.iter().find(|(_, unit)| nanos != 0 && nanos % unit == 0);
    whole.map_or_else(|| format!("{nanos} ns"), |(name, unit)| format!("{} {name}", nanos / unit))
}
