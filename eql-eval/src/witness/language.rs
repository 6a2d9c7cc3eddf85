//! Strings that match some patterns and miss others.
//!
//! A pattern is a row of tokens; reading a string moves a set of positions along it. A search over the
//! positions in all patterns at once, best first, finds a string that every wanted set of patterns accepts
//! and no unwanted one does, or shows that there is none.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashSet};

use eql_grammar::ast::{Call, CompareOp, Expr, Literal, MatchOp};

/// How many states a search looks at.
const MAX_STATES: usize = 4_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character; in a pattern that ignores case, in lower case.
    Char(char),
    /// Any one character.
    One,
    /// Any run of characters.
    Run,
}

/// Strings with a wildcard's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
    /// The characters as written, one for each token.
    written: Vec<char>,
    ignore_case: bool,
}

impl Pattern {
    fn new(text: &str, ignore_case: bool, has_wildcards: bool) -> Self {
        let token = |c: char| match c {
            '*' if has_wildcards => Token::Run,
            '?' if has_wildcards => Token::One,
            c if ignore_case => Token::Char(c.to_ascii_lowercase()),
            c => Token::Char(c),
        };
        let written = text.chars().collect();
        Self { tokens: text.chars().map(token).collect(), written, ignore_case }
    }

    /// `*`
    pub(super) fn anything() -> Self {
        Self::new("*", false, true)
    }

    /// A string of the pattern with `run` for each `*` and `one` for each `?`.
    pub(super) fn sample(&self, run: &str, one: char) -> String {
        let mut text = String::new();
        for (token, written) in self.tokens.iter().zip(&self.written) {
            match token {
                Token::Char(_) => text.push(*written),
                Token::One => text.push(one),
                Token::Run => text.push_str(run),
            }
        }
        text
    }

    /// The pattern with any run of characters before or after it.
    fn around(text: &str, ignore_case: bool, before: bool, after: bool) -> Self {
        let mut pattern = Self::new(text, ignore_case, false);
        if before {
            pattern.tokens.insert(0, Token::Run);
            pattern.written.insert(0, '*');
        }
        if after {
            pattern.tokens.push(Token::Run);
            pattern.written.push('*');
        }
        pattern
    }

    pub(super) fn has_wildcards(&self) -> bool {
        self.tokens.iter().any(|token| !matches!(token, Token::Char(_)))
    }

    /// All positions that `position` stands for: a run may also be over.
    fn close(&self, mut position: usize, into: &mut BTreeSet<usize>) {
        into.insert(position);
        while self.tokens.get(position) == Some(&Token::Run) {
            position += 1;
            into.insert(position);
        }
    }

    fn read(&self, c: char, positions: &BTreeSet<usize>) -> BTreeSet<usize> {
        let c = if self.ignore_case { c.to_ascii_lowercase() } else { c };
        let mut next = BTreeSet::new();
        for position in positions {
            match self.tokens.get(*position) {
                Some(Token::Run) => self.close(*position, &mut next),
                Some(Token::One) => self.close(position + 1, &mut next),
                Some(Token::Char(wanted)) if *wanted == c => self.close(position + 1, &mut next),
                Some(Token::Char(_)) | None => {}
            }
        }
        next
    }

    /// How many characters are still to be read at least, from the best of the positions.
    fn missing(&self, positions: &BTreeSet<usize>) -> Option<usize> {
        let rest = |position: &usize| {
            self.tokens[*position..].iter().filter(|token| **token != Token::Run).count()
        };
        positions.iter().map(rest).min()
    }
}

/// The patterns one of which a condition wants matched, where it is such a condition on `field`.
pub(super) fn patterns(expr: &Expr) -> Option<Vec<Pattern>> {
    match expr {
        Expr::Compare(c) if matches!(c.op.node, CompareOp::Eq | CompareOp::Ne) => {
            match (&c.left.node, &c.right.node) {
                (Expr::Field(_), Expr::Literal(Literal::Str(text)))
                | (Expr::Literal(Literal::Str(text)), Expr::Field(_)) => {
                    Some(vec![Pattern::new(text, false, false)])
                }
                _ => None,
            }
        }
        Expr::In(i) if is_field(&i.value) => {
            let element = |e: &Expr| Some(Pattern::new(string(e)?, i.fold, false));
            i.list.iter().map(|e| element(e)).collect()
        }
        Expr::Match(m) if is_field(&m.value) => {
            let ignore_case = match m.op.node {
                MatchOp::Colon | MatchOp::LikeFold => true,
                MatchOp::Like => false,
                MatchOp::Regex | MatchOp::RegexFold => return None,
            };
            let pattern = |literal: &Literal| match literal {
                Literal::Str(text) => Some(Pattern::new(text, ignore_case, true)),
                _ => None,
            };
            m.patterns.iter().map(|p| pattern(p)).collect()
        }
        Expr::Call(call) => call_patterns(call),
        _ => None,
    }
}

fn call_patterns(call: &Call) -> Option<Vec<Pattern>> {
    let (first, rest) = call.args.split_first()?;
    if !is_field(first) {
        return None;
    }
    let texts: Vec<&str> = rest.iter().map(|e| string(e)).collect::<Option<_>>()?;
    let name = call.name.to_ascii_lowercase();
    let around = |before: bool, after: bool| match texts[..] {
        [text] => Some(vec![Pattern::around(text, call.fold, before, after)]),
        _ => None,
    };
    match name.as_str() {
        "startswith" => around(false, true),
        "endswith" => around(true, false),
        "stringcontains" if !texts.contains(&"") => around(true, true),
        "wildcard" => Some(texts.iter().map(|t| Pattern::new(t, call.fold, true)).collect()),
        _ => None,
    }
}

fn is_field(expr: &Expr) -> bool {
    matches!(expr, Expr::Field(_))
}

fn string(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(Literal::Str(text)) => Some(text),
        _ => None,
    }
}

/// What a search for a string comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// A string.
    Found(String),
    /// There is none.
    Impossible,
    /// None was found.
    NotFound,
}

/// Positions in each wanted and unwanted pattern, by the pattern's number; dead patterns are left out.
type State = Vec<(usize, BTreeSet<usize>)>;

/// A string that one pattern of each wanted set accepts, none of the unwanted ones accepts, and that
/// passes the test.
pub(super) fn search(
    wanted: &[Vec<Pattern>],
    unwanted: &[Vec<Pattern>],
    allowance: &Cell<usize>,
    mut passes: impl FnMut(&str) -> bool,
) -> Search {
    let patterns: Vec<&Pattern> = wanted.iter().chain(unwanted).flatten().collect();
    let mut groups = Vec::new();
    let mut at = 0;
    for group in wanted.iter().chain(unwanted) {
        groups.push(at..at + group.len());
        at += group.len();
    }
    let (wanted_groups, unwanted_groups) = groups.split_at(wanted.len());
    let accepts = |state: &State, group: &std::ops::Range<usize>| {
        state.iter().any(|(n, positions)| {
            group.contains(n) && positions.contains(&patterns[*n].tokens.len())
        })
    };
    // The distance of a state from acceptance; none where a wanted set is dead.
    let distance = |state: &State| {
        let of_group = |group: &std::ops::Range<usize>| {
            let alive = state.iter().filter(|(n, _)| group.contains(n));
            alive.filter_map(|(n, positions)| patterns[*n].missing(positions)).min()
        };
        wanted_groups.iter().map(of_group).try_fold(0, |most, missing| Some(most.max(missing?)))
    };
    let start: State = patterns
        .iter()
        .enumerate()
        .map(|(n, pattern)| {
            let mut positions = BTreeSet::new();
            pattern.close(0, &mut positions);
            (n, positions)
        })
        .collect();
    let alphabet = alphabet(wanted, unwanted);
    let mut seen = HashSet::from([start.clone()]);
    let mut rows: Vec<(State, String)> = vec![(start, String::new())];
    let mut queue = BinaryHeap::from([Reverse((0, 0, 0))]);
    let (mut looked_at, mut refused) = (0, false);
    while let Some(Reverse((_, _, row))) = queue.pop() {
        let (state, text) = rows[row].clone();
        let accepted = wanted_groups.iter().all(|group| accepts(&state, group))
            && !unwanted_groups.iter().any(|group| accepts(&state, group));
        if accepted {
            if passes(&text) {
                return Search::Found(text);
            }
            refused = true;
        }
        looked_at += 1;
        let cost = alphabet.len() * state.len();
        if looked_at > MAX_STATES || allowance.get() < cost {
            return Search::NotFound;
        }
        allowance.set(allowance.get() - cost);
        for c in &alphabet {
            let next: State = state
                .iter()
                .map(|(n, positions)| (*n, patterns[*n].read(*c, positions)))
                .filter(|(_, positions)| !positions.is_empty())
                .collect();
            let Some(missing) = distance(&next) else { continue };
            if seen.insert(next.clone()) {
                let text = format!("{text}{c}");
                // Mostly towards the goal, and the shorter of two that are as near.
                queue.push(Reverse((2 * missing + text.len(), missing, rows.len())));
                rows.push((next, text));
            }
        }
    }
    if refused { Search::NotFound } else { Search::Impossible }
}

/// The characters that can matter: those of the wanted patterns, in both cases where case may matter, and
/// one that no pattern names. A character that only unwanted patterns name is never better than that one.
fn alphabet(wanted: &[Vec<Pattern>], unwanted: &[Vec<Pattern>]) -> Vec<char> {
    let chars = |groups: &[Vec<Pattern>]| -> BTreeSet<char> {
        let tokens = groups.iter().flatten().flat_map(|pattern| &pattern.tokens);
        tokens.filter_map(|t| if let Token::Char(c) = t { Some(*c) } else { None }).collect()
    };
    let mut alphabet = chars(wanted);
    let named = &alphabet | &chars(unwanted);
    let ignores_case = wanted.iter().flatten().any(|pattern| pattern.ignore_case);
    let minds_case = wanted.iter().chain(unwanted).flatten().any(|pattern| !pattern.ignore_case);
    if ignores_case && minds_case {
        let upper: Vec<char> = alphabet.iter().map(char::to_ascii_uppercase).collect();
        alphabet.extend(upper);
    }
    let is_new = |c: &char| {
        !named.contains(&c.to_ascii_lowercase()) && !named.contains(&c.to_ascii_uppercase())
    };
    let all = ('a'..='z').rev().chain('0'..='9').chain('\u{e0}'..='\u{24f}');
    alphabet.extend(all.into_iter().find(is_new));
    alphabet.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(patterns: &[&str], ignore_case: bool) -> Vec<Pattern> {
        patterns.iter().map(|p| Pattern::new(p, ignore_case, true)).collect()
    }

    fn find(wanted: &[Vec<Pattern>], unwanted: &[Vec<Pattern>]) -> Search {
        search(wanted, unwanted, &Cell::new(usize::MAX), |_| true)
    }

    #[test]
    fn intersections() {
        let both = [group(&["*ab*"], false), group(&["*bc"], false)];
        assert_eq!(find(&both, &[]), Search::Found("abc".to_owned()));
        let apart = [group(&["a*"], false), group(&["b*"], false)];
        assert_eq!(find(&apart, &[]), Search::Impossible);
    }

    #[test]
    fn differences() {
        let wanted = [group(&["a*"], true)];
        assert_eq!(find(&wanted, &[group(&["a", "az"], true)]), Search::Found("aa".to_owned()));
        assert_eq!(find(&wanted, &[group(&["*"], true)]), Search::Impossible);
        assert_eq!(find(&wanted, &[group(&["A*"], true)]), Search::Impossible);
        assert_eq!(find(&wanted, &[group(&["a*"], false)]), Search::Found("A".to_owned()));
    }

    #[test]
    fn a_test_that_fails_proves_nothing() {
        let allowance = Cell::new(usize::MAX);
        assert_eq!(search(&[group(&["a"], false)], &[], &allowance, |_| false), Search::NotFound);
        let spent = Cell::new(1);
        assert_eq!(search(&[group(&["a*b"], false)], &[], &spent, |_| true), Search::NotFound);
    }

    #[test]
    fn long_patterns_are_reached() {
        let wanted = [group(&["C:\\Windows\\System32\\*\\drivers\\*.sys"], true)];
        let unwanted = [group(&["?:\\Windows\\System32\\a*", "*xyz*"], true)];
        let Search::Found(text) = find(&wanted, &unwanted) else { panic!("nothing found") };
        assert!(crate::wildcard::matches("c:\\windows\\system32\\*\\drivers\\*.sys", &text, true));
    }
}
