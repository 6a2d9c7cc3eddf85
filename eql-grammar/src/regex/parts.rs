//! Texts that stand in whatever a pattern matches.

use std::iter::repeat_n;

use super::syntax::Ast;

/// A longer text finds hardly less.
const LONGEST: usize = 64;
/// A pattern that matches more texts than this is not asked for them.
const WHOLES: usize = 64;
/// Nor is one that repeats something more often.
const LONGEST_RUN: u32 = 16;
/// More alternatives are not worth a search each.
const MOST: usize = 16;

/// Texts of which one is in whatever the pattern matches; none where no such texts are known.
///
/// With `fold` they are in lower case, for values in lower case.
pub(super) fn parts(ast: &Ast, fold: bool) -> Vec<String> {
    let all = of(ast, fold);
    // Where a longer one stands, the shorter one in it stands too.
    let covered = |text: &String| all.iter().any(|other| other != text && text.contains(other));
    let mut kept: Vec<String> = all.iter().filter(|text| !covered(text)).cloned().collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn of(ast: &Ast, fold: bool) -> Vec<String> {
    match ast {
        Ast::Concat(list) => of_list(list, fold),
        Ast::Class { .. } | Ast::Repeat { .. } => of_list(std::slice::from_ref(ast), fold),
        Ast::Union(list) => {
            let each: Vec<Vec<String>> = list.iter().map(|ast| of(ast, fold)).collect();
            let count: usize = each.iter().map(Vec::len).sum();
            if each.iter().any(Vec::is_empty) || count > MOST {
                return Vec::new();
            }
            each.concat()
        }
        Ast::Intersection(list) => best(list.iter().map(|ast| of(ast, fold))),
        Ast::Complement(_) => Vec::new(),
    }
}

/// Of what stands one after the other: the runs of single characters, and the texts of everything else.
fn of_list(list: &[Ast], fold: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut run = String::new();
    for each in list {
        let (ast, least, exact) = match each {
            Ast::Repeat { ast, min, max } => (ast.as_ref(), *min, *max == Some(*min)),
            ast => (ast, 1, true),
        };
        match single(ast, fold) {
            Some(c) if least > 0 => {
                let count = (least as usize).min(LONGEST);
                run.extend(repeat_n(c, count));
                if !exact || count < least as usize {
                    // So many of them stand before what follows, too.
                    found.push(vec![std::mem::take(&mut run)]);
                    run.extend(repeat_n(c, count));
                }
            }
            _ => {
                found.push(vec![std::mem::take(&mut run)]);
                if least > 0 && !matches!(ast, Ast::Class { .. }) {
                    found.push(of(ast, fold));
                }
            }
        }
    }
    found.push(vec![run]);
    best(found.into_iter())
}

/// Those of which the shortest is the longest.
fn best(candidates: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let shortest = |texts: &Vec<String>| texts.iter().map(String::len).min().unwrap_or_default();
    let candidates = candidates.filter(|texts| shortest(texts) > 0);
    candidates.max_by_key(|texts| (shortest(texts), MOST - texts.len())).unwrap_or_default()
}

/// All texts that the pattern matches, each once, where they are no more than [`WHOLES`]; case counts.
pub(super) fn texts(ast: &Ast) -> Option<Vec<String>> {
    let mut all = match ast {
        Ast::Class { negated: false, set } => {
            let count = |&(first, last): &(u32, u32)| (last - first) as usize + 1;
            if set.ranges().iter().map(count).sum::<usize>() > WHOLES {
                return None;
            }
            let codes = set.ranges().iter().flat_map(|&(first, last)| first..=last);
            codes.filter_map(char::from_u32).map(String::from).collect()
        }
        Ast::Concat(list) => product(list.iter().map(texts))?,
        Ast::Union(list) => union(list.iter().map(texts))?,
        Ast::Repeat { ast, min, max: Some(max) } if *max <= LONGEST_RUN => {
            let each = texts(ast)?;
            let times = |count: u32| product(repeat_n(Some(each.clone()), count as usize));
            union((*min..=*max).map(times))?
        }
        Ast::Class { .. } | Ast::Repeat { .. } | Ast::Intersection(_) | Ast::Complement(_) => {
            return None;
        }
    };
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// The texts of all lists.
fn union(lists: impl Iterator<Item = Option<Vec<String>>>) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for list in lists {
        all.append(&mut list?);
        if all.len() > WHOLES {
            return None;
        }
    }
    Some(all)
}

/// Each text of the first list with each of the next one behind it, and so on.
fn product(lists: impl Iterator<Item = Option<Vec<String>>>) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    for list in lists {
        let list = list?;
        if all.len() * list.len() > WHOLES {
            return None;
        }
        all = all
            .iter()
            .flat_map(|text| list.iter().map(move |next| format!("{text}{next}")))
            .collect();
    }
    Some(all)
}

/// The character that this is, in lower case with `fold`; `None` where it is none or may be another one.
fn single(ast: &Ast, fold: bool) -> Option<char> {
    let Ast::Class { negated: false, set } = ast else { return None };
    let folded = if fold { set.fold() } else { set.clone() };
    let as_char = |code: u32| char::from_u32(code);
    match *folded.ranges() {
        [(first, last)] if first == last => as_char(first),
        [(upper, last), (lower, end)] if fold && upper == last && lower == end => {
            let (upper, lower) = (as_char(upper)?, as_char(lower)?);
            (upper.to_ascii_lowercase() == lower).then_some(lower)
        }
        _ => None,
    }
}
