//! Diagnostics as tokens: `compile_error!` for errors, a deprecation for lints.

use eql_grammar::diag::{Code, Diagnostic, Level};
use eql_grammar::report::{SourceText, render_one};
use eql_grammar::span::Span as TextSpan;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::source::{Source, SourceMap};

/// The diagnostics of a query's text.
pub(crate) fn all(diagnostics: &[Diagnostic], source: &Source) -> TokenStream {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        diagnostics.iter().partition(|diagnostic| diagnostic.level == Level::Error);
    let place = |diagnostic: &Diagnostic| source.map.spans(diagnostic.span);
    let mut out = TokenStream::new();
    for diagnostic in errors {
        let (first, last) = place(diagnostic);
        out.extend(error(&message(diagnostic, source), first, last));
    }
    let warnings = warnings.into_iter();
    out.extend(self::warnings(
        warnings.map(|diagnostic| (message(diagnostic, source), place(diagnostic).0)),
    ));
    out
}

fn message(diagnostic: &Diagnostic, source: &Source) -> String {
    match &source.map {
        SourceMap::Tokens(_) => text(diagnostic, source),
        SourceMap::Literal(map) => {
            let mut moved = diagnostic.clone();
            moved.move_places(|span| map.shown_span(span));
            if map.cooked {
                moved.escape_patch();
            }
            let source = SourceText {
                path: Some(&map.file),
                text: &map.shown,
                first_line: map.first_line,
                first_column: map.first_column,
            };
            framed(&moved, &source)
        }
        SourceMap::File(map) => framed(diagnostic, &SourceText::new(Some(&map.path), &map.shown)),
    }
}

/// A diagnostic that is about the compiler's own tokens, such as an attribute key.
pub(crate) fn plain(diagnostic: &Diagnostic, span: Span) -> TokenStream {
    let message = text(diagnostic, &Source::nothing());
    match diagnostic.level {
        Level::Error => error(&message, span, span),
        Level::Warning => warnings([(message, span)]),
    }
}

/// What the parser of Rust's own syntax says of an attribute.
pub(crate) fn syntax(error: &syn::Error) -> TokenStream {
    error
        .clone()
        .into_iter()
        .map(|error| {
            let diagnostic = Diagnostic::new(Code::Syntax, TextSpan::default(), error.to_string());
            plain(&diagnostic, error.span())
        })
        .collect()
}

/// The message with its lines of help, for a place that the compiler underlines itself.
fn text(diagnostic: &Diagnostic, source: &Source) -> String {
    let mut out = headline(diagnostic);
    let mut line = |kind: &str, text: &str| {
        out.push_str("\n  = ");
        out.push_str(kind);
        out.push_str(": ");
        out.push_str(text);
    };
    if !diagnostic.message.contains(&diagnostic.label) {
        line("note", &diagnostic.label);
    }
    for (place, text) in &diagnostic.related {
        let number = source.map.spans(*place).0.start().line;
        line("note", &format!("{text}, in line {number}"));
    }
    for note in &diagnostic.notes {
        line("note", note);
    }
    for help in &diagnostic.help {
        line("help", help);
    }
    if let Some(fix) = fix(diagnostic, source) {
        line("help", &fix);
    }
    out
}

/// The mechanical fix in words, where no help has it.
fn fix(diagnostic: &Diagnostic, source: &Source) -> Option<String> {
    let patch = diagnostic.patch.as_ref()?;
    let old = source.text.get(patch.span.range()).filter(|old| !old.is_empty())?;
    let new = patch.replacement.as_str();
    if new.is_empty() {
        return Some(format!("leave `{old}` out"));
    }
    if new.contains('`') {
        let way = "which Rust cannot read as tokens: write the query as text, `query = r#\"…\"#`";
        return Some(format!("write `` {new} `` instead of `{old}`, {way}"));
    }
    let said = diagnostic.help.iter().any(|help| help.contains(&format!("`{new}`")));
    (!said).then(|| format!("write `{new}` instead of `{old}`"))
}

fn headline(diagnostic: &Diagnostic) -> String {
    format!("{} [{}]", diagnostic.message, diagnostic.code.as_str())
}

/// The message with a frame of the text that it is about.
fn framed(diagnostic: &Diagnostic, source: &SourceText<'_>) -> String {
    let frame = render_one(diagnostic, source, false);
    // The compiler prints its own `error:`, so the frame's first line is not repeated.
    let body = frame.split_once('\n').map_or("", |(_, body)| body);
    format!("{}\n{}", headline(diagnostic), body.trim_end())
}

/// The compiler joins the span of the first and of the last token.
fn error(message: &str, first: Span, last: Span) -> TokenStream {
    let path = quote_spanned!(first=> ::core::compile_error!);
    let body = quote_spanned!(last=> { #message });
    quote!(#path #body)
}

/// The one way to a warning on stable Rust: the use of something deprecated. All of a rule share one constant, since the
/// compiler evaluates each.
fn warnings(list: impl IntoIterator<Item = (String, Span)>) -> TokenStream {
    let uses = list.into_iter().map(|(message, span)| {
        let span = span.resolved_at(Span::mixed_site());
        quote_spanned! {span=> {
            #[deprecated(note = #message)]
            #[allow(non_camel_case_types)]
            struct eql_lint;
            let _ = eql_lint;
        }}
    });
    let uses: TokenStream = uses.collect();
    if uses.is_empty() { uses } else { quote!(const _: () = { #uses };) }
}
