//! A report to read.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use eql::{Document, Severity};

use super::{Sink, events, text, time};
use crate::format::printable;
use crate::rules::techniques;

/// Writes each alert as a few lines: what, when, where, why.
#[derive(Debug)]
pub(super) struct Text<W> {
    to: W,
    colour: bool,
    is_first: bool,
}

impl<W: Write> Text<W> {
    pub(super) fn new(to: W, colour: bool) -> Self {
        Self { to, colour, is_first: true }
    }

    /// An event, or a sequence as a whole: its stages, which follow, say when they were.
    fn alert(&mut self, alert: &Document) -> io::Result<()> {
        if !std::mem::take(&mut self.is_first) {
            writeln!(self.to)?;
        }
        let severity = format!("{} {}", alert.severity().as_str(), alert.risk_score());
        let severity = self.styled(style(alert.severity()), &severity);
        let name = self.styled(Style::new().bold(), &printable(alert.rule_name()));
        writeln!(self.to, "{severity}  {name}")?;
        let is_sequence = alert.group_id().is_some();
        if !is_sequence {
            self.line("when", &time(alert).to_string())?;
        }
        self.line("host", &text(alert, "host.name"))?;
        self.line("user", &text(alert, "user.name"))?;
        self.line("what", alert.reason())?;
        self.line("ATT&CK", &techniques(alert.rule()).join(" "))?;
        if !is_sequence {
            self.events("event", alert)?;
        }
        Ok(())
    }

    /// An event of the sequence whose alert was written before.
    fn stage(&mut self, index: u64, alert: &Document) -> io::Result<()> {
        self.line(&format!("stage {}", index + 1), &time(alert).to_string())?;
        self.line("", alert.reason())?;
        self.events("", alert)
    }

    fn events(&mut self, title: &str, alert: &Document) -> io::Result<()> {
        for (index, id) in events(alert) {
            self.line(title, &format!("{index} {id}"))?;
        }
        Ok(())
    }

    fn line(&mut self, title: &str, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let title = self.styled(Style::new().dimmed(), &format!("{title:<8}"));
        writeln!(self.to, "  {title}{}", printable(text))
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

impl<W: Write> Sink for Text<W> {
    fn write(&mut self, alert: &Document) -> io::Result<()> {
        match alert.group_index() {
            Some(index) => self.stage(index, alert),
            None => self.alert(alert),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn style(severity: Severity) -> Style {
    let style = Style::new().bold();
    match severity {
        Severity::Low => style.fg_color(Some(AnsiColor::Cyan.into())),
        Severity::Medium => style.fg_color(Some(AnsiColor::Yellow.into())),
        Severity::High => style.fg_color(Some(AnsiColor::Red.into())),
        Severity::Critical => style
            .fg_color(Some(AnsiColor::BrightWhite.into()))
            .bg_color(Some(AnsiColor::Red.into())),
    }
}
