//! Random conditions, as text.

use eql_grammar::ast::Dialect;
use eql_grammar::schema::Type;

use crate::dice::{ADDRESSES, DATES, Dice, FIELDS, NETWORKS, UNKNOWN, VERSIONS, quote};

/// Writes conditions.
pub(crate) struct Writer<'d> {
    pub(crate) dice: &'d mut Dice,
    pub(crate) dialect: Dialect,
    /// Aliases of earlier terms.
    pub(crate) aliases: Vec<String>,
    /// Variables of the enclosing `_arraysearch` calls, with what can be read below each.
    variables: Vec<(String, &'static [(&'static str, Type)])>,
}

const ITEM: &[(&str, Type)] = &[(".name", Type::Keyword), (".pid", Type::Long)];
const PART: &[(&str, Type)] = &[(".name", Type::Keyword), (".pid", Type::Double)];
const FRAME: &[(&str, Type)] =
    &[(".symbol_info", Type::Keyword), (".allocation_private_bytes", Type::UnsignedLong)];
const ARGUMENT: &[(&str, Type)] = &[("", Type::Keyword)];

impl<'d> Writer<'d> {
    pub(crate) fn new(dice: &'d mut Dice, dialect: Dialect) -> Self {
        Self { dice, dialect, aliases: Vec::new(), variables: Vec::new() }
    }

    fn endpoint(&self) -> bool {
        self.dialect == Dialect::Endpoint
    }

    /// A condition with at most `depth` levels of `and`, `or` and `not`.
    pub(crate) fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.leaf();
        }
        match self.dice.weighted(&[35, 22, 22, 15, 6]) {
            0 => self.leaf(),
            1 => self.joined("and", depth),
            2 => self.joined("or", depth),
            3 => {
                let inner = self.condition(depth - 1);
                if self.dice.chance(50) { format!("not ({inner})") } else { format!("not {inner}") }
            }
            _ => format!("({})", self.condition(depth - 1)),
        }
    }

    fn joined(&mut self, word: &str, depth: usize) -> String {
        let count = 2 + self.dice.weighted(&[70, 25, 5]);
        let parts: Vec<String> = (0..count).map(|_| self.condition(depth - 1)).collect();
        format!("({})", parts.join(&format!(" {word} ")))
    }

    /// A condition without `and`, `or` and `not` above.
    pub(crate) fn leaf(&mut self) -> String {
        if self.endpoint() && self.dice.chance(40) {
            return self.endpoint_leaf();
        }
        match self.dice.weighted(&[13, 15, 7, 10, 12, 8, 10, 3, 8, 6, 5, 6, 8, 4, 5, 4, 2, 8, 5]) {
            0 => self.text_comparison(),
            1 => self.patterns(),
            2 => self.regexes(),
            3 => self.text_list(),
            4 => {
                let (left, right) = (self.number(2), self.number_literal());
                self.comparison(left, right)
            }
            5 => self.number_list(),
            6 => self.text_test(),
            7 => self.wildcard_call(),
            8 => self.address_test(),
            9 => self.date_test(),
            10 => self.version_test(),
            11 => self.boolean_test(),
            12 => self.null_test(),
            13 => self.dice.pick(CONSTANTS).to_owned(),
            14 => self.condition_as_value(),
            15 => self.unknown_test(),
            16 => self.dice.pick(ODD).to_owned(),
            17 => self.part_test(),
            _ => self.pieces_test(),
        }
    }

    /// A field of this type, or what an alias or a variable reaches.
    fn field(&mut self, ty: Type) -> String {
        if !self.variables.is_empty() && self.dice.chance(75) {
            let (name, below) = &self.variables[self.dice.roll(self.variables.len())];
            let below: Vec<&str> =
                below.iter().filter(|(_, of)| *of == ty).map(|(path, _)| *path).collect();
            if let Some(path) = below.first() {
                return format!("${name}{path}");
            }
        }
        let fields: Vec<&str> =
            FIELDS.iter().filter(|(_, of)| *of == ty).map(|(path, _)| *path).collect();
        let path = self.dice.take(&fields);
        if !self.aliases.is_empty() && self.dice.chance(40) {
            let alias = self.dice.take(&self.aliases);
            return format!("{alias}.{path}");
        }
        match self.dice.weighted(&[85, 10, 5]) {
            0 => path.to_owned(),
            1 => format!("?{path}"),
            _ => format!("`{}`", path.replacen('.', "`.`", 1)),
        }
    }

    fn comparison(&mut self, left: String, right: String) -> String {
        let op = self.dice.pick(&["==", "==", "!=", "!=", "<", "<=", ">", ">="]);
        self.sides(left, op, right)
    }

    fn equality(&mut self, left: String, right: String) -> String {
        let op = self.dice.pick(&["==", "!="]);
        self.sides(left, op, right)
    }

    fn sides(&mut self, left: String, op: &str, right: String) -> String {
        if self.dice.chance(12) {
            format!("{right} {op} {left}")
        } else {
            format!("{left} {op} {right}")
        }
    }

    /// Between one and four, in parentheses, or in `long` of a hundred cases so many that they are looked up in a
    /// table.
    fn list(&mut self, long: usize, mut item: impl FnMut(&mut Self) -> String) -> String {
        let count = if self.dice.chance(long) { 24 } else { 1 + self.dice.roll(4) };
        let items: Vec<String> = (0..count).map(|_| item(self)).collect();
        format!("({})", items.join(", "))
    }

    fn word(&mut self) -> String {
        quote(&self.dice.word())
    }

    fn text_comparison(&mut self) -> String {
        let left = self.text(2);
        let right = if self.dice.chance(3) { self.number_literal() } else { self.word() };
        if self.dice.chance(70) { self.equality(left, right) } else { self.comparison(left, right) }
    }

    fn pattern(&mut self) -> String {
        quote(&self.pattern_text())
    }

    fn pattern_text(&mut self) -> String {
        let word = self.dice.word();
        match self.dice.weighted(&[19, 14, 14, 14, 14, 18, 7]) {
            0 => word,
            1 => format!("{word}*"),
            2 => format!("*{word}"),
            3 => format!("*{word}*"),
            4 => word.chars().map(|c| if self.dice.chance(40) { '?' } else { c }).collect(),
            5 => {
                let alphabet = ['a', 'b', 'A', 'c', 'é', '*', '*', '*', '?', '?'];
                (0..=self.dice.roll(6)).map(|_| self.dice.take(&alphabet)).collect()
            }
            _ => self.pieces(),
        }
    }

    /// A pattern whose pieces begin at many places of a long text and fit at few.
    fn pieces(&mut self) -> String {
        const PIECES: &[&str] = &["a?b", "b?a", "b?éa", "aa", "a?a?b", "ab?b"];
        let mut text = format!("*{}", self.dice.pick(PIECES));
        if self.dice.chance(40) {
            text = format!("{text}*{}", self.dice.pick(PIECES));
        }
        text + self.dice.pick(&["", "*", "*", "*b"])
    }

    fn pieces_test(&mut self) -> String {
        let (left, op) = (self.field(Type::Keyword), self.dice.pick(&[":", "like", "like~"]));
        let pattern = quote(&self.pieces());
        format!("{left} {op} {pattern}")
    }

    fn patterns(&mut self) -> String {
        let (left, op) = (self.text(1), self.dice.pick(&[":", ":", "like", "like~"]));
        let right = if self.dice.chance(50) { self.pattern() } else { self.list(6, Self::pattern) };
        format!("{left} {op} {right}")
    }

    fn regexes(&mut self) -> String {
        let (left, op) = (self.text(1), self.dice.pick(&["regex", "regex~"]));
        let one = |writer: &mut Self| quote(&regex(writer.dice, 3));
        let right = if self.dice.chance(70) {
            one(self)
        } else {
            let count = 1 + self.dice.roll(3);
            let items: Vec<String> = (0..count).map(|_| one(self)).collect();
            format!("({})", items.join(", "))
        };
        format!("{left} {op} {right}")
    }

    fn text_list(&mut self) -> String {
        let left = self.text(1);
        let op = self.dice.pick(&["in", "in", "in~", "not in", "not in~"]);
        let right = self.list(20, |writer| {
            if writer.endpoint() && writer.dice.chance(15) {
                writer.field(Type::Keyword)
            } else if writer.dice.chance(2) {
                "null".to_owned()
            } else {
                writer.word()
            }
        });
        format!("{left} {op} {right}")
    }

    /// Conditions that look for lists of texts in one field again and again.
    #[allow(dead_code, reason = "rules of sets are written with it")]
    pub(crate) fn lists(&mut self) -> String {
        let field = self.field(Type::Keyword);
        let parts: Vec<String> = (0..4 + self.dice.roll(5))
            .map(|_| {
                let op = self.dice.pick(&["in", "in~", "not in", "not in~"]);
                let list = self.list(5, Self::word);
                match self.dice.roll(3) {
                    0 => format!("({field} {op} {list} and {})", self.leaf()),
                    1 => format!("({} or not {field} {op} {list})", self.leaf()),
                    _ => format!("{field} {op} {list}"),
                }
            })
            .collect();
        parts.join(self.dice.pick(&[" and ", " or "]))
    }

    fn number_list(&mut self) -> String {
        let left = if self.dice.chance(50) { self.field(Type::Long) } else { self.number(1) };
        let op = self.dice.pick(&["in", "in", "not in"]);
        // Only whole numbers among themselves are looked up in a table.
        let right = if self.dice.chance(75) {
            self.list(40, |writer| writer.dice.integer().to_string())
        } else {
            self.list(6, Self::number_literal)
        };
        format!("{left} {op} {right}")
    }

    fn text_test(&mut self) -> String {
        let name = self.dice.pick(&["startsWith", "endsWith", "stringContains", "STARTSWITH"]);
        let fold = self.dice.pick(&["", "~"]);
        let (a, b) = (self.text(1), self.text(1));
        let word = self.word();
        let args = match self.dice.weighted(&[60, 15, 25]) {
            0 => format!("{a}, {word}"),
            1 => format!("{word}, {a}"),
            _ => format!("{a}, {b}"),
        };
        format!("{name}{fold}({args})")
    }

    /// How long a part of a text is, or what it ends in: this tells parts apart that no word is equal to.
    fn part_test(&mut self) -> String {
        let source = self.field(Type::Keyword);
        let part = match self.dice.weighted(&[75, 15, 10]) {
            0 => self.between(source),
            1 => format!("substring({source}, {})", self.position(0)),
            _ => format!("concat({source}, {})", self.text(1)),
        };
        if self.dice.chance(70) {
            let length = self.dice.roll(8).to_string();
            self.comparison(format!("length({part})"), length)
        } else {
            format!("endsWith({part}, {})", self.short())
        }
    }

    fn between(&mut self, source: String) -> String {
        let fold = self.dice.pick(&["", "~"]);
        // Mostly what long texts have several of, or it would not matter which is taken.
        let ends = ["\"a\"", "\"b\"", "\"a\"", "\"b\"", "\"A\"", "\"é\"", "\"\""];
        let (left, right) = (self.dice.pick(&ends), self.dice.pick(&ends));
        let greedy = self.dice.pick(&["", ", true", ", true", ", false"]);
        format!("between{fold}({source}, {left}, {right}{greedy})")
    }

    fn wildcard_call(&mut self) -> String {
        let (left, fold) = (self.text(1), self.dice.pick(&["", "~"]));
        let patterns: Vec<String> = (0..=self.dice.roll(2)).map(|_| self.pattern()).collect();
        format!("wildcard{fold}({left}, {})", patterns.join(", "))
    }

    fn address_test(&mut self) -> String {
        let field = self.field(Type::Ip);
        let address = quote(self.dice.pick(ADDRESSES));
        match self.dice.weighted(&[45, 25, 10, 10, 10]) {
            0 => {
                let value = if self.dice.chance(70) { field } else { self.text(1) };
                let count = 1 + self.dice.roll(3);
                let nets: Vec<String> =
                    (0..count).map(|_| quote(self.dice.pick(NETWORKS))).collect();
                format!("cidrMatch({value}, {})", nets.join(", "))
            }
            1 => self.equality(field, address),
            2 => self.comparison(field, address),
            3 => {
                let net = quote(self.dice.pick(NETWORKS));
                self.equality(field, net)
            }
            _ => {
                let op = self.dice.pick(&["in", "not in"]);
                let list = self.list(6, |writer| quote(writer.dice.pick(ADDRESSES)));
                format!("{field} {op} {list}")
            }
        }
    }

    fn date_literal(&mut self) -> String {
        if self.dice.chance(20) {
            self.dice.pick(&["1767225600000", "1767225600001", "0", "-1"]).to_owned()
        } else {
            quote(self.dice.pick(DATES))
        }
    }

    fn date_test(&mut self) -> String {
        let field = self.field(Type::Date);
        if self.dice.chance(80) {
            let date = self.date_literal();
            return self.comparison(field, date);
        }
        let op = self.dice.pick(&["in", "not in"]);
        let list = self.list(6, Self::date_literal);
        format!("{field} {op} {list}")
    }

    fn version_test(&mut self) -> String {
        let field = self.field(Type::Version);
        let version = quote(self.dice.pick(VERSIONS));
        match self.dice.weighted(&[70, 20, 10]) {
            0 => self.comparison(field, version),
            1 => {
                let op = self.dice.pick(&["in", "not in"]);
                let list = self.list(6, |writer| quote(writer.dice.pick(VERSIONS)));
                format!("{field} {op} {list}")
            }
            _ => format!("startsWith({field}, \"1.\")"),
        }
    }

    fn boolean_test(&mut self) -> String {
        let field = self.field(Type::Boolean);
        let flag = self.dice.pick(&["true", "false", "\"true\"", "\"false\""]).to_owned();
        match self.dice.weighted(&[40, 50, 10]) {
            0 => field,
            1 => self.equality(field, flag),
            _ => format!("{field} in (true)"),
        }
    }

    fn null_test(&mut self) -> String {
        let value = match self.dice.weighted(&[40, 45, 15]) {
            0 => {
                let ty = self.any_type();
                self.field(ty)
            }
            1 => self.value(2),
            _ => format!("({})", self.condition(1)),
        };
        self.equality(value, "null".to_owned())
    }

    fn any_type(&mut self) -> Type {
        self.dice.take(&[
            Type::Keyword,
            Type::Keyword,
            Type::Keyword,
            Type::Long,
            Type::UnsignedLong,
            Type::Double,
            Type::Boolean,
            Type::Ip,
            Type::Date,
            Type::Version,
        ])
    }

    /// A condition where a value is wanted: there its logic has three values.
    fn condition_as_value(&mut self) -> String {
        let inner = self.condition(2);
        let flag = self.dice.pick(&["true", "false"]);
        match self.dice.weighted(&[50, 25, 25]) {
            0 => self.equality(format!("({inner})"), flag.to_owned()),
            1 => self.equality(format!("string({inner})"), quote(flag)),
            _ => format!("concat({inner}, \"!\") : \"{flag}*\""),
        }
    }

    /// Beside an optional field outside the schema everything folds.
    fn unknown_test(&mut self) -> String {
        let field = self.dice.pick(UNKNOWN);
        match self.dice.roll(12) {
            0 => field.to_owned(),
            1 => format!("{field} : {}", self.pattern()),
            2 => format!("{field} in ({})", self.word()),
            3 => format!("{field} not in ({})", self.word()),
            4 => format!("{field} < {}", self.number_literal()),
            5 => format!("length({field}) > {}", self.number_literal()),
            6 => {
                let right = self.value(1);
                self.equality(field.to_owned(), right)
            }
            7 => format!("startsWith({}, {field})", self.text(1)),
            8 => format!("({field} : \"a\" or {}) != true", self.leaf()),
            9 => format!("concat({}, {field}) == null", self.text(1)),
            10 => format!("{field} + 1 == {}", self.number(1)),
            _ => {
                let word = self.word();
                self.equality(field.to_owned(), word)
            }
        }
    }

    /// A string that an event decides.
    pub(crate) fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.field(Type::Keyword);
        }
        match self.dice.weighted(&[68, 9, 9, 6, 6, 2]) {
            0 => self.field(Type::Keyword),
            1 => {
                let count = 1 + self.dice.roll(3);
                let mut parts: Vec<String> = (1..count)
                    .map(|_| match self.dice.weighted(&[50, 30, 20]) {
                        0 => self.text(depth - 1),
                        1 => self.word(),
                        _ => self.value(depth - 1),
                    })
                    .collect();
                // An event decides one of them, and so the whole.
                parts.insert(self.dice.roll(count), self.text(depth - 1));
                format!("concat({})", parts.join(", "))
            }
            2 => {
                let (source, start) = (self.text(depth - 1), self.position(depth - 1));
                if self.dice.chance(50) {
                    format!("substring({source}, {start})")
                } else {
                    format!("substring({source}, {start}, {})", self.position(depth - 1))
                }
            }
            3 => {
                let source = self.text(depth - 1);
                self.between(source)
            }
            4 => format!("string({})", self.value(depth - 1)),
            _ => self.field(Type::Version),
        }
    }

    fn short(&mut self) -> String {
        self.dice.pick(&["\"a\"", "\"b\"", "\"A\"", "\"\"", "\"é\"", "\"c\""]).to_owned()
    }

    fn position(&mut self, depth: usize) -> String {
        match self.dice.weighted(&[80, 5, 15]) {
            0 => self.dice.pick(&["0", "1", "2", "-1", "-2", "9", "-9"]).to_owned(),
            1 => "null".to_owned(),
            _ => self.whole(depth),
        }
    }

    /// A whole number that an event decides.
    fn whole(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.field(Type::Long);
        }
        match self.dice.weighted(&[50, 10, 14, 10, 12, 4]) {
            0 => self.field(Type::Long),
            1 => self.field(Type::UnsignedLong),
            2 => format!("length({})", self.text(depth - 1)),
            3 => {
                let (fold, source) = (self.dice.pick(&["", "~"]), self.text(depth - 1));
                let short = self.short();
                if self.dice.chance(50) {
                    format!("indexOf{fold}({source}, {short})")
                } else {
                    format!("indexOf{fold}({source}, {short}, {})", self.position(0))
                }
            }
            4 => {
                let (a, b) = (self.whole(depth - 1), self.dice.integer().to_string());
                self.arithmetic(a, b)
            }
            _ => format!("(-{})", self.field(Type::Long)),
        }
    }

    fn arithmetic(&mut self, a: String, b: String) -> String {
        let (a, b) = if self.dice.chance(30) { (b, a) } else { (a, b) };
        if self.dice.chance(20) {
            let name = self.dice.pick(&["add", "subtract", "multiply", "divide", "modulo"]);
            return format!("{name}({a}, {b})");
        }
        format!("({a} {} {b})", self.dice.pick(&["+", "-", "*", "/", "%"]))
    }

    /// A number that an event decides.
    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.whole(0);
        }
        match self.dice.weighted(&[60, 20, 10, 10]) {
            0 => self.whole(depth),
            1 => self.field(Type::Double),
            2 => {
                let source = self.text(depth - 1);
                let base = self.dice.pick(&["", "", ", 16", ", 8", ", 36", ", null"]);
                format!("number({source}{base})")
            }
            _ => {
                let (a, b) = (self.number(depth - 1), self.number_literal());
                self.arithmetic(a, b)
            }
        }
    }

    fn number_literal(&mut self) -> String {
        if self.dice.chance(80) {
            self.dice.integer().to_string()
        } else {
            self.dice
                .pick(&["0.5", "2.5", "2.0", ".5", "1e0", "-1.5", "1E1", "18446744073709551615"])
                .to_owned()
        }
    }

    /// A value of any type that an event decides.
    fn value(&mut self, depth: usize) -> String {
        match self.dice.weighted(&[40, 25, 35]) {
            0 => self.text(depth),
            1 => self.number(depth),
            _ => {
                let ty = self.any_type();
                self.field(ty)
            }
        }
    }

    fn endpoint_leaf(&mut self) -> String {
        match self.dice.weighted(&[40, 35, 15, 10]) {
            0 => self.array_search(),
            1 => {
                let ty = self.any_type();
                let (a, b) = (self.field(ty), self.field(ty));
                if ty == Type::Boolean { self.equality(a, b) } else { self.comparison(a, b) }
            }
            2 => {
                let (a, b) = (self.text(1), self.text(1));
                self.comparison(a, b)
            }
            _ => {
                let (a, b) = (self.number(1), self.number(1));
                self.comparison(a, b)
            }
        }
    }

    fn array_search(&mut self) -> String {
        const NAMES: [&str; 3] = ["entry", "part", "inner"];
        let depth = self.variables.len();
        let in_item = self.variables.last().is_some_and(|(_, below)| *below == ITEM);
        let (array, below) = match self.variables.last() {
            Some((name, _)) if in_item && depth == 1 && self.dice.chance(70) => {
                (format!("${name}.parts"), PART)
            }
            _ => self.dice.take(&[
                ("acme.items".to_owned(), ITEM),
                ("acme.items.parts".to_owned(), PART),
                ("process.thread.Ext.call_stack".to_owned(), FRAME),
                ("process.args".to_owned(), ARGUMENT),
            ]),
        };
        if depth == NAMES.len() {
            return self.text_comparison();
        }
        self.variables.push((NAMES[depth].to_owned(), below));
        let condition = self.condition(2);
        self.variables.pop();
        format!("_arraysearch({array}, ${}, {condition})", NAMES[depth])
    }
}

/// A regular expression of Lucene's syntax.
fn regex(dice: &mut Dice, depth: usize) -> String {
    let atom = if depth == 0 { dice.roll(6) } else { dice.roll(16) };
    let atom = match atom {
        0..=2 => dice.pick(&["a", "b", "A", "c", "é", "1", "k"]).to_owned(),
        3 => ".".to_owned(),
        4 => dice.pick(&["[ab]", "[^a]", "[a-c]", "[A-C1]", "[é-ü]", "\\.", "\\*"]).to_owned(),
        5 => dice.pick(&["ab", "abc", ".*", "aB"]).to_owned(),
        6 => dice.pick(&["<1-12>", "@", "#", "\"ab\"", "()", "\"a*\""]).to_owned(),
        7 | 8 => format!("({}|{})", regex(dice, depth - 1), regex(dice, depth - 1)),
        9 => format!("({}&{})", regex(dice, depth - 1), regex(dice, depth - 1)),
        10 => format!("~({})", regex(dice, depth - 1)),
        11 => format!("({})", regex(dice, depth - 1)),
        _ => format!("{}{}", regex(dice, depth - 1), regex(dice, depth - 1)),
    };
    let after = ["", "", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}"];
    format!("{atom}{}", dice.pick(&after))
}

/// Conditions that no event can change.
const CONSTANTS: &[&str] = &[
    "true",
    "false",
    "null",
    "not null",
    "null == null",
    "null != null",
    "null == 1",
    "1 != null",
    "null < 1",
    "not null < 1",
    "null : \"a\"",
    "null in (1, 2)",
    "true and null",
    "null or true",
    "(false or null) == null",
    "1 == 1.0",
    "1 < 2.5",
    "(1 == 1) == true",
    "\"a\" == \"A\"",
    "\"a\" < \"b\"",
    "3 in (1, 2, 3)",
    "3 not in (1, 2, 3)",
    "\"a\" in~ (\"b\", \"A\")",
    "\"abc\" : \"A*\"",
    "\"abc\" like \"A*\"",
    "\"abc\" regex \"a.c\"",
    "not \"abc\" regex~ \"A.D\"",
    "1 + 2 * 3 == 7",
    "7 / 2 == 3",
    "-7 / 2 == -3",
    "-7 % 3 == -1",
    "1 / 0 == null",
    "not 1 / 0 > 1",
    "9223372036854775807 + 1 == null",
    "length(\"aé😀\") == 4",
    "concat(\"a\", 1, true, 2.5, 1e10) == \"a1true2.51.0E10\"",
    "substring(\"abc\", -2) == \"bc\"",
    "between(\"xaby\", \"x\", \"y\") == \"ab\"",
    "startsWith~(\"Ab\", \"aB\")",
    "stringContains(\"ab\", \"\")",
    "endsWith(\"ab\", \"\")",
    "number(\"0x1f\") == 31",
    "number(\"31\", 13) == 40",
    "indexOf(\"abcb\", \"b\", 2) == 3",
    "cidrMatch(\"10.1.2.3\", \"10.0.0.0/8\")",
    "string(null) == null",
    "add(1, null) == null",
];

/// Operands of types that do not belong together; the compiler refuses some of these.
const ODD: &[&str] = &[
    "process.pid == \"3\"",
    "process.pid == \"x\"",
    "process.pid == 2.0",
    "process.pid < 1.5",
    "process.name == 12",
    "process.name == 1.5",
    "process.name == true",
    "process.pid : \"1\"",
    "process.pid in (1, \"2\")",
    "process.pid in (1, 2.0)",
    "acme.size == -1",
    "acme.size > -1",
    "acme.size == 18446744073709551615",
    "acme.size >= 9223372036854775808",
    "acme.score == 3",
    "acme.score in (0, 1, 2.5)",
    "acme.flag == \"yes\"",
    "acme.flag",
    "file.mtime == 0",
    "file.mtime == \"yesterday\"",
    "source.ip == 1",
    "source.ip : \"10.*\"",
    "string(source.ip) : \"10.*\"",
    "string(file.mtime) : \"2026-*\"",
    "string(acme.score) : \"*.*\"",
    "acme.release : \"1.*\"",
    "length(acme.release) > 3",
    "string(acme.size) == \"18446744073709551615\"",
    "length(process.pid) == 1",
    "process.name",
    "event.category == \"process\"",
];
