//! Literals and the fields that they are compared with.

use std::collections::HashSet;

use super::super::sets::Pattern;
use super::super::{Context, quote, walk};
use crate::ast::{self, CompareOp, Expr, Literal, MatchOp};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::schema::{Holds, Type};
use crate::span::{Span, Spanned};

pub(super) fn check<'a>(cx: &Context<'a>, condition: &'a Spanned<Expr>, diags: &mut Diagnostics) {
    walk(condition, &mut |expr| {
        match &expr.node {
            Expr::Compare(compare) => {
                if let (Expr::Field(field), Expr::Literal(Literal::Str(text))) =
                    (&compare.left.node, &compare.right.node)
                {
                    hash(cx, field, &[(text, compare.right.span)], Way::Exact, diags);
                }
                not_equal(cx, compare, expr.span, diags);
            }
            Expr::In(list) => {
                let texts: Vec<_> = list.list.iter().filter_map(text_of).collect();
                duplicates(cx, &texts, list.list.iter().map(|item| item.span), list.fold, diags);
                if let Expr::Field(field) = &list.value.node {
                    let way = if list.fold { Way::List } else { Way::Exact };
                    hash(cx, field, &texts, way, diags);
                }
            }
            Expr::Match(matched) => patterns(cx, matched, expr.span, diags),
            Expr::Call(call) => {
                let texts: Vec<_> = call.args.iter().filter_map(text_of).collect();
                let set = ["cidrmatch", "wildcard"];
                if set.contains(&call.name.to_ascii_lowercase().as_str()) {
                    duplicates(cx, &texts, call.args.iter().map(|arg| arg.span), call.fold, diags);
                }
            }
            _ => {}
        }
        if let Expr::Literal(Literal::Str(text)) = &expr.node {
            escapes(cx, text, expr.span, diags);
        }
    });
}

fn text_of(expr: &Spanned<Expr>) -> Option<(&str, Span)> {
    match &expr.node {
        Expr::Literal(Literal::Str(text)) => Some((text, expr.span)),
        _ => None,
    }
}

fn patterns<'a>(cx: &Context<'a>, matched: &'a ast::Match, whole: Span, diags: &mut Diagnostics) {
    let texts: Vec<(&str, Span)> = matched
        .patterns
        .iter()
        .filter_map(|pattern| match &pattern.node {
            Literal::Str(text) => Some((text.as_str(), pattern.span)),
            _ => None,
        })
        .collect();
    let fold = !matches!(matched.op.node, MatchOp::Like | MatchOp::Regex);
    let regex = matches!(matched.op.node, MatchOp::Regex | MatchOp::RegexFold);
    let places = matched.patterns.iter().map(|pattern| pattern.span);
    let kept = duplicates(cx, &texts, places, fold, diags);
    // Regular expressions have backslashes of their own.
    if regex {
        return;
    }
    texts.iter().for_each(|(text, span)| escapes(cx, text, *span, diags));
    shadowed(cx, &texts, &kept, fold, diags);
    let Expr::Field(field) = &matched.value.node else { return };
    if texts.iter().all(|(text, _)| !text.contains(['*', '?'])) {
        let op = matched.op.span;
        let way = match (matched.op.node, texts.len()) {
            (MatchOp::Like, _) => Way::Exact,
            // One pattern may still stand in parentheses, where `==` takes none.
            (_, 1) if cx.text(Span::new(op.end, whole.end)).trim_start().starts_with('"') => {
                Way::Folded(op, "==")
            }
            _ => Way::Folded(op, "in"),
        };
        hash(cx, field, &texts, way, diags);
    }
    if let [("*", _)] = texts.as_slice()
        && cx.field(&field.path).is_some_and(|info| !info.multi_field)
    {
        let test = format!("{} != null", cx.text(matched.value.span));
        diags.push(
            Diagnostic::new(
                Code::PresenceByWildcard,
                whole,
                "this asks only whether the field is there",
            )
            .help(format!("write `{test}`"))
            .patch(whole, test),
        );
    }
}

/// Entries of a list that stand there already. Gives for each entry whether it is none of them.
fn duplicates(
    cx: &Context<'_>,
    texts: &[(&str, Span)],
    places: impl Iterator<Item = Span>,
    fold: bool,
    diags: &mut Diagnostics,
) -> Vec<bool> {
    let places: Vec<Span> = places.collect();
    let mut seen: HashSet<String> = HashSet::with_capacity(texts.len());
    let mut first = |(text, span): &(&str, Span)| {
        let key = if fold { text.to_ascii_lowercase() } else { (*text).to_owned() };
        let first = seen.insert(key);
        if !first {
            let message = format!("{text:?} stands twice in this list");
            let lint = Diagnostic::new(Code::DuplicateValue, *span, message);
            diags.push(without(cx, lint, *span, &places));
        }
        first
    };
    texts.iter().map(&mut first).collect()
}

/// Entries of a list of patterns that another entry covers.
fn shadowed(
    cx: &Context<'_>,
    texts: &[(&str, Span)],
    kept: &[bool],
    fold: bool,
    diags: &mut Diagnostics,
) {
    struct Entry<'a> {
        pattern: Pattern<'a>,
        span: Span,
        /// How many bytes a value has at least.
        least: usize,
        /// Whether it has a `*`; of those, each that is covered itself covers no other.
        covers: bool,
    }
    let places: Vec<Span> = texts.iter().map(|(_, span)| *span).collect();
    let kept = texts.iter().zip(kept).filter(|(_, kept)| **kept);
    let mut entries: Vec<Entry<'_>> = kept
        .map(|(&(text, span), _)| {
            let stars = text.bytes().filter(|byte| *byte == b'*').count();
            let pattern = Pattern { text, fold, wild: true };
            Entry { pattern, span, least: text.len() - stars, covers: stars > 0 }
        })
        .collect();
    for at in 0..entries.len() {
        let entry = &entries[at];
        let by = entries.iter().enumerate().find(|(other_at, other)| {
            other.covers
                && *other_at != at
                && cx.spend()
                && other.least <= entry.least
                && entry.pattern.within(other.pattern)
        });
        let Some((_, other)) = by else { continue };
        let (text, covering) = (entry.pattern.text, other.pattern.text);
        let message = format!(
            "{} is in this list already: {covering:?} covers it",
            quote(&format!("{text:?}"))
        );
        let lint = Diagnostic::new(Code::ShadowedValue, entry.span, message)
            .related(other.span, "matches everything that this entry matches");
        diags.push(without(cx, lint, entry.span, &places));
        entries[at].covers = false;
    }
}

/// The fix that takes an entry out of its list, where nothing but a comma is beside it.
fn without(cx: &Context<'_>, lint: Diagnostic, entry: Span, places: &[Span]) -> Diagnostic {
    let Some(at) = places.iter().position(|place| *place == entry) else {
        return lint;
    };
    let gap = match (at.checked_sub(1).and_then(|before| places.get(before)), places.get(at + 1)) {
        (Some(before), _) => Span::new(before.end, entry.start),
        (None, Some(after)) => Span::new(entry.end, after.start),
        (None, None) => return lint.help("remove it"),
    };
    if cx.text(gap).trim() != "," {
        return lint.help("remove it");
    }
    lint.patch(entry.to(gap), "")
}

/// How literals are compared with a hash.
#[derive(Clone, Copy)]
enum Way {
    /// With case.
    Exact,
    /// Ignoring case, by an operator that could be this one.
    Folded(Span, &'static str),
    /// Ignoring case, by `in~`.
    List,
}

/// Hashes are written in lower case: ECS says so, and all sources do.
fn hash<'a>(
    cx: &Context<'a>,
    field: &'a ast::FieldPath,
    texts: &[(&str, Span)],
    way: Way,
    diags: &mut Diagnostics,
) {
    const HASHES: &[&str] = &["md5", "sha1", "sha256", "sha384", "sha512", "imphash", "pehash"];
    let is_hash = field.path.rsplit_once('.').is_some_and(|(_, name)| HASHES.contains(&name));
    let hex = |text: &str| text.len() >= 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hash || cx.field(&field.path).is_none() {
        return;
    }
    let upper = |text: &str| text.bytes().any(|b| b.is_ascii_uppercase());
    match way {
        Way::Exact => {
            for (text, span) in texts.iter().filter(|(text, _)| hex(text) && upper(text)) {
                let quoted = cx.text(*span);
                let lint = Diagnostic::new(
                    Code::HashCase,
                    *span,
                    format!("`{}` is written in lower case, and this literal is not", field.path),
                )
                .label("compared with case, so this is never equal");
                diags.push(lint.patch(*span, quoted.replace(text, &text.to_ascii_lowercase())));
            }
        }
        Way::Folded(op, exact) if texts.iter().all(|(text, _)| hex(text) && !upper(text)) => {
            diags.push(
                Diagnostic::new(
                    Code::HashCase,
                    op,
                    format!("`{}` is always written in lower case", field.path),
                )
                .label("ignores case for nothing")
                .patch(op, exact),
            );
        }
        Way::List | Way::Folded(..) => {}
    }
}

/// `!=` on a field that has several values as a rule.
fn not_equal<'a>(cx: &Context<'a>, compare: &'a ast::Compare, span: Span, diags: &mut Diagnostics) {
    let (Expr::Field(field), Expr::Literal(literal)) = (&compare.left.node, &compare.right.node)
    else {
        return;
    };
    if compare.op.node != CompareOp::Ne || *literal == Literal::Null {
        return;
    }
    let several = cx.field(&field.path).is_some_and(|info| {
        info.array == Some(true) && matches!(info.holds, Holds::Value(Type::Keyword))
    });
    if several {
        let path = &field.path;
        diags.push(
            Diagnostic::new(
                Code::NotEqualArray,
                span,
                format!("`{path}` has several values, and `!=` means that none of them is this"),
            )
            .note("an event that has this value beside others does not pass")
            .help(format!(
                "write `not {} == {}`, which says so, or ask for the values that are wanted",
                cx.text(compare.left.span),
                cx.text(compare.right.span),
            )),
        );
    }
}

/// Backslashes of paths that became something else.
fn escapes(cx: &Context<'_>, text: &str, span: Span, diags: &mut Diagnostics) {
    let written = cx.text(span);
    let raw = written.starts_with("\"\"\"");
    let drive = |text: &str| {
        text.as_bytes().windows(3).any(|w| {
            (w[0].is_ascii_alphabetic() || matches!(w[0], b'?' | b'*'))
                && w[1] == b':'
                && w[2] == b'\\'
        })
    };
    let control = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{8}' | '\u{c}');
    let letter = text.find(control).map(|at| (at, text[at..].chars().next()));
    let pathlike = text.contains('\\') || text.get(1..2) == Some(":");
    if !raw
        && pathlike
        && let Some((_, Some(found))) = letter
    {
        let name = match found {
            '\t' => 't',
            '\n' => 'n',
            '\r' => 'r',
            '\u{8}' => 'b',
            _ => 'f',
        };
        let what = if matches!(name, 'b' | 'f') { "a control character" } else { "white space" };
        diags.push(
            Diagnostic::new(
                Code::SuspiciousEscape,
                span,
                format!("`\\{name}` in this path is {what}, not a backslash and a letter"),
            )
            .help("write the path between `\"\"\"`, or each backslash twice"),
        );
        return;
    }
    if raw && drive(text) && text[text.find(":\\").map_or(0, |at| at + 1)..].contains("\\\\") {
        let single = written.replace("\\\\", "\\");
        diags.push(
            Diagnostic::new(
                Code::SuspiciousEscape,
                span,
                "this path has two backslashes where a path has one",
            )
            .label("between `\"\"\"` a backslash is a backslash")
            .patch(span, single),
        );
    }
}
