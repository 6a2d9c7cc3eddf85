//! How cases are shown.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use eql_eval::fixture::{Case, Expected, Outcome};
use serde_json::{Value, json};

use super::{Args, Format, Ran, Report};

/// Writes the cases, in the order of the fixtures.
pub(super) fn write(out: &mut impl Write, report: &Report, args: &Args) -> io::Result<()> {
    let colored = crate::colored(args.color, &io::stdout());
    let red = if colored { AnsiColor::Red.on_default().bold() } else { Style::new() };
    let failed = format!("{red}FAIL{red:#}");
    for ran in &report.ran {
        for (case, outcome, passed) in ran.cases() {
            match args.format {
                Format::Json => writeln!(out, "{}", to_json(ran, case, outcome, passed))?,
                Format::Human if passed => {}
                Format::Human => {
                    writeln!(out, "{failed} {}", ran.fixture.title(case))?;
                    writeln!(out, "     {}", case.alerts.but_found(outcome.alerts))?;
                    for line in &outcome.why {
                        writeln!(out, "     {line}")?;
                    }
                }
            }
        }
    }
    for (source, loaded) in report.without.iter().filter(|_| args.require_fixtures) {
        let why = "the rule has no fixture";
        match args.format {
            Format::Human => writeln!(out, "{failed} {}: {why}", source.name)?,
            Format::Json => writeln!(
                out,
                "{}",
                json!({
                    "path": source.name,
                    "line": loaded.line,
                    "rule_id": loaded.rule_id,
                    "rule_name": loaded.rule.as_ref().map(|rule| &rule.meta.name),
                    "case": null,
                    "passed": false,
                    "why": [why],
                })
            )?,
        }
    }
    Ok(())
}

/// The last line: how many, how fast.
pub(super) fn summary(report: &Report) -> String {
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let Report { passed, failed, .. } = report;
    let mut line = format!(
        "{} of {} run in {:.2} s: {passed} passed, {failed} failed",
        count(passed + failed, "case"),
        count(report.ran.len(), "fixture"),
        report.elapsed.as_secs_f64(),
    );
    if !report.unreadable.is_empty() {
        line.push_str(&format!("; {} could not be run", count(report.unreadable.len(), "fixture")));
    }
    match report.without.len() {
        0 => {}
        1 => line.push_str("; 1 rule has no fixture"),
        many => line.push_str(&format!("; {many} rules have no fixture")),
    }
    line
}

/// One case. A line counts from 1.
fn to_json(ran: &Ran, case: &Case, outcome: &Outcome, passed: bool) -> Value {
    let expected = match case.alerts {
        Expected::Exactly(count) => json!(count),
        Expected::Some => json!(true),
    };
    json!({
        "path": ran.fixture.file.path.display().to_string(),
        "line": ran.fixture.file.line(case.span),
        "rule_id": ran.rule_id,
        "rule_name": ran.rule_name,
        "case": case.name,
        "expected": expected,
        "alerts": outcome.alerts,
        "passed": passed,
        "why": outcome.why,
    })
}
