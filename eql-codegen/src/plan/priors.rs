//! How often a text stands in a field: estimates that decide which guard a term gets.
//!
//! A wrong estimate costs time and nothing else.

use std::collections::HashMap;

use super::guard::{Atom, WINDOW, What};

/// Built-in estimates; see the file.
const BUILT_IN: &str = include_str!("../../data/priors.tsv");

/// Estimated shares of events.
#[derive(Debug)]
pub(crate) struct Priors {
    fields: HashMap<String, Values>,
    /// For fields that are not listed.
    other: Values,
}

/// The estimates of one field.
#[derive(Debug, Default, Clone)]
struct Values {
    /// That the field has a value.
    present: f64,
    /// Whole values that are not listed.
    whole: f64,
    /// Parts of four bytes that are not listed.
    part: f64,
    wholes: HashMap<String, f64>,
    parts: Vec<(String, f64)>,
    /// The most that is listed of texts with these bytes.
    windows: HashMap<[u8; WINDOW], f64>,
}

impl Priors {
    /// The built-in estimates.
    pub(crate) fn built_in() -> Self {
        let mut priors = Self { fields: HashMap::new(), other: Values::default() };
        priors.add(BUILT_IN).expect("BUG: the built-in estimates are not as the file says");
        priors
    }

    /// Adds estimates, which win over those before. The error is the number of the line that is none, from 1.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), usize> {
        for (line, number) in text.lines().zip(1_usize..) {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            self.line(line).ok_or(number)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut columns = line.split('\t');
        let (field, what, share) = (columns.next()?, columns.next()?, columns.next()?);
        let share: f64 = share.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share))?;
        let other = self.other.clone();
        let values = match field {
            "*" => &mut self.other,
            field => self.fields.entry(field.to_owned()).or_insert_with(|| Values {
                wholes: HashMap::new(),
                parts: Vec::new(),
                windows: HashMap::new(),
                ..other
            }),
        };
        match (what.get(..1)?, &what[1..]) {
            ("+", "") => values.present = share,
            ("=", "") => values.whole = share,
            ("~", "") => values.part = share,
            ("=", text) => {
                values.wholes.insert(text.to_ascii_lowercase(), share);
            }
            ("~", text) => {
                let text = text.to_ascii_lowercase();
                for window in windows(&text) {
                    let most = values.windows.entry(window).or_default();
                    *most = share.max(*most);
                }
                values.parts.push((text, share));
            }
            _ => return None,
        }
        columns.next().is_none().then_some(())
    }

    /// The share of events with this text in this field.
    pub(crate) fn of(&self, atom: &Atom) -> f64 {
        let values = self.fields.get(&atom.path).unwrap_or(&self.other);
        let listed = || values.wholes.get(atom.what.text().as_ref()).copied();
        match &atom.what {
            What::Any => values.present,
            What::Whole(_) => listed().unwrap_or(values.whole),
            What::Head(text) | What::Tail(text) | What::Part(text, _) => values.of_part(text),
            What::Int(_) => listed().unwrap_or(values.whole),
            // Of two values one is not rare.
            What::Bool(_) => listed().unwrap_or(values.present / 2.0),
        }
    }

    /// Whether this is a text or a number of which nothing is known but how often those that are not listed stand in the
    /// field: one of very many.
    pub(crate) fn is_one_of_many(&self, atom: &Atom) -> bool {
        let values = self.fields.get(&atom.path).unwrap_or(&self.other);
        let text = atom.what.text();
        match &atom.what {
            What::Any | What::Bool(_) => false,
            What::Whole(_) | What::Int(_) => !values.wholes.contains_key(text.as_ref()),
            What::Head(_) | What::Tail(_) | What::Part(..) => {
                !values.parts.iter().any(|(known, _)| known.contains(text.as_ref()))
            }
        }
    }

    /// The listed share of events that have each window of the text in this field; 0 where none is listed.
    pub(crate) fn of_windows(&self, path: &str, text: &str) -> Vec<f64> {
        let values = self.fields.get(path).unwrap_or(&self.other);
        windows(text).map(|bytes| values.windows.get(&bytes).copied().unwrap_or_default()).collect()
    }
}

/// Every few bytes of a text.
fn windows(text: &str) -> impl Iterator<Item = [u8; WINDOW]> {
    text.as_bytes().windows(WINDOW).filter_map(|window| window.try_into().ok())
}

impl Values {
    fn of_part(&self, text: &str) -> f64 {
        /// How much rarer a part is for each byte that it is longer.
        const BYTE: f64 = 0.85;
        let longer = i32::try_from(text.len().saturating_sub(4)).unwrap_or(i32::MAX);
        let mut share = self.part * BYTE.powi(longer.min(40));
        for (known, of_known) in self.parts.iter().rev() {
            if known.contains(text) {
                // It stands wherever the listed one does.
                return share.max(*of_known);
            }
            if text.contains(known.as_str()) {
                share = share.min(*of_known);
            }
        }
        // A whole value that has it in it counts too.
        let wholes = self.wholes.iter().filter(|(whole, _)| whole.contains(text));
        share.max(wholes.map(|(_, share)| *share).fold(0.0, f64::max))
    }
}
