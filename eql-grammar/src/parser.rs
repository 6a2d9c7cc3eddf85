//! Text to syntax tree.
//!
//! The grammar (`eql.pest`) reads more than EQL; what must not be in a query is refused here, in words. pest's types never
//! leave this module.

mod build;
mod explain;

use std::thread;

use pest::Parser as _;

use build::Builder;
use explain::{Failure, StandIn};
use grammar::{Grammar, Rule};

use crate::{
    ast::{Dialect, Query},
    diag::Diagnostics,
    scan::{self, MAX_ERRORS, MAX_TEXT, Scan},
    span::Span,
};

mod grammar {
    #![allow(
        missing_docs,
        unreachable_pub,
        reason = "pest derives public items without documentation"
    )]

    #[derive(pest_derive::Parser)]
    #[grammar = "eql.pest"]
    pub(super) struct Grammar;
}

/// Reads one query.
///
/// Spans of the tree are byte offsets in `text` and cover a node without the white space around it. Brackets around an
/// expression have no node: the expression's own span is inside them, that of the node above covers them.
///
/// Only the form is checked. Whether fields and functions exist, what types fit, and how many terms and keys a sequence
/// has is a matter of lowering.
///
/// # Errors
///
/// All that is wrong with the form of the text, at least one error, in no order. Lexical errors all show at once; after an
/// error in an expression reading goes on with the next one as far as the text still makes sense.
///
/// # Example
///
/// ```
/// use eql_grammar::{ast::Dialect, parser::parse};
///
/// let query = parse("process where process.name == \"cmd.exe\"", Dialect::Elasticsearch).unwrap();
/// assert_eq!(query.to_string(), "process where process.name == \"cmd.exe\"");
///
/// let errors = parse("process where process.name = 'cmd.exe'", Dialect::Elasticsearch).unwrap_err();
/// assert_eq!(errors.as_slice().len(), 2);
/// ```
pub fn parse(text: &str, dialect: Dialect) -> Result<Query, Diagnostics> {
    let scan = scan::scan(text);
    if !scan.parseable {
        return Err(scan.diagnostics);
    }
    if scan.deepest <= DEPTH_ON_OWN_STACK {
        return parse_scanned(scan, dialect);
    }
    let place = scan.tokens.last().map_or_else(Span::default, |token| token.span);
    thread::scope(|scope| {
        let parser = thread::Builder::new()
            .stack_size(DEEP_STACK)
            .spawn_scoped(scope, || parse_scanned(scan, dialect));
        match parser.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => {
                let mut diagnostics = Diagnostics::new();
                diagnostics.push(
                    scan::too_deep(place)
                        .note("and no thread with a larger stack could be started"),
                );
                Err(diagnostics)
            }
        }
    })
}

/// Deeper texts are parsed on a thread of their own: a level takes up to 6 KiB of stack in a debug build, and the caller's
/// stack may be a small one.
const DEPTH_ON_OWN_STACK: usize = 48;
const DEEP_STACK: usize = 4 * 1024 * 1024;
/// How many bytes are parsed at most, counted again each time the grammar goes on after an error. It bounds the time that a
/// large and broken text takes.
const WORK: usize = 2 * MAX_TEXT;

fn parse_scanned(scan: Scan<'_>, dialect: Dialect) -> Result<Query, Diagnostics> {
    let mut text = scan.bare();
    let Scan { text: source, tokens, mut diagnostics, .. } = scan;
    let mut reached = None;
    let mut work = text.len();
    loop {
        let failure = match Grammar::parse(Rule::query, &text) {
            Ok(pairs) => {
                let mut builder = Builder { source: &source, dialect, diagnostics };
                let query = builder.query(pairs);
                return if builder.diagnostics.is_empty() {
                    Ok(query)
                } else {
                    Err(builder.diagnostics)
                };
            }
            Err(failure) => failure,
        };
        let failure = Failure::new(&failure, &text, &source, &tokens);
        diagnostics.push(failure.diagnostic());
        let further = reached.is_none_or(|reached| failure.at > reached);
        reached = Some(failure.at);
        work += text.len();
        let room = diagnostics.as_slice().len() < MAX_ERRORS && work <= WORK;
        match failure.stand_in() {
            Some(stand_in) if further && room => {
                let StandIn { range, filling } = stand_in;
                let length = range.len();
                text.replace_range(range, &format!("{filling:length$}"));
            }
            _ => return Err(diagnostics),
        }
    }
}
