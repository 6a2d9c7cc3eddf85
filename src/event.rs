//! Events as alerts see them.

use serde_json::Value;

use crate::value::Timestamp;

/// An event that an alert can be made of.
///
/// [`derive(eql::Event)`](crate::Event) writes this for a struct; `serde_json::Value` has it.
pub trait Event {
    /// The event as a document, `_source` in Elasticsearch's words: nested objects.
    fn source(&self) -> Value;

    /// The event's `@timestamp`, where it has one.
    fn timestamp(&self) -> Option<Timestamp>;

    /// The JSON text of [`source`](Self::source), where it is at hand: to keep it costs less than to parse it.
    fn text(&self) -> Option<&[u8]> {
        None
    }
}
