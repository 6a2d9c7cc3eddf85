//! Finds the few terms of a rule set that an event may fit, without testing the others.
//!
//! Terms are sorted into *classes*, by the category, the operating system and the type that their events need. In a class,
//! the values of some fields are looked up: whole in a hash table, and for parts at every four bytes. What is found says
//! which terms have their guard in the event. A guard that is there does not mean that the term fits; one that is not
//! there means that it does not.

use crate::scan::Scan;
use crate::text::same;

use super::lookup::{Lookup, Mark, places, spot};
use super::plan::{Atom, Plan, SORTS, Stage};

/// The terms of a set by their classes, which are made when the first event of each comes.
#[derive(Debug)]
pub(super) struct Index {
    plan: &'static Plan,
    sorts: [Names; SORTS],
    /// Number in the plan, and the events that the term can fit.
    terms: Vec<(u32, Key)>,
    /// Each with other terms.
    classes: Vec<Class>,
    /// With open addressing, places in `classes` by the names that events have.
    table: Box<[Option<(Key, u16)>; TABLE]>,
    /// How much of the table is taken.
    keys: usize,
    /// Memory for a search, used again from event to event.
    held: Vec<[u64; 2]>,
}

/// Names of each sort, as bits: those that an event has, or one of which it needs.
type Key = [u64; SORTS];

/// All names.
const ANY: u64 = u64::MAX;
/// Most streams have a few dozen sets of names. One that has more than this has made them up: the terms of further ones are
/// all terms.
const MOST_KEYS: usize = 128;
/// Half of it stays free.
const TABLE: usize = 2 * MOST_KEYS.next_power_of_two();

/// The terms that events of one class can fit.
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

impl Index {
    /// Of the terms of a plan that `keep` says.
    pub(super) fn new(plan: &'static Plan, keep: impl Fn(u16) -> bool) -> Self {
        let kept: Vec<(&Stage, u32)> =
            plan.stages.iter().zip(0_u32..).filter(|(stage, _)| keep(stage.rule)).collect();
        let sorts = std::array::from_fn(|sort| {
            let names = kept.iter().flat_map(|(stage, _)| &stage.names[sort]).copied();
            Names::new(plan.sorts[sort].map(usize::from), names.collect())
        });
        let needs = |stage: &Stage| -> Key {
            std::array::from_fn(|sort| sorts[sort].needed(&stage.names[sort]))
        };
        let terms = kept.iter().map(|(stage, number)| (*number, needs(stage))).collect();
        Self {
            plan,
            terms,
            sorts,
            classes: Vec::new(),
            table: Box::new([None; TABLE]),
            keys: 0,
            held: Vec::new(),
        }
    }

    /// Appends the numbers of the terms that the event may fit, ascending, each once.
    pub(super) fn search(&mut self, scan: &Scan, found: &mut Vec<u32>) {
        let key = self.sorts.each_ref().map(|names| names.of(scan));
        let class = self.class(key);
        self.classes[class].search(scan, &mut self.held, found);
    }

    /// The place of the class of events with these names.
    #[inline]
    fn class(&mut self, key: Key) -> usize {
        match self.find(key) {
            Ok(class) => class,
            Err(free) => self.add(key, free),
        }
    }

    /// The place of a class, or that in the table where it goes.
    #[inline]
    fn find(&self, key: Key) -> Result<usize, usize> {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = key
            .iter()
            .fold(0_u64, |mixed, names| (mixed.rotate_left(21) ^ names).wrapping_mul(ODD));
        #[expect(clippy::cast_possible_truncation, reason = "the highest bits of 64")]
        let mut at = (mixed >> (u64::BITS - TABLE.trailing_zeros())) as usize;
        loop {
            match self.table[at] {
                Some((of, class)) if of == key => return Ok(class.into()),
                Some(_) => at = (at + 1) % TABLE,
                None => return Err(at),
            }
        }
    }

    /// Finds or makes the class of events with these names, or that of all terms where there are too many already.
    #[cold]
    fn add(&mut self, mut key: Key, mut free: usize) -> usize {
        if self.keys >= MOST_KEYS {
            key = [ANY; SORTS];
            match self.find(key) {
                Ok(class) => return class,
                Err(at) => free = at,
            }
        }
        let fits = |needs: &Key| needs.iter().zip(&key).all(|(needs, has)| needs & has != 0);
        let terms = self.terms.iter().filter(|(_, needs)| fits(needs));
        let terms: Vec<u32> = terms.map(|(number, _)| *number).collect();
        let known = self.classes.iter().position(|class| class.stages == terms);
        let class = known.unwrap_or_else(|| {
            self.classes.push(Class::new(self.plan, terms));
            self.classes.len() - 1
        });
        let place = u16::try_from(class).expect("BUG: more classes than there may be");
        self.table[free] = Some((key, place));
        self.keys += 1;
        class
    }
}

/// Names by which events are sorted, in lower case. One behind the last stands for all others.
#[derive(Debug)]
struct Names {
    /// Of the field whose values they are.
    slot: Option<usize>,
    list: Vec<&'static str>,
    /// Places in `list` from 1 by hash, with open addressing; 0 marks a free slot.
    table: Vec<u8>,
}

/// The most names that are told apart: what needs another one is in every class.
const MOST_NAMES: usize = 63;

impl Names {
    fn new(slot: Option<usize>, mut list: Vec<&'static str>) -> Self {
        list.sort_unstable();
        list.dedup();
        list.truncate(MOST_NAMES);
        let mut table = vec![0; (list.len() * 4).next_power_of_two()];
        for (name, place) in list.iter().zip(1..) {
            let mut at = spot(name.as_bytes(), table.len());
            while table[at] != 0 {
                at = (at + 1) & (table.len() - 1);
            }
            table[at] = place;
        }
        Self { slot, list, table }
    }

    /// Where one of these is needed.
    fn needed(&self, names: &[&'static str]) -> u64 {
        let bit = |name: &&str| self.list.binary_search(name).map_or(ANY, |at| 1 << at);
        if names.is_empty() { ANY } else { names.iter().map(bit).fold(0, |all, bit| all | bit) }
    }

    /// Those that are values of the field, in any case.
    #[inline]
    fn of(&self, scan: &Scan) -> u64 {
        let mut found = 0_u64;
        if let Some(slot) = self.slot {
            for value in scan.values(slot) {
                value.keyword(|text| found |= self.bit(text.as_bytes()));
            }
        }
        if found == 0 { 1 << self.list.len() } else { found }
    }

    #[inline]
    fn bit(&self, value: &[u8]) -> u64 {
        let mut at = spot(value, self.table.len());
        loop {
            let place = match self.table[at] {
                0 => return 0,
                place => usize::from(place - 1),
            };
            let name = self.list[place].as_bytes();
            if value.len() == name.len() && same::<true>(value, name) {
                return 1 << place;
            }
            at = (at + 1) & (self.table.len() - 1);
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

    fn search(&self, scan: &Scan, held: &mut Vec<[u64; 2]>, found: &mut Vec<u32>) {
        held.clear();
        held.extend_from_slice(&self.start);
        for value in scan.all() {
            if let Some(&place) = self.places.get(value.slot())
                && let Some(field) = self.fields.get(usize::from(place))
            {
                field.search(value.value(), held);
            }
        }
        for (sides, stages) in held.iter().zip(self.stages.chunks(64)) {
            // Bits beyond the last term are never set.
            found.extend(places(sides[0] & sides[1]).map(|at| stages[at]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Projection;
    use crate::sequence::Target;

    const TYPES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    /// A term for each type, and one for all of them.
    fn plan() -> &'static Plan {
        let stage = |rule: u16, names: Vec<&'static str>| Stage {
            rule,
            target: Target::Term(0),
            names: [Vec::new(), Vec::new(), names],
            guards: Vec::new(),
        };
        let mut stages: Vec<Stage> =
            TYPES.iter().zip(0..).map(|(name, rule)| stage(rule, vec![*name])).collect();
        stages.push(stage(8, Vec::new()));
        Box::leak(Box::new(Plan { sorts: [None, None, Some(0)], stages, ..Plan::default() }))
    }

    #[test]
    fn made_up_classes_cost_time_and_hide_nothing() {
        let projection = Projection::new(&["event.type"]);
        let mut scan = Scan::new();
        let mut index = Index::new(plan(), |_| true);
        let mut largest = 0;
        for types in 0..1_u32 << TYPES.len() {
            let own = (0..8_u32).filter(|bit| types >> bit & 1 != 0);
            let names: Vec<_> = own.clone().map(|bit| TYPES[bit as usize].to_uppercase()).collect();
            let line = format!(r#"{{"event":{{"type":{names:?}}}}}"#);
            scan.read(&projection, line.as_bytes()).unwrap();
            let mut found = Vec::new();
            index.search(&scan, &mut found);
            assert!(own.clone().chain([8]).all(|term| found.contains(&term)), "{line} {found:?}");
            if index.keys < MOST_KEYS {
                assert_eq!(found.len(), own.count() + 1, "{line}");
            }
            largest = largest.max(index.keys);
        }
        assert_eq!(largest, MOST_KEYS + 1);
        assert_eq!(index.classes.len(), largest);
    }

    #[test]
    fn events_that_fit_the_same_terms_share_a_class() {
        let projection = Projection::new(&["event.type"]);
        let mut scan = Scan::new();
        let mut index = Index::new(plan(), |rule| rule < 2);
        for line in
            ["{}", r#"{"event.type":"x"}"#, r#"{"event.type":["A","c"]}"#, r#"{"event.type":"a"}"#]
        {
            scan.read(&projection, line.as_bytes()).unwrap();
            index.search(&scan, &mut Vec::new());
        }
        assert_eq!(index.classes.len(), 2);
    }

    #[test]
    fn terms_that_are_left_out_are_not_found() {
        let projection = Projection::new(&["event.type"]);
        let mut scan = Scan::new();
        let mut index = Index::new(plan(), |rule| rule != 2);
        scan.read(&projection, br#"{"event.type":["b","c","other"]}"#).unwrap();
        let mut found = Vec::new();
        index.search(&scan, &mut found);
        assert_eq!(found, [1, 8]);
    }
}
