//! Edits of rules: those that change what a rule finds are shown by events, those that do not are not.

mod corpus;

use eql_eval::witness::{Side, difference};
use eql_eval::{Context, canonical};
use eql_grammar::ast::{
    Body, Category, Compare, CompareOp, Dialect, Expr, In, Literal, Match, MatchOp, Query,
    Sequence, Term,
};
use eql_grammar::parser::parse;
use eql_grammar::span::{Span, Spanned};

use corpus::{Rule, corpus};

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("small")
    }
}

fn at<T>(node: T) -> Spanned<T> {
    Spanned::new(node, Span::default())
}

/// The conditions of all terms.
fn conditions(query: &mut Query) -> Vec<&mut Spanned<Expr>> {
    match &mut query.body {
        Body::Event(event) => vec![&mut event.condition],
        Body::Sequence(sequence) => {
            let terms = sequence.terms.iter_mut().chain(&mut sequence.until);
            terms.map(|term| &mut term.node.query.condition).collect()
        }
        Body::Sample(sample) => {
            sample.terms.iter_mut().map(|term| &mut term.node.query.condition).collect()
        }
    }
}

/// Every expression of the query that is a condition, from the outside in.
fn visit(expr: &mut Spanned<Expr>, edit: &mut dyn FnMut(&mut Expr)) {
    edit(&mut expr.node);
    match &mut expr.node {
        Expr::Not(inner) => visit(inner, edit),
        Expr::And(list) | Expr::Or(list) => list.iter_mut().for_each(|e| visit(e, edit)),
        _ => {}
    }
}

/// Applies `edit` to one of the places where it can be applied; `None` where there is none.
fn somewhere(
    query: &Query,
    random: &mut Random,
    edit: &dyn Fn(&mut Expr, &mut Random) -> bool,
) -> Option<Query> {
    let mut count = 0;
    let mut probe = query.clone();
    for condition in conditions(&mut probe) {
        visit(condition, &mut |expr| {
            count += usize::from(edit(&mut expr.clone(), &mut Random(1)));
        });
    }
    let chosen = (count > 0).then(|| random.below(count))?;
    let mut edited = query.clone();
    let mut seen = 0;
    for condition in conditions(&mut edited) {
        visit(condition, &mut |expr| {
            if edit(&mut expr.clone(), &mut Random(1)) {
                if seen == chosen {
                    edit(expr, random);
                }
                seen += 1;
            }
        });
    }
    Some(edited)
}

fn of_sequence(query: &Query, edit: impl Fn(&mut Sequence) -> bool) -> Option<Query> {
    let mut edited = query.clone();
    match &mut edited.body {
        Body::Sequence(sequence) => edit(sequence).then_some(edited),
        _ => None,
    }
}

/// Removes one part of an `and` or `or`; the last one stays by itself.
fn remove(expr: &mut Expr, random: &mut Random, is_wanted: &dyn Fn(&Expr) -> bool) -> bool {
    let (Expr::And(list) | Expr::Or(list)) = expr else { return false };
    let places: Vec<usize> = (0..list.len()).filter(|at| is_wanted(&list[*at])).collect();
    if places.is_empty() {
        return false;
    }
    list.remove(places[random.below(places.len())]);
    if let [only] = list.as_slice() {
        *expr = only.node.clone();
    }
    true
}

fn has_letters(literal: &Literal) -> bool {
    matches!(literal, Literal::Str(text) if text.chars().any(char::is_alphabetic))
}

type Edit = fn(&Query, &mut Random) -> Option<Query>;

/// Edits after which a rule should find something else.
const CHANGES: [(&str, Edit); 15] = [
    ("a dropped exclusion", |query, random| {
        somewhere(query, random, &|expr, random| {
            matches!(expr, Expr::And(_)) && remove(expr, random, &|e| matches!(e, Expr::Not(_)))
        })
    }),
    ("a dropped condition", |query, random| {
        somewhere(query, random, &|expr, random| {
            matches!(expr, Expr::And(_)) && remove(expr, random, &|e| !matches!(e, Expr::Not(_)))
        })
    }),
    ("a dropped alternative", |query, random| {
        somewhere(query, random, &|expr, random| {
            matches!(expr, Expr::Or(_)) && remove(expr, random, &|_| true)
        })
    }),
    ("a dropped list entry", |query, random| {
        somewhere(query, random, &|expr, random| match expr {
            Expr::Match(test) if test.patterns.len() > 1 => {
                test.patterns.remove(random.below(test.patterns.len()));
                true
            }
            Expr::In(test) if test.list.len() > 1 => {
                test.list.remove(random.below(test.list.len()));
                true
            }
            _ => false,
        })
    }),
    ("a widened wildcard", |query, random| {
        somewhere(query, random, &|expr, random| {
            let Expr::Match(test) = expr else { return false };
            if matches!(test.op.node, MatchOp::Regex | MatchOp::RegexFold) {
                return false;
            }
            let is_open = |pattern: &Spanned<Literal>| match &pattern.node {
                Literal::Str(text) => text.ends_with('*'),
                _ => true,
            };
            let mut narrow: Vec<&mut Spanned<Literal>> =
                test.patterns.iter_mut().filter(|pattern| !is_open(pattern)).collect();
            if narrow.is_empty() {
                return false;
            }
            let place = random.below(narrow.len());
            match &mut narrow[place].node {
                Literal::Str(text) => text.push('*'),
                _ => return false,
            }
            true
        })
    }),
    ("`and` for `or`", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Or(list) => {
                *expr = Expr::And(std::mem::take(list));
                true
            }
            _ => false,
        })
    }),
    ("`or` for `and`", |query, random| {
        somewhere(query, random, &|expr, random| match expr {
            Expr::And(list) => {
                let place = random.below(list.len() - 1);
                let pair = vec![list[place].clone(), list.remove(place + 1)];
                list[place] = at(Expr::Or(pair));
                if let [only] = list.as_slice() {
                    *expr = only.node.clone();
                }
                true
            }
            _ => false,
        })
    }),
    ("another case mode", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Match(test) => {
                let op = match test.op.node {
                    MatchOp::Colon | MatchOp::LikeFold => MatchOp::Like,
                    MatchOp::Like => MatchOp::LikeFold,
                    MatchOp::Regex => MatchOp::RegexFold,
                    MatchOp::RegexFold => MatchOp::Regex,
                };
                test.op.node = op;
                test.patterns.iter().any(|pattern| has_letters(pattern))
            }
            Expr::In(test) => {
                test.fold = !test.fold;
                let has_letters =
                    |e: &Spanned<Expr>| matches!(&e.node, Expr::Literal(l) if has_letters(l));
                test.list.iter().any(has_letters)
            }
            _ => false,
        })
    }),
    ("`==` for `:`", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Match(test) => match test.patterns.as_slice() {
                [pattern] if test.op.node == MatchOp::Colon && has_letters(pattern) => {
                    let right = at(Expr::Literal(pattern.node.clone()));
                    let left = test.value.clone();
                    *expr = Expr::Compare(Box::new(Compare { left, op: at(CompareOp::Eq), right }));
                    true
                }
                _ => false,
            },
            _ => false,
        })
    }),
    ("a dropped `not`", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Not(inner) => {
                *expr = inner.node.clone();
                true
            }
            _ => false,
        })
    }),
    ("a moved bound", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Compare(compare) => {
                compare.op.node = match compare.op.node {
                    CompareOp::Lt => CompareOp::Le,
                    CompareOp::Le => CompareOp::Lt,
                    CompareOp::Gt => CompareOp::Ge,
                    CompareOp::Ge => CompareOp::Gt,
                    CompareOp::Eq | CompareOp::Ne => return false,
                };
                true
            }
            _ => false,
        })
    }),
    ("another category", |query, _| {
        let mut edited = query.clone();
        let Body::Event(event) = &mut edited.body else { return None };
        match &mut event.category.node {
            Category::Named(name) if name == "process" => "file".clone_into(name),
            Category::Named(name) => "process".clone_into(name),
            Category::Any => return None,
        }
        Some(edited)
    }),
    ("a longer `maxspan`", |query, _| {
        of_sequence(query, |sequence| match &mut sequence.maxspan {
            Some(span) => {
                span.node.count *= 2;
                true
            }
            None => false,
        })
    }),
    ("a dropped join key", |query, _| of_sequence(query, |sequence| sequence.by.pop().is_some())),
    ("terms the other way round, or another number of runs", |query, _| {
        of_sequence(query, |sequence| {
            if let Some(runs) = sequence.terms.iter_mut().find_map(|term| term.node.runs.as_mut()) {
                runs.node += 1;
            } else {
                sequence.terms.swap(0, 1);
            }
            true
        })
    }),
];

fn bracketed(text: &str) -> String {
    text.replacen(" where ", " where (", 1) + ")"
}

/// Edits after which a rule finds the same.
const REWRITINGS: [(&str, Edit); 10] = [
    ("conditions in another order", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::And(list) | Expr::Or(list) => {
                list.reverse();
                true
            }
            _ => false,
        })
    }),
    ("a list in another order", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Match(test) if test.patterns.len() > 1 => {
                test.patterns.reverse();
                true
            }
            Expr::In(test) if test.list.len() > 1 => {
                test.list.reverse();
                true
            }
            _ => false,
        })
    }),
    ("a chain of `==` for `in`", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::In(test) if !test.fold && !test.negated && test.list.len() > 1 => {
                let equal = |entry: &Spanned<Expr>| {
                    let (left, right) = (test.value.clone(), entry.clone());
                    at(Expr::Compare(Box::new(Compare { left, op: at(CompareOp::Eq), right })))
                };
                *expr = Expr::Or(test.list.iter().map(equal).collect());
                true
            }
            _ => false,
        })
    }),
    ("`in` for `==`", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Compare(c)
                if c.op.node == CompareOp::Eq
                    && matches!(&c.right.node, Expr::Literal(l) if *l != Literal::Null) =>
            {
                let (value, list) = (c.left.clone(), vec![c.right.clone()]);
                if !matches!(value.node, Expr::Field(_)) {
                    return false;
                }
                *expr = Expr::In(Box::new(In { value, negated: false, fold: false, list }));
                true
            }
            _ => false,
        })
    }),
    ("`not a and not b` for `not (a or b)`", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Not(inner) => match &inner.node {
                Expr::Or(list) => {
                    let not = |e: &Spanned<Expr>| at(Expr::Not(Box::new(e.clone())));
                    *expr = Expr::And(list.iter().map(not).collect());
                    true
                }
                _ => false,
            },
            _ => false,
        })
    }),
    ("a condition twice", |query, random| {
        somewhere(query, random, &|expr, random| match expr {
            Expr::And(list) | Expr::Or(list) => {
                let again = list[random.below(list.len())].clone();
                list.push(again);
                true
            }
            _ => false,
        })
    }),
    ("a list entry twice", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Match(test) => {
                test.patterns.push(test.patterns[0].clone());
                true
            }
            Expr::In(test) => {
                test.list.push(test.list[0].clone());
                true
            }
            _ => false,
        })
    }),
    ("two `not`", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::And(_) | Expr::Or(_) | Expr::Match(_) | Expr::Compare(_) => {
                let inner = Expr::Not(Box::new(at(expr.clone())));
                *expr = Expr::Not(Box::new(at(inner)));
                true
            }
            _ => false,
        })
    }),
    ("`like~` for `:`, entries apart", |query, random| {
        somewhere(query, random, &|expr, _| match expr {
            Expr::Match(test) if test.op.node == MatchOp::Colon && test.patterns.len() > 1 => {
                let single = |pattern: &Spanned<Literal>| {
                    let (patterns, op) = (vec![pattern.clone()], at(MatchOp::LikeFold));
                    at(Expr::Match(Box::new(Match { op, patterns, ..(**test).clone() })))
                };
                *expr = Expr::Or(test.patterns.iter().map(single).collect());
                true
            }
            _ => false,
        })
    }),
    ("brackets, and runs written out", |query, _| match &query.body {
        Body::Event(_) => {
            let text = bracketed(&query.to_string());
            Some(parse(&text, Dialect::Elasticsearch).expect("brackets change nothing"))
        }
        _ => of_sequence(query, |sequence| {
            let mut terms: Vec<Spanned<Term>> = Vec::new();
            for term in &sequence.terms {
                let count = term.runs.as_ref().map_or(1, |runs| runs.node);
                let mut single = term.clone();
                single.node.runs = None;
                terms.extend((0..count).map(|_| single.clone()));
            }
            sequence.terms = terms;
            true
        }),
    }),
];

/// For each kind, rules that the seed chooses among those that it applies to, each with the edit.
fn edited<'a>(
    rules: &'a [Rule],
    kinds: &[(&'static str, Edit)],
    of_each: usize,
) -> Vec<(&'static str, &'a Rule, Query)> {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut all = Vec::new();
    for (kind, edit) in kinds {
        let mut found = 0;
        for _ in 0..4_000 {
            let rule = &rules[random.below(rules.len())];
            let Some(query) = edit(&rule.query, &mut random) else { continue };
            // What is printed is what an author would have written.
            let query = parse(&query.to_string(), Dialect::Elasticsearch)
                .unwrap_or_else(|_| panic!("{kind}: {query}"));
            all.push((*kind, rule, query));
            found += 1;
            if found == of_each {
                break;
            }
        }
        assert_eq!(found, of_each, "{kind} applies to too few rules");
    }
    all
}

/// Whether there are events that only the old one, or only the new one, finds; and how many were tried.
fn tell_apart(rule: &Rule, new: &Query) -> (bool, bool, usize) {
    let (old, new) = (Side { query: &rule.query, cx: &rule.cx }, Side { query: new, cx: &rule.cx });
    let (lost, won) = (difference(old, new), difference(new, old));
    (lost.events.is_some(), won.events.is_some(), lost.tried + won.tried)
}

/// How many edits of each kind: with `EQL_AGREEMENT=full` enough for a rate.
fn volume(usual: usize) -> usize {
    let full = std::env::var("EQL_AGREEMENT").is_ok_and(|volume| volume == "full");
    if full { 10 * usual } else { usual }
}

#[test]
fn edits_that_change_a_rule_are_shown() {
    let Some(rules) = corpus() else { return };
    let edits = edited(&rules, &CHANGES, volume(2));
    let (mut missed, mut times) = (Vec::new(), Vec::new());
    for (kind, rule, new) in &edits {
        let started = std::time::Instant::now();
        let (lost, won, tried) = tell_apart(rule, new);
        times.push((started.elapsed(), *kind, rule.path.as_str()));
        if !lost && !won {
            let same = canonical(&rule.query, &rule.cx) == canonical(new, &rule.cx);
            missed.push(format!(
                "{kind}: {} ({tried} tried; form equal: {same})\n  {new}",
                rule.path
            ));
        }
    }
    println!("{} of {} edits are shown", edits.len() - missed.len(), edits.len());
    times.sort_unstable();
    println!("the middle one in {:?}, the slowest in {:?}", times[times.len() / 2], times.last());
    missed.iter().for_each(|missed| println!("{}", missed.chars().take(1500).collect::<String>()));
    let allowed = if edits.len() > 30 { edits.len() / 20 } else { 0 };
    assert!(missed.len() <= allowed, "{} edits are not shown", missed.len());
}

#[test]
fn edits_that_change_nothing_are_not() {
    let Some(rules) = corpus() else { return };
    let edits = edited(&rules, &REWRITINGS, volume(1));
    let mut same = 0;
    for (kind, rule, new) in &edits {
        let (lost, won, _) = tell_apart(rule, new);
        assert!(!lost && !won, "{kind}: {}\n{new}", rule.path);
        let is_same = canonical(&rule.query, &rule.cx) == canonical(new, &rule.cx);
        same += usize::from(is_same);
        if !is_same {
            println!("another form after {kind}: {}", rule.path);
        }
    }
    println!("{same} of {} rewritten rules have the same form", edits.len());
    assert_eq!(same, edits.len());
}

#[test]
fn forms_that_differ_in_meaning_differ() {
    let cx = Context::default();
    let form =
        |text: &str| canonical(&parse(text, Dialect::Elasticsearch).expect("it parses"), &cx);
    for (a, b) in [
        (r#"any where process.name == "a""#, r#"any where process.name : "a""#),
        (r#"any where process.name like "a*""#, r#"any where process.name == "a*""#),
        (
            r#"any where process.name in ("a", null)"#,
            r#"any where process.name == "a" or process.name == null"#,
        ),
        // What folds to null vanishes from an `or`, and is the whole of an `and`.
        (
            r#"any where not (?acme.x : "a" or process.pid == 1)"#,
            r#"any where not ?acme.x : "a" and not process.pid == 1"#,
        ),
        (
            "sequence by host.id [any where true] [any where true]",
            "sequence by ?host.id [any where true] [any where true]",
        ),
        (
            "sequence [any where true] by host.id [any where true] by agent.id",
            "sequence [any where true] by agent.id [any where true] by host.id",
        ),
    ] {
        assert_ne!(form(a), form(b), "{a}\n{b}");
    }
    for (a, b) in [
        (
            "sequence by host.id with maxspan=60s [any where true] [any where true]",
            "sequence with maxspan=1m [any where true] by host.id [any where true] by host.id",
        ),
        (r#"any where 3 < process.pid"#, r#"any where process.pid > 3"#),
        (r#"any where ?process.name : "a""#, r#"any where process.name in~ ("a", "a")"#),
    ] {
        assert_eq!(form(a), form(b), "{a}\n{b}");
    }
}
