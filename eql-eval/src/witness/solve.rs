//! A document that meets goals.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use eql_grammar::ast::{CompareOp, EventQuery, Expr, Literal};
use serde_json::{Map, Value as Json};

use super::candidates::{as_type, candidates, related};
use super::goal::{Goal, condition_of_element, json};
use super::language::{Pattern, Search, patterns, search};
use crate::context::Context;
use crate::evaluate::{self, Scope};
use crate::value::Value;

/// How many documents are built before the solver gives up.
const MAX_STEPS: usize = 600;

/// How many combinations of values are tried for conditions that read several fields.
const MAX_COMBINATIONS: usize = 20_000;

/// How many values a field takes part with in those combinations.
const MAX_POOL: usize = 40;

/// What the search for a document comes to.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// A document that meets all goals.
    Found(Json),
    /// There is none, and why.
    Impossible(String),
    /// None was found.
    NotFound,
}

/// Why a set of leaves has no document.
enum Failure {
    Impossible(String),
    NotFound,
}

type Attempt<T> = Result<T, Failure>;

pub(super) struct Solver<'a> {
    pub(super) cx: &'a Context,
    steps: Cell<usize>,
    /// What all further searches may cost together: reads of a character by a pattern, and tests of a value by an entry
    /// of a list.
    pub(super) allowance: Cell<usize>,
    /// The queries of `descendant of` that a document relies on; its parent process is `ancestor-<index>`.
    pub(super) ancestors: RefCell<Vec<EventQuery>>,
}

impl<'a> Solver<'a> {
    pub(super) fn new(cx: &'a Context) -> Self {
        Self {
            cx,
            steps: Cell::new(0),
            allowance: Cell::new(usize::MAX),
            ancestors: RefCell::default(),
        }
    }

    /// Looks for a document that meets all goals.
    pub(super) fn solve(&self, goals: &[Goal]) -> Outcome {
        self.steps.set(0);
        let mut leaves = Vec::new();
        let mut choices = Vec::new();
        for goal in goals {
            if let Err(reason) = self.expand(goal, &mut leaves, &mut choices) {
                return Outcome::Impossible(reason);
            }
        }
        self.choose(&leaves, &choices)
    }

    /// What the goals ask of one field alone, choices aside.
    pub(super) fn goals_on(&self, path: &str, goals: &[Goal]) -> Vec<Goal> {
        let (mut leaves, mut choices) = (Vec::new(), Vec::new());
        for goal in goals {
            if self.expand(goal, &mut leaves, &mut choices).is_err() {
                return Vec::new();
            }
        }
        leaves.retain(|goal| goal.fields(&Scope::new(self.cx, &Json::Null, &[])) == [path]);
        leaves
    }

    /// Values for one field, if there are any that meet all goals.
    pub(super) fn values_for(&self, path: &str, goals: &[Goal]) -> Vec<Value> {
        let goals: Vec<&Goal> = goals.iter().collect();
        self.field_values(path, &goals).unwrap_or_default()
    }

    /// Whether a document meets a goal.
    pub(super) fn is_met(&self, goal: &Goal, document: &Json) -> bool {
        goal.is_met(&Scope::new(self.cx, document, &[document]))
    }

    fn constant(&self, expr: &Expr) -> Option<Value> {
        evaluate::constant(expr, &Scope::new(self.cx, &Json::Null, &[]))
    }

    /// Takes a goal apart into leaves, all of which have to be met, and choices, each of which has to be
    /// met in one way or another. The error says why that is impossible.
    fn expand(
        &self,
        goal: &Goal,
        leaves: &mut Vec<Goal>,
        choices: &mut Vec<Goal>,
    ) -> Result<(), String> {
        if let Some(constant) = self.constant(&goal.expr) {
            let is_met = constant == Value::Bool(goal.wanted);
            return if is_met { Ok(()) } else { Err(format!("`{}` never holds", goal.text())) };
        }
        match &goal.expr.node {
            Expr::Not(inner) => {
                self.expand(&Goal::new((**inner).clone(), !goal.wanted), leaves, choices)
            }
            Expr::And(list) if goal.wanted => list
                .iter()
                .try_for_each(|e| self.expand(&Goal::new(e.clone(), true), leaves, choices)),
            // Null vanishes from a disjunction.
            Expr::Or(list) if !goal.wanted => list
                .iter()
                .filter(|e| self.constant(e) != Some(Value::Null))
                .try_for_each(|e| self.expand(&Goal::new(e.clone(), false), leaves, choices)),
            Expr::And(_) | Expr::Or(_) => {
                choices.push(goal.clone());
                Ok(())
            }
            Expr::Call(call) if evaluate::is_array_search(call) => {
                if !goal.wanted {
                    choices.push(goal.clone());
                    return Ok(());
                }
                match element_goal(goal) {
                    Some(inner) => self.expand(&inner, leaves, choices),
                    None => Err(format!("`{}` has no element to look for", goal.text())),
                }
            }
            Expr::DescendantOf(query) if goal.wanted => {
                let mut ancestors = self.ancestors.borrow_mut();
                let known = ancestors.iter().position(|known| known == &**query);
                let number = known.unwrap_or_else(|| {
                    ancestors.push((**query).clone());
                    ancestors.len() - 1
                });
                let id = Value::Str(format!("ancestor-{number}"));
                leaves.push(Goal::equal("process.parent.entity_id", &id));
                Ok(())
            }
            Expr::DescendantOf(_) => Ok(()),
            _ => {
                leaves.push(goal.clone());
                Ok(())
            }
        }
    }

    /// The ways to meet a choice.
    fn options(&self, goal: &Goal) -> Vec<Goal> {
        match &goal.expr.node {
            Expr::And(list) | Expr::Or(list) => list
                .iter()
                .filter(|e| self.constant(e).is_none())
                .map(|e| Goal::new(e.clone(), goal.wanted))
                .collect(),
            _ => element_goal(goal).into_iter().collect(),
        }
    }

    /// Builds a document for the leaves; where that leaves a choice unmet, tries each way to meet it.
    fn choose(&self, leaves: &[Goal], choices: &[Goal]) -> Outcome {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Outcome::NotFound;
        }
        let document = match self.build(leaves) {
            Ok(document) => document,
            Err(Failure::Impossible(reason)) => return Outcome::Impossible(reason),
            Err(Failure::NotFound) => return Outcome::NotFound,
        };
        let Some(unmet) = choices.iter().position(|goal| !self.is_met(goal, &document)) else {
            return Outcome::Found(document);
        };
        let mut proof = Some(format!("`{}` never holds", choices[unmet].text()));
        for option in self.options(&choices[unmet]) {
            let (mut leaves, mut rest) = (leaves.to_vec(), choices.to_vec());
            rest.remove(unmet);
            let outcome = match self.expand(&option, &mut leaves, &mut rest) {
                Ok(()) => self.choose(&leaves, &rest),
                Err(reason) => Outcome::Impossible(reason),
            };
            match outcome {
                Outcome::Found(document) => return Outcome::Found(document),
                Outcome::Impossible(reason) => proof = proof.map(|_| reason),
                Outcome::NotFound => proof = None,
            }
        }
        proof.map_or(Outcome::NotFound, Outcome::Impossible)
    }

    fn build(&self, leaves: &[Goal]) -> Attempt<Json> {
        let mut by_field: BTreeMap<String, Vec<&Goal>> = BTreeMap::new();
        let mut of_several = Vec::new();
        for goal in leaves {
            let fields = goal.fields(&Scope::new(self.cx, &Json::Null, &[]));
            match fields.as_slice() {
                [field] => by_field.entry(field.clone()).or_default().push(goal),
                _ => of_several.push(goal),
            }
        }
        let mut document = Json::Object(Map::new());
        for (path, goals) in &by_field {
            set(&mut document, path, &self.field_values(path, goals)?);
        }
        self.combine(document, &by_field, &of_several)
    }

    fn alone(path: &str, value: &Value) -> Json {
        let mut document = Json::Object(Map::new());
        set(&mut document, path, std::slice::from_ref(value));
        document
    }

    /// Values for one field, none where it is best absent.
    fn field_values(&self, path: &str, goals: &[&Goal]) -> Attempt<Vec<Value>> {
        let absent = Json::Object(Map::new());
        if goals.iter().all(|goal| self.is_met(goal, &absent)) {
            return Ok(Vec::new());
        }
        let passes = |goal: &Goal, value: &Value| self.is_met(goal, &Self::alone(path, value));
        let (some, all): (Vec<&Goal>, Vec<&Goal>) =
            goals.iter().partition(|goal| goal.is_about_some_value());
        if let Some(null) = some.iter().find(|goal| is_null_test(goal)) {
            return Err(Failure::Impossible(conflict(path, null, goals)));
        }
        let (values, complete) = candidates(self.cx.mapping.type_of(path), goals);
        let mut witnesses: Vec<Option<Value>> = vec![None; some.len()];
        let cost = goals.iter().map(|goal| weight(&goal.expr)).sum();
        for value in values {
            let Some(left) = self.allowance.get().checked_sub(cost) else {
                return Err(Failure::NotFound);
            };
            self.allowance.set(left);
            if !all.iter().all(|goal| passes(goal, &value)) {
                continue;
            }
            let passed: Vec<bool> = some.iter().map(|goal| passes(goal, &value)).collect();
            if !passed.contains(&false) {
                return Ok(vec![value]);
            }
            for (witness, passed) in witnesses.iter_mut().zip(passed) {
                if passed && witness.is_none() {
                    *witness = Some(value.clone());
                }
            }
        }
        if complete {
            return match some.iter().zip(&witnesses).find(|(_, witness)| witness.is_none()) {
                Some((goal, _)) => Err(Failure::Impossible(conflict(path, goal, goals))),
                None if some.is_empty() => Err(Failure::Impossible(conflict(path, all[0], goals))),
                None => Ok(witnesses.into_iter().flatten().collect()),
            };
        }
        self.search_strings(path, &some, &all, witnesses)
    }

    /// One string for all conditions or, failing that, one for each.
    fn search_strings(
        &self,
        path: &str,
        some: &[&Goal],
        all: &[&Goal],
        witnesses: Vec<Option<Value>>,
    ) -> Attempt<Vec<Value>> {
        let everything: Vec<&Goal> = some.iter().chain(all).copied().collect();
        let unwanted: Vec<Vec<Pattern>> = all.iter().filter_map(|g| patterns(&g.expr)).collect();
        let find = |some: &[&Goal]| {
            let mut wanted: Vec<_> = some.iter().filter_map(|g| patterns(&g.expr)).collect();
            if wanted.is_empty() {
                wanted.push(vec![Pattern::anything()]);
            }
            search(&wanted, &unwanted, &self.allowance, |text| {
                let document = Self::alone(path, &Value::Str(text.to_owned()));
                some.iter().chain(all).all(|goal| self.is_met(goal, &document))
            })
        };
        if let Search::Found(text) = find(some) {
            return Ok(vec![Value::Str(text)]);
        }
        if some.is_empty() {
            return Err(Failure::NotFound);
        }
        let mut values = Vec::new();
        for (goal, witness) in some.iter().zip(witnesses) {
            let value = match witness {
                Some(value) => value,
                None => match find(&[goal]) {
                    Search::Found(text) => Value::Str(text),
                    Search::Impossible => {
                        return Err(Failure::Impossible(conflict(path, goal, &everything)));
                    }
                    Search::NotFound => return Err(Failure::NotFound),
                },
            };
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Ok(values)
    }

    /// Tries combinations of values for the conditions that read several fields.
    fn combine(
        &self,
        document: Json,
        by_field: &BTreeMap<String, Vec<&Goal>>,
        goals: &[&Goal],
    ) -> Attempt<Json> {
        let is_met = |document: &Json| goals.iter().all(|goal| self.is_met(goal, document));
        if is_met(&document) {
            return Ok(document);
        }
        let mut fields: Vec<String> =
            goals.iter().flat_map(|g| g.fields(&Scope::new(self.cx, &Json::Null, &[]))).collect();
        fields.sort_unstable();
        fields.dedup();
        let mut pools: Vec<Vec<Vec<Value>>> = Vec::new();
        for path in &fields {
            let own = by_field.get(path).map_or(&[][..], Vec::as_slice);
            let all: Vec<&Goal> = own.iter().chain(goals).copied().collect();
            pools.push(self.pool(path, own, &all));
        }
        let singles = |pool: &Vec<Vec<Value>>| pool.iter().flatten().cloned().collect::<Vec<_>>();
        let known: Vec<Value> = pools.iter().flat_map(singles).collect();
        for (path, pool) in fields.iter().zip(&mut pools) {
            let ty = self.cx.mapping.type_of(path);
            let own = by_field.get(path).map_or(&[][..], Vec::as_slice);
            for value in related(&known).iter().filter_map(|value| as_type(value, ty)) {
                let document = Self::alone(path, &value);
                if pool.len() < 2 * MAX_POOL && own.iter().all(|goal| self.is_met(goal, &document))
                {
                    pool.push(vec![value]);
                }
            }
        }
        let mut left = MAX_COMBINATIONS;
        try_all(&document, &fields, &pools, &mut left, &is_met).ok_or(Failure::NotFound)
    }

    /// Values for a field of a combination: those that meet the field's own goals.
    fn pool(&self, path: &str, own: &[&Goal], all: &[&Goal]) -> Vec<Vec<Value>> {
        let mut pool = Vec::new();
        let absent = Json::Object(Map::new());
        if own.iter().all(|goal| self.is_met(goal, &absent)) {
            pool.push(Vec::new());
        }
        if let Ok(values) = self.field_values(path, own) {
            pool.push(values);
        }
        let (values, _) = candidates(self.cx.mapping.type_of(path), all);
        for value in values {
            let document = Self::alone(path, &value);
            if pool.len() < MAX_POOL && own.iter().all(|goal| self.is_met(goal, &document)) {
                pool.push(vec![value]);
            }
        }
        pool.dedup();
        pool
    }
}

/// How many entries a leaf tests a value against.
fn weight(leaf: &Expr) -> usize {
    match leaf {
        Expr::Match(test) => test.patterns.len(),
        Expr::In(test) => test.list.len(),
        Expr::Call(call) => call.args.len(),
        _ => 1,
    }
}

/// Nested loops over the pools.
fn try_all(
    document: &Json,
    fields: &[String],
    pools: &[Vec<Vec<Value>>],
    left: &mut usize,
    is_met: &dyn Fn(&Json) -> bool,
) -> Option<Json> {
    let Some(((path, fields), (pool, pools))) = fields.split_first().zip(pools.split_first())
    else {
        *left = left.saturating_sub(1);
        return is_met(document).then(|| document.clone());
    };
    for values in pool {
        if *left == 0 {
            return None;
        }
        let mut document = document.clone();
        set(&mut document, path, values);
        if let Some(found) = try_all(&document, fields, pools, left, is_met) {
            return Some(found);
        }
    }
    None
}

/// The goal on the one element of an array.
fn element_goal(goal: &Goal) -> Option<Goal> {
    let Expr::Call(call) = &goal.expr.node else { return None };
    let [array, variable, condition] = call.args.as_slice() else { return None };
    let Expr::Variable(variable) = &variable.node else { return None };
    let condition = condition_of_element(array, &variable.name, condition)?;
    Some(Goal::new(condition, goal.wanted))
}

/// `x == null`, which only an absent field meets.
fn is_null_test(goal: &Goal) -> bool {
    match &goal.expr.node {
        Expr::Compare(c) if matches!(c.op.node, CompareOp::Eq | CompareOp::Ne) => {
            let is_null = |e: &Expr| matches!(e, Expr::Literal(Literal::Null));
            let is_field = |e: &Expr| matches!(e, Expr::Field(_));
            is_null(&c.left) && is_field(&c.right) || is_field(&c.left) && is_null(&c.right)
        }
        _ => false,
    }
}

fn conflict(path: &str, goal: &Goal, goals: &[&Goal]) -> String {
    let others: Vec<String> = goals
        .iter()
        .filter(|other| !std::rc::Rc::ptr_eq(&other.expr, &goal.expr))
        .take(3)
        .map(|other| format!("`{}`", other.text()))
        .collect();
    let beside =
        if others.is_empty() { "at all" } else { &format!("beside {}", others.join(", ")) };
    format!("no value of `{path}` meets `{}` {beside}", goal.text())
}

/// Puts values at a path: none removes the field, several make an array.
pub(super) fn set(document: &mut Json, path: &str, values: &[Value]) {
    let value = match values {
        [] => None,
        [one] => Some(json(one)),
        several => Some(Json::Array(several.iter().map(json).collect())),
    };
    set_json(document, path, value);
}

/// Puts a node at a path of nested objects; where a value stands in the way, under a key with dots.
pub(super) fn set_json(document: &mut Json, path: &str, value: Option<Json>) {
    let Json::Object(members) = document else { return };
    let Some((key, rest)) = path.split_once('.') else {
        match value {
            Some(value) => members.insert(path.to_owned(), value),
            None => members.remove(path),
        };
        return;
    };
    match (members.get_mut(key), value) {
        (Some(inner @ Json::Object(_)), value) => set_json(inner, rest, value),
        (Some(_), Some(value)) => drop(members.insert(path.to_owned(), value)),
        (Some(_), None) => drop(members.remove(path)),
        (None, Some(value)) => {
            let mut inner = Json::Object(Map::new());
            set_json(&mut inner, rest, Some(value));
            members.insert(key.to_owned(), inner);
        }
        (None, None) => {}
    }
}
