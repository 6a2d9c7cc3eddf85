//! The functions of EQL, on values.
//!
//! Positions and lengths count UTF-16 code units, as Java strings do.

use crate::ip::in_network;
use crate::value::{Value, fold as fold_case};
use crate::wildcard;

/// Calls a function; `name` ignores case, `fold` is the `~` after it. Unknown functions, wrong counts of
/// arguments and arguments of wrong types give null, which the compiler reports.
pub(crate) fn call(name: &str, fold: bool, args: &[Value]) -> Value {
    let folded: Vec<Value> = args.iter().map(|arg| fold_value(arg, fold)).collect();
    let result = match name.to_ascii_lowercase().as_str() {
        "add" => return two(args, |a, b| arithmetic('+', a, b)),
        "subtract" => return two(args, |a, b| arithmetic('-', a, b)),
        "multiply" => return two(args, |a, b| arithmetic('*', a, b)),
        "divide" => return two(args, |a, b| arithmetic('/', a, b)),
        "modulo" => return two(args, |a, b| arithmetic('%', a, b)),
        "between" => between(args, &folded),
        "cidrmatch" => cidr_match(args),
        "concat" => concat(args),
        "endswith" => test(&folded, |s, t| s.ends_with(t)),
        "startswith" => test(&folded, |s, t| s.starts_with(t)),
        "stringcontains" => test(&folded, |s, t| !t.is_empty() && s.contains(t)),
        "indexof" => index_of(&folded),
        "length" => length(args),
        "number" => number(args),
        "string" => string(args),
        "substring" => substring(args),
        "wildcard" => wildcard_any(args, fold),
        _ => None,
    };
    result.unwrap_or(Value::Null)
}

/// Which arguments make the call null when they are null. A null start, end or base counts as left out.
pub(crate) fn propagates_null(name: &str, argument: usize) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "substring" | "number" => argument == 0,
        "indexof" => argument < 2,
        _ => true,
    }
}

/// `+ - * / %`. Null where a side is no number, the divisor is zero, or the result does not fit.
pub(crate) fn arithmetic(operator: char, left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => {
            let result = match operator {
                '+' => a.checked_add(*b),
                '-' => a.checked_sub(*b),
                '*' => a.checked_mul(*b),
                '/' => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            long(result)
        }
        (Value::Int(a), Value::Float(b)) => float_arithmetic(operator, *a as f64, *b),
        (Value::Float(a), Value::Int(b)) => float_arithmetic(operator, *a, *b as f64),
        (Value::Float(a), Value::Float(b)) => float_arithmetic(operator, *a, *b),
        _ => Value::Null,
    }
}

/// `-x`
pub(crate) fn negate(value: &Value) -> Value {
    match value {
        Value::Int(i) => long(i.checked_neg()),
        Value::Float(x) => Value::Float(-x),
        _ => Value::Null,
    }
}

fn long(number: Option<i128>) -> Value {
    match number {
        Some(i) if i64::try_from(i).is_ok() => Value::Int(i),
        _ => Value::Null,
    }
}

fn float_arithmetic(operator: char, a: f64, b: f64) -> Value {
    let result = match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        _ => a % b,
    };
    if result.is_finite() { Value::Float(result) } else { Value::Null }
}

fn two(args: &[Value], apply: impl Fn(&Value, &Value) -> Value) -> Value {
    match args {
        [a, b] => apply(a, b),
        _ => Value::Null,
    }
}

fn fold_value(value: &Value, fold: bool) -> Value {
    match value {
        Value::Str(text) if fold => Value::Str(fold_case(text)),
        other => other.clone(),
    }
}

fn test(args: &[Value], holds: impl Fn(&str, &str) -> bool) -> Option<Value> {
    let [source, wanted] = args else { return None };
    Some(Value::Bool(holds(source.as_str()?, wanted.as_str()?)))
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Half of a pair of surrogates is left out.
fn text(units: &[u16]) -> Value {
    Value::Str(char::decode_utf16(units.iter().copied()).filter_map(Result::ok).collect())
}

/// The first position at or after `from` where `wanted` stands.
fn find(source: &[u16], wanted: &[u16], from: usize) -> Option<usize> {
    (from..=source.len()).find(|at| source[*at..].starts_with(wanted))
}

/// `between(source, left, right[, greedy])`: `""` where either is not found.
fn between(args: &[Value], folded: &[Value]) -> Option<Value> {
    let greedy = match args {
        [_, _, _] => false,
        [_, _, _, Value::Bool(greedy)] => *greedy,
        _ => return None,
    };
    let source = units(args[0].as_str()?);
    let haystack = units(folded[0].as_str()?);
    let left = units(folded[1].as_str()?);
    let right = units(folded[2].as_str()?);
    let nothing = || Value::Str(String::new());
    let Some(start) = find(&haystack, &left, 0).map(|at| at + left.len()) else {
        return Some(nothing());
    };
    let mut ends = (start..=haystack.len()).filter(|at| haystack[*at..].starts_with(&right));
    let end = if greedy { ends.next_back() } else { ends.next() };
    Some(end.map_or_else(nothing, |end| text(&source[start..end])))
}

fn cidr_match(args: &[Value]) -> Option<Value> {
    let (ip, networks) = args.split_first()?;
    let ip = match ip {
        Value::Ip(ip) => *ip,
        Value::Str(text) => match Value::ip(text)? {
            Value::Ip(ip) => ip,
            _ => return None,
        },
        _ => return None,
    };
    let mut inside = false;
    for network in networks {
        inside |= in_network(ip, network.as_str()?)?;
    }
    Some(Value::Bool(inside))
}

fn concat(args: &[Value]) -> Option<Value> {
    if args.is_empty() || args.iter().any(Value::is_null) {
        return None;
    }
    Some(Value::Str(args.iter().map(Value::to_string).collect()))
}

/// `indexOf(source, wanted[, start])`
fn index_of(args: &[Value]) -> Option<Value> {
    let start = match args {
        [_, _] | [_, _, Value::Null] => 0,
        [_, _, Value::Int(start)] => usize::try_from((*start).max(0)).ok()?,
        _ => return None,
    };
    let at = find(&units(args[0].as_str()?), &units(args[1].as_str()?), start)?;
    Some(Value::Int(i128::try_from(at).ok()?))
}

fn length(args: &[Value]) -> Option<Value> {
    let [value] = args else { return None };
    Some(Value::Int(i128::try_from(units(value.as_str()?).len()).ok()?))
}

/// `number(text[, base])`: an integer, in base 10 also a number with a decimal point.
fn number(args: &[Value]) -> Option<Value> {
    let base = match args {
        [_] | [_, Value::Null] => None,
        [_, Value::Int(base)] => Some(u32::try_from(*base).ok()?),
        _ => return None,
    };
    let text = args[0].as_str()?.trim_matches(' ');
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match (base, digits.strip_prefix("0x")) {
        (None | Some(16), Some(hex)) => (16, hex),
        (base, _) => (base.unwrap_or(10), digits),
    };
    if !(2..=36).contains(&base) || digits.starts_with(['+', '-']) {
        return None;
    }
    if base == 10 && digits.contains('.') {
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let float: f64 = format!("{sign}{digits}").parse().ok().filter(|_| plain)?;
        return float.is_finite().then_some(Value::Float(float));
    }
    i64::from_str_radix(&format!("{sign}{digits}"), base).ok().map(|i| Value::Int(i.into()))
}

fn string(args: &[Value]) -> Option<Value> {
    let [value] = args else { return None };
    (!value.is_null()).then(|| Value::Str(value.to_string()))
}

/// `substring(text, start[, end])`: a slice as in Python.
fn substring(args: &[Value]) -> Option<Value> {
    let (start, end) = match args {
        [_, start] => (start, &Value::Null),
        [_, start, end] => (start, end),
        _ => return None,
    };
    let units = units(args[0].as_str()?);
    let position = |value: &Value, open: usize| match value {
        Value::Null => Some(open),
        Value::Int(i) => {
            let length = units.len() as i128;
            let from_start = if *i < 0 { i.saturating_add(length) } else { *i };
            usize::try_from(from_start.clamp(0, length)).ok()
        }
        _ => None,
    };
    let (start, end) = (position(start, 0)?, position(end, units.len())?);
    Some(text(units.get(start..end).unwrap_or_default()))
}

fn wildcard_any(args: &[Value], fold: bool) -> Option<Value> {
    let (value, patterns) = args.split_first()?;
    let mut matched = false;
    for pattern in patterns {
        matched |= wildcard::matches(pattern.as_str()?, value.as_str()?, fold);
    }
    Some(Value::Bool(matched))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(text: &str) -> Value {
        Value::Str(text.to_owned())
    }

    fn i(number: i128) -> Value {
        Value::Int(number)
    }

    const NULL: Value = Value::Null;
    const TRUE: Value = Value::Bool(true);
    const FALSE: Value = Value::Bool(false);

    #[test]
    fn between_both_ends() {
        let planet = || s("welcome to the planet");
        for (args, expected) in [
            (vec![planet(), s("welcome"), s("planet")], s(" to the ")),
            (vec![planet(), s("welcome"), s("e"), FALSE], s(" to th")),
            (vec![planet(), s("welcome"), s("e"), TRUE], s(" to the plan")),
            (vec![planet(), s("welcome"), s("x"), TRUE], s("")),
            (vec![planet(), s("goodbye"), s("planet")], s("")),
            (vec![planet(), s(""), s("planet")], s("welcome to the ")),
            (vec![planet(), s(""), s(""), TRUE], planet()),
            (vec![planet(), s(""), s(""), FALSE], s("")),
            (vec![s(""), s("a"), s("b")], s("")),
            (vec![NULL, s("a"), s("b")], NULL),
            (vec![planet(), NULL, s("b")], NULL),
            (vec![planet(), s("a"), NULL], NULL),
            (vec![planet(), s("WELCOME"), s("PLANET")], s("")),
        ] {
            assert_eq!(call("between", false, &args), expected, "{args:?}");
        }
        assert_eq!(call("between", true, &[s("System"), s("s"), s("E")]), s("yst"));
    }

    #[test]
    fn substring_is_a_slice() {
        let hello = || s("hello world");
        for (start, end, expected) in [
            (NULL, NULL, "hello world"),
            (i(6), NULL, "world"),
            (NULL, i(5), "hello"),
            (i(0), i(500), "hello world"),
            (i(5), i(-1), " worl"),
            (i(-5), i(100), "world"),
            (i(-60), i(5), "hello"),
            (i(2), i(1), ""),
            (i(50), i(60), ""),
        ] {
            assert_eq!(call("substring", false, &[hello(), start, end]), s(expected));
        }
        assert_eq!(call("substring", false, &[s("abc"), i(-2)]), s("bc"));
        assert_eq!(call("substring", false, &[NULL, i(5)]), NULL);
        assert_eq!(call("substring", false, &[s("a😀b"), i(3)]), s("b"));
        assert_eq!(call("substring", false, &[s("😀"), i(1)]), s(""));
    }

    #[test]
    fn index_of_counts_from_zero() {
        let foo = || s("foobarbaz");
        for (args, expected) in [
            (vec![foo(), s("o")], i(1)),
            (vec![foo(), s("o"), NULL], i(1)),
            (vec![foo(), s("o"), i(2)], i(2)),
            (vec![foo(), s("o"), i(-6)], i(1)),
            (vec![foo(), s("o"), i(3)], NULL),
            (vec![foo(), s("L")], NULL),
            (vec![foo(), s(""), i(4)], i(4)),
            (vec![foo(), s(""), i(9)], i(9)),
            (vec![foo(), s(""), i(10)], NULL),
            (vec![NULL, s("L")], NULL),
            (vec![foo(), NULL], NULL),
            (vec![s("😀b"), s("b")], i(2)),
        ] {
            assert_eq!(call("indexOf", false, &args), expected, "{args:?}");
        }
        assert_eq!(call("indexof", true, &[foo(), s("BAR")]), i(3));
    }

    #[test]
    fn number_reads_bases() {
        for (text, base, expected) in [
            ("314", NULL, i(314)),
            ("2.75", NULL, Value::Float(2.75)),
            ("-2.75", i(10), Value::Float(-2.75)),
            ("+314", i(10), i(314)),
            ("0x1337", NULL, i(4919)),
            ("0x1337", i(16), i(4919)),
            ("-0x10", NULL, i(-16)),
            ("052403", i(8), i(21763)),
            ("52403", i(7), i(12890)),
            (" 31 ", i(13), i(40)),
            ("0x10", i(8), NULL),
            ("9", i(8), NULL),
            ("x", NULL, NULL),
            ("", NULL, NULL),
            ("--1", NULL, NULL),
            (".", NULL, NULL),
            ("1e5", NULL, NULL),
            ("inf", NULL, NULL),
            ("1", i(1), NULL),
            ("9223372036854775808", NULL, NULL),
        ] {
            assert_eq!(
                call("number", false, &[s(text), base.clone()]),
                expected,
                "{text} {base:?}"
            );
        }
    }

    #[test]
    fn string_tests() {
        for (name, source, wanted, plain, folded) in [
            ("startsWith", "FooBar", "foo", FALSE, TRUE),
            ("startsWith", "FooBar", "", TRUE, TRUE),
            ("endsWith", "FooBar", "bar", FALSE, TRUE),
            ("endsWith", "FooBar", "Foo", FALSE, FALSE),
            ("stringContains", "FooBar", "OB", FALSE, TRUE),
            ("stringContains", "FooBar", "", FALSE, FALSE),
        ] {
            assert_eq!(call(name, false, &[s(source), s(wanted)]), plain, "{name} {wanted}");
            assert_eq!(call(name, true, &[s(source), s(wanted)]), folded, "{name}~ {wanted}");
            assert_eq!(call(name, false, &[NULL, s(wanted)]), NULL);
            assert_eq!(call(name, false, &[s(source), NULL]), NULL);
        }
        assert_eq!(call("wildcard", false, &[s("Foo"), s("Bar*"), s("F*o*o*")]), TRUE);
        assert_eq!(call("wildcard", false, &[s("foo"), s("F*o*o*")]), FALSE);
    }

    #[test]
    fn concat_and_string() {
        let args = [s("a"), TRUE, i(4), Value::Float(42.5)];
        assert_eq!(call("concat", false, &args), s("atrue442.5"));
        assert_eq!(call("concat", false, &[s("a"), NULL]), NULL);
        assert_eq!(call("CONCAT", false, &[s("a")]), s("a"));
        assert_eq!(call("string", false, &[NULL]), NULL);
        assert_eq!(call("string", false, &[Value::ip("::1").unwrap()]), s("::1"));
    }

    #[test]
    fn arithmetic_of_longs_and_doubles() {
        for (operator, a, b, expected) in [
            ('/', i(83), i(2), i(41)),
            ('/', i(-7), i(2), i(-3)),
            ('/', i(83), Value::Float(2.0), Value::Float(41.5)),
            ('%', i(10), i(-6), i(4)),
            ('%', i(-10), i(-6), i(-4)),
            ('%', Value::Float(-7.5), i(2), Value::Float(-1.5)),
            ('/', i(1), i(0), NULL),
            ('%', i(1), i(0), NULL),
            ('/', Value::Float(1.0), i(0), NULL),
            ('+', i(i64::MAX.into()), i(1), NULL),
            ('*', Value::Float(1e300), Value::Float(1e300), NULL),
            ('+', i(1), NULL, NULL),
            ('+', i(1), s("1"), NULL),
        ] {
            assert_eq!(arithmetic(operator, &a, &b), expected, "{a:?} {operator} {b:?}");
        }
        assert_eq!(negate(&i(i64::MIN.into())), NULL);
    }

    #[test]
    fn networks() {
        let ip = Value::ip("10.1.2.3").unwrap();
        let args = [ip.clone(), s("192.168.0.0/16"), s("10.6.48.157/8")];
        assert_eq!(call("cidrMatch", false, &args), TRUE);
        assert_eq!(call("cidrMatch", false, &[ip.clone(), s("::/0")]), TRUE);
        assert_eq!(call("cidrMatch", false, &[ip, s("fe80::/10")]), FALSE);
        assert_eq!(call("cidrMatch", false, &[s("x"), s("::/0")]), NULL);
        assert_eq!(call("cidrMatch", false, &[NULL, s("::/0")]), NULL);
    }
}
