//! No text makes the front end slow, deep or panic.

use std::time::{Duration, Instant};

use eql_grammar::{
    ast::{Dialect, Query},
    diag::{Code, Diagnostics},
    parser::parse,
    report::{SourceText, render},
};

/// Parses within the time that even a busy machine and a debug build need for 60 KiB.
fn quick(name: &str, text: &str) -> Result<Query, Diagnostics> {
    let start = Instant::now();
    let result = parse(text, Dialect::Endpoint);
    if let Err(errors) = &result {
        let errors = errors.clone().into_sorted();
        assert!(!errors.is_empty(), "{name}");
        assert!(!render(&errors, &SourceText::new(None, text), false).is_empty(), "{name}");
    }
    let elapsed = start.elapsed();
    println!("{name}: {} bytes in {elapsed:?}", text.len());
    assert!(elapsed < Duration::from_secs(5), "{name} took {elapsed:?}");
    result
}

fn codes(result: Result<Query, Diagnostics>) -> Vec<Code> {
    match result {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_sorted().iter().map(|error| error.code).collect(),
    }
}

const SIZE: usize = 60 * 1024;

#[test]
fn repeated_pieces_are_read_in_linear_time() {
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        "![",
        "not ",
        "NOT ",
        "- ",
        "+ ",
        "-+",
        "x in (",
        "f(",
        "(x or ",
        "descendant of [a where ",
        "x:",
        "x:(",
        "x and ",
        "x.",
        "x[0]",
        "?x",
        ",",
        "|",
        "| head 1 ",
        "[a where b] ",
        "1+",
        "1 +(",
        "x == ",
        "x < y ",
        "`",
        "``",
        "\"",
        "\"\" ",
        "\"\"\"",
        "'",
        "'' ",
        "\\",
        "\"\\",
        "/*",
        "/**/",
        "//",
        "\u{e9}",
        "\u{1f600}",
        "$",
        "$x",
        "$x.",
        "=",
        "==",
        "!",
        "!=",
        "~",
        "x~",
        "x~(",
        "in",
        "in~",
        "like~ ",
        ";",
        "&&",
        "||",
        "sequence ",
        "by ",
        "with ",
        "where ",
        "a where x ",
        "until [",
        "\n",
        "\t",
        "\r\n",
        "x = 1 and ",
        "x not like \"a\" and ",
        "x in () or ",
        "(x) ",
        "()",
        "0x",
        "1e",
        "1e9 ",
        ".",
        ".5",
        "TRUE and ",
        "\"a\", ",
        "x:(\"a\",\"b\") or ",
        "(x and y) or ",
        "and ",
        "\u{0}",
        "\u{feff}",
        "@",
        "as x ",
    ];
    for prefix in ["", "a where ", "sequence by "] {
        for piece in pieces {
            let text = format!("{prefix}{}", piece.repeat(SIZE / 6 / piece.len()));
            let _ = quick(&format!("{prefix:?} {piece:?}"), &text);
        }
    }
}

#[test]
fn large_texts_are_read_in_linear_time() {
    let condition =
        |part: &str| format!("a where {part}x", part = part.repeat((SIZE - 20) / part.len()));
    let good = [
        condition("x == \"a\" and "),
        condition("x : (\"a*\", \"?b\") or "),
        condition("not (x in (1, 2)) or "),
        format!("a where x in ({} 1)", "1, ".repeat(20_000)),
        format!("a where x == \"{}\"", "\\\\".repeat(30_000)),
        format!("a where {} x", "/* c */ ".repeat(7_000)),
    ];
    for text in good {
        assert_eq!(codes(quick(&text[..24], &text)), []);
    }
    let bad = [
        condition("x == and "),
        condition("x = 1 and "),
        condition("x y or "),
        condition("(x == ) and "),
    ];
    for text in bad {
        assert_ne!(codes(quick(&text[..24], &text)), []);
    }
}

/// What opens a level, what closes it, and what stands innermost.
const LEVELS: [(&str, &str); 7] = [
    ("(", ")"),
    ("f(", ")"),
    ("x in (", ")"),
    ("g(1, x) : \"a\" or (", ")"),
    ("descendant of [a where ", "]"),
    ("not ", ""),
    ("- ", ""),
];

#[test]
fn nesting_is_bounded() {
    for (open, close) in LEVELS {
        let text = |levels: usize, core: &str| {
            format!("a where {}{core}{}", open.repeat(levels), close.repeat(levels))
        };
        assert_eq!(codes(quick(open, &text(128, "x"))), [], "{open}");
        assert_eq!(codes(quick(open, &text(129, "x"))), [Code::TooDeep], "{open}");
        assert_eq!(codes(quick(open, &text(128, "+"))), [Code::TooDeep], "{open}");
        // A mistake at the bottom is found once, and not once a level.
        let mistakes = codes(quick(open, &text(120, "x y")));
        assert!((1..=2).contains(&mistakes.len()), "{open}: {mistakes:?}");
        let unclosed = format!("a where {}", open.repeat((SIZE - 8) / open.len()));
        assert!(codes(quick(open, &unclosed)).contains(&Code::TooDeep), "{open}");
    }
}

#[test]
fn every_way_to_nest_counts() {
    // 64 brackets with a `not` each, and as many signs.
    let mixed =
        |levels: usize| format!("a where {}x{}", "not (".repeat(levels), ")".repeat(levels));
    assert_eq!(codes(quick("not (", &mixed(64))), []);
    assert_eq!(codes(quick("not (", &mixed(65))), [Code::TooDeep]);
    // A chain of arithmetic leans to the left: as deep as it is long.
    let chain = |length: usize| format!("a where {}x", "1 + ".repeat(length));
    assert_eq!(codes(quick("chain", &chain(128))), []);
    assert_eq!(codes(quick("chain", &chain(129))), [Code::TooDeep]);
    assert_eq!(codes(quick("chain", &chain(15_000))), [Code::TooDeep]);
    // Brackets side by side do not add up, nor do `and` and `or`.
    let wide = format!("a where {}x", "not (x) and -(1) < 2 or ".repeat(2_000));
    assert_eq!(codes(quick("wide", &wide)), []);
}

#[test]
fn a_text_has_64_kib_at_most() {
    let text = |bytes: usize| format!("a where x{}", " ".repeat(bytes - 9));
    assert_eq!(codes(quick("64 KiB", &text(64 * 1024))), []);
    assert_eq!(codes(quick("64 KiB and one", &text(64 * 1024 + 1))), [Code::TooLong]);
    assert_eq!(codes(quick("one character more", &"\u{1f600}".repeat(20_000))), [Code::TooLong]);
}

#[test]
fn every_prefix_and_every_cut_of_a_text_is_safe() {
    let text = "sequence by a, ?b with maxspan=1m\n [p where x : (\"a*\", \"é\\n\") and not f~(`q``r`, 1.5e3) in~ (\"\"\"c\"\"\")] \
                by c with runs=3 // d\n ![any where descendant of [b where _arraysearch(x, $e, $e.f == 1)]] as event0 /* e */ \
                until [\"z\" where true] | head 5";
    parse(text, Dialect::Endpoint).unwrap();
    let ends: Vec<usize> = (0..=text.len()).filter(|&i| text.is_char_boundary(i)).collect();
    for (index, &at) in ends.iter().enumerate() {
        let _ = quick("prefix", &text[..at]);
        for &to in &ends[index..(index + 3).min(ends.len())] {
            let _ = quick("cut", &format!("{}{}", &text[..at], &text[to..]));
        }
        for other in ["(", "\"", "'", "é", "\\", "`", "]", "not", "=", "$", "0", "\u{0}"] {
            let _ = quick("insertion", &format!("{}{other}{}", &text[..at], &text[at..]));
        }
    }
}
