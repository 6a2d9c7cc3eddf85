//! Finds the few terms of a rule set that an event may fit, without testing the others.
//!
//! Terms are sorted into *classes*, by the category and the operating system that their events need. In a class, the
//! values of some fields are looked up: whole in a hash table, and for parts at every four bytes. What is found says
//! which terms have their guard in the event. A guard that is there does not mean that the term fits; one that is not
//! there means that it does not.

use crate::field::{Keyword, Kind as _};
use crate::scan::{Raw, Scan};
use crate::text::same;

use super::lookup::{Lookup, Mark, hash};
use super::plan::{Atom, Plan};

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
#[derive(Debug)]
struct Class {
    /// Their numbers in the plan, ascending. What follows is by the place in here.
    stages: Vec<u32>,
    /// Bits of guards that hold at the start, 64 terms a pair: those of terms without a first guard, and those
    /// without a second.
    start: Vec<[u64; 2]>,
    /// For each slot the place of its field in `fields`; one behind the last where nothing is looked for.
    places: Vec<u16>,
    fields: Vec<Lookup>,
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
                    let same = if self.fold { same::<true> } else { same::<false> };
                    value.len() == name.len() && same(value, name)
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
        let slots = atoms.last().map_or(0, |(atom, _)| usize::from(atom.slot) + 1);
        let fields: Vec<_> = atoms.chunk_by(|(a, _), (b, _)| a.slot == b.slot).collect();
        let place = |at: usize| u16::try_from(at).expect("BUG: more fields than a plan can hold");
        let mut places = vec![place(fields.len()); slots];
        for (at, of_field) in fields.iter().enumerate() {
            places[usize::from(of_field[0].0.slot)] = place(at);
        }
        let fields = fields.into_iter().map(Lookup::new).collect();
        Self { stages, start, places, fields }
    }

    fn search(&self, scan: &Scan, scratch: &mut Scratch, found: &mut Vec<u32>) {
        let Scratch { held } = scratch;
        held.clear();
        held.extend_from_slice(&self.start);
        for found in scan.all() {
            if let Some(&place) = self.places.get(found.slot())
                && let Some(field) = self.fields.get(usize::from(place))
            {
                field.search(found.value(), held);
            }
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
