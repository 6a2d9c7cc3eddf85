//! The run time's automaton, over tables that the compiler made, against the compiler's own.

use eql::__private::{Dfa, skip_ascii};
use eql_grammar::regex::{self, compile};

/// What generated code spells out as constants.
fn dfa_of(dfa: &regex::Dfa) -> Dfa {
    Dfa {
        ascii: Box::leak(Box::new(dfa.ascii)),
        wide: dfa.wide.clone().leak(),
        states: dfa.states,
        start: dfa.start,
        accept: dfa.accept,
        table: dfa.table_bytes().leak(),
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

    fn string(&mut self, alphabet: &[char], longest: usize) -> String {
        let length = self.below(longest + 1);
        (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

const PATTERNS: &[&[&str]] = &[
    &[],
    &["@"],
    &["a.c"],
    &["[^a]*"],
    &["(ab|cé)+", "<1-12>"],
    &[".*[à-ü]\\d?"],
    &[".*é+.*", ".*日"],
    &["[\u{80}-\u{7ff}]+", "[\u{10000}-\u{10ffff}].*"],
    &["~(.*ab.*)"],
    &[".*a.*&.*b.*&~(.*1.*)"],
    &["a{1,}b?.?"],
    &["x.*", ".*a"],
];

#[test]
fn same_as_the_compiler() {
    let mut random = Random(0x853c_49e6_748f_ea9b);
    let alphabet: Vec<char> = "aAbBcé12x\u{7f}\u{80}日\u{1f600}\u{10ffff}".chars().collect();
    let ascii: Vec<char> = "aAbB12x\u{7f}".chars().collect();
    for patterns in PATTERNS {
        for fold in [false, true] {
            let compiled = compile(patterns, fold).unwrap();
            let dfa = dfa_of(&compiled);
            let skips = compiled.ignores_leading_ascii();
            let (mut hits, mut long) = (0, 0);
            for _ in 0..4_000 {
                let value = random.string(&alphabet, 6);
                let expected = compiled.matches(&value);
                if skips {
                    let value = format!("{}{value}", random.string(&ascii, 80));
                    let left = skip_ascii(&value);
                    assert_eq!(
                        dfa.matches(left),
                        compiled.matches(&value),
                        "{patterns:?} {value:?}"
                    );
                    long += usize::from(left.len() < value.len());
                }
                assert_eq!(dfa.matches(&value), expected, "{patterns:?} {fold} on {value:?}");
                hits += usize::from(expected);
            }
            assert_eq!(skips, long > 0, "{patterns:?} {fold}");
            assert_eq!(hits == 0, compiled.is_never(), "{patterns:?} {fold}");
            assert_eq!(hits == 4_000, compiled.is_always(), "{patterns:?} {fold}");
        }
    }
}

#[test]
fn random_patterns() {
    let mut random = Random(0xda3e_39cb_94b9_5bdb);
    let pattern_alphabet: Vec<char> = "aabBé.[](|)*?+&~^-12{}<>\"\\@#".chars().collect();
    let value_alphabet: Vec<char> = "aAbBé12-[\n".chars().collect();
    let mut compiles = 0;
    for _ in 0..20_000 {
        let pattern = random.string(&pattern_alphabet, 8);
        match compile(&[&pattern], true) {
            Ok(compiled) => {
                compiles += 1;
                let dfa = dfa_of(&compiled);
                for _ in 0..8 {
                    let value = random.string(&value_alphabet, 6);
                    assert_eq!(dfa.matches(&value), compiled.matches(&value), "{pattern:?}");
                }
            }
            Err(error) => {
                assert!(pattern.is_char_boundary(error.offset), "{pattern:?}: {error:?}");
                assert!(!error.message.is_empty() && !error.message.ends_with('.'));
            }
        }
    }
    assert!(compiles > 2_000, "only {compiles} of the patterns compile");
}
