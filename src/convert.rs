//! Rust types as field values: what `#[derive(eql::Event)]` reads a struct's members with.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use crate::field::{Boolean, Date, Double, Ip, Keyword, Kind, Long, UnsignedLong, Version};
use crate::value::Timestamp;

/// A Rust type that carries the values of a field of type `K`.
///
/// | field | Rust types |
/// |---|---|
/// | `keyword`, `version` | `str`, `String` |
/// | `long` | `i8` to `i64`, `u8` to `u32` |
/// | `unsigned_long` | `u8` to `u64` |
/// | `double` | `f32`, `f64` and every integer; not a number and the infinities are absent |
/// | `boolean` | `bool` |
/// | `date` | [`Timestamp`], [`SystemTime`]; a time outside the years 1677 to 2262 is absent |
/// | `ip` | `IpAddr`, `Ipv4Addr`, `Ipv6Addr`; `::ffff:a.b.c.d` is the version 4 address in it |
///
/// Around each of them any of `&T`, `Box`, `Rc`, `Arc`, `Cow`, and, for none or several values, `Option`,
/// `Vec`, slices and arrays, also nested.
#[diagnostic::on_unimplemented(
    message = "a member of type `{Self}` cannot carry a field of type `{K}`",
    label = "holds no values of an EQL `{K}`",
    note = "`eql::convert::FieldValue` lists the types that can"
)]
pub trait FieldValue<K: Kind> {
    /// Whether any value passes `test`; false where there is none. The values come in order.
    fn any(&self, test: impl FnMut(K::Value<'_>) -> bool) -> bool;

    /// The values as they stand in a document; `None` where there is none.
    fn to_json(&self) -> Option<Value>;
}

macro_rules! scalar {
    ($kind:ty: $( $type:ty ),+; |$value:ident| $read:expr, $json:expr) => { $(
        impl FieldValue<$kind> for $type {
            #[inline]
            fn any(&self, mut test: impl FnMut(<$kind as Kind>::Value<'_>) -> bool) -> bool {
                let $value = self;
                test($read)
            }

            fn to_json(&self) -> Option<Value> {
                let $value = self;
                Some(Value::from($json))
            }
        }
    )+ };
}

scalar!(Keyword: str, String; |text| text, text.to_owned());
scalar!(Version: str, String; |text| text, text.to_owned());
scalar!(Long: i8, i16, i32, u8, u16, u32; |int| i64::from(*int), *int);
scalar!(Long: i64; |int| *int, *int);
scalar!(UnsignedLong: u8, u16, u32; |int| u64::from(*int), *int);
scalar!(UnsignedLong: u64; |int| *int, *int);
scalar!(Double: i8, i16, i32, u8, u16, u32; |int| f64::from(*int), *int);
scalar!(Boolean: bool; |bool| *bool, *bool);
scalar!(Ip: IpAddr; |ip| ip.to_canonical(), ip.to_string());
scalar!(Ip: Ipv4Addr; |ip| IpAddr::V4(*ip), ip.to_string());
scalar!(Ip: Ipv6Addr; |ip| ip.to_canonical(), ip.to_string());
scalar!(Date: Timestamp; |time| *time, time.to_string());

macro_rules! wide_integer_as_double {
    ($( $type:ty ),+) => { $(
        impl FieldValue<Double> for $type {
            #[inline]
            #[expect(clippy::cast_precision_loss, reason = "a field of floats holds the nearest float")]
            fn any(&self, mut test: impl FnMut(f64) -> bool) -> bool {
                test(*self as f64)
            }

            fn to_json(&self) -> Option<Value> {
                Some(Value::from(*self))
            }
        }
    )+ };
}

wide_integer_as_double!(i64, u64);

macro_rules! float {
    ($( $type:ty ),+) => { $(
        impl FieldValue<Double> for $type {
            #[inline]
            fn any(&self, mut test: impl FnMut(f64) -> bool) -> bool {
                self.is_finite() && test(f64::from(*self))
            }

            fn to_json(&self) -> Option<Value> {
                serde_json::Number::from_f64(f64::from(*self)).map(Value::Number)
            }
        }
    )+ };
}

float!(f32, f64);

impl FieldValue<Date> for SystemTime {
    #[inline]
    fn any(&self, test: impl FnMut(Timestamp) -> bool) -> bool {
        Timestamp::from_system_time(*self).is_some_and(test)
    }

    fn to_json(&self) -> Option<Value> {
        Timestamp::from_system_time(*self).map(|time| Value::from(time.to_string()))
    }
}

macro_rules! pointer {
    ($( $type:ty ),+) => { $(
        impl<K: Kind, T: FieldValue<K> + ?Sized> FieldValue<K> for $type {
            #[inline]
            fn any(&self, test: impl FnMut(K::Value<'_>) -> bool) -> bool {
                T::any(self, test)
            }

            fn to_json(&self) -> Option<Value> {
                T::to_json(self)
            }
        }
    )+ };
}

pointer!(&T, Box<T>, Rc<T>, Arc<T>);

impl<K: Kind, T: FieldValue<K> + ToOwned + ?Sized> FieldValue<K> for Cow<'_, T> {
    #[inline]
    fn any(&self, test: impl FnMut(K::Value<'_>) -> bool) -> bool {
        T::any(self, test)
    }

    fn to_json(&self) -> Option<Value> {
        T::to_json(self)
    }
}

impl<K: Kind, T: FieldValue<K>> FieldValue<K> for Option<T> {
    #[inline]
    fn any(&self, test: impl FnMut(K::Value<'_>) -> bool) -> bool {
        self.as_ref().is_some_and(|value| value.any(test))
    }

    fn to_json(&self) -> Option<Value> {
        self.as_ref().and_then(T::to_json)
    }
}

impl<K: Kind, T: FieldValue<K>> FieldValue<K> for [T] {
    #[inline]
    fn any(&self, mut test: impl FnMut(K::Value<'_>) -> bool) -> bool {
        self.iter().any(|value| value.any(&mut test))
    }

    fn to_json(&self) -> Option<Value> {
        let values: Vec<Value> = self.iter().filter_map(T::to_json).collect();
        if values.is_empty() { None } else { Some(Value::Array(values)) }
    }
}

impl<K: Kind, T: FieldValue<K>> FieldValue<K> for Vec<T> {
    #[inline]
    fn any(&self, test: impl FnMut(K::Value<'_>) -> bool) -> bool {
        self[..].any(test)
    }

    fn to_json(&self) -> Option<Value> {
        self[..].to_json()
    }
}

impl<K: Kind, T: FieldValue<K>, const N: usize> FieldValue<K> for [T; N] {
    #[inline]
    fn any(&self, test: impl FnMut(K::Value<'_>) -> bool) -> bool {
        self[..].any(test)
    }

    fn to_json(&self) -> Option<Value> {
        self[..].to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// All values of a Rust value as a field of type `K`, and its JSON.
    fn read<K: Kind>(carrier: &(impl FieldValue<K> + ?Sized)) -> (Vec<K::Owned>, Option<Value>) {
        let mut values = Vec::new();
        carrier.any(|value| {
            values.push(K::to_owned(value));
            false
        });
        (values, carrier.to_json())
    }

    #[test]
    fn strings() {
        let expected = (vec!["x".to_owned()], Some(json!("x")));
        assert_eq!(read::<Keyword>("x"), expected);
        assert_eq!(read::<Version>(&"x"), expected);
        assert_eq!(read::<Keyword>(&String::from("x")), expected);
        assert_eq!(read::<Keyword>(&Some("x")), expected);
        assert_eq!(read::<Keyword>(&Cow::Borrowed("x")), expected);
        assert_eq!(read::<Keyword>(&Box::<str>::from("x")), expected);
        assert_eq!(read::<Keyword>(&Arc::<str>::from("x")), expected);
        assert_eq!(read::<Keyword>(&Rc::<str>::from("x")), expected);
        assert_eq!(read::<Keyword>(""), (vec![String::new()], Some(json!(""))));
    }

    #[test]
    fn numbers() {
        assert_eq!(read::<Long>(&-3_i8), (vec![-3], Some(json!(-3))));
        assert_eq!(read::<Long>(&u32::MAX), (vec![4_294_967_295], Some(json!(u32::MAX))));
        assert_eq!(read::<UnsignedLong>(&u64::MAX), (vec![u64::MAX], Some(json!(u64::MAX))));
        assert_eq!(read::<Double>(&1.5_f32), (vec![1.5], Some(json!(1.5))));
        assert_eq!(read::<Double>(&3_u8), (vec![3.0], Some(json!(3))));
        assert_eq!(read::<Double>(&-3_i64), (vec![-3.0], Some(json!(-3))));
        assert_eq!(read::<Double>(&f64::NAN), (vec![], None));
        assert_eq!(read::<Boolean>(&false), (vec![false], Some(json!(false))));
    }

    #[test]
    fn addresses_are_canonical_in_tests_and_as_given_in_documents() {
        let mapped: Ipv6Addr = "::ffff:10.0.0.1".parse().unwrap();
        let plain: IpAddr = "10.0.0.1".parse().unwrap();
        assert_eq!(read::<Ip>(&mapped), (vec![plain], Some(json!("::ffff:10.0.0.1"))));
        assert_eq!(read::<Ip>(&IpAddr::V6(mapped)).0, [plain]);
        assert_eq!(read::<Ip>(&Ipv4Addr::new(10, 0, 0, 1)), (vec![plain], Some(json!("10.0.0.1"))));
    }

    #[test]
    fn times() {
        let time = Timestamp::from_millis(1).unwrap();
        let expected = (vec![time], Some(json!("1970-01-01T00:00:00.001Z")));
        assert_eq!(read::<Date>(&time), expected);
        assert_eq!(read::<Date>(&SystemTime::from(time)), expected);
        let far = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(u32::MAX) * 10);
        assert_eq!(read::<Date>(&far), (vec![], None));
    }

    #[test]
    fn none_and_many() {
        assert_eq!(read::<Long>(&None::<i64>), (vec![], None));
        assert_eq!(read::<Long>(&Vec::<i64>::new()), (vec![], None));
        assert_eq!(read::<Long>(&[None::<i64>, None]), (vec![], None));
        assert_eq!(
            read::<Long>(&vec![Some(1_i64), None, Some(2)]),
            (vec![1, 2], Some(json!([1, 2])))
        );
        assert_eq!(
            read::<Long>(&[[1_i64, 2], [3, 4]]),
            (vec![1, 2, 3, 4], Some(json!([[1, 2], [3, 4]])))
        );
        assert_eq!(read::<Keyword>(&["a"][..]), (vec!["a".to_owned()], Some(json!(["a"]))));
        assert_eq!(read::<Long>(&Some(Box::<[i64]>::from([1]))), (vec![1], Some(json!([1]))));
    }

    #[test]
    fn the_first_hit_ends_the_search() {
        let mut seen = Vec::new();
        assert!(FieldValue::<Long>::any(&[1_i64, 2, 3], |value| {
            seen.push(value);
            value == 2
        }));
        assert_eq!(seen, [1, 2]);
    }
}
