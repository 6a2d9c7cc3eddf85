//! Arithmetic of rules.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

/// A number in an expression: `length(a) + 1`, `process.pid / 2.0`.
///
/// Two integers give an integer, an integer and a float a float. The operators return `None`, which is
/// null, where Elasticsearch ends the query with a run-time error: on a zero divisor and on a result
/// that does not fit. Division of integers cuts towards zero, and a remainder has the sign of the
/// dividend. Comparison goes by value, across both kinds and without rounding: `3 == 3.0`, and
/// `9007199254740993 != 9007199254740992.0`.
///
/// ```
/// use eql::number::Number;
///
/// assert_eq!(Number::Int(-7) / Number::Int(2), Some(Number::Int(-3)));
/// assert_eq!(Number::Int(-10) % Number::Int(-6), Some(Number::Int(-4)));
/// assert_eq!(Number::Int(1) + Number::Float(0.5), Some(Number::Float(1.5)));
/// assert_eq!(Number::Int(1) / Number::Int(0), None);
/// assert!(Number::Int(3) == Number::Float(3.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// A finite float.
    Float(f64),
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "arithmetic with a float is done in floats")]
    const fn as_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    #[inline]
    fn combine(
        self,
        other: Self,
        ints: fn(i64, i64) -> Option<i64>,
        floats: fn(f64, f64) -> f64,
    ) -> Option<Self> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => ints(left, right).map(Self::Int),
            (left, right) => finite(floats(left.as_f64(), right.as_f64())),
        }
    }
}

/// Dividing a float by zero is not finite either, so this covers all that can go wrong.
fn finite(float: f64) -> Option<Number> {
    float.is_finite().then_some(Number::Float(float))
}

impl Add for Number {
    type Output = Option<Self>;

    #[inline]
    fn add(self, other: Self) -> Option<Self> {
        self.combine(other, i64::checked_add, f64::add)
    }
}

impl Sub for Number {
    type Output = Option<Self>;

    #[inline]
    fn sub(self, other: Self) -> Option<Self> {
        self.combine(other, i64::checked_sub, f64::sub)
    }
}

impl Mul for Number {
    type Output = Option<Self>;

    #[inline]
    fn mul(self, other: Self) -> Option<Self> {
        self.combine(other, i64::checked_mul, f64::mul)
    }
}

impl Div for Number {
    type Output = Option<Self>;

    #[inline]
    fn div(self, other: Self) -> Option<Self> {
        self.combine(other, i64::checked_div, f64::div)
    }
}

impl Rem for Number {
    type Output = Option<Self>;

    #[inline]
    fn rem(self, other: Self) -> Option<Self> {
        // The remainder by -1 fits always, although the quotient may not.
        let ints = |left: i64, right: i64| (right != 0).then(|| left.wrapping_rem(right));
        self.combine(other, ints, f64::rem)
    }
}

impl Neg for Number {
    type Output = Option<Self>;

    #[inline]
    fn neg(self) -> Option<Self> {
        match self {
            Self::Int(int) => int.checked_neg().map(Self::Int),
            Self::Float(float) => Some(Self::Float(-float)),
        }
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

/// Numbers from 2⁶³ become the nearest float.
impl From<u64> for Number {
    #[expect(clippy::cast_precision_loss, reason = "stated")]
    fn from(int: u64) -> Self {
        i64::try_from(int).map_or(Self::Float(int as f64), Self::Int)
    }
}

impl From<f64> for Number {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(&right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(&right),
            (Self::Int(left), Self::Float(right)) => compare(left, right),
            (Self::Float(left), Self::Int(right)) => compare(right, left).map(Ordering::reverse),
        }
    }
}

/// Compares exactly: by the whole part, then by what the float has beyond it.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn compare(int: i64, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= LIMIT {
        Some(Ordering::Less)
    } else if float < -LIMIT {
        Some(Ordering::Greater)
    } else {
        let order = int.cmp(&(float as i64));
        Some(order.then_with(|| 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal)))
    }
}

#[cfg(test)]
mod tests {
    use super::Number::{Float, Int};
    use super::*;

    /// Equality that also tells an integer from a float.
    fn same(left: Option<Number>, right: Option<Number>) -> bool {
        format!("{left:?}") == format!("{right:?}")
    }

    #[test]
    fn kinds_of_results() {
        for (result, expected) in [
            (Int(82) / Int(2), Some(Int(41))),
            (Int(83) / Int(2), Some(Int(41))),
            (Int(-7) / Int(2), Some(Int(-3))),
            (Int(83) / Float(2.0), Some(Float(41.5))),
            (Int(10) % Int(-6), Some(Int(4))),
            (Int(-10) % Int(-6), Some(Int(-4))),
            (Float(5.5) % Int(2), Some(Float(1.5))),
            (Float(-5.5) % Int(2), Some(Float(-1.5))),
            (Int(2) - Int(3), Some(Int(-1))),
            (Int(2) * Float(1.5), Some(Float(3.0))),
            (-Int(2), Some(Int(-2))),
            (-Float(0.5), Some(Float(-0.5))),
        ] {
            assert!(same(result, expected), "{result:?} != {expected:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_null() {
        for result in [
            Int(i64::MAX) + Int(1),
            Int(i64::MIN) - Int(1),
            Int(i64::MAX) * Int(2),
            Int(i64::MIN) / Int(-1),
            -Int(i64::MIN),
            Int(1) / Int(0),
            Int(1) % Int(0),
            Float(1.0) / Int(0),
            Float(0.0) / Float(0.0),
            Float(1.0) % Float(0.0),
            Float(f64::MAX) * Int(2),
        ] {
            assert!(result.is_none(), "{result:?}");
        }
        assert!(same(Int(i64::MIN) % Int(-1), Some(Int(0))));
    }

    #[test]
    fn comparison_is_exact() {
        // 2^53 + 1 has no float of its own.
        let odd = 9_007_199_254_740_993;
        assert!(Int(odd) > Float(9_007_199_254_740_992.0));
        assert!(Int(odd) != Float(9_007_199_254_740_992.0));
        assert!(Int(i64::MAX) < Float(9_223_372_036_854_775_808.0));
        assert!(Int(i64::MIN) == Float(-9_223_372_036_854_775_808.0));
        assert!(Int(i64::MIN) > Float(-9_223_372_036_854_777_856.0));
        assert!(Int(3) == Float(3.0) && Float(3.0) == Int(3));
        assert!(Int(3) < Float(3.5) && Int(-3) > Float(-3.5) && Int(-3) < Float(-2.5));
        assert!(Float(-0.5) < Int(0) && Float(0.5) > Int(0) && Float(-0.0) == Int(0));
        assert_eq!(Int(0).partial_cmp(&Float(f64::NAN)), None);
        assert!(Int(0) > Float(f64::NEG_INFINITY) && Int(0) < Float(f64::INFINITY));
    }

    #[test]
    fn unsigned_numbers() {
        assert!(same(Some(Number::from(5_u64)), Some(Int(5))));
        assert!(same(Some(Number::from(u64::MAX)), Some(Float(18_446_744_073_709_551_615.0))));
    }
}
