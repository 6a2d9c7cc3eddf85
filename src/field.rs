//! Fields as types: what an event type says it carries.

use std::net::IpAddr;

use crate::json::{self, Scalar};
use crate::set::{InLists, StringLists, Strings};
use crate::value::Timestamp;

pub use crate::own::Own;

mod sealed {
    pub trait Sealed {}
}

/// The EQL type of a field, as a type.
///
/// Implemented by the markers in this module and by nothing else.
pub trait Kind: sealed::Sealed + 'static {
    /// What a test of such a field is given: one value, borrowed from the event where that saves a copy.
    type Value<'a>: Copy;
    /// The same value, owned; what an alert keeps.
    type Owned: Clone + std::fmt::Debug + PartialEq;
    /// The name of the type in messages and metadata: `keyword`, `long`, …
    const NAME: &'static str;
    /// Copies a value out of an event.
    fn to_owned(value: Self::Value<'_>) -> Self::Owned;
    /// Reads a JSON value as Elasticsearch indexes it into a field of this type, and hands it to `take`.
    ///
    /// | type | read from |
    /// |---|---|
    /// | `keyword`, `version` | strings; numbers and booleans as JSON writes them |
    /// | `long` | whole numbers; decimals cut towards zero; strings that are numbers |
    /// | `unsigned_long` | numbers without sign or decimals; strings that are such numbers |
    /// | `double` | numbers; strings that are finite numbers |
    /// | `boolean` | booleans; the strings `true`, `false` and the empty string, which is false |
    /// | `date` | strings as [`Timestamp::parse`] reads them; numbers, as milliseconds |
    /// | `ip` | strings; `::ffff:a.b.c.d` is the version 4 address in it |
    ///
    /// `None`, without a call, for everything else.
    fn coerce<R>(scalar: Scalar<'_>, take: impl FnOnce(Self::Value<'_>) -> R) -> Option<R>;
}

/// A [`Kind`] whose values are strings.
pub trait TextKind: for<'a> Kind<Value<'a> = &'a str> {}

impl TextKind for Keyword {}
impl TextKind for Version {}

macro_rules! kinds {
    ($( $(#[$doc:meta])* $name:ident, $text:literal, $value:ty, $owned:ty, $copy:expr, $coerce:expr; )+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}
        impl sealed::Sealed for $name {}
        impl Kind for $name {
            type Value<'a> = $value;
            type Owned = $owned;
            const NAME: &'static str = $text;
            fn to_owned(value: Self::Value<'_>) -> Self::Owned {
                let copy: fn(Self::Value<'_>) -> Self::Owned = $copy;
                copy(value)
            }
            fn coerce<R>(scalar: Scalar<'_>, take: impl FnOnce(Self::Value<'_>) -> R) -> Option<R> {
                $coerce(scalar, take)
            }
        }
    )+ };
}

kinds! {
    /// `keyword`, `wildcard`, `constant_keyword` and text fields: a string, compared with case.
    Keyword, "keyword", &'a str, String, str::to_owned, json::to_keyword;
    /// `long` and the smaller integers: 64 bits with sign.
    Long, "long", i64, i64, |v| v, |scalar, take| json::to_long(scalar).map(take);
    /// `unsigned_long`: 64 bits without sign.
    UnsignedLong, "unsigned_long", u64, u64, |v| v, |scalar, take| json::to_unsigned_long(scalar).map(take);
    /// `double`, `float`, `half_float`, `scaled_float`.
    Double, "double", f64, f64, |v| v, |scalar, take| json::to_double(scalar).map(take);
    /// `boolean`.
    Boolean, "boolean", bool, bool, |v| v, |scalar, take| json::to_boolean(scalar).map(take);
    /// `date` and `date_nanos`.
    Date, "date", Timestamp, Timestamp, |v| v, |scalar, take| json::to_date(scalar).map(take);
    /// `ip`: version 4 or 6.
    Ip, "ip", IpAddr, IpAddr, |v| v, |scalar, take| json::to_ip(scalar).map(take);
    /// `version`: a string, ordered as semantic versions.
    Version, "version", &'a str, String, str::to_owned, json::to_keyword;
}

/// One field of the schema, as a zero-sized type; see [`ecs`](crate::ecs).
pub trait Field: 'static {
    /// The path with dots, as it stands in rules: `process.Ext.effective_parent.name`.
    const PATH: &'static str;
    /// Its EQL type.
    type Kind: Kind;
}

/// One value of field `F`, as a test sees it.
pub type ValueOf<'a, F> = <<F as Field>::Kind as Kind>::Value<'a>;

/// An event type that carries the field `F`.
///
/// A field holds any number of values: none where the field is absent or null, one, or several
/// where the event has an array. [`derive(eql::Event)`](crate::Event) writes this for the fields of a
/// struct; JSON documents carry every field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not carry the field `{F}`",
    label = "this event type has no such field",
    note = "add it with `#[eql(field = \"…\")]` on a field of a struct that derives `eql::Event`"
)]
pub trait Has<F: Field> {
    /// Whether any value of the field passes `test`; false where there is none.
    ///
    /// `test` is called for one value after the other, in the order of the event, until it returns true.
    fn any(&self, test: impl FnMut(ValueOf<'_, F>) -> bool) -> bool;

    /// Whether the field has a value.
    #[inline]
    fn has(&self) -> bool {
        self.any(|_| true)
    }

    /// [`any`](Self::any) with a test that is data, so that it may be one function for all fields of an event type.
    #[inline]
    fn any_text(&self, test: &Strings) -> bool
    where
        F: Field<Kind: TextKind>,
    {
        self.any(|value| test.matches(value))
    }

    /// The lists that have a value of the field.
    #[inline]
    fn in_lists(&self, lists: &StringLists) -> InLists
    where
        F: Field<Kind: TextKind>,
    {
        let mut found = InLists::default();
        self.any(|value| {
            found.add(lists.of(value));
            false
        });
        found
    }

    /// Whether a value is this text, byte by byte.
    #[inline]
    fn is(&self, text: &str) -> bool
    where
        F: Field<Kind: TextKind>,
    {
        self.any(|value| value == text)
    }
}

/// [`Has<F>`], as the rule `R` asks for it, so that an event type that lacks the field is refused in words that
/// name both. `N` is the field's name in that message.
///
/// Generated code cannot say these words itself: `diagnostic` is a name of the tool prelude, which modules
/// without a prelude do not have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not carry `{N}`, which the rule `{R}` reads",
    label = "this event type has no `{N}`",
    note = "a struct that derives `eql::Event` carries it by a field with `#[eql(field = \"…\")]`, in which the path has dots"
)]
pub trait Carries<F: Field, R: ?Sized, N: ?Sized = F>: Has<F> {}

#[diagnostic::do_not_recommend]
impl<F: Field, R: ?Sized, N: ?Sized, E: Has<F> + ?Sized> Carries<F, R, N> for E {}
