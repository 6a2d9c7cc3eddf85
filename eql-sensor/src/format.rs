//! Numbers and text for people.

use std::borrow::Cow;
use std::time::Duration;

/// `12,345`
pub(crate) fn count(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

/// `1.2 MB`, by thousands.
pub(crate) fn bytes(number: u64) -> String {
    indicatif::DecimalBytes(number).to_string()
}

/// `0.01 s`
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// How many a second, rounded down; 0 while no time has passed.
pub(crate) fn per_second(number: u64, time: Duration) -> u64 {
    let nanos = time.as_nanos().max(1);
    u64::try_from(u128::from(number) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
}

/// Text that an event brought, safe to print on a terminal.
///
/// Whoever writes events could otherwise move the cursor, change colours, or turn the order of
/// letters around: control characters and those that change the direction of text are escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_unsafe(char) {
            safe.extend(char.escape_unicode());
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_drive_the_terminal() {
        assert_eq!(printable("a \u{e9} \u{1f600}"), "a \u{e9} \u{1f600}");
        assert_eq!(printable("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\u{a}c\\u{202e}d");
    }

    #[test]
    fn rates_do_not_divide_by_zero() {
        assert_eq!(per_second(10, Duration::from_secs(4)), 2);
        assert_eq!(per_second(1, Duration::ZERO), 1_000_000_000);
        assert_eq!(per_second(u64::MAX, Duration::ZERO), u64::MAX);
    }
}
