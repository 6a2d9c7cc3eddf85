//! Which guards are looked up: those that save more tests than they cost.
//!
//! What a look-up costs depends on the other terms. A field into which a search looks anyway is looked into for one more
//! term for nearly nothing; one that a single term asks for is a load on every event.

use std::collections::{BTreeSet, HashMap};

use super::guard::{Atom, Guard, LONG_PART, SHORT_PART, What};
use super::{COMMON, Priors, RARE, Stage};

/// As often the choice of each term is looked at again, with those of the others as they are.
const ROUNDS: usize = 2;
/// More guards of a term are not compared with each other.
const MOST: usize = 8;

/// The rarest guard, and another one where looking that up costs less than the tests that it saves: for a term among
/// so many others that all look-ups are shared.
pub(super) fn alone(mut guards: Vec<Guard>) -> Vec<Guard> {
    guards.retain(|guard| guard.probability <= COMMON);
    guards.sort_by(|a, b| a.cost().total_cmp(&b.cost()));
    let mut rest = guards.split_off(guards.len().min(1));
    let Some(first) = guards.first() else { return guards };
    let saved = |second: &Guard| first.probability * (1.0 - second.probability) - second.look_up();
    rest.retain(|second| first.probability > RARE && saved(second) > 0.0);
    let best = rest.into_iter().max_by(|a, b| saved(a).total_cmp(&saved(b)));
    guards.extend(best);
    guards
}

/// Chooses among the guards of each stage, at most two, the rarest first.
pub(super) fn together(stages: &mut [Stage], priors: &Priors) {
    let classes = Classes::new(stages);
    let mut options: Vec<Vec<Choice>> = Vec::with_capacity(stages.len());
    let mut users = Users::default();
    for (stage, of_stage) in stages.iter_mut().zip(&classes.of_stages) {
        let mut guards = std::mem::take(&mut stage.guards);
        guards.retain(|guard| guard.probability <= COMMON);
        guards.sort_by(|a, b| a.cost().total_cmp(&b.cost()));
        guards.truncate(MOST);
        let own = alone(guards.clone());
        users.change(&places(&own), of_stage, |count| count + 1);
        stage.guards = own;
        options.push(choices(&guards, priors));
    }
    for _ in 0..ROUNDS {
        for ((stage, of_stage), options) in stages.iter_mut().zip(&classes.of_stages).zip(&options)
        {
            users.change(&places(&stage.guards), of_stage, |count| count - 1);
            let cost = |choice: &Choice| choice.tests + users.cost(choice, of_stage);
            let best = options.iter().min_by(|a, b| cost(a).total_cmp(&cost(b)));
            stage.guards = best.map(|choice| choice.guards.clone()).unwrap_or_default();
            users.change(&places(&stage.guards), of_stage, |count| count + 1);
        }
    }
}

/// Guards that a term may get.
struct Choice {
    guards: Vec<Guard>,
    /// The estimated share of events in which they all hold.
    tests: f64,
    /// What they look into, and what that costs where no other term does.
    places: Vec<(Place, f64)>,
    /// What they cost in any case.
    own: f64,
}

/// No guard, each alone, and each two of them.
fn choices(guards: &[Guard], priors: &Priors) -> Vec<Choice> {
    let choice = |guards: Vec<Guard>| {
        let places = places(&guards).into_iter().map(|place| {
            let there = Atom { path: place.0.clone(), what: What::Any };
            let cost = place.1.cost() * priors.of(&there);
            (place, cost)
        });
        Choice {
            tests: guards.iter().map(|guard| guard.probability).product(),
            places: places.collect(),
            own: guards.iter().map(Guard::look_up).sum(),
            guards,
        }
    };
    let mut found = vec![choice(Vec::new())];
    for (at, first) in guards.iter().enumerate() {
        found.push(choice(vec![first.clone()]));
        found.extend(
            guards[at + 1..].iter().map(|second| choice(vec![first.clone(), second.clone()])),
        );
    }
    found
}

/// A way to look into a field.
type Place = (String, Way);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Way {
    Presence,
    Value,
    Ends,
    LongParts,
    ShortParts,
}

impl Way {
    /// `None` for what is searched for by itself, which is a cost of the guard alone.
    fn of(what: &What) -> Option<Self> {
        Some(match what {
            What::Any => Self::Presence,
            What::Whole(_) | What::Int(_) | What::Bool(_) => Self::Value,
            What::Head(_) | What::Tail(_) => Self::Ends,
            What::Part(text, _) => match text.len() {
                LONG_PART.. => Self::LongParts,
                SHORT_PART.. => Self::ShortParts,
                _ => return None,
            },
        })
    }

    /// What it costs where the field has a value, as a part of a test of a term.
    fn cost(self) -> f64 {
        match self {
            Self::Presence => 0.03,
            Self::Value | Self::Ends => 0.1,
            Self::LongParts => 0.25,
            Self::ShortParts => 0.5,
        }
    }
}

/// What guards look into, each once.
fn places(guards: &[Guard]) -> BTreeSet<Place> {
    let atoms = guards.iter().flat_map(|guard| &guard.atoms);
    atoms.filter_map(|atom| Some((atom.path.clone(), Way::of(&atom.what)?))).collect()
}

/// Classes of events, by number: category and system. The runtime tells types apart too, which of the terms of a class
/// leaves so many together that it matters little to what they share.
struct Classes {
    of_stages: Vec<Vec<usize>>,
}

impl Classes {
    fn new(stages: &[Stage]) -> Self {
        let all = |sort: usize| -> Vec<&String> {
            stages
                .iter()
                .flat_map(|stage| &stage.names[sort])
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect()
        };
        let (categories, systems) = (all(0), all(1));
        // The one behind the last stands for all others.
        let numbers = |own: &[String], all: &[&String]| -> Vec<usize> {
            match own {
                [] => (0..=all.len()).collect(),
                own => own.iter().filter_map(|name| all.binary_search(&name).ok()).collect(),
            }
        };
        let of_stage = |stage: &Stage| {
            let systems_of = numbers(&stage.names[1], &systems);
            let categories = numbers(&stage.names[0], &categories).into_iter();
            categories
                .flat_map(|at| systems_of.iter().map(move |system| (at, *system)))
                .map(|(category, system)| category * (systems.len() + 1) + system)
                .collect()
        };
        Self { of_stages: stages.iter().map(of_stage).collect() }
    }
}

/// How many terms of each class look into a place.
#[derive(Default)]
struct Users(HashMap<Place, HashMap<usize, usize>>);

impl Users {
    fn change(&mut self, places: &BTreeSet<Place>, classes: &[usize], to: fn(usize) -> usize) {
        for place in places {
            let of_place = self.0.entry(place.clone()).or_default();
            for class in classes {
                let count = of_place.entry(*class).or_default();
                *count = to(*count);
            }
        }
    }

    /// What the look-ups of a choice add for the events of these classes, on average.
    fn cost(&self, choice: &Choice, classes: &[usize]) -> f64 {
        let added = choice.places.iter().map(|(place, cost)| {
            let of_place = self.0.get(place);
            let is_new = |class: &&usize| {
                of_place.and_then(|counts| counts.get(class)).is_none_or(|count| *count == 0)
            };
            let new = classes.iter().filter(is_new).count();
            #[expect(clippy::cast_precision_loss, reason = "there are a few hundred classes")]
            let share = new as f64 / classes.len().max(1) as f64;
            cost * share
        });
        choice.own + added.sum::<f64>()
    }
}
