//! What stands in a JSON document, read as Elasticsearch indexes it.

use eql_grammar::schema::Type;
use serde_json::{Number, Value as Json};

use crate::date;
use crate::value::Value;
use crate::version::Version;

/// Everything at `path` that is neither null nor an array.
///
/// A path may be nested objects, keys with dots, or both. Arrays are looked into at every level.
pub(crate) fn nodes<'a>(document: &'a Json, path: &str) -> Vec<&'a Json> {
    match document {
        Json::Null => Vec::new(),
        Json::Array(elements) => elements.iter().flat_map(|element| nodes(element, path)).collect(),
        node if path.is_empty() => vec![node],
        Json::Object(members) => {
            let mut found = Vec::new();
            for (key, rest) in splits(path) {
                found.extend(members.get(key).into_iter().flat_map(|member| nodes(member, rest)));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// `a.b.c` as (`a`, `b.c`), (`a.b`, `c`) and (`a.b.c`, nothing).
fn splits(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let inner = path.match_indices('.').map(|(at, _)| (&path[..at], &path[at + 1..]));
    inner.chain([(path, "")])
}

/// The values at `path` as a field of type `ty` holds them; where that is `None`, as JSON types them.
///
/// What such a field cannot hold counts as absent.
pub(crate) fn values(document: &Json, path: &str, ty: Option<Type>) -> Vec<Value> {
    nodes(document, path).into_iter().filter_map(|node| read(node, ty)).collect()
}

fn read(node: &Json, ty: Option<Type>) -> Option<Value> {
    match ty {
        None => read_untyped(node),
        Some(Type::Boolean) => read_bool(node).map(Value::Bool),
        Some(Type::Long) => read_long(node).map(Value::Int),
        Some(Type::UnsignedLong) => read_unsigned(node).map(Value::Int),
        Some(Type::Double) => read_double(node).map(Value::Float),
        Some(Type::Keyword) => read_text(node).map(Value::Str),
        Some(Type::Date) => read_date(node),
        Some(Type::Ip) => Value::ip(node.as_str()?),
        Some(Type::Version) => read_text(node).map(|text| Value::Version(Version::new(&text))),
        Some(Type::Null) => None,
    }
}

pub(crate) fn read_untyped(node: &Json) -> Option<Value> {
    match node {
        Json::Null | Json::Array(_) | Json::Object(_) => None,
        Json::Bool(b) => Some(Value::Bool(*b)),
        Json::Number(n) => whole(n).map(Value::Int).or_else(|| n.as_f64().map(Value::Float)),
        Json::String(s) => Some(Value::Str(s.clone())),
    }
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn read_bool(node: &Json) -> Option<bool> {
    match node {
        Json::Bool(b) => Some(*b),
        Json::String(s) if s == "true" => Some(true),
        Json::String(s) if s == "false" || s.is_empty() => Some(false),
        _ => None,
    }
}

/// Decimals are cut off, numbers in strings are read.
fn read_long(node: &Json) -> Option<i128> {
    let number = match node {
        Json::Number(n) => whole(n).or_else(|| Some(n.as_f64()?.trunc() as i128)),
        Json::String(s) => read_long_text(s),
        _ => None,
    };
    number.filter(|n| i64::try_from(*n).is_ok())
}

fn read_long_text(text: &str) -> Option<i128> {
    let cut = match text.split_once('.') {
        Some((whole, decimals)) if is_digits(decimals) => whole,
        _ => text,
    };
    cut.parse().ok().or_else(|| finite(text).map(|float| float.trunc() as i128))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Decimals other than zero are refused.
fn read_unsigned(node: &Json) -> Option<i128> {
    let from_float = |float: f64| (float.fract() == 0.0).then_some(float as i128);
    let number = match node {
        Json::Number(n) => whole(n).or_else(|| from_float(n.as_f64()?)),
        Json::String(s) => s.parse().ok().or_else(|| from_float(finite(s)?)),
        _ => None,
    };
    number.filter(|n| u64::try_from(*n).is_ok())
}

fn read_double(node: &Json) -> Option<f64> {
    match node {
        Json::Number(n) => n.as_f64(),
        Json::String(s) => finite(s),
        _ => None,
    }
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

/// Numbers and booleans as JSON writes them.
fn read_text(node: &Json) -> Option<String> {
    match node {
        Json::String(s) => Some(s.clone()),
        Json::Number(_) | Json::Bool(_) => Some(node.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Text, or milliseconds since the Unix epoch.
fn read_date(node: &Json) -> Option<Value> {
    let time = match node {
        Json::String(s) => date::parse(s),
        Json::Number(n) => match n.as_i64() {
            Some(millis) => date::from_millis(millis.into()),
            None => jiff::Timestamp::from_nanosecond((n.as_f64()? * 1e6).round() as i128).ok(),
        },
        _ => None,
    };
    time.map(Value::Date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn longs(document: &Json, path: &str) -> Vec<Value> {
        values(document, path, Some(Type::Long))
    }

    #[test]
    fn paths() {
        let document = json!({"a": {"b": {"c": 1}, "b.c": 2}, "a.b": {"c": 3}, "a.b.c": 4});
        let all = [1, 2, 4, 3].map(Value::Int);
        let mut found = longs(&document, "a.b.c");
        found.sort_by(crate::value::order_keys);
        assert_eq!(found.len(), all.len());
        assert_eq!(
            longs(&json!({"a": [{"b": 1}, {"b": [2, [3]]}, 4]}), "a.b"),
            [1, 2, 3].map(Value::Int)
        );
    }

    #[test]
    fn missing() {
        for document in [json!({}), json!({"x": null}), json!({"x": []}), json!({"x": [null, []]})]
        {
            assert_eq!(longs(&document, "x"), []);
        }
        assert_eq!(longs(&json!({"x": {"y": 1}}), "x"), []);
    }

    #[test]
    fn types() {
        let one = |json: Json, ty| values(&json, "", Some(ty)).pop();
        assert_eq!(one(json!("12"), Type::Long), Some(Value::Int(12)));
        assert_eq!(one(json!(1.9), Type::Long), Some(Value::Int(1)));
        assert_eq!(one(json!("-1.9"), Type::Long), Some(Value::Int(-1)));
        assert_eq!(one(json!("x"), Type::Long), None);
        assert_eq!(one(json!(u64::MAX), Type::Long), None);
        assert_eq!(one(json!(u64::MAX), Type::UnsignedLong), Some(Value::Int(u64::MAX.into())));
        assert_eq!(one(json!(-1), Type::UnsignedLong), None);
        assert_eq!(one(json!(12), Type::Keyword), Some(Value::Str("12".to_owned())));
        assert_eq!(one(json!(true), Type::Keyword), Some(Value::Str("true".to_owned())));
        assert_eq!(one(json!("true"), Type::Boolean), Some(Value::Bool(true)));
        assert_eq!(one(json!("yes"), Type::Boolean), None);
        assert_eq!(one(json!("1"), Type::Double), Some(Value::Float(1.0)));
        assert_eq!(one(json!("NaN"), Type::Double), None);
        assert_eq!(one(json!("10.0.0.1"), Type::Ip), Value::ip("10.0.0.1"));
        assert_eq!(one(json!("1970-01-01"), Type::Date), one(json!(0), Type::Date));
    }
}
