//! The paths, as a graph of what may follow what.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// The fields that a [`Scan`](super::Scan) keeps.
///
/// Made once for a set of rules; the time to make it grows with the number of paths and the square of their depth.
#[derive(Debug)]
pub struct Projection {
    /// Unique among the projections of the process.
    pub(super) id: u64,
    len: usize,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Slots of all nodes, one node after the other.
    slots: Vec<u32>,
    /// For each node an open-addressing table of edges, a power of two in length.
    table: Vec<u32>,
}

pub(super) type NodeId = u32;
pub(super) type EdgeId = u32;

/// A place in a document, told by what is left of each path that leads through it.
#[derive(Debug)]
struct Node {
    /// The slots whose paths end here.
    slots: (u32, u32),
    /// Where the table begins, and its length less one.
    table: (u32, u32),
    has_edges: bool,
}

/// A key that leads from a node to another.
#[derive(Debug)]
pub(super) struct Edge {
    key: Box<str>,
    pub(super) to: NodeId,
}

/// What is left of each path, by slot; the state of a walk.
type State<'a> = Vec<(u32, &'a str)>;

const NO_EDGE: EdgeId = u32::MAX;

impl Projection {
    /// A projection whose slot `i` is the field at `paths[i]`, such as `process.Ext.effective_parent.name`.
    ///
    /// Every path is one: the empty path finds nothing, since a document is an object.
    #[must_use]
    pub fn new(paths: &[&str]) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let mut this = Self {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            len: paths.len(),
            nodes: Vec::new(),
            edges: Vec::new(),
            slots: Vec::new(),
            table: Vec::new(),
        };
        let root: State<'_> = (0..).zip(paths.iter().copied()).collect();
        let mut ids = HashMap::from([(root.clone(), 0)]);
        let mut states = vec![root];
        let mut at = 0;
        while let Some(state) = states.get(at).cloned() {
            this.add(&state, &mut ids, &mut states);
            at += 1;
        }
        this
    }

    fn add<'a>(
        &mut self,
        state: &State<'a>,
        ids: &mut HashMap<State<'a>, NodeId>,
        states: &mut Vec<State<'a>>,
    ) {
        let mut order: Vec<&str> = Vec::new();
        let mut targets: HashMap<&str, State<'a>> = HashMap::new();
        let first_slot = self.slots.len() as u32;
        for &(slot, rest) in state {
            if rest.is_empty() {
                self.slots.push(slot);
                continue;
            }
            let dots = rest.bytes().enumerate().filter(|&(_, byte)| byte == b'.');
            for (key, rest) in
                dots.map(|(at, _)| (&rest[..at], &rest[at + 1..])).chain([(rest, "")])
            {
                let target = targets.entry(key).or_insert_with(|| {
                    order.push(key);
                    State::new()
                });
                target.push((slot, rest));
            }
        }
        let first_table = self.table.len();
        let mask = (order.len() * 2).next_power_of_two() - 1;
        self.table.resize(first_table + mask + 1, NO_EDGE);
        for key in &order {
            let target = targets.remove(key).unwrap_or_default();
            let next = states.len() as NodeId;
            let to = *ids.entry(target).or_insert_with_key(|target| {
                states.push(target.clone());
                next
            });
            let mut at = hash(key.as_bytes()) as usize & mask;
            while self.table[first_table + at] != NO_EDGE {
                at = (at + 1) & mask;
            }
            self.table[first_table + at] = self.edges.len() as EdgeId;
            self.edges.push(Edge { key: (*key).into(), to });
        }
        self.nodes.push(Node {
            slots: (first_slot, self.slots.len() as u32),
            table: (first_table as u32, mask as u32),
            has_edges: !order.is_empty(),
        });
    }

    /// The number of slots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no slots.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The node of the document itself.
    pub(super) const ROOT: NodeId = 0;

    /// The slots that a value at a node belongs to.
    pub(super) fn slots(&self, node: NodeId) -> &[u32] {
        let (from, to) = self.nodes[node as usize].slots;
        &self.slots[from as usize..to as usize]
    }

    /// Whether something is wanted of an object at a node.
    pub(super) fn has_edges(&self, node: NodeId) -> bool {
        self.nodes[node as usize].has_edges
    }

    /// The edge of a key, without its escapes.
    pub(super) fn edge(&self, node: NodeId, key: &[u8]) -> Option<EdgeId> {
        let (first, mask) = self.nodes[node as usize].table;
        let mut at = hash(key) & mask;
        loop {
            let edge = self.table[(first + at) as usize];
            if edge == NO_EDGE {
                return None;
            }
            if self.edges[edge as usize].key.as_bytes() == key {
                return Some(edge);
            }
            at = (at + 1) & mask;
        }
    }

    pub(super) fn node_count(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub(super) fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// Where an edge leads.
    pub(super) fn target(&self, edge: EdgeId) -> NodeId {
        self.edges[edge as usize].to
    }
}

/// Spreads keys over a table. Collisions cost a comparison; the tables hold no keys but those of rules.
pub(super) fn hash(key: &[u8]) -> u32 {
    let mut hash = key.len() as u64;
    let (words, rest) = key.as_chunks::<8>();
    for &word in words {
        hash =
            (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 32) as u32
}
