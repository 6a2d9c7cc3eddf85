//! Values worth trying for a field.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use eql_grammar::ast::{Expr, Literal, MatchOp};
use eql_grammar::schema::Type;

use super::goal::{Goal, literals};
use super::language::patterns;
use crate::date;
use crate::document;
use crate::regex::Regex;
use crate::value::Value;
use crate::version::Version;

/// Addresses of all kinds, public ones first.
const ADDRESSES: &[&str] = &[
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700:4700::1111",
    "10.0.0.5",
    "192.168.1.10",
    "172.16.0.9",
    "127.0.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "169.254.0.1",
    "100.64.0.1",
    "224.0.0.1",
];

/// What a `*` may stand for in a sample.
const RUNS: &[&str] = &["x", "", "zq", "/x/", "\\x\\", "1"];

/// What a `?` may stand for.
const ONES: &[char] = &['C', 'x', '1'];

/// At most so many alternatives of one condition are tried.
const MAX_ALTERNATIVES: usize = 400;

/// Values worth trying for a field of type `ty` that `goals` read, and whether there are no others that
/// could behave differently.
pub(super) fn candidates(ty: Option<Type>, goals: &[&Goal]) -> (Vec<Value>, bool) {
    let constants: Vec<Literal> = goals.iter().flat_map(|goal| literals(&goal.expr)).collect();
    let numbers = || numbers(&constants);
    match ty.unwrap_or_else(|| guess(&constants)) {
        Type::Boolean => (vec![Value::Bool(true), Value::Bool(false)], true),
        Type::Long => (numbers(), goals.iter().all(|goal| is_plain(goal))),
        Type::UnsignedLong => {
            let mut values = numbers();
            values.retain(|v| !matches!(v, Value::Int(i) if *i < 0));
            (values, goals.iter().all(|goal| is_plain(goal)))
        }
        Type::Double => (doubles(&constants), false),
        Type::Date => (dates(&constants), false),
        Type::Ip => (addresses(&constants), false),
        Type::Version => (versions(&constants), false),
        Type::Keyword | Type::Null => (strings(goals, &constants), false),
    }
}

/// The type that JSON gives values equal to the literals.
fn guess(constants: &[Literal]) -> Type {
    match constants.iter().find(|literal| **literal != Literal::Null) {
        Some(Literal::Bool(_)) => Type::Boolean,
        Some(Literal::Int(_)) => Type::Long,
        Some(Literal::Float(_)) => Type::Double,
        _ => Type::Keyword,
    }
}

/// Whether a goal only compares its field with whole numbers.
fn is_plain(goal: &Goal) -> bool {
    let is_field = |e: &Expr| matches!(e, Expr::Field(_));
    let is_constant = |e: &Expr| match e {
        Expr::Literal(Literal::Int(_) | Literal::Null) => true,
        Expr::Neg(inner) => matches!(inner.node, Expr::Literal(Literal::Int(_))),
        _ => false,
    };
    match &goal.expr.node {
        Expr::Compare(c) => {
            is_field(&c.left) && is_constant(&c.right) || is_constant(&c.left) && is_field(&c.right)
        }
        Expr::In(i) => is_field(&i.value) && i.list.iter().all(|e| is_constant(e)),
        _ => false,
    }
}

/// Every constant and its neighbours: between two constants one number is as good as another.
fn numbers(constants: &[Literal]) -> Vec<Value> {
    let mut values = Vec::new();
    for literal in constants {
        let near = match literal {
            Literal::Int(i) => *i,
            Literal::Float(x) => x.round() as i64,
            Literal::Str(text) => match digits(text) {
                Some(number) => number,
                None => continue,
            },
            Literal::Bool(_) | Literal::Null => continue,
        };
        let around = [Some(near), near.checked_add(1), near.checked_sub(1)];
        values.extend(around.into_iter().flatten().map(|i| Value::Int(i.into())));
    }
    values.extend([1, 0, 2, 4242, -1].map(Value::Int));
    values
}

/// The first number in a text.
fn digits(text: &str) -> Option<i64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text[start..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn doubles(constants: &[Literal]) -> Vec<Value> {
    let mut values = Vec::new();
    for literal in constants {
        let near = match literal {
            Literal::Int(i) => *i as f64,
            Literal::Float(x) => *x,
            Literal::Str(text) => match text.parse() {
                Ok(number) => number,
                Err(_) => continue,
            },
            Literal::Bool(_) | Literal::Null => continue,
        };
        values.extend([near, near + 0.5, near - 0.5, near + 1.0].map(Value::Float));
    }
    values.extend([1.0, 0.0, 0.5, 4242.0].map(Value::Float));
    values
}

fn dates(constants: &[Literal]) -> Vec<Value> {
    let mut values = Vec::new();
    for literal in constants {
        let near = match literal {
            Literal::Int(i) => Some(*i),
            Literal::Str(text) => date::parse(text).map(|t| t.as_millisecond()),
            _ => None,
        };
        let around = |near: i64| [near, near.saturating_add(1), near.saturating_sub(1)];
        values.extend(near.into_iter().flat_map(around));
    }
    values.push(1_704_067_200_000);
    values.into_iter().filter_map(|m| date::from_millis(m.into())).map(Value::Date).collect()
}

/// Addresses that are named, those at the edges of networks that are named, and some of all kinds.
fn addresses(constants: &[Literal]) -> Vec<Value> {
    let texts = constants.iter().filter_map(|literal| match literal {
        Literal::Str(text) => Some(text.as_str()),
        _ => None,
    });
    let named = texts.flat_map(|text| match text.split_once('/') {
        Some((address, bits)) => edges(address, bits),
        None => vec![text.to_owned()],
    });
    let all = named.chain(ADDRESSES.iter().map(|text| (*text).to_owned()));
    all.filter_map(|text| Value::ip(&text)).collect()
}

/// The first two, the last, and the ones just outside of a network.
fn edges(address: &str, bits: &str) -> Vec<String> {
    let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return Vec::new();
    };
    let (number, width) = match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    let free = u128::MAX.checked_shr(128 - width + bits).unwrap_or(0);
    let first = number & !free;
    let last = first | free;
    let numbers =
        [Some(first), first.checked_add(1), Some(last), last.checked_add(1), first.checked_sub(1)];
    let text = |number: u128| match width {
        32 => u32::try_from(number).ok().map(|n| Ipv4Addr::from(n).to_string()),
        _ => Some(Ipv6Addr::from(number).to_string()),
    };
    numbers.into_iter().flatten().filter_map(text).collect()
}

fn versions(constants: &[Literal]) -> Vec<Value> {
    let mut values = Vec::new();
    for literal in constants {
        if let Literal::Str(text) = literal {
            values.extend([text.clone(), format!("{text}.1"), format!("{text}-1")]);
        }
    }
    values.extend(["1.0.0", "0.0.1", "9999.0.0"].map(str::to_owned));
    values.iter().map(|text| Value::Version(Version::new(text))).collect()
}

fn strings(goals: &[&Goal], constants: &[Literal]) -> Vec<Value> {
    let lengths: Vec<usize> = constants
        .iter()
        .filter_map(|l| if let Literal::Int(i) = l { usize::try_from(*i).ok() } else { None })
        .filter(|length| *length < 100_000)
        .collect();
    let mut texts = Vec::new();
    for goal in goals.iter().filter(|goal| goal.is_about_some_value()) {
        texts.extend(samples(goal));
    }
    for literal in constants {
        match literal {
            Literal::Bool(b) => texts.push(b.to_string()),
            // Also next to it, for a comparison of order.
            Literal::Int(i) => texts.extend([0, 1, -1].map(|n| i.saturating_add(n).to_string())),
            Literal::Float(_) | Literal::Str(_) | Literal::Null => {}
        }
    }
    let parts = texts.clone();
    for goal in goals.iter().filter(|goal| patterns(&goal.expr).is_none()) {
        texts.extend(around_constants(&literals(&goal.expr), &parts));
    }
    texts.extend(["x", "value", "C:\\x\\y.z", "/x/y", "1", "a b", "X"].map(str::to_owned));
    let long = |length: usize| {
        [length, length + 1, length.saturating_sub(1)].map(|length| "x".repeat(length))
    };
    texts.extend(lengths.iter().copied().flat_map(long));
    for length in lengths {
        // Patterns with a long run, and texts with a long tail.
        let run = "x".repeat(length + 1);
        let of_goal = |goal: &&&Goal| goal.is_about_some_value();
        let patterns = goals.iter().filter(of_goal).filter_map(|goal| patterns(&goal.expr));
        for pattern in patterns.flatten().take(MAX_ALTERNATIVES) {
            texts.push(pattern.sample(&run, 'x'));
        }
    }
    texts.into_iter().map(Value::Str).collect()
}

/// Strings that the condition of a goal accepts, unless something else in it objects.
fn samples(goal: &Goal) -> Vec<String> {
    if let Some(patterns) = patterns(&goal.expr) {
        let mut texts = Vec::new();
        for pattern in patterns.iter().take(MAX_ALTERNATIVES) {
            if !pattern.has_wildcards() {
                texts.push(pattern.sample("", 'x'));
                continue;
            }
            for run in RUNS {
                texts.extend(ONES.iter().map(|one| pattern.sample(run, *one)));
            }
        }
        return texts;
    }
    match &goal.expr.node {
        Expr::Match(m) => {
            let ignore_case = m.op.node == MatchOp::RegexFold;
            let regexes = m.patterns.iter().filter_map(|pattern| match &pattern.node {
                Literal::Str(text) => Regex::new(text, ignore_case),
                _ => None,
            });
            regexes.flat_map(|regex| regex.samples()).collect()
        }
        _ => Vec::new(),
    }
}

/// Strings in which a constant stands at the places that functions such as `substring` look at, alone and
/// beside other strings that are worth trying.
fn around_constants(constants: &[Literal], parts: &[String]) -> Vec<String> {
    let mut texts = Vec::new();
    let offsets: Vec<usize> = constants
        .iter()
        .filter_map(|l| if let Literal::Int(i) = l { usize::try_from(i.abs()).ok() } else { None })
        .filter(|offset| (1..1_000).contains(offset))
        .collect();
    for literal in constants {
        let Literal::Str(text) = literal else { continue };
        let text = text.replace(['*', '?'], "x");
        texts.extend([text.clone(), format!("{text}x"), format!("x{text}"), format!("x{text}x")]);
        for offset in &offsets {
            let fill = "x".repeat(*offset);
            texts.extend([format!("{fill}{text}"), format!("{text}{fill}")]);
            texts.extend([format!("{fill}{text}x"), format!("x{text}{fill}")]);
        }
        for part in parts.iter().take(20) {
            texts.extend([format!("{text}{part}"), format!("{part}{text}")]);
        }
    }
    texts
}

/// Values that make two fields of a leaf agree: each value of one as the other's, and its parts.
pub(super) fn related(values: &[Value]) -> Vec<Value> {
    let mut related = Vec::new();
    for value in values.iter().take(20) {
        let text = value.to_string();
        related.push(value.clone());
        related.push(Value::Str(text.clone()));
        related.push(Value::Str(format!("{text}x")));
        related.push(Value::Str(format!("x{text}")));
        let mut shorter = text.chars();
        shorter.next_back();
        related.push(Value::Str(shorter.as_str().to_owned()));
        for at in text.char_indices().map(|(at, _)| at).skip(1).take(30) {
            related.push(Value::Str(text[..at].to_owned()));
            related.push(Value::Str(text[at..].to_owned()));
        }
    }
    related
}

/// The value as a field of the type would hold it; `None` where it cannot.
pub(super) fn as_type(value: &Value, ty: Option<Type>) -> Option<Value> {
    document::values(&super::goal::json(value), "", ty).pop()
}
