//! Where a query's text came from, and how a place in it is shown in the compiler's output.

use std::ops::Range;

use eql_grammar::span::Span as TextSpan;
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

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
    /// Rebuilds the text from the places of its tokens. Comments become white space.
    pub(crate) fn from_tokens(group: &Group) -> Self {
        let mut tokens = Vec::new();
        flatten(group.stream(), &mut tokens);
        let mut text = String::new();
        let mut map = Vec::with_capacity(tokens.len());
        let base = tokens.first().map_or(0, |token| token.span.start().column);
        let mut last: Option<&Token> = None;
        for token in &tokens {
            if let Some(last) = last {
                text.push_str(&gap(last, token, base));
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
            shown: written,
            first_line: offset(start.line.max(1)),
            first_column: offset(start.column + 1),
        };
        Self { text: value, map: SourceMap::Literal(map) }
    }
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
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

/// The white space between two tokens. Where places are unknown or come from several files (inside
/// another macro), a space, except where EQL wants none.
fn gap(last: &Token, next: &Token, base: usize) -> String {
    let (end, start) = (last.span.end(), next.span.start());
    let known = end.line > 0
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
        || matches!(last.text.as_str(), "!" | "?" | "$" | ".")
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

    #[test]
    fn lines_are_dedented_to_the_first_token() {
        let stream: TokenStream =
            "(\n    process where a == 1 // why\n     and b == 2\n)".parse().expect("lexes");
        let Some(TokenTree::Group(group)) = stream.into_iter().next() else { panic!("a group") };
        assert_eq!(Source::from_tokens(&group).text, "process where a == 1\n and b == 2");
    }
}
