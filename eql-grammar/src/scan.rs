//! The first look at a text: its tokens, and everything that is wrong with it before grammar matters.
//!
//! A pass of its own, for three reasons. All lexical errors of a text show at once, each with its exact place. Nesting is
//! bounded before the recursive part runs. And the parser has tokens to look around in when it explains an error.

use std::borrow::Cow;

use crate::{
    diag::{Code, Diagnostic, Diagnostics},
    span::Span,
};

/// The longest text, in bytes.
pub(crate) const MAX_TEXT: usize = 64 * 1024;
/// The deepest nesting: brackets of any kind, `not` and signs.
pub(crate) const MAX_DEPTH: usize = 128;
/// After so many errors the rest of a text is noise.
pub(crate) const MAX_ERRORS: usize = 24;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or a keyword.
    Word,
    /// `` `a b` ``
    Quoted,
    /// `$entry`
    Variable,
    Number,
    Str,
    /// An operator, a bracket, or another sign.
    Symbol,
}

/// One token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// What the scan found.
pub(crate) struct Scan<'t> {
    /// The text; what was wrong in it is replaced by something harmless of the same length.
    pub(crate) text: Cow<'t, str>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) diagnostics: Diagnostics,
    /// The deepest nesting met.
    pub(crate) deepest: usize,
    /// Whether it makes sense, and is safe, to parse `text`.
    pub(crate) parseable: bool,
}

impl Scan<'_> {
    /// The text as the grammar takes it: each token in its place, and nothing but spaces between tokens and in strings.
    ///
    /// Strings, comments and white space are most of a text. Here they were read already; the grammar would go over them
    /// byte by byte, and over some of them more than once.
    pub(crate) fn bare(&self) -> String {
        const QUOTE: u8 = b'"';
        let mut bare = vec![b' '; self.text.len()];
        for token in &self.tokens {
            let range = token.span.range();
            let (Some(to), Some(from)) = (bare.get_mut(range.clone()), self.text.get(range)) else {
                continue;
            };
            match (token.kind, to) {
                (TokenKind::Str, [open, .., close]) => (*open, *close) = (QUOTE, QUOTE),
                (_, to) => to.copy_from_slice(from.as_bytes()),
            }
        }
        String::from_utf8(bare).expect("BUG: tokens begin and end between characters")
    }
}

/// Reads a text to its end.
pub(crate) fn scan(text: &str) -> Scan<'_> {
    if text.len() > MAX_TEXT {
        return too_long(text);
    }
    let mut scanner = Scanner {
        text,
        at: 0,
        line_end: 0,
        tokens: Vec::new(),
        diagnostics: Diagnostics::new(),
        repaired: None,
        open: Vec::new(),
        prefixes: 0,
        depth: 0,
        deepest: 0,
        parseable: true,
    };
    scanner.run();
    Scan {
        text: scanner.repaired.map_or(Cow::Borrowed(text), Cow::Owned),
        tokens: scanner.tokens,
        diagnostics: scanner.diagnostics,
        deepest: scanner.deepest,
        parseable: scanner.parseable,
    }
}

fn too_long(text: &str) -> Scan<'_> {
    let start = (0..=MAX_TEXT).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    let end = start + text[start..].chars().next().map_or(0, char::len_utf8);
    let message = format!("a query of {} bytes; at most {MAX_TEXT} are allowed", text.len());
    let mut diagnostics = Diagnostics::new();
    diagnostics
        .push(Diagnostic::new(Code::TooLong, span(start, end), message).label("the limit is here"));
    Scan {
        text: Cow::Borrowed(text),
        tokens: Vec::new(),
        diagnostics,
        deepest: 0,
        parseable: false,
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    line_end: usize,
    tokens: Vec<Token>,
    diagnostics: Diagnostics,
    repaired: Option<String>,
    open: Vec<Open>,
    /// `not` and signs before the operand that comes.
    prefixes: usize,
    /// Open brackets and all prefixes before and in them.
    depth: usize,
    deepest: usize,
    parseable: bool,
}

struct Open {
    sign: &'static str,
    span: Span,
    prefixes: usize,
}

impl<'t> Scanner<'t> {
    fn run(&mut self) {
        while let Some(c) = self.text[self.at..].chars().next() {
            self.lexeme(c);
        }
        if self.diagnostics.as_slice().len() == MAX_ERRORS {
            self.parseable = false;
        }
        if self.depth > MAX_DEPTH {
            return;
        }
        for open in std::mem::take(&mut self.open) {
            let close = closing(open.sign);
            self.stop(
                Diagnostic::new(
                    Code::Syntax,
                    open.span,
                    format!("this `{}` is never closed", open.sign),
                )
                .label(format!("no `{close}` for this one")),
            );
        }
    }

    fn lexeme(&mut self, c: char) {
        let rest = &self.text[self.at..];
        match c {
            ' ' | '\t' | '\r' | '\n' => self.at += 1,
            '/' if rest.starts_with("//") => self.at += self.line().len(),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '"' if rest.starts_with("\"\"\"") => self.raw_string(),
            '"' => self.plain_string(),
            '\'' => self.single_quoted(0),
            '?' if rest[1..].starts_with('"') => self.legacy_raw_string(),
            '?' if rest[1..].starts_with('\'') => self.single_quoted(1),
            '`' => self.quoted_name(),
            '$' if rest[1..].starts_with(is_name_start) => {
                self.token(TokenKind::Variable, 1 + name_length(&rest[1..]));
            }
            c if is_name_start(c) => self.word(),
            c if c.is_ascii_digit() => self.token(TokenKind::Number, number_length(rest)),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                // `a.0.b` is a mistake in a name, not a number after a name.
                let length = if self.after_operand() { 1 } else { number_length(rest) };
                self.token(if length == 1 { TokenKind::Symbol } else { TokenKind::Number }, length);
            }
            _ => self.sign(),
        }
    }

    /// The rest of the line. Its end is kept: a text of 64 KiB may be one line with thousands of strings.
    fn line(&mut self) -> &'t str {
        if self.line_end <= self.at {
            let rest = &self.text[self.at..];
            let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
            self.line_end = self.at + line.find('\r').unwrap_or(line.len());
        }
        &self.text[self.at..self.line_end]
    }

    fn here(&self, length: usize) -> Span {
        span(self.at, self.at + length)
    }

    /// Takes a token in that nests nothing.
    fn token(&mut self, kind: TokenKind, length: usize) {
        self.end_prefixes();
        self.push(kind, length);
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        self.tokens.push(Token { kind, span: self.here(length) });
        self.at += length;
    }

    fn end_prefixes(&mut self) {
        self.depth -= self.prefixes;
        self.prefixes = 0;
    }

    fn prefix(&mut self, kind: TokenKind, length: usize) {
        self.prefixes += 1;
        self.push(kind, length);
        self.deepen();
    }

    fn deepen(&mut self) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        if self.depth == MAX_DEPTH + 1
            && !self.diagnostics.as_slice().iter().any(|d| d.code == Code::TooDeep)
        {
            let place = self.tokens.last().map_or_else(Span::default, |t| t.span);
            self.stop(too_deep(place));
        }
    }

    /// Whether the last token ends an operand, so that a sign after it has two sides.
    fn after_operand(&self) -> bool {
        self.tokens.last().is_some_and(|token| match token.kind {
            TokenKind::Symbol => matches!(&self.text[token.span.range()], ")" | "]"),
            TokenKind::Word => !is_keyword_before_operand(&self.text[token.span.range()]),
            _ => true,
        })
    }

    fn word(&mut self) {
        let length = name_length(&self.text[self.at..]);
        let word = &self.text[self.at..self.at + length];
        if word.eq_ignore_ascii_case("not") && !self.after_operand() {
            return self.prefix(TokenKind::Word, length);
        }
        let tilde = self.text[self.at + length..].starts_with('~');
        self.token(TokenKind::Word, length + usize::from(tilde));
    }

    fn sign(&mut self) {
        /// By frequency, and each behind those that it begins.
        const SIGNS: [&str; 22] = [
            ",", ".", "(", ")", ":", "==", "[", "]", "!=", "?", "|", "-", ">=", ">", "<=", "<",
            "![", "=", "+", "*", "/", "%",
        ];
        let rest = &self.text[self.at..];
        let foreign = rest.starts_with(['=', '!', '<', '&']).then(|| foreign(rest, self.at));
        if let Some(foreign) = foreign.flatten() {
            return self.refuse(foreign);
        }
        let Some(sign) = SIGNS.iter().copied().find(|sign| rest.starts_with(sign)) else {
            return self.refuse(unexpected(rest, self.at));
        };
        match sign {
            "(" | "[" | "![" => self.open(sign),
            ")" | "]" => self.close(sign),
            "+" | "-" if !self.after_operand() => self.prefix(TokenKind::Symbol, 1),
            _ => self.token(TokenKind::Symbol, sign.len()),
        }
    }

    fn open(&mut self, sign: &'static str) {
        self.open.push(Open { sign, span: self.here(sign.len()), prefixes: self.prefixes });
        self.prefixes = 0;
        self.push(TokenKind::Symbol, sign.len());
        self.deepen();
    }

    fn close(&mut self, sign: &'static str) {
        self.end_prefixes();
        let place = self.here(1);
        self.push(TokenKind::Symbol, 1);
        match self.open.pop() {
            Some(open) => {
                self.depth -= 1 + open.prefixes;
                if closing(open.sign) != sign {
                    let message = format!(
                        "`{sign}` where `{}` is closed by `{}`",
                        open.sign,
                        closing(open.sign)
                    );
                    self.stop(
                        Diagnostic::new(Code::Syntax, place, message)
                            .label(format!("expected `{}`", closing(open.sign)))
                            .related(open.span, "opened here"),
                    );
                }
            }
            None => self.stop(
                Diagnostic::new(
                    Code::Syntax,
                    place,
                    format!("`{sign}` without `{}`", opening(sign)),
                )
                .label("nothing is open here"),
            ),
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.as_slice().len() < MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports what leaves the rest of the text without a meaning.
    fn stop(&mut self, diagnostic: Diagnostic) {
        self.parseable = false;
        self.report(diagnostic);
    }

    /// Puts something harmless of the same length in the place of a bad lexeme, for the parser to go on with.
    fn repair(&mut self, start: usize, length: usize, quote: &str) {
        let text = self.repaired.get_or_insert_with(|| self.text.to_owned());
        let filling = " ".repeat(length - 2 * quote.len());
        text.replace_range(start..start + length, &format!("{quote}{filling}{quote}"));
    }

    fn block_comment(&mut self) {
        let rest = &self.text[self.at..];
        if let Some(end) = rest[2..].find("*/") {
            self.at += 2 + end + 2;
        } else {
            let place = self.here(2);
            self.at = self.text.len();
            self.stop(
                Diagnostic::new(Code::Unterminated, place, "a comment without its end")
                    .label("no `*/` follows"),
            );
        }
    }

    fn raw_string(&mut self) {
        let line = self.line();
        if let Some(end) = line[3..].find("\"\"\"") {
            let close = 3 + end + 3;
            let extra = line[close..].chars().take(2).take_while(|&c| c == '"').count();
            self.token(TokenKind::Str, close + extra);
        } else {
            let diagnostic = Diagnostic::new(
                Code::Unterminated,
                self.here(line.trim_end().len()),
                "a raw string without its end",
            )
            .label("no `\"\"\"` follows on this line")
            .help("a string ends on the line it begins on");
            self.stop(diagnostic);
            self.token(TokenKind::Str, line.len());
        }
    }

    fn plain_string(&mut self) {
        let start = self.at;
        let line = self.line();
        let Some(length) = quoted_length(line, '"') else {
            let diagnostic = Diagnostic::new(
                Code::Unterminated,
                self.here(line.trim_end().len()),
                "a string without its end",
            )
            .label("no closing `\"` follows on this line")
            .help(if line.contains("\\\"") {
                "`\\\"` is a quote inside the string; a string that ends in a backslash is written `\"…\\\\\"`"
            } else {
                "a string ends on the line it begins on; a line break in it is written `\\n`"
            });
            self.stop(diagnostic);
            return self.token(TokenKind::Str, line.len());
        };
        let before = self.diagnostics.as_slice().len();
        self.escapes(start, &line[..length]);
        if self.diagnostics.as_slice().len() > before {
            self.repair(start, length, "\"");
        }
        self.token(TokenKind::Str, length);
    }

    /// Looks at every backslash of a string that begins at `start` of the text.
    fn escapes(&mut self, start: usize, string: &str) {
        let mut rest = string;
        while let Some(offset) = rest.find('\\') {
            let at = start + (string.len() - rest.len()) + offset;
            let tail = &rest[offset + 1..];
            let next = tail.chars().next().map_or(0, char::len_utf8);
            if tail.starts_with('u') {
                if let Err(error) = unicode_escape(tail) {
                    self.report(error.diagnostic(at));
                }
            } else if !tail.starts_with(['b', 't', 'n', 'f', 'r', '"', '\'', '\\']) {
                self.report(bad_escape(at, &tail[..next]));
            }
            rest = &tail[next..];
        }
    }

    /// `'…'`, or with `mark` 1 `?'…'`.
    fn single_quoted(&mut self, mark: usize) {
        let start = self.at;
        let line = self.line();
        let closed = if mark == 0 {
            quoted_length(line, '\'')
        } else {
            line[2..].find('\'').map(|end| 2 + end + 1)
        };
        let length = closed.unwrap_or(line.trim_end().len());
        let (code, message) = if mark == 0 {
            (Code::SingleQuotes, "a string in single quotes; strings are written in double quotes")
        } else {
            (
                Code::LegacyRawString,
                "a raw string written `?'…'`; raw strings are written `\"\"\"…\"\"\"`",
            )
        };
        let mut diagnostic = Diagnostic::new(code, self.here(length), message);
        if closed.is_some() {
            let body = &line[1 + mark..length - 1];
            let fixed = if mark == 0 { Some(requoted(body)) } else { raw(body) };
            if let Some(fixed) = fixed {
                diagnostic = diagnostic.patch(self.here(length), fixed);
            }
            self.repair(start, length, "\"");
            self.report(diagnostic);
        } else {
            self.stop(diagnostic.label("and no closing quote follows on this line"));
        }
        self.token(TokenKind::Str, length);
    }

    /// `?"…"`
    fn legacy_raw_string(&mut self) {
        let start = self.at;
        let line = self.line();
        // In the old form a backslash escapes nothing but the quote.
        let closed = quoted_length(&line[1..], '"').map(|length| length + 1);
        let length = closed.unwrap_or(line.trim_end().len());
        let mut diagnostic = Diagnostic::new(
            Code::LegacyRawString,
            self.here(length),
            "a raw string written `?\"…\"`; raw strings are written `\"\"\"…\"\"\"`",
        );
        if closed.is_some() {
            if let Some(fixed) = raw(&line[2..length - 1].replace("\\\"", "\"")) {
                diagnostic = diagnostic.patch(self.here(length), fixed);
            }
            self.repair(start, length, "\"");
            self.report(diagnostic);
        } else {
            self.stop(diagnostic.label("and no closing quote follows on this line"));
        }
        self.token(TokenKind::Str, length);
    }

    fn quoted_name(&mut self) {
        let start = self.at;
        let line = self.line();
        let mut end = 1;
        let closed = loop {
            match line[end..].find('`') {
                // Two that begin a name without an end are an empty name.
                None => break line.starts_with("``").then_some(2),
                Some(offset) if line[end + offset + 1..].starts_with('`') => end += offset + 2,
                Some(offset) => break Some(end + offset + 1),
            }
        };
        match closed {
            Some(2) => {
                let place = self.here(2);
                self.repair(start, 2, "a");
                self.report(
                    Diagnostic::new(Code::Syntax, place, "a field name without a character")
                        .label("expected a name in the back-quotes"),
                );
                self.token(TokenKind::Quoted, 2);
            }
            Some(length) => self.token(TokenKind::Quoted, length),
            None => {
                let length = line.trim_end().len();
                let diagnostic = Diagnostic::new(
                    Code::Unterminated,
                    self.here(length),
                    "a back-quoted name without its end",
                )
                .label("no closing back-quote follows on this line");
                self.stop(diagnostic);
                self.token(TokenKind::Quoted, line.len());
            }
        }
    }

    /// Reports what is no token and goes on behind it.
    fn refuse(&mut self, unexpected: Unexpected) {
        let end = self.at + unexpected.length;
        let text = self.repaired.get_or_insert_with(|| self.text.to_owned());
        text.replace_range(self.at..end, &unexpected.stand_in);
        self.report(unexpected.diagnostic);
        if !unexpected.stand_in.trim().is_empty() {
            self.token(TokenKind::Symbol, unexpected.length);
        }
        self.at = end;
    }
}

fn span(start: usize, end: usize) -> Span {
    // A text is at most 64 KiB when this is called, but for the one place of `too_long`.
    let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(clamp(start), clamp(end))
}

/// The error for nesting that passes the limit at `place`.
pub(crate) fn too_deep(place: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, place, format!("nesting of more than {MAX_DEPTH} levels"))
        .label("one level too many")
        .note("brackets, `not`, signs and arithmetic each count as a level")
}

fn bad_escape(at: usize, next: &str) -> Diagnostic {
    let place = span(at, at + 1 + next.len());
    Diagnostic::new(Code::BadEscape, place, format!("`\\{next}` is no escape"))
        .label(
            "expected one of `\\b`, `\\t`, `\\n`, `\\f`, `\\r`, `\\\"`, `\\'`, `\\\\` and `\\u{…}`",
        )
        .help("in a raw string, `\"\"\"…\"\"\"`, a backslash stands for itself")
        .patch(span(at, at + 1), "\\\\")
}

/// What is wrong with a unicode escape.
pub(crate) struct UnicodeError {
    /// Bytes from the backslash on.
    length: usize,
    message: String,
    help: Option<String>,
}

impl UnicodeError {
    fn diagnostic(self, at: usize) -> Diagnostic {
        let error =
            Diagnostic::new(Code::BadUnicodeEscape, span(at, at + self.length), self.message)
                .label("expected `\\u{…}` with 2 to 8 hexadecimal digits");
        match self.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

/// Reads `u{1f600}`; gives the character and the number of bytes read.
pub(crate) fn unicode_escape(tail: &str) -> Result<(char, usize), UnicodeError> {
    let error = |length: usize, message: &str| UnicodeError {
        length: length + 1,
        message: message.to_owned(),
        help: None,
    };
    let Some(body) = tail.strip_prefix("u{") else {
        let digits: String =
            tail[1..].chars().take(4).take_while(char::is_ascii_hexdigit).collect();
        return Err(UnicodeError {
            help: (digits.len() == 4).then(|| format!("write `\\u{{{digits}}}`")),
            ..error(1 + digits.len(), "a unicode escape without braces")
        });
    };
    let digits = body.bytes().take_while(u8::is_ascii_hexdigit).count();
    if !body[digits..].starts_with('}') {
        return Err(error(2 + digits, "a unicode escape without its closing brace"));
    }
    let length = 2 + digits + 1;
    if !(2..=8).contains(&digits) {
        let amount = if digits < 2 { "few" } else { "many" };
        return Err(error(length, &format!("a unicode escape of too {amount} digits")));
    }
    match u32::from_str_radix(&body[..digits], 16) {
        Ok(code @ 0xD800..=0xDFFF) => Err(error(
            length,
            &format!("U+{code:04X} is half of a surrogate pair, not a character"),
        )),
        Ok(code) => char::from_u32(code)
            .map(|c| (c, length))
            .ok_or_else(|| error(length, "a unicode escape above U+10FFFF, the last character")),
        Err(_) => Err(error(length, "a unicode escape above U+10FFFF, the last character")),
    }
}

/// The body of `'…'` written in double quotes.
fn requoted(body: &str) -> String {
    let mut fixed = String::from("\"");
    let mut escaped = false;
    for c in body.chars() {
        if c == '"' && !escaped {
            fixed.push('\\');
        }
        escaped = c == '\\' && !escaped;
        fixed.push(c);
    }
    fixed.push('"');
    fixed
}

/// A body as a raw string, where it can be one.
fn raw(body: &str) -> Option<String> {
    let fits = !body.contains("\"\"\"") && !body.starts_with('"');
    fits.then(|| format!("\"\"\"{body}\"\"\""))
}

/// What begins no token.
struct Unexpected {
    length: usize,
    diagnostic: Diagnostic,
    /// What the parser goes on with: the same number of bytes.
    stand_in: String,
}

/// Operators of other languages: as written, what the parser goes on with, the message, and the fix if there is one.
const FOREIGN: [(&str, &str, &str, Option<&str>); 8] = [
    ("&&", "or", "`&&` is written `and`", Some("and")),
    ("===", "== ", "`===` is written `==`", Some("==")),
    ("<>", "!=", "`<>` is written `!=`", Some("!=")),
    ("=>", ">=", "`=>` is written `>=`", Some(">=")),
    ("=<", "<=", "`=<` is written `<=`", Some("<=")),
    (
        "=~",
        "==",
        "`=~` does not exist; `:` compares ignoring case, `regex~` matches a regular expression",
        None,
    ),
    ("!:", ": ", "`!:` does not exist; negate the whole comparison, `not field : \"value\"`", None),
    ("!~", ": ", "`!~` does not exist; negate the whole comparison, `not field : \"value\"`", None),
];

fn foreign(rest: &str, at: usize) -> Option<Unexpected> {
    let (written, stand_in, message, fix) =
        FOREIGN.into_iter().find(|(written, ..)| rest.starts_with(written))?;
    let place = span(at, at + written.len());
    let error = Diagnostic::new(Code::Syntax, place, message);
    Some(Unexpected {
        length: written.len(),
        diagnostic: match fix {
            Some(fix) => error.patch(place, fix),
            None => error,
        },
        stand_in: stand_in.to_owned(),
    })
}

fn unexpected(rest: &str, at: usize) -> Unexpected {
    let first = rest.chars().next().unwrap_or(' ');
    let alike = |c: char| c == first || first.is_alphabetic() && c.is_alphabetic() && !c.is_ascii();
    let length = rest.chars().take_while(|&c| alike(c)).map(char::len_utf8).sum();
    let place = span(at, at + length);
    let error = Diagnostic::new(Code::UnexpectedCharacter, place, describe(first));
    let diagnostic = match first {
        '!' if rest[1..].trim_start().starts_with('[') => {
            error.help("a missing event is written `![`, without a space")
        }
        '!' => error.help("negation is written `not`; `!` stands only in `!=` and `![`"),
        ';' => error.help("no `;` ends a query").patch(place, ""),
        '~' => error.help("`~` follows `in`, `like`, `regex` or a function's name without a space"),
        '$' => error.help("a variable is written `$name`"),
        '#' => error.help("a comment is written `// …` or `/* … */`"),
        '\\' => error.help("a backslash stands only inside a string"),
        '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => {
            error.help("strings are written in straight double quotes, `\"`")
        }
        c if c.is_alphabetic() => {
            error.help("a name with other than ASCII letters is written in back-quotes")
        }
        c if c.is_whitespace() || c == '\u{feff}' => {
            error.help("only spaces, tabs and line breaks separate words").patch(place, " ")
        }
        _ => error,
    };
    // A letter goes on as a part of its name, `$` as a name.
    let filling = if first.is_alphabetic() || first == '$' { "_" } else { " " };
    Unexpected { length, diagnostic, stand_in: filling.repeat(length) }
}

fn describe(c: char) -> String {
    if c.is_control() || c.is_whitespace() || !c.is_ascii() {
        let visible = if c.is_alphanumeric() { format!(" `{c}`") } else { String::new() };
        format!("unexpected character U+{:04X}{visible} outside a string", u32::from(c))
    } else {
        format!("unexpected character `{c}`")
    }
}

fn closing(open: &str) -> &'static str {
    if open == "(" { ")" } else { "]" }
}

fn opening(close: &str) -> &'static str {
    if close == ")" { "(" } else { "[" }
}

/// The length of a quoted string with backslash escapes, quotes and all.
fn quoted_length(line: &str, quote: char) -> Option<usize> {
    let mut from = quote.len_utf8();
    loop {
        let at = from + line[from..].find(quote)?;
        let backslashes = line[from..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        from = at + quote.len_utf8();
        if backslashes.is_multiple_of(2) {
            return Some(from);
        }
    }
}

pub(crate) fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '@'
}

pub(crate) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn name_length(text: &str) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    text[first..].find(|c| !is_name_char(c)).map_or(text.len(), |end| first + end)
}

fn number_length(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(0);
    if text[length..].starts_with('.') {
        length += 1;
        length += digits(length);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

/// Words that name no field and no category unless quoted.
pub(crate) const KEYWORDS: [&str; 19] = [
    "and", "any", "by", "false", "in", "join", "like", "maxspan", "not", "null", "of", "or",
    "regex", "sample", "sequence", "true", "until", "where", "with",
];

/// Keywords, with or without `~`, after which an operand begins.
pub(crate) fn is_keyword_before_operand(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "and", "by", "in", "in~", "like", "like~", "not", "of", "or", "regex", "regex~", "until",
        "where", "with",
    ];
    WORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::scan;

    #[test]
    fn bare_texts_keep_tokens_in_their_places() {
        for (text, bare) in [
            ("", ""),
            ("a where b", "a where b"),
            ("a\n\twhere\r\nb // \"é\"", "a  where  b        "),
            ("a /* ( */ where(b)", "a         where(b)"),
            (r#"a where b == "é\"" "#, "a where b == \"    \" "),
            (r#"a where b : ("", """c"""", "//")"#, r#"a where b : ("", "      ", "  ")"#),
            ("a where `b // c` == 1", "a where `b // c` == 1"),
            // What is wrong was replaced before.
            ("a where b == 'c'", "a where b == \" \""),
            ("a where b === 1 ; c", "a where b ==  1   c"),
        ] {
            let scan = scan(text);
            assert!(scan.parseable, "{text}");
            assert_eq!(scan.bare(), bare, "{text}");
        }
    }
}
