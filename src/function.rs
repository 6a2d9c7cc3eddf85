//! The functions of the language, on values that are present.
//!
//! A null argument makes a call null; whoever calls these has dealt with that. Positions and lengths count
//! UTF-16 code units, as in Elasticsearch: a character outside the Basic Multilingual Plane is two. `fold`
//! is the variant with `~`, which takes ASCII letters of both cases for one. Nothing here allocates,
//! except for a [`Text`] of more than 256 bytes.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::ops::Deref;

use arrayvec::ArrayString;

use crate::number::Number;
use crate::value::Timestamp;

/// `length(s)`
#[must_use]
pub fn length(s: &str) -> i64 {
    to_i64(units(s))
}

/// `indexOf(s, t, start)`: where `t` first stands in `s` at or after `start`, counted from 0.
///
/// `None` where it does not, and where `start` lies beyond the end of `s`; a negative start is 0. The empty
/// `t` stands at `start`.
#[must_use]
pub fn index_of(s: &str, t: &str, start: i64, fold: bool) -> Option<i64> {
    let start = usize::try_from(start.max(0)).ok()?;
    if start > units(s) {
        return None;
    }
    if t.is_empty() {
        return Some(to_i64(start));
    }
    let from = byte_at_or_after(s, start);
    let found = from + find(&s[from..], t, fold)?;
    Some(to_i64(units(&s[..found])))
}

/// `between(s, left, right, greedy)`: what stands after the first `left` up to the first `right` after it,
/// or up to the last `right` if `greedy`.
///
/// The empty string where either is not found. The empty `left` stands at the start; the empty `right`
/// stands right after `left`, or at the end if `greedy`.
#[must_use]
pub fn between<'a>(s: &'a str, left: &str, right: &str, greedy: bool, fold: bool) -> &'a str {
    let Some(start) = find(s, left, fold) else { return "" };
    let rest = &s[start + left.len()..];
    let end = if greedy { rfind(rest, right, fold) } else { find(rest, right, fold) };
    end.map_or("", |end| &rest[..end])
}

/// `substring(s, start, end)`: from `start` up to but without `end`, or to the end of `s`.
///
/// A negative position counts from the end, and one beyond either end of `s` is that end. The empty string
/// where `start` is not before `end`. A position inside a surrogate pair moves inward, so that the pair is
/// left out.
///
/// ```
/// use eql::function::substring;
///
/// assert_eq!(substring("abc", -2, None), "bc");
/// assert_eq!(substring("abc", 0, Some(-1)), "ab");
/// ```
#[must_use]
pub fn substring(s: &str, start: i64, end: Option<i64>) -> &str {
    let length = units(s);
    let start = slice_position(start, length);
    let end = end.map_or(length, |end| slice_position(end, length));
    if start >= end {
        return "";
    }
    s.get(byte_at_or_after(s, start)..byte_at_or_before(s, end)).unwrap_or("")
}

/// `startsWith(s, t)`; true for the empty `t`.
#[must_use]
#[inline]
pub fn starts_with(s: &str, t: &str, fold: bool) -> bool {
    let (s, t) = (s.as_bytes(), t.as_bytes());
    s.get(..t.len()).is_some_and(|start| equal(start, t, fold))
}

/// `endsWith(s, t)`; true for the empty `t`.
#[must_use]
#[inline]
pub fn ends_with(s: &str, t: &str, fold: bool) -> bool {
    let (s, t) = (s.as_bytes(), t.as_bytes());
    s.len().checked_sub(t.len()).is_some_and(|at| equal(&s[at..], t, fold))
}

/// `stringContains(s, t)`; false for the empty `t`.
#[must_use]
#[inline]
pub fn string_contains(s: &str, t: &str, fold: bool) -> bool {
    !t.is_empty() && find(s, t, fold).is_some()
}

/// `number(s, base)`: the number that the string writes out.
///
/// Spaces around it do not count, and a sign may lead. The base is 10, or 16 after `0x`, unless given;
/// `0x` may also precede a number whose base is given as 16. With a point it is a float in base 10, with
/// or without exponent. `None`, which is null, where Elasticsearch ends the query with a run-time error: for
/// any other string, a base outside 2 to 36, and a number that does not fit.
#[must_use]
pub fn number(s: &str, base: Option<i64>) -> Option<Number> {
    let text = s.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (base, digits) = match (base, hex) {
        (None | Some(16), Some(hex)) => (16, hex),
        (base, _) => (u32::try_from(base.unwrap_or(10)).ok()?, digits),
    };
    if !(2..=36).contains(&base) || !digits.starts_with(|c: char| c == '.' || c.is_digit(base)) {
        return None;
    }
    if base == 10 && digits.contains('.') {
        let float: f64 = digits.parse().ok()?;
        return float.is_finite().then_some(Number::Float(if negative { -float } else { float }));
    }
    let magnitude = u64::from_str_radix(digits, base).ok()?;
    if negative {
        0_i64.checked_sub_unsigned(magnitude).map(Number::Int)
    } else {
        Some(Number::from(magnitude))
    }
}

/// One argument of `concat`, or that of `string`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// As it is.
    Str(&'a str),
    /// In decimal.
    Int(i64),
    /// In decimal.
    UnsignedInt(u64),
    /// As Java writes a `double`: `42.5`, `1.0`, `1.0E10`, `1.0E-4`.
    Float(f64),
    /// `true`, `false`
    Bool(bool),
    /// `10.0.0.1`, `fe80::1`
    Ip(IpAddr),
    /// `2026-01-01T10:05:00.000Z`
    Date(Timestamp),
}

macro_rules! part_from {
    ($( $type:ty => $variant:ident ),+) => { $(
        impl From<$type> for Part<'_> {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }
    )+ };
}

part_from!(i64 => Int, u64 => UnsignedInt, f64 => Float, bool => Bool, IpAddr => Ip, Timestamp => Date);

impl<'a> From<&'a str> for Part<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(text)
    }
}

impl From<Number> for Part<'_> {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(int) => Self::Int(int),
            Number::Float(float) => Self::Float(float),
        }
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => f.write_str(text),
            Self::Int(int) => int.fmt(f),
            Self::UnsignedInt(int) => int.fmt(f),
            Self::Float(float) => write_float(*float, f),
            Self::Bool(bool) => bool.fmt(f),
            Self::Ip(ip) => ip.fmt(f),
            Self::Date(time) => time.fmt(f),
        }
    }
}

/// Writes a float as Java's `Double.toString` does.
fn write_float(float: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let magnitude = float.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return write!(f, "{float:?}");
    }
    let mut text = ArrayString::<32>::new();
    write!(text, "{float:e}")?;
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => write!(f, "{digits}E{exponent}"),
        Some((digits, exponent)) => write!(f, "{digits}.0E{exponent}"),
        None => f.write_str(&text),
    }
}

/// A string that a function made: on the stack up to 256 bytes, on the heap beyond.
#[derive(Clone)]
pub struct Text(Buffer);

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "being large and on the stack is its purpose")]
enum Buffer {
    Stack(ArrayString<256>),
    Heap(String),
}

impl Text {
    /// The empty string.
    #[must_use]
    #[inline]
    pub fn new() -> Self {
        Self(Buffer::Stack(ArrayString::new()))
    }

    /// The string.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Buffer::Stack(text) => text,
            Buffer::Heap(text) => text,
        }
    }

    fn push(&mut self, part: Part<'_>) {
        if let Part::Str(text) = part {
            self.push_str(text);
        } else {
            // Writing to a `Text` cannot fail.
            let _ = write!(self, "{part}");
        }
    }

    fn push_str(&mut self, more: &str) {
        match &mut self.0 {
            Buffer::Heap(text) => text.push_str(more),
            Buffer::Stack(text) => {
                if text.try_push_str(more).is_err() {
                    let mut spilt = String::with_capacity(2 * (text.len() + more.len()));
                    spilt.push_str(text);
                    spilt.push_str(more);
                    self.0 = Buffer::Heap(spilt);
                }
            }
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

/// `concat(v…)`
///
/// ```
/// use eql::function::{Part, concat};
///
/// assert_eq!(concat(&["a".into(), true.into(), 4_i64.into(), 42.5.into()]).as_str(), "atrue442.5");
/// ```
#[must_use]
pub fn concat(parts: &[Part<'_>]) -> Text {
    let mut text = Text::new();
    for part in parts {
        text.push(*part);
    }
    text
}

/// `string(v)`
#[must_use]
pub fn string(part: Part<'_>) -> Text {
    concat(&[part])
}

/// Orders two values of `version` fields.
///
/// A version is numbers joined by dots, as many as there are, then optionally `-` with a pre-release and `+`
/// with a build, as in semantic versioning. Numbers compare one by one and a version that ends first is
/// less (`1.5` before `1.5.0`); a pre-release is less than its release. Unlike in semantic versioning
/// builds do count, so that only equal strings are equal. Strings that are no versions come after
/// all versions, in the order of their bytes.
#[must_use]
pub fn version_cmp(a: &str, b: &str) -> Ordering {
    match (SemVer::parse(a), SemVer::parse(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// The parts of a version, all checked.
#[derive(Clone, Copy)]
struct SemVer<'a> {
    release: &'a str,
    pre_release: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> SemVer<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (text, build) = split_off(text, '+');
        let (release, pre_release) = split_off(text, '-');
        let valid = release.split('.').all(is_numeric)
            && pre_release.is_none_or(|text| {
                // A number in a pre-release has no leading zero either.
                text.split('.').all(|id| {
                    is_identifier(id) && (is_numeric(id) || id.bytes().any(|b| !b.is_ascii_digit()))
                })
            })
            && build.is_none_or(|text| text.split('.').all(is_identifier));
        valid.then_some(Self { release, pre_release, build })
    }

    fn cmp(&self, other: &Self) -> Ordering {
        compare_parts(self.release, other.release)
            .then_with(|| match (self.pre_release, other.pre_release) {
                (Some(a), Some(b)) => compare_parts(a, b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            })
            .then_with(|| self.build.cmp(&other.build))
    }
}

fn split_off(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_numeric(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && (id == "0" || !id.starts_with('0'))
}

fn is_identifier(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Compares identifiers between dots: numbers by value and before words, words by their bytes.
fn compare_parts(a: &str, b: &str) -> Ordering {
    // Numbers without leading zeros, so the longer one is the greater.
    let key = |id: &'_ str| if is_numeric(id) { (false, id.len()) } else { (true, 0) };
    let ids = |text| str::split(text, '.');
    let differing = ids(a)
        .zip(ids(b))
        .map(|(a, b)| key(a).cmp(&key(b)).then_with(|| a.cmp(b)))
        .find(|order| order.is_ne());
    differing.unwrap_or_else(|| ids(a).count().cmp(&ids(b).count()))
}

#[inline]
fn equal(a: &[u8], b: &[u8], fold: bool) -> bool {
    if fold { a.eq_ignore_ascii_case(b) } else { a == b }
}

fn to_i64(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// UTF-16 code units.
fn units(s: &str) -> usize {
    if s.is_ascii() { s.len() } else { s.chars().map(char::len_utf16).sum() }
}

/// A position of a slice in Python, made one between 0 and `length`.
fn slice_position(position: i64, length: usize) -> usize {
    let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    if position < 0 { length.saturating_sub(distance) } else { distance.min(length) }
}

/// The byte where the character that starts at or after a position in UTF-16 code units starts.
fn byte_at_or_after(s: &str, position: usize) -> usize {
    if s.is_ascii() {
        return position.min(s.len());
    }
    let mut passed = 0;
    for (byte, c) in s.char_indices() {
        if passed >= position {
            return byte;
        }
        passed += c.len_utf16();
    }
    s.len()
}

/// The same for the character boundary at or before it.
fn byte_at_or_before(s: &str, position: usize) -> usize {
    if s.is_ascii() {
        return position.min(s.len());
    }
    let mut passed = 0;
    for (byte, c) in s.char_indices() {
        passed += c.len_utf16();
        if passed > position {
            return byte;
        }
    }
    s.len()
}

fn find(s: &str, t: &str, fold: bool) -> Option<usize> {
    if fold { find_fold(s.bytes(), &t.bytes()) } else { s.find(t) }
}

fn rfind(s: &str, t: &str, fold: bool) -> Option<usize> {
    if fold {
        let from_end = find_fold(s.bytes().rev(), &t.bytes().rev())?;
        Some(s.len() - from_end - t.len())
    } else {
        s.rfind(t)
    }
}

/// Where `needle` first stands in `haystack`, ignoring ASCII case.
///
/// Compares a hash of a window that rolls along, so that no text makes it slower than linear.
fn find_fold<I>(haystack: I, needle: &I) -> Option<usize>
where
    I: ExactSizeIterator<Item = u8> + Clone,
{
    const BASE: u64 = 0x0001_0000_0000_01b3;
    let push = |hash: u64, byte: u8| {
        hash.wrapping_mul(BASE).wrapping_add(u64::from(byte.to_ascii_lowercase()))
    };
    let last = haystack.len().checked_sub(needle.len())?;
    let sought = needle.clone().fold(0, push);
    let mut window = haystack.clone().take(needle.len()).fold(0, push);
    let leaving_factor = needle.clone().fold(1_u64, |factor, _| factor.wrapping_mul(BASE));

    let mut start = haystack.clone();
    let mut end = haystack.skip(needle.len());
    for at in 0..=last {
        if window == sought && starts_fold(start.clone(), needle.clone()) {
            return Some(at);
        }
        if let (Some(leaving), Some(entering)) = (start.next(), end.next()) {
            let leaving = u64::from(leaving.to_ascii_lowercase()).wrapping_mul(leaving_factor);
            window = push(window, entering).wrapping_sub(leaving);
        }
    }
    None
}

fn starts_fold(text: impl Iterator<Item = u8>, mut start: impl Iterator<Item = u8>) -> bool {
    let mut text = text;
    start.all(|byte| text.next().is_some_and(|other| other.eq_ignore_ascii_case(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_utf16() {
        for (text, expected) in [("", 0), ("abc", 3), ("é", 1), ("🦀", 2), ("a🦀é", 4)] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn index_of_finds_the_first_at_or_after() {
        for (s, t, start, fold, expected) in [
            ("foobar", "o", 0, false, Some(1)),
            ("foobar", "o", -6, false, Some(1)),
            ("foobar", "o", 2, false, Some(2)),
            ("foobar", "o", 3, false, None),
            ("foobar", "z", 0, false, None),
            ("foobar", "O", 0, false, None),
            ("foobar", "OB", 0, true, Some(2)),
            ("foobar", "", 2, false, Some(2)),
            ("foobar", "", -2, false, Some(0)),
            ("foobar", "", 6, false, Some(6)),
            ("foobar", "", 7, false, None),
            ("foobar", "f", 7, false, None),
            ("foobar", "f", i64::MAX, false, None),
            ("foobar", "f", i64::MIN, false, Some(0)),
            ("", "", 0, false, Some(0)),
            ("", "x", 0, true, None),
            ("🦀é🦀", "🦀", 0, false, Some(0)),
            ("🦀é🦀", "🦀", 1, false, Some(3)),
            ("🦀é🦀", "é", 2, true, Some(2)),
            ("é", "", 1, false, Some(1)),
            ("é", "", 2, false, None),
        ] {
            assert_eq!(index_of(s, t, start, fold), expected, "{s} {t} {start}");
        }
    }

    #[test]
    fn between_cuts_out() {
        let welcome = "welcome to the planet";
        for (s, left, right, greedy, fold, expected) in [
            (welcome, "welcome", "e", false, false, " to th"),
            (welcome, "welcome", "e", true, false, " to the plan"),
            (welcome, "WELCOME", "E", true, true, " to the plan"),
            (welcome, "WELCOME", "e", false, false, ""),
            (welcome, "x", "e", false, false, ""),
            (welcome, "planet", "e", false, false, ""),
            (welcome, "", " ", false, false, "welcome"),
            (welcome, " ", "", false, false, ""),
            (welcome, "the ", "", true, false, "planet"),
            (welcome, "THE ", "", true, true, "planet"),
            ("System", "s", "E", false, true, "yst"),
            ("", "a", "b", false, false, ""),
            ("aXbXc", "a", "x", true, true, "Xb"),
        ] {
            assert_eq!(between(s, left, right, greedy, fold), expected, "{left} {right} {greedy}");
        }
    }

    #[test]
    fn substring_slices_like_python() {
        for (s, start, end, expected) in [
            ("abc", 0, None, "abc"),
            ("abc", -2, None, "bc"),
            ("abc", 2, Some(1), ""),
            ("abc", 1, Some(2), "b"),
            ("abc", 0, Some(-1), "ab"),
            ("abc", -100, Some(100), "abc"),
            ("abc", 3, None, ""),
            ("abc", i64::MAX, None, ""),
            ("abc", i64::MIN, Some(i64::MAX), "abc"),
            ("abc", 0, Some(i64::MIN), ""),
            ("aé🦀z", 1, Some(2), "é"),
            ("aé🦀z", 2, Some(4), "🦀"),
            ("aé🦀z", 3, None, "z"),
            ("aé🦀z", 0, Some(3), "aé"),
            ("aé🦀z", 3, Some(4), ""),
            ("aé🦀z", 2, Some(3), ""),
            ("aé🦀z", -1, None, "z"),
            ("🦀", 1, Some(1), ""),
        ] {
            assert_eq!(substring(s, start, end), expected, "{s}[{start}:{end:?}]");
        }
    }

    #[test]
    fn prefix_suffix_and_contents() {
        assert!(starts_with("explorer.exeaa", "explorer.exe", false));
        assert!(!starts_with("explorer.exe", "Explorer", false));
        assert!(starts_with("explorer.exe", "Explorer", true));
        assert!(starts_with("x", "", false) && ends_with("x", "", true));
        assert!(!starts_with("x", "xx", false) && !ends_with("x", "xx", true));
        assert!(ends_with("a.EXE", ".exe", true) && !ends_with("a.EXE", ".exe", false));
        assert!(!starts_with("é", "è", true) && !starts_with("É", "é", true));
        assert!(string_contains("abc", "b", false) && !string_contains("abc", "B", false));
        assert!(string_contains("abc", "BC", true) && !string_contains("abc", "bcd", true));
        assert!(!string_contains("abc", "", false) && !string_contains("", "", true));
    }

    #[test]
    fn folded_search_finds_what_a_plain_search_finds_in_lower_case() {
        let words =
            ["", "a", "B", "ab", "BA", "aab", "bAa", "éA", "🦀", "ABABAC", "aaaaaaaaaaaaaaaaaab"];
        for a in words {
            for b in words {
                let (s, lower) = (format!("{a}{b}{a}"), format!("{a}{b}{a}").to_ascii_lowercase());
                for t in words {
                    let t_lower = t.to_ascii_lowercase();
                    assert_eq!(find(&s, t, true), lower.find(&t_lower), "{s} {t}");
                    assert_eq!(rfind(&s, t, true), lower.rfind(&t_lower), "{s} {t}");
                }
            }
        }
    }

    #[test]
    fn number_reads() {
        use Number::{Float, Int};
        for (s, base, expected) in [
            ("12", None, Some(Int(12))),
            (" -12 ", None, Some(Int(-12))),
            ("+12", None, Some(Int(12))),
            ("0x32", None, Some(Int(50))),
            ("0x32", Some(16), Some(Int(50))),
            ("-0x32", None, Some(Int(-50))),
            ("32", Some(16), Some(Int(50))),
            ("0x32", Some(10), None),
            ("0x32", Some(36), Some(Int(33 * 1296 + 3 * 36 + 2))),
            ("31", Some(13), Some(Int(40))),
            ("1.5", None, Some(Float(1.5))),
            ("-1.5", Some(10), Some(Float(-1.5))),
            (".5", None, Some(Float(0.5))),
            ("1.5e3", None, Some(Float(1500.0))),
            ("1e3", None, None),
            ("1.5", Some(16), None),
            ("9223372036854775807", None, Some(Int(i64::MAX))),
            ("-9223372036854775808", None, Some(Int(i64::MIN))),
            ("-9223372036854775809", None, None),
            ("18446744073709551615", None, Some(Float(18_446_744_073_709_551_615.0))),
            ("18446744073709551616", None, None),
            ("1.5e999", None, None),
            ("", None, None),
            ("-", None, None),
            ("--1", None, None),
            ("0x", None, None),
            ("0x-1", None, None),
            (".", None, None),
            ("1 2", None, None),
            ("é", None, None),
            ("1", Some(1), None),
            ("1", Some(37), None),
            ("1", Some(-1), None),
            ("nan", None, None),
        ] {
            let read = number(s, base);
            assert_eq!(format!("{read:?}"), format!("{expected:?}"), "{s} {base:?}");
        }
    }

    #[test]
    fn floats_print_as_in_java() {
        for (float, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (42.5, "42.5"),
            (-42.5, "-42.5"),
            (0.001, "0.001"),
            (0.000_999, "9.99E-4"),
            (9_999_999.0, "9999999.0"),
            (10_000_000.0, "1.0E7"),
            (12_345_678.5, "1.23456785E7"),
            (1e10, "1.0E10"),
            (1e-300, "1.0E-300"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
        ] {
            assert_eq!(string(float.into()).as_str(), expected);
        }
    }

    #[test]
    fn string_and_concat() {
        for (part, expected) in [
            (Part::Str("x"), "x"),
            (Part::Int(-5), "-5"),
            (Part::UnsignedInt(u64::MAX), "18446744073709551615"),
            (Part::Bool(true), "true"),
            (Part::Ip("fe80::1".parse().unwrap()), "fe80::1"),
            (Part::Date(Timestamp::default()), "1970-01-01T00:00:00.000Z"),
            (Number::Float(1.0).into(), "1.0"),
        ] {
            assert_eq!(string(part).as_str(), expected);
        }
        assert_eq!(concat(&[]).as_str(), "");
        assert_eq!(concat(&["a".into(), ".".into(), 1_i64.into()]).as_str(), "a.1");
    }

    #[test]
    fn long_texts_spill() {
        let long = "é".repeat(127);
        let text = concat(&[long.as_str().into(), "ab".into()]);
        assert!(matches!(text.0, Buffer::Stack(_)));
        assert_eq!(text.as_str(), format!("{long}ab"));
        let text = concat(&[long.as_str().into(), "abc".into(), 1_i64.into()]);
        assert!(matches!(text.0, Buffer::Heap(_)));
        assert_eq!(text.as_str(), format!("{long}abc1"));
    }

    #[test]
    fn versions_are_ordered() {
        let sorted = [
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc",
            "1.0.0",
            "1.0.0+b1",
            "1.0.0.1",
            "1.5",
            "1.5.0",
            "1.11.0",
            "2",
            "10.0.0",
            "18446744073709551617.0.0",
            "01.0.0",
            "1.0.0-01",
            "1.0.0-",
            "1.5.",
            "v1.0.0",
            "",
        ];
        let (versions, others) = sorted.split_at(18);
        for (i, a) in versions.iter().enumerate() {
            for (j, b) in versions.iter().enumerate() {
                assert_eq!(version_cmp(a, b), i.cmp(&j), "{a} {b}");
            }
            for other in others {
                assert_eq!(version_cmp(a, other), Ordering::Less, "{a} {other}");
                assert_eq!(version_cmp(other, a), Ordering::Greater, "{a} {other}");
            }
        }
        assert_eq!(version_cmp("b", "a"), Ordering::Greater);
        assert_eq!(version_cmp("x", "x"), Ordering::Equal);
    }
}
