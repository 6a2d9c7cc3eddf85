//! What the rules of a set share, and what any event that one of them takes has to have.
//!
//! Pure: from typed queries to a [`Plan`], which the runtime turns into tables. A plan decides what a search costs
//! and never what it finds: a guard is a *necessary* condition, and what has its guards is tested in full.

mod choose;
mod encode;
mod explain;
mod guard;
mod priors;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use eql_grammar::hir::{self, Body, Cond, Const, EventQuery, Root, Test};
use eql_grammar::schema::Type;

pub(crate) use guard::{Guard, What};
pub(crate) use priors::Priors;

/// The field that says what an event tells of.
const CATEGORY: &str = "event.category";
/// The fields that sort events into classes, before guards are looked up.
const SORTS: [&str; 3] = [CATEGORY, "host.os.type", "event.type"];
/// Below as many rules looking values up costs more than the tests that it saves.
const FEW_RULES: usize = 10;
/// A term whose best guard is held more often than this gets a second one.
const RARE: f64 = 0.002;
/// A guard that is held more often than this is not worth its look-up.
const COMMON: f64 = 0.7;

/// A planned set.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Every field that a rule reads of an event, by path. A field's place is its slot.
    pub(crate) fields: Vec<Field>,
    /// The slot of each of [`SORTS`], where a rule reads it.
    pub(crate) sorts: [Option<usize>; SORTS.len()],
    /// The slots of the fields by which sequences order events.
    pub(crate) clocks: Vec<usize>,
    /// For each rule, the place of its own among `clocks`.
    pub(crate) clock_of: Vec<Option<usize>>,
    /// The terms of all rules that are found by guards, by rule and place.
    pub(crate) stages: Vec<Stage>,
}

/// A field of the set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) path: String,
    pub(crate) ty: Type,
    pub(crate) builtin: bool,
}

/// A term of a rule; the query of an event rule is its term 0.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Place of the rule in the set.
    pub(crate) rule: usize,
    /// Place of the term in the rule; `None` for the one after `until`.
    pub(crate) term: Option<usize>,
    /// For each of [`SORTS`] the values of which an event needs one, in lower case; any where there are none.
    pub(crate) names: [Vec<String>; SORTS.len()],
    /// What an event needs besides, the rarest first; at most two.
    pub(crate) guards: Vec<Guard>,
}

impl Plan {
    /// Plans the rules of a set.
    pub(crate) fn new(rules: &[&hir::Query], priors: &Priors) -> Self {
        let few = rules.len() < FEW_RULES;
        let mut plan = Self::all_guards(rules, (!few).then_some(priors));
        choose::together(&mut plan.stages, priors);
        plan
    }

    /// Plans a rule as one of a set of many others.
    pub(crate) fn of_one(rule: &hir::Query, priors: &Priors) -> Self {
        let mut plan = Self::all_guards(&[rule], Some(priors));
        for stage in &mut plan.stages {
            stage.guards = choose::alone(std::mem::take(&mut stage.guards));
        }
        plan
    }

    /// The plan with all guards that there are, and none without priors.
    fn all_guards(rules: &[&hir::Query], priors: Option<&Priors>) -> Self {
        let mut plan = Self { fields: fields(rules), ..Self::default() };
        plan.sorts = SORTS.map(|path| plan.slot(path));
        for (at, query) in rules.iter().enumerate() {
            let clock = query.order.and_then(|order| {
                let slot = plan.slot(&query.fields[order.timestamp.0].path)?;
                let known = plan.clocks.iter().position(|&of| of == slot);
                Some(known.unwrap_or_else(|| {
                    plan.clocks.push(slot);
                    plan.clocks.len() - 1
                }))
            });
            plan.clock_of.push(clock);
            // A rule that asks about all processes is shown every event.
            if query.descendants.is_empty() {
                for (term, event) in terms(&query.body) {
                    let stage = plan.stage(query, at, term, event, priors);
                    plan.stages.push(stage);
                }
            }
        }
        plan
    }

    /// Gives the rules other places, among `count`.
    pub(crate) fn spread(&mut self, count: usize, place: impl Fn(usize) -> usize) {
        let mut clock_of = vec![None; count];
        for (at, clock) in self.clock_of.iter().enumerate() {
            clock_of[place(at)] = *clock;
        }
        self.clock_of = clock_of;
        self.stages.iter_mut().for_each(|stage| stage.rule = place(stage.rule));
    }

    /// The plan as a table, where `names` are those of the rules.
    pub(crate) fn explain(&self, names: &[String]) -> String {
        explain::Explained { plan: self, names }.to_string()
    }

    fn slot(&self, path: &str) -> Option<usize> {
        self.fields.binary_search_by(|field| field.path.as_str().cmp(path)).ok()
    }

    fn stage(
        &self,
        query: &hir::Query,
        rule: usize,
        term: Option<usize>,
        event: &EventQuery,
        priors: Option<&Priors>,
    ) -> Stage {
        let condition = event.condition.on_event_alone(&query.fields);
        let mut names = SORTS.map(|path| values_left(&condition, query, path));
        let mut guards = Vec::new();
        if let Some((field, name)) = &event.category {
            let path = &query.fields[field.0].path;
            if let Some(sort) = SORTS.iter().position(|sort| sort == path) {
                names[sort] = vec![name.to_ascii_lowercase()];
            } else if let Some(priors) = priors {
                let name = Const::Str(name.clone());
                guards.extend(guard::of_constants(query, *field, &[name], priors));
            }
        }
        if let Some(priors) = priors {
            guards.extend(guard::guards(&condition, true, query, priors));
        }
        Stage { rule, term, names, guards }
    }
}

/// The terms of a rule with their places, that after `until` last.
fn terms(body: &Body) -> Vec<(Option<usize>, &EventQuery)> {
    let (stages, until) = match body {
        Body::Event(event) => return vec![(Some(0), event)],
        Body::Sequence(sequence) => (&sequence.stages, sequence.until.as_ref()),
        Body::Sample(sample) => (&sample.stages, None),
    };
    let terms = stages.iter().enumerate().map(|(at, stage)| (Some(at), &stage.query));
    terms.chain(until.map(|stage| (None, &stage.query))).collect()
}

fn fields(rules: &[&hir::Query]) -> Vec<Field> {
    let mut fields = BTreeMap::new();
    for query in rules {
        for field in &query.fields {
            if let (Root::Event, Some(ty)) = (field.root, field.ty) {
                fields.insert(field.path.clone(), (ty, field.builtin));
            }
        }
    }
    // Alerts tell the time of their event, and workers are told apart by host.
    fields.entry("@timestamp".to_owned()).or_insert((Type::Date, true));
    fields.entry("host.id".to_owned()).or_insert((Type::Keyword, true));
    fields.into_iter().map(|(path, (ty, builtin))| Field { path, ty, builtin }).collect()
}

/// The values that a condition leaves to a field, in lower case; none where it leaves all.
fn values_left(condition: &Cond, query: &hir::Query, path: &str) -> Vec<String> {
    match condition {
        Cond::And(list) => {
            let each = list.iter().map(|cond| values_left(cond, query, path));
            each.into_iter().find(|list| !list.is_empty()).unwrap_or_default()
        }
        Cond::Or(list) => {
            let each: Vec<_> = list.iter().map(|cond| values_left(cond, query, path)).collect();
            // Where one of them leaves all, so do they together.
            if each.iter().any(Vec::is_empty) { Vec::new() } else { each.concat() }
        }
        Cond::Test(field, Test::Strings(test))
            if query.fields[field.0].path == path
                && query.fields[field.0].root == Root::Event
                && test.globs.is_empty()
                && test.regex.is_none() =>
        {
            test.exact.iter().map(|text| text.to_ascii_lowercase()).collect()
        }
        _ => Vec::new(),
    }
}
