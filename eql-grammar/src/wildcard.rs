//! Wildcard patterns of `:`, `like` and `like~`, taken apart once so that matching is cheap.
//!
//! In a pattern `*` stands for any run of characters, line breaks included, and `?` for exactly one
//! character, a Unicode code point. Nothing escapes them: a backslash is an ordinary character. A
//! pattern always describes the whole value.
//!
//! [`classify`] finds out which cheap test a pattern amounts to. Most patterns of real rules are an
//! equality, a prefix, a suffix or a fragment, many after one leading `?` as in `?:\Windows\*`.
//!
//! # In generated code
//!
//! Every type here has its counterpart in the run time's `__private`, with `&'static str` for `String`
//! and `&'static [T]` for `Vec<T>`:
//!
//! | here | there |
//! |---|---|
//! | [`Wildcard`] | `Glob { skip, kind }` |
//! | [`WildcardKind::Any`], [`Exact`](WildcardKind::Exact), [`Prefix`](WildcardKind::Prefix), [`Suffix`](WildcardKind::Suffix), [`Ends`](WildcardKind::Ends) | `GlobKind::…` of the same name and fields |
//! | [`WildcardKind::Contains`] | `GlobKind::Contains(Needle { text, rare })` |
//! | [`WildcardKind::Whole`] | `GlobKind::Whole(&Piece { … })` |
//! | [`WildcardKind::Pieces`] | `GlobKind::Pieces(&Pieces { prefix, middles, suffix })` |
//! | [`Piece`] | `Piece { head: Needle { text, rare }, tail }` |
//! | [`Gap`] | `Gap { any, text }` |
//!
//! `rare` is [`rare_byte`] of the text.

use std::cmp::Ordering;
use std::fmt;

/// A pattern in its cheapest form.
///
/// A value matches when it has at least `skip` characters and what follows them matches `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wildcard {
    /// How many characters of any kind come first.
    pub skip: u32,
    /// What the rest of the value must be.
    pub kind: WildcardKind,
}

/// What a pattern asks of the value behind the skipped characters.
///
/// Texts are never empty, except in [`Exact`](Self::Exact).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WildcardKind {
    /// `*`
    Any,
    /// `cmd.exe`; empty for the pattern `""`, and for `??`, which is all skip.
    Exact(String),
    /// `C:\Windows\*`
    Prefix(String),
    /// `*.exe`
    Suffix(String),
    /// `*\AppData\*`
    Contains(String),
    /// `C:\Users\*.exe`: both ends, without overlap.
    Ends {
        /// How the value begins.
        prefix: String,
        /// How the value ends.
        suffix: String,
    },
    /// `python3.?`: no `*`, but a `?` behind the first text.
    Whole(Piece),
    /// Everything else: pieces in this order, without overlap, with anything between them.
    Pieces {
        /// How the value begins; [empty](Piece::is_empty) where the pattern begins with `*`.
        prefix: Piece,
        /// What comes between, each after the one before. None is empty.
        middles: Vec<Piece>,
        /// How the value ends; [empty](Piece::is_empty) where the pattern ends with `*`.
        suffix: Piece,
    },
}

/// A part of a pattern without `*`: text, and more text at a fixed number of characters behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Piece {
    /// What comes first. Empty only where the whole piece is.
    pub head: String,
    /// What follows.
    pub tail: Vec<Gap>,
}

/// One or more `?` and the text behind them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gap {
    /// How many characters of any kind: at least one.
    pub any: u32,
    /// The text behind them. Empty only in the last gap of a piece.
    pub text: String,
}

impl Piece {
    /// Whether the piece matches nothing but the empty text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    /// Takes the piece's text where it has no `?`.
    fn into_text(self) -> Result<String, Self> {
        if self.tail.is_empty() { Ok(self.head) } else { Err(self) }
    }

    /// Adds what stands between two `*`, or a part of it.
    fn push(&mut self, text: &str) {
        for part in text.split_inclusive('?') {
            match part.strip_suffix('?') {
                Some(text) => {
                    self.push_text(text);
                    self.push_any(1);
                }
                None => self.push_text(part),
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        match self.tail.last_mut() {
            Some(gap) => gap.text.push_str(text),
            None => self.head.push_str(text),
        }
    }

    fn push_any(&mut self, count: u32) {
        match self.tail.last_mut() {
            Some(gap) if gap.text.is_empty() => gap.any = gap.any.saturating_add(count),
            _ if count > 0 => self.tail.push(Gap { any: count, text: String::new() }),
            _ => {}
        }
    }
}

/// Finds the cheapest form of a pattern that is compared with case.
///
/// ```
/// use eql_grammar::wildcard::{WildcardKind, classify};
///
/// let windows = classify(r"?:\Windows\*");
/// assert_eq!(windows.skip, 1);
/// assert_eq!(windows.kind, WildcardKind::Prefix(r":\Windows\".to_owned()));
/// ```
#[must_use]
pub fn classify(pattern: &str) -> Wildcard {
    // `*?` and `?*` say the same, so every `?` behind a `*` moves before it: all pieces but the first
    // then begin with text, and what is left at the very front is `skip`.
    let mut segments = pattern.split('*');
    let first = segments.next().unwrap_or_default();
    let (mut skip, text) = strip_any(first);
    let mut prefix = Piece::default();
    prefix.push(text);

    let mut floating: Vec<Piece> = Vec::new();
    let mut stars = 0_usize;
    let mut closed = false;
    for segment in segments {
        stars += 1;
        let (any, text) = strip_any(segment);
        match floating.last_mut() {
            Some(piece) => piece.push_any(any),
            None if prefix.is_empty() => skip = skip.saturating_add(any),
            None => prefix.push_any(any),
        }
        closed = !text.is_empty();
        if closed {
            let mut piece = Piece::default();
            piece.push(text);
            floating.push(piece);
        }
    }
    if stars == 0 {
        let kind = prefix.into_text().map_or_else(WildcardKind::Whole, WildcardKind::Exact);
        return Wildcard { skip, kind };
    }
    let suffix = if closed { floating.pop().unwrap_or_default() } else { Piece::default() };
    Wildcard { skip, kind: between_stars(prefix, floating, suffix) }
}

/// Finds the cheapest form of a pattern that is compared ignoring the case of ASCII letters.
///
/// All texts of the result are in ASCII lower case.
///
/// ```
/// use eql_grammar::wildcard::{WildcardKind, classify_fold};
///
/// assert_eq!(classify_fold("CMD.EXE").kind, WildcardKind::Exact("cmd.exe".to_owned()));
/// ```
#[must_use]
pub fn classify_fold(pattern: &str) -> Wildcard {
    classify(&pattern.to_ascii_lowercase())
}

/// The order in which the run time's `in_sorted` and `in_sorted_fold` want their lists: by length in
/// bytes, then by bytes.
#[must_use]
pub fn lookup_order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// The index of the byte of a text that a search should look for first: the one that is rarest in paths,
/// names and command lines. 0 for the empty text.
#[must_use]
pub fn rare_byte(text: &str) -> u32 {
    let rarest = text.bytes().enumerate().min_by_key(|&(_, byte)| commonness(byte));
    rarest.and_then(|(at, _)| u32::try_from(at).ok()).unwrap_or(0)
}

/// How often a byte occurs in paths and command lines; only the order means something.
#[must_use]
pub fn commonness(byte: u8) -> usize {
    usize::from(COMMONNESS[usize::from(byte)])
}

const COMMONNESS: [u8; 256] = {
    // ASCII from rare to common, upper case counted with lower case.
    const ASCII: &[u8] =
        br#"`^][|<'!?+%>@#*;&$~,)(=/}{_":jxz 6759.83v2k1y4hp-u0qflmndiwgro\tcsbea"#;
    // Those that are not ASCII are rare in themselves, but the same few bytes begin all characters of a script.
    let mut all = [8; 256];
    let mut byte = 0;
    while byte < 128 {
        all[byte] = 0;
        byte += 1;
    }
    let mut rank = 0;
    while rank < ASCII.len() {
        let byte = ASCII[rank];
        all[byte as usize] = rank as u8;
        if byte.is_ascii_lowercase() {
            // A search with case meets the lower-case letter far more often.
            all[byte.to_ascii_uppercase() as usize] = rank as u8 / 2;
        }
        rank += 1;
    }
    all
};

/// Whether a value matches a pattern, straight from the text of the pattern.
///
/// With `fold` the case of ASCII letters does not matter. This is for folding constants and for
/// checking the faster forms; the time is at worst the product of the two lengths.
#[must_use]
pub fn matches(pattern: &str, value: &str, fold: bool) -> bool {
    let same = |a: char, b: char| a == b || (fold && a.eq_ignore_ascii_case(&b));
    let (mut pattern, mut value) = (pattern.chars(), value.chars());
    // Where to go on when the text behind the last `*` does not fit: that `*` then takes one more.
    let mut retry = None;
    loop {
        let behind = value.clone();
        match (pattern.next(), value.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                value = behind;
                retry = Some((pattern.clone(), value.clone()));
                continue;
            }
            (Some('?'), Some(_)) => continue,
            (Some(p), Some(v)) if same(p, v) => continue,
            _ => {}
        }
        let Some((star, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        pattern = star.clone();
        value = from.clone();
    }
}

/// How many `?` a text begins with, and what is behind them.
fn strip_any(text: &str) -> (u32, &str) {
    let rest = text.trim_start_matches('?');
    // A pattern of more than 4 GiB of `?` matches nothing that exists, and neither does this.
    (u32::try_from(text.len() - rest.len()).unwrap_or(u32::MAX), rest)
}

/// The form of a pattern with at least one `*`.
fn between_stars(prefix: Piece, mut middles: Vec<Piece>, suffix: Piece) -> WildcardKind {
    let simple = middles.len() <= 1
        && [&prefix, &suffix].into_iter().chain(&middles).all(|p| p.tail.is_empty());
    if !simple {
        return WildcardKind::Pieces { prefix, middles, suffix };
    }
    match (prefix.is_empty(), middles.pop(), suffix.is_empty()) {
        (true, None, true) => WildcardKind::Any,
        (false, None, true) => WildcardKind::Prefix(prefix.head),
        (true, None, false) => WildcardKind::Suffix(suffix.head),
        (false, None, false) => WildcardKind::Ends { prefix: prefix.head, suffix: suffix.head },
        (true, Some(middle), true) => WildcardKind::Contains(middle.head),
        (_, Some(middle), _) => WildcardKind::Pieces { prefix, middles: vec![middle], suffix },
    }
}

impl Wildcard {
    /// The one value that matches, where the pattern is nothing but a text.
    #[must_use]
    pub fn as_exact(&self) -> Option<&str> {
        match &self.kind {
            WildcardKind::Exact(text) if self.skip == 0 => Some(text),
            _ => None,
        }
    }

    /// The texts that every matching value contains, in their order and without overlap.
    #[must_use]
    pub fn fragments(&self) -> Vec<&str> {
        let pieces: Vec<&Piece> = match &self.kind {
            WildcardKind::Any => Vec::new(),
            WildcardKind::Exact(text)
            | WildcardKind::Prefix(text)
            | WildcardKind::Suffix(text)
            | WildcardKind::Contains(text) => return non_empty([text]),
            WildcardKind::Ends { prefix, suffix } => return non_empty([prefix, suffix]),
            WildcardKind::Whole(piece) => vec![piece],
            WildcardKind::Pieces { prefix, middles, suffix } => {
                [prefix].into_iter().chain(middles).chain([suffix]).collect()
            }
        };
        non_empty(pieces.into_iter().flat_map(|piece| {
            [&piece.head].into_iter().chain(piece.tail.iter().map(|gap| &gap.text))
        }))
    }

    /// How many `*` have text on both sides: what makes a pattern slow.
    #[must_use]
    pub fn inner_stars(&self) -> usize {
        match &self.kind {
            WildcardKind::Ends { .. } => 1,
            WildcardKind::Pieces { prefix, middles, suffix } => {
                let pieces = middles.len()
                    + usize::from(!prefix.is_empty())
                    + usize::from(!suffix.is_empty());
                pieces.saturating_sub(1)
            }
            _ => 0,
        }
    }
}

fn non_empty<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    texts.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect()
}

/// Prints the pattern in canonical form: no `**`, and each `?` as far to the left as it goes.
impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_any(f, self.skip)?;
        match &self.kind {
            WildcardKind::Any => f.write_str("*"),
            WildcardKind::Exact(text) => f.write_str(text),
            WildcardKind::Prefix(text) => write!(f, "{text}*"),
            WildcardKind::Suffix(text) => write!(f, "*{text}"),
            WildcardKind::Contains(text) => write!(f, "*{text}*"),
            WildcardKind::Ends { prefix, suffix } => write!(f, "{prefix}*{suffix}"),
            WildcardKind::Whole(piece) => write!(f, "{piece}"),
            WildcardKind::Pieces { prefix, middles, suffix } => {
                write!(f, "{prefix}*")?;
                for middle in middles {
                    write!(f, "{middle}*")?;
                }
                write!(f, "{suffix}")
            }
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        self.tail.iter().try_for_each(|gap| {
            write_any(f, gap.any)?;
            f.write_str(&gap.text)
        })
    }
}

fn write_any(f: &mut fmt::Formatter<'_>, count: u32) -> fmt::Result {
    (0..count).try_for_each(|_| f.write_str("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(pattern: &str) -> (u32, WildcardKind) {
        let wildcard = classify(pattern);
        (wildcard.skip, wildcard.kind)
    }

    fn piece(head: &str, tail: &[(u32, &str)]) -> Piece {
        let gap = |&(any, text): &(u32, &str)| Gap { any, text: text.to_owned() };
        Piece { head: head.to_owned(), tail: tail.iter().map(gap).collect() }
    }

    #[test]
    fn cheap_forms() {
        use WildcardKind::*;
        let s = str::to_owned;
        assert_eq!(kind(""), (0, Exact(s(""))));
        assert_eq!(kind("cmd.exe"), (0, Exact(s("cmd.exe"))));
        assert_eq!(kind("*"), (0, Any));
        assert_eq!(kind("***"), (0, Any));
        assert_eq!(kind("?*"), (1, Any));
        assert_eq!(kind("*?"), (1, Any));
        assert_eq!(kind("?*?*?"), (3, Any));
        assert_eq!(kind("?"), (1, Exact(s(""))));
        assert_eq!(kind("??.exe"), (2, Exact(s(".exe"))));
        assert_eq!(kind("a**"), (0, Prefix(s("a"))));
        assert_eq!(kind("?:\\Windows\\*"), (1, Prefix(s(":\\Windows\\"))));
        assert_eq!(kind("*.exe"), (0, Suffix(s(".exe"))));
        assert_eq!(kind("*?.exe"), (1, Suffix(s(".exe"))));
        assert_eq!(kind("*a*"), (0, Contains(s("a"))));
        assert_eq!(kind("**a**"), (0, Contains(s("a"))));
        assert_eq!(kind("*?a*"), (1, Contains(s("a"))));
        assert_eq!(kind("a*b"), (0, Ends { prefix: s("a"), suffix: s("b") }));
        assert_eq!(kind("?a*b"), (1, Ends { prefix: s("a"), suffix: s("b") }));
    }

    #[test]
    fn pieces() {
        use WildcardKind::*;
        let none = Piece::default;
        assert_eq!(kind("python3.?"), (0, Whole(piece("python3.", &[(1, "")]))));
        assert_eq!(kind("?a?b"), (1, Whole(piece("a", &[(1, "b")]))));
        assert_eq!(
            kind("a*b*c"),
            (
                0,
                Pieces {
                    prefix: piece("a", &[]),
                    middles: vec![piece("b", &[])],
                    suffix: piece("c", &[])
                }
            )
        );
        assert_eq!(
            kind("a?*"),
            (0, Pieces { prefix: piece("a", &[(1, "")]), middles: vec![], suffix: none() })
        );
        assert_eq!(kind("a*?"), kind("a?*"));
        assert_eq!(kind("a*?*?*"), kind("a??*"));
        assert_eq!(
            kind("*b?c?*??d*"),
            (
                0,
                Pieces {
                    prefix: none(),
                    middles: vec![piece("b", &[(1, "c"), (3, "")]), piece("d", &[])],
                    suffix: none()
                }
            )
        );
        assert_eq!(
            kind("*a?"),
            (0, Pieces { prefix: none(), middles: vec![], suffix: piece("a", &[(1, "")]) })
        );
        assert_eq!(kind("*a*b").1.clone(), kind("**a***b").1);
    }

    #[test]
    fn folding_lowers_ascii_only() {
        assert_eq!(classify_fold("ÄA?B*"), classify("Äa?b*"));
    }

    #[test]
    fn properties_for_lints_and_guards() {
        assert_eq!(classify("a?b*c*").fragments(), ["a", "b", "c"]);
        assert_eq!(classify("?*").fragments(), [""; 0]);
        assert_eq!(classify("a*b").fragments(), ["a", "b"]);
        assert_eq!(classify("a*b*c*d").inner_stars(), 3);
        assert_eq!(classify("*b*c*").inner_stars(), 1);
        assert_eq!(classify("*b*").inner_stars(), 0);
        assert_eq!(classify("a").as_exact(), Some("a"));
        assert_eq!(classify("?a").as_exact(), None);
    }

    #[test]
    fn lookup_order_is_by_length_first() {
        let mut list = ["bb", "a", "aaa", "ab", ""];
        list.sort_by(|a, b| lookup_order(a, b));
        assert_eq!(list, ["", "a", "ab", "bb", "aaa"]);
    }

    #[test]
    fn searches_look_for_the_rarest_byte() {
        assert_eq!(rare_byte(""), 0);
        assert_eq!(rare_byte("a"), 0);
        assert_eq!(rare_byte("appdata.exe"), 9);
        assert_eq!(rare_byte("invoke-expression"), 8);
        assert_eq!(rare_byte("aA"), 1);
        assert_eq!(rare_byte("a\u{1}ä"), 1);
    }

    #[test]
    fn reference_matcher() {
        for (pattern, value, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
            ("?", "ä", true),
            ("?", "\n", true),
            ("a*", "a\nb", true),
            ("doc?", "docs", true),
            ("doc?", "doc", false),
            ("doc", "xdocx", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*ab*ab", "ab", false),
            ("*aab", "aaaab", true),
            ("*a?c*", "xabxabcx", true),
            (r"*\red_ttp\*", r"c:\red_ttp\x", true),
            ("ABC", "abc", false),
        ] {
            assert_eq!(matches(pattern, value, false), expected, "{pattern:?} on {value:?}");
        }
        assert!(matches("A*É", "abÉ", true));
        assert!(!matches("A*É", "abé", true));
    }

    /// Every pattern of up to six characters over a small alphabet: the canonical form says the same
    /// as the pattern, and is its own canonical form.
    #[test]
    fn canonical_form_is_equivalent() {
        let alphabet = ['a', 'b', '*', '?'];
        let mut patterns = vec![String::new()];
        let mut from = 0;
        for _ in 0..6 {
            let to = patterns.len();
            for i in from..to {
                for c in alphabet {
                    patterns.push(format!("{}{c}", patterns[i]));
                }
            }
            from = to;
        }
        let values = ["", "a", "b", "ab", "ba", "aab", "abab", "baabb", "ababab", "bbbbaaa"];
        for pattern in &patterns {
            let wildcard = classify(pattern);
            let printed = wildcard.to_string();
            assert_eq!(classify(&printed), wildcard, "{pattern} printed as {printed}");
            for value in values {
                assert_eq!(
                    matches(pattern, value, false),
                    matches(&printed, value, false),
                    "{pattern} and {printed} on {value}"
                );
            }
        }
    }
}
