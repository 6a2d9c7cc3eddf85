//! Values, lists and times as they are written in a sentence.

use crate::value::Value;

/// How many characters of a value or of a list are shown.
pub(super) const LONG: usize = 160;

/// `absent`, `"a"`, or `["a", "b"]`.
pub(super) fn list(values: &[Value]) -> String {
    const MANY: usize = 8;
    match values {
        [] => "absent".to_owned(),
        [one] => quoted(one),
        several => {
            let mut shown: Vec<String> = several.iter().take(MANY).map(quoted).collect();
            if several.len() > MANY {
                shown.push(format!("… {} more", several.len() - MANY));
            }
            format!("[{}]", shown.join(", "))
        }
    }
}

/// A value, null being none.
pub(super) fn shown(value: &Value) -> String {
    if value.is_null() { "null".to_owned() } else { quoted(value) }
}

/// A string in quotes, anything else as it prints.
pub(super) fn quoted(value: &Value) -> String {
    match value {
        Value::Str(text) => cut(&serde_json::Value::from(text.as_str()).to_string(), LONG),
        other => other.to_string(),
    }
}

/// The first so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// `a, b and c`
///
/// ```
/// assert_eq!(eql_eval::words::join(["a", "b", "c"].map(str::to_owned).into_iter()), "a, b and c");
/// ```
#[must_use]
pub fn join(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.collect();
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// Nanoseconds in the largest unit that has no fraction: `1 ms`, `90 s`.
pub(super) fn duration(nanos: i128) -> String {
    const UNITS: [(&str, i128); 6] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("µs", 1_000),
    ];
    let whole = UNITS.iter().find(|(_, unit)| nanos != 0 && nanos % unit == 0);
    whole.map_or_else(|| format!("{nanos} ns"), |(name, unit)| format!("{} {name}", nanos / unit))
}
