//! From a pattern to a deterministic automaton.

use std::collections::{BTreeSet, HashMap};

use super::alphabet::{Alphabet, Class};
use super::chars::CharSet;
use super::limits;
use super::syntax::Ast;
use super::terms::{TermId, Terms};

/// What a pattern needs too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooComplex(pub(super) &'static str);

/// The steps that a construction may still take.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TooComplex> {
        self.0 = self.0.checked_sub(steps).ok_or(TooComplex("too much time to compile"))?;
        Ok(())
    }
}

/// An automaton as it was found: neither minimal nor in any order.
pub(super) struct Raw {
    pub(super) alphabet: Alphabet,
    /// The next states, a row of all classes for each state. The first state is the start.
    pub(super) next: Vec<u16>,
    /// Whether each state accepts.
    pub(super) accepts: Vec<bool>,
}

/// Builds the automaton of a pattern. Each of its states is the set of terms of which one must match the
/// rest of the value.
pub(super) fn determinize(ast: &Ast, fold: bool) -> Result<Raw, TooComplex> {
    let mut sets = BTreeSet::new();
    collect_sets(ast, fold, &mut sets);
    let alphabet = Alphabet::new(&sets)?;
    let classes = Class::try_from(alphabet.len()).expect("BUG: the alphabet is limited");
    let (terms, budget) = (Terms::new(classes), Budget(limits::WORK));
    let mut lowering = Lowering { fold, alphabet: &alphabet, terms, budget };
    let start = lowering.term(ast)?;
    let Lowering { mut terms, mut budget, .. } = lowering;
    let mut states = States { numbers: HashMap::new(), queue: Vec::new() };
    states.number(vec![start])?;

    let mut raw = Raw { alphabet, next: Vec::new(), accepts: Vec::new() };
    while let Some(state) = states.queue.get(raw.accepts.len()).cloned() {
        raw.accepts.push(state.iter().any(|&term| terms.matches_empty(term)));
        let mut row = vec![Vec::new(); classes.into()];
        for term in state {
            for (on, left) in terms.step(term, &mut budget)?.iter() {
                budget.spend(on.len())?;
                on.iter().for_each(|&class| row[usize::from(class)].push(*left));
            }
        }
        budget.spend(row.len())?;
        // Neighbouring classes mostly lead to the same state.
        let mut before: Option<(Vec<TermId>, u16)> = None;
        for mut left in row {
            terms.reduce(&mut left);
            let number = match &before {
                Some((same, number)) if *same == left => *number,
                _ => states.number(left.clone())?,
            };
            raw.next.push(number);
            before = Some((left, number));
        }
    }
    Ok(raw)
}

/// The states found so far.
struct States {
    numbers: HashMap<Vec<TermId>, u16>,
    queue: Vec<Vec<TermId>>,
}

impl States {
    fn number(&mut self, state: Vec<TermId>) -> Result<u16, TooComplex> {
        if let Some(&number) = self.numbers.get(&state) {
            return Ok(number);
        }
        if self.queue.len() >= limits::STATES {
            return Err(TooComplex("an automaton of more than 4,096 states"));
        }
        let number = u16::try_from(self.queue.len()).expect("BUG: the number of states is limited");
        self.queue.push(state.clone());
        self.numbers.insert(state, number);
        Ok(number)
    }
}

/// The characters that an [`Ast::Class`] stands for.
fn set_of(negated: bool, set: &CharSet, fold: bool) -> CharSet {
    let set = if fold { set.fold() } else { set.clone() };
    if negated { set.complement() } else { set }
}

fn collect_sets(ast: &Ast, fold: bool, sets: &mut BTreeSet<CharSet>) {
    match ast {
        Ast::Class { negated, set } => {
            sets.insert(set_of(*negated, set, fold));
        }
        Ast::Concat(of) | Ast::Union(of) | Ast::Intersection(of) => {
            for ast in of {
                collect_sets(ast, fold, sets);
            }
        }
        Ast::Repeat { ast, .. } | Ast::Complement(ast) => collect_sets(ast, fold, sets),
    }
}

/// From trees to terms.
struct Lowering<'a> {
    fold: bool,
    alphabet: &'a Alphabet,
    terms: Terms,
    budget: Budget,
}

impl Lowering<'_> {
    fn term(&mut self, ast: &Ast) -> Result<TermId, TooComplex> {
        self.budget.spend(1)?;
        Ok(match ast {
            Ast::Class { negated, set } => {
                let classes = self.alphabet.classes_of(&set_of(*negated, set, self.fold));
                self.budget.spend(classes.len())?;
                self.terms.one(classes)
            }
            Ast::Concat(of) => {
                let mut rest = self.terms.empty();
                for ast in of.iter().rev() {
                    let first = self.term(ast)?;
                    rest = self.terms.concat(first, rest, &mut self.budget)?;
                }
                rest
            }
            Ast::Union(of) => {
                let of = self.each(of)?;
                self.terms.union(of)
            }
            Ast::Intersection(of) => {
                let of = self.each(of)?;
                self.terms.intersection(of)
            }
            Ast::Repeat { ast, min, max } => {
                let of = self.term(ast)?;
                self.terms.repeat(of, *min, *max)
            }
            Ast::Complement(ast) => {
                let of = self.term(ast)?;
                self.terms.complement(of)
            }
        })
    }

    fn each(&mut self, asts: &[Ast]) -> Result<Vec<TermId>, TooComplex> {
        asts.iter().map(|ast| self.term(ast)).collect()
    }
}
