//! Chance, the same on every machine, and the values that queries and events have in common.
//!
//! The pools are small on purpose: two values drawn from one are often equal, and nearly equal otherwise.

use eql_grammar::schema::Type;
use serde_json::{Value, json};

/// Numbers from a seed.
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// From 0 to `below`, which it is not.
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0.usize(..below)
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, pool: &[&'a T]) -> &'a T {
        pool[self.roll(pool.len())]
    }

    pub(crate) fn take<T: Clone>(&mut self, pool: &[T]) -> T {
        pool[self.roll(pool.len())].clone()
    }

    /// The number of one of the choices, each as likely as its weight says.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.roll(weights.iter().sum());
        for (number, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return number,
            }
        }
        weights.len()
    }

    /// A text that events hold and queries ask for.
    pub(crate) fn word(&mut self) -> String {
        match self.weighted(&[52, 18, 18, 12]) {
            0 => self.pick(COMMON).to_owned(),
            1 => self.pick(RARE).to_owned(),
            2 => {
                let alphabet = ['a', 'b', 'A', 'B', 'c', 'é'];
                (0..=self.roll(4)).map(|_| self.take(&alphabet)).collect()
            }
            // Long enough that what is looked for begins more than once.
            _ => {
                (0..6 + self.roll(7)).map(|_| self.take(&['a', 'a', 'b', 'b', 'B', 'é'])).collect()
            }
        }
    }

    /// A whole number in decimal.
    pub(crate) fn integer(&mut self) -> i64 {
        match self.weighted(&[88, 8, 4]) {
            0 => i64::try_from(self.roll(9)).expect("small") - 2,
            1 => i64::try_from(self.roll(40)).expect("small") - 10,
            _ => self.take(&[i64::MAX, i64::MIN + 1, 1 << 40, 1000]),
        }
    }
}

const COMMON: &[&str] = &["a", "b", "ab", "aB", "AB", "abc", "ABC", "cba", "aab", "é", "k"];

const RARE: &[&str] = &[
    "",
    "É",
    "K",
    // The Kelvin sign, which is a `k` to those who fold more than ASCII.
    "\u{212a}",
    "ß",
    "*",
    "a*b",
    "a?",
    "?",
    "\\",
    "C:\\ab",
    "c:\\AB\\c",
    "a\nb",
    "a\"b",
    "a.b",
    "1",
    "12",
    "-3",
    "2.5",
    " 7 ",
    "0x1f",
    "z",
    "true",
    "false",
    "10.0.0.1",
    "a😀b",
    "😀",
    "1.10.0",
    "a\0b",
];

/// Texts of the kinds that stand for something else.
pub(crate) const ADDRESSES: &[&str] = &[
    "10.0.0.1",
    "10.1.2.3",
    "192.168.0.7",
    "::ffff:10.0.0.1",
    "::1",
    "fe80::1",
    "2001:db8::7",
    "2001:DB8:0::7",
];

pub(crate) const NETWORKS: &[&str] = &[
    "10.0.0.0/8",
    "10.1.77.3/16",
    "192.168.0.7/32",
    "192.168.0.7",
    "0.0.0.0/0",
    "::/0",
    "::/64",
    "fe80::/10",
    "2001:db8::/32",
    "::1",
];

pub(crate) const DATES: &[&str] = &[
    "2026",
    "2026-01",
    "2026-01-01",
    "2026-01-01T",
    "2026-01-01T00",
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "2025-12-31T23:30:00-0030",
    "2026-01-01T10:00:00.123Z",
    "2026-01-01T10:00:00.123456Z",
    "2026-01-01T10:00:00.123000001Z",
    "2026-02-03T04:05",
    "1767225600000",
    "1767225600001",
    "1969-12-31T23:59:59.999Z",
];

pub(crate) const VERSIONS: &[&str] =
    &["1.2.0", "1.10.0", "1.2", "1.2.0-rc.1", "1.2.0-2", "1.2.0+b1", "2", "bad", "01.2", "", "1.5"];

/// Fields of every type, with those that `eql.toml` declares.
pub(crate) const FIELDS: &[(&str, Type)] = &[
    ("process.name", Type::Keyword),
    ("process.args", Type::Keyword),
    ("process.executable", Type::Keyword),
    ("user.name", Type::Keyword),
    ("process.pid", Type::Long),
    ("process.args_count", Type::Long),
    ("acme.size", Type::UnsignedLong),
    ("acme.count", Type::UnsignedLong),
    ("acme.score", Type::Double),
    ("acme.load", Type::Double),
    ("acme.flag", Type::Boolean),
    ("process.code_signature.trusted", Type::Boolean),
    ("source.ip", Type::Ip),
    ("destination.ip", Type::Ip),
    ("file.mtime", Type::Date),
    ("acme.seen", Type::Date),
    ("acme.release", Type::Version),
    ("acme.built_with", Type::Version),
];

/// Optional fields that no index maps.
pub(crate) const UNKNOWN: &[&str] = &["?acme.none", "?nowhere", "?`process`.nobody"];

/// What stands in `eql.toml`.
pub(crate) const CONFIG: &str = r#"[fields]
"acme.size" = "unsigned_long"
"acme.count" = "unsigned_long"
"acme.score" = "double"
"acme.load" = "double"
"acme.flag" = "boolean"
"acme.seen" = "date"
"acme.release" = "version"
"acme.built_with" = "version"
"acme.items.name" = "keyword"
"acme.items.pid" = "long"
"acme.items.parts.name" = "keyword"
"acme.items.parts.pid" = "double"
"#;

/// A value as a document may hold it in a field of this type; some are of another type altogether.
pub(crate) fn value(dice: &mut Dice, ty: Type) -> Value {
    if dice.chance(5) {
        return odd_value(dice);
    }
    match ty {
        Type::Keyword => match dice.weighted(&[90, 5, 5]) {
            0 => dice.word().into(),
            1 => dice.integer().into(),
            _ => dice.take(&[json!(true), json!(1.5), json!(2.0), json!(-0.25)]),
        },
        Type::Long => match dice.weighted(&[80, 20]) {
            0 => dice.integer().into(),
            _ => dice.take(&[
                json!("3"),
                json!("+4"),
                json!("-1"),
                json!("2.9"),
                json!("1e0"),
                json!(2.9),
                json!(-0.5),
                json!("-1.5"),
            ]),
        },
        Type::UnsignedLong => match dice.weighted(&[80, 20]) {
            0 => dice.roll(7).into(),
            _ => dice.take(&[
                json!("5"),
                json!(-1),
                json!(2.0),
                json!(2.5),
                json!("2.0"),
                json!(u64::MAX),
                json!(u64::MAX - 1),
            ]),
        },
        Type::Double => match dice.weighted(&[40, 60]) {
            0 => dice.roll(5).into(),
            _ => dice.take(&[
                json!(0.5),
                json!(2.5),
                json!(-1.5),
                json!("2.5"),
                json!("nan"),
                json!(1e10),
                json!(0.1),
                json!(1.5e-5),
            ]),
        },
        Type::Boolean => dice.take(&[
            json!(true),
            json!(false),
            json!(true),
            json!(false),
            json!("true"),
            json!("false"),
            json!(""),
            json!("True"),
        ]),
        Type::Ip => dice.pick(ADDRESSES).into(),
        Type::Date => match dice.weighted(&[70, 30]) {
            0 => dice.pick(DATES).into(),
            _ => dice.take(&[
                json!(1_767_225_600_000_i64),
                json!(1_767_225_600_001_i64),
                json!(1_767_225_600_000.5),
                json!(-1),
                json!("2026-1-1"),
            ]),
        },
        Type::Version => match dice.weighted(&[90, 10]) {
            0 => dice.pick(VERSIONS).into(),
            _ => dice.take(&[json!(2), json!(1.5)]),
        },
        Type::Null => Value::Null,
    }
}

/// What fits few fields.
fn odd_value(dice: &mut Dice) -> Value {
    dice.take(&[
        json!("x"),
        json!(5),
        json!(true),
        json!({"x": 1}),
        json!("1_000"),
        json!("0x10"),
        json!(" 1"),
        json!("infinity"),
    ])
}

/// The text as EQL writes a string.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:02x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
