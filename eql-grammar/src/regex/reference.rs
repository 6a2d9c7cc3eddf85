//! A plain matcher for tests: slow, and too simple to be wrong in the same way as the automaton.

use super::syntax::Ast;

/// Whether a whole value matches, by trying everything.
pub(super) fn matches(ast: &Ast, value: &str, fold: bool) -> bool {
    let value: Vec<char> = value.chars().collect();
    let reference = Reference { value: &value, fold };
    reference.ends(ast, &[0]).contains(&value.len())
}

struct Reference<'a> {
    value: &'a [char],
    fold: bool,
}

impl Reference<'_> {
    /// All places where a match can end that begins at one of the places.
    fn ends(&self, ast: &Ast, starts: &[usize]) -> Vec<usize> {
        let mut ends: Vec<usize> =
            starts.iter().flat_map(|&start| self.ends_from(ast, start)).collect();
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    fn ends_from(&self, ast: &Ast, start: usize) -> Vec<usize> {
        match ast {
            Ast::Class { negated, set } => {
                let is_in = |&c: &char| {
                    let other_case = |c: char| {
                        if c.is_ascii_lowercase() {
                            c.to_ascii_uppercase()
                        } else {
                            c.to_ascii_lowercase()
                        }
                    };
                    set.contains(c) || (self.fold && set.contains(other_case(c)))
                };
                let fits = self.value.get(start).is_some_and(|c| is_in(c) != *negated);
                if fits { vec![start + 1] } else { Vec::new() }
            }
            Ast::Concat(of) => of.iter().fold(vec![start], |starts, ast| self.ends(ast, &starts)),
            Ast::Union(of) => of.iter().flat_map(|ast| self.ends_from(ast, start)).collect(),
            Ast::Intersection(of) => {
                let all = (start..=self.value.len()).collect();
                of.iter().fold(all, |mut ends: Vec<usize>, ast| {
                    let these = self.ends_from(ast, start);
                    ends.retain(|end| these.contains(end));
                    ends
                })
            }
            Ast::Complement(inner) => {
                let not = self.ends_from(inner, start);
                (start..=self.value.len()).filter(|end| !not.contains(end)).collect()
            }
            Ast::Repeat { ast, min, max } => self.repeat(ast, *min, *max, start),
        }
    }

    fn repeat(&self, ast: &Ast, min: u32, max: Option<u32>, start: usize) -> Vec<usize> {
        let mut ends = vec![start];
        for _ in 0..min {
            ends = self.ends(ast, &ends);
        }
        let mut latest = ends.clone();
        let mut count = min;
        while max.is_none_or(|max| count < max) {
            latest = self.ends(ast, &latest);
            latest.retain(|end| !ends.contains(end));
            if latest.is_empty() {
                break;
            }
            ends.extend_from_slice(&latest);
            count += 1;
        }
        ends
    }
}
