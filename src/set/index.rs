//! Finds the few terms of a rule set that an event may fit, without testing the others.
//!
//! Terms are sorted into *classes*, by the category and the operating system that their events need. In a class, the
//! values of some fields are looked up: whole in a hash table, and for parts at every four bytes. What is found says
//! which terms have their guard in the event. A guard that is there does not mean that the term fits; one that is not
//! there means that it does not.

use crate::field::{Keyword, Kind as _};
use crate::scan::{Raw, Scan};
use crate::text::lower8;

use super::plan::{Atom, Plan, What};

/// The classes of a set.
#[derive(Debug)]
pub(super) struct Index {
    category: Option<usize>,
    system: Option<usize>,
    /// Categories that some term asks for. One behind the last stands for all others.
    categories: Names,
    /// Operating systems that some term asks for, in lower case. One behind the last stands for all others.
    systems: Names,
    /// For each category, for each system.
    classes: Vec<Class>,
}

/// The terms that events of one category and one operating system can fit.
#[derive(Debug, Default)]
struct Class {
    /// Their numbers in the plan, ascending. What follows is by the place in here.
    stages: Vec<u32>,
    /// Bits of guards that hold at the start, 64 terms a pair: those of terms without a first guard, and those
    /// without a second.
    start: Vec<[u64; 2]>,
    /// What holds where a field has a value, by slot.
    present: Vec<(usize, Marks)>,
    marks: Vec<Mark>,
    fields: Vec<Lookup>,
}

/// What to look for in one field.
#[derive(Debug, Default)]
struct Lookup {
    slot: usize,
    wholes: Wholes,
    /// Whether there is anything but whole values.
    has_parts: bool,
    heads: Wholes,
    tails: Wholes,
    long: Parts<GRAM>,
    short: Parts<2>,
}

/// Guards that hold: bits of one of the words of [`Class::start`].
#[derive(Clone, Copy, Debug)]
struct Mark {
    word: u16,
    side: u16,
    bits: u64,
}

/// A range in a list of marks.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    from: u32,
    to: u32,
}

/// Memory for a search, used again from event to event.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    held: Vec<[u64; 2]>,
}

impl Index {
    /// Of the terms of a plan that `keep` says.
    pub(super) fn new(plan: &Plan, keep: impl Fn(u16) -> bool) -> Self {
        let kept = || plan.stages.iter().zip(0_u32..).filter(|(stage, _)| keep(stage.rule));
        let mut categories: Vec<&'static str> = Vec::new();
        let mut systems: Vec<&'static str> = Vec::new();
        for (stage, _) in kept() {
            categories.extend(&stage.categories);
            systems.extend(&stage.systems);
        }
        for names in [&mut categories, &mut systems] {
            names.sort_unstable();
            names.dedup();
            names.truncate(MAX_NAMES);
        }
        let mut classes = Vec::with_capacity((categories.len() + 1) * (systems.len() + 1));
        for category in categories.iter().map(Some).chain([None]) {
            for system in systems.iter().map(Some).chain([None]) {
                // What asks for a name that is not told apart is in every class.
                let fits = kept().filter(|(stage, _)| {
                    includes(&stage.categories, category, &categories)
                        && includes(&stage.systems, system, &systems)
                });
                let numbers: Vec<u32> = fits.map(|(_, number)| number).collect();
                classes.push(Class::new(plan, numbers));
            }
        }
        let slot = |slot: Option<u16>| slot.map(usize::from);
        Self {
            category: slot(plan.category),
            system: slot(plan.system),
            categories: Names::new(categories, false),
            systems: Names::new(systems, true),
            classes,
        }
    }

    /// Appends the numbers of the terms that the event may fit, ascending, each once.
    pub(super) fn search(&self, scan: &Scan, scratch: &mut Scratch, found: &mut Vec<u32>) {
        let categories = self.categories.places(scan, self.category);
        let systems = self.systems.places(scan, self.system);
        let start = found.len();
        let mut classes = 0;
        for category in categories.iter() {
            for system in systems.iter() {
                let class = &self.classes[category * (self.systems.list.len() + 1) + system];
                class.search(scan, scratch, found);
                classes += 1;
            }
        }
        if classes > 1 {
            found[start..].sort_unstable();
            let mut kept = start;
            for at in start..found.len() {
                if kept == start || found[at] != found[kept - 1] {
                    found[kept] = found[at];
                    kept += 1;
                }
            }
            found.truncate(kept);
        }
    }
}

/// Whether a term that asks for one of `wanted`, or for none where that is empty, can fit events of the class `own`,
/// among all that are `known`.
fn includes(wanted: &[&str], own: Option<&&'static str>, known: &[&'static str]) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|name| own.is_some_and(|own| own == name) || !known.contains(name))
}

/// A set of places in a list of names.
#[derive(Clone, Copy)]
struct Places(u64);

impl Places {
    fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (next < u64::BITS).then_some(next as usize)
        })
    }
}

/// The most names that are told apart: what needs another one is in every class.
const MAX_NAMES: usize = 63;

/// Names by which events are sorted.
#[derive(Debug)]
struct Names {
    list: Vec<&'static str>,
    hashes: Vec<u64>,
    /// Whether the case of a value does not matter. The names are in lower case then.
    fold: bool,
}

impl Names {
    fn new(list: Vec<&'static str>, fold: bool) -> Self {
        let hashes = list.iter().map(|name| hash(name.as_bytes())).collect();
        Self { list, hashes, fold }
    }

    /// Which of the names are values of the field; the place behind the last where none is.
    fn places(&self, scan: &Scan, slot: Option<usize>) -> Places {
        let mut found = 0_u64;
        if let Some(slot) = slot {
            texts(scan, slot, &mut |value| {
                let hash = hash(value);
                let same = |name: &str| {
                    let name = name.as_bytes();
                    if self.fold { value.eq_ignore_ascii_case(name) } else { value == name }
                };
                let mut names = self.hashes.iter().zip(&self.list);
                if let Some(at) = names.position(|(&of, name)| of == hash && same(name)) {
                    found |= 1 << at;
                }
            });
        }
        Places(if found == 0 { 1 << self.list.len() } else { found })
    }
}

/// Calls `look` for each value of a slot, as the text that a keyword has.
#[inline(always)]
fn texts(scan: &Scan, slot: usize, look: &mut impl FnMut(&[u8])) {
    for value in scan.values(slot) {
        if let Raw::Str(value) = value {
            look(value.as_bytes());
        } else if let Some(value) = value.scalar() {
            Keyword::coerce(value, |value| look(value.as_bytes()));
        }
    }
}

impl Class {
    fn new(plan: &Plan, stages: Vec<u32>) -> Self {
        let mut start = vec![[0; 2]; stages.len().div_ceil(64)];
        let mut atoms: Vec<(Atom, Mark)> = Vec::new();
        for (at, &number) in stages.iter().enumerate() {
            let guards = &plan.stages[number as usize].guards;
            let (word, bits) = (at / 64, 1_u64 << (at % 64));
            for side in 0..2_u16 {
                let Some(guard) = guards.get(usize::from(side)) else {
                    start[word][usize::from(side)] |= bits;
                    continue;
                };
                let word = u16::try_from(word).expect("BUG: more terms than a plan can hold");
                atoms.extend(guard.iter().map(|&atom| (atom, Mark { word, side, bits })));
            }
        }
        atoms.sort_by_key(|(atom, _)| atom.slot);
        let mut class = Self { stages, start, ..Self::default() };
        for of_field in atoms.chunk_by(|(a, _), (b, _)| a.slot == b.slot) {
            let (present, texts): (Vec<_>, Vec<_>) =
                of_field.iter().copied().partition(|(atom, _)| matches!(atom.what, What::Any));
            if !present.is_empty() {
                let marks = merged(present.iter().map(|(_, mark)| *mark), &mut class.marks);
                class.present.push((present[0].0.slot.into(), marks));
            }
            if !texts.is_empty() {
                class.fields.push(Lookup::new(&texts));
            }
        }
        class
    }

    fn search(&self, scan: &Scan, scratch: &mut Scratch, found: &mut Vec<u32>) {
        let Scratch { held } = scratch;
        held.clear();
        held.extend_from_slice(&self.start);
        for &(slot, marks) in &self.present {
            if scan.has(slot) {
                hold(&self.marks, marks, held);
            }
        }
        for field in &self.fields {
            texts(scan, field.slot, &mut |value| field.search(value, held));
        }
        for (sides, stages) in held.iter().zip(self.stages.chunks(64)) {
            let mut both = sides[0] & sides[1];
            while both != 0 {
                // Bits beyond the last term are never set.
                found.push(stages[both.trailing_zeros() as usize]);
                both &= both - 1;
            }
        }
    }
}

impl Lookup {
    fn new(atoms: &[(Atom, Mark)]) -> Self {
        let mut wholes = Vec::new();
        let (mut heads, mut tails) = (Vec::new(), Vec::new());
        let (mut long, mut short) = (Vec::new(), Vec::new());
        for &(atom, mark) in atoms {
            match atom.what {
                What::Any => {}
                What::Whole(text) => wholes.push((text, mark)),
                What::Head(text) => heads.push((text, mark)),
                What::Tail(text) => tails.push((text, mark)),
                What::Part { text, rare } if text.len() >= LONG => long.push((text, rare, mark)),
                What::Part { text, rare } => short.push((text, rare, mark)),
            }
        }
        Self {
            slot: atoms[0].0.slot.into(),
            wholes: Wholes::new(&mut wholes),
            has_parts: atoms.iter().any(|(atom, _)| !matches!(atom.what, What::Whole(_))),
            heads: Wholes::new(&mut heads),
            tails: Wholes::new(&mut tails),
            long: Parts::new(&long),
            short: Parts::new(&short),
        }
    }

    #[inline]
    fn search(&self, value: &[u8], held: &mut [[u64; 2]]) {
        if self.wholes.may_have(value.len()) {
            self.wholes.search(value, held);
        }
        if self.has_parts
            && let (Some(head), Some(tail)) =
                (value.first_chunk::<GRAM>(), value.last_chunk::<GRAM>())
        {
            if self.heads.lengths != 0 {
                self.heads.search(head, held);
            }
            if self.tails.lengths != 0 {
                self.tails.search(tail, held);
            }
            self.long.search(value, held);
            self.short.search(value, held);
        }
    }
}

/// Sets the bits of some marks.
#[inline]
fn hold(marks: &[Mark], range: Marks, held: &mut [[u64; 2]]) {
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
    let index = |at: usize| u32::try_from(at).expect("BUG: more guards than a plan can hold");
    Marks { from: index(from), to: index(marks.len()) }
}

/// Whole values, in a table with open addressing. A value whose hash is that of another holds a guard too much.
#[derive(Debug, Default)]
struct Wholes {
    /// Bit *n* where there is a text of *n* bytes; the last bit stands for all longer ones.
    lengths: u64,
    /// By hash; a hash of zero marks a free slot.
    slots: Vec<(u64, Marks)>,
    marks: Vec<Mark>,
}

impl Wholes {
    fn new(texts: &mut [(&'static [u8], Mark)]) -> Self {
        texts.sort_by_key(|(text, _)| *text);
        let groups: Vec<_> = texts.chunk_by(|(a, _), (b, _)| a == b).collect();
        if groups.is_empty() {
            return Self::default();
        }
        let mut table = Self {
            lengths: 0,
            slots: vec![(0, Marks::default()); (groups.len() * 2).next_power_of_two()],
            marks: Vec::new(),
        };
        for group in groups {
            let text = group[0].0;
            table.lengths |= length_bit(text.len());
            let marks = merged(group.iter().map(|(_, mark)| *mark), &mut table.marks);
            let hash = hash(text);
            let mut at = table.place(hash);
            while table.slots[at].0 != 0 {
                at = (at + 1) & (table.slots.len() - 1);
            }
            table.slots[at] = (hash, marks);
        }
        table
    }

    #[inline]
    fn may_have(&self, length: usize) -> bool {
        self.lengths & length_bit(length) != 0
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn search(&self, value: &[u8], held: &mut [[u64; 2]]) {
        let hash = hash(value);
        let mut at = self.place(hash);
        loop {
            let (of, marks) = self.slots[at];
            if of == hash {
                hold(&self.marks, marks, held);
            }
            if of == 0 {
                return;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

#[inline]
fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// Of the text in ASCII lower case. Never zero. Not for tables that others may fill: the texts of a rule set are no one
/// else's.
#[inline]
fn hash(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ lower8(word)) * u128::from(ODD);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are folded together")]
        let folded = product as u64 ^ (product >> 64) as u64;
        folded
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut hash =
        words.iter().fold(text.len() as u64, |hash, &word| mix(hash, u64::from_le_bytes(word)));
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hash = mix(hash, u64::from_le_bytes(word));
    }
    hash | 1
}

/// How many bytes of a part are looked up.
const GRAM: usize = 4;
/// A part of this length has four bytes in it that begin at a multiple of four in the value, wherever it stands;
/// shorter ones, which have five bytes or more, have some that begin at a multiple of two.
const LONG: usize = 2 * GRAM - 1;

/// Parts of values. Each is found by four of its bytes: a filter of bits says at which places in a value such four
/// bytes stand, and only there are texts compared.
///
/// Only every `STEP`th place in a value is looked at. So of a part as many fours are known, that begin at one byte
/// after the other: one of them begins at such a place.
#[derive(Debug, Default)]
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
    fn new(texts: &[(&'static [u8], u16, Mark)]) -> Self {
        if texts.is_empty() {
            return Self::default();
        }
        let index = |at: usize| u32::try_from(at).expect("BUG: more guards than a plan can hold");
        let mut made = Self::default();
        let mut sorted = texts.to_vec();
        sorted.sort_by_key(|(text, ..)| *text);
        // Four bytes, and where they stand in which part.
        let mut grams: Vec<(u32, Place)> = Vec::new();
        for same in sorted.chunk_by(|a, b| a.0 == b.0) {
            let (text, rare, _) = same[0];
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
                grams.push((u32::from_le_bytes(*four), Place { part, at: index(at) }));
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
        made
    }

    #[inline]
    fn slot(&self, gram: u32) -> usize {
        mixed(gram) as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn search(&self, value: &[u8], held: &mut [[u64; 2]]) {
        if self.parts.is_empty() {
            return;
        }
        let mut probe = |at: usize, gram: u32| {
            if self.filter.may_have(gram) {
                self.compare(value, at, gram, held);
            }
        };
        let (words, rest) = value.as_chunks::<8>();
        let mut at = 0;
        for word in words {
            let word = lower8(u64::from_le_bytes(*word));
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
            probe(at, lower4(*four));
        }
        if STEP == 2 {
            let skipped = (6..).step_by(8).take_while(|at| at + GRAM <= value.len());
            for at in skipped.chain((at + 2..).step_by(4).take_while(|at| at + GRAM <= value.len()))
            {
                if let Some(four) = value[at..].first_chunk::<GRAM>() {
                    probe(at, lower4(*four));
                }
            }
        }
    }

    /// Looks for the parts that have these four bytes at this place.
    #[cold]
    #[inline(never)]
    fn compare(&self, value: &[u8], at: usize, gram: u32, held: &mut [[u64; 2]]) {
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
                    if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                        hold(&self.marks, part.marks, held);
                    }
                }
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// Bits by hash: whether four bytes may be those of a part.
#[derive(Debug)]
struct Filter(Box<[u64; Self::WORDS]>);

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; Self::WORDS]))
    }
}

impl Filter {
    const WORDS: usize = 64;
    const BITS: u32 = (Self::WORDS * 64).trailing_zeros();

    fn add(&mut self, gram: u32) {
        let bit = mixed(gram) >> (u32::BITS - Self::BITS);
        self.0[bit as usize / 64] |= 1 << (bit % 64);
    }

    #[inline]
    fn may_have(&self, gram: u32) -> bool {
        let bit = mixed(gram) >> (u32::BITS - Self::BITS);
        self.0[bit as usize / 64] >> (bit % 64) & 1 != 0
    }
}

/// The first and the last four bytes of eight.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is asked for")]
fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// Four bytes in ASCII lower case.
#[inline]
fn lower4(four: [u8; GRAM]) -> u32 {
    halves(lower8(u32::from_le_bytes(four).into())).0
}

#[inline]
fn mixed(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { word: 0, side: 0, bits: 1 };

    fn holds(search: impl FnOnce(&mut [[u64; 2]])) -> bool {
        let mut held = [[0; 2]];
        search(&mut held);
        held[0][0] == 1
    }

    /// Wherever a part stands, in whatever case, and whichever of its bytes are searched for first.
    fn found_everywhere<const STEP: usize>(text: &'static [u8]) {
        for rare in 0..text.len() {
            let parts = Parts::<STEP>::new(&[(text, u16::try_from(rare).unwrap(), MARK)]);
            for before in 0..20 {
                for after in 0..12 {
                    let mut value = vec![b'-'; before];
                    value.extend(text.to_ascii_uppercase());
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
        found_everywhere::<2>(b"curl ");
        found_everywhere::<2>(b"/proc/");
        found_everywhere::<4>(b"\\temp\\x");
        found_everywhere::<4>(b":\\windows\\system32\\");
    }

    #[test]
    fn whole_values_are_found_in_any_case() {
        let texts: [&[u8]; 5] =
            [b"", b"a", b"cmd.exe", b"rundll32.exe", b"c:\\windows\\system32\\a.dll"];
        for text in texts {
            let wholes = Wholes::new(&mut [(text, MARK)]);
            assert!(wholes.may_have(text.len()));
            for value in texts {
                let found = holds(|held| wholes.search(&value.to_ascii_uppercase(), held));
                assert_eq!(found, value == text, "{value:?} {text:?}");
            }
        }
    }
}
