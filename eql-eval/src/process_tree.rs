//! `descendant of [..]` of the endpoint dialect.

use eql_grammar::ast::EventQuery;
use eql_grammar::schema::Type;
use serde_json::Value as Json;

use crate::document;
use crate::evaluate::{self, Scope};
use crate::value::Value;

const ID: &str = "process.entity_id";
const PARENT: &str = "process.parent.entity_id";

/// Whether a process **above** the event's own has an event that matches `query`.
///
/// Processes are told apart by `process.entity_id`. Their parents are learnt from `process.parent.entity_id`
/// of all events up to this one, and only those events are looked at; a `descendant of` inside `query` looks
/// at those up to the event that it is asked of. The event's own process is not above itself.
pub(crate) fn descends_from(query: &EventQuery, scope: &Scope<'_>) -> bool {
    let mut seen = Vec::new();
    let mut next = parents_of_event(scope);
    while let Some(id) = next.pop() {
        if seen.contains(&id) {
            continue;
        }
        let own_events =
            || scope.history.iter().enumerate().filter(|(_, e)| ids(e, ID).contains(&id));
        let matched = |(at, event): (usize, &&Json)| {
            evaluate::matches(query, &Scope::new(scope.cx, event, &scope.history[..=at]))
        };
        if own_events().any(matched) {
            return true;
        }
        next.extend(own_events().flat_map(|(_, event)| ids(event, PARENT)));
        seen.push(id);
    }
    false
}

/// From the event itself or, where it does not say, from earlier events of its process.
fn parents_of_event(scope: &Scope<'_>) -> Vec<Value> {
    let own = ids(scope.event, ID);
    let of_process = scope.history.iter().filter(|e| ids(e, ID).iter().any(|id| own.contains(id)));
    let learnt = of_process.flat_map(|event| ids(event, PARENT));
    ids(scope.event, PARENT).into_iter().chain(learnt).collect()
}

fn ids(event: &Json, path: &str) -> Vec<Value> {
    document::values(event, path, Some(Type::Keyword))
}
