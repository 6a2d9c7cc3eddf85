//! Regular expressions of `regex` and `regex~`, compiled into tables.
//!
//! The syntax is Lucene's with all optional operators on, and a pattern always describes the whole
//! value:
//!
//! | pattern | matches |
//! |---|---|
//! | `.` | any one character, a line break too |
//! | `[a-z_]`, `[^a-z]` | one character of the class, or not of it |
//! | `\d` `\D` `\w` `\W` `\s` `\S` | one of `[0-9]`, `[a-zA-Z_0-9]`, `[ \t\n\r]`, or not; also inside `[…]` |
//! | `x?` `x*` `x+` `x{2}` `x{2,}` `x{2,5}` | `x` that often; the longer or the shorter match makes no difference |
//! | `xy`, `x\|y`, `x&y` | one after the other, either, both at once; `&` binds tighter than `\|` |
//! | `(x)`, `()` | `x`; the empty text |
//! | `~x` | every text that `x` does not match; binds tighter than a repetition, so `~x*` is `(~x)*` |
//! | `<7-42>`, `<07-42>` | a whole number in that range: with any number of leading zeros, or, where both ends have the same number of digits, with exactly so many digits |
//! | `@`, `#` | every text; no text |
//! | `"…"` | the text between the quotes, without any special meaning |
//! | `\.` | the character itself; before an ASCII letter other than those above an error |
//!
//! `^` and `$` are ordinary characters, and so is an operator that stands where a character is expected:
//! `*.exe` is a star, any character and `exe`.
//!
//! With folding, each single character and each class means both cases of its ASCII letters. This
//! includes ranges: `regex~ "[a-f]"` matches `B`.
//!
//! # Layout of the tables
//!
//! Characters fall into classes that the patterns do not tell apart. [`Dfa::ascii`] gives the class of a
//! character below 0x80, and [`Dfa::wide`] that of the others: the class of the last entry whose first
//! character is not above it. The next state of `state` on `class` is
//! `table[class * states + state]`. State 0 never matches any more and state 1 always does: a
//! matcher stops there. It otherwise accepts at the end of the value in states from [`Dfa::accept`] on.
//!
//! The run time's `Dfa` has the same fields: `ascii` is a `&[u8; 128]` and so can be written as a byte
//! string, `table` is the byte string [`Dfa::table_bytes`], two bytes an entry, little endian.

mod alphabet;
mod chars;
mod determinize;
mod minimize;
mod parts;
#[cfg(test)]
mod reference;
mod syntax;
mod terms;

use std::fmt;

use determinize::TooComplex;

/// Bounds of what one compilation may use, so that no pattern stalls a build.
mod limits {
    /// Levels of nesting in a pattern.
    pub(super) const DEPTH: usize = 128;
    /// The largest count in a repetition.
    pub(super) const REPEAT: u32 = 1_000;
    /// Classes of characters before those that turn out equal are merged.
    pub(super) const ALPHABET: usize = 1_024;
    /// States of the automaton.
    pub(super) const STATES: usize = 4_096;
    /// Entries of the transition table.
    pub(super) const TABLE: usize = 1 << 18;
    /// Steps of the construction. An unoptimised build takes about a second for all of them.
    pub(super) const WORK: usize = 1 << 20;
}

/// A deterministic automaton for a list of patterns, as tables; see the [module](self) for their layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dfa {
    /// The class of each character below 0x80.
    pub ascii: [u8; 128],
    /// The classes of all other characters, each from this code point on; the first is 0x80.
    pub wide: Vec<(u32, u8)>,
    /// How many states there are, the two special ones included.
    pub states: u16,
    /// The state before the first character.
    pub start: u16,
    /// The first of the states that match when the value ends there.
    pub accept: u16,
    /// The next states, `states` of them for each class.
    pub table: Vec<u16>,
    /// Texts of which every match has one in it, in lower case with folding; none where no such texts are
    /// known. No part of the tables: what can be searched for before they are used.
    pub parts: Vec<String>,
    /// All values that match, but for the case of letters with folding; empty where they are not few. No part of the
    /// tables, as `parts`.
    pub texts: Vec<String>,
}

/// Why a list of patterns does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexError {
    /// Which pattern of the list.
    pub pattern: usize,
    /// Where in the pattern, in bytes; at most its length.
    pub offset: usize,
    /// What sort of problem it is.
    pub kind: RegexErrorKind,
    /// What is wrong, lower case and without a final stop.
    pub message: String,
}

/// What sort of problem a [`RegexError`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegexErrorKind {
    /// The pattern is not a regular expression, or one that Elasticsearch rejects.
    Syntax,
    /// The pattern, or the automaton for it, passes a limit.
    TooLarge,
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RegexError {}

/// Compiles a list of patterns into one automaton, which matches where any of them does.
///
/// With `fold` the case of ASCII letters does not matter. The automaton is minimal. An empty list matches
/// nothing.
///
/// # Errors
///
/// A pattern that is not a regular expression; one that nests deeper than 128 levels or repeats more than
/// 1,000 times; a list whose automaton would need more than 4,096 states, 256 classes of characters, or
/// too much time.
///
/// ```
/// let dfa = eql_grammar::regex::compile(&[r"[a-z]:\\temp\\.+", r".*\.tmp"], true)?;
/// assert!(dfa.matches(r"C:\Temp\x"));
/// assert!(!dfa.matches(r"C:\Temp\"));
/// # Ok::<_, eql_grammar::regex::RegexError>(())
/// ```
pub fn compile(patterns: &[&str], fold: bool) -> Result<Dfa, RegexError> {
    let parse = |(index, pattern): (usize, &&str)| {
        syntax::parse(pattern).map_err(|error| RegexError {
            pattern: index,
            offset: error.offset,
            kind: error.kind,
            message: error.message,
        })
    };
    let asts = patterns.iter().enumerate().map(parse).collect::<Result<Vec<_>, _>>()?;
    let ast = syntax::Ast::Union(asts);
    determinize::determinize(&ast, fold)
        .and_then(|raw| minimize::minimize(&raw))
        .map(|tables| Dfa {
            parts: parts::parts(&ast, fold),
            texts: parts::texts(&ast).unwrap_or_default(),
            ..tables
        })
        .map_err(|TooComplex(what)| {
            let whose = if patterns.len() > 1 {
                "these patterns together need"
            } else {
                "this pattern needs"
            };
            RegexError {
                pattern: 0,
                offset: 0,
                kind: RegexErrorKind::TooLarge,
                message: format!("{whose} {what}"),
            }
        })
}

impl Dfa {
    /// Whether the automaton matches a value.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let mut state = self.start;
        for c in value.chars() {
            if state <= ALL {
                break;
            }
            let at = usize::from(self.class(c)) * usize::from(self.states) + usize::from(state);
            state = self.table[at];
        }
        state == ALL || state >= self.accept
    }

    /// Whether no value matches.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.start == DEAD
    }

    /// Whether many values are read to their end before it is clear that they do not match: most characters
    /// may come first.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let states = usize::from(self.states);
        let first =
            |class: &&u8| self.table[usize::from(**class) * states + usize::from(self.start)];
        self.ascii.iter().filter(|class| first(class) != DEAD).count() > self.ascii.len() / 2
    }

    /// Whether ASCII characters before the first other one change nothing.
    #[must_use]
    pub fn ignores_leading_ascii(&self) -> bool {
        let states = usize::from(self.states);
        let start = usize::from(self.start);
        self.ascii
            .iter()
            .all(|class| self.table[usize::from(*class) * states + start] == self.start)
    }

    /// Whether every value matches.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.start == ALL
    }

    /// The transition table as the run time reads it: two bytes an entry, little endian.
    #[must_use]
    pub fn table_bytes(&self) -> Vec<u8> {
        self.table.iter().flat_map(|next| next.to_le_bytes()).collect()
    }

    fn class(&self, c: char) -> u8 {
        let code = u32::from(c);
        match self.ascii.get(code as usize) {
            Some(&class) => class,
            None => self.wide[self.wide.partition_point(|&(first, _)| first <= code) - 1].1,
        }
    }
}

/// The state from which nothing matches.
const DEAD: u16 = 0;
/// The state from which everything matches.
const ALL: u16 = 1;

#[cfg(test)]
mod tests {
    use super::syntax::parse;
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let dfa = compile(&[pattern], false).expect(pattern);
        for value in yes {
            assert!(dfa.matches(value), "{pattern:?} on {value:?}");
        }
        for value in no {
            assert!(!dfa.matches(value), "{pattern:?} on {value:?}");
        }
    }

    #[test]
    fn operators() {
        check("", &[""], &["a"]);
        check("net1", &["net1"], &["net1 x", " net1", "NET1", ""]);
        check("a.c", &["abc", "a\nc", "aéc", "a\u{1f600}c"], &["ac", "abbc"]);
        check("[a-c]x?", &["a", "bx"], &["d", "axx", ""]);
        check("[^a-c]", &["d", "é", "\u{10ffff}"], &["a", "", "dd"]);
        check("a*", &["", "aaa"], &["b", "aab"]);
        check("a+", &["a", "aaa"], &["", "b"]);
        check("a{3}", &["aaa"], &["aa", "aaaa"]);
        check("a{2,}", &["aa", "aaaaa"], &["a"]);
        check("a{2,3}", &["aa", "aaa"], &["a", "aaaa"]);
        check("a{0}b", &["b"], &["ab"]);
        check("(ab|cd)+", &["ab", "cdab"], &["", "abc"]);
        check("().*x", &["x", "abx"], &["xa"]);
        check(".*?x", &["x", "abx"], &["", "xa"]);
        check("@x@", &["x", "axb"], &["", "ab"]);
        check("#", &[], &["", "#"]);
        check("a#|b", &["b"], &["a", "a#"]);
        check("\"a.*\\d\"b", &["a.*\\db"], &["axxb"]);
        check("^a$", &["^a$"], &["a"]);
    }

    #[test]
    fn classes() {
        check(r"\d+\D", &["12x"], &["x", "123"]);
        check(r"\w+", &["aZ_9"], &["a b", "é", ""]);
        check(r"\W", &["é", "-"], &["a", "_"]);
        check(r"\s\S", &["\tx", " \u{b}"], &["xx", "\u{a0}x"]);
        check(r"[\d.]+", &["1.2"], &["1a"]);
        check(r"[^\w\\]", &["-"], &["a", "\\"]);
        check(r"[\D]", &["a"], &["1"]);
        check(r"/[a-z0-9\s_\-\\./]+\s", &["/a-b\\ ", "/ \t"], &["/a", "a "]);
        check("[à-ü]", &["é"], &["e", "ý"]);
    }

    #[test]
    fn complement_and_intersection() {
        check("~abc", &["bc", "xbc", "abbc"], &["abc"]);
        check("~(abc)", &["", "ab", "abcd"], &["abc"]);
        check("a~(.*b.*)c", &["ac", "axxc"], &["abc", "axbxc"]);
        check("~~a", &["a"], &["", "b"]);
        check(".*a.*&.*b.*", &["ab", "xbxa"], &["a", "b", ""]);
        check("a&b", &[], &["a", "b", ""]);
        check("a|b&b|c", &["a", "b", "c"], &["d"]);
        check("~(a*)&~(b*)&[ab]*", &["ab", "ba", "aab"], &["", "a", "bb", "abc"]);
        check("(~(a+)&.)*", &["bcd", ""], &["bad"]);
        check("@&~(foo.+)", &["", "foo", "bar"], &["foo1"]);
    }

    #[test]
    fn intervals() {
        check("<1-100>", &["1", "99", "100", "001", "0042"], &["0", "101", "", "1a"]);
        check("<01-15>", &["01", "15"], &["1", "16", "00", "001"]);
        check("<5-3>", &["3", "4", "5"], &["2", "6"]);
        check("<0-10>", &["0", "000", "10"], &["", "11"]);
        check("<7-7>", &["7"], &["07", "6"]);
        check("<8-2147483647>", &["8", "2147483647", "99999999"], &["7", "2147483648"]);
        let dfa = compile(&["<37-2048>", "x<370-512>"], false).unwrap();
        for number in 0..3_000 {
            assert_eq!(dfa.matches(&number.to_string()), (37..=2048).contains(&number));
            assert_eq!(dfa.matches(&format!("x{number}")), (370..=512).contains(&number));
        }
    }

    #[test]
    fn folding() {
        for pattern in ["ab", "[a-b]+", "[A-B]+", "\"aB\"", "(A|b)+"] {
            let dfa = compile(&[pattern], true).unwrap();
            for value in ["ab", "AB", "aB"] {
                assert!(dfa.matches(value), "{pattern} on {value}");
            }
            assert!(!dfa.matches("é"));
        }
        let dfa = compile(&["[^a]é~k"], true).unwrap();
        assert!(dfa.matches("Béx"));
        assert!(!dfa.matches("AéX"));
        assert!(!dfa.matches("bÉx"));
        assert!(!dfa.matches("béK"));
        assert!(dfa.matches("bé\u{212a}"));
    }

    #[test]
    fn lists_are_alternatives() {
        let dfa = compile(&["a+", "b|c", ""], false).unwrap();
        for (value, expected) in [("aa", true), ("b", true), ("c", true), ("", true), ("ab", false)]
        {
            assert_eq!(dfa.matches(value), expected, "{value}");
        }
        let nothing = compile(&[], false).unwrap();
        assert!(nothing.is_never() && !nothing.matches(""));
        let error = compile(&["a", "b", "c)"], false).unwrap_err();
        assert_eq!((error.pattern, error.offset), (2, 1));
    }

    #[test]
    fn what_never_or_always_matches_is_known() {
        for pattern in ["#", "a&b", "a#", "~@", "~(.*)", "[a-c]&[d-f]", "#+"] {
            assert!(compile(&[pattern], false).unwrap().is_never(), "{pattern}");
        }
        for pattern in ["@", ".*", "~#", "a|~a", "(.|..)*", "(.*)*", "@@", "~(ab&c)"] {
            assert!(compile(&[pattern], false).unwrap().is_always(), "{pattern}");
        }
        for pattern in [".+", "", "~()", "a"] {
            let dfa = compile(&[pattern], false).unwrap();
            assert!(!dfa.is_never() && !dfa.is_always(), "{pattern}");
        }
    }

    #[test]
    fn automata_are_minimal() {
        for (patterns, states, classes) in [
            (&["abc"][..], 4, 4),
            (&[".*"], 0, 1),
            (&[".*abc.*"], 3, 4),
            (&["(a|b)*abb"], 4, 3),
            (&["[0-9]{1,3}"], 4, 2),
            (&["aa|ba|ca"], 3, 3),
            (&["a{1000}"], 1001, 2),
            (&["é"], 2, 2),
        ] {
            let dfa = compile(patterns, false).unwrap();
            let found = (usize::from(dfa.states) - 2, dfa.table.len() / usize::from(dfa.states));
            assert_eq!(found, (states, classes), "{patterns:?}");
        }
    }

    #[test]
    fn same_patterns_make_the_same_tables() {
        let patterns = ["(a|~(b&c.*))*x", "[a-f]+<1-77>", ".*(foo|bar|qux).*"];
        let first = compile(&patterns, true).unwrap();
        for _ in 0..5 {
            assert_eq!(compile(&patterns, true).unwrap(), first);
        }
    }

    #[test]
    fn hostile_patterns_end_in_time() {
        let many_letters: String = (0x4e00..0x9000).filter_map(char::from_u32).collect();
        let many_classes: String =
            (0x4e00..0x6000).filter_map(char::from_u32).map(|c| format!("[^{c}]")).collect();
        for pattern in [
            ".*a.{20}".to_owned(),
            "(.*a.{15}&.*b.{15})~(.*c.{15})".to_owned(),
            "((a{1,1000}){1,1000}){1,1000}".to_owned(),
            "(a?){1000}(b?){1000}(a?){1000}".to_owned(),
            format!("({}){{1000}}", "a".repeat(3_000)),
            format!("({})*", "a?".repeat(10_000)),
            "(a|b|ab)*~(.*(a.{10}|b.{11})).*".to_owned(),
            "a".repeat(60_000),
            "~(a".repeat(60) + &"b{1,9})".repeat(60),
            "(.*a.*b.*c){30}".to_owned(),
            (0..400).map(|n| format!(".*{n}.*&")).collect::<String>() + "x",
            (0..400).map(|n| format!(".*a{n}b.*|")).collect::<String>() + "x",
            many_letters,
            many_classes,
        ] {
            let started = std::time::Instant::now();
            let result = compile(&[&pattern], true);
            let took = started.elapsed();
            let short: String = pattern.chars().take(60).collect();
            println!("{took:>10.1?} {} {short}", if result.is_ok() { "ok " } else { "too large" });
            if let Err(error) = result {
                assert_eq!(error.kind, RegexErrorKind::TooLarge, "{short}");
            }
            assert!(took.as_secs() < 10, "{short} took {took:?}");
        }
    }

    /// A small generator of numbers: enough to try many cases, and the same ones each time.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 >> 33).expect("31 bits fit") % end
        }

        fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
            of[self.below(of.len())]
        }

        fn pattern(&mut self, depth: usize) -> String {
            const ATOMS: &[&str] = &[
                "a", "b", "B", "c", "é", ".", "[ab]", "[^a]", "[A-C]", "\\w", "\\.", "@", "#",
                "()", "\"ab\"", "<1-12>", "1",
            ];
            if depth == 0 || self.below(5) == 0 {
                return self.pick(ATOMS).to_owned();
            }
            let x = self.pattern(depth - 1);
            match self.below(10) {
                0..=3 => format!("{x}{}", self.pattern(depth - 1)),
                4 => format!("({x}|{})", self.pattern(depth - 1)),
                5 => format!("({x}&{})", self.pattern(depth - 1)),
                6 => format!("~({x})"),
                _ => {
                    format!("({x}){}", self.pick(&["?", "*", "+", "{2}", "{2,}", "{0,2}", "{1,3}"]))
                }
            }
        }

        fn value(&mut self) -> String {
            let length = self.below(7);
            (0..length).map(|_| self.pick(&["a", "b", "c", "A", "B", "é", ".", "1"])).collect()
        }
    }

    #[test]
    fn same_as_the_reference() {
        let mut random = Random(0x5851_f42d_4c95_7f2d);
        let (mut hits, mut tries, mut with_parts, mut with_texts) = (0, 0, 0, 0);
        for _ in 0..3_000 {
            let depth = 1 + random.below(4);
            let patterns: Vec<String> =
                (0..=random.below(2)).map(|_| random.pattern(depth)).collect();
            let fold = random.below(2) == 0;
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let dfa = compile(&patterns, fold).expect("a small pattern");
            let asts: Vec<_> = patterns.iter().map(|pattern| parse(pattern).unwrap()).collect();
            for _ in 0..40 {
                let value = random.value();
                let expected = asts.iter().any(|ast| reference::matches(ast, &value, fold));
                assert_eq!(dfa.matches(&value), expected, "{patterns:?} {fold} on {value:?}");
                hits += usize::from(expected);
                tries += 1;
            }
            for ast in &asts {
                let parts = parts::parts(ast, fold);
                let texts = parts::texts(ast);
                for text in texts.iter().flatten() {
                    assert!(reference::matches(ast, text, fold), "{patterns:?} {fold} on {text:?}");
                }
                let hits = (0..40).map(|_| random.value());
                for mut value in hits.filter(|value| reference::matches(ast, value, fold)) {
                    if fold {
                        value.make_ascii_lowercase();
                    }
                    let found = parts.is_empty() || parts.iter().any(|part| value.contains(part));
                    assert!(found, "{patterns:?} {fold}: none of {parts:?} in {value:?}");
                    with_parts += usize::from(!parts.is_empty());
                    if let Some(texts) = &texts {
                        let is_value = |text: &String| {
                            if fold { text.eq_ignore_ascii_case(&value) } else { *text == value }
                        };
                        assert!(texts.iter().any(is_value), "{patterns:?} {fold}: no {value:?}");
                        with_texts += 1;
                    }
                }
            }
        }
        assert!((tries / 5..tries * 4 / 5).contains(&hits), "{hits} of {tries} match");
        assert!(with_texts > 100, "only {with_texts} matches are among few");
        assert!(with_parts > 1_000, "only {with_parts} matches have known parts");
    }

    #[test]
    fn ascii_that_changes_nothing() {
        for (pattern, ignored) in [
            (".*[à-ü].*", true),
            (".*[à-ü]+[a-z]", true),
            ("[^a]*é", false),
            ("é.*", false),
            (".*[a-zà-ü]", false),
        ] {
            let dfa = compile(&[pattern], false).expect(pattern);
            assert_eq!(dfa.ignores_leading_ascii(), ignored, "{pattern:?}");
        }
    }

    #[test]
    fn parts_that_matches_have() {
        for (pattern, fold, parts) in [
            (r"C:\\Temp\\.+", true, &[r"c:\temp\"] as &[&str]),
            (r"[A-Z]:\\.*\.exe", false, &[".exe"]),
            (".*[ ]{20,}x", false, &["                    x"]),
            ("([^ ]+[ ]{3,}[^ ]*){3,}.*", false, &["   "]),
            ("(ab|cd)x{2,3}y", false, &["xxy"]),
            ("(curl|wget) .+", false, &["curl", "wget"]),
            ("(a|ab|b)+", false, &["a", "b"]),
            ("(abc)?d|abcde", false, &["d"]),
            ("[aA]b", false, &["b"]),
            ("[aA]b", true, &["ab"]),
            (".*", false, &[]),
            ("~(abc)", false, &[]),
            ("abc|.", false, &[]),
            ("abcd&.*bc.*", false, &["abcd"]),
        ] {
            assert_eq!(compile(&[pattern], fold).unwrap().parts, parts, "{pattern}");
        }
        assert_eq!(compile(&["x.*yz", "[0-9]w"], false).unwrap().parts, ["w", "yz"]);
    }

    #[test]
    fn few_texts_that_match() {
        for (pattern, texts) in [
            ("a[bc]", &["ab", "ac"] as &[&str]),
            ("(cmd|net1?)\\.exe", &["cmd.exe", "net.exe", "net1.exe"]),
            ("a{1,3}|aa", &["a", "aa", "aaa"]),
            ("(ab){2}", &["abab"]),
            ("", &[""]),
            ("a*", &[]),
            ("[^a]", &[]),
            ("[a-z][0-9]", &[]),
            ("[a-z0-9]{2}", &[]),
            ("(a|b){7}", &[]),
            ("a&a", &[]),
        ] {
            assert_eq!(compile(&[pattern], false).unwrap().texts, texts, "{pattern}");
        }
        assert_eq!(compile(&[r"[a-z0-9]\.exe"], true).unwrap().texts.len(), 36);
        assert_eq!(compile(&["ab", "cd|ab"], true).unwrap().texts, ["ab", "cd"]);
    }

    /// Every regular expression of the corpus compiles, quickly and into small tables.
    #[test]
    fn corpus() {
        let Ok(corpus) = std::env::var("EQL_CORPUS") else {
            println!("skipped: EQL_CORPUS is not set");
            return;
        };
        let path = std::path::Path::new(&corpus).join("detection-rules.open.ndjson.zst");
        let output = std::process::Command::new("zstd").arg("-dqc").arg(path).output().unwrap();
        let mut count = 0;
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let rule: serde_json::Value = serde_json::from_str(line).unwrap();
            let query = rule["rule"]["query"].as_str().unwrap();
            for (fold, patterns) in regexes(query) {
                let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
                let started = std::time::Instant::now();
                let dfa = compile(&patterns, fold).unwrap_or_else(|e| panic!("{patterns:?}: {e}"));
                let took = started.elapsed();
                println!(
                    "{took:>10.1?} {:>5} states {:>6} bytes {patterns:?}",
                    dfa.states,
                    dfa.table.len() * 2
                );
                assert!(took.as_millis() < 1_000, "{patterns:?} took {took:?}");
                assert!(!dfa.is_never() && !dfa.is_always(), "{patterns:?}");
                count += 1;
            }
        }
        assert!(count >= 28, "only {count} uses found");
    }

    /// The uses of `regex` in a query, read in the simplest way that works for the corpus.
    fn regexes(query: &str) -> Vec<(bool, Vec<String>)> {
        let uses = query.split(" regex").skip(1);
        uses.filter_map(|rest| {
            let (fold, rest) = rest.strip_prefix('~').map_or((false, rest), |rest| (true, rest));
            let mut rest = rest.trim_start();
            let list = rest.strip_prefix('(');
            rest = list.unwrap_or(rest);
            let mut patterns = Vec::new();
            loop {
                rest = rest.trim_start_matches([',', ' ', '\n']);
                let (text, after) = if let Some(raw) = rest.strip_prefix("\"\"\"") {
                    raw.split_once("\"\"\"")?
                } else {
                    rest.strip_prefix('"')?.split_once('"')?
                };
                let raw = rest.starts_with("\"\"\"");
                patterns.push(if raw { text.to_owned() } else { text.replace("\\\\", "\\") });
                rest = after;
                if list.is_none() || rest.trim_start().starts_with(')') {
                    return Some((fold, patterns));
                }
            }
        })
        .collect()
    }
}
