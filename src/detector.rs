//! Rules with their running state, behind one object-safe trait: what a sensor drives.

use std::marker::PhantomData;

use crate::alert::{Document, Execution, Origin};
use crate::rule::{EventRule, RuleMeta};

/// A rule over a stream of events of type `E`.
pub trait Detector<E: ?Sized>: Send {
    /// The rule's metadata.
    fn meta(&self) -> &'static RuleMeta;

    /// Takes one event and emits the alerts that it completes.
    fn on_event(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    );

    /// Ends the stream: emits what waited for the passing of time.
    fn flush(&mut self, execution: &Execution, emit: &mut dyn FnMut(Document)) {
        let _ = (execution, emit);
    }
}

/// A rule that can be driven over events of type `E`.
///
/// `#[eql::rule]` writes it for every event type that carries the fields of the rule.
pub trait Detect<E: ?Sized> {
    /// The rule with fresh state.
    fn detector<'a>() -> Box<dyn Detector<E> + 'a>
    where
        E: 'a;
}

/// [`Detector`] of an event query: no state.
#[derive(Debug)]
pub struct EventDetector<R>(PhantomData<fn() -> R>);

impl<R> Default for EventDetector<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E: ?Sized, R: EventRule<E>> Detector<E> for EventDetector<R> {
    fn meta(&self) -> &'static RuleMeta {
        R::META
    }

    fn on_event(
        &mut self,
        event: &E,
        origin: Origin<'_>,
        execution: &Execution,
        emit: &mut dyn FnMut(Document),
    ) {
        if R::matches(event) {
            let alert: Document = R::alert(event, origin, execution).into();
            if !alert.is_own_alert() {
                emit(alert);
            }
        }
    }
}
