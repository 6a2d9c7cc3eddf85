//! Events in their order, and the results of queries over them.

use std::cmp::Ordering;

use eql_grammar::ast::{Body, FieldPath, Pipe, PipeKind, Query, Term};
use eql_grammar::schema::Type;
use eql_grammar::span::Spanned;
use serde_json::Value as Json;

use crate::context::Context;
use crate::document;
use crate::evaluate::{self, Scope};
use crate::sample::{self, SampleOptions};
use crate::sequence;
use crate::value::{Key, Value, order_keys};

/// An event of a stream.
#[derive(Clone, Debug)]
pub struct Event {
    /// **Nanoseconds** since the Unix epoch.
    pub timestamp: i64,
    /// What orders events of the same time. Without one, an event comes after those that have one.
    pub tiebreaker: Option<Value>,
    /// The document.
    pub source: Json,
}

impl Event {
    /// An event with the timestamp and tiebreaker that stand in its document.
    ///
    /// `None` where the document has no timestamp, or one outside the years 1677 to 2262.
    #[must_use]
    pub fn from_source(source: Json, cx: &Context) -> Option<Self> {
        let times = document::values(&source, &cx.timestamp_field, Some(Type::Date));
        let Some(Value::Date(time)) = times.first() else { return None };
        let timestamp = i64::try_from(time.as_nanosecond()).ok()?;
        let tiebreaker = cx.tiebreaker_field.as_ref().and_then(|path| {
            document::values(&source, path, cx.mapping.type_of(path)).into_iter().next()
        });
        Some(Self { timestamp, tiebreaker, source })
    }
}

/// One result of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The join key; empty for an event query.
    pub key: Key,
    /// For each term the index of its event in the slice that was searched; `None` for a missing event.
    pub events: Vec<Option<usize>>,
}

/// What `query` finds in `events`, its pipes applied.
///
/// An event query gives each event of its own, in order of time; see [`sequences`](crate::sequences) and
/// [`samples`](crate::samples) for the others.
#[must_use]
pub fn run(query: &Query, events: &[Event], cx: &Context, options: SampleOptions) -> Vec<Found> {
    let found = match &query.body {
        Body::Event(event_query) => {
            let order = order(events);
            let documents: Vec<&Json> = order.iter().map(|ix| &events[*ix].source).collect();
            let is_match = |n: &usize| {
                let scope = Scope::new(cx, documents[*n], &documents[..=*n]);
                evaluate::matches(event_query, &scope)
            };
            let single = |n: usize| Found { key: Key::default(), events: vec![Some(order[n])] };
            (0..order.len()).filter(is_match).map(single).collect()
        }
        Body::Sequence(sequence) => sequence::sequences(sequence, events, cx),
        Body::Sample(sample) => sample::samples(sample, events, cx, options),
    };
    pipe(found, &query.pipes, cx)
}

/// The indices of the events in order: by time, then by tiebreaker, then as given.
pub(crate) fn order(events: &[Event]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&events[*a], &events[*b]);
        a.timestamp.cmp(&b.timestamp).then_with(|| match (&a.tiebreaker, &b.tiebreaker) {
            (Some(x), Some(y)) => order_keys(x, y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        })
    });
    order
}

/// `head n` and `tail n`, one after the other. A pipe without a whole number finds nothing.
fn pipe(mut found: Vec<Found>, pipes: &[Spanned<Pipe>], cx: &Context) -> Vec<Found> {
    let event = Json::Null;
    for pipe in pipes {
        let count = match evaluate::constant(&pipe.count, &Scope::new(cx, &event, &[])) {
            Some(Value::Int(count)) => usize::try_from(count).unwrap_or(0),
            _ => 0,
        };
        match pipe.kind {
            PipeKind::Head => found.truncate(count),
            PipeKind::Tail => drop(found.drain(..found.len().saturating_sub(count))),
        }
    }
    found
}

/// The keys of an event at a term: the cartesian product of the distinct values of its `by` fields.
///
/// A field without values gives null where it is optional; where it is not, the event has no key and takes
/// no part.
pub(crate) fn keys(shared: &[Spanned<FieldPath>], term: &Term, scope: &Scope<'_>) -> Vec<Key> {
    let mut keys = vec![Key::default()];
    for field in shared.iter().chain(&term.by) {
        let mut values = match evaluate::constant_field(field, scope) {
            Some(null) => vec![null],
            None => evaluate::values_of(evaluate::source(field, scope), scope),
        };
        values.sort_by(order_keys);
        values.dedup_by(|a, b| order_keys(a, b).is_eq());
        if values.is_empty() && field.optional {
            values.push(Value::Null);
        }
        let longer = |key: &Key| {
            let key = key.clone();
            values.clone().into_iter().map(move |value| {
                let mut key = key.clone();
                key.0.push(value);
                key
            })
        };
        keys = keys.iter().flat_map(longer).collect();
    }
    keys
}
