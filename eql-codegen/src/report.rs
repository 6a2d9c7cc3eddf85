//! Diagnostics as tokens: `compile_error!` for errors, a deprecation for lints.

use eql_grammar::diag::{Diagnostic, Level};
use eql_grammar::report::{SourceText, render_one};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::source::{Source, SourceMap};

/// The diagnostics of a query's text.
pub(crate) fn all(diagnostics: &[Diagnostic], source: &Source) -> TokenStream {
    diagnostics.iter().map(|diagnostic| one(diagnostic, source)).collect()
}

fn one(diagnostic: &Diagnostic, source: &Source) -> TokenStream {
    let (first, last) = source.map.spans(diagnostic.span);
    let message = match &source.map {
        SourceMap::Tokens(_) => text(diagnostic),
        SourceMap::Literal(map) => {
            let mut moved = diagnostic.clone();
            moved.move_places(|span| map.shown_span(span));
            let source = SourceText {
                path: Some(&map.file),
                text: &map.shown,
                first_line: map.first_line,
                first_column: map.first_column,
            };
            framed(&moved, &source)
        }
        SourceMap::File(map) => framed(diagnostic, &SourceText::new(Some(&map.path), &map.shown)),
    };
    tokens(diagnostic, &message, first, last)
}

/// A diagnostic that is about the compiler's own tokens, such as an attribute key.
pub(crate) fn plain(diagnostic: &Diagnostic, span: Span) -> TokenStream {
    tokens(diagnostic, &text(diagnostic), span, span)
}

/// The message with its lines of help, for a place that the compiler underlines itself.
fn text(diagnostic: &Diagnostic) -> String {
    let mut out = headline(diagnostic);
    let mut line = |kind: &str, text: &str| {
        out.push_str("\n  = ");
        out.push_str(kind);
        out.push_str(": ");
        out.push_str(text);
    };
    if !diagnostic.label.is_empty() {
        line("note", &diagnostic.label);
    }
    for note in &diagnostic.notes {
        line("note", note);
    }
    for help in &diagnostic.help {
        line("help", help);
    }
    out
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

fn tokens(diagnostic: &Diagnostic, message: &str, first: Span, last: Span) -> TokenStream {
    match diagnostic.level {
        Level::Error => error(message, first, last),
        Level::Warning => warning(message, first),
    }
}

/// The compiler joins the span of the first and of the last token.
fn error(message: &str, first: Span, last: Span) -> TokenStream {
    let path = quote_spanned!(first=> ::core::compile_error!);
    let body = quote_spanned!(last=> { #message });
    quote!(#path #body)
}

/// The one way to a warning on stable Rust: the use of something deprecated.
fn warning(message: &str, span: Span) -> TokenStream {
    let span = span.resolved_at(Span::mixed_site());
    quote_spanned! {span=>
        const _: () = {
            #[deprecated(note = #message)]
            #[allow(non_camel_case_types)]
            struct eql_lint;
            let _ = eql_lint;
        };
    }
}
