//! Where a query's text came from, and how a place in it is shown in the compiler's output.

use std::ops::Range;

use eql_grammar::diag::{Code, Diagnostic};
use eql_grammar::span::Span as TextSpan;
use proc_macro2::{Delimiter, Group, LineColumn, Spacing, Span, TokenStream, TokenTree};

/// The text of a query, and its way back to the user's source.
pub(crate) struct Source {
    /// What the parser reads.
    pub(crate) text: String,
    pub(crate) map: SourceMap,
}

/// How offsets in the text become places that the compiler can point at.
pub(crate) enum SourceMap {
    /// Written as tokens: each range of the text has the span of its token.
    Tokens(Vec<(Range<u32>, Span)>),
    /// A string literal: shown with the literal's own text as a frame.
    Literal(LiteralMap),
    /// A file: shown with the file's text as a frame, at the span of its name.
    File(FileMap),
}

pub(crate) struct LiteralMap {
    pub(crate) span: Span,
    /// As the compiler prints it.
    pub(crate) file: String,
    /// The literal as written.
    pub(crate) shown: String,
    /// Rust reads escapes in it.
    pub(crate) cooked: bool,
    /// Where it begins in the file, counted from 1.
    pub(crate) first_line: u32,
    pub(crate) first_column: u32,
    /// For each byte of the text and its end, the offset in `shown`.
    pub(crate) offsets: Vec<u32>,
}

pub(crate) struct FileMap {
    pub(crate) span: Span,
    /// Relative to the package.
    pub(crate) path: String,
    /// The whole file.
    pub(crate) shown: String,
}

impl Source {
    /// No text, for diagnostics that bring their place along.
    pub(crate) const fn nothing() -> Self {
        Self { text: String::new(), map: SourceMap::Tokens(Vec::new()) }
    }

    /// Rebuilds the text from the places of its tokens. Comments become white space.
    pub(crate) fn from_tokens(group: &Group) -> Self {
        let mut tokens = Vec::new();
        flatten(group.stream(), &mut tokens);
        let mut text = String::new();
        let mut map = Vec::with_capacity(tokens.len());
        let base = tokens.first().map_or(0, |token| token.span.start().column);
        let home = Home::of(group);
        let mut last: Option<&Token> = None;
        for token in &tokens {
            if let Some(last) = last {
                let together = home.has(last.span) == home.has(token.span);
                text.push_str(&gap(last, token, base, together));
            }
            let start = offset(text.len());
            text.push_str(&token.text);
            map.push((start..offset(text.len()), token.span));
            last = Some(token);
        }
        if map.is_empty() {
            map.push((0..1, group.span_close()));
        }
        Self { text, map: SourceMap::Tokens(map) }
    }

    /// Literals that Rust reads as tokens and that no EQL text has.
    pub(crate) fn foreign(&self) -> Vec<Diagnostic> {
        let SourceMap::Tokens(map) = &self.map else { return Vec::new() };
        let token = |(range, _): &(Range<u32>, Span)| TextSpan::new(range.start, range.end);
        map.iter()
            .map(token)
            .filter_map(|place| foreign(self.text.get(place.range())?, place))
            .collect()
    }

    /// The text of a string literal.
    pub(crate) fn from_literal(literal: &syn::LitStr) -> Self {
        let value = literal.value();
        let span = literal.span();
        let written = span.source_text().unwrap_or_else(|| literal.token().to_string());
        let start = span.start();
        let map = LiteralMap {
            span,
            file: span.file(),
            offsets: literal_offsets(&written, &value),
            cooked: written.starts_with('"'),
            shown: written,
            first_line: offset(start.line.max(1)),
            first_column: offset(start.column + 1),
        };
        Self { text: value, map: SourceMap::Literal(map) }
    }
}

/// `r"…"`, `b"…"`, `1_000` and `0x10`.
fn foreign(token: &str, place: TextSpan) -> Option<Diagnostic> {
    let quote = token.find('"').unwrap_or(0);
    let prefix = token[..quote].trim_end_matches('#');
    if matches!(prefix, "r" | "b" | "c" | "br" | "cr") {
        let error = Diagnostic::new(
            Code::Syntax,
            place,
            format!("EQL has no strings of the form `{}…\"`", &token[..=quote]),
        );
        return Some(error.help(
            "in \"…\" a backslash is written twice; a query that is a string, `query = r#\"…\"#`, may have \"\"\"…\"\"\"",
        ));
    }
    let number = token.starts_with(|ch: char| ch.is_ascii_digit());
    let other_base = ["0x", "0o", "0b"].iter().any(|base| token.starts_with(base));
    (number && (other_base || token.contains('_'))).then(|| {
        Diagnostic::new(Code::Syntax, place, format!("`{token}` is no number of EQL"))
            .help("numbers are decimal digits, with a fraction and an exponent or without: `4000`, `1.5`, `1e3`")
    })
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Where the parentheses around a query stand. Inside another macro, tokens of its caller stand elsewhere,
/// and nothing can be said of the white space between theirs and the macro's own.
struct Home {
    file: String,
    first: LineColumn,
    last: LineColumn,
}

impl Home {
    fn of(group: &Group) -> Self {
        let (open, close) = (group.span_open(), group.span_close());
        Self { file: open.file(), first: open.end(), last: close.start() }
    }

    fn has(&self, span: Span) -> bool {
        let start = span.start();
        (self.first..=self.last).contains(&start) && span.file() == self.file
    }
}

struct Token {
    text: String,
    span: Span,
    /// The next token follows without white space, as far as the compiler says.
    joint: bool,
}

fn flatten(stream: TokenStream, out: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(out, open.to_owned(), group.span_open(), false);
                flatten(group.stream(), out);
                push(out, close.to_owned(), group.span_close(), false);
            }
            TokenTree::Ident(ident) => push(out, ident.to_string(), ident.span(), false),
            TokenTree::Punct(punct) => push(
                out,
                punct.as_char().to_string(),
                punct.span(),
                punct.spacing() == Spacing::Joint,
            ),
            TokenTree::Literal(literal) => push(out, literal.to_string(), literal.span(), false),
        }
    }
}

fn push(out: &mut Vec<Token>, text: String, span: Span, joint: bool) {
    if !text.is_empty() {
        out.push(Token { text, span, joint });
    }
}

/// The white space between two tokens. Where their places say nothing, a space, except where EQL wants none.
///
/// `together` says that both stand in the same stretch of a file.
fn gap(last: &Token, next: &Token, base: usize, together: bool) -> String {
    let (end, start) = (last.span.end(), next.span.start());
    let known = together
        && end.line > 0
        && (start.line, start.column) >= (end.line, end.column)
        && last.span.start() != start
        && start.line - end.line < 1000;
    if known && last.span.start().line == end.line && start.line == end.line {
        return " ".repeat(start.column - end.column);
    }
    if known && start.line > end.line {
        let mut white = "\n".repeat(start.line - end.line);
        white.extend(std::iter::repeat_n(' ', start.column.saturating_sub(base)));
        return white;
    }
    let glued = last.joint
        || next.text == "~"
        || matches!(last.text.as_str(), "!" | "?" | "$" | "@" | ".")
        || next.text == "."
        || (last.text.ends_with('"') && next.text.starts_with('"'));
    if glued { String::new() } else { " ".to_owned() }
}

/// For each byte of a literal's value and its end, the offset in the literal as written.
fn literal_offsets(written: &str, value: &str) -> Vec<u32> {
    if let Some(at) = written.find('"')
        && written.starts_with('r')
    {
        return (0..=value.len()).map(|byte| offset(at + 1 + byte)).collect();
    }
    let mut offsets = Vec::with_capacity(value.len() + 1);
    let mut chars = written.char_indices().skip(1).peekable();
    let mut values = value.chars();
    while let Some((at, ch)) = chars.next() {
        if ch == '\\' {
            match chars.next() {
                // A backslash at the end of a line takes the white space after it away.
                Some((_, '\n')) => {
                    while chars.next_if(|(_, ch)| ch.is_whitespace()).is_some() {}
                    continue;
                }
                Some((_, 'u')) => {
                    while chars.next_if(|(_, ch)| *ch != '}').is_some() {}
                    chars.next();
                }
                Some((_, 'x')) => {
                    chars.next();
                    chars.next();
                }
                _ => {}
            }
        }
        let Some(value) = values.next() else {
            offsets.push(offset(at));
            return offsets;
        };
        offsets.extend(std::iter::repeat_n(offset(at), value.len_utf8()));
    }
    offsets.resize(value.len() + 1, offset(written.len()));
    offsets
}

impl SourceMap {
    /// The compiler's spans of the first and the last token of a place.
    pub(crate) fn spans(&self, place: TextSpan) -> (Span, Span) {
        match self {
            Self::Tokens(map) => {
                let touched = |(range, _): &&(Range<u32>, Span)| {
                    range.start < place.end.max(place.start + 1) && place.start < range.end
                };
                let first = map.iter().find(touched);
                let last = map.iter().rev().find(touched);
                // A place between tokens or at the end: the token before it.
                let before = || map.iter().rev().find(|(range, _)| range.end <= place.start);
                let first = first.or_else(before).or_else(|| map.first());
                let last = last.or(first);
                let span = |entry: Option<&(Range<u32>, Span)>| {
                    entry.map_or_else(Span::call_site, |(_, span)| *span)
                };
                (span(first), span(last))
            }
            Self::Literal(map) => (map.span, map.span),
            Self::File(map) => (map.span, map.span),
        }
    }
}

impl LiteralMap {
    /// A place of the text as a place of what is shown.
    pub(crate) fn shown_span(&self, place: TextSpan) -> TextSpan {
        let at = |byte: u32| {
            let byte = (byte as usize).min(self.offsets.len().saturating_sub(1));
            self.offsets.get(byte).copied().unwrap_or(0)
        };
        TextSpan::new(at(place.start), at(place.end))
    }
}

#[cfg(test)]
mod tests {
    use eql_grammar::ast::Dialect;
    use eql_grammar::parser::parse;

    use super::*;

    #[test]
    fn offsets_of_a_cooked_literal_skip_escapes() {
        assert_eq!(literal_offsets(r#""a\\b""#, r"a\b"), [1, 2, 4, 5]);
        assert_eq!(literal_offsets("\"a\\\n   b\"", "ab"), [1, 7, 8]);
        assert_eq!(literal_offsets("\"\\u{e9}x\"", "éx"), [1, 1, 7, 8]);
    }

    #[test]
    fn offsets_of_a_raw_literal_are_shifted() {
        assert_eq!(literal_offsets("r##\"ab\"##", "ab"), [4, 5, 6]);
    }

    #[test]
    fn tokens_give_their_text_back() {
        let text =
            "process where a.b : (\"x\\\\*\", \"y\") and ?c like~ \"\"\"z\"\"\" and not d != -1";
        let stream: TokenStream = format!("({text})").parse().expect("lexes");
        let Some(TokenTree::Group(group)) = stream.into_iter().next() else { panic!("a group") };
        assert_eq!(Source::from_tokens(&group).text, text);
    }

    /// The tokens as a compiler gives them that says nothing of their places.
    fn placeless(stream: TokenStream) -> TokenStream {
        let one = |tree| match tree {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), placeless(group.stream())))
            }
            mut tree => {
                tree.set_span(Span::call_site());
                tree
            }
        };
        stream.into_iter().map(one).collect()
    }

    /// Each in EQL of the endpoint dialect, which has everything.
    const QUERIES: &[&str] = &[
        "process where a.b : (\"x*\", \"y\") and ?c.d like~ \"z\" and not e != -1",
        "process where a in~ (\"x\") and b not in (1, -2, 1.5, 1e3, 1.5e-3) and c regex~ \"x+\"",
        "process where a == \"\"\"x y\"\"\" and b : (\"\"\"x\"\"\", \"\"\"y\"\"\", \"z\", \"\")",
        "process where endsWith~(a, \"x\") and length(b.c) >= 3 and cidrMatch(d, \"10.0.0.0/8\")",
        "process where _arraysearch(a.b, $x, $x.y : \"z\" and _arraysearch($x.z, $y, $y == 1))",
        "process where @timestamp > 5 and a.@b == null and _c == true",
        "process where -a + 1 * 2 - 3 / 4 % 5 <= 6 and (a == (not b) or not (c))",
        "any where a <= 1 and b < 2 and c >= 3 and d > 4 | head 5 | tail 6",
        "sequence by a.b, ?c with maxspan=100ms [process where d : \"x\"] by e with runs=3 ![file where true] by f until [any where false] by g",
        "sequence [process where true] as p [file where p.a == b and descendant of [process where c == 1]]",
        "sample by a [\"x y\" where true] [file where b == \"\\u{e9}\\\\\\\"\"]",
    ];

    #[test]
    fn tokens_without_places_mean_the_same() {
        for text in QUERIES {
            let wanted = parse(text, Dialect::Endpoint).expect("a query");
            let stream = placeless(text.parse().expect("tokens"));
            let found = Source::from_tokens(&Group::new(Delimiter::Parenthesis, stream)).text;
            let read = parse(&found, Dialect::Endpoint);
            let read = read.unwrap_or_else(|errors| panic!("{found}: {errors:?}"));
            assert_eq!(read.to_string(), wanted.to_string(), "{found}");
        }
    }

    #[test]
    fn tokens_without_places_have_their_ranges() {
        for text in QUERIES {
            let stream = placeless(text.parse().expect("tokens"));
            let source = Source::from_tokens(&Group::new(Delimiter::Parenthesis, stream));
            let SourceMap::Tokens(map) = &source.map else { panic!("tokens") };
            let mut end = 0;
            for (range, _) in map {
                assert!(end <= range.start && range.start < range.end, "{text}: {range:?}");
                end = range.end;
            }
            assert_eq!(end as usize, source.text.len());
            // Any place whatever has spans.
            for start in 0..=offset(source.text.len()) + 1 {
                source.map.spans(TextSpan::new(start, start));
                source.map.spans(TextSpan::new(start, start + 3));
            }
        }
    }

    #[test]
    fn places_are_those_of_the_tokens() {
        let stream: TokenStream = "(process where\n a.b == \"x\"  and c)".parse().expect("tokens");
        let Some(TokenTree::Group(group)) = stream.into_iter().next() else { panic!("a group") };
        let source = Source::from_tokens(&group);
        let shown = |place: &str| {
            let start = source.text.find(place).expect("a place");
            let place = TextSpan::new(offset(start), offset(start + place.len()));
            let (first, last) = source.map.spans(place);
            (first.start().line, first.start().column, last.end().line, last.end().column)
        };
        assert_eq!(shown("a.b"), (2, 1, 2, 4));
        assert_eq!(shown("=="), (2, 5, 2, 7));
        assert_eq!(shown("\"x\"  and"), (2, 8, 2, 16));
        assert_eq!(shown("where\na"), (1, 9, 2, 2));
        // Between tokens, and behind the last one: the token before.
        assert_eq!(shown("  and"), (2, 13, 2, 16));
        let end = TextSpan::new(offset(source.text.len()), offset(source.text.len()));
        assert_eq!(source.map.spans(end).0.start().column, 17);
    }

    #[test]
    fn places_without_tokens_are_the_end_of_the_parentheses() {
        let stream: TokenStream = "f( )".parse().expect("tokens");
        let Some(TokenTree::Group(group)) = stream.into_iter().nth(1) else { panic!("a group") };
        let source = Source::from_tokens(&group);
        assert_eq!(source.text, "");
        assert_eq!(source.map.spans(TextSpan::new(0, 0)).0.start().column, 3);
    }

    #[test]
    fn tokens_from_two_places_are_separated() {
        // As in a macro: the group is the macro's, one of its tokens the caller's, lines below.
        let stream: TokenStream =
            "(process where a == X and b)\n\n\n\n \"x\"".parse().expect("tokens");
        let mut trees = stream.into_iter();
        let Some(TokenTree::Group(group)) = trees.next() else { panic!("a group") };
        let Some(argument) = trees.next() else { panic!("an argument") };
        let stream = group.stream().into_iter().map(|tree| match tree {
            TokenTree::Ident(name) if name == "X" => argument.clone(),
            tree => tree,
        });
        let mut called = Group::new(Delimiter::Parenthesis, stream.collect());
        called.set_span(group.span());
        let text = Source::from_tokens(&called).text;
        assert_eq!(text, "process where a == \"x\" and b");
    }

    #[test]
    fn literals_of_rust_alone_are_foreign() {
        let foreign = |text: &str| {
            let stream: TokenStream = format!("({text})").parse().expect("tokens");
            let Some(TokenTree::Group(group)) = stream.into_iter().next() else {
                panic!("a group")
            };
            Source::from_tokens(&group).foreign().len()
        };
        for text in
            ["r\"x\"", "r#\"x\"#", "b\"x\"", "br#\"x\"#", "c\"x\"", "1_000", "0x10", "0b1", "1_0u8"]
        {
            assert_eq!(foreign(text), 1, "{text}");
        }
        for text in
            ["\"r\"", "r == \"x\"", "1m", "100ms", "1e3", "1.5", "\"\"\"x\"\"\"", "'x'", "0"]
        {
            assert_eq!(foreign(text), 0, "{text}");
        }
    }

    #[test]
    fn lines_are_dedented_to_the_first_token() {
        let stream: TokenStream =
            "(\n    process where a == 1 // why\n     and b == 2\n)".parse().expect("lexes");
        let Some(TokenTree::Group(group)) = stream.into_iter().next() else { panic!("a group") };
        assert_eq!(Source::from_tokens(&group).text, "process where a == 1\n and b == 2");
    }
}
