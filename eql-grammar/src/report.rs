//! Diagnostics as text, in the look of rustc.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Severity, Renderer, Snippet};

use crate::{
    diag::{Diagnostic, Level, Patch},
    span::Span,
};

/// The text that spans point into, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceText<'a> {
    /// The file as shown behind `-->`; `None` for a text that is in no file.
    pub path: Option<&'a str>,
    /// The text.
    pub text: &'a str,
    /// The line of the file that the text begins on, counted from 1.
    pub first_line: u32,
    /// The column of the file that the text begins at, in characters, counted from 1. Later lines begin at column 1.
    pub first_column: u32,
}

impl<'a> SourceText<'a> {
    /// A text that is a whole file, or in none.
    #[must_use]
    pub const fn new(path: Option<&'a str>, text: &'a str) -> Self {
        Self { path, text, first_line: 1, first_column: 1 }
    }

    /// Line and column in the file of a byte offset in the text, both counted from 1, columns in characters.
    #[must_use]
    pub fn line_col(&self, offset: u32) -> (u32, u32) {
        let (line, column) = line_col(self.text, offset);
        let shift = if line == 1 { self.first_column.saturating_sub(1) } else { 0 };
        (self.first_line.saturating_add(line - 1), column.saturating_add(shift))
    }
}

/// Line and column of a byte offset, both counted from 1, columns in characters.
///
/// An offset inside a character counts as the character's, one behind the text as the text's end. A line ends with `\n`.
///
/// ```
/// use eql_grammar::report::line_col;
///
/// assert_eq!(line_col("process\n where é == 1", 18), (2, 10));
/// ```
#[must_use]
pub fn line_col(text: &str, offset: u32) -> (u32, u32) {
    let before = &text[..floor(text, offset)];
    let line = before.bytes().filter(|&b| b == b'\n').count();
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count();
    let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
    (count(line), count(column))
}

/// Renders diagnostics one after the other, with an empty line between them.
///
/// `color` puts ANSI escapes in. The last line has no line break.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], source: &SourceText<'_>, color: bool) -> String {
    let shown = Shown::new(source);
    diagnostics
        .iter()
        .map(|diagnostic| shown.render(diagnostic, color))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// Renders one diagnostic.
///
/// ```
/// use eql_grammar::{ast::Dialect, parser::parse, report::{SourceText, render_one}};
///
/// let text = "process where process.name = \"cmd.exe\"";
/// let errors = parse(text, Dialect::Elasticsearch).unwrap_err();
/// let shown = render_one(&errors.as_slice()[0], &SourceText::new(Some("rules/cmd.eql"), text), false);
/// assert_eq!(shown, r#"error[EQL-E008]: `=` is no comparison
///  --> rules/cmd.eql:1:28
///   |
/// 1 | process where process.name = "cmd.exe"
///   |                            ^ expected `==`, or `:` to ignore case
///   |
///   = help: write `==` instead of `=`"#);
/// ```
#[must_use]
pub fn render_one(diagnostic: &Diagnostic, source: &SourceText<'_>, color: bool) -> String {
    Shown::new(source).render(diagnostic, color)
}

/// The text as it is shown.
struct Shown<'a> {
    source: &'a SourceText<'a>,
    /// The text, moved right on its first line to the column it has in its file.
    text: String,
    shift: usize,
}

impl<'a> Shown<'a> {
    fn new(source: &'a SourceText<'a>) -> Self {
        let shift = source.first_column.saturating_sub(1) as usize;
        Self { source, text: format!("{:shift$}{}", "", source.text), shift }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let start = floor(self.source.text, span.start);
        let end = floor(self.source.text, span.end).max(start);
        start + self.shift..end + self.shift
    }

    fn render(&self, diagnostic: &Diagnostic, color: bool) -> String {
        let severity = match diagnostic.level {
            Level::Error => Severity::ERROR,
            Level::Warning => Severity::WARNING,
        };
        let label = (!diagnostic.label.is_empty()).then_some(diagnostic.label.as_str());
        let primary = AnnotationKind::Primary.span(self.range(diagnostic.span)).label(label);
        let snippet = Snippet::source(self.text.as_str())
            .path(self.source.path)
            .line_start(self.source.first_line as usize)
            .annotation(primary)
            .annotations(diagnostic.related.iter().map(|(span, text)| {
                AnnotationKind::Context.span(self.range(*span)).label(text.as_str())
            }));
        let said = |patch: &&Patch| {
            let new = format!("`{}`", patch.replacement);
            diagnostic.help.iter().any(|help| help.contains(&new))
        };
        let patch = diagnostic.patch.as_ref().filter(|patch| !said(patch));
        let patch = patch.map(|patch| self.patch(patch));
        let helps = diagnostic.help.iter().map(String::as_str).chain(patch.as_deref());
        let group: Group<'_> = severity
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code.as_str())
            .element(snippet)
            .elements(diagnostic.notes.iter().map(|note| Severity::NOTE.message(note.as_str())))
            .elements(helps.map(|help| Severity::HELP.message(help)));
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }

    /// A mechanical fix in words, for one that no help has said already.
    fn patch(&self, patch: &Patch) -> String {
        let old = &self.text[self.range(patch.span)];
        let new = patch.replacement.as_str();
        match (old.is_empty(), new.is_empty()) {
            (_, true) => format!("leave {} out", code(old)),
            (true, false) => format!("insert {}", code(new)),
            (false, false) => format!("write {} instead of {}", code(new), code(old)),
        }
    }
}

/// A piece of a query between back-quotes, shortened where it is long.
fn code(text: &str) -> String {
    const LONGEST: usize = 60;
    if text == " " {
        return "a space".to_owned();
    }
    let mut shown = String::new();
    for c in text.chars().take(LONGEST) {
        match c {
            '\t' | '\r' | '\n' => shown.push(' '),
            c if c != ' ' && (c.is_control() || c.is_whitespace()) => {
                shown.extend(c.escape_unicode());
            }
            c => shown.push(c),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    if shown.contains('`') { format!("`` {shown} ``") } else { format!("`{shown}`") }
}

/// The offset of the character that `offset` is in, at most the length of the text.
fn floor(text: &str, offset: u32) -> usize {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
