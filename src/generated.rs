//! What generated code calls besides the modules that have documentation of their own.
//!
//! Everything here is a function or a type with an inherent method: generated code must not need a trait
//! in scope, since it also stands in crates without a prelude.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use crate::cidr::bits;
use crate::convert::FieldValue;
use crate::detector::{Detector, Drives};
use crate::event::Event;
use crate::field::{Date, Field, Has, Kind, TextKind, ValueOf};
use crate::function::Part;
use crate::group::Stored;
use crate::number::Number;
use crate::rule::{Rule, RuleMeta, Schedule, Severity};
use crate::sequence::Tiebreaker;
use crate::set::{Entry, InLists, StringLists, Strings};
use crate::value::Timestamp;
use crate::values::{Values, collect};

/// [`Has::has`]
#[inline]
pub fn has<F: Field, E: Has<F> + ?Sized>(event: &E, _: F) -> bool {
    event.has()
}

/// [`Has::is`]
#[inline]
pub fn is<F: Field<Kind: TextKind>, E: Has<F> + ?Sized>(event: &E, _: F, text: &str) -> bool {
    event.is(text)
}

/// [`Has::any_text`]
#[inline]
pub fn any_text<F: Field<Kind: TextKind>, E: Has<F> + ?Sized>(
    event: &E,
    _: F,
    test: &Strings,
) -> bool {
    event.any_text(test)
}

/// [`Has::in_lists`]
#[inline]
pub fn in_lists<F: Field<Kind: TextKind>, E: Has<F> + ?Sized>(
    event: &E,
    _: F,
    lists: &StringLists,
) -> InLists {
    event.in_lists(lists)
}

/// Like [`Has::any`], and `test(None)` where the field has no value.
#[inline]
pub fn any_or_null<F: Field, E: Has<F> + ?Sized>(
    event: &E,
    mut test: impl FnMut(Option<ValueOf<'_, F>>) -> bool,
) -> bool {
    let mut absent = true;
    let found = event.any(|value| {
        absent = false;
        test(Some(value))
    });
    found || (absent && test(None))
}

/// The result of a function of two values; null where one is.
#[inline]
pub fn both<A, B, T>(a: Option<A>, b: Option<B>, f: impl FnOnce(A, B) -> Option<T>) -> Option<T> {
    f(a?, b?)
}

/// Three-valued `and`.
#[inline]
#[must_use]
pub fn all(values: &[Option<bool>]) -> Option<bool> {
    if values.contains(&Some(false)) {
        return Some(false);
    }
    if values.contains(&None) { None } else { Some(true) }
}

/// Three-valued `or`.
#[inline]
#[must_use]
pub fn either(values: &[Option<bool>]) -> Option<bool> {
    if values.contains(&Some(true)) {
        return Some(true);
    }
    if values.contains(&None) { None } else { Some(false) }
}

/// [`Ord::cmp`] without the trait in scope.
#[inline]
pub fn order<T: Ord>(a: T, b: T) -> Ordering {
    a.cmp(&b)
}

/// Orders addresses as the index does, in which version 4 lies within version 6.
#[must_use]
pub fn order_ip(a: IpAddr, b: IpAddr) -> Ordering {
    bits(a).cmp(&bits(b))
}

/// Compares numbers by value; `None` where one is not a number.
#[inline]
#[must_use]
pub fn compare(a: Number, b: Number) -> Option<Ordering> {
    a.partial_cmp(&b)
}

/// Any numeric value as a [`Number`].
#[inline]
pub fn to_number(value: impl Into<Number>) -> Number {
    value.into()
}

/// Whether the list has a number equal to this one.
#[inline]
#[must_use]
pub fn in_numbers(value: Number, list: &[Number]) -> bool {
    list.iter().any(|item| compare(value, *item) == Some(Ordering::Equal))
}

/// Any value as a part of a text.
#[inline]
pub fn to_part<'a>(value: impl Into<Part<'a>>) -> Part<'a> {
    value.into()
}

/// A whole number; null where the number has a fraction.
#[inline]
#[must_use]
pub fn to_int(number: Number) -> Option<i64> {
    match number {
        Number::Int(int) => Some(int),
        Number::Float(_) => None,
    }
}

/// A version 4 address from its bits.
#[inline]
#[must_use]
pub const fn ipv4(bits: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(bits))
}

/// A version 6 address from its bits.
#[inline]
#[must_use]
pub const fn ipv6(bits: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(bits))
}

/// The time of the field that orders a sequence: its first value.
pub fn time<F: Field<Kind = Date>, E: Has<F> + ?Sized>(event: &E) -> Option<Timestamp> {
    let mut found = None;
    event.any(|value| {
        found = Some(value);
        true
    });
    found
}

/// What orders events of the same time: the first value of the field.
pub fn tiebreaker<F: Field, E: Has<F> + ?Sized>(event: &E) -> Tiebreaker
where
    for<'a> Tiebreaker: From<ValueOf<'a, F>>,
{
    let mut found = Tiebreaker::Missing;
    event.any(|value| {
        found = value.into();
        true
    });
    found
}

/// The values of a field of an event that was kept; none in the place of a missing event.
pub fn of_stored<F: Field>(event: Option<&Stored>) -> Values<<F::Kind as Kind>::Owned> {
    event.map_or_else(Values::default, |event| collect::<Value, F>(event.source()))
}

/// An event of a match; `None` in the place of a missing one.
#[must_use]
pub fn event_at(events: &[Option<Stored>], index: usize) -> Option<&Stored> {
    events.get(index)?.as_ref()
}

/// A value for each event of a term with `runs`.
pub fn runs<T>(from: usize, to: usize, make: impl FnMut(usize) -> T) -> Vec<T> {
    (from..to).map(make).collect()
}

/// The metadata of a rule, as a call: rustc's lints evaluate a constant that another one names, for each rule of a set.
#[must_use]
pub const fn meta<R: Rule>() -> &'static RuleMeta {
    R::META
}

/// Rules over events of type `E`: pairs of lists, down to [`One`] rule.
pub trait DetectAll<E: ?Sized> {
    /// Gives each of them to `take`.
    fn each(take: &mut dyn FnMut(&Entry<E>));
}

/// A list of one rule.
#[derive(Debug)]
pub struct One<R>(PhantomData<R>);

impl<E: ?Sized> DetectAll<E> for () {
    fn each(_: &mut dyn FnMut(&Entry<E>)) {}
}

impl<E: ?Sized, R: Rule<Kind: Drives<R, E>>> DetectAll<E> for One<R> {
    fn each(take: &mut dyn FnMut(&Entry<E>)) {
        take(const { &Entry::of::<R>() });
    }
}

impl<E: ?Sized, A: DetectAll<E>, B: DetectAll<E>> DetectAll<E> for (A, B) {
    fn each(take: &mut dyn FnMut(&Entry<E>)) {
        A::each(take);
        B::each(take);
    }
}

/// The rules of a list with fresh state.
#[must_use]
pub fn detectors<'a, E: Event + ?Sized + 'a, L: DetectAll<E>>() -> Vec<Box<dyn Detector<E> + 'a>> {
    Entry::all::<L>().iter().map(Entry::detector).collect()
}

/// The time in a member that carries `@timestamp`.
pub fn first_time(member: &(impl FieldValue<Date> + ?Sized)) -> Option<Timestamp> {
    let mut first = None;
    member.any(|time| {
        first = Some(time);
        true
    });
    first
}

/// A document under construction, from the members of a struct.
#[derive(Debug, Default)]
pub struct Source(Map<String, Value>);

impl Source {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value at a path with dots; nothing where there is none.
    pub fn set(&mut self, path: &str, value: Option<Value>) {
        if let Some(value) = value {
            insert(&mut self.0, path, value);
        }
    }

    /// The document.
    #[must_use]
    pub fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

fn insert(object: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((head, tail)) = path.split_once('.') else {
        object.insert(path.to_owned(), value);
        return;
    };
    let inner = object.entry(head).or_insert_with(|| Value::Object(Map::new()));
    match inner {
        Value::Object(inner) => insert(inner, tail, value),
        // A value stands where this path needs an object: documents may hold both, side by side.
        _ => {
            object.insert(path.to_owned(), value);
        }
    }
}

/// The metadata of a rule that does not compile, for the items that stand in for it.
pub const BROKEN: RuleMeta = RuleMeta {
    rule_id: "",
    name: "",
    description: "",
    severity: Severity::Low,
    risk_score: 0,
    author: &[],
    license: "",
    version: 1,
    query: "",
    language: "eql",
    index: &[],
    tags: &[],
    references: &[],
    false_positives: &[],
    note: "",
    setup: "",
    interval: "5m",
    from: "now-6m",
    to: "now",
    schedule: Schedule { interval: 300_000, from: 360_000, to: 0 },
    max_signals: 100,
    threat: &[],
    building_block_type: None,
    event_category_override: None,
    timestamp_field: None,
    tiebreaker_field: None,
    timestamp_override: None,
    rule_name_override: None,
    other: &[],
    fields: &[],
};
