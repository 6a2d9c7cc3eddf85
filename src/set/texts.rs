//! The string tests of a large set, as bytes until the first of them is needed.
//!
//! The counterpart of the compiler's `emit::texts`. A number has seven bits a byte, the lowest first, and the highest bit
//! of a byte says that more follow; a text is its length and its bytes, and a list its length and its items.

use std::sync::OnceLock;

use crate::glob::{Gap, Glob, GlobKind, Piece, Pieces, any_glob, any_glob_fold, glob, glob_fold};
use crate::text::{Needle, eq_fold, in_sorted, in_sorted_fold};

use super::lookup::{Lookup, Mark, length_bit, places, spot};
use super::plan::{Atom, What};

/// The string tests of all rules of a set; [`rules!`](crate::rules!) writes it.
#[derive(Debug)]
pub struct StringTests {
    packed: &'static [u8],
    unpacked: OnceLock<Unpacked>,
}

#[derive(Debug)]
struct Unpacked {
    tests: Box<[Strings]>,
    lists: Box<[StringLists]>,
}

impl StringTests {
    /// Tests as the macro of the same version packs them.
    #[must_use]
    pub const fn new(packed: &'static [u8]) -> Self {
        Self { packed, unpacked: OnceLock::new() }
    }

    /// The test at a place.
    ///
    /// # Panics
    /// Where the bytes are not those of the macro, or there is no such place.
    // A call, and not inlined: it stands in a set as often as there are tests.
    #[inline(never)]
    #[must_use]
    pub fn at(&self, place: usize) -> &Strings {
        &self.unpacked().tests[place]
    }

    /// The lists at a place, which counts lists of lists.
    ///
    /// # Panics
    /// As [`at`](Self::at).
    #[inline(never)]
    #[must_use]
    pub fn lists(&self, place: usize) -> &StringLists {
        &self.unpacked().lists[place]
    }

    #[inline]
    fn unpacked(&self) -> &Unpacked {
        self.unpacked.get_or_init(|| unpacked(self.packed))
    }
}

/// A test of one string: the texts and the patterns of which it has to be one.
#[derive(Debug)]
pub struct Strings {
    /// Whether the case of ASCII letters does not matter. Texts and patterns are in lower case then.
    fold: bool,
    /// The string may be one of these, which are sorted by length in bytes and then by bytes.
    exact: &'static [&'static str],
    /// Or match one of these.
    globs: &'static [Glob],
    /// Of long lists.
    few: Option<Box<Few>>,
}

impl Strings {
    /// Whether the value passes.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let is_in = if self.fold { in_sorted_fold } else { in_sorted };
        if is_in(value, self.exact) {
            return true;
        }
        if let Some(few) = &self.few {
            let matches = if self.fold { glob_fold } else { glob };
            return few.of(value).any(|at| matches(value, &self.globs[at]));
        }
        let any = if self.fold { any_glob_fold } else { any_glob };
        any(value, self.globs)
    }
}

/// Lists of texts that a rule looks for in one field, with a table of what is in them: one look at a value instead of one
/// for each list.
#[derive(Debug)]
pub struct StringLists {
    /// The lengths of the texts, as [`length_bit`]s.
    lengths: u64,
    /// By hash, with open addressing.
    table: Box<[Option<Listed>]>,
}

/// A text and the lists that have it.
#[derive(Clone, Copy, Debug)]
struct Listed {
    text: &'static str,
    fold: bool,
    lists: u64,
}

/// Which of some [`StringLists`] have a value of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InLists(u64);

impl StringLists {
    /// Of tests without patterns.
    fn new<'a>(tests: impl Iterator<Item = &'a Strings>) -> Self {
        let mut all: Vec<Listed> = Vec::new();
        for (at, test) in tests.enumerate() {
            let lists = 1_u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX));
            let lists = lists.expect("BUG: more lists than bits");
            all.extend(test.exact.iter().map(|text| Listed { text, fold: test.fold, lists }));
        }
        all.sort_unstable_by_key(|listed| (listed.text, listed.fold));
        all.dedup_by(|next, kept| {
            let same = (next.text, next.fold) == (kept.text, kept.fold);
            if same {
                kept.lists |= next.lists;
            }
            same
        });
        let lengths = all.iter().fold(0, |bits, listed| bits | length_bit(listed.text.len()));
        let mut made =
            Self { lengths, table: vec![None; (2 * all.len()).next_power_of_two()].into() };
        for listed in all {
            let mut at = spot(listed.text.as_bytes(), made.table.len());
            while made.table[at].is_some() {
                at = (at + 1) & (made.table.len() - 1);
            }
            made.table[at] = Some(listed);
        }
        made
    }

    /// The lists that have the value.
    #[must_use]
    pub fn of(&self, value: &str) -> InLists {
        let mut found = 0;
        if self.lengths & length_bit(value.len()) != 0 {
            let mut at = spot(value.as_bytes(), self.table.len());
            while let Some(Listed { text, fold, lists }) = &self.table[at] {
                let is_it = if *fold { eq_fold(value, text) } else { value == *text };
                if is_it {
                    found |= lists;
                }
                at = (at + 1) & (self.table.len() - 1);
            }
        }
        InLists(found)
    }
}

impl InLists {
    /// Whether the list at a place, which is below 64, has a value.
    #[inline]
    #[must_use]
    pub const fn is_in(self, list: u32) -> bool {
        self.0 >> list & 1 != 0
    }

    /// Adds the lists that have another value of the field.
    #[inline]
    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The few of many patterns that a value may match, found by one search for something that each of them needs.
#[derive(Debug)]
struct Few {
    /// By pattern a bit, in the order of the pairs.
    lookup: Lookup,
    /// The bits of patterns that need nothing that could be looked for.
    always: Held,
}

/// As many patterns as a list may have to be searched at once.
const MOST: usize = WORDS * 128;
const WORDS: usize = 2;

type Held = [[u64; 2]; WORDS];

impl Few {
    /// What each pattern needs, if there is anything; `None` where none needs anything, and for a list that is too long.
    fn new(needs: &[Option<What>]) -> Option<Self> {
        let mark = |at: usize| {
            let (word, side) = (u16::try_from(at / 128).ok()?, u16::try_from(at / 64 % 2).ok()?);
            Some(Mark { word, side, bits: 1 << (at % 64) })
        };
        let mut always = Held::default();
        let mut atoms = Vec::new();
        if needs.len() > MOST || needs.iter().all(Option::is_none) {
            return None;
        }
        for (at, need) in needs.iter().enumerate() {
            let mark = mark(at)?;
            match need {
                Some(what) => atoms.push((Atom { slot: 0, what: *what }, mark)),
                None => always[usize::from(mark.word)][usize::from(mark.side)] |= mark.bits,
            }
        }
        Some(Self { lookup: Lookup::new(&atoms), always })
    }

    /// The places of the patterns that the value may match, ascending.
    fn of(&self, value: &str) -> impl Iterator<Item = usize> {
        let mut held = self.always;
        self.lookup.search_text(value.as_bytes(), &mut held);
        let words = held.into_iter().flatten().enumerate();
        words.flat_map(|(word, bits)| places(bits).map(move |at| word * 64 + at))
    }
}

/// What the tests are made of stays in memory as long as the process, as what is constant does.
fn kept<T>(list: Vec<T>) -> &'static [T] {
    if list.is_empty() { &[] } else { list.leak() }
}

fn unpacked(packed: &'static [u8]) -> Unpacked {
    let mut bytes = Bytes(packed);
    let tests = bytes.list(Bytes::test);
    let lists = bytes.list(|bytes| {
        let places = bytes.list(Bytes::number);
        StringLists::new(places.into_iter().map(|place| &tests[place]))
    });
    assert!(bytes.0.is_empty(), "BUG: a set has more tests than it says");
    Unpacked { tests: tests.into(), lists: lists.into() }
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
        let fold = self.number() != 0;
        let exact = kept(self.list(Self::text));
        let globs = kept(self.list(Self::glob));
        let needs = self.list(Self::need);
        let few = Few::new(&needs).map(Box::new);
        Strings { fold, exact, globs, few }
    }

    fn need(&mut self) -> Option<What> {
        Some(match self.number() {
            0 => return None,
            1 => What::Whole(self.text().as_bytes()),
            2 => What::Head(self.text().as_bytes()),
            3 => What::Tail(self.text().as_bytes()),
            4 => What::Part {
                text: self.text(),
                rare: u16::try_from(self.number()).expect("BUG: a part of a set is too long"),
            },
            _ => panic!("BUG: a set has a kind of need that is none"),
        })
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
        let packed = b"\x03\
            \x01\x02\x01a\x02bc\x07\
                \x00\x00\
                \x01\x02\x02c:\
                \x00\x03\x04.exe\
                \x00\x04\x03tmp\x02\
                \x00\x05\x01a\x01b\
                \x00\x06\x01x\x00\x01\x02\x01y\
                \x00\x07\x00\x00\x00\x02\x01p\x00\x00\x01q\x00\x00\x01r\x00\x00\
                \x00\
            \x00\x01\x80\x01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x00\x00\
            \x01\x00\x06\
                \x01\x01\x00\
                \x00\x01\x03one\
                \x00\x02\x05first\
                \x00\x03\x04last\
                \x00\x04\x0asomewhere \x04\
                \x00\x04\x03tmp\x02\
                \x06\x00\x01\x03one\x02\x04firs\x03\x04last\x04\x0asomewhere \x03\x04\x03tmp\x02\
            \x01\x02\x01\x00";
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
        // The first pattern takes one character, and needs nothing that could be looked for.
        let third = tests.at(2);
        let few = third.few.as_ref().expect("what its patterns need");
        let found = |value| few.of(value).collect::<Vec<_>>();
        assert_eq!(found("else"), [0]);
        assert_eq!(found("ONE"), [0, 1]);
        assert_eq!(found("First, somewhere last"), [0, 2, 3, 4]);
        for (value, passes) in [
            ("One", true),
            ("\u{e9}", true),
            ("e\u{e9}", false),
            ("a first", false),
            ("firstly", true),
            ("firs", false),
            ("at LAST", true),
            ("at last.", false),
            ("it is Somewhere else", true),
            ("somewhere", false),
            ("/tmp", true),
        ] {
            assert_eq!(third.matches(value), passes, "{value}");
        }
        let lists = tests.lists(0);
        assert_eq!(lists.of("BC"), InLists(0b10));
        assert_eq!(lists.of(&"a".repeat(128)), InLists(0b01));
    }

    #[test]
    fn lists_have_texts_in_their_own_case() {
        let list = |fold, exact| Strings { fold, exact, globs: &[], few: None };
        let lists = [
            list(true, &["a", "cmd.exe"] as &[_]),
            list(false, &["CMD.exe", "cmd.exe"]),
            list(true, &["cmd.exe", "powershell.exe"]),
            list(false, &["", "cmd.exe"]),
            list(true, &["\u{e9}"]),
        ];
        let lists = StringLists::new(lists.iter());
        for (value, found) in [
            ("cmd.exe", 0b0_1111),
            ("CMD.exe", 0b0_0111),
            ("Cmd.exe", 0b0_0101),
            ("cmd_exe", 0),
            ("A", 0b0_0001),
            ("", 0b0_1000),
            ("PowerShell.exe", 0b0_0100),
            ("\u{e9}", 0b1_0000),
            // Case is that of ASCII letters.
            ("\u{c9}", 0),
        ] {
            assert_eq!(lists.of(value), InLists(found), "{value:?}");
        }
        let mut found = lists.of("A");
        found.add(lists.of("PowerShell.exe"));
        assert!(found.is_in(0) && !found.is_in(1) && found.is_in(2));
    }
}
