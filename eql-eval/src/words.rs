//! Why a query matches or does not, in sentences for the author of a rule.
//!
//! ```
//! use eql_eval::{Context, explain, words::Words};
//! use eql_grammar::{ast::{Body, Dialect}, parser::parse};
//!
//! let query = parse(r#"process where process.name == "cmd.exe""#, Dialect::Elasticsearch).unwrap();
//! let words = Words::new(query, Dialect::Elasticsearch, Context::default());
//! let Body::Event(query) = &words.query().body else { panic!("an event query") };
//! let event = serde_json::json!({"event": {"category": "process"}, "process": {"name": "CMD.EXE"}});
//! assert_eq!(
//!     words.reasons(&explain(query, &event, words.context())),
//!     [r#"`process.name == "cmd.exe"` is false: process.name is "CMD.EXE" (only the case differs)"#],
//! );
//! ```

mod text;

use eql_grammar::ast::{Body, Dialect, Expr, Query, Term};
use eql_grammar::parser;
use eql_grammar::rule::Rule;
use eql_grammar::schema::Schema;
use eql_grammar::span::{Span, Spanned};

use self::text::{LONG, cut, duration, list, quoted, shown};
use crate::context::Context;
use crate::explain::{Entry, Explanation, Kind, explain};
use crate::progress::{KeyMismatch, Obstacle, Place, Progress, progress};
use crate::reason::{Reason, reasons};
use crate::stream::Event;
use crate::value::Key;

pub use self::text::join;

/// How many entries of a list are shown.
const FEW: usize = 3;

/// How many values are shown of an event that matches.
const MANY: usize = 8;

/// A query, and what puts its parts into words.
///
/// The query is that of a rule, printed and read again, so that every part of it has a place of its own in one text: what
/// the metadata of a rule asks of events stands nowhere in the rule's query. [`explain`](crate::explain()) and
/// [`progress`](crate::progress()) have to be asked about this query, and with this context.
#[derive(Clone, Debug)]
pub struct Words {
    text: String,
    query: Query,
    cx: Context,
}

impl Words {
    /// The words for a query.
    #[must_use]
    pub fn new(query: Query, dialect: Dialect, cx: Context) -> Self {
        let text = query.to_string();
        match parser::parse(&text, dialect) {
            Ok(query) => Self { text, query, cx },
            // What a query prints is a query. Were it not, its parts would go without their text.
            Err(_) => Self { text: String::new(), query, cx },
        }
    }

    /// The words for the query of a rule, with what its metadata asks of every event.
    #[must_use]
    pub fn of_rule(rule: &Rule, schema: &Schema) -> Self {
        let (query, cx) = crate::of_rule(rule, schema);
        Self::new(query, rule.hir.dialect, cx)
    }

    /// The query, whose places are those of its canonical text.
    #[must_use]
    pub const fn query(&self) -> &Query {
        &self.query
    }

    /// What the evaluator has to know of the rule.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.cx
    }

    /// The canonical text at a place of the query.
    #[must_use]
    pub fn at(&self, span: Span) -> &str {
        self.text.get(span.range()).filter(|text| !text.is_empty()).unwrap_or("…")
    }

    /// The terms of a sequence or sample; none for an event query.
    #[must_use]
    pub fn terms(&self) -> &[Spanned<Term>] {
        match &self.query.body {
            Body::Event(_) => &[],
            Body::Sequence(sequence) => &sequence.terms,
            Body::Sample(sample) => &sample.terms,
        }
    }

    /// The expression at a place.
    fn expression(&self, span: Span) -> Option<&Expr> {
        if let Body::Event(query) = &self.query.body {
            return expression_in(&query.condition, span);
        }
        let mut terms = self.terms().iter();
        terms.find_map(|term| expression_in(&term.query.condition, span))
    }

    /// A part as it is written, long lists and long texts cut short.
    #[must_use]
    pub fn text(&self, part: &Explanation) -> String {
        let whole = self.at(part.span);
        let short = self.expression(part.span).and_then(with_few);
        cut(&short.unwrap_or_else(|| whole.to_owned()), LONG)
    }

    /// The leaf with nothing in its list but the entries that matched; `None` where that is no news.
    fn text_of_entries(&self, part: &Explanation) -> Option<(String, usize)> {
        let expr = self.expression(part.span)?;
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

    /// The entries of a leaf's list that a value passes, as they are written; `None` where the leaf has no list of several,
    /// or none is passed.
    #[must_use]
    pub fn entries(&self, part: &Explanation) -> Option<String> {
        self.text_of_entries(part)?;
        let text = |entry: &Entry| self.at(entry.span).to_owned();
        Some(join(part.entries.iter().map(text)))
    }

    /// Why one part is in the way.
    #[must_use]
    pub fn reason(&self, reason: &Reason) -> String {
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
            Obstacle::Unmet { place, event, reasons, keys, out_of_order } => {
                let order = out_of_order.then_some("it is not in order of time");
                let what = self.unmet(reasons, keys, order);
                let (term, event) = (self.place(*place), number(event));
                format!("term {term} waits; nearest is event {event}: {what}")
            }
            Obstacle::NoEvent { place } => {
                format!("term {} waits, and there is no further event", self.place(*place))
            }
            Obstacle::Late { first, last, by } => {
                let maxspan = match &self.query.body {
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

    /// The number of a term: `2`, or `2 (run 3 of 4)` where it is repeated.
    #[must_use]
    pub fn place(&self, place: Place) -> String {
        let term = self.terms().get(place.term);
        match term.and_then(|term| term.runs.as_ref()) {
            Some(runs) => format!("{} (run {} of {})", place.term + 1, place.run + 1, runs.node),
            None => (place.term + 1).to_string(),
        }
    }

    /// A join key with the names of its fields, as the first term has them: `host.id "a"`; null is `absent`.
    #[must_use]
    pub fn key(&self, key: &Key) -> String {
        let (shared, terms) = match &self.query.body {
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

    /// What the event has in the fields of a part, and what functions make of it: `process.name is "a"`, or `absent`.
    #[must_use]
    pub fn seen(&self, part: &Explanation) -> String {
        let mut all: Vec<String> = Vec::new();
        if part.kind == Kind::Leaf {
            let made = part.children.iter().filter(|child| !child.children.is_empty());
            all.extend(made.map(|child| {
                format!("{} is {}", cut(self.at(child.span), LONG), shown(&child.value))
            }));
        }
        fields(part, &mut all);
        if all.is_empty() {
            return match part.kind {
                Kind::Search => "the array has no element".to_owned(),
                _ if part.holds() => "a process above this one has such an event".to_owned(),
                _ => "no process above this one has such an event".to_owned(),
            };
        }
        let mut text = join(all.into_iter());
        if part.differs_in_case {
            text.push_str(" (only the case differs)");
        }
        text
    }

    /// Why an event does not match, a sentence for each part in the way; none where it does.
    #[must_use]
    pub fn reasons(&self, explanation: &Explanation) -> Vec<String> {
        reasons(explanation).iter().map(|reason| self.reason(reason)).collect()
    }

    /// Why an event matches: what it has in the fields of the conditions that hold, then what it has in those of the
    /// exclusions that it does not fall under. The category is named where there is nothing else.
    ///
    /// ```
    /// use eql_eval::{Context, explain, words::Words};
    /// use eql_grammar::{ast::{Body, Dialect}, parser::parse};
    ///
    /// let text = r#"process where process.name : ("cmd.exe", "p*") and not user.name == "SYSTEM""#;
    /// let words = Words::new(parse(text, Dialect::Elasticsearch).unwrap(), Dialect::Elasticsearch, Context::default());
    /// let Body::Event(query) = &words.query().body else { panic!("an event query") };
    /// let event = serde_json::json!({
    ///     "event": {"category": "process"}, "process": {"name": "pwsh.exe"}, "user": {"name": "system"},
    /// });
    /// assert_eq!(
    ///     words.matched(&explain(query, &event, words.context())),
    ///     r#"process.name is "pwsh.exe" (by "p*"); not excluded: user.name is "system" (only the case differs)"#,
    /// );
    /// ```
    #[must_use]
    pub fn matched(&self, explanation: &Explanation) -> String {
        let mut grounds = Grounds::default();
        grounds.add(explanation);
        let Grounds { mut held, mut passed } = grounds;
        if held.len() + passed.len() > 1 {
            held.retain(|part| part.kind != Kind::Category);
        }
        // An exclusion that nearly holds is the one that the author had in mind.
        let is_absent = |part: &Explanation| part.fields.iter().all(|(_, v)| v.is_empty());
        passed.sort_by_key(|part| (!part.differs_in_case, is_absent(part)));
        let parts = [(held, ""), (passed, "not excluded: ")].into_iter();
        let parts = parts.filter_map(|(parts, label)| {
            let mut all: Vec<String> = Vec::new();
            for said in parts.into_iter().map(|part| self.seen_with_entries(part)) {
                if !all.contains(&said) {
                    all.push(said);
                }
            }
            let more = all.len().saturating_sub(MANY);
            all.truncate(MANY);
            all.extend((more > 0).then(|| format!("{more} more")));
            (!all.is_empty()).then(|| format!("{label}{}", join(all.into_iter())))
        });
        parts.collect::<Vec<_>>().join("; ")
    }

    /// What the event has, and by which entries it passes where that is not the value itself.
    fn seen_with_entries(&self, part: &Explanation) -> String {
        let is_value =
            |entry: &Entry| self.at(entry.span).eq_ignore_ascii_case(&quoted(&entry.value));
        let entries = self.entries(part).filter(|_| !part.entries.iter().all(is_value));
        let entries = entries.map_or_else(String::new, |entries| format!(" (by {entries})"));
        self.seen(part) + &entries
    }

    /// Why nothing was found, in as few sentences as there are: of an event query for the first event, else of the key
    /// that came farthest.
    #[must_use]
    pub fn why_not(&self, events: &[Event]) -> Vec<String> {
        match &self.query.body {
            Body::Event(query) => match events.first() {
                Some(event) => self.reasons(&explain(query, &event.source, &self.cx)),
                None => vec!["there is no event".to_owned()],
            },
            Body::Sequence(_) | Body::Sample(_) => {
                let progress = progress(&self.query, events, &self.cx);
                let farthest = progress.iter().find(|progress| !progress.is_complete);
                farthest.map_or_else(Vec::new, |progress| self.obstacles(progress, events, &[]))
            }
        }
    }

    /// What is in the way of a key, a sentence each.
    ///
    /// `events` are those that the progress was made with, and `numbers` are what they are called; without, they are
    /// counted from 1.
    #[must_use]
    pub fn obstacles(
        &self,
        progress: &Progress,
        events: &[Event],
        numbers: &[usize],
    ) -> Vec<String> {
        let sentence = |obstacle| self.obstacle(obstacle, events, numbers);
        progress.obstacles.iter().map(sentence).collect()
    }
}

/// The smallest parts that it rests on that a condition holds.
#[derive(Default)]
struct Grounds<'e> {
    /// Those that hold.
    held: Vec<&'e Explanation>,
    /// Those that do not, as it should be.
    passed: Vec<&'e Explanation>,
}

impl<'e> Grounds<'e> {
    fn add(&mut self, part: &'e Explanation) {
        let holds = part.holds();
        match (part.kind, holds) {
            (Kind::Query | Kind::And, true) | (Kind::Or, false) | (Kind::Not, _) => {
                part.children.iter().for_each(|child| self.add(child));
            }
            // One part is enough.
            (Kind::Query | Kind::And, false) | (Kind::Or, true) => {
                let decides = part.children.iter().find(|child| child.holds() == holds);
                decides.into_iter().for_each(|child| self.add(child));
            }
            // No event has a part in it.
            (Kind::Constant, _) => {}
            (Kind::Category | Kind::Leaf | Kind::Search | Kind::Part, true) => self.held.push(part),
            (Kind::Category | Kind::Leaf | Kind::Search | Kind::Part, false) => {
                self.passed.push(part);
            }
        }
    }
}

/// The expression at a place in another. What is inside goes first: brackets have no place of their own.
fn expression_in(expr: &Spanned<Expr>, span: Span) -> Option<&Expr> {
    let parts: Vec<&Spanned<Expr>> = match &expr.node {
        Expr::Not(inner) | Expr::Neg(inner) => vec![inner],
        Expr::And(list) | Expr::Or(list) => list.iter().collect(),
        Expr::Compare(c) => vec![&c.left, &c.right],
        Expr::Arith(a) => vec![&a.left, &a.right],
        Expr::In(test) => vec![&test.value],
        Expr::Match(test) => vec![&test.value],
        Expr::Call(call) => call.args.iter().collect(),
        Expr::DescendantOf(query) => vec![&query.condition],
        Expr::Literal(_) | Expr::Field(_) | Expr::Variable(_) => Vec::new(),
    };
    let inside = parts.into_iter().find_map(|part| expression_in(part, span));
    inside.or_else(|| (expr.span == span).then_some(&expr.node))
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
