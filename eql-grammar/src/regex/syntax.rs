//! The syntax of Lucene's regular expressions.

use super::chars::CharSet;
use super::{RegexErrorKind, limits};

/// What a pattern says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ast {
    /// One character: of the set, or not of it.
    Class {
        /// `[^…]`
        negated: bool,
        /// The characters, with case.
        set: CharSet,
    },
    /// One after the other; of nothing, the empty text.
    Concat(Vec<Ast>),
    /// Any of them; of nothing, no text at all.
    Union(Vec<Ast>),
    /// All of them.
    Intersection(Vec<Ast>),
    /// Some number of times.
    Repeat {
        /// What is repeated.
        ast: Box<Ast>,
        /// At least so often.
        min: u32,
        /// At most so often.
        max: Option<u32>,
    },
    /// Every text that it does not match.
    Complement(Box<Ast>),
}

/// What is wrong with a pattern, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) offset: usize,
    pub(super) kind: RegexErrorKind,
    pub(super) message: String,
}

type Parsed<T> = Result<T, SyntaxError>;

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Parsed<Ast> {
    if pattern.is_empty() {
        return Ok(Ast::Concat(Vec::new()));
    }
    let mut parser = Parser { pattern, at: 0, depth: 0, height: 0, swallowed: None };
    let ast = parser.union()?;
    // The grammar stops early at this character only.
    if parser.at < pattern.len() { Err(parser.error(parser.at, "unmatched `)`")) } else { Ok(ast) }
}

struct Parser<'a> {
    pattern: &'a str,
    /// The byte to read next.
    at: usize,
    /// How many levels the parser is in.
    depth: usize,
    /// How many levels the tree has that was read last.
    height: usize,
    /// Where in the present class a range starts that ends with `]`.
    swallowed: Option<usize>,
}

impl Parser<'_> {
    /// `x|y`
    fn union(&mut self) -> Parsed<Ast> {
        self.list('|', Self::intersection, Ast::Union)
    }

    /// `x&y`
    fn intersection(&mut self) -> Parsed<Ast> {
        self.list('&', Self::concat, Ast::Intersection)
    }

    fn list(
        &mut self,
        separator: char,
        item: fn(&mut Self) -> Parsed<Ast>,
        node: fn(Vec<Ast>) -> Ast,
    ) -> Parsed<Ast> {
        let start = self.at;
        let mut items = vec![item(self)?];
        let mut height = self.height;
        while self.take(separator) {
            items.push(item(self)?);
            height = height.max(self.height);
        }
        self.height = height;
        self.join(items, node, start)
    }

    /// A node over some trees, or the only tree as it is.
    fn join(
        &mut self,
        mut items: Vec<Ast>,
        node: fn(Vec<Ast>) -> Ast,
        start: usize,
    ) -> Parsed<Ast> {
        match items.pop() {
            Some(only) if items.is_empty() => Ok(only),
            last => {
                self.deepen(start)?;
                items.extend(last);
                Ok(node(items))
            }
        }
    }

    /// `xy`: at least one item, even where an operator stands, which then is an ordinary character.
    fn concat(&mut self) -> Parsed<Ast> {
        let start = self.at;
        let mut items = vec![self.repeat()?];
        let mut height = self.height;
        while self.peek().is_some_and(|c| !matches!(c, ')' | '|' | '&')) {
            items.push(self.repeat()?);
            height = height.max(self.height);
        }
        self.height = height;
        self.join(items, Ast::Concat, start)
    }

    /// `x`, `x?`, `x*`, `x+`, `x{2,5}`, and several of them in a row.
    fn repeat(&mut self) -> Parsed<Ast> {
        let mut ast = self.complement()?;
        loop {
            let start = self.at;
            let (min, max) = match self.peek() {
                Some('?') => (0, Some(1)),
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('{') => self.counts()?,
                _ => break,
            };
            if self.at == start {
                self.at += 1;
            }
            self.deepen(start)?;
            ast = Ast::Repeat { ast: Box::new(ast), min, max };
        }
        Ok(ast)
    }

    /// `{2}`, `{2,}`, `{2,5}`
    fn counts(&mut self) -> Parsed<(u32, Option<u32>)> {
        let start = self.at;
        self.at += 1;
        let Some(min) = self.count()? else {
            return Err(self.error(self.at, "expected a number after `{`"));
        };
        let max = if self.take(',') { self.count()? } else { Some(min) };
        if !self.take('}') {
            return Err(self.error(self.at, "expected `}` after the number of repetitions"));
        }
        match max {
            Some(max) if max < min => Err(self.error(
                start,
                format!("`{{{min},{max}}}` never matches: the second number is below the first"),
            )),
            _ => Ok((min, max)),
        }
    }

    fn count(&mut self) -> Parsed<Option<u32>> {
        let start = self.at;
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse() {
            Ok(count) if count <= limits::REPEAT => Ok(Some(count)),
            _ => {
                let message = format!("more than {} repetitions are not supported", limits::REPEAT);
                Err(SyntaxError { offset: start, kind: RegexErrorKind::TooLarge, message })
            }
        }
    }

    /// `~x`
    fn complement(&mut self) -> Parsed<Ast> {
        let start = self.at;
        if !self.take('~') {
            return self.simple();
        }
        self.enter(start)?;
        let inner = self.complement()?;
        self.depth -= 1;
        self.deepen(start)?;
        Ok(Ast::Complement(Box::new(inner)))
    }

    /// Everything that is not made of an operator and its operands.
    fn simple(&mut self) -> Parsed<Ast> {
        let start = self.at;
        self.height = 0;
        Ok(match self.next()? {
            '.' => any_char(),
            '#' => Ast::Union(Vec::new()),
            '@' => Ast::Repeat { ast: Box::new(any_char()), min: 0, max: None },
            '"' => literal(self.until('"', start, "this `\"` has no closing `\"`")?),
            '(' => self.group(start)?,
            '<' => {
                let text = self.until('>', start, "this `<` has no closing `>`")?;
                interval(text).map_err(|message| self.error(start, message))?
            }
            '[' => self.class(start)?,
            '\\' => class(self.escape(start)?.set()),
            c => class(CharSet::single(c)),
        })
    }

    /// What follows `(`.
    fn group(&mut self, start: usize) -> Parsed<Ast> {
        if self.take(')') {
            return Ok(Ast::Concat(Vec::new()));
        }
        self.enter(start)?;
        let ast = self.union()?;
        self.depth -= 1;
        if self.take(')') { Ok(ast) } else { Err(self.error(start, "this `(` has no closing `)`")) }
    }

    /// What follows `[`. A `]` directly there is an ordinary character.
    fn class(&mut self, start: usize) -> Parsed<Ast> {
        let negated = self.take('^');
        self.swallowed = None;
        let mut sets = vec![self.class_item(start)?];
        while !self.take(']') {
            sets.push(self.class_item(start)?);
        }
        Ok(Ast::Class { negated, set: CharSet::union(sets) })
    }

    /// `a`, `a-z`, `\d`, `\.`
    fn class_item(&mut self, class_start: usize) -> Parsed<CharSet> {
        let start = self.at;
        let first = match self.next().map_err(|_| self.unclosed_class(class_start))? {
            '\\' => match self.escape(start)? {
                Escape::Char(c) => c,
                // As in Lucene: these two are never the start of a range.
                set @ (Escape::Class(_) | Escape::Backslash) => return Ok(set.set()),
            },
            c => c,
        };
        if !self.take('-') {
            return Ok(CharSet::single(first));
        }
        self.take('\\');
        if self.peek() == Some(']') {
            self.swallowed = Some(start);
        }
        let last = self.next().map_err(|_| self.unclosed_class(class_start))?;
        if first <= last {
            return Ok(CharSet::range(first, last));
        }
        Err(match last {
            ']' => self.unclosed_class(class_start),
            _ => self.error(
                start,
                format!("the range `{first}-{last}` is empty: its ends are in the wrong order"),
            ),
        })
    }

    fn unclosed_class(&self, start: usize) -> SyntaxError {
        match self.swallowed {
            Some(range) => self.error(
                range,
                "`-` before `]` makes a range that ends with `]`: write `\\-` for the character",
            ),
            None => self.error(start, "this `[` has no closing `]`"),
        }
    }

    /// What follows a backslash, outside and inside of `[…]`.
    fn escape(&mut self, start: usize) -> Parsed<Escape> {
        let c = self.next()?;
        let (set, negated) = match c {
            'd' | 'D' => (CharSet::range('0', '9'), c == 'D'),
            'w' | 'W' => (word(), c == 'W'),
            's' | 'S' => (CharSet::union([' ', '\t', '\n', '\r'].map(CharSet::single)), c == 'S'),
            '\\' => return Ok(Escape::Backslash),
            c if c.is_ascii_alphabetic() => {
                let message = format!(
                    "`\\{c}` has no meaning: the classes are `\\d`, `\\D`, `\\w`, `\\W`, `\\s` and `\\S`"
                );
                return Err(self.error(start, message));
            }
            c => return Ok(Escape::Char(c)),
        };
        Ok(Escape::Class(if negated { set.complement() } else { set }))
    }

    /// The text up to a character, which is skipped.
    fn until(&mut self, end: char, start: usize, unclosed: &str) -> Parsed<&str> {
        let from = self.at;
        match self.pattern[from..].find(end) {
            Some(length) => {
                self.at = from + length + end.len_utf8();
                Ok(&self.pattern[from..from + length])
            }
            None => Err(self.error(start, unclosed)),
        }
    }

    /// Goes one level down in the text.
    fn enter(&mut self, start: usize) -> Parsed<()> {
        self.depth += 1;
        Self::limit(self.depth, start)
    }

    /// Adds one level on top of the tree that was read last.
    fn deepen(&mut self, start: usize) -> Parsed<()> {
        self.height += 1;
        Self::limit(self.height, start)
    }

    fn limit(levels: usize, start: usize) -> Parsed<()> {
        if levels <= limits::DEPTH {
            return Ok(());
        }
        let message = format!("the pattern nests deeper than {} levels", limits::DEPTH);
        Err(SyntaxError { offset: start, kind: RegexErrorKind::TooLarge, message })
    }

    fn error(&self, offset: usize, message: impl Into<String>) -> SyntaxError {
        debug_assert!(self.pattern.is_char_boundary(offset), "an offset inside a character");
        SyntaxError { offset, kind: RegexErrorKind::Syntax, message: message.into() }
    }

    fn peek(&self) -> Option<char> {
        self.pattern[self.at..].chars().next()
    }

    fn next(&mut self) -> Parsed<char> {
        let Some(c) = self.peek() else {
            return Err(self.error(self.at, "the pattern ends where more is expected"));
        };
        self.at += c.len_utf8();
        Ok(c)
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &str {
        let from = self.at;
        let rest = &self.pattern[from..];
        self.at += rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        &self.pattern[from..self.at]
    }
}

/// What a backslash and the character behind it stand for.
enum Escape {
    Char(char),
    Backslash,
    Class(CharSet),
}

impl Escape {
    fn set(self) -> CharSet {
        match self {
            Self::Char(c) => CharSet::single(c),
            Self::Backslash => CharSet::single('\\'),
            Self::Class(set) => set,
        }
    }
}

fn class(set: CharSet) -> Ast {
    Ast::Class { negated: false, set }
}

fn any_char() -> Ast {
    Ast::Class { negated: true, set: CharSet::default() }
}

fn word() -> CharSet {
    CharSet::union([
        CharSet::range('a', 'z'),
        CharSet::range('A', 'Z'),
        CharSet::range('0', '9'),
        CharSet::single('_'),
    ])
}

fn literal(text: &str) -> Ast {
    Ast::Concat(text.chars().map(|c| class(CharSet::single(c))).collect())
}

/// What stands between `<` and `>`.
fn interval(text: &str) -> Result<Ast, String> {
    let number = |digits: &str| {
        let number: u32 = digits.parse().ok()?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && i32::try_from(number).is_ok();
        plain.then_some(number)
    };
    let ends = text.split_once('-');
    let Some((first, last, min, max)) =
        ends.and_then(|(first, last)| Some((first, last, number(first)?, number(last)?)))
    else {
        return Err(format!(
            "`<{text}>` is no range of whole numbers such as `<1-100>`; write `\\<` for the character"
        ));
    };
    let (min, max) = (min.min(max), min.max(max));
    if first.len() == last.len() {
        let width = first.len();
        return Ok(between(&format!("{min:0width$}"), &format!("{max:0width$}")));
    }
    let zeros = Ast::Repeat { ast: Box::new(class(CharSet::single('0'))), min: 0, max: None };
    let widths = 1..=max.to_string().len();
    let of_width = |width: usize| {
        let smallest = if width == 1 { 0 } else { 10_u64.pow(u32::try_from(width).ok()? - 1) };
        let largest = 10_u64.pow(u32::try_from(width).ok()?) - 1;
        let (min, max) = (smallest.max(min.into()), largest.min(max.into()));
        (min <= max).then(|| between(&min.to_string(), &max.to_string()))
    };
    Ok(Ast::Concat(vec![zeros, Ast::Union(widths.filter_map(of_width).collect())]))
}

/// The numbers from `min` to `max`, which have the same number of digits, with exactly that many.
fn between(min: &str, max: &str) -> Ast {
    let (Some(low), Some(high)) = (min.chars().next(), max.chars().next()) else {
        return Ast::Concat(Vec::new());
    };
    if min.bytes().all(|b| b == b'0') && max.bytes().all(|b| b == b'9') {
        let count = u32::try_from(min.len()).unwrap_or(u32::MAX);
        let digit = Box::new(class(CharSet::range('0', '9')));
        return Ast::Repeat { ast: digit, min: count, max: Some(count) };
    }
    let (min_rest, max_rest) = (&min[1..], &max[1..]);
    let lead = |first, last, rest| Ast::Concat(vec![class(CharSet::range(first, last)), rest]);
    if low == high {
        return lead(low, low, between(min_rest, max_rest));
    }
    let (nines, zeros) = ("9".repeat(min_rest.len()), "0".repeat(min_rest.len()));
    let step = |digit: char, by: i8| char::from((digit as u8).saturating_add_signed(by));
    Ast::Union(vec![
        lead(low, low, between(min_rest, &nines)),
        lead(step(low, 1), step(high, -1), between(&zeros, &nines)),
        lead(high, high, between(&zeros, max_rest)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fails(pattern: &str, offset: usize, message: &str) {
        let error = parse(pattern).expect_err(pattern);
        assert_eq!((error.offset, error.message.as_str()), (offset, message), "{pattern}");
    }

    #[test]
    fn errors_point_at_the_place() {
        fails("a(b", 1, "this `(` has no closing `)`");
        fails("a[b", 1, "this `[` has no closing `]`");
        fails("é[]", 2, "this `[` has no closing `]`");
        fails("[a-", 0, "this `[` has no closing `]`");
        fails("a)b", 1, "unmatched `)`");
        fails("a|", 2, "the pattern ends where more is expected");
        fails("a\\", 2, "the pattern ends where more is expected");
        fails("~", 1, "the pattern ends where more is expected");
        fails("x\"a", 1, "this `\"` has no closing `\"`");
        fails("a{", 2, "expected a number after `{`");
        fails("a{,3}", 2, "expected a number after `{`");
        fails("a{3", 3, "expected `}` after the number of repetitions");
        fails("a{3,2}", 1, "`{3,2}` never matches: the second number is below the first");
        for pattern in ["ab[+-]", "ab[_-]c", "ab[+-]c"] {
            fails(
                pattern,
                3,
                "`-` before `]` makes a range that ends with `]`: write `\\-` for the character",
            );
        }
        assert!(parse("[+-]]").is_ok());
        fails("[z-a]", 1, "the range `z-a` is empty: its ends are in the wrong order");
        fails(
            "a\\b",
            1,
            "`\\b` has no meaning: the classes are `\\d`, `\\D`, `\\w`, `\\W`, `\\s` and `\\S`",
        );
        for interval in ["<a>", "<1->", "<-1>", "<1-2-3>", "<1-2147483648>", "<+1-2>", "<>"] {
            let error = parse(interval).expect_err(interval);
            assert!(error.message.contains("is no range of whole numbers"), "{interval}");
        }
        fails("<1-2", 0, "this `<` has no closing `>`");
    }

    #[test]
    fn limits_are_errors() {
        for pattern in [
            "(".repeat(60_000),
            "~".repeat(60_000),
            format!("a{}", "*".repeat(60_000)),
            format!("{}a{}", "(".repeat(129), ")".repeat(129)),
            "a{1001}".to_owned(),
            "a{99999999999999999999}".to_owned(),
        ] {
            let error = parse(&pattern).expect_err("within limits");
            assert_eq!(error.kind, RegexErrorKind::TooLarge, "{}", error.message);
        }
        assert!(parse(&format!("{}a{}", "(".repeat(128), ")".repeat(128))).is_ok());
        assert!(parse(&"(a)".repeat(1_000)).is_ok());
        assert!(parse(&"a*~b".repeat(1_000)).is_ok());
    }

    #[test]
    fn operators_out_of_place_are_characters() {
        for (pattern, same) in [
            ("*a", "\\*a"),
            ("?", "\\?"),
            ("+b", "\\+b"),
            ("{", "\\{"),
            ("]", "\\]"),
            ("}", "\\}"),
            (">", "\\>"),
            (")", "\\)"),
            ("&", "\\&"),
            ("a||b", "a|\\|b"),
            ("a|*", "a|\\*"),
            ("(*)", "(\\*)"),
            ("^a$", "\\^a\\$"),
            ("\"a.*\"", "a\\.\\*"),
            ("[]a]", "[\\]a]"),
            ("[^]a]", "[^\\]a]"),
            ("[-a]", "[\\-a]"),
            ("[.*]", "[\\.\\*]"),
            ("[\\\\-z]", "[\\\\\\-z]"),
            ("[a-\\d]", "[a-d]"),
        ] {
            assert_eq!(parse(pattern), parse(same), "{pattern}");
        }
    }

    #[test]
    fn binding() {
        assert_eq!(parse("a|b&cd"), parse("a|(b&(cd))"));
        assert_eq!(parse("~ab"), parse("(~a)b"));
        assert_eq!(parse("~a*"), parse("(~a)*"));
        assert_eq!(parse("ab*"), parse("a(b*)"));
        assert_eq!(parse("a.*?b"), parse("a((.*)?)b"));
    }

    /// The tree has groups where the text has them, and nowhere else.
    #[test]
    fn classes() {
        let digits = CharSet::range('0', '9');
        assert_eq!(parse("\\d").unwrap(), class(digits.clone()));
        assert_eq!(parse("\\D").unwrap(), class(digits.complement()));
        assert_eq!(parse("[^\\d]").unwrap(), Ast::Class { negated: true, set: digits });
        assert_eq!(parse("[a-c\\-b-d]"), parse("[\\-a-d]"));
    }
}
