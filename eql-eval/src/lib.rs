//! A plain evaluator of EQL.
//!
//! It walks the syntax tree and does what the language says, one event and one value after the other, and
//! shares nothing with the compiler but that tree. Tests hold the compiler against it; it also tells rule
//! authors [why](words) a rule matches an event, and runs the [fixtures](fixture) of rules. It is slow: use the compiler
//! for anything that runs for long.
//!
//! Choices where EQL leaves room, or where Elasticsearch contradicts itself:
//!
//! - case is folded for ASCII letters only, also on the results of functions;
//! - `regex` reads Lucene's syntax, also on the results of functions;
//! - lengths and positions count UTF-16 code units;
//! - `stringContains` with an empty second argument is false, `between` is `""` where it finds nothing;
//! - `x / y` of whole numbers cuts towards zero and `x % y` has the sign of `x`;
//! - a zero divisor, an overflow and a text that is no number give null;
//! - a field of every event is mapped: one that an event lacks is missing, not unknown;
//! - two fields compare like a field and a constant (endpoint dialect): null on either side is no match for
//!   `==`, and a match for `!=`.

mod canonical;
mod context;
mod date;
mod document;
mod evaluate;
mod explain;
pub mod fixture;
mod functions;
mod ip;
mod process_tree;
mod progress;
mod reason;
mod regex;
mod rule;
mod sample;
mod sequence;
mod stream;
#[doc(hidden)]
pub mod suite;
mod value;
mod version;
mod wildcard;
pub mod witness;
pub mod words;

use eql_grammar::ast::EventQuery;
use serde_json::Value as Json;

pub use crate::canonical::canonical;
pub use crate::context::{Context, Mapping};
pub use crate::explain::{Entry, Explanation, Kind, explain, explain_last};
pub use crate::progress::{KeyMismatch, Obstacle, Place, Progress, StageProgress, progress};
pub use crate::reason::{Reason, reasons};
pub use crate::rule::of_rule;
pub use crate::sample::{SampleOptions, samples};
pub use crate::sequence::sequences;
pub use crate::stream::{Event, Found, run};
pub use crate::value::{Key, Value};
pub use crate::version::Version;

/// Whether an event matches an event query.
///
/// `descendant of` sees this event alone; see [`run`] for a stream.
///
/// ```
/// use eql_grammar::ast::{Category, EventQuery, Expr, Literal};
/// use eql_grammar::span::{Span, Spanned};
/// use serde_json::json;
///
/// let query = EventQuery {
///     category: Spanned::new(Category::Named("process".into()), Span::default()),
///     condition: Spanned::new(Expr::Literal(Literal::Bool(true)), Span::default()),
/// };
/// let cx = eql_eval::Context::default();
/// assert!(eql_eval::matches(&query, &json!({"event": {"category": ["process"]}}), &cx));
/// assert!(!eql_eval::matches(&query, &json!({"event.category": "Process"}), &cx));
/// ```
#[must_use]
pub fn matches(query: &EventQuery, event: &Json, cx: &Context) -> bool {
    evaluate::matches(query, &evaluate::Scope::new(cx, event, &[event]))
}
