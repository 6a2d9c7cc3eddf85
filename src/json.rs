//! JSON documents as events: every field, read as Elasticsearch indexes it.
//!
//! A field's path may be nested objects, keys with dots, or both (`{"process": {"Ext.ancestry": …}}`).
//! Arrays are flattened at every level and objects in them descended into; nulls and empty arrays
//! are absent. Nothing here allocates.
//!
//! Values are read by the type of the *field*, see [`Kind::coerce`]. Where a value cannot be
//! read, Elasticsearch would refuse the whole document; here the value counts as absent.

use std::fmt::Write as _;
use std::net::IpAddr;

use arrayvec::ArrayString;
use serde_json::Value;

use crate::event::Event;
use crate::field::{Date, Field, Has, Kind, ValueOf};
use crate::value::Timestamp;

/// A single JSON value that is neither null nor a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `"x"`
    Str(&'a str),
    /// A whole number that fits 64 bits with sign.
    Int(i64),
    /// A whole number that fits 64 bits only without sign.
    UnsignedInt(u64),
    /// Any other number.
    Float(f64),
    /// `true`, `false`
    Bool(bool),
}

impl<'a> Scalar<'a> {
    /// The value as a scalar; `None` for null, arrays and objects.
    #[must_use]
    pub fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Str(text)),
            Value::Bool(bool) => Some(Self::Bool(*bool)),
            Value::Number(number) => number
                .as_i64()
                .map(Self::Int)
                .or_else(|| number.as_u64().map(Self::UnsignedInt))
                .or_else(|| number.as_f64().map(Self::Float)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl<F: Field> Has<F> for Value {
    fn any(&self, mut test: impl FnMut(ValueOf<'_, F>) -> bool) -> bool {
        any_at(self, F::PATH, &mut |value| {
            Scalar::of(value)
                .and_then(|scalar| F::Kind::coerce(scalar, |value| test(value)))
                .unwrap_or(false)
        })
    }
}

impl Event for Value {
    fn source(&self) -> Value {
        self.clone()
    }

    fn timestamp(&self) -> Option<Timestamp> {
        date_at(self, "@timestamp")
    }
}

/// The first date at `path`.
pub(crate) fn date_at(document: &Value, path: &str) -> Option<Timestamp> {
    let mut found = None;
    any_at(document, path, &mut |value| {
        found = Scalar::of(value).and_then(|scalar| Date::coerce(scalar, |time| time));
        found.is_some()
    });
    found
}

/// An event type whose fields may hold objects: what the endpoint dialect's `_arraysearch` looks into.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no objects, which `_arraysearch` of the rule looks into",
    label = "the fields of this event type hold values only",
    note = "documents hold objects: `serde_json::Value`"
)]
pub trait HasObjects {
    /// Whether any element at `path` passes `test`; false where there is none.
    ///
    /// Elements are objects or scalars, never null; arrays are flattened, so a lone object is an array of
    /// one. The fields of an element are read through [`Has`] with paths relative to it, and the element
    /// itself where it is a scalar with the empty path.
    fn any_object(&self, path: &'static str, test: impl FnMut(&Value) -> bool) -> bool;
}

impl HasObjects for Value {
    fn any_object(&self, path: &'static str, mut test: impl FnMut(&Value) -> bool) -> bool {
        any_at(self, path, &mut test)
    }
}

/// Whether `test` holds for any scalar or object at `path`.
///
/// The test is a trait object so that the walk exists once, not once a field and rule.
pub(crate) fn any_at(value: &Value, path: &str, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    match value {
        Value::Null => false,
        Value::Array(elements) => elements.iter().any(|element| any_at(element, path, test)),
        _ if path.is_empty() => test(value),
        Value::Object(members) => {
            let dots = path.bytes().enumerate().filter(|&(_, byte)| byte == b'.');
            dots.map(|(at, _)| (&path[..at], &path[at + 1..])).chain([(path, "")]).any(
                |(key, rest)| members.get(key).is_some_and(|member| any_at(member, rest, test)),
            )
        }
        _ => false,
    }
}

/// Strings as they are, numbers and booleans as JSON writes them.
pub(crate) fn to_keyword<R>(scalar: Scalar<'_>, take: impl FnOnce(&str) -> R) -> Option<R> {
    // The longest number is `-2.2250738585072014e-308`.
    let mut text = ArrayString::<32>::new();
    match scalar {
        Scalar::Str(text) => return Some(take(text)),
        Scalar::Bool(bool) => return Some(take(if bool { "true" } else { "false" })),
        Scalar::Int(int) => write!(text, "{int}").ok()?,
        Scalar::UnsignedInt(int) => write!(text, "{int}").ok()?,
        Scalar::Float(float) => write!(text, "{}", serde_json::Number::from_f64(float)?).ok()?,
    }
    Some(take(&text))
}

/// Whole numbers, cut towards zero, out of numbers and of strings that are numbers.
pub(crate) fn to_long(scalar: Scalar<'_>) -> Option<i64> {
    match scalar {
        Scalar::Int(int) => Some(int),
        Scalar::Float(float) => float_to_i64(float),
        Scalar::Str(text) => text_to_i64(text),
        Scalar::UnsignedInt(_) | Scalar::Bool(_) => None,
    }
}

fn text_to_i64(text: &str) -> Option<i64> {
    // Cut as text, since a float would round the last digits of a large number, and also one that is too large
    // into a number that fits.
    let whole = match text.split_once('.') {
        Some((whole, decimals)) if is_digits(decimals) => whole,
        _ => text,
    };
    if is_digits(whole.trim_start_matches(['+', '-'])) {
        return whole.parse().ok();
    }
    text.parse().ok().and_then(float_to_i64)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn float_to_i64(float: f64) -> Option<i64> {
    // Both bounds are exact floats; the upper one is the first that does not fit.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&float).then_some(float as i64)
}

/// Whole numbers that are not negative, out of numbers and of strings that are numbers; a number with
/// decimals other than zero is refused, as Elasticsearch refuses it.
pub(crate) fn to_unsigned_long(scalar: Scalar<'_>) -> Option<u64> {
    match scalar {
        Scalar::Int(int) => u64::try_from(int).ok(),
        Scalar::UnsignedInt(int) => Some(int),
        Scalar::Float(float) => float_to_u64(float),
        Scalar::Str(text) => text.parse().ok().or_else(|| text.parse().ok().and_then(float_to_u64)),
        Scalar::Bool(_) => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked first"
)]
fn float_to_u64(float: f64) -> Option<u64> {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0;
    ((0.0..LIMIT).contains(&float) && float.fract() == 0.0).then_some(float as u64)
}

/// Finite numbers, also out of strings.
#[expect(clippy::cast_precision_loss, reason = "a field of floats holds the nearest float")]
pub(crate) fn to_double(scalar: Scalar<'_>) -> Option<f64> {
    let float = match scalar {
        Scalar::Int(int) => int as f64,
        Scalar::UnsignedInt(int) => int as f64,
        Scalar::Float(float) => float,
        Scalar::Str(text) => text.parse().ok()?,
        Scalar::Bool(_) => return None,
    };
    float.is_finite().then_some(float)
}

/// Booleans and their names; the empty string is false.
pub(crate) fn to_boolean(scalar: Scalar<'_>) -> Option<bool> {
    match scalar {
        Scalar::Bool(bool) => Some(bool),
        Scalar::Str("true") => Some(true),
        Scalar::Str("false" | "") => Some(false),
        _ => None,
    }
}

/// Dates as text, or milliseconds since the Unix epoch.
pub(crate) fn to_date(scalar: Scalar<'_>) -> Option<Timestamp> {
    match scalar {
        Scalar::Str(text) => Timestamp::parse(text),
        Scalar::Int(millis) => Timestamp::from_millis(millis),
        Scalar::Float(millis) => float_to_i64((millis * 1e6).round()).map(Timestamp::from_nanos),
        Scalar::UnsignedInt(_) | Scalar::Bool(_) => None,
    }
}

/// Addresses of both versions; `::ffff:a.b.c.d` is the version 4 address in it.
pub(crate) fn to_ip(scalar: Scalar<'_>) -> Option<IpAddr> {
    match scalar {
        Scalar::Str(text) => text.parse().ok().map(|ip: IpAddr| ip.to_canonical()),
        _ => None,
    }
}
