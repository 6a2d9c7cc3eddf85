//! Many things looked for in the values of one field at once: of the guards of a class, and of the patterns of a long list.

use self::parts::{GRAM, LONG, Parts, SHORT, folded, halves};
use crate::field::{Boolean, Kind as _, Long};
use crate::scan::Raw;
use crate::text::{Needle, find};

use super::plan::{Atom, What};

mod parts;

/// What is found, as bits: those of one word, which is one side of a pair in a [`Held`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) word: u16,
    pub(super) side: u16,
    pub(super) bits: u64,
}

/// What was found so far.
pub(super) type Held = [[u64; 2]];

/// The places of the bits that are set, ascending.
#[inline]
pub(super) fn places(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (next < u64::BITS).then_some(next as usize)
    })
}

/// A range in a list of marks.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    from: u32,
    to: u32,
}

impl Marks {
    fn range(self) -> std::ops::Range<usize> {
        self.from as usize..self.to as usize
    }
}

/// What is looked for in one field. What most values touch of it stands in one line of the cache, but for the words of the
/// filters.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Lookup {
    /// The lengths of whole values, as [`length_bit`]s.
    lengths: u64,
    /// Of the hashes in the table of exact texts.
    exact: Filter,
    /// Of four bytes in the table of parts.
    fours: Filter,
    tables: Box<Tables>,
    steps: Steps,
    /// Whether the first or the last bytes of values are looked for.
    has_ends: bool,
    has_plain: bool,
    has_shorter: bool,
}

/// Where most values are not looked up.
#[derive(Debug)]
struct Tables {
    exact: Exact,
    parts: Parts,
    plain: Plain,
    /// Parts of less than five bytes, each searched for alone.
    shorter: Box<[(Needle, Marks)]>,
    /// Of `shorter`.
    marks: Box<[Mark]>,
}

/// At which places in a value `Parts` are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Steps {
    None,
    Four,
    Two,
}

/// Bits by hash: whether something may be in a table. As few words as it needs, so that what is looked up lies close
/// together.
#[derive(Debug)]
struct Filter(Box<[u64]>);

impl Filter {
    /// For as many hashes, with so many bits for each.
    fn new(hashes: &[u32], sparse: usize) -> Self {
        let words = (hashes.len() * sparse).div_ceil(64).next_power_of_two();
        let mut made = Self(vec![0; words].into());
        for &hash in hashes {
            let (word, bit) = made.place(hash);
            made.0[word] |= 1 << bit;
        }
        made
    }

    #[inline]
    fn may_have(&self, hash: u32) -> bool {
        let (word, bit) = self.place(hash);
        self.0[word] >> bit & 1 != 0
    }

    /// A word, of which the number is a power of two, and a bit in it.
    #[inline]
    fn place(&self, hash: u32) -> (usize, u32) {
        ((hash >> 18) as usize & (self.0.len() - 1), hash >> 12 & 63)
    }
}

/// Whole values, and the first and the last four bytes of values, by hash, with open addressing. A value whose hash is
/// that of another holds a guard too much.
#[derive(Debug)]
struct Exact(Box<[Slot]>);

/// A mark of a text with this half of a hash, which is zero in a free slot. Of one text there may be several.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    half: u32,
    word: u16,
    side: u16,
    bits: u64,
}

/// Set the hashes of the first and of the last bytes apart from those of whole values. Even, so that no half becomes zero.
const HEAD: u64 = 0x5851_f42d_4c95_7f2c;
const TAIL: u64 = 0x1405_7b7e_f767_814e;

/// What holds whatever the value is, and numbers and truth values, each list sorted.
#[derive(Debug)]
struct Plain {
    present: Marks,
    ints: Vec<(i64, Marks)>,
    bools: Vec<(bool, Marks)>,
    marks: Vec<Mark>,
}

impl Lookup {
    /// Of atoms that are all of one field.
    pub(super) fn new(atoms: &[(Atom, Mark)]) -> Self {
        /// Bits of a filter for each whole value, and for each four bytes.
        const SPARSE: usize = 16;
        const SPARSE_FOURS: usize = 24;
        let mut lengths = 0;
        let mut has_ends = false;
        let mut exact: Vec<(u64, Mark)> = Vec::new();
        let (mut long, mut short, mut shorter) = (Vec::new(), Vec::new(), Vec::new());
        for &(atom, mark) in atoms {
            match atom.what {
                What::Any | What::Int(_) | What::Bool(_) => {}
                What::Whole(text) => {
                    lengths |= length_bit(text.len());
                    exact.push((hash(text), mark));
                }
                What::Head(text) => exact.push((hash(text) ^ HEAD, mark)),
                What::Tail(text) => exact.push((hash(text) ^ TAIL, mark)),
                What::Part { text, rare } => match text.len() {
                    LONG.. => long.push((text, rare, mark)),
                    SHORT.. => short.push((text, rare, mark)),
                    _ => shorter.push(((text, rare), mark)),
                },
            }
            has_ends |= matches!(atom.what, What::Head(_) | What::Tail(_));
        }
        // One search for both takes less than two.
        let steps = match (long.is_empty(), short.is_empty()) {
            (true, true) => Steps::None,
            (false, true) => Steps::Four,
            (_, false) => Steps::Two,
        };
        long.append(&mut short);
        let parts = match steps {
            Steps::Two => Parts::new::<2>(long),
            Steps::Four | Steps::None => Parts::new::<4>(long),
        };
        let fours: Vec<u32> = parts.fours().collect();
        let mut hashes: Vec<u32> = exact.iter().map(|(hash, _)| halves(*hash).1).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let mut marks = Vec::new();
        let needle = |(text, rare): (_, u16)| Needle { text, rare: rare.into() };
        let shorter = grouped(shorter, &mut marks).into_iter();
        let shorter = shorter.map(|(text, marks)| (needle(text), marks)).collect();
        let plain = Plain::new(atoms);
        let tables =
            Tables { exact: Exact::new(exact), parts, plain, shorter, marks: marks.into() };
        Self {
            lengths,
            exact: Filter::new(&hashes, SPARSE),
            fours: Filter::new(&fours, SPARSE_FOURS),
            steps,
            has_ends,
            has_plain: !tables.plain.is_empty(),
            has_shorter: !tables.shorter.is_empty(),
            tables: Box::new(tables),
        }
    }

    /// Sets the bits of what a value has.
    #[inline]
    pub(super) fn search(&self, value: Raw<'_>, held: &mut Held) {
        if self.has_plain {
            self.tables.plain.search(value, held);
        }
        value.keyword(|text| self.search_text(text.as_bytes(), held));
    }

    /// The same for a text.
    #[inline]
    pub(super) fn search_text(&self, text: &[u8], held: &mut Held) {
        if self.lengths & length_bit(text.len()) != 0 {
            self.search_exact(hash(text), held);
        }
        if self.has_ends
            && let Some(head) = text.first_chunk::<GRAM>()
            && let Some(tail) = text.last_chunk::<GRAM>()
        {
            self.search_exact(hash(head) ^ HEAD, held);
            self.search_exact(hash(tail) ^ TAIL, held);
        }
        match self.steps {
            Steps::None => {}
            Steps::Four => self.search_parts::<4>(text, held),
            Steps::Two => self.search_parts::<2>(text, held),
        }
        if self.has_shorter {
            for (needle, marks) in &self.tables.shorter {
                if find::<true>(text, needle).is_some() {
                    hold(&self.tables.marks, *marks, held);
                }
            }
        }
    }

    #[inline]
    fn search_exact(&self, hash: u64, held: &mut Held) {
        let (half, other) = halves(hash);
        if self.exact.may_have(other) {
            self.tables.exact.search(half, other, held);
        }
    }

    #[inline]
    fn search_parts<const STEP: usize>(&self, text: &[u8], held: &mut Held) {
        parts::each_four::<STEP>(text, |at, four| {
            if self.fours.may_have(parts::mixed(four)) {
                self.tables.parts.compare(text, at, four, held);
            }
        });
    }
}

impl Exact {
    fn new(texts: Vec<(u64, Mark)>) -> Self {
        let mut marks = Vec::new();
        let groups = grouped(texts, &mut marks);
        let mut slots =
            vec![Slot::default(); (marks.len() * 2).next_power_of_two()].into_boxed_slice();
        for (hash, of) in groups {
            let (half, other) = halves(hash);
            let mut at = other as usize & (slots.len() - 1);
            for mark in &marks[of.range()] {
                while slots[at].half != 0 {
                    at = (at + 1) & (slots.len() - 1);
                }
                slots[at] = Slot { half, word: mark.word, side: mark.side, bits: mark.bits };
            }
        }
        Self(slots)
    }

    #[cold]
    fn search(&self, half: u32, other: u32, held: &mut Held) {
        let mut at = other as usize & (self.0.len() - 1);
        loop {
            let slot = &self.0[at];
            if slot.half == 0 {
                return;
            }
            if slot.half == half {
                held[usize::from(slot.word)][usize::from(slot.side)] |= slot.bits;
            }
            at = (at + 1) & (self.0.len() - 1);
        }
    }
}

impl Plain {
    fn new(atoms: &[(Atom, Mark)]) -> Self {
        let (mut present, mut ints, mut bools) = (Vec::new(), Vec::new(), Vec::new());
        for &(atom, mark) in atoms {
            match atom.what {
                What::Any => present.push(mark),
                What::Int(int) => ints.push((int, mark)),
                What::Bool(is) => bools.push((is, mark)),
                What::Whole(_) | What::Head(_) | What::Tail(_) | What::Part { .. } => {}
            }
        }
        let mut marks = Vec::new();
        let present = merged(present.into_iter(), &mut marks);
        let ints = grouped(ints, &mut marks);
        let bools = grouped(bools, &mut marks);
        Self { present, ints, bools, marks }
    }

    fn is_empty(&self) -> bool {
        self.marks.is_empty()
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
    for mark in &marks[range.range()] {
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

/// A set of lengths has a bit for each; the last one stands for all longer ones.
#[inline]
pub(super) fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// The same for upper and lower case of ASCII letters. The first half is never zero. Not for tables that others may fill:
/// the texts of a rule set are no one else's.
#[inline]
fn hash(text: &[u8]) -> u64 {
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

/// Where to begin in a table of texts with open addressing, of so many slots, a power of two.
#[inline]
pub(super) fn spot(text: &[u8], slots: usize) -> usize {
    (hash(text) >> 32) as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { word: 0, side: 0, bits: 1 };

    fn lookup(what: What) -> Lookup {
        Lookup::new(&[(Atom { slot: 0, what }, MARK)])
    }

    fn finds(lookup: &Lookup, value: &[u8]) -> bool {
        let mut held = [[0; 2]];
        lookup.search_text(value, &mut held);
        held[0][0] == 1
    }

    /// Wherever a part stands, in whatever case, and whichever of its bytes are searched for first.
    fn found_everywhere(text: &'static str, with: Option<&'static str>) {
        for rare in 0..text.len() {
            let rare = u16::try_from(rare).unwrap();
            let part = |text, rare| Atom { slot: 0, what: What::Part { text, rare } };
            let other = with.map(|other| (part(other, 0), Mark { side: 1, ..MARK }));
            let atoms: Vec<_> = [(part(text, rare), MARK)].into_iter().chain(other).collect();
            let parts = Lookup::new(&atoms);
            for before in 0..20 {
                for after in 0..12 {
                    let mut value = vec![b'-'; before];
                    value.extend(text.to_ascii_uppercase().bytes());
                    value.extend(vec![b'-'; after]);
                    assert!(finds(&parts, &value), "{before} {after} {rare}");
                    value[before + text.len() / 2] = b'!';
                    assert!(!finds(&parts, &value), "{before} {after} {rare}");
                }
            }
        }
    }

    #[test]
    fn parts_are_found_everywhere() {
        for text in ["$", "::", "$$", "-e ", "curl", "curl ", "/proc/", "/temp/x", ":/windows/"] {
            found_everywhere(text, None);
            found_everywhere(text, Some("wget "));
            found_everywhere(text, Some("/appdata/local/"));
        }
    }

    #[test]
    fn ends_are_no_whole_values() {
        let (head, tail) = (lookup(What::Head(b"c:/w")), lookup(What::Tail(b".dll")));
        let whole = lookup(What::Whole(b".dll"));
        for (value, ends) in [
            ("C:/Windows/x.DLL", [true, true, false]),
            ("c:/w", [true, false, false]),
            (".dll", [false, true, true]),
            ("dll", [false; 3]),
            ("c:/x/c:/w.dll.", [false; 3]),
        ] {
            let value = value.as_bytes();
            let found = [&head, &tail, &whole].map(|lookup| finds(lookup, value));
            assert_eq!(found, ends, "{value:?}");
        }
    }

    #[test]
    fn whole_values_are_found_in_any_case() {
        let texts: [&[u8]; 5] =
            [b"", b"a", b"cmd.exe", b"rundll32.exe", b"c:/windows/system32/a.dll"];
        for text in texts {
            let whole = lookup(What::Whole(text));
            for value in texts {
                assert_eq!(finds(&whole, &value.to_ascii_uppercase()), value == text, "{value:?}");
            }
        }
    }
}
