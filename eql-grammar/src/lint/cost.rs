//! What is dear to match, in a sensor and in Elasticsearch.

use super::{Context, stages, typed, walk};
use crate::ast::{self, Expr, Literal, MatchOp};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{self, Cond};
use crate::span::{Span, Spanned};

pub(super) fn check(cx: &Context<'_>, diags: &mut Diagnostics) {
    for (stage, _) in stages(cx.query.ast) {
        walk(&stage.condition, &mut |expr| match &expr.node {
            Expr::Match(matched) => patterns(matched, diags),
            Expr::Call(call) if call.name.eq_ignore_ascii_case("wildcard") => {
                for arg in &call.args {
                    if let Expr::Literal(Literal::Str(text)) = &arg.node {
                        wildcard(text, arg.span, diags);
                    }
                }
            }
            _ => {}
        });
    }
    if let ast::Body::Sequence(sequence) = &cx.query.ast.body {
        self::sequence(cx, sequence, diags);
    }
}

fn patterns(matched: &ast::Match, diags: &mut Diagnostics) {
    let regex = matches!(matched.op.node, MatchOp::Regex | MatchOp::RegexFold);
    for pattern in &matched.patterns {
        let Literal::Str(text) = &pattern.node else { continue };
        if regex {
            unanchored(text, matched.op.node == MatchOp::RegexFold, pattern.span, diags);
        } else {
            wildcard(text, pattern.span, diags);
        }
    }
}

/// A pattern that has to be looked for everywhere in the value.
fn wildcard(text: &str, span: Span, diags: &mut Diagnostics) {
    let parts = text.trim_matches('*').split('*').filter(|part| !part.is_empty());
    let inner = parts.clone().count();
    if inner > 3 && text.starts_with('*') {
        diags.push(
            Diagnostic::new(
                Code::SlowWildcard,
                span,
                format!("a wildcard with {} inner `*`", inner - 1),
            )
            .label("each part is searched one after the other")
            .help("anchor the pattern at its start, or split the condition"),
        );
        return;
    }
    // One letter or two between two `*` are in nearly every value of some length.
    let longest = parts.map(|part| part.trim_matches('?').len()).max().unwrap_or(0);
    let around = text.starts_with('*') && text.ends_with('*');
    let word = text.bytes().all(|b| matches!(b, b'*' | b'?') || b.is_ascii_alphanumeric());
    if around && word && (1..=2).contains(&longest) {
        diags.push(
            Diagnostic::new(
                Code::SlowWildcard,
                span,
                "a wildcard with so short a text between two `*` is met by chance",
            )
            .label("in many values, and searched for in all of them")
            .help("write more of what surrounds it"),
        );
    }
}

/// A regular expression is about the whole value, so `.*` at its start makes it a search, and an
/// index of no use. Where a wildcard can say the same, it is what indices are made for.
fn unanchored(text: &str, fold: bool, span: Span, diags: &mut Diagnostics) {
    let Some(rest) = text.strip_prefix(".*") else { return };
    let (inner, end) = rest.strip_suffix(".*").map_or((rest, ""), |inner| (inner, "*"));
    let group = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let Some(parts) = group.unwrap_or(inner).split('|').map(plain).collect::<Option<Vec<_>>>()
    else {
        return;
    };
    // Outside of a group, `|` has the `.*` on one side only.
    if group.is_none() && parts.len() > 1 {
        return;
    }
    let op = if fold { "like~" } else { "like" };
    let list: Vec<String> = parts.iter().map(|part| format!("\"*{part}{end}\"")).collect();
    let list = if list.len() == 1 { list.concat() } else { format!("({})", list.join(", ")) };
    diags.push(
        Diagnostic::new(
            Code::UnanchoredRegex,
            span,
            "a regular expression that begins with `.*` is tried at every place of the value",
        )
        .help(format!("a wildcard says the same: `{op} {list}`")),
    );
}

/// The text that a part of a regular expression stands for, as it is written between quotes; `None` where that
/// is not one text.
fn plain(part: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                '\\' => text.push_str("\\\\"),
                c if c.is_ascii_punctuation() && !matches!(c, '*' | '?' | '"') => text.push(c),
                _ => return None,
            },
            '*' | '?' | '"' | '.' | '+' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '&' | '~'
            | '@' | '#' | '<' | '>' | '^' | '$' => return None,
            c => text.push(c),
        }
    }
    (!text.is_empty()).then_some(text)
}

fn sequence(cx: &Context<'_>, sequence: &ast::Sequence, diags: &mut Diagnostics) {
    let terms = &sequence.terms;
    let place = sequence_word(cx);
    if sequence.by.is_empty() && terms.iter().all(|term| term.by.is_empty()) && tied(cx, terms) {
        diags.push(
            Diagnostic::new(
                Code::SequenceWithoutBy,
                place,
                "the events of this sequence may come from anywhere",
            )
            .note("without `by`, an event of one host and an event of another are a sequence")
            .help("write `sequence by host.id`, or another field that they share"),
        );
    }
    if sequence.maxspan.is_none() {
        diags.push(
            Diagnostic::new(
                Code::SequenceWithoutMaxspan,
                place,
                "the events of this sequence may lie any time apart",
            )
            .note("each event of the first term is kept until the sequence is complete")
            .help("write `with maxspan=1m`, or what is needed at most, after the keys"),
        );
    }
    let typed = typed(cx.query.hir);
    let guard = terms.iter().zip(&typed).find(|(term, _)| !term.missing);
    if let Some((term, query)) = guard
        && unguarded(query)
    {
        diags.push(
            Diagnostic::new(
                Code::UnguardedFirstTerm,
                term.query.condition.span,
                "every event of the category begins a sequence here",
            )
            .note("each is kept with its keys until `maxspan` is over, which costs memory")
            .help("begin with a term that few events meet"),
        );
    }
}

fn unguarded(query: &hir::EventQuery) -> bool {
    query.condition == Cond::Const(true)
}

/// The word `sequence`, which only comments stand before.
fn sequence_word(cx: &Context<'_>) -> Span {
    let mut at = 0;
    while let Some(rest) = cx.query.text.get(at..) {
        let blank = rest.len() - rest.trim_start().len();
        let rest = &rest[blank..];
        let comment = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            at += blank;
            break;
        };
        at += blank + comment;
    }
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(start, start.saturating_add(8))
}

/// No term names an earlier one, which ties events together as keys do.
fn tied(cx: &Context<'_>, terms: &[Spanned<ast::Term>]) -> bool {
    terms.iter().all(|term| term.alias.is_none()) || cx.query.dialect == ast::Dialect::Elasticsearch
}
