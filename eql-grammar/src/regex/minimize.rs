//! From an automaton to the smallest one that matches the same, and to its tables.

use std::collections::HashMap;

use super::alphabet::Class;
use super::chars::MAX;
use super::determinize::{Raw, TooComplex};
use super::{ALL, DEAD, Dfa, limits};

/// Merges states and classes of characters that no value tells apart.
pub(super) fn minimize(raw: &Raw) -> Result<Dfa, TooComplex> {
    let blocks = Partition::refine(raw);
    let order = Order::new(raw, &blocks);
    let classes = merge_classes(raw, &blocks, &order)?;
    let entries = classes.columns.len() * order.len();
    if entries > limits::TABLE {
        return Err(TooComplex("a table of more than 262,144 transitions"));
    }
    let (ascii, wide) = class_tables(raw, &classes.merged);
    Ok(Dfa {
        ascii,
        wide,
        states: number(order.len()),
        start: order.state_of_block[blocks.block_of[0]],
        accept: order.accept,
        table: classes.columns.concat(),
        parts: Vec::new(),
        texts: Vec::new(),
    })
}

fn number(count: usize) -> u16 {
    u16::try_from(count).expect("BUG: the number of states is limited")
}

/// A partition of the states, refined until the states of a block behave the same (Hopcroft).
struct Partition {
    /// The states, block by block.
    states: Vec<usize>,
    /// Where each state stands in `states`.
    place: Vec<usize>,
    /// The block of each state.
    block_of: Vec<usize>,
    /// Where each block starts and ends in `states`.
    blocks: Vec<(usize, usize)>,
    /// How many states at the start of each block have been marked.
    marked: Vec<usize>,
}

impl Partition {
    fn refine(raw: &Raw) -> Self {
        let count = raw.accepts.len();
        let classes = raw.alphabet.len();
        let mut partition = Self {
            states: (0..count).collect(),
            place: (0..count).collect(),
            block_of: vec![0; count],
            blocks: vec![(0, count)],
            marked: vec![0],
        };
        for state in (0..count).filter(|&state| raw.accepts[state]) {
            partition.mark(state);
        }
        partition.split(0);

        let sources = Sources::new(raw);
        let mut waiting: Vec<usize> = (0..partition.blocks.len()).collect();
        let mut is_waiting = vec![true; waiting.len()];
        while let Some(block) = waiting.pop() {
            is_waiting[block] = false;
            let (start, end) = partition.blocks[block];
            let splitter = partition.states[start..end].to_vec();
            for class in 0..classes {
                let mut touched = Vec::new();
                for &target in &splitter {
                    for &source in sources.of(class, target) {
                        let block = partition.block_of[source];
                        if partition.marked[block] == 0 {
                            touched.push(block);
                        }
                        partition.mark(source);
                    }
                }
                for block in touched {
                    let Some(new) = partition.split(block) else { continue };
                    // Of the two parts the smaller is enough, unless the whole is still to come.
                    let other = if is_waiting[block] || partition.size(new) <= partition.size(block)
                    {
                        new
                    } else {
                        block
                    };
                    is_waiting.push(false);
                    is_waiting[other] = true;
                    waiting.push(other);
                }
            }
        }
        partition
    }

    /// Moves a state to the marked part of its block.
    fn mark(&mut self, state: usize) {
        let block = self.block_of[state];
        let at = self.blocks[block].0 + self.marked[block];
        let place = self.place[state];
        if place < at {
            return;
        }
        let other = self.states[at];
        self.states.swap(at, place);
        (self.place[state], self.place[other]) = (at, place);
        self.marked[block] += 1;
    }

    /// Makes the marked part of a block a block of its own, where that leaves any of the old one.
    fn split(&mut self, block: usize) -> Option<usize> {
        let (start, end) = self.blocks[block];
        let middle = start + std::mem::take(&mut self.marked[block]);
        if middle == start || middle == end {
            return None;
        }
        let new = self.blocks.len();
        self.blocks[block].0 = middle;
        self.blocks.push((start, middle));
        self.marked.push(0);
        for &state in &self.states[start..middle] {
            self.block_of[state] = new;
        }
        Some(new)
    }

    fn size(&self, block: usize) -> usize {
        let (start, end) = self.blocks[block];
        end - start
    }

    /// Some state of a block.
    fn member(&self, block: usize) -> usize {
        self.states[self.blocks[block].0]
    }
}

/// The states from which each state is reached, by class.
struct Sources {
    states: usize,
    /// Where the sources of a class and a state start in `list`.
    starts: Vec<usize>,
    list: Vec<usize>,
}

impl Sources {
    fn new(raw: &Raw) -> Self {
        let (states, classes) = (raw.accepts.len(), raw.alphabet.len());
        let slot = |(at, &target): (usize, &u16)| (at % classes) * states + usize::from(target);
        let mut starts = vec![0; states * classes + 1];
        for entry in raw.next.iter().enumerate() {
            starts[slot(entry) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut free = starts.clone();
        let mut sources = vec![0; raw.next.len()];
        for entry in raw.next.iter().enumerate() {
            let place = &mut free[slot(entry)];
            sources[*place] = entry.0 / classes;
            *place += 1;
        }
        Self { states, starts, list: sources }
    }

    fn of(&self, class: usize, target: usize) -> &[usize] {
        let slot = class * self.states + target;
        &self.list[self.starts[slot]..self.starts[slot + 1]]
    }
}

/// The numbers that blocks get as states.
struct Order {
    state_of_block: Vec<u16>,
    /// The blocks of the states behind the two special ones.
    blocks: Vec<usize>,
    /// The first accepting state of these.
    accept: u16,
}

impl Order {
    /// The special states, then those that do not accept, then those that do; otherwise in the order in
    /// which they are reached.
    fn new(raw: &Raw, partition: &Partition) -> Self {
        let classes = raw.alphabet.len();
        let row = |block: usize| {
            let state = partition.member(block);
            let next = &raw.next[state * classes..][..classes];
            next.iter().map(|&next| partition.block_of[usize::from(next)])
        };
        let accepts = |block: usize| raw.accepts[partition.member(block)];

        let mut state_of_block = vec![None; partition.blocks.len()];
        let mut reached = vec![partition.block_of[0]];
        let mut seen = vec![false; partition.blocks.len()];
        seen[reached[0]] = true;
        let mut at = 0;
        while let Some(&block) = reached.get(at) {
            at += 1;
            for next in row(block) {
                if !std::mem::replace(&mut seen[next], true) {
                    reached.push(next);
                }
            }
        }
        reached.retain(|&block| {
            let ends = row(block).all(|next| next == block);
            if ends {
                state_of_block[block] = Some(if accepts(block) { ALL } else { DEAD });
            }
            !ends
        });
        reached.sort_by_key(|&block| accepts(block));
        for (state, &block) in reached.iter().enumerate() {
            state_of_block[block] = Some(number(state + SPECIAL));
        }
        let accept = number(reached.partition_point(|&block| !accepts(block)) + SPECIAL);
        let state_of_block = state_of_block.into_iter().map(|s| s.unwrap_or(DEAD)).collect();
        Self { state_of_block, blocks: reached, accept }
    }

    fn len(&self) -> usize {
        self.blocks.len() + SPECIAL
    }
}

/// How many states come first that need no table: [`DEAD`] and [`ALL`].
const SPECIAL: usize = 2;

/// Classes of characters of which no two have the same column in the table.
struct Merged {
    /// The new class of each old one.
    merged: Vec<u8>,
    /// The next state of each state, for each new class.
    columns: Vec<Vec<u16>>,
}

fn merge_classes(raw: &Raw, partition: &Partition, order: &Order) -> Result<Merged, TooComplex> {
    let classes = raw.alphabet.len();
    let column = |class: usize| {
        let next = |&block: &usize| {
            let next = raw.next[partition.member(block) * classes + class];
            order.state_of_block[partition.block_of[usize::from(next)]]
        };
        [DEAD, ALL].into_iter().chain(order.blocks.iter().map(next)).collect::<Vec<u16>>()
    };
    let mut merged = Merged { merged: vec![0; classes], columns: Vec::new() };
    let mut numbers: HashMap<Vec<u16>, u8> = HashMap::new();
    let mut done = vec![false; classes];
    for (_, class) in raw.alphabet.iter() {
        let class = usize::from(class);
        if std::mem::replace(&mut done[class], true) {
            continue;
        }
        let column = column(class);
        if let Some(&number) = numbers.get(&column) {
            merged.merged[class] = number;
            continue;
        }
        let number = u8::try_from(merged.columns.len())
            .map_err(|_| TooComplex("more than 256 classes of characters"))?;
        merged.merged[class] = number;
        merged.columns.push(column.clone());
        numbers.insert(column, number);
    }
    Ok(merged)
}

/// The class of each character, as [`Dfa::ascii`] and [`Dfa::wide`] have them.
fn class_tables(raw: &Raw, merged: &[u8]) -> ([u8; 128], Vec<(u32, u8)>) {
    let mut ascii = [0; 128];
    let mut wide: Vec<(u32, u8)> = Vec::new();
    let segments: Vec<(u32, Class)> = raw.alphabet.iter().collect();
    let ends = segments.iter().skip(1).map(|&(start, _)| start).chain([MAX + 1]);
    for (&(start, class), end) in segments.iter().zip(ends) {
        let class = merged[usize::from(class)];
        for code in start..end.min(0x80) {
            ascii[code as usize] = class;
        }
        if end > 0x80 && wide.last().is_none_or(|&(_, before)| before != class) {
            wide.push((start.max(0x80), class));
        }
    }
    (ascii, wide)
}
