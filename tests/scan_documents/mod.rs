//! Documents made of choices, damage done to them, and the comparison of the scanner with `serde_json`.
//!
//! The fuzz target `scan` uses this file too: it makes the same choices out of the bytes of its input.

#![allow(dead_code)] // each user has its part

use eql::json::{HasObjects as _, Scalar};
use eql::scan::{Backend, Flaw, Projection, Raw, Scan};
use serde_json::Value;

/// Wanted fields: nested, prefixes of each other, with odd dots, with characters that keys escape, long ones.
pub(crate) const PATHS: &[&str] = &[
    "a",
    "a.b",
    "a.b.c",
    "a.b.c.d",
    "b",
    "b.a",
    "b.c.a",
    "c",
    "c.",
    ".c",
    "..",
    ".",
    "",
    "a..b",
    "a.b.",
    "d",
    "d",
    "é.ü",
    "q\"q.b",
    "back\\slash",
    "\u{1}.a",
    "process.name",
    "process.Ext.effective_parent.name",
    "a key of more than thirty-two bytes in all.b",
    "a key that is longer than what a guess may hold, which is sixty-four bytes in all.a",
];

const KEYS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "a",
    "b",
    "c",
    "",
    "a.b",
    "b.c",
    "a.b.c",
    "b.c.d",
    "c.d",
    ".",
    "..",
    ".b",
    "a.",
    "b.",
    "x",
    "xx",
    "A",
    "é",
    "é.ü",
    "ü",
    "q\"q",
    "q\"q.b",
    "back\\slash",
    "\u{1}",
    "\u{1}.a",
    "process",
    "Ext",
    "name",
    "effective_parent",
    "process.name",
    "Ext.effective_parent",
    "effective_parent.name",
    "a key of more than thirty-two bytes in all",
    "a key of more than thirty-two bytes in all.b",
    "an unwanted key of more than thirty-two bytes",
    "a key that is longer than what a guess may hold, which is sixty-four bytes in all",
];

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "42",
    "4711",
    "0.5",
    "-0.0",
    "1.50",
    "1e3",
    "1E+03",
    "1e-3",
    "-2.5e-7",
    "999999999999999999",
    "-999999999999999999",
    "1000000000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "123456789012345678901234567890.5",
    "2.2250738585072014e-308",
    "1e-400",
    "1e99",
    "1e100",
    "1e308",
    "0e999",
    "0.1",
    "0.30000000000000004",
];

/// What is no JSON, or no finite number, but looks like a value.
const WRONG: &[&str] = &[
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e400",
    "-1e999",
    "+1",
    "0x1",
    "NaN",
    "tru",
    "truee",
    "nul",
    "\"",
    "\"\\",
    "\"\\q\"",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud800\\u0041\"",
    "\"\\u12\"",
    "{",
    "[",
    "[1,]",
    "{\"a\":1,}",
    "[,]",
    "{,}",
    "{]",
    "[}",
    "{\"a\"}",
    "{\"a\" 1}",
    "{1:2}",
    "\u{feff}1",
    "'a'",
    "1 2",
    "\"a\"\"b\"",
];

/// A choice below a bound.
pub(crate) trait Choose {
    /// A number below `bound`, which is not 0.
    fn choose(&mut self, bound: usize) -> usize;

    /// True one time in `n`.
    fn one_in(&mut self, n: usize) -> bool {
        self.choose(n) == n - 1
    }
}

impl Choose for fastrand::Rng {
    fn choose(&mut self, bound: usize) -> usize {
        self.usize(..bound)
    }
}

/// A document: an object, and JSON unless it was chosen to be wrong.
pub(crate) fn document(choose: &mut impl Choose) -> Vec<u8> {
    let mut maker = Maker {
        out: String::new(),
        spaces: choose.choose(4),
        wrong: choose.one_in(8),
        budget: 1 + choose.choose(40),
    };
    maker.object(choose, 0);
    maker.out.into_bytes()
}

struct Maker {
    out: String,
    /// 0 and 1: no white space; 2: after `:` and `,`; 3: anywhere.
    spaces: usize,
    wrong: bool,
    /// How many members and elements there may still be.
    budget: usize,
}

impl Maker {
    fn space(&mut self, choose: &mut impl Choose, after: bool) {
        match self.spaces {
            2 if after => self.out.push(' '),
            3 => {
                for _ in 0..choose.choose(3) {
                    let white =
                        if choose.one_in(20) { ["\t", "\n", "\r"][choose.choose(3)] } else { " " };
                    self.out.push_str(white);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, choose: &mut impl Choose, depth: usize) {
        self.out.push('{');
        self.space(choose, false);
        let count = choose.choose(if depth == 0 { 8 } else { 4 });
        for at in 0..count.min(self.budget) {
            self.budget -= 1.min(self.budget);
            if at > 0 {
                self.space(choose, false);
                self.out.push(',');
                self.space(choose, true);
            }
            let key = KEYS[choose.choose(KEYS.len())];
            self.string(choose, key);
            self.space(choose, false);
            self.out.push(':');
            self.space(choose, true);
            self.value(choose, depth + 1);
        }
        self.space(choose, false);
        self.out.push('}');
    }

    fn array(&mut self, choose: &mut impl Choose, depth: usize) {
        self.out.push('[');
        self.space(choose, false);
        let count = if choose.one_in(40) { 200 } else { choose.choose(4) };
        for at in 0..count {
            if at > 0 {
                self.out.push(',');
                self.space(choose, true);
            }
            self.value(choose, if count > 4 { 9 } else { depth + 1 });
            self.space(choose, false);
        }
        self.out.push(']');
    }

    fn value(&mut self, choose: &mut impl Choose, depth: usize) {
        if self.wrong && choose.one_in(12) {
            self.out.push_str(WRONG[choose.choose(WRONG.len())]);
            return;
        }
        match choose.choose(if depth > 5 { 10 } else { 16 }) {
            0..4 => {
                let text = text(choose);
                self.string(choose, &text);
            }
            4..7 => self.out.push_str(NUMBERS[choose.choose(NUMBERS.len())]),
            7 => self.out.push_str("true"),
            8 => self.out.push_str("false"),
            9 => match choose.choose(60) {
                0 => {
                    let depth = 80 + choose.choose(60);
                    self.out.extend(std::iter::repeat_n('[', depth));
                    self.out.extend(std::iter::repeat_n(']', depth));
                }
                1 => {
                    let depth = 80 + choose.choose(60);
                    self.out.extend(std::iter::repeat_n("{\"a\":", depth));
                    self.out.push('1');
                    self.out.extend(std::iter::repeat_n('}', depth));
                }
                2 => self.out.extend(std::iter::repeat_n('9', 60 + choose.choose(300))),
                _ => self.out.push_str("null"),
            },
            10..13 => self.array(choose, depth),
            _ => self.object(choose, depth),
        }
    }

    /// A string of JSON with some of its characters escaped that need not be.
    fn string(&mut self, choose: &mut impl Choose, text: &str) {
        let often = [1000, 1000, 1000, 6][choose.choose(4)];
        self.out.push('"');
        for char in text.chars() {
            if choose.one_in(often) {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    self.out.push_str(&format!("\\u{unit:04x}"));
                }
                continue;
            }
            match char {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '/' if often < 1000 => self.out.push_str("\\/"),
                '\0'..' ' => self.out.push_str(&format!("\\u{:04X}", char as u32)),
                _ => self.out.push(char),
            }
        }
        self.out.push('"');
    }
}

/// A text whose length falls on either side of the blocks that the scanner reads.
fn text(choose: &mut impl Choose) -> String {
    const PIECES: &[&str] = &[
        "a",
        "bc",
        " ",
        "C:\\Windows\\System32",
        "\\",
        "\\\\",
        "\"",
        "\"\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "é",
        "日本",
        "😀",
        "\n",
        "/",
        "\u{0}",
        "\u{7f}",
        "\u{fffd}",
        "x\\",
        ".exe",
    ];
    let len = match choose.choose(6) {
        0..3 => choose.choose(12),
        3 => 28 + choose.choose(8),
        4 => 60 + choose.choose(8),
        _ => choose.choose(200),
    };
    let plain = choose.choose(3);
    let mut text = String::new();
    while text.len() < len {
        match plain {
            0 => text.push('x'),
            1 if !choose.one_in(30) => text.push('y'),
            _ => text.push_str(PIECES[choose.choose(PIECES.len())]),
        }
    }
    text
}

/// Cuts, flips, doubles or moves some bytes.
pub(crate) fn damage(line: &mut Vec<u8>, choose: &mut impl Choose) {
    const BYTES: &[u8] = b"\"\"\\\\{}[]:,,0-.eutn \t\x00\x1f\x7f\x80\xc3\xf0\xff";
    for _ in 0..=choose.choose(3) {
        if line.is_empty() {
            return;
        }
        let at = choose.choose(line.len());
        match choose.choose(6) {
            0 => line.truncate(at),
            1 => line[at] = BYTES[choose.choose(BYTES.len())],
            2 => line.insert(at, BYTES[choose.choose(BYTES.len())]),
            3 => {
                line.remove(at);
            }
            4 => line[at] ^= 1 << choose.choose(8),
            _ => {
                let end = (at + 1 + choose.choose(16)).min(line.len());
                let piece = line[at..end].to_vec();
                let to = choose.choose(line.len());
                line.splice(to..to, piece);
            }
        }
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Both read it, and found the same.
    Read,
    /// Both refused it.
    Refused,
    /// The scanner read it although `serde_json` does not: what is wrong is where it does not look closely.
    Lenient,
}

/// Scans of all backends, beside `serde_json`.
pub(crate) struct Comparison {
    projection: Projection,
    paths: Vec<&'static str>,
    scans: Vec<Scan>,
}

impl Comparison {
    /// For these fields.
    pub(crate) fn new(paths: &[&'static str]) -> Self {
        Self {
            projection: Projection::new(paths),
            paths: paths.to_vec(),
            scans: Backend::all_here().iter().map(|&backend| Scan::with_backend(backend)).collect(),
        }
    }

    /// Reads a line with every backend.
    ///
    /// # Panics
    /// Where a scan differs from what `serde_json` says.
    pub(crate) fn check(&mut self, line: &[u8]) -> Outcome {
        let expected = serde_json::from_slice::<Value>(line);
        let mut outcomes = self.scans.iter_mut().map(|scan| {
            let result = scan.read(&self.projection, line);
            let shown = || line.escape_ascii().to_string();
            match &expected {
                Ok(document @ Value::Object(_)) => {
                    assert_eq!(result, Ok(()), "{}", shown());
                    assert_eq!(scan.line(), trimmed(line), "{}", shown());
                    for (slot, path) in self.paths.iter().enumerate() {
                        let found = of_scan(scan, slot);
                        assert_eq!(found, of_document(document, path), "{path:?} in {}", shown());
                        assert_eq!(scan.has(slot), !found.is_empty());
                    }
                    Outcome::Read
                }
                _ if result.is_ok() => {
                    assert!(is_balanced(scan.line()), "{}", shown());
                    // Values are text: reading them must not panic.
                    for slot in 0..self.paths.len() {
                        of_scan(scan, slot);
                    }
                    Outcome::Lenient
                }
                refused => {
                    let flaw = match refused {
                        _ if std::str::from_utf8(line).is_err() => Flaw::NotUtf8,
                        Ok(_) => Flaw::NotAnObject,
                        Err(error) if error.to_string().starts_with("recursion limit") => {
                            Flaw::TooDeep
                        }
                        Err(_) => Flaw::NotJson,
                    };
                    assert_eq!(result, Err(flaw), "{}", shown());
                    assert!(scan.line().is_empty());
                    assert!((0..self.paths.len()).all(|slot| !scan.has(slot)));
                    Outcome::Refused
                }
            }
        });
        let first = outcomes.next().expect("there is a backend");
        assert!(outcomes.all(|outcome| outcome == first), "backends differ");
        first
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let is_white = |byte: &u8| b" \t\r\n".contains(byte);
    let start = line.iter().take_while(|byte| is_white(byte)).count();
    let end = line.iter().rev().take_while(|byte| is_white(byte)).count();
    &line[start..line.len() - end]
}

/// The values of a slot, sorted, with floats by their bits.
fn of_scan(scan: &Scan, slot: usize) -> Vec<String> {
    let values = scan.values(slot);
    let len = values.len();
    let mut values: Vec<String> =
        values.map(|raw: Raw<'_>| shown(raw.scalar().expect("a number"))).collect();
    assert_eq!(values.len(), len);
    values.sort();
    values
}

fn of_document(document: &Value, path: &'static str) -> Vec<String> {
    let mut values = Vec::new();
    document.any_object(path, |value| {
        values.extend(Scalar::of(value).map(shown));
        false
    });
    values.sort();
    values
}

fn shown(scalar: Scalar<'_>) -> String {
    match scalar {
        Scalar::Float(float) => format!("Float({:x})", float.to_bits()),
        scalar => format!("{scalar:?}"),
    }
}

/// Whether a line is UTF-8 without control characters, and all its strings and brackets end, which is asked of any
/// line. A backslash takes the quote after it even outside of strings, where there should be none.
fn is_balanced(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let (mut depth, mut inside, mut escaped) = (0_i64, false, false);
    for byte in text.bytes() {
        match byte {
            0..0x20 => return false,
            b'"' if !escaped => inside = !inside,
            b'{' | b'[' if !inside => depth += 1,
            b'}' | b']' if !inside => depth -= 1,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !inside && text.starts_with('{') && text.ends_with('}')
}
