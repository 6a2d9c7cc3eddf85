//! The string tests of a large set as bytes, which the runtime unpacks when it first needs one: as expressions they
//! would take rustc longer than all the rest of the conditions.
//!
//! `eql::set::texts` reads what this writes.

use std::cell::RefCell;
use std::collections::HashMap;

use eql_grammar::hir::StringTest;
use eql_grammar::wildcard::{Piece, Wildcard, WildcardKind, rare_byte};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::strings::sorted;
use crate::plan::{Priors, What};

/// Of more patterns than this, a value is searched for something that each of them needs, all at once; only what has
/// that is matched.
const MANY_GLOBS: usize = 8;

/// The tests of all rules of a set, each once.
#[derive(Debug)]
pub(crate) struct StringTests<'a> {
    /// By which the rarest need of a pattern is told.
    priors: &'a Priors,
    packed: RefCell<Packed>,
}

#[derive(Debug, Default)]
struct Packed {
    tests: Vec<Vec<u8>>,
    places: HashMap<Vec<u8>, usize>,
    /// Places of tests that are asked for together.
    lists: Vec<Vec<usize>>,
}

impl<'a> StringTests<'a> {
    pub(crate) fn new(priors: &'a Priors) -> Self {
        Self { priors, packed: RefCell::default() }
    }

    /// The place of a test of the field at `path`. It has no automaton.
    pub(super) fn place(&self, test: &StringTest, path: &str) -> usize {
        let mut bytes = Bytes(Vec::new());
        bytes.test(test);
        if test.globs.len() > MANY_GLOBS {
            let need = |glob| What::of_glob(glob, path, self.priors);
            let needs: Vec<Option<What>> = test.globs.iter().map(need).collect();
            bytes.list(&needs, |bytes, need| bytes.need(need.as_ref()));
        } else {
            bytes.number(0);
        }
        let Packed { tests, places, .. } = &mut *self.packed.borrow_mut();
        if let Some(place) = places.get(&bytes.0) {
            return *place;
        }
        places.insert(bytes.0.clone(), tests.len());
        tests.push(bytes.0);
        tests.len() - 1
    }

    /// A place for tests that are asked for together.
    pub(super) fn lists_place(&self, tests: Vec<usize>) -> usize {
        let Packed { lists, .. } = &mut *self.packed.borrow_mut();
        lists.push(tests);
        lists.len() - 1
    }

    /// The static `TEXTS`.
    pub(crate) fn into_static(self) -> TokenStream {
        let Packed { tests, lists, .. } = self.packed.into_inner();
        if tests.is_empty() {
            return TokenStream::new();
        }
        let mut bytes = Bytes(Vec::new());
        bytes.number(tests.len());
        bytes.0.extend(tests.concat());
        bytes.list(&lists, |bytes, tests| {
            bytes.list(tests, |bytes, test| bytes.number(*test));
        });
        let bytes = Literal::byte_string(&bytes.0);
        quote!(static TEXTS: rt::StringTests = rt::StringTests::new(#bytes);)
    }
}

struct Bytes(Vec<u8>);

impl Bytes {
    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, list: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(list.len());
        list.iter().for_each(|item| write(self, item));
    }

    fn test(&mut self, test: &StringTest) {
        self.number(test.fold.into());
        self.list(&sorted(&test.exact), |bytes, text| bytes.text(text));
        self.list(&test.globs, Self::glob);
    }

    fn need(&mut self, need: Option<&What>) {
        let kind = match need {
            None => 0,
            Some(What::Whole(_)) => 1,
            Some(What::Head(_)) => 2,
            Some(What::Tail(_)) => 3,
            Some(What::Part(..)) => 4,
            Some(What::Any | What::Int(_) | What::Bool(_)) => {
                unreachable!("BUG: a pattern needs a text")
            }
        };
        self.number(kind);
        if let Some(what) = need {
            self.text(&what.text());
            if let What::Part(_, rare) = what {
                self.number(*rare);
            }
        }
    }

    fn glob(&mut self, glob: &Wildcard) {
        self.number(glob.skip as usize);
        match &glob.kind {
            WildcardKind::Any => self.number(0),
            WildcardKind::Exact(text) => {
                self.number(1);
                self.text(text);
            }
            WildcardKind::Prefix(text) => {
                self.number(2);
                self.text(text);
            }
            WildcardKind::Suffix(text) => {
                self.number(3);
                self.text(text);
            }
            WildcardKind::Contains(text) => {
                self.number(4);
                self.needle(text);
            }
            WildcardKind::Ends { prefix, suffix } => {
                self.number(5);
                self.text(prefix);
                self.text(suffix);
            }
            WildcardKind::Whole(piece) => {
                self.number(6);
                self.piece(piece);
            }
            WildcardKind::Pieces { prefix, middles, suffix } => {
                self.number(7);
                self.piece(prefix);
                self.list(middles, Self::piece);
                self.piece(suffix);
            }
        }
    }

    fn piece(&mut self, piece: &Piece) {
        self.needle(&piece.head);
        self.list(&piece.tail, |bytes, gap| {
            bytes.number(gap.any as usize);
            bytes.text(&gap.text);
        });
    }

    fn needle(&mut self, text: &str) {
        self.text(text);
        self.number(rare_byte(text) as usize);
    }
}
