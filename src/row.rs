//! Events of a rule set: lines of JSON, of which only the fields that the set reads are looked at.

use std::cell::OnceCell;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::marker::PhantomData;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::event::Event;
use crate::field::{Date, Field, Has, Kind, TextKind, ValueOf};
use crate::json::{HasObjects, date_at};
use crate::scan::{Flaw, Projection, Raw, Scan};
use crate::set::{InLists, StringLists, Strings};
use crate::value::Timestamp;

/// The fields that a set of rules reads; [`rules!`](crate::rules!) writes it.
pub trait Projected: Sized + 'static {
    /// Their paths, sorted. A field's place among them is its [`Slot`].
    const FIELDS: &'static [&'static str];

    /// The same, ready to scan with.
    fn projection() -> &'static Projection;
}

/// A field that the set `S` reads.
#[diagnostic::on_unimplemented(
    message = "the rules of `{S}` do not read the field `{Self}`",
    label = "rows of this set have no such field"
)]
pub trait Slot<S>: Field {
    /// Its place among [`Projected::FIELDS`].
    const SLOT: usize;
}

/// An event of the rule set `S`: one document, of which the fields that the set reads are taken out.
///
/// It is made once and reads one line after the other; after the first few it allocates nothing.
///
/// ```
/// # fn main() -> Result<(), eql::scan::Flaw> {
/// eql::rules! { mod pack = "tests/data/pack/*.toml" }
///
/// let mut row = pack::Row::new();
/// row.read(br#"{"event":{"category":["process"]},"process.name":"CMD.EXE"}"#)?;
/// assert!(pack::CommandShell::matches(&row));
/// # Ok(())
/// # }
/// ```
///
/// What a field's values are is said in [`json`](crate::json), and what counts as JSON in [`scan`](crate::scan). A
/// `Row` carries only the fields that the rules of its set read; alerts and `_arraysearch` see the whole document,
/// which is parsed the first time it is asked for.
pub struct Row<S> {
    scan: Scan,
    document: OnceCell<Option<Value>>,
    valid: OnceCell<bool>,
    set: PhantomData<fn() -> S>,
}

impl<S: Projected> Row<S> {
    /// A row without an event: no field has a value.
    #[must_use]
    pub fn new() -> Self {
        Self {
            scan: Scan::new(),
            document: OnceCell::new(),
            valid: OnceCell::new(),
            set: PhantomData,
        }
    }

    /// Reads a line; what was read before is gone.
    ///
    /// # Errors
    /// Where the line is no JSON object. The row has no values then.
    #[inline]
    pub fn read(&mut self, line: &[u8]) -> Result<(), Flaw> {
        self.document = OnceCell::new();
        self.valid = OnceCell::new();
        self.scan.read(S::projection(), line)
    }

    /// Reads a document that is parsed already; what was read before is gone.
    ///
    /// # Errors
    /// Where the document is no object. The row has no values then.
    pub fn read_document(&mut self, document: &Value) -> Result<(), Flaw> {
        self.read(document.to_string().as_bytes())
    }

    fn slot(path: &str) -> Option<usize> {
        S::FIELDS.binary_search(&path).ok()
    }
}

impl<S> Row<S> {
    /// The whole document; `None` where there is no event, or where the line is no JSON in a part that no rule reads.
    pub fn document(&self) -> Option<&Value> {
        self.document.get_or_init(|| parsed(self.scan.line())).as_ref()
    }

    /// A number for the host of the event, by the first value of its `host.id`; all events without one have the same.
    /// Modulo the number of workers it says which of them takes the event, as
    /// [`of_hosts`](crate::set::Detector::of_hosts) asks.
    #[must_use]
    pub fn host(&self) -> u64
    where
        S: Projected,
    {
        let mut hasher = DefaultHasher::new();
        let id = Self::slot("host.id").and_then(|slot| self.scan.values(slot).next());
        if let Some(Raw::Str(text) | Raw::Number(text)) = id {
            text.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Whether the whole line is JSON that [`document`](Self::document) can parse, also in the parts that no rule
    /// reads. False where there is no event.
    pub fn is_valid(&self) -> bool {
        *self.valid.get_or_init(|| {
            let line = self.scan.line();
            if self.document.get().is_some() || may_be_too_deep(line) {
                return self.document().is_some();
            }
            is_json(line)
        })
    }

    /// The line as it was read.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        self.scan.line()
    }

    pub(crate) fn scan(&self) -> &Scan {
        &self.scan
    }
}

// These are the same for all sets, and not compiled again for each.

fn parsed(line: &[u8]) -> Option<Value> {
    serde_json::from_slice(line).ok()
}

/// Whether it has so many brackets that values may be nested deeper than a document may be, of which [`is_json`] knows
/// nothing.
fn may_be_too_deep(line: &[u8]) -> bool {
    const DEEPEST: usize = 127;
    memchr::memchr2_iter(b'{', b'[', line).nth(DEEPEST).is_some()
}

/// Steps over all values, which is much cheaper than to parse them.
fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

impl<S: Projected> Default for Row<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Row<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&String::from_utf8_lossy(self.scan.line())).finish()
    }
}

/// A test of one value. In the place of `dyn FnMut`, whose tables have functions for `FnOnce` too, and these for each
/// test of a set.
pub(crate) trait Test<K: Kind> {
    fn passes(&mut self, value: K::Value<'_>) -> bool;
}

impl<K: Kind, F: FnMut(K::Value<'_>) -> bool> Test<K> for F {
    #[inline]
    fn passes(&mut self, value: K::Value<'_>) -> bool {
        self(value)
    }
}

/// Whether any value in a slot passes the test. Once for each type of field, not once for each test.
pub(crate) fn any_in<K: Kind>(scan: &Scan, slot: usize, test: &mut dyn Test<K>) -> bool {
    let read = |scalar| K::coerce(scalar, |value| test.passes(value));
    scan.values(slot).filter_map(|raw| raw.scalar()).filter_map(read).any(|passed| passed)
}

/// Whether any text in a slot passes the test.
#[inline]
fn any_text_in(scan: &Scan, slot: usize, test: impl Fn(&str) -> bool) -> bool {
    scan.values(slot).any(|raw| raw.keyword(&test).unwrap_or(false))
}

fn any_passes(scan: &Scan, slot: usize, test: &Strings) -> bool {
    any_text_in(scan, slot, |text| test.matches(text))
}

fn any_is(scan: &Scan, slot: usize, is: &str) -> bool {
    any_text_in(scan, slot, |text| text == is)
}

fn all_in_lists(scan: &Scan, slot: usize, lists: &StringLists) -> InLists {
    let mut found = InLists::default();
    for value in scan.values(slot) {
        value.keyword(|text| found.add(lists.of(text)));
    }
    found
}

impl<S: Projected, F: Slot<S>> Has<F> for Row<S> {
    #[inline]
    fn any(&self, mut test: impl FnMut(ValueOf<'_, F>) -> bool) -> bool {
        any_in::<F::Kind>(&self.scan, F::SLOT, &mut test)
    }

    #[inline]
    fn any_text(&self, test: &Strings) -> bool
    where
        F: Field<Kind: TextKind>,
    {
        any_passes(&self.scan, F::SLOT, test)
    }

    #[inline]
    fn in_lists(&self, lists: &StringLists) -> InLists
    where
        F: Field<Kind: TextKind>,
    {
        all_in_lists(&self.scan, F::SLOT, lists)
    }

    #[inline]
    fn is(&self, text: &str) -> bool
    where
        F: Field<Kind: TextKind>,
    {
        any_is(&self.scan, F::SLOT, text)
    }
}

impl<S: Projected> Event for Row<S> {
    fn source(&self) -> Value {
        self.document().cloned().unwrap_or_default()
    }

    fn timestamp(&self) -> Option<Timestamp> {
        match Self::slot("@timestamp") {
            Some(slot) => first_date(&self.scan, slot),
            None => date_at(self.document()?, "@timestamp"),
        }
    }

    fn text(&self) -> Option<&[u8]> {
        Some(self.scan.line())
    }
}

/// The first date in a slot.
pub(crate) fn first_date(scan: &Scan, slot: usize) -> Option<Timestamp> {
    let mut found = None;
    any_in::<Date>(scan, slot, &mut |time| {
        found = Some(time);
        true
    });
    found
}

impl<S: Projected> HasObjects for Row<S> {
    fn any_object(&self, path: &'static str, test: impl FnMut(&Value) -> bool) -> bool {
        self.document().is_some_and(|document| document.any_object(path, test))
    }
}
