//! The values of one field, owned: members of generated alerts.

use std::fmt;
use std::ops::Deref;
use std::slice;

use serde::ser::{Serialize, Serializer};

use crate::field::{Field, Has, Kind};

/// None, one or several values, as a slice.
///
/// Events hold one value of most fields, which costs no allocation here. It serialises as documents hold
/// fields: null, the value, or an array.
///
/// ```
/// use eql::values::Values;
///
/// let args: Values<&str> = ["a", "b"].into_iter().collect();
/// assert_eq!(args.first(), Some(&"a"));
/// assert_eq!(args.to_string(), "a, b");
/// ```
#[derive(Clone)]
pub struct Values<T>(Repr<T>);

#[derive(Clone)]
enum Repr<T> {
    None,
    One(T),
    Many(Vec<T>),
}

impl<T> Values<T> {
    /// No value.
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::None)
    }

    /// Adds a value at the end.
    pub fn push(&mut self, value: T) {
        self.0 = match std::mem::replace(&mut self.0, Repr::None) {
            Repr::None => Repr::One(value),
            Repr::One(first) => Repr::Many(vec![first, value]),
            Repr::Many(mut values) => {
                values.push(value);
                Repr::Many(values)
            }
        };
    }

    /// The values as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        match &self.0 {
            Repr::None => &[],
            Repr::One(value) => slice::from_ref(value),
            Repr::Many(values) => values,
        }
    }
}

/// All values of the field `F` of an event, in the order of the event.
pub fn collect<E, F>(event: &E) -> Values<<F::Kind as Kind>::Owned>
where
    E: Has<F> + ?Sized,
    F: Field,
{
    let mut values = Values::new();
    event.any(|value| {
        values.push(F::Kind::to_owned(value));
        false
    });
    values
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for Values<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T> AsRef<[T]> for Values<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T: fmt::Debug> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// The values, joined by `, `.
impl<T: fmt::Display> fmt::Display for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            value.fmt(f)?;
        }
        Ok(())
    }
}

impl<T: PartialEq> PartialEq for Values<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Eq> Eq for Values<T> {}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<[U; N]> for Values<T> {
    fn eq(&self, other: &[U; N]) -> bool {
        self.as_slice() == other
    }
}

impl<T> Extend<T> for Values<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            self.push(value);
        }
    }
}

impl<T> FromIterator<T> for Values<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut collected = Self::new();
        collected.extend(values);
        collected
    }
}

impl<'a, T> IntoIterator for &'a Values<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> slice::Iter<'a, T> {
        self.iter()
    }
}

impl<T: Serialize> Serialize for Values<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Repr::None => serializer.serialize_none(),
            Repr::One(value) => value.serialize(serializer),
            Repr::Many(values) => values.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Keyword, Long};
    use serde_json::json;

    enum Args {}
    impl Field for Args {
        const PATH: &'static str = "process.args";
        type Kind = Keyword;
    }

    enum Pid {}
    impl Field for Pid {
        const PATH: &'static str = "process.pid";
        type Kind = Long;
    }

    #[test]
    fn collects_in_order() {
        let event = json!({"process": {"args": ["a", ["b", null], 3], "pid": "7"}});
        assert_eq!(collect::<_, Args>(&event), ["a", "b", "3"]);
        assert_eq!(collect::<_, Pid>(&event), [7]);
        assert_eq!(collect::<_, Pid>(&json!({})), [0_i64; 0]);
    }

    #[test]
    fn serialises_as_documents_hold_fields() {
        let values = |count: i64| (0..count).collect::<Values<i64>>();
        assert_eq!(serde_json::to_value(values(0)).unwrap(), json!(null));
        assert_eq!(serde_json::to_value(values(1)).unwrap(), json!(0));
        assert_eq!(serde_json::to_value(values(3)).unwrap(), json!([0, 1, 2]));
    }

    #[test]
    fn compares_and_prints_as_a_slice() {
        let one: Values<i64> = [1].into_iter().collect();
        let mut two = one.clone();
        two.push(2);
        assert_ne!(one, two);
        assert_eq!(two, [1, 2]);
        assert_eq!(format!("{two:?} {two} {}", Values::<i64>::default()), "[1, 2] 1, 2 ");
        assert_eq!(two.iter().sum::<i64>(), 3);
    }
}
