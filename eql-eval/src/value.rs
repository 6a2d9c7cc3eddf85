//! Values, how they compare, and how they print.

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::date;
use crate::version::Version;

/// What an expression is worth for one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, of a `long` or an `unsigned_long`.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Str(String),
    /// A point in time.
    Date(Timestamp),
    /// An IP address; one of version 4 written as version 6 is kept as version 4.
    Ip(IpAddr),
    /// A version.
    Version(Version),
}

impl Value {
    /// Whether this is [`Value::Null`].
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The string, where this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// An IP address in its canonical version.
    pub(crate) fn ip(text: &str) -> Option<Self> {
        text.parse::<IpAddr>().ok().map(|ip| Self::Ip(ip.to_canonical()))
    }

    fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(i) => Some(*i as f64),
            Self::Float(f) => Some(*f),
            _ => None,
        }
    }
}

/// The text of `string(v)`; `null` prints as `null`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => f.write_str(&java_double(*x)),
            Self::Str(s) => f.write_str(s),
            Self::Date(t) => f.write_str(&date::print(*t)),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Version(v) => f.write_str(v.text()),
        }
    }
}

/// `42.5`, `1.0E10`: as Java prints a `double`.
fn java_double(x: f64) -> String {
    if x == 0.0 || (1e-3..1e7).contains(&x.abs()) {
        return format!("{x:?}");
    }
    let scientific = format!("{x:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// The order of two values; `None` where either is null or they have no common type.
///
/// A string beside a value of another type is first read as that type, as Elasticsearch reads a literal
/// beside a field.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    use Value::{Bool, Date, Float, Int, Ip, Null, Str, Version as Ver};
    match (left, right) {
        (Null, _) | (_, Null) => None,
        (Bool(a), Bool(b)) => Some(a.cmp(b)),
        (Int(a), Int(b)) => Some(a.cmp(b)),
        (Int(_) | Float(_), Int(_) | Float(_)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Str(a), Str(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Date(a), Date(b)) => Some(a.cmp(b)),
        (Ip(a), Ip(b)) => Some(order_ip(*a, *b)),
        (Ver(a), Ver(b)) => Some(a.cmp(b)),
        (Date(a), Int(b)) => Some(a.cmp(&date::from_millis(*b)?)),
        (Str(text), other) => compare(&read_as(text, other)?, other),
        (other, Str(text)) => compare(other, &read_as(text, other)?),
        (_, Date(_)) => compare(right, left).map(Ordering::reverse),
        _ => None,
    }
}

/// The string as a value of the same type as `other`.
fn read_as(text: &str, other: &Value) -> Option<Value> {
    match other {
        Value::Null => None,
        Value::Bool(_) => text.parse().ok().map(Value::Bool),
        Value::Int(_) | Value::Float(_) => {
            let int = text.parse().ok().map(Value::Int);
            int.or_else(|| text.parse().ok().map(Value::Float))
        }
        Value::Str(_) => Some(Value::Str(text.to_owned())),
        Value::Date(_) => date::parse(text).map(Value::Date),
        Value::Ip(_) => Value::ip(text),
        Value::Version(_) => Some(Value::Version(Version::new(text))),
    }
}

/// By the 16 bytes of version 6, in which version 4 has its mapped place.
fn order_ip(a: IpAddr, b: IpAddr) -> Ordering {
    fn bytes(ip: IpAddr) -> [u8; 16] {
        match ip {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        }
    }
    bytes(a).cmp(&bytes(b))
}

/// Upper-case ASCII letters made lower case; all else unchanged.
pub(crate) fn fold(text: &str) -> String {
    text.chars().map(|c| c.to_ascii_lowercase()).collect()
}

/// A join key: one value for each `by` field, ordered with null first.
///
/// Equality is typed: the string `"1"` and the number `1` are different keys.
#[derive(Clone, Debug, Default)]
pub struct Key(pub Vec<Value>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        let first_difference = pairs.map(|(a, b)| order_keys(a, b)).find(|o| o.is_ne());
        first_difference.unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

/// A total order: by type, then by value.
pub(crate) fn order_keys(a: &Value, b: &Value) -> Ordering {
    fn rank(value: &Value) -> u8 {
        match value {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Int(_) | Value::Float(_) => 2,
            Value::Str(_) => 3,
            Value::Date(_) => 4,
            Value::Ip(_) => 5,
            Value::Version(_) => 6,
        }
    }
    rank(a).cmp(&rank(b)).then_with(|| match (a.as_f64(), b.as_f64()) {
        (Some(x), Some(y)) if !matches!((a, b), (Value::Int(_), Value::Int(_))) => {
            // The two zeros are one number, also where it is a `long` in another event.
            (x + 0.0).total_cmp(&(y + 0.0))
        }
        _ => compare(a, b).unwrap_or(Ordering::Equal),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Value {
        Value::Str(text.to_owned())
    }

    #[test]
    fn numbers_compare_across_types() {
        assert_eq!(compare(&Value::Int(3), &Value::Float(3.0)), Some(Ordering::Equal));
        assert_eq!(compare(&Value::Int(3), &Value::Float(3.5)), Some(Ordering::Less));
        assert_eq!(compare(&string("3"), &Value::Int(3)), Some(Ordering::Equal));
        assert_eq!(compare(&string("x"), &Value::Int(3)), None);
        assert_eq!(compare(&Value::Null, &Value::Null), None);
    }

    #[test]
    fn strings_compare_by_bytes() {
        assert_eq!(compare(&string("Foo"), &string("foo")), Some(Ordering::Less));
        assert_eq!(compare(&string("z"), &string("é")), Some(Ordering::Less));
    }

    #[test]
    fn dates_compare_with_text_and_milliseconds() {
        let day = Value::Date(date::parse("1970-01-02").unwrap());
        assert_eq!(compare(&day, &Value::Int(86_400_000)), Some(Ordering::Equal));
        assert_eq!(compare(&Value::Int(86_400_001), &day), Some(Ordering::Greater));
        assert_eq!(compare(&day, &string("1970-01-02T00:00:00.001Z")), Some(Ordering::Less));
    }

    #[test]
    fn a_mapped_address_is_one_of_version_4() {
        let (a, b) = (Value::ip("::ffff:10.0.0.1").unwrap(), Value::ip("10.0.0.1").unwrap());
        assert_eq!(compare(&a, &b), Some(Ordering::Equal));
    }

    #[test]
    fn doubles_print_as_in_java() {
        let cases = [(42.5, "42.5"), (1.0, "1.0"), (1e10, "1.0E10"), (1.5e-5, "1.5E-5")];
        for (x, text) in cases {
            assert_eq!(Value::Float(x).to_string(), text);
        }
    }

    #[test]
    fn keys_are_typed_and_null_comes_first() {
        assert_ne!(Key(vec![string("1")]), Key(vec![Value::Int(1)]));
        assert_eq!(Key(vec![Value::Float(1.0)]), Key(vec![Value::Int(1)]));
        assert_eq!(Key(vec![Value::Float(-0.0)]), Key(vec![Value::Float(0.0)]));
        assert_eq!(Key(vec![Value::Float(-0.0)]), Key(vec![Value::Int(0)]));
        assert!(Key(vec![Value::Null]) < Key(vec![Value::Bool(false)]));
        assert_eq!(Key(vec![Value::Null]), Key(vec![Value::Null]));
    }
}
