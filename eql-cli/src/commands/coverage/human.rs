//! The table.

use std::fmt::{self, Display, Write as _};

use super::matrix::{Coverage, Node, Note, Share, Why};

/// Lines are broken here.
const WIDTH: usize = 100;

/// The coverage for eyes.
pub(super) fn render(coverage: &Coverage<'_>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, coverage);
    text
}

fn write(out: &mut String, coverage: &Coverage<'_>) -> fmt::Result {
    let (techniques, subs) = (coverage.of_techniques(), coverage.of_subtechniques());
    writeln!(out, "ATT&CK {}: {}", coverage.version_name(), summary(coverage))?;
    writeln!(out)?;
    let observed = coverage.observed.is_some();
    let alerts = if observed { "  alerts" } else { "" };
    writeln!(out, "{:22}  {:30}  {:>14}  rules{alerts}", "tactic", "techniques", "sub-techniques")?;
    for tactic in &coverage.tactics {
        let line = [bar(tactic.share()), of(tactic.subtechniques())];
        let alerts = match observed {
            true => format!("{:8}", coverage.alerts(&tactic.rules)),
            false => String::new(),
        };
        let (name, rules) = (&tactic.name, tactic.rules.len());
        writeln!(out, "{name:22}  {:30}  {:>14}  {rules:5}{alerts}", line[0], line[1])?;
    }
    let rules = coverage.rules.len();
    let alerts = coverage.observed.as_ref().map(|observed| format!("{:8}", observed.alerts));
    let (bar, subs) = (bar(techniques), of(subs));
    let alerts = alerts.unwrap_or_default();
    writeln!(out, "{:22}  {bar:30}  {subs:>14}  {rules:5}{alerts}", "each once")?;

    let gap = |node: &&Node| node.rules.is_empty();
    let mut gaps = coverage.tactics.iter().filter(|tactic| tactic.below.iter().any(|n| gap(&n)));
    if let Some(first) = gaps.next() {
        writeln!(out, "\nTechniques without rules")?;
        for tactic in std::iter::once(first).chain(gaps) {
            let names = tactic.below.iter().filter(gap);
            let names = names.map(|node| format!("{} {}", node.id, node.name).trim().to_owned());
            paragraph(out, &tactic.name, names)?;
        }
    }
    let name = |rule: &usize| coverage.rules.get(*rule).map(|rule| visible(rule.name));
    for (title, rules) in [
        ("Rules without a mapping", &coverage.unmapped),
        ("Rules mapped to a tactic alone", &coverage.tactic_only),
    ] {
        if !rules.is_empty() {
            writeln!(out, "\n{title}")?;
            paragraph(out, "", rules.iter().filter_map(name))?;
        }
    }
    if !coverage.notes.is_empty() {
        writeln!(out, "\nMappings that are not taken as they are written")?;
        for note in &coverage.notes {
            let names: Vec<_> = note.rules.iter().filter_map(name).collect();
            // JSON has the names of all.
            let rules = match names.as_slice() {
                few @ [_] | few @ [_, _] => few.join(", "),
                many => counted(many.len(), "rule"),
            };
            writeln!(out, "  {}: {rules}", sentence(note, coverage))?;
        }
    }
    if let Some(observed) = coverage.observed.as_ref().filter(|seen| !seen.others.is_empty()) {
        writeln!(out, "\nAlerts of other rules")?;
        let others =
            observed.others.iter().map(|(name, count)| format!("{} ({count})", visible(name)));
        paragraph(out, "", others)?;
    }
    Ok(())
}

/// How much there is of what, in one line.
pub(super) fn summary(coverage: &Coverage<'_>) -> String {
    let (techniques, subs) = (coverage.of_techniques(), coverage.of_subtechniques());
    let mut line = format!(
        "{} techniques and {} sub-techniques have rules; {}",
        of(techniques),
        of(subs),
        counted(coverage.rules.len(), "rule")
    );
    for (count, what) in [
        (coverage.unmapped.len(), "without a mapping"),
        (coverage.broken, "left out for errors"),
        (coverage.other_platforms, "left out as for other systems"),
    ] {
        if count > 0 {
            line += &format!(", {count} {what}");
        }
    }
    if let Some(observed) = &coverage.observed {
        let alerted = coverage.rules.iter().filter(|rule| rule.alerts > 0).count();
        line += &format!(
            "; {}, {} of them of {}",
            counted(observed.alerts, "alert"),
            observed.alerts - observed.others.values().sum::<u64>(),
            counted(alerted, "rule")
        );
        if observed.not_alerts > 0 {
            line += &format!(", {} without a rule", counted(observed.not_alerts, "event"));
        }
    }
    line
}

/// What a note says, without the rules.
pub(super) fn sentence(note: &Note, coverage: &Coverage<'_>) -> String {
    let (id, version) = (&note.id, coverage.version_name());
    match &note.why {
        Why::Replaced(by) => format!("{id} is {by} in ATT&CK {version}, and counts as that"),
        Why::Deprecated => format!("ATT&CK {version} has given {id} up; it counts nowhere"),
        Why::Later => format!("{id} is not in ATT&CK {version}, and was added"),
    }
}

/// `3 of 11`
pub(super) fn of(share: Share) -> String {
    format!("{} of {}", share.covered, share.all)
}

/// `1 rule`, `2 rules`
pub(super) fn counted(count: impl Display, what: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Numbers, a bar of ten, and how many of a hundred.
fn bar(share: Share) -> String {
    // One of something is never shown as none.
    let full = (share.covered * 10).div_ceil(share.all.max(1)).min(10);
    let full = if share.covered < share.all { full.min(9) } else { full };
    let (full, rest) = ("█".repeat(full), "░".repeat(10 - full));
    format!("{:>3} of {:>3}  {full}{rest} {:>3}%", share.covered, share.all, share.percent())
}

/// A name of any origin, without what a terminal would obey.
fn visible(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

/// A title, if any, and what belongs to it, joined with commas, in lines of [`WIDTH`].
fn paragraph(out: &mut String, title: &str, items: impl Iterator<Item = String>) -> fmt::Result {
    if !title.is_empty() {
        writeln!(out, "  {title}:")?;
    }
    let indent = if title.is_empty() { "  " } else { "    " };
    let mut line = String::new();
    let mut items = items.peekable();
    while let Some(item) = items.next() {
        let item = if items.peek().is_some() { item + "," } else { item };
        if !line.is_empty()
            && indent.len() + line.chars().count() + 1 + item.chars().count() > WIDTH
        {
            writeln!(out, "{indent}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &item;
    }
    writeln!(out, "{indent}{line}")
}
