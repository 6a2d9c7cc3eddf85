//! The documentation of a rule: `cargo doc` is the rule catalogue.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::compile::Whole;

/// Lines of Markdown for the struct of a rule, below what its author wrote: the description only where that
/// is another text.
pub(crate) fn lines(rule: &Whole, written: Option<&str>) -> Vec<String> {
    let meta = &rule.meta;
    let mut out = vec![format!("**{}**", plain(&meta.name)), String::new()];
    let described =
        written.is_some_and(|text| text.split_whitespace().eq(rule.description.split_whitespace()));
    if !described {
        out.extend(rule.description.lines().map(plain));
        out.push(String::new());
    }
    out.push("| | |".to_owned());
    out.push("|---|---|".to_owned());
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            out.push(format!("| {name} | {value} |"));
        }
    };
    row("Severity", format!("{}, risk score {}", meta.severity.as_str(), meta.risk_score));
    row(
        "Schedule",
        format!(
            "every {}, from {} to {}, at most {} alerts a run",
            meta.interval, meta.from, meta.to, meta.max_signals
        ),
    );
    row("Indices", code_list(&meta.index));
    for threat in &meta.threat {
        let mut entries = vec![link(&threat.tactic)];
        for technique in &threat.technique {
            entries.push(link(&technique.technique));
            entries.extend(technique.subtechnique.iter().map(link));
        }
        row("ATT&CK", entries.join(" / "));
    }
    row("Tags", meta.tags.iter().map(|tag| plain(tag)).collect::<Vec<_>>().join(", "));
    row(
        "References",
        meta.references.iter().map(|url| format!("<{url}>")).collect::<Vec<_>>().join(" "),
    );
    row("Rule", format!("`{}`, version {}", rule.rule_id, meta.version));
    row("Authors", meta.author.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", "));
    row("License", plain(&meta.license));
    out.push(String::new());
    let fence = "`".repeat(longest_run(&rule.text, '`').max(2) + 1);
    out.push(format!("{fence}text"));
    out.extend(rule.text.lines().map(str::to_owned));
    out.push(fence);
    // rustdoc and the compiler strip one leading space from `#[doc]`, so every line has one.
    out.into_iter().map(|line| format!(" {line}")).collect()
}

/// What the author wrote above the struct, as the rule's description.
pub(crate) fn of_item(attrs: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attrs.iter().filter_map(doc).collect();
    let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n");
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

pub(crate) fn has_docs(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| doc(attr).is_some())
}

fn doc(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn link(entry: &eql_grammar::meta::Attack) -> String {
    format!("[{} {}]({})", entry.id, plain(&entry.name), entry.reference)
}

fn code_list(list: &[String]) -> String {
    list.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
}

/// Text without a meaning in Markdown or rustdoc.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        if matches!(ch, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#') {
            out.push('\\');
        }
        out.push(if ch == '\n' { ' ' } else { ch });
    }
    out
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|ch| ch != of).map(str::len).max().unwrap_or(0)
}
