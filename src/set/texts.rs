//! The string tests of a large set, as bytes until the first of them is needed.
//!
//! The counterpart of the compiler's `emit::texts`. A number has seven bits a byte, the lowest first, and the highest bit
//! of a byte says that more follow; a text is its length and its bytes, and a list its length and its items.

use std::sync::OnceLock;

use crate::glob::{Gap, Glob, GlobKind, Piece, Pieces, Strings};
use crate::text::Needle;

/// The string tests of all rules of a set; [`rules!`](crate::rules!) writes it.
#[derive(Debug)]
pub struct StringTests {
    packed: &'static [u8],
    tests: OnceLock<Box<[Strings]>>,
}

impl StringTests {
    /// Tests as the macro of the same version packs them.
    #[must_use]
    pub const fn new(packed: &'static [u8]) -> Self {
        Self { packed, tests: OnceLock::new() }
    }

    /// The test at a place.
    ///
    /// # Panics
    /// Where the bytes are not those of the macro, or there is no such place.
    #[inline]
    #[must_use]
    pub fn at(&self, place: usize) -> &Strings {
        &self.tests.get_or_init(|| unpacked(self.packed))[place]
    }
}

/// What the tests are made of stays in memory as long as the process, as what is constant does.
fn kept<T>(list: Vec<T>) -> &'static [T] {
    if list.is_empty() { &[] } else { list.leak() }
}

fn unpacked(packed: &'static [u8]) -> Box<[Strings]> {
    let mut bytes = Bytes(packed);
    let tests = bytes.list(Bytes::test);
    assert!(bytes.0.is_empty(), "BUG: a set has more tests than it says");
    tests.into_boxed_slice()
}

struct Bytes(&'static [u8]);

impl Bytes {
    fn number(&mut self) -> usize {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let (&byte, rest) = self.0.split_first().expect("BUG: the tests of a set are cut off");
            self.0 = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.number()).expect("BUG: a test of a set has too large a number")
    }

    fn text(&mut self) -> &'static str {
        let length = self.number();
        let (text, rest) =
            self.0.split_at_checked(length).expect("BUG: the tests of a set are cut off");
        self.0 = rest;
        str::from_utf8(text).expect("BUG: a text of a set is not UTF-8")
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| read(self)).collect()
    }

    fn test(&mut self) -> Strings {
        Strings {
            fold: self.number() != 0,
            exact: kept(self.list(Self::text)),
            globs: kept(self.list(Self::glob)),
        }
    }

    fn glob(&mut self) -> Glob {
        let skip = self.small();
        let kind = match self.number() {
            0 => GlobKind::Any,
            1 => GlobKind::Exact(self.text()),
            2 => GlobKind::Prefix(self.text()),
            3 => GlobKind::Suffix(self.text()),
            4 => GlobKind::Contains(self.needle()),
            5 => GlobKind::Ends { prefix: self.text(), suffix: self.text() },
            6 => GlobKind::Whole(Box::leak(Box::new(self.piece()))),
            7 => GlobKind::Pieces(Box::leak(Box::new(Pieces {
                prefix: self.piece(),
                middles: kept(self.list(Self::piece)),
                suffix: self.piece(),
            }))),
            _ => panic!("BUG: a set has a kind of wildcard that is none"),
        };
        Glob { skip, kind }
    }

    fn piece(&mut self) -> Piece {
        Piece {
            head: self.needle(),
            tail: kept(self.list(|bytes| Gap { any: bytes.small(), text: bytes.text() })),
        }
    }

    fn needle(&mut self) -> Needle {
        Needle { text: self.text(), rare: self.small() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_unpacked() {
        // Written by hand as the compiler packs them.
        let packed = b"\x02\
            \x01\x02\x01a\x02bc\x07\
                \x00\x00\
                \x01\x02\x02c:\
                \x00\x03\x04.exe\
                \x00\x04\x03tmp\x02\
                \x00\x05\x01a\x01b\
                \x00\x06\x01x\x00\x01\x02\x01y\
                \x00\x07\x00\x00\x00\x02\x01p\x00\x00\x01q\x00\x00\x01r\x00\x00\
            \x00\x01\x80\x01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x00";
        const WHOLE: Piece =
            Piece { head: Needle { text: "x", rare: 0 }, tail: &[Gap { any: 2, text: "y" }] };
        let tests = StringTests::new(packed);
        let piece = |text, tail| Piece { head: Needle { text, rare: 0 }, tail };
        let kinds = [
            (0, GlobKind::Any),
            (1, GlobKind::Prefix("c:")),
            (0, GlobKind::Suffix(".exe")),
            (0, GlobKind::Contains(Needle { text: "tmp", rare: 2 })),
            (0, GlobKind::Ends { prefix: "a", suffix: "b" }),
            (0, GlobKind::Whole(&WHOLE)),
        ];
        let first = tests.at(0);
        assert!(first.fold);
        assert_eq!(first.exact, ["a", "bc"]);
        for (glob, (skip, kind)) in first.globs.iter().zip(kinds) {
            assert_eq!(*glob, Glob { skip, kind });
        }
        let GlobKind::Pieces(pieces) = first.globs[6].kind else { panic!("{first:?}") };
        assert_eq!(pieces.prefix, piece("", &[]));
        assert_eq!(pieces.middles, [piece("p", &[]), piece("q", &[])]);
        assert_eq!(pieces.suffix, piece("r", &[]));
        let second = tests.at(1);
        assert!(!second.fold && second.globs.is_empty());
        assert_eq!(second.exact, ["a".repeat(128)]);
    }
}
