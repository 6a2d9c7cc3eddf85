//! Join keys: the values after `by`, as tuples that can be compared, ordered and hashed.
//!
//! A tuple is kept as bytes that order as the tuple does: equal keys have equal bytes, smaller keys have
//! smaller bytes, and null comes before everything.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use siphasher::sip128::SipHasher24;

use crate::cidr::bits;
use crate::field::{
    Boolean, Date, Double, Field, Has, Ip, Keyword, Kind, Long, UnsignedLong, ValueOf, Version,
};

/// The most key tuples that one event takes part with at one term.
///
/// Arrays multiply: three key fields with a hundred values each are a million tuples. Elasticsearch
/// sets no bound; here the smallest tuples are kept and the event is counted in `truncated`.
pub const MAX_TUPLES: usize = 1024;

const NULL: u8 = 0;
const BOOLEAN: u8 = 1;
const NUMBER: u8 = 2;
const DATE: u8 = 3;
const IP: u8 = 4;
const STRING: u8 = 5;
const VERSION: u8 = 6;

/// A type of field that can be a join key.
///
/// | types | equal when |
/// |---|---|
/// | `keyword` | the strings are, case included |
/// | `long`, `unsigned_long`, `double` | the numbers are, whatever the type: `1` is `1.0`, `-0.0` is `0` |
/// | `boolean` | the values are |
/// | `date` | the instants are, to the nanosecond |
/// | `ip` | the addresses are; `::ffff:10.0.0.1` is `10.0.0.1` |
/// | `version` | the texts are; so `1.0` is not `1.0.0`. They order as text |
///
/// Values of different rows are never equal: the string `1` is not the number 1.
pub trait KeyKind: Kind {
    /// Appends the value: bytes that order as the values do, and of which none is the start of another.
    fn encode(value: Self::Value<'_>, out: &mut Vec<u8>);
}

impl KeyKind for Keyword {
    fn encode(value: &str, out: &mut Vec<u8>) {
        out.push(STRING);
        encode_text(value, out);
    }
}

impl KeyKind for Version {
    fn encode(value: &str, out: &mut Vec<u8>) {
        out.push(VERSION);
        encode_text(value, out);
    }
}

impl KeyKind for Long {
    fn encode(value: i64, out: &mut Vec<u8>) {
        encode_whole(value.into(), out);
    }
}

impl KeyKind for UnsignedLong {
    fn encode(value: u64, out: &mut Vec<u8>) {
        encode_whole(value.into(), out);
    }
}

impl KeyKind for Double {
    fn encode(value: f64, out: &mut Vec<u8>) {
        encode_double(value, out);
    }
}

impl KeyKind for Boolean {
    fn encode(value: bool, out: &mut Vec<u8>) {
        out.extend([BOOLEAN, value.into()]);
    }
}

impl KeyKind for Date {
    fn encode(value: crate::Timestamp, out: &mut Vec<u8>) {
        out.push(DATE);
        out.extend((value.as_nanos() ^ i64::MIN).to_be_bytes());
    }
}

impl KeyKind for Ip {
    fn encode(value: IpAddr, out: &mut Vec<u8>) {
        out.push(IP);
        out.extend(bits(value).to_be_bytes());
    }
}

/// Ends with `00 00`; a zero byte of the text becomes `00 FF`, so that it cannot end the text early.
fn encode_text(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(zero) = memchr::memchr(0, rest) {
        out.extend_from_slice(&rest[..zero]);
        out.extend([0, 0xFF]);
        rest = &rest[zero + 1..];
    }
    out.extend_from_slice(rest);
    out.extend([0, 0]);
}

/// Beyond this no `u64` and no `i64` is found, so that a double there needs no whole part.
const WHOLE_BOUND: f64 = 18_446_744_073_709_551_616.0;

fn encode_whole(value: i128, out: &mut Vec<u8>) {
    encode_number(1, value, 0.0, out);
}

#[expect(clippy::cast_possible_truncation, reason = "below 2^64, and cut off on purpose")]
fn encode_double(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        encode_number(3, 0, 0.0, out);
    } else if value <= -WHOLE_BOUND {
        encode_number(0, 0, value, out);
    } else if value >= WHOLE_BOUND {
        encode_number(2, 0, value, out);
    } else {
        // Adding zero turns -0.0 into 0.0.
        encode_number(1, value.trunc() as i128, value.fract() + 0.0, out);
    }
}

/// `class` is 0 below all whole numbers, 1 among them, 2 above them, 3 for what is no number.
/// Whole part and fraction have the same sign, so both grow with the number.
fn encode_number(class: u8, whole: i128, fraction: f64, out: &mut Vec<u8>) {
    out.extend([NUMBER, class]);
    let shifted = (whole + (1 << 64)).to_be_bytes();
    out.extend_from_slice(&shifted[7..]);
    let bits = fraction.to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    out.extend(ordered.to_be_bytes());
}

/// The key tuples of one event at one term: the cartesian product of the distinct values of each key field.
///
/// Meant to be filled again for each event; it keeps its memory. Fresh or cleared, it stands for a
/// term without `by`: one empty tuple.
///
/// ```
/// use eql::key::Keys;
/// use eql::field::{Keyword, Long};
///
/// let mut keys = Keys::new();
/// keys.push::<Keyword>("web-1");
/// keys.close(false);
/// keys.push::<Long>(4);
/// keys.push::<Long>(2);
/// keys.push::<Long>(4);
/// keys.close(false);
/// assert_eq!(keys.len(), 2); // ("web-1", 2) and ("web-1", 4)
/// ```
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The encoded values, field by field.
    bytes: Vec<u8>,
    /// Where each value ends in `bytes`.
    ends: Vec<usize>,
    /// For each closed field, how many values there are up to its end.
    fields: Vec<usize>,
    excluded: bool,
}

impl Keys {
    /// No key fields yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), fields: Vec::new(), excluded: false }
    }

    /// Forgets all fields.
    pub fn clear(&mut self) -> &mut Self {
        self.bytes.clear();
        self.ends.clear();
        self.fields.clear();
        self.excluded = false;
        self
    }

    /// Adds the key field `F`; an event without a value there takes no part.
    pub fn by<F, E>(&mut self, event: &E) -> &mut Self
    where
        F: Field<Kind: KeyKind>,
        E: Has<F> + ?Sized,
    {
        self.field::<F, E>(event, false)
    }

    /// Adds the key field `?F`; an event without a value there takes part with null.
    pub fn by_optional<F, E>(&mut self, event: &E) -> &mut Self
    where
        F: Field<Kind: KeyKind>,
        E: Has<F> + ?Sized,
    {
        self.field::<F, E>(event, true)
    }

    fn field<F, E>(&mut self, event: &E, optional: bool) -> &mut Self
    where
        F: Field<Kind: KeyKind>,
        E: Has<F> + ?Sized,
    {
        if !self.excluded {
            event.any(|value: ValueOf<'_, F>| {
                self.push::<F::Kind>(value);
                false
            });
            self.close(optional);
        }
        self
    }

    /// Adds a key field that is null in every event: an optional field outside the schema.
    pub fn null(&mut self) -> &mut Self {
        self.close(true);
        self
    }

    /// Adds one value to the key field that [`close`](Self::close) ends.
    pub fn push<K: KeyKind>(&mut self, value: K::Value<'_>) {
        K::encode(value, &mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// Ends a key field. Without values it is null if `optional`, else the event takes no part.
    pub fn close(&mut self, optional: bool) {
        let start = self.fields.last().copied().unwrap_or(0);
        match self.ends.len() - start {
            0 if optional => {
                self.bytes.push(NULL);
                self.ends.push(self.bytes.len());
            }
            0 => self.excluded = true,
            1 => {}
            _ => self.sort_values(start),
        }
        self.fields.push(self.ends.len());
    }

    /// Sorts the values from number `start` on, and drops repeated ones.
    fn sort_values(&mut self, start: usize) {
        let offset = self.value_start(start);
        let mut values: Vec<Vec<u8>> =
            (start..self.ends.len()).map(|index| self.value(index).to_vec()).collect();
        values.sort_unstable();
        values.dedup();
        self.bytes.truncate(offset);
        self.ends.truncate(start);
        for value in values {
            self.bytes.extend_from_slice(&value);
            self.ends.push(self.bytes.len());
        }
    }

    fn value_start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn value(&self, index: usize) -> &[u8] {
        &self.bytes[self.value_start(index)..self.ends[index]]
    }

    /// How many tuples there are; 0 where the event takes no part. No more than `usize::MAX`, and not cut off
    /// at [`MAX_TUPLES`].
    #[must_use]
    pub fn len(&self) -> usize {
        if self.excluded {
            return 0;
        }
        let mut start = 0;
        self.fields.iter().fold(1, |product: usize, &end| {
            let values = end - start;
            start = end;
            product.saturating_mul(values)
        })
    }

    /// Whether the event takes no part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.excluded
    }

    /// Calls `take` with each tuple, smallest first, up to [`MAX_TUPLES`]; returns whether that cut any off.
    pub fn each(&self, mut take: impl FnMut(&[u8])) -> bool {
        if self.excluded {
            return false;
        }
        if self.ends.len() == self.fields.len() {
            // One value each: they lie side by side already.
            take(&self.bytes);
            return false;
        }
        let mut odometer = Odometer::new(&self.fields);
        let mut tuple = Vec::new();
        for _ in 0..MAX_TUPLES {
            tuple.clear();
            for &index in &odometer.at {
                tuple.extend_from_slice(self.value(index));
            }
            take(&tuple);
            if !odometer.advance(&self.fields) {
                return false;
            }
        }
        true
    }
}

/// One value index for each field; the last field turns fastest.
struct Odometer {
    at: Vec<usize>,
}

impl Odometer {
    fn new(fields: &[usize]) -> Self {
        let starts = std::iter::once(0).chain(fields.iter().copied());
        Self { at: starts.take(fields.len()).collect() }
    }

    /// False once all combinations have been.
    fn advance(&mut self, fields: &[usize]) -> bool {
        for field in (0..fields.len()).rev() {
            self.at[field] += 1;
            if self.at[field] < fields[field] {
                return true;
            }
            self.at[field] = field.checked_sub(1).map_or(0, |before| fields[before]);
        }
        false
    }
}

/// A key tuple as sequences hold it: 128 bits of SipHash-2-4 under a secret.
///
/// Keys are not kept beside it. Two of *n* keys share a hash with probability n²/2¹²⁹, for a billion keys
/// one in 10²⁰, and nobody can search for such keys without the secret, which differs for each machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyHash(pub(crate) [u64; 2]);

/// The secret under which keys are hashed.
#[derive(Clone, Debug)]
pub(crate) struct KeyHasher {
    secret: [u64; 2],
    hasher: SipHasher24,
}

impl KeyHasher {
    /// With a fresh secret.
    pub(crate) fn random() -> Self {
        // The standard library keys this from the system's randomness; its outputs stand for the keys.
        let source = RandomState::new();
        Self::with_secret([source.hash_one(0_u8), source.hash_one(1_u8)])
    }

    pub(crate) fn with_secret(secret: [u64; 2]) -> Self {
        Self { secret, hasher: SipHasher24::new_with_keys(secret[0], secret[1]) }
    }

    pub(crate) fn secret(&self) -> [u64; 2] {
        self.secret
    }

    pub(crate) fn hash(&self, tuple: &[u8]) -> KeyHash {
        let hash = self.hasher.hash(tuple);
        KeyHash([hash.h1, hash.h2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn encoded<K: KeyKind>(value: K::Value<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        K::encode(value, &mut out);
        out
    }

    fn tuples(keys: &Keys) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        keys.each(|tuple| all.push(tuple.to_vec()));
        all
    }

    #[test]
    fn numbers_order_and_compare_across_their_types() {
        let ascending = [
            encoded::<Double>(f64::NEG_INFINITY),
            encoded::<Double>(-1e300),
            encoded::<Double>(-1e19),
            encoded::<Long>(i64::MIN),
            encoded::<Double>(-1.5),
            encoded::<Long>(-1),
            encoded::<Double>(-0.5),
            encoded::<Double>(-2e-300),
            encoded::<Double>(-1e-300),
            encoded::<Long>(0),
            encoded::<Double>(1e-300),
            encoded::<Double>(0.5),
            encoded::<UnsignedLong>(1),
            encoded::<Double>(1.5),
            encoded::<Long>(i64::MAX),
            encoded::<UnsignedLong>(u64::MAX),
            encoded::<Double>(1e20),
            encoded::<Double>(f64::INFINITY),
            encoded::<Double>(f64::NAN),
        ];
        for pair in ascending.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        assert_eq!(encoded::<Long>(1), encoded::<Double>(1.0));
        assert_eq!(encoded::<UnsignedLong>(7), encoded::<Long>(7));
        assert_eq!(encoded::<Double>(-0.0), encoded::<Long>(0));
    }

    #[test]
    fn kinds_never_mix() {
        let different = [
            encoded::<Keyword>("1"),
            encoded::<Version>("1"),
            encoded::<Long>(1),
            encoded::<Boolean>(true),
            encoded::<Date>(Timestamp::from_nanos(1)),
            encoded::<Ip>("::1".parse().unwrap()),
        ];
        for (index, one) in different.iter().enumerate() {
            for other in &different[index + 1..] {
                assert_ne!(one, other);
            }
        }
        assert_eq!(
            encoded::<Ip>("10.0.0.1".parse().unwrap()),
            encoded::<Ip>("::ffff:10.0.0.1".parse().unwrap())
        );
    }

    #[test]
    fn neighbouring_texts_cannot_be_shifted() {
        let of = |left: &str, right: &str| {
            let mut keys = Keys::new();
            keys.push::<Keyword>(left);
            keys.close(false);
            keys.push::<Keyword>(right);
            keys.close(false);
            tuples(&keys)
        };
        assert_ne!(of("a", "b"), of("ab", ""));
        assert_ne!(of("a\0", "b"), of("a", "\0b"));
        assert_ne!(of("a\0\0\u{5}b", "c"), of("a", "b\0\0\u{5}c"));
        assert!(of("a", "z") < of("a\0", "a"));
    }

    #[test]
    fn arrays_multiply_their_distinct_values() {
        let mut keys = Keys::new();
        for value in ["b", "a", "b"] {
            keys.push::<Keyword>(value);
        }
        keys.close(false);
        keys.null();
        for value in [3, 1, 2, 3] {
            keys.push::<Long>(value);
        }
        keys.close(true);
        let all = tuples(&keys);
        assert_eq!(all.len(), 6);
        assert_eq!(keys.len(), 6);
        assert!(all.is_sorted());
    }

    #[test]
    fn null_excludes_unless_optional() {
        let mut keys = Keys::new();
        assert_eq!(tuples(&keys), [Vec::<u8>::new()]);
        keys.close(false);
        assert!(keys.is_empty());
        assert!(tuples(&keys).is_empty());
        keys.clear().null();
        assert_eq!(tuples(&keys), [vec![NULL]]);
    }

    #[test]
    fn products_are_cut_off() {
        let mut keys = Keys::new();
        for _ in 0..3 {
            for value in 0..100 {
                keys.push::<Long>(value);
            }
            keys.close(false);
        }
        let mut count = 0;
        assert!(keys.each(|_| count += 1));
        assert_eq!(count, MAX_TUPLES);
        assert_eq!(keys.len(), 1_000_000);
    }

    #[test]
    fn secrets_differ() {
        let tuple = b"web-1";
        assert_ne!(KeyHasher::random().hash(tuple), KeyHasher::random().hash(tuple));
        let hasher = KeyHasher::random();
        assert_eq!(hasher.hash(tuple), KeyHasher::with_secret(hasher.secret()).hash(tuple));
    }
}
