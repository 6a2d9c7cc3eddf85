//! Patterns as terms, and what is left of a term after its first character.
//!
//! Terms are shared: equal terms have equal numbers, so a set of terms can serve as a state. The step of a
//! term is computed once, for all characters at a time: a list of pairs of a set of characters and the
//! term that is left after one of these (Antimirov's partial derivatives). Where complement or
//! intersection makes a choice between several terms wrong, the step is taken for each class of
//! characters on its own, and what is left is again a complement or an intersection (Brzozowski's
//! derivatives). Both kinds stay finite.

use std::collections::HashMap;
use std::rc::Rc;

use super::alphabet::Class;
use super::determinize::{Budget, TooComplex};

/// The number of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TermId(u32);

/// A set of classes, in ascending order.
pub(super) type Classes = Rc<[Class]>;

/// What is left of a term after a character of one of these classes.
pub(super) type Step = (Classes, TermId);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Term {
    /// The empty text.
    Empty,
    /// One character.
    One(Classes),
    /// The first, which is no `Concat`, and then the second.
    Concat(TermId, TermId),
    /// Any of them, sorted; of none, no text.
    Union(Box<[TermId]>),
    /// All of them, sorted.
    Intersection(Box<[TermId]>),
    /// What the term does not match.
    Complement(TermId),
    /// The term that often; with a `min` of 0 where the term matches the empty text.
    Repeat(TermId, u32, Option<u32>),
}

/// All terms of a construction.
pub(super) struct Terms {
    numbers: HashMap<Term, TermId>,
    infos: Vec<Info>,
    /// How many classes of characters there are.
    classes: Class,
    /// No text.
    none: TermId,
    /// The empty text.
    empty: TermId,
    /// Every text.
    all: TermId,
}

struct Info {
    term: Term,
    matches_empty: bool,
    step: Option<Rc<[Step]>>,
}

impl Terms {
    pub(super) fn new(classes: Class) -> Self {
        let unset = TermId(0);
        let mut terms = Self {
            numbers: HashMap::new(),
            infos: Vec::new(),
            classes,
            none: unset,
            empty: unset,
            all: unset,
        };
        terms.none = terms.intern(Term::Union(Box::default()));
        terms.empty = terms.intern(Term::Empty);
        let any = terms.intern(Term::One((0..classes).collect()));
        terms.all = terms.intern(Term::Repeat(any, 0, None));
        terms
    }

    /// The term for the empty text.
    pub(super) fn empty(&self) -> TermId {
        self.empty
    }

    /// Whether a term matches the empty text.
    pub(super) fn matches_empty(&self, id: TermId) -> bool {
        self.info(id).matches_empty
    }

    fn info(&self, id: TermId) -> &Info {
        &self.infos[id.0 as usize]
    }

    fn intern(&mut self, term: Term) -> TermId {
        if let Some(&id) = self.numbers.get(&term) {
            return id;
        }
        let matches_empty = match &term {
            Term::Empty => true,
            Term::One(_) => false,
            Term::Concat(a, b) => self.matches_empty(*a) && self.matches_empty(*b),
            Term::Union(of) => of.iter().any(|&id| self.matches_empty(id)),
            Term::Intersection(of) => of.iter().all(|&id| self.matches_empty(id)),
            Term::Complement(of) => !self.matches_empty(*of),
            Term::Repeat(_, min, _) => *min == 0,
        };
        let id = TermId(u32::try_from(self.infos.len()).expect("BUG: the budget is far smaller"));
        self.numbers.insert(term.clone(), id);
        self.infos.push(Info { term, matches_empty, step: None });
        id
    }

    pub(super) fn one(&mut self, classes: Vec<Class>) -> TermId {
        if classes.is_empty() { self.none } else { self.intern(Term::One(classes.into())) }
    }

    pub(super) fn concat(
        &mut self,
        mut first: TermId,
        rest: TermId,
        budget: &mut Budget,
    ) -> Result<TermId, TooComplex> {
        // A chain of terms goes on to the right only, so that equal chains are equal terms.
        let mut chain = Vec::new();
        while let Term::Concat(head, tail) = self.info(first).term {
            chain.push(head);
            first = tail;
        }
        chain.push(first);
        budget.spend(chain.len())?;
        Ok(chain.into_iter().rev().fold(rest, |rest, head| self.pair(head, rest)))
    }

    fn pair(&mut self, head: TermId, rest: TermId) -> TermId {
        if head == self.none || rest == self.none {
            self.none
        } else if head == self.empty {
            rest
        } else if rest == self.empty || (head == self.all && rest == self.all) {
            head
        } else {
            self.intern(Term::Concat(head, rest))
        }
    }

    pub(super) fn union(&mut self, of: impl IntoIterator<Item = TermId>) -> TermId {
        let mut flat = Vec::new();
        for id in of {
            match &self.info(id).term {
                Term::Union(inner) => flat.extend_from_slice(inner),
                _ => flat.push(id),
            }
        }
        self.reduce(&mut flat);
        match flat[..] {
            [only] => only,
            _ => self.intern(Term::Union(flat.into())),
        }
    }

    /// Sorts the terms of a union and drops what adds nothing.
    pub(super) fn reduce(&self, of: &mut Vec<TermId>) {
        if of.contains(&self.all) {
            *of = vec![self.all];
        }
        of.sort_unstable();
        of.dedup();
        of.retain(|&id| id != self.none);
    }

    pub(super) fn intersection(&mut self, of: impl IntoIterator<Item = TermId>) -> TermId {
        let mut flat = Vec::new();
        for id in of {
            match &self.info(id).term {
                Term::Intersection(inner) => flat.extend_from_slice(inner),
                _ => flat.push(id),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        flat.retain(|&id| id != self.all);
        match flat[..] {
            _ if flat.contains(&self.none) => self.none,
            [] => self.all,
            [only] => only,
            _ => self.intern(Term::Intersection(flat.into())),
        }
    }

    pub(super) fn complement(&mut self, of: TermId) -> TermId {
        if of == self.none {
            return self.all;
        }
        if of == self.all {
            return self.none;
        }
        match self.info(of).term {
            Term::Complement(inner) => inner,
            _ => self.intern(Term::Complement(of)),
        }
    }

    pub(super) fn repeat(&mut self, of: TermId, min: u32, max: Option<u32>) -> TermId {
        let min = if self.matches_empty(of) { 0 } else { min };
        match (&self.info(of).term, min, max) {
            (_, _, Some(0)) | (Term::Empty, _, _) => self.empty,
            (Term::Union(nothing), 0, _) if nothing.is_empty() => self.empty,
            (Term::Union(nothing), _, _) if nothing.is_empty() => self.none,
            // Once, or any number of any number.
            (_, 1, Some(1)) | (Term::Repeat(_, 0, None), _, _) => of,
            _ => self.intern(Term::Repeat(of, min, max)),
        }
    }

    /// What is left of a term after its first character: any of the terms with the character's class.
    pub(super) fn step(
        &mut self,
        id: TermId,
        budget: &mut Budget,
    ) -> Result<Rc<[Step]>, TooComplex> {
        if let Some(step) = &self.info(id).step {
            return Ok(Rc::clone(step));
        }
        let step = match self.info(id).term.clone() {
            Term::Empty => Vec::new(),
            Term::One(classes) => vec![(classes, self.empty)],
            Term::Concat(..) => self.step_concat(id, budget)?,
            Term::Union(of) => {
                let mut all = Vec::new();
                for id in of {
                    all.extend(self.step(id, budget)?.iter().cloned());
                }
                all
            }
            Term::Repeat(of, min, max) => {
                let rest = self.repeat(of, min.saturating_sub(1), max.map(|max| max - 1));
                self.step_before(of, rest, budget)?
            }
            Term::Complement(of) => {
                let row = self.row(of, budget)?;
                let row: Vec<TermId> = row.into_iter().map(|id| self.complement(id)).collect();
                self.by_class(&row)
            }
            Term::Intersection(of) => {
                let rows = of.iter().map(|&id| self.row(id, budget));
                let rows = rows.collect::<Result<Vec<_>, _>>()?;
                let classes = 0..usize::from(self.classes);
                let all = |class: usize| self.intersection(rows.iter().map(|row| row[class]));
                let row: Vec<TermId> = classes.map(all).collect();
                self.by_class(&row)
            }
        };
        budget.spend(step.len() + 1)?;
        let step: Rc<[Step]> = step.into();
        self.infos[id.0 as usize].step = Some(Rc::clone(&step));
        Ok(step)
    }

    /// The step of a chain: of its first term, and of those behind it while all before may be empty.
    fn step_concat(
        &mut self,
        mut id: TermId,
        budget: &mut Budget,
    ) -> Result<Vec<Step>, TooComplex> {
        let mut all = Vec::new();
        while let Term::Concat(head, rest) = self.info(id).term {
            all.extend(self.step_before(head, rest, budget)?);
            if !self.matches_empty(head) {
                return Ok(all);
            }
            id = rest;
        }
        all.extend(self.step(id, budget)?.iter().cloned());
        Ok(all)
    }

    /// The step of a term with another one behind it.
    fn step_before(
        &mut self,
        id: TermId,
        rest: TermId,
        budget: &mut Budget,
    ) -> Result<Vec<Step>, TooComplex> {
        let step = self.step(id, budget)?;
        let before = |(on, left): &Step| Ok((Rc::clone(on), self.concat(*left, rest, budget)?));
        step.iter().map(before).collect()
    }

    /// What is left of a term after a character of each class.
    fn row(&mut self, id: TermId, budget: &mut Budget) -> Result<Vec<TermId>, TooComplex> {
        let step = self.step(id, budget)?;
        let mut row = vec![Vec::new(); self.classes.into()];
        for (on, left) in step.iter() {
            budget.spend(on.len())?;
            on.iter().for_each(|&class| row[usize::from(class)].push(*left));
        }
        budget.spend(row.len())?;
        Ok(row.into_iter().map(|left| self.union(left)).collect())
    }

    /// A step out of what is left after each class.
    fn by_class(&self, row: &[TermId]) -> Vec<Step> {
        let mut classes: HashMap<TermId, Vec<Class>> = HashMap::new();
        for (class, &left) in (0..).zip(row) {
            classes.entry(left).or_default().push(class);
        }
        let mut step: Vec<Step> = classes
            .into_iter()
            .filter(|&(left, _)| left != self.none)
            .map(|(left, on)| (on.into(), left))
            .collect();
        // The order of a hash map differs from build to build.
        step.sort_unstable_by_key(|&(_, left)| left);
        step
    }
}
