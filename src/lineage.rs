//! Processes and their parents over a stream, for `descendant of [..]` of the endpoint dialect.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::field::{Field, Has, Keyword};

/// The most processes that are remembered; beyond it the first seen is forgotten and counted.
pub const MAX_PROCESSES: usize = 100_000;

/// Which processes had an event that matches one query, and whose children they are.
///
/// Processes are told apart by `process.entity_id`, and their parents are learnt from
/// `process.parent.entity_id` of every event, in the order of arrival. A process is not its own
/// descendant.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    processes: HashMap<Box<str>, Process>,
    order: VecDeque<Box<str>>,
    evicted: u64,
}

#[derive(Clone, Debug, Default)]
struct Process {
    matched: bool,
    parents: Vec<Box<str>>,
}

impl Lineage {
    /// Takes an event in: `matched` says whether the query holds for it. Gives whether a process above that
    /// of the event had an event that matched, this one included.
    pub fn observe<Own, Parent, E>(&mut self, event: &E, matched: bool) -> bool
    where
        Own: Field<Kind = Keyword>,
        Parent: Field<Kind = Keyword>,
        E: Has<Own> + Has<Parent> + ?Sized,
    {
        let own = ids::<Own, E>(event);
        let parents = ids::<Parent, E>(event);
        for id in &own {
            self.learn(id, &parents, matched);
        }
        self.descends(&own, parents)
    }

    /// How many processes were forgotten since there were too many.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many processes are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.processes.len()
    }

    /// Whether no process is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    fn learn(&mut self, id: &str, parents: &[Box<str>], matched: bool) {
        if !self.processes.contains_key(id) {
            if self.processes.len() == MAX_PROCESSES
                && let Some(oldest) = self.order.pop_front()
            {
                self.processes.remove(&oldest);
                self.evicted += 1;
            }
            self.order.push_back(id.into());
            self.processes.insert(id.into(), Process::default());
        }
        let Some(process) = self.processes.get_mut(id) else { return };
        process.matched |= matched;
        for parent in parents {
            if !process.parents.contains(parent) {
                process.parents.push(parent.clone());
            }
        }
    }

    fn descends(&self, own: &[Box<str>], parents: Vec<Box<str>>) -> bool {
        let mut next = parents;
        for id in own {
            next.extend(self.parents(id));
        }
        let mut seen = HashSet::new();
        while let Some(id) = next.pop() {
            if self.processes.get(&id).is_some_and(|process| process.matched) {
                return true;
            }
            if seen.insert(id.clone()) {
                next.extend(self.parents(&id));
            }
        }
        false
    }

    fn parents(&self, id: &str) -> Vec<Box<str>> {
        self.processes.get(id).map_or_else(Vec::new, |process| process.parents.clone())
    }
}

fn ids<F: Field<Kind = Keyword>, E: Has<F> + ?Sized>(event: &E) -> Vec<Box<str>> {
    let mut ids = Vec::new();
    event.any(|id| {
        ids.push(id.into());
        false
    });
    ids
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Lineage;
    use crate::ecs::{process_entity_id, process_parent_entity_id};

    fn start(id: &str, parent: &str) -> Value {
        json!({ "process": { "entity_id": id, "parent": { "entity_id": parent } } })
    }

    #[test]
    fn children_of_children_descend_and_the_process_itself_does_not() {
        let mut lineage = Lineage::default();
        let mut observe = |id: &str, parent: &str, matched| {
            lineage.observe::<process_entity_id, process_parent_entity_id, _>(
                &start(id, parent),
                matched,
            )
        };
        assert!(!observe("shell", "init", true));
        assert!(observe("child", "shell", false));
        assert!(observe("grandchild", "child", false));
        assert!(!observe("stranger", "init", false));
        assert!(!observe("shell", "init", false));
    }

    #[test]
    fn circles_of_parents_end() {
        let mut lineage = Lineage::default();
        let mut observe = |id: &str, parent: &str| {
            lineage.observe::<process_entity_id, process_parent_entity_id, _>(
                &start(id, parent),
                false,
            )
        };
        assert!(!observe("a", "b"));
        assert!(!observe("b", "a"));
    }
}
