//! What the macro found out about a set, as bytes: which events each term can fit, and what has to stand in them.
//!
//! The counterpart of the compiler's `plan::encode`. All numbers are little endian; a text is its length in 16 bits
//! and its bytes.

use crate::sequence::Target;

/// Stands for no slot, no rule, no order, and for the term after `until`.
const NONE: u16 = u16::MAX;

/// How many fields sort events into classes: category, operating system and type.
pub(super) const SORTS: usize = 3;

/// A whole plan.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The slots of the fields that sort events into classes.
    pub(super) sorts: [Option<u16>; SORTS],
    /// The slots of the fields by which rules order events.
    pub(super) clocks: Vec<u16>,
    /// For each rule, the place in `clocks` of the field that orders its events.
    pub(super) clock_of: Vec<Option<u16>>,
    /// The terms of all rules, by rule and place.
    pub(super) stages: Vec<Stage>,
}

/// A term of a rule; the query of an event rule is its term 0.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) rule: u16,
    pub(super) target: Target,
    /// For each field that sorts events the values of which an event needs one, in lower case; any where there are none.
    pub(super) names: [Vec<&'static str>; SORTS],
    /// What has to stand in an event, up to two guards; each holds where one of its atoms does.
    pub(super) guards: Vec<Vec<Atom>>,
}

/// Something that a field has to have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom {
    pub(super) slot: u16,
    pub(super) what: What,
}

/// Texts are in ASCII lower case.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// A value, whatever it is.
    Any,
    /// This value.
    Whole(&'static [u8]),
    /// A value that begins with these four bytes.
    Head(&'static [u8]),
    /// A value that ends with these four bytes.
    Tail(&'static [u8]),
    /// A value with this part, three bytes or more, of which those from `rare` on are searched for first.
    Part { text: &'static str, rare: u16 },
    /// This whole number.
    Int(i64),
    /// This truth value.
    Bool(bool),
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Panics
    /// Where the bytes are not those that the macro of the same version writes.
    pub(super) fn read(bytes: &'static [u8]) -> Self {
        let mut bytes = Bytes(bytes);
        let sorts = std::array::from_fn(|_| bytes.optional());
        let clocks = bytes.list(Bytes::number);
        let clock_of = bytes.list(Bytes::optional);
        let stages = bytes.list(Bytes::stage);
        assert!(bytes.0.is_empty(), "BUG: a plan has more bytes than it says");
        Self { sorts, clocks, clock_of, stages }
    }
}

struct Bytes(&'static [u8]);

impl Bytes {
    fn take(&mut self, count: usize) -> &'static [u8] {
        let (taken, rest) = self.0.split_at_checked(count).expect("BUG: a plan is cut off");
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> u16 {
        let taken = self.take(2);
        u16::from_le_bytes([taken[0], taken[1]])
    }

    fn int(&mut self) -> i64 {
        let taken = self.take(8).first_chunk().expect("BUG: a plan is cut off");
        i64::from_le_bytes(*taken)
    }

    fn optional(&mut self) -> Option<u16> {
        Some(self.number()).filter(|&number| number != NONE)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| read(self)).collect()
    }

    fn text(&mut self) -> &'static str {
        let length = self.number();
        str::from_utf8(self.take(length.into())).expect("BUG: a text of a plan is not UTF-8")
    }

    fn stage(&mut self) -> Stage {
        Stage {
            rule: self.number(),
            target: self.optional().map_or(Target::Until, Target::Term),
            names: std::array::from_fn(|_| self.list(Self::text)),
            guards: self.list(|bytes| bytes.list(Self::atom)),
        }
    }

    fn atom(&mut self) -> Atom {
        let slot = self.number();
        let what = match self.number() {
            0 => What::Any,
            1 => What::Whole(self.text().as_bytes()),
            2 => What::Head(self.text().as_bytes()),
            3 => What::Tail(self.text().as_bytes()),
            4 => What::Part { text: self.text(), rare: self.number() },
            5 => What::Int(self.int()),
            6 => What::Bool(self.number() != 0),
            _ => panic!("BUG: a plan has a kind of guard that is none"),
        };
        Atom { slot, what }
    }
}
