//! What the compiler makes of one rule, for tools that show it.

use eql_grammar::hir::{self, Body};
use eql_grammar::rule::Rule;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::compile::{self, Compiled};
use crate::plan::{Plan, Priors};

/// How the work of a rule may be split, as in `eql::Partition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Each event by itself.
    Stateless,
    /// By host.
    HostLocal,
    /// By the values of these fields, for each term; an empty path is a key that is always null.
    ReKey(Vec<Vec<String>>),
    /// Not at all.
    Whole,
}

/// What a rule set looks at before it tests a term of the rule in full.
#[derive(Clone, Debug, PartialEq)]
pub struct Indexed {
    /// Place of the term in the rule; `None` for the one after `until`.
    pub term: Option<usize>,
    /// The event categories of which an event needs one, in lower case; any where there are none.
    pub categories: Vec<String>,
    /// The operating systems of which an event needs one, likewise.
    pub systems: Vec<String>,
    /// The event types of which an event needs one, likewise.
    pub types: Vec<String>,
    /// What an event needs besides, the rarest first; where there is none, every event of the category, system and type
    /// is tested.
    pub guards: Vec<Guard>,
}

/// Something that is looked up, in words, and the estimated share of events that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// For instance `` `process.name` is `outlook.exe` ``.
    pub text: String,
    /// From 0 to 1, of the events with the term's category, system and type.
    pub share: f64,
}

/// How the terms of a rule are found in a set of many rules, by term. A rule with `descendant of` has none: it is shown
/// every event.
#[must_use]
pub fn indexed(query: &hir::Query) -> Vec<Indexed> {
    let plan = Plan::of_one(query, &Priors::built_in());
    let guard =
        |guard: &crate::plan::Guard| Guard { text: guard.words(), share: guard.probability };
    let stages = plan.stages.into_iter().map(|stage| {
        let guards = stage.guards.iter().map(guard).collect();
        let [categories, systems, types] = stage.names;
        Indexed { term: stage.term, categories, systems, types, guards }
    });
    stages.collect()
}

/// What `#[eql::rule]` makes of a rule whose query is `text`: a struct of this name, and what stands beside it.
///
/// The name is made one that a type can have, see [`struct_name`](crate::struct_name).
#[must_use]
pub fn code(rule: Rule, text: &str, name: &str) -> TokenStream {
    let ident = Ident::new(&crate::struct_name(name), Span::call_site());
    let item = compile::unit_struct(&syn::parse_quote!(pub), &ident);
    let rule = Some(compile::whole_of(rule, text));
    let compiled = Compiled { notes: TokenStream::new(), rule };
    compile::finish(compiled, &quote!(::eql), &item, None)
}

impl Partition {
    /// How the work of a rule with this query may be split.
    #[must_use]
    pub fn of(query: &hir::Query) -> Self {
        let stages: Vec<&hir::Stage> = match &query.body {
            Body::Event(_) => Vec::new(),
            Body::Sequence(sequence) => sequence.stages.iter().chain(&sequence.until).collect(),
            Body::Sample(sample) => sample.stages.iter().collect(),
        };
        let path = |key: &hir::Key| key.field.map(|field| query.fields[field.0].path.clone());
        // A host's id tells it from all others, and so does that of one of its processes; without a value all are one.
        let of_host = |key: &hir::Key| match path(key) {
            Some(path) => path == "host.id" || path.ends_with("entity_id") && !key.optional,
            None => false,
        };
        let keys = stages.first().map_or(0, |stage| stage.keys.len());
        let local = (0..keys).any(|at| stages.iter().all(|stage| of_host(&stage.keys[at])));
        if !query.pipes.is_empty() {
            Self::Whole
        } else if local || (stages.is_empty() && !query.descendants.is_empty()) {
            Self::HostLocal
        } else if keys > 0 && query.descendants.is_empty() {
            let keys = |stage: &&hir::Stage| {
                stage.keys.iter().map(|key| path(key).unwrap_or_default()).collect()
            };
            Self::ReKey(stages.iter().map(keys).collect())
        } else if stages.is_empty() {
            Self::Stateless
        } else {
            Self::Whole
        }
    }
}
