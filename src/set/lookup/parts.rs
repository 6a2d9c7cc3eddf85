//! Texts that may stand anywhere in a value.

use crate::text::same;

use super::{Held, Mark, Marks, hold, index, merged};

/// How many bytes of a part are looked up.
pub(super) const GRAM: usize = 4;
/// A part of this length has four bytes in it that begin at a multiple of four in the value, wherever it stands;
/// shorter ones, which have five bytes or more, have some that begin at a multiple of two.
pub(super) const LONG: usize = 2 * GRAM - 1;
/// See [`LONG`]. Still shorter parts are not looked up by four bytes.
pub(super) const SHORT: usize = GRAM + 1;

/// Parts of values. Each is found by four of its bytes, and only where these stand are texts compared.
///
/// Only every `STEP`th place in a value is looked at. So of a part as many fours are known, that begin at one byte
/// after the other: one of them begins at such a place.
#[derive(Debug)]
pub(super) struct Parts {
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

impl Parts {
    /// Of texts, each with the place of its rarest byte.
    pub(super) fn new<const STEP: usize>(mut texts: Vec<(&'static str, u16, Mark)>) -> Self {
        let mut made = Self {
            slots: Vec::new(),
            places: Vec::new(),
            parts: Vec::new(),
            texts: Vec::new(),
            marks: Vec::new(),
        };
        texts.sort_by_key(|(text, ..)| *text);
        // Four bytes, and where they stand in which part.
        let mut grams: Vec<(u32, Place)> = Vec::new();
        for same in texts.chunk_by(|a, b| a.0 == b.0) {
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

    /// The hashes of all fours.
    pub(super) fn fours(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().filter(|(_, from, to)| from != to).map(|(four, ..)| mixed(*four))
    }

    #[inline]
    fn slot(&self, gram: u32) -> usize {
        mixed(gram) as usize & (self.slots.len() - 1)
    }

    /// Looks for the parts that have these four bytes at this place.
    #[cold]
    #[inline(never)]
    pub(super) fn compare(&self, value: &[u8], at: usize, gram: u32, held: &mut Held) {
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

/// Calls `probe` with every `STEP`th place in a value and the four bytes, [folded], that begin there.
#[inline]
pub(super) fn each_four<const STEP: usize>(value: &[u8], mut probe: impl FnMut(usize, u32)) {
    for (at, four) in value.windows(GRAM).enumerate().step_by(STEP) {
        if let Some(four) = four.first_chunk() {
            probe(at, folded4(*four));
        }
    }
}

/// The first and the last four bytes of eight.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is asked for")]
pub(super) fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// The same for upper and lower case of ASCII letters. Some other bytes become one too, which finds guards that are not
/// there, rarely, and costs a tenth of telling them apart.
#[inline]
pub(super) fn folded(word: u64) -> u64 {
    word | 0x2020_2020_2020_2020
}

/// [`folded`], for four bytes.
#[inline]
fn folded4(four: [u8; GRAM]) -> u32 {
    halves(folded(u32::from_le_bytes(four).into())).0
}

#[inline]
pub(super) fn mixed(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}
