//! Reads just the wanted fields out of a line of JSON, without building a tree.
//!
//! A [`Projection`] is made once, from the paths of all fields that a set of rules reads. A [`Scan`] then takes one
//! document after the other and keeps the values at those paths; it allocates nothing once its buffers are large
//! enough. What lies between the wanted fields is stepped over.
//!
//! # What a path finds
//!
//! What [`Has`](crate::Has) finds in a [`serde_json::Value`] of the same line: nested objects, keys with dots, and
//! mixtures of them; arrays are flattened at every level and objects in them descended into; nulls and empty arrays
//! are absent. A path may lead to values and also be the beginning of longer paths. Of a key that stands twice in
//! one object the last one counts.
//!
//! Values come in the order in which they stand in the line. A `Value` gives the same ones, but sorts the keys of
//! an object, so that where one field is written in several ways (`{"b":{"c":1},"a":0,"b.c":2}`) their order may
//! differ.
//!
//! # What counts as JSON
//!
//! Every line that [`serde_json::from_slice`] reads as an object is read here, with the same values. The reverse
//! does not hold; let through is also a line with one of these in a part that no path leads to:
//!
//! - an object or array that is anything as long as its strings end and its brackets add up, `[1 2 {]]`, at any depth;
//! - a string with escapes that mean nothing, `"\q"` or half a surrogate pair.
//!
//! Who needs all of the line to be JSON parses it; [`Row::is_valid`](crate::Row::is_valid) says so.

#[allow(unsafe_code)] // what the text of a value is
mod buffer;
mod guess;
mod projection;
#[allow(unsafe_code)] // vector instructions
mod simd;
mod slow;
#[allow(unsafe_code)] // reads and writes of whole blocks, beyond the ends of tokens
mod walk;

use std::fmt;

use crate::json::{Scalar, to_keyword};
use buffer::Buffer;
use guess::Guesses;
pub use projection::Projection;
use walk::Odd;

/// A value at a wanted path, as it stands in the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw<'a> {
    /// A string, with its escapes resolved.
    Str(&'a str),
    /// A number, as JSON writes it: `-0`, `1.50`, `1E3`.
    Number(&'a str),
    /// `true`, `false`
    Bool(bool),
}

impl<'a> Raw<'a> {
    /// The value as [`Scalar::of`] gives it for a parsed document: an [`Int`](Scalar::Int) where the number is
    /// whole and fits, else an [`UnsignedInt`](Scalar::UnsignedInt), else a [`Float`](Scalar::Float) with the same
    /// bits.
    ///
    /// `None` where the text of a number is not a number of JSON; no scan gives such a value.
    ///
    /// ```
    /// use eql::{json::Scalar, scan::Raw};
    ///
    /// assert_eq!(Raw::Number("-7").scalar(), Some(Scalar::Int(-7)));
    /// assert_eq!(Raw::Number("18446744073709551615").scalar(), Some(Scalar::UnsignedInt(u64::MAX)));
    /// assert_eq!(Raw::Number("7.0").scalar(), Some(Scalar::Float(7.0)));
    /// assert_eq!(Raw::Number("seven").scalar(), None);
    /// ```
    #[must_use]
    pub fn scalar(self) -> Option<Scalar<'a>> {
        match self {
            Raw::Str(text) => Some(Scalar::Str(text)),
            Raw::Bool(bool) => Some(Scalar::Bool(bool)),
            Raw::Number(text) => {
                small_int(text.as_bytes()).map(Scalar::Int).or_else(|| number(text))
            }
        }
    }

    /// Gives the text of the value as a keyword to `take`; `None` where it has none.
    #[inline]
    pub(crate) fn keyword<R>(self, take: impl FnOnce(&str) -> R) -> Option<R> {
        match self {
            Raw::Str(text) => Some(take(text)),
            // It stands as it would be written.
            Raw::Number(text) if small_int(text.as_bytes()).is_some() => Some(take(text)),
            other => other.scalar().and_then(|scalar| to_keyword(scalar, take)),
        }
    }
}

/// Integers of at most 18 digits, which fit without a check.
fn small_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        // `-0` is a float, and no number but zero begins with it.
        [b'0'] if !negative => return Some(0),
        [] | [b'0', ..] => return None,
        _ if digits.len() > 18 => return None,
        _ => {}
    }
    let mut int = 0_i64;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        int = int * 10 + i64::from(byte - b'0');
    }
    Some(if negative { -int } else { int })
}

/// Any number, by the parser that reads whole documents.
fn number(text: &str) -> Option<Scalar<'static>> {
    let number: serde_json::Number = serde_json::from_str(text).ok()?;
    number
        .as_i64()
        .map(Scalar::Int)
        .or_else(|| number.as_u64().map(Scalar::UnsignedInt))
        .or_else(|| number.as_f64().map(Scalar::Float))
}

/// Why a line could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Text that is not JSON, or only the beginning of it.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
    /// Objects or arrays nested deeper than the parser goes, which is 127 levels.
    TooDeep,
    /// More than 1 GiB.
    TooLong,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8",
            Self::NotJson => "not JSON",
            Self::NotAnObject => "not an object",
            Self::TooDeep => "nested too deeply",
            Self::TooLong => "too long",
        })
    }
}

impl std::error::Error for Flaw {}

/// The longest line, so that an offset into the buffer, and the length of a value, fit 31 bits.
const MAX_LINE: usize = 1 << 30;

/// The values of the line read last, and the buffers that serve one line after the other.
///
/// ```
/// use eql::scan::{Projection, Raw, Scan};
///
/// let projection = Projection::new(&["process.name", "process.args", "user.id"]);
/// let mut scan = Scan::new();
/// scan.read(&projection, br#"{"process":{"name":"sh","args":["sh","-c"]},"message":"x"}"#)?;
/// assert_eq!(scan.values(0).collect::<Vec<_>>(), [Raw::Str("sh")]);
/// assert_eq!(scan.values(1).len(), 2);
/// assert!(!scan.has(2));
/// # Ok::<(), eql::scan::Flaw>(())
/// ```
#[derive(Debug)]
pub struct Scan {
    buffer: Buffer,
    store: Store,
    guesses: Guesses,
    /// For each edge of the projection the object that had it last.
    seen: Vec<u64>,
    /// Counts the objects of all lines.
    objects: u64,
    /// Which projection the rest belongs to.
    projection: u64,
    backend: Backend,
}

/// The values of a line.
#[derive(Debug, Default)]
struct Store {
    values: Vec<Entry>,
    slots: Vec<Slot>,
    /// The number of the read; a slot that bears another one is empty.
    stamp: u32,
}

/// A value and the next one of the same slot.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The slot, and in the lowest two bits the kind.
    what: u32,
    /// Where the text is in the buffer.
    start: u32,
    len: u32,
    next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Kind {
    Str,
    Number,
    False,
    True,
}

impl Entry {
    #[inline(always)]
    fn slot(self) -> usize {
        (self.what >> 2) as usize
    }

    #[inline(always)]
    fn value(self, scan: &Scan) -> Raw<'_> {
        const STR: u32 = Kind::Str as u32;
        const NUMBER: u32 = Kind::Number as u32;
        const FALSE: u32 = Kind::False as u32;
        match self.what & 3 {
            STR => Raw::Str(walk::text(scan, self)),
            NUMBER => Raw::Number(walk::text(scan, self)),
            kind => Raw::Bool(kind != FALSE),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    stamp: u32,
    count: u32,
    first: u32,
    last: u32,
}

impl Store {
    /// Forgets all values; the slots are those of a projection, anew where it is another one.
    fn clear(&mut self, slots: usize, anew: bool) {
        self.values.clear();
        if anew || self.stamp == u32::MAX {
            self.stamp = 0;
            self.slots.clear();
            self.slots.resize(slots, Slot::default());
        }
        self.stamp += 1;
    }

    #[inline(always)]
    fn push(&mut self, slot: u32, kind: Kind, start: u32, len: u32) {
        let index = self.values.len() as u32;
        self.values.push(Entry { what: slot << 2 | kind as u32, start, len, next: u32::MAX });
        let slot = &mut self.slots[slot as usize];
        if slot.stamp == self.stamp {
            slot.count += 1;
            self.values[slot.last as usize].next = index;
            slot.last = index;
        } else {
            *slot = Slot { stamp: self.stamp, count: 1, first: index, last: index };
        }
    }

    #[cold]
    fn push_all(&mut self, slots: &[u32], kind: Kind, start: u32, len: u32) {
        for &slot in slots {
            self.push(slot, kind, start, len);
        }
    }
}

/// What a scan looks at many bytes at once with. For tests: a scan chooses the best one by itself.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// Ordinary registers.
    Portable,
    /// The vector registers of x86-64.
    Avx2,
}

impl Backend {
    /// Those that this processor runs, the best one last.
    #[must_use]
    pub fn all_here() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        if simd::Avx2::is_here() {
            return &[Self::Portable, Self::Avx2];
        }
        &[Self::Portable]
    }
}

impl Default for Scan {
    fn default() -> Self {
        Self::new()
    }
}

impl Scan {
    /// A scan without values.
    #[must_use]
    pub fn new() -> Self {
        Self::with_backend(Backend::Avx2)
    }

    /// A scan that uses a backend, or the portable one where this processor does not run it.
    #[doc(hidden)]
    #[must_use]
    pub fn with_backend(backend: Backend) -> Self {
        let is_here = Backend::all_here().contains(&backend);
        Self {
            buffer: Buffer::default(),
            store: Store::default(),
            guesses: Guesses::default(),
            seen: Vec::new(),
            objects: 0,
            projection: 0,
            backend: if is_here { backend } else { Backend::Portable },
        }
    }

    /// Reads a line: one JSON object, with nothing but white space around it.
    ///
    /// Projections may change between lines; what a scan has learned is kept only as long as they do not. Lines that stand one
    /// behind the other in memory are read fastest in that order.
    ///
    /// # Errors
    /// A [`Flaw`], after which the scan has neither a line nor values.
    pub fn read(&mut self, projection: &Projection, line: &[u8]) -> Result<(), Flaw> {
        self.clear(projection);
        if line.len() > MAX_LINE {
            return Err(Flaw::TooLong);
        }
        self.buffer.fill(line);
        simd::fetch_behind(line);
        let result = walk::read(self, projection).or_else(|Odd| {
            self.store.clear(projection.len(), false);
            slow::read(self, projection)
        });
        if result.is_err() {
            self.clear(projection);
        }
        result
    }

    /// Forgets line and values.
    fn clear(&mut self, projection: &Projection) {
        let anew = self.projection != projection.id;
        if anew {
            self.projection = projection.id;
            self.guesses.reset(projection);
            self.seen.clear();
            self.seen.resize(projection.edge_count(), 0);
        }
        self.buffer.clear();
        self.guesses.tidy(projection);
        self.store.clear(projection.len(), anew);
    }

    /// The values of a slot, in the order in which they stand in the line; none where there is no such slot.
    #[inline]
    #[must_use]
    pub fn values(&self, slot: usize) -> Values<'_> {
        let (next, left) = match self.store.slots.get(slot) {
            Some(slot) if slot.stamp == self.store.stamp => (slot.first, slot.count),
            _ => (0, 0),
        };
        Values { scan: self, next, left }
    }

    /// All values, in the order in which they stand in the line.
    #[inline]
    pub(crate) fn all(&self) -> impl Iterator<Item = Found<'_>> {
        self.store.values.iter().map(|&entry| Found { scan: self, entry })
    }

    /// Whether a slot has a value.
    #[inline]
    #[must_use]
    pub fn has(&self, slot: usize) -> bool {
        self.store.slots.get(slot).is_some_and(|slot| slot.stamp == self.store.stamp)
    }

    /// The line as it was read, without white space around it; empty where none was or it had a flaw.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        self.buffer.line()
    }
}

/// A value of any slot.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    scan: &'a Scan,
    entry: Entry,
}

impl<'a> Found<'a> {
    #[inline(always)]
    pub(crate) fn slot(self) -> usize {
        self.entry.slot()
    }

    #[inline(always)]
    pub(crate) fn value(self) -> Raw<'a> {
        self.entry.value(self.scan)
    }
}

/// The values of one slot; see [`Scan::values`].
#[derive(Clone, Debug)]
pub struct Values<'a> {
    scan: &'a Scan,
    next: u32,
    left: u32,
}

impl<'a> Iterator for Values<'a> {
    type Item = Raw<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Raw<'a>> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.scan.store.values[self.next as usize];
        self.next = entry.next;
        Some(entry.value(self.scan))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Values<'_> {}

impl std::iter::FusedIterator for Values<'_> {}
