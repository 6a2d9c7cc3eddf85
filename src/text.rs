//! Tests of one string against constant strings.
//!
//! Functions whose name ends in `_fold` ignore the case of ASCII letters, as Elasticsearch does for
//! `:`, `like~` and `in~`; letters beyond ASCII are compared as they are. Their constant side must be in
//! **ASCII lower case already**: the compiler sees to that. With an upper-case letter there they find
//! nothing at that place.

use std::cmp::Ordering;

/// The bit that tells ASCII upper case from lower case.
const CASE: u8 = 0x20;

/// Whether `value` is `text`, ignoring case. `text` is in lower case.
#[inline]
#[must_use]
pub fn eq_fold(value: &str, text: &str) -> bool {
    value.len() == text.len() && same_fold(value.as_bytes(), text.as_bytes())
}

/// Whether `value` begins with `text`, ignoring case. `text` is in lower case.
#[inline]
#[must_use]
pub fn prefix_fold(value: &str, text: &str) -> bool {
    strip_prefix::<true>(value.as_bytes(), text.as_bytes()).is_some()
}

/// Whether `value` ends with `text`, ignoring case. `text` is in lower case.
#[inline]
#[must_use]
pub fn suffix_fold(value: &str, text: &str) -> bool {
    strip_suffix::<true>(value.as_bytes(), text.as_bytes()).is_some()
}

/// Whether `value` contains the needle, ignoring case. The needle is in lower case.
#[inline]
#[must_use]
pub fn contains_fold(value: &str, needle: &Needle) -> bool {
    find::<true>(value.as_bytes(), needle).is_some()
}

/// Whether `value` begins with `text`.
#[inline]
#[must_use]
pub fn prefix(value: &str, text: &str) -> bool {
    value.starts_with(text)
}

/// Whether `value` ends with `text`.
#[inline]
#[must_use]
pub fn suffix(value: &str, text: &str) -> bool {
    value.ends_with(text)
}

/// Whether `value` contains the needle.
#[inline]
#[must_use]
pub fn contains(value: &str, needle: &Needle) -> bool {
    find::<false>(value.as_bytes(), needle).is_some()
}

/// What follows the first `count` characters; `None` where there are fewer.
#[inline]
#[must_use]
pub fn skip(value: &str, count: u32) -> Option<&str> {
    value.get(width_of_first(value.as_bytes(), count)?..)
}

/// Whether `value` is in `list`, which is sorted by length in bytes and then by bytes.
#[inline]
#[must_use]
pub fn in_sorted(value: &str, list: &[&str]) -> bool {
    is_in::<false>(value, list)
}

/// Whether `value` is in `list`, ignoring case. The list is in lower case and sorted by length in bytes
/// and then by bytes.
#[inline]
#[must_use]
pub fn in_sorted_fold(value: &str, list: &[&str]) -> bool {
    is_in::<true>(value, list)
}

/// A text to search for, and which of its bytes to look for first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needle {
    /// The text. For a search that ignores case it is in lower case.
    pub text: &'static str,
    /// The index in bytes of its rarest byte, as the compiler's `rare_byte` tells it. Any other index
    /// only costs time.
    pub rare: u32,
}

/// Where the needle begins first.
#[inline]
pub(crate) fn find<const FOLD: bool>(value: &[u8], needle: &Needle) -> Option<usize> {
    let text = needle.text.as_bytes();
    let last_start = value.len().checked_sub(text.len())?;
    let Some(last) = text.len().checked_sub(1) else { return Some(0) };
    let at = (needle.rare as usize).min(last);
    let rare = text[at];
    // Only here can the rare byte of a whole occurrence stand.
    let window = value.get(at..=at + last_start)?;
    let fits = |&start: &usize| {
        let there = value.get(start..start + text.len());
        there.is_some_and(|there| same::<FOLD>(there, text))
    };
    if FOLD && rare.is_ascii_lowercase() {
        memchr::memchr2_iter(rare, rare ^ CASE, window).find(fits)
    } else {
        memchr::memchr_iter(rare, window).find(fits)
    }
}

/// What follows `text` at the front of `value`.
#[inline]
pub(crate) fn strip_prefix<'a, const FOLD: bool>(value: &'a [u8], text: &[u8]) -> Option<&'a [u8]> {
    let (front, rest) = value.split_at_checked(text.len())?;
    same::<FOLD>(front, text).then_some(rest)
}

/// What comes before `text` at the end of `value`.
#[inline]
pub(crate) fn strip_suffix<'a, const FOLD: bool>(value: &'a [u8], text: &[u8]) -> Option<&'a [u8]> {
    let (rest, back) = value.split_at_checked(value.len().checked_sub(text.len())?)?;
    same::<FOLD>(back, text).then_some(rest)
}

/// How many bytes the first `count` characters take; `None` where there are fewer.
#[inline]
pub(crate) fn width_of_first(value: &[u8], count: u32) -> Option<usize> {
    let mut at = 0;
    for _ in 0..count {
        at += match value.get(at)? {
            0x00..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
        };
    }
    Some(at)
}

/// How many bytes come before the last `count` characters; `None` where there are fewer.
#[inline]
pub(crate) fn width_without_last(value: &[u8], count: u32) -> Option<usize> {
    let mut at = value.len();
    for _ in 0..count {
        at = value.get(..at)?.iter().rposition(|byte| byte & 0xc0 != 0x80)?;
    }
    Some(at)
}

/// Whether two slices of the same length are the same, ignoring the case of `value` with `FOLD`.
#[inline]
pub(crate) fn same<const FOLD: bool>(value: &[u8], text: &[u8]) -> bool {
    if FOLD { same_fold(value, text) } else { value == text }
}

/// Whether `value` in lower case is `text`. The two have the same length.
#[inline]
fn same_fold(value: &[u8], text: &[u8]) -> bool {
    let length = text.len();
    if length < 8 {
        return same_fold_short(value, text);
    }
    // The last eight bytes may overlap those before: cheaper than a loop over the rest.
    same_fold_at(value, text, 0)
        && same_fold_at(value, text, length - 8)
        && (length <= 16 || same_fold_inner(value, text))
}

/// The same for the eight bytes at one place.
#[inline]
fn same_fold_at(value: &[u8], text: &[u8], at: usize) -> bool {
    match (word(value, at), word(text, at)) {
        (Some(value), Some(text)) => differ8(value, text) == 0,
        _ => false,
    }
}

#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// The same for everything between the first and the last eight bytes.
fn same_fold_inner(value: &[u8], text: &[u8]) -> bool {
    let (value, _) = value.as_chunks();
    let (text, _) = text.as_chunks();
    let mut pairs = value.iter().zip(text).skip(1);
    pairs.all(|(&value, &text)| differ8(u64::from_le_bytes(value), u64::from_le_bytes(text)) == 0)
}

/// The same for fewer than eight bytes.
#[inline]
fn same_fold_short(value: &[u8], text: &[u8]) -> bool {
    if text.len() < 4 {
        return value.iter().zip(text).all(|(value, text)| value.to_ascii_lowercase() == *text);
    }
    match (ends(value), ends(text)) {
        (Some(value), Some(text)) => differ8(value, text) == 0,
        _ => false,
    }
}

/// The first and the last four bytes, which may overlap.
#[inline]
fn ends(bytes: &[u8]) -> Option<u64> {
    let first = bytes.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))?;
    let last = bytes.last_chunk().map(|chunk| u32::from_le_bytes(*chunk))?;
    Some(u64::from(first) | u64::from(last) << 32)
}

/// Zero when eight bytes in lower case are the eight bytes of a text.
#[inline]
fn differ8(value: u64, text: u64) -> u64 {
    // A byte of the value may differ from a lower-case letter of the text by the case bit, and from
    // any other byte not at all.
    (value ^ text) & !(letters(text, b'a', b'z') >> 2)
}

/// Sets the high bit of each byte that is from `first` to `last`, both ASCII; all other bits are zero.
#[inline]
const fn letters(word: u64, first: u8, last: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES * 0x80;
    let low = word & !HIGH;
    // Neither sum carries into the next byte: both terms are below 0x80.
    let from_first = low + ONES * (0x80 - first) as u64;
    let past_last = low + ONES * (0x7f - last) as u64;
    from_first & !past_last & !word & HIGH
}

/// Eight bytes in ASCII lower case.
#[inline]
fn lower8(word: u64) -> u64 {
    word | letters(word, b'A', b'Z') >> 2
}

/// Whether `value` is in a list sorted by length and then by bytes. Many lists have one text, and most values are too
/// short or too long for the others.
#[inline]
fn is_in<const FOLD: bool>(value: &str, list: &[&str]) -> bool {
    let value = value.as_bytes();
    match list {
        [] => false,
        [text] => value.len() == text.len() && same::<FOLD>(value, text.as_bytes()),
        [shortest, .., longest] => {
            (shortest.len()..=longest.len()).contains(&value.len()) && search::<FOLD>(value, list)
        }
    }
}

/// Looks for `value` in a list sorted by length and then by bytes.
fn search<const FOLD: bool>(value: &[u8], list: &[&str]) -> bool {
    let order = |text: &&str| {
        text.len().cmp(&value.len()).then_with(|| order::<FOLD>(text.as_bytes(), value))
    };
    list.binary_search_by(order).is_ok()
}

/// How `text` compares to `value`, which with `FOLD` is taken in lower case. The two have the same
/// length.
#[inline]
fn order<const FOLD: bool>(text: &[u8], value: &[u8]) -> Ordering {
    let (texts, text_rest) = text.as_chunks::<8>();
    let (values, value_rest) = value.as_chunks::<8>();
    for (&text, &value) in texts.iter().zip(values) {
        // The first byte in the highest place: then numbers compare as texts do.
        let (text, value) = (u64::from_be_bytes(text), u64::from_be_bytes(value));
        let value = if FOLD { lower8(value) } else { value };
        if text != value {
            return text.cmp(&value);
        }
    }
    let lower = |byte: &u8| if FOLD { byte.to_ascii_lowercase() } else { *byte };
    text_rest.iter().copied().cmp(value_rest.iter().map(lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator of numbers: enough to try many cases, and the same ones each time.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 >> 33).expect("31 bits fit") % end
        }

        fn string(&mut self, alphabet: &[char], longest: usize) -> String {
            let length = self.below(longest + 1);
            (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect()
        }
    }

    fn leak(text: &str) -> &'static str {
        Box::leak(text.to_owned().into_boxed_str())
    }

    #[test]
    fn every_pair_of_bytes_at_every_place() {
        for length in 1..=26 {
            for at in [0, length / 2, length - 1] {
                for byte in 0..=255 {
                    for other in 0..=255_u8 {
                        if other.is_ascii_uppercase() {
                            continue;
                        }
                        // The neighbours catch a carry out of the byte.
                        let mut value = vec![0xff; length];
                        let mut text = value.clone();
                        (value[at], text[at]) = (byte, other);
                        let expected = byte.to_ascii_lowercase() == other;
                        assert_eq!(same_fold(&value, &text), expected, "{byte} {other}");
                    }
                }
            }
        }
    }

    #[test]
    fn one_difference_is_found_wherever_it_is() {
        let text = "the quick brown fox jumps over the lazy dog";
        for length in 1..=text.len() {
            let text = &text[..length];
            assert!(eq_fold(&text.to_ascii_uppercase(), text));
            for at in 0..length {
                let mut value = text.to_owned();
                value.replace_range(at..=at, "\\");
                assert!(!eq_fold(&value, text), "{value:?}");
                assert_ne!(order::<true>(text.as_bytes(), value.as_bytes()), Ordering::Equal);
                assert_eq!(
                    order::<false>(text.as_bytes(), value.as_bytes()),
                    text.as_bytes().cmp(value.as_bytes())
                );
            }
        }
    }

    #[test]
    fn same_as_the_plain_way() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let alphabet: Vec<char> = "aAbBzZ@[`{\\:é\u{212a}k日".chars().collect();
        for _ in 0..60_000 {
            let value = random.string(&alphabet, 24);
            let text = random.string(&alphabet, 3);
            let folded = text.to_ascii_lowercase();
            let lowered = value.to_ascii_lowercase();
            let rare = u32::try_from(random.below(5)).unwrap();
            assert!(eq_fold(&value, &lowered));
            assert_eq!(eq_fold(&value, &folded), lowered == folded);
            assert_eq!(prefix_fold(&value, &folded), lowered.starts_with(&folded));
            assert_eq!(suffix_fold(&value, &folded), lowered.ends_with(&folded));
            assert_eq!(prefix(&value, &text), value.starts_with(&text));
            assert_eq!(suffix(&value, &text), value.ends_with(&text));
            if random.below(10) == 0 {
                let needle = Needle { text: leak(&text), rare };
                assert_eq!(contains(&value, &needle), value.contains(&text), "{value:?} {text:?}");
                let needle = Needle { text: leak(&folded), rare };
                assert_eq!(contains_fold(&value, &needle), lowered.contains(&folded));
            }
            let count = random.below(30);
            let mut rest = value.chars();
            let skipped = (0..count).try_for_each(|_| rest.next().map(|_| ()));
            let expected = skipped.map(|()| rest.as_str());
            assert_eq!(skip(&value, u32::try_from(count).unwrap()), expected);
            let kept = value.chars().count().checked_sub(count);
            let kept = kept.map(|n| value.chars().take(n).map(char::len_utf8).sum::<usize>());
            assert_eq!(width_without_last(value.as_bytes(), u32::try_from(count).unwrap()), kept);
        }
    }

    #[test]
    fn sorted_lists() {
        let mut random = Random(88_172_645_463_325_252);
        let alphabet: Vec<char> = "abC{@é".chars().collect();
        for size in [0, 1, 2, 3, 7, 40, 400] {
            let mut list: Vec<&str> =
                (0..size).map(|_| leak(&random.string(&alphabet, 10))).collect();
            let mut folded: Vec<&str> =
                list.iter().map(|text| leak(&text.to_ascii_lowercase())).collect();
            for list in [&mut list, &mut folded] {
                list.sort_by_key(|text| (text.len(), *text));
                list.dedup();
            }
            for _ in 0..4_000 {
                let value = random.string(&alphabet, 11);
                assert_eq!(in_sorted(&value, &list), list.contains(&value.as_str()));
                let lowered = value.to_ascii_lowercase();
                let expected = folded.contains(&lowered.as_str());
                assert_eq!(in_sorted_fold(&value, &folded), expected, "{value:?}");
            }
            for text in &list {
                assert!(in_sorted(text, &list));
            }
            for text in &folded {
                assert!(in_sorted_fold(&text.to_ascii_uppercase(), &folded));
            }
        }
    }

    #[test]
    fn folds_ascii_only() {
        assert!(!eq_fold("É", "é"));
        // The Kelvin sign is `k` in full Unicode folding.
        assert!(!eq_fold("\u{212a}", "k"));
    }
}
