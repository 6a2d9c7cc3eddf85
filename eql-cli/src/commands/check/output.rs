//! How findings are shown.

mod sarif;

use std::io::{self, Write};

use eql_grammar::diag::{Diagnostic, Level};
use eql_grammar::report::{SourceText, render_one};
use eql_grammar::span::Span;
use serde_json::{Value, json};

use super::{Args, Format, Report, projects};

/// Writes everything that was found, in the order of the files.
pub(super) fn write(out: &mut impl Write, report: &Report, args: &Args) -> io::Result<()> {
    let color = crate::colored(args.color, &io::stdout());
    match args.format {
        Format::Human => for_each(report, |place, diagnostic| {
            writeln!(out, "{}\n", render_one(diagnostic, place, color))
        }),
        Format::Json => {
            for_each(report, |place, diagnostic| writeln!(out, "{}", to_json(place, diagnostic)))
        }
        Format::Github => {
            for_each(report, |place, diagnostic| writeln!(out, "{}", github(place, diagnostic)))
        }
        Format::Sarif => {
            let mut results = Vec::new();
            for_each(report, |place, diagnostic| {
                results.push(sarif::result(place, diagnostic));
                Ok(())
            })?;
            serde_json::to_writer_pretty(&mut *out, &sarif::log(results))?;
            writeln!(out)
        }
    }
}

/// Calls `show` for every diagnostic with the text that it points into: a file, or the line of one
/// that is a rule by itself.
fn for_each(
    report: &Report,
    mut show: impl FnMut(&SourceText<'_>, &Diagnostic) -> io::Result<()>,
) -> io::Result<()> {
    for ((name, text), diagnostics) in projects(&report.sources) {
        for diagnostic in diagnostics {
            show(&SourceText::new(Some(name), text), diagnostic)?;
        }
    }
    for (source, contents) in &report.sources {
        for rule in &contents.rules {
            source.for_each_finding(rule, &mut show)?;
        }
    }
    Ok(())
}

/// The last line: how much, how bad, how fast.
pub(super) fn summary(report: &Report) -> String {
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let seconds = report.elapsed.as_secs_f64().max(1e-6);
    #[expect(clippy::cast_precision_loss, reason = "a rate for eyes")]
    let rate = report.rules as f64 / seconds;
    let mut line = format!(
        "{} checked in {seconds:.2} s ({rate:.0} rules/s): {}, {}",
        count(report.rules, "rule"),
        count(report.errors, "error"),
        count(report.warnings, "warning"),
    );
    if report.fixed > 0 {
        line.push_str(&format!(
            ", {} applied",
            count(report.fixed, "fix").replace("fixs", "fixes")
        ));
    }
    if report.not_eql > 0 {
        line.push_str(&format!(
            "; {} in other languages passed over",
            count(report.not_eql, "rule")
        ));
    }
    line
}

const fn level(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

/// One finding. Lines and columns count from 1, columns in characters; the end is behind the last one.
fn to_json(source: &SourceText<'_>, diagnostic: &Diagnostic) -> Value {
    let place = |span: Span| {
        let (start, end) = (source.line_col(span.start), source.line_col(span.end));
        json!({
            "start": { "line": start.0, "column": start.1 },
            "end": { "line": end.0, "column": end.1 },
        })
    };
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .map(|(span, text)| json!({ "range": place(*span), "message": text }))
        .collect();
    json!({
        "path": source.path,
        "range": place(diagnostic.span),
        "code": diagnostic.code.as_str(),
        "level": level(diagnostic),
        "message": diagnostic.message,
        "label": diagnostic.label,
        "related": related,
        "help": diagnostic.help,
        "notes": diagnostic.notes,
        "patch": diagnostic.patch.as_ref().map(|patch| json!({
            "range": place(patch.span),
            "replacement": patch.replacement,
        })),
    })
}

/// `::warning file=…,line=…::message`
fn github(source: &SourceText<'_>, diagnostic: &Diagnostic) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let (start, end) =
        (source.line_col(diagnostic.span.start), source.line_col(diagnostic.span.end));
    // GitHub takes columns only where both ends are on one line.
    let columns = if start.0 == end.0 {
        format!(",col={},endColumn={}", start.1, end.1)
    } else {
        String::new()
    };
    let mut message = diagnostic.message.clone();
    for more in diagnostic.notes.iter().chain(&diagnostic.help) {
        message.push('\n');
        message.push_str(more);
    }
    format!(
        "::{} file={},line={},endLine={}{columns},title={}::{}",
        level(diagnostic),
        property(source.path.unwrap_or_default()),
        start.0,
        end.0,
        property(diagnostic.code.as_str()),
        data(&message),
    )
}
