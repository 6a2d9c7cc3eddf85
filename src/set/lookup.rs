//! Many things looked for in the values of one field at once: of the guards of a class, and of the patterns of a long list.

use crate::field::{Boolean, Kind as _, Long};
use crate::scan::Raw;
use crate::text::{Needle, find, same};

use super::plan::{Atom, What};

/// What is found, as bits: those of one word, which is one side of a pair in a [`Held`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) word: u16,
    pub(super) side: u16,
    pub(super) bits: u64,
}

/// What was found so far.
pub(super) type Held = [[u64; 2]];

/// A range in a list of marks.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    from: u32,
    to: u32,
}

/// What is looked for in one field. All that most values touch of it stands in one line of the cache.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Lookup {
    wholes: Wholes,
    fragments: Option<Box<Fragments>>,
    plain: Option<Box<Plain>>,
}

/// What holds whatever the value is, and numbers and truth values, each list sorted.
#[derive(Debug)]
struct Plain {
    present: Marks,
    ints: Vec<(i64, Marks)>,
    bools: Vec<(bool, Marks)>,
    marks: Vec<Mark>,
}

/// Texts that are not whole values.
#[derive(Debug)]
struct Fragments {
    long: Option<Parts<GRAM>>,
    short: Option<Parts<2>>,
    ends: Option<Box<Ends>>,
    /// Parts of less than five bytes, each searched for alone.
    shorter: Box<[(Needle, Marks)]>,
    /// Of `shorter`.
    marks: Box<[Mark]>,
}

/// The first four bytes of values, and the last.
#[derive(Debug)]
struct Ends {
    heads: Wholes,
    tails: Wholes,
}

impl Lookup {
    /// Of atoms that are all of one field.
    pub(super) fn new(atoms: &[(Atom, Mark)]) -> Self {
        let texts = atoms.iter().filter_map(|(atom, mark)| match atom.what {
            What::Whole(text) => Some((text, *mark)),
            _ => None,
        });
        Self {
            wholes: Wholes::new(&texts.collect::<Vec<_>>()),
            fragments: Fragments::new(atoms).map(Box::new),
            plain: Plain::new(atoms).map(Box::new),
        }
    }

    /// Sets the bits of what a value has.
    #[inline]
    pub(super) fn search(&self, value: Raw<'_>, held: &mut Held) {
        if let Some(plain) = &self.plain {
            plain.search(value, held);
        }
        value.keyword(|text| self.search_text(text.as_bytes(), held));
    }

    /// The same for a text.
    #[inline]
    pub(super) fn search_text(&self, text: &[u8], held: &mut Held) {
        if self.wholes.may_have(text.len()) {
            self.wholes.search(text, held);
        }
        if let Some(fragments) = &self.fragments {
            fragments.search(text, held);
        }
    }
}

impl Plain {
    /// `None` where the atoms have no such values.
    fn new(atoms: &[(Atom, Mark)]) -> Option<Self> {
        let (mut present, mut ints, mut bools) = (Vec::new(), Vec::new(), Vec::new());
        for &(atom, mark) in atoms {
            match atom.what {
                What::Any => present.push(mark),
                What::Int(int) => ints.push((int, mark)),
                What::Bool(is) => bools.push((is, mark)),
                What::Whole(_) | What::Head(_) | What::Tail(_) | What::Part { .. } => {}
            }
        }
        if present.is_empty() && ints.is_empty() && bools.is_empty() {
            return None;
        }
        let mut marks = Vec::new();
        let present = merged(present.into_iter(), &mut marks);
        let ints = grouped(ints, &mut marks);
        let bools = grouped(bools, &mut marks);
        Some(Self { present, ints, bools, marks })
    }

    fn search(&self, value: Raw<'_>, held: &mut Held) {
        hold(&self.marks, self.present, held);
        let Some(value) = value.scalar() else { return };
        if !self.ints.is_empty() {
            Long::coerce(value, |int| hold_value(&self.ints, int, &self.marks, held));
        }
        if !self.bools.is_empty() {
            Boolean::coerce(value, |is| hold_value(&self.bools, is, &self.marks, held));
        }
    }
}

/// Sets the bits of some marks.
#[inline]
fn hold(marks: &[Mark], range: Marks, held: &mut Held) {
    for mark in &marks[range.from as usize..range.to as usize] {
        held[usize::from(mark.word)][usize::from(mark.side)] |= mark.bits;
    }
}

/// Appends the marks of a group, those of one word together.
fn merged(group: impl Iterator<Item = Mark>, marks: &mut Vec<Mark>) -> Marks {
    let from = marks.len();
    for mark in group {
        let of_word = |other: &&mut Mark| (other.word, other.side) == (mark.word, mark.side);
        match marks[from..].iter_mut().find(of_word) {
            Some(other) => other.bits |= mark.bits,
            None => marks.push(mark),
        }
    }
    Marks { from: index(from), to: index(marks.len()) }
}

/// A place in one of the lists here.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("BUG: more guards than a plan can hold")
}

/// The marks of each value, sorted by value.
fn grouped<T: Ord + Copy>(mut list: Vec<(T, Mark)>, marks: &mut Vec<Mark>) -> Vec<(T, Marks)> {
    list.sort_by_key(|(value, _)| *value);
    list.chunk_by(|(a, _), (b, _)| a == b)
        .map(|same| (same[0].0, merged(same.iter().map(|(_, mark)| *mark), marks)))
        .collect()
}

fn hold_value<T: Ord>(list: &[(T, Marks)], value: T, marks: &[Mark], held: &mut Held) {
    if let Ok(at) = list.binary_search_by(|(of, _)| of.cmp(&value)) {
        hold(marks, list[at].1, held);
    }
}

impl Fragments {
    /// `None` where the atoms have no such texts.
    fn new(atoms: &[(Atom, Mark)]) -> Option<Self> {
        let (mut heads, mut tails) = (Vec::new(), Vec::new());
        let (mut long, mut short, mut shorter) = (Vec::new(), Vec::new(), Vec::new());
        for &(atom, mark) in atoms {
            match atom.what {
                What::Any | What::Int(_) | What::Bool(_) | What::Whole(_) => {}
                What::Head(text) => heads.push((text, mark)),
                What::Tail(text) => tails.push((text, mark)),
                What::Part { text, rare } => match text.len() {
                    LONG.. => long.push((text, rare, mark)),
                    SHORT.. => short.push((text, rare, mark)),
                    _ => shorter.push(((text, rare), mark)),
                },
            }
        }
        let ends = (!heads.is_empty() || !tails.is_empty())
            .then(|| Box::new(Ends { heads: Wholes::new(&heads), tails: Wholes::new(&tails) }));
        let (long, short) = (Parts::new(&long), Parts::new(&short));
        if ends.is_none() && long.is_none() && short.is_none() && shorter.is_empty() {
            return None;
        }
        let mut marks = Vec::new();
        let shorter = grouped(shorter, &mut marks).into_iter();
        let needle = |(text, rare): (_, u16)| Needle { text, rare: rare.into() };
        let shorter = shorter.map(|(text, marks)| (needle(text), marks)).collect();
        Some(Self { long, short, ends, shorter, marks: marks.into() })
    }

    #[inline]
    fn search(&self, value: &[u8], held: &mut Held) {
        if let Some(long) = &self.long {
            long.search(value, held);
        }
        if let Some(short) = &self.short {
            short.search(value, held);
        }
        if let Some(ends) = &self.ends
            && let Some(head) = value.first_chunk::<GRAM>()
            && let Some(tail) = value.last_chunk::<GRAM>()
        {
            ends.heads.search(head, held);
            ends.tails.search(tail, held);
        }
        for (needle, marks) in &self.shorter {
            if find::<true>(value, needle).is_some() {
                hold(&self.marks, *marks, held);
            }
        }
    }
}

/// Whole values, by hash. A value whose hash is that of another holds a guard too much.
#[derive(Debug)]
struct Wholes {
    /// Bit *n* where there is a text of *n* bytes; the last bit stands for all longer ones.
    lengths: u64,
    /// Bits by hash, a few in a hundred: most values are looked for here alone, in little memory.
    filter: Box<[u64]>,
    table: Option<Box<Table>>,
}

/// With open addressing: half of a hash, which is zero in a free slot.
#[derive(Debug)]
struct Table {
    slots: Box<[(u32, Marks)]>,
    marks: Vec<Mark>,
}

impl Wholes {
    fn new(texts: &[(&'static [u8], Mark)]) -> Self {
        /// Bits of the filter for each text.
        const SPARSE: usize = 16;
        let lengths = texts.iter().fold(0, |lengths, (text, _)| lengths | length_bit(text.len()));
        let mut marks = Vec::new();
        let hashes = texts.iter().map(|(text, mark)| (halves(hash(text)), *mark)).collect();
        let groups = grouped(hashes, &mut marks);
        let words = (groups.len() * SPARSE).div_ceil(64).next_power_of_two();
        let mut filter = vec![0; words].into_boxed_slice();
        let mut slots =
            vec![(0, Marks::default()); (groups.len() * 2).next_power_of_two()].into_boxed_slice();
        for ((half, other), marks) in groups {
            let (word, bit) = bit(&filter, other);
            filter[word] |= bit;
            let mut at = other as usize & (slots.len() - 1);
            while slots[at].0 != 0 {
                at = (at + 1) & (slots.len() - 1);
            }
            slots[at] = (half, marks);
        }
        let table = (!texts.is_empty()).then(|| Box::new(Table { slots, marks }));
        Self { lengths, filter, table }
    }

    #[inline]
    fn may_have(&self, length: usize) -> bool {
        self.lengths & length_bit(length) != 0
    }

    #[inline]
    fn search(&self, value: &[u8], held: &mut Held) {
        let (half, other) = halves(hash(value));
        let (word, bit) = bit(&self.filter, other);
        if self.filter[word] & bit != 0
            && let Some(table) = &self.table
        {
            table.search(half, other, held);
        }
    }
}

impl Table {
    fn search(&self, half: u32, other: u32, held: &mut Held) {
        let mut at = other as usize & (self.slots.len() - 1);
        loop {
            let (of, marks) = self.slots[at];
            if of == 0 {
                return;
            }
            // Of texts with the same half there may be several.
            if of == half {
                hold(&self.marks, marks, held);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

/// A word of a filter and a bit in it. The number of words is a power of two.
#[inline]
fn bit(filter: &[u64], hash: u32) -> (usize, u64) {
    ((hash >> 6) as usize & (filter.len() - 1), 1 << (hash & 63))
}

#[inline]
fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// The same for upper and lower case of ASCII letters. The first half is never zero. Not for tables that others may fill:
/// the texts of a rule set are no one else's.
#[inline]
pub(super) fn hash(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ folded(word)) * u128::from(ODD);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are folded together")]
        let folded = product as u64 ^ (product >> 64) as u64;
        folded
    };
    let length = text.len() as u64;
    let hash = match (text, text.first_chunk::<GRAM>(), text.last_chunk::<GRAM>()) {
        ([], ..) => length,
        ([first, ..], None, _) | ([first, ..], _, None) => {
            // No more than three bytes.
            let middle = text[text.len() / 2];
            let last = text[text.len() - 1];
            mix(length, u64::from_le_bytes([*first, middle, last, 0, 0, 0, 0, 0]))
        }
        (_, Some(first), Some(last)) if text.len() <= 8 => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            mix(length, u64::from(first) | u64::from(last) << 32)
        }
        _ => {
            // The last eight bytes may overlap those before.
            let words = text.as_chunks::<8>().0.iter().chain(text.last_chunk::<8>());
            words.fold(length, |hash, &word| mix(hash, u64::from_le_bytes(word)))
        }
    };
    hash | 1
}

/// How many bytes of a part are looked up.
const GRAM: usize = 4;
/// A part of this length has four bytes in it that begin at a multiple of four in the value, wherever it stands;
/// shorter ones, which have five bytes or more, have some that begin at a multiple of two.
const LONG: usize = 2 * GRAM - 1;
/// See [`LONG`]. Still shorter parts are not looked up by four bytes.
const SHORT: usize = GRAM + 1;

/// Parts of values. Each is found by four of its bytes: a filter of bits says at which places in a value such four
/// bytes stand, and only there are texts compared.
///
/// Only every `STEP`th place in a value is looked at. So of a part as many fours are known, that begin at one byte
/// after the other: one of them begins at such a place.
#[derive(Debug)]
struct Parts<const STEP: usize> {
    filter: Filter,
    /// By four bytes, in a table with open addressing, a range of `places`; an empty one marks a free slot.
    slots: Vec<(u32, u32, u32)>,
    places: Vec<Place>,
    parts: Vec<Part>,
    texts: Vec<u8>,
    marks: Vec<Mark>,
}

/// Where in a part four bytes stand.
#[derive(Clone, Copy, Debug)]
struct Place {
    part: u32,
    at: u32,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    /// Place in [`Parts::texts`].
    text: u32,
    length: u32,
    marks: Marks,
}

impl<const STEP: usize> Parts<STEP> {
    /// `None` where there are no texts.
    fn new(texts: &[(&'static str, u16, Mark)]) -> Option<Self> {
        if texts.is_empty() {
            return None;
        }
        let mut made = Self {
            filter: Filter::new(texts.len() * STEP),
            slots: Vec::new(),
            places: Vec::new(),
            parts: Vec::new(),
            texts: Vec::new(),
            marks: Vec::new(),
        };
        let mut sorted = texts.to_vec();
        sorted.sort_by_key(|(text, ..)| *text);
        // Four bytes, and where they stand in which part.
        let mut grams: Vec<(u32, Place)> = Vec::new();
        for same in sorted.chunk_by(|a, b| a.0 == b.0) {
            let (text, rare, _) = same[0];
            let text = text.as_bytes();
            let part = index(made.parts.len());
            let marks = merged(same.iter().map(|(.., mark)| *mark), &mut made.marks);
            made.parts.push(Part {
                text: index(made.texts.len()),
                length: index(text.len()),
                marks,
            });
            made.texts.extend_from_slice(text);
            let first = usize::from(rare).min(text.len() - (GRAM + STEP - 1));
            for at in first..first + STEP {
                let four = text[at..].first_chunk::<GRAM>().expect("BUG: a part is too short");
                grams.push((folded4(*four), Place { part, at: index(at) }));
            }
        }
        grams.sort_by_key(|(gram, _)| *gram);
        made.slots = vec![(0, 0, 0); (grams.len() * 2).next_power_of_two()];
        for same in grams.chunk_by(|a, b| a.0 == b.0) {
            let gram = same[0].0;
            made.filter.add(gram);
            let from = index(made.places.len());
            made.places.extend(same.iter().map(|(_, place)| *place));
            let mut at = made.slot(gram);
            while made.slots[at].1 != made.slots[at].2 {
                at = (at + 1) & (made.slots.len() - 1);
            }
            made.slots[at] = (gram, from, index(made.places.len()));
        }
        Some(made)
    }

    #[inline]
    fn slot(&self, gram: u32) -> usize {
        mixed(gram) as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn search(&self, value: &[u8], held: &mut Held) {
        let mut probe = |at: usize, gram: u32| {
            if self.filter.may_have(gram) {
                self.compare(value, at, gram, held);
            }
        };
        let (words, rest) = value.as_chunks::<8>();
        let mut at = 0;
        for word in words {
            let word = folded(u64::from_le_bytes(*word));
            // Two of them, or four, of which the last has two bytes of the next word: it is looked at below.
            let (first, second) = halves(word);
            probe(at, first);
            probe(at + 4, second);
            if STEP == 2 {
                probe(at + 2, halves(word >> 16).0);
            }
            at += 8;
        }
        if let Some(four) = rest.first_chunk::<GRAM>() {
            probe(at, folded4(*four));
        }
        if STEP == 2 {
            let skipped = (6..).step_by(8).take_while(|at| at + GRAM <= value.len());
            for at in skipped.chain((at + 2..).step_by(4).take_while(|at| at + GRAM <= value.len()))
            {
                if let Some(four) = value[at..].first_chunk::<GRAM>() {
                    probe(at, folded4(*four));
                }
            }
        }
    }

    /// Looks for the parts that have these four bytes at this place.
    #[cold]
    #[inline(never)]
    fn compare(&self, value: &[u8], at: usize, gram: u32, held: &mut Held) {
        let mut slot = self.slot(gram);
        loop {
            let (of, from, to) = self.slots[slot];
            if from == to {
                return;
            }
            if of == gram {
                for place in &self.places[from as usize..to as usize] {
                    let part = &self.parts[place.part as usize];
                    let text = &self.texts[part.text as usize..][..part.length as usize];
                    let there = at
                        .checked_sub(place.at as usize)
                        .and_then(|start| value.get(start..start + text.len()));
                    if there.is_some_and(|there| same::<true>(there, text)) {
                        hold(&self.marks, part.marks, held);
                    }
                }
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// Bits by hash: whether four bytes may be those of a part. As few words as the parts need, so that what is looked up lies
/// close together.
#[derive(Debug)]
struct Filter(Box<[u64]>);

impl Filter {
    /// For as many fours.
    fn new(count: usize) -> Self {
        /// Bits for each of them.
        const SPARSE: usize = 24;
        Self(vec![0; (count * SPARSE).div_ceil(64).next_power_of_two()].into())
    }

    fn add(&mut self, gram: u32) {
        let (word, bit) = self.place(gram);
        self.0[word] |= 1 << bit;
    }

    #[inline]
    fn may_have(&self, gram: u32) -> bool {
        let (word, bit) = self.place(gram);
        self.0[word] >> bit & 1 != 0
    }

    /// A word and a bit in it: of a product the bits are taken that depend on all four bytes.
    #[inline]
    fn place(&self, gram: u32) -> (usize, u32) {
        let hash = mixed(gram);
        ((hash >> 18) as usize & (self.0.len() - 1), hash >> 12 & 63)
    }
}

/// The first and the last four bytes of eight.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is asked for")]
fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// The same for upper and lower case of ASCII letters. Some other bytes become one too, which finds guards that are not
/// there, rarely, and costs a tenth of telling them apart.
#[inline]
fn folded(word: u64) -> u64 {
    word | 0x2020_2020_2020_2020
}

/// [`folded`], for four bytes.
#[inline]
fn folded4(four: [u8; GRAM]) -> u32 {
    halves(folded(u32::from_le_bytes(four).into())).0
}

#[inline]
fn mixed(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { word: 0, side: 0, bits: 1 };

    fn holds(search: impl FnOnce(&mut Held)) -> bool {
        let mut held = [[0; 2]];
        search(&mut held);
        held[0][0] == 1
    }

    /// Wherever a part stands, in whatever case, and whichever of its bytes are searched for first.
    fn found_everywhere<const STEP: usize>(text: &'static str) {
        for rare in 0..text.len() {
            let parts = Parts::<STEP>::new(&[(text, u16::try_from(rare).unwrap(), MARK)]).unwrap();
            for before in 0..20 {
                for after in 0..12 {
                    let mut value = vec![b'-'; before];
                    value.extend(text.to_ascii_uppercase().bytes());
                    value.extend(vec![b'-'; after]);
                    assert!(holds(|held| parts.search(&value, held)), "{before} {after} {rare}");
                    value[before + text.len() / 2] = b'!';
                    assert!(!holds(|held| parts.search(&value, held)), "{before} {after} {rare}");
                }
            }
        }
    }

    #[test]
    fn parts_are_found_everywhere() {
        found_everywhere::<2>("curl ");
        found_everywhere::<2>("/proc/");
        found_everywhere::<4>("\\temp\\x");
        found_everywhere::<4>(":\\windows\\system32\\");
    }

    #[test]
    fn whole_values_are_found_in_any_case() {
        let texts: [&[u8]; 5] =
            [b"", b"a", b"cmd.exe", b"rundll32.exe", b"c:\\windows\\system32\\a.dll"];
        for text in texts {
            let wholes = Wholes::new(&[(text, MARK)]);
            assert!(wholes.may_have(text.len()));
            for value in texts {
                let found = holds(|held| wholes.search(&value.to_ascii_uppercase(), held));
                assert_eq!(found, value == text, "{value:?} {text:?}");
            }
        }
    }
}
