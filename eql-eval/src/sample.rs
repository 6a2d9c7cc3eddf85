//! Samples: for each key, events that are all different, one for each term.

use std::collections::{BTreeMap, BTreeSet};

use eql_grammar::ast::Sample;
use serde_json::Value as Json;

use crate::context::Context;
use crate::evaluate::{self, Scope};
use crate::stream::{Event, Found, keys};
use crate::value::Key;

/// The parameters of a request that limit samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleOptions {
    /// How many samples each key gives at most; 1 by default.
    pub max_samples_per_key: usize,
    /// How many samples there are at most; 10 by default.
    pub size: usize,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self { max_samples_per_key: 1, size: 10 }
    }
}

/// The samples among `events`, by key in ascending order, null first.
///
/// Which events of a key are taken is unspecified in EQL; here the first that there are, in the order
/// given. Pipes are not applied, see [`run`](crate::run).
#[must_use]
pub fn samples(
    sample: &Sample,
    events: &[Event],
    cx: &Context,
    options: SampleOptions,
) -> Vec<Found> {
    let terms: Vec<BTreeMap<Key, Vec<usize>>> =
        sample.terms.iter().map(|term| events_by_key(sample, term, events, cx)).collect();
    let all_keys: BTreeSet<&Key> = terms.iter().flat_map(BTreeMap::keys).collect();
    let mut found = Vec::new();
    for key in all_keys {
        let candidates: Vec<&[usize]> =
            terms.iter().map(|term| term.get(key).map_or(&[][..], Vec::as_slice)).collect();
        let mut tuples = Vec::new();
        choose(&candidates, &mut Vec::new(), options.max_samples_per_key, &mut tuples);
        found.extend(tuples.into_iter().map(|tuple| Found {
            key: key.clone(),
            events: tuple.into_iter().map(Some).collect(),
        }));
    }
    found.truncate(options.size);
    found
}

fn events_by_key(
    sample: &Sample,
    term: &eql_grammar::ast::Term,
    events: &[Event],
    cx: &Context,
) -> BTreeMap<Key, Vec<usize>> {
    let documents: Vec<&Json> = events.iter().map(|event| &event.source).collect();
    let mut by_key: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (ix, document) in documents.iter().enumerate() {
        let scope = Scope::new(cx, document, &documents[..=ix]);
        if evaluate::matches(&term.query, &scope) {
            for key in keys(&sample.by, term, &scope) {
                by_key.entry(key).or_default().push(ix);
            }
        }
    }
    by_key
}

/// Backtracking: up to `most` tuples with a different event of each list of candidates.
fn choose(
    candidates: &[&[usize]],
    chosen: &mut Vec<usize>,
    most: usize,
    tuples: &mut Vec<Vec<usize>>,
) {
    let Some((first, rest)) = candidates.split_first() else {
        tuples.push(chosen.clone());
        return;
    };
    for event in *first {
        if tuples.len() == most {
            return;
        }
        if !chosen.contains(event) {
            chosen.push(*event);
            choose(rest, chosen, most, tuples);
            chosen.pop();
        }
    }
}
