//! The run time's globs, made of the compiler's patterns, against the compiler's reference matcher.

use eql::__private::{
    Gap, Glob, GlobKind, Needle, Piece, Pieces, any_glob, any_glob_fold, glob, glob_fold,
};
use eql_grammar::wildcard::{self, Wildcard, WildcardKind, classify, classify_fold, rare_byte};

/// What generated code spells out as constants.
fn glob_of(wildcard: &Wildcard) -> Glob {
    let kind = match &wildcard.kind {
        WildcardKind::Any => GlobKind::Any,
        WildcardKind::Exact(text) => GlobKind::Exact(leak(text)),
        WildcardKind::Prefix(text) => GlobKind::Prefix(leak(text)),
        WildcardKind::Suffix(text) => GlobKind::Suffix(leak(text)),
        WildcardKind::Contains(text) => GlobKind::Contains(needle_of(text)),
        WildcardKind::Ends { prefix, suffix } => {
            GlobKind::Ends { prefix: leak(prefix), suffix: leak(suffix) }
        }
        WildcardKind::Whole(piece) => GlobKind::Whole(Box::leak(Box::new(piece_of(piece)))),
        WildcardKind::Pieces { prefix, middles, suffix } => {
            GlobKind::Pieces(Box::leak(Box::new(Pieces {
                prefix: piece_of(prefix),
                middles: middles.iter().map(piece_of).collect::<Vec<_>>().leak(),
                suffix: piece_of(suffix),
            })))
        }
    };
    Glob { skip: wildcard.skip, kind }
}

fn piece_of(piece: &wildcard::Piece) -> Piece {
    let gap = |gap: &wildcard::Gap| Gap { any: gap.any, text: leak(&gap.text) };
    let tail = piece.tail.iter().map(gap).collect::<Vec<_>>().leak();
    Piece { head: needle_of(&piece.head), tail }
}

fn needle_of(text: &str) -> Needle {
    Needle { text: leak(text), rare: rare_byte(text) }
}

fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
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

/// Checks one pattern on one value, both ways.
fn check(pattern: &str, folded: &Glob, exact: &Glob, value: &str) -> (bool, bool) {
    let with_case = wildcard::matches(pattern, value, false);
    assert_eq!(glob(value, exact), with_case, "{pattern:?} on {value:?}");
    let without_case = wildcard::matches(pattern, value, true);
    assert_eq!(glob_fold(value, folded), without_case, "{pattern:?} ignoring case on {value:?}");
    (with_case, without_case)
}

#[test]
fn same_as_the_reference() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let pattern_alphabet: Vec<char> = "aAb\\é日**??".chars().collect();
    let value_alphabet: Vec<char> = "aaAbB\\é日\n".chars().collect();
    let mut hits = 0;
    for _ in 0..6_000 {
        let pattern = random.string(&pattern_alphabet, 9);
        let (exact, folded) = (glob_of(&classify(&pattern)), glob_of(&classify_fold(&pattern)));
        for _ in 0..60 {
            let value = random.string(&value_alphabet, 12);
            hits += usize::from(check(&pattern, &folded, &exact, &value).1);
        }
        // Values made from the pattern, so that long patterns match too.
        for _ in 0..20 {
            let mut value = String::new();
            for c in pattern.chars() {
                match c {
                    '*' => value.push_str(&random.string(&value_alphabet, 3)),
                    '?' => value.push(value_alphabet[random.below(value_alphabet.len())]),
                    c if random.below(2) == 0 => value.push(c.to_ascii_uppercase()),
                    c => value.push(c),
                }
            }
            assert!(check(&pattern, &folded, &exact, &value).1, "{pattern:?} on {value:?}");
        }
    }
    assert!(hits > 10_000, "the random values hardly ever match: {hits}");
}

#[test]
fn lists_match_when_one_pattern_does() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let pattern_alphabet: Vec<char> = "abA*??".chars().collect();
    let value_alphabet: Vec<char> = "abABé".chars().collect();
    for _ in 0..2_000 {
        let count = random.below(6);
        let patterns: Vec<String> =
            (0..count).map(|_| random.string(&pattern_alphabet, 6)).collect();
        let exact: Vec<Glob> = patterns.iter().map(|p| glob_of(&classify(p))).collect();
        let folded: Vec<Glob> = patterns.iter().map(|p| glob_of(&classify_fold(p))).collect();
        for _ in 0..40 {
            let value = random.string(&value_alphabet, 6);
            let any = |fold| patterns.iter().any(|p| wildcard::matches(p, &value, fold));
            assert_eq!(any_glob(&value, &exact), any(false), "{patterns:?} on {value:?}");
            assert_eq!(any_glob_fold(&value, &folded), any(true), "{patterns:?} on {value:?}");
        }
    }
}

#[test]
fn constants_can_be_written_out() {
    static GLOBS: [Glob; 3] = [
        Glob { skip: 1, kind: GlobKind::Prefix(":\\windows\\") },
        Glob { skip: 0, kind: GlobKind::Contains(Needle { text: "appdata", rare: 1 }) },
        Glob {
            skip: 0,
            kind: GlobKind::Pieces(&Pieces {
                prefix: Piece { head: Needle { text: "a", rare: 0 }, tail: &[] },
                middles: &[Piece {
                    head: Needle { text: "b", rare: 0 },
                    tail: &[Gap { any: 1, text: "c" }],
                }],
                suffix: Piece { head: Needle { text: "", rare: 0 }, tail: &[] },
            }),
        },
    ];
    assert!(any_glob_fold("C:\\Windows\\notepad.exe", &GLOBS));
    assert!(any_glob_fold("x\\AppData\\y", &GLOBS));
    assert!(any_glob_fold("a-b.c-", &GLOBS));
    assert!(!any_glob_fold("a-bc-", &GLOBS));
    assert!(!any_glob("C:\\Windows\\notepad.exe", &GLOBS));
}

/// A pattern that makes a backtracking matcher take exponential time.
#[test]
fn hostile_pattern_takes_no_time() {
    let pattern = "*a".repeat(200) + "b";
    let value = "a".repeat(20_000);
    let started = std::time::Instant::now();
    assert!(!glob_fold(&value, &glob_of(&classify_fold(&pattern))));
    assert!(started.elapsed().as_secs() < 2);
}

/// Every list of the corpus that looks like wildcards, on values made from it.
#[test]
fn corpus_patterns() {
    let Ok(corpus) = std::env::var("EQL_CORPUS") else {
        println!("skipped: EQL_CORPUS is not set");
        return;
    };
    let path = std::path::Path::new(&corpus).join("detection-rules.open.ndjson.zst");
    let output = std::process::Command::new("zstd").arg("-dqc").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut random = Random(0xdead_beef_cafe_f00d);
    let alphabet: Vec<char> = "aX\\ é.".chars().collect();
    let mut count = 0;
    for line in text.lines() {
        let rule: serde_json::Value = serde_json::from_str(line).unwrap();
        let query = rule["rule"]["query"].as_str().unwrap();
        for pattern in query.split('"').skip(1).step_by(2).filter(|p| p.contains(['*', '?'])) {
            let pattern = pattern.replace("\\\\", "\\");
            let (exact, folded) = (glob_of(&classify(&pattern)), glob_of(&classify_fold(&pattern)));
            count += 1;
            for _ in 0..5 {
                let mut value = String::new();
                for c in pattern.chars() {
                    match c {
                        '*' => value.push_str(&random.string(&alphabet, 8)),
                        '?' => value.push(alphabet[random.below(alphabet.len())]),
                        c => value.push(c),
                    }
                }
                assert!(check(&pattern, &folded, &exact, &value).0);
                assert!(check(&pattern, &folded, &exact, &value.to_ascii_uppercase()).1);
                if let Some((at, _)) = value.char_indices().nth(random.below(value.len() + 1)) {
                    value.remove(at);
                    check(&pattern, &folded, &exact, &value);
                }
            }
        }
    }
    assert!(count > 3_000, "only {count} patterns found");
}
