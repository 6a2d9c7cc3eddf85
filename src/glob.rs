//! Wildcard patterns, taken apart by the compiler.
//!
//! The counterpart of the compiler's `Wildcard`: the same shapes as constants. Matching neither
//! allocates nor recurses. `?` takes one character however many bytes it has.

use crate::text::{
    Needle, find, same, strip_prefix, strip_suffix, width_of_first, width_without_last,
};

/// One pattern: `skip` characters, and then what `kind` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glob {
    /// How many characters of any kind come first.
    pub skip: u32,
    /// What the rest of the value must be.
    pub kind: GlobKind,
}

/// What a pattern asks of the value behind the skipped characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobKind {
    /// `*`
    Any,
    /// `cmd.exe`
    Exact(&'static str),
    /// `C:\Windows\*`
    Prefix(&'static str),
    /// `*.exe`
    Suffix(&'static str),
    /// `*\AppData\*`
    Contains(Needle),
    /// `C:\Users\*.exe`: both ends, without overlap.
    Ends {
        /// How the value begins.
        prefix: &'static str,
        /// How the value ends.
        suffix: &'static str,
    },
    /// `python3.?`: one piece and nothing else.
    Whole(&'static Piece),
    /// Everything else.
    Pieces(&'static Pieces),
}

/// Pieces in this order, without overlap, with anything between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// How the value begins.
    pub prefix: Piece,
    /// What comes between, each after the one before.
    pub middles: &'static [Piece],
    /// How the value ends.
    pub suffix: Piece,
}

/// A part of a pattern without `*`: text, and more text at a fixed number of characters behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What comes first.
    pub head: Needle,
    /// What follows.
    pub tail: &'static [Gap],
}

/// Some `?` and the text behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many characters of any kind.
    pub any: u32,
    /// The text behind them.
    pub text: &'static str,
}

/// A piece that is everywhere.
pub const NO_PIECE: Piece = Piece { head: Needle { text: "", rare: 0 }, tail: &[] };

impl Pieces {
    /// The ends first: they fail fast, and what they leave is what the middles may use. Taking the
    /// first occurrence of each middle leaves the most for those behind it.
    fn match_all<const FOLD: bool>(&self, value: &[u8]) -> bool {
        let ends = self.prefix.strip_front::<FOLD>(value);
        ends.and_then(|rest| self.suffix.strip_back::<FOLD>(rest))
            .and_then(|rest| {
                self.middles.iter().try_fold(rest, |rest, middle| middle.strip_first::<FOLD>(rest))
            })
            .is_some()
    }
}

impl Piece {
    /// What follows the piece at the front of `value`.
    #[inline]
    fn strip_front<'a, const FOLD: bool>(&self, value: &'a [u8]) -> Option<&'a [u8]> {
        let rest = strip_prefix::<FOLD>(value, self.head.text.as_bytes())?;
        self.tail.iter().try_fold(rest, strip_gap::<FOLD>)
    }

    /// What comes before the piece at the end of `value`.
    #[inline]
    fn strip_back<'a, const FOLD: bool>(&self, value: &'a [u8]) -> Option<&'a [u8]> {
        let rest = self.tail.iter().rev().try_fold(value, |value, gap| {
            let rest = strip_suffix::<FOLD>(value, gap.text.as_bytes())?;
            rest.get(..width_without_last(rest, gap.any)?)
        })?;
        strip_suffix::<FOLD>(rest, self.head.text.as_bytes())
    }

    /// What follows the first occurrence of the piece in `value`.
    #[inline]
    fn strip_first<'a, const FOLD: bool>(&self, mut value: &'a [u8]) -> Option<&'a [u8]> {
        loop {
            let start = find::<FOLD>(value, &self.head)?;
            let rest = value.get(start + self.head.text.len()..)?;
            if let Some(rest) = self.tail.iter().try_fold(rest, strip_gap::<FOLD>) {
                return Some(rest);
            }
            value = value.get(start + 1..)?;
        }
    }
}

#[inline]
fn strip_gap<'a, const FOLD: bool>(value: &'a [u8], gap: &Gap) -> Option<&'a [u8]> {
    let rest = value.get(width_of_first(value, gap.any)?..)?;
    strip_prefix::<FOLD>(rest, gap.text.as_bytes())
}

/// Whether `value` matches the pattern, with case.
#[must_use]
pub fn glob(value: &str, glob: &Glob) -> bool {
    one::<false>(value.as_bytes(), glob)
}

/// Whether `value` matches the pattern, ignoring the case of ASCII letters. The pattern is in lower case.
#[must_use]
pub fn glob_fold(value: &str, glob: &Glob) -> bool {
    one::<true>(value.as_bytes(), glob)
}

/// Whether `value` matches one of the patterns, with case.
///
/// Patterns with the same `skip` should stand together: then it is done once for all of them.
#[must_use]
pub fn any_glob(value: &str, globs: &[Glob]) -> bool {
    any::<false>(value, globs)
}

/// Whether `value` matches one of the patterns, ignoring the case of ASCII letters. The patterns are in
/// lower case.
///
/// Patterns with the same `skip` should stand together: then it is done once for all of them.
#[must_use]
pub fn any_glob_fold(value: &str, globs: &[Glob]) -> bool {
    any::<true>(value, globs)
}

#[inline]
fn one<const FOLD: bool>(value: &[u8], glob: &Glob) -> bool {
    let rest = width_of_first(value, glob.skip).and_then(|width| value.get(width..));
    rest.is_some_and(|rest| matches::<FOLD>(rest, &glob.kind))
}

#[inline]
fn any<const FOLD: bool>(value: &str, globs: &[Glob]) -> bool {
    let value = value.as_bytes();
    let (mut skipped, mut rest) = (0, Some(value));
    globs.iter().any(|glob| {
        if glob.skip != skipped {
            skipped = glob.skip;
            rest = width_of_first(value, skipped).and_then(|width| value.get(width..));
        }
        rest.is_some_and(|rest| matches::<FOLD>(rest, &glob.kind))
    })
}

#[inline]
fn matches<const FOLD: bool>(value: &[u8], kind: &GlobKind) -> bool {
    match kind {
        GlobKind::Any => true,
        GlobKind::Exact(text) => value.len() == text.len() && same::<FOLD>(value, text.as_bytes()),
        GlobKind::Prefix(text) => strip_prefix::<FOLD>(value, text.as_bytes()).is_some(),
        GlobKind::Suffix(text) => strip_suffix::<FOLD>(value, text.as_bytes()).is_some(),
        GlobKind::Contains(needle) => find::<FOLD>(value, needle).is_some(),
        GlobKind::Ends { prefix, suffix } => strip_suffix::<FOLD>(value, suffix.as_bytes())
            .is_some_and(|rest| strip_prefix::<FOLD>(rest, prefix.as_bytes()).is_some()),
        GlobKind::Whole(piece) => piece.strip_front::<FOLD>(value).is_some_and(<[u8]>::is_empty),
        GlobKind::Pieces(pieces) => pieces.match_all::<FOLD>(value),
    }
}
