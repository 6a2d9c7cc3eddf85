//! What a run counted.

use std::fmt;
use std::time::Duration;

use eql::RuleMeta;

use crate::event::Flaw;
use crate::format;

/// The counts of a run.
#[derive(Debug)]
pub(crate) struct Report {
    /// Sources read to their end.
    sources: u64,
    /// Sources that could not be found, opened, or read to their end.
    pub(crate) failed: u64,
    pub(crate) events: u64,
    /// Bytes of text, after decompression.
    pub(crate) bytes: u64,
    flaws: [u64; Flaw::ALL.len()],
    first_flaw: Option<String>,
    /// Alerts that were written, without the building blocks of sequences, by rule.
    rules: Vec<(&'static RuleMeta, u64)>,
    /// Alerts that were not written because they had been.
    duplicates: u64,
}

impl Report {
    pub(crate) fn new(rules: impl Iterator<Item = &'static RuleMeta>) -> Self {
        Self {
            sources: 0,
            failed: 0,
            events: 0,
            bytes: 0,
            flaws: [0; Flaw::ALL.len()],
            first_flaw: None,
            rules: rules.map(|rule| (rule, 0)).collect(),
            duplicates: 0,
        }
    }

    /// Counts a record that holds no event; `place` says where and why, for the first one.
    pub(crate) fn flaw(&mut self, flaw: Flaw, place: impl FnOnce() -> String) {
        if let Some(index) = Flaw::ALL.iter().position(|known| *known == flaw) {
            self.flaws[index] += 1;
        }
        self.first_flaw.get_or_insert_with(place);
    }

    /// Counts a source.
    pub(crate) fn source(&mut self, was_read: bool) {
        *(if was_read { &mut self.sources } else { &mut self.failed }) += 1;
    }

    /// Counts an alert of a rule, given by its position.
    pub(crate) fn alert(&mut self, rule: usize, is_new: bool) {
        match self.rules.get_mut(rule) {
            Some((_, alerts)) if is_new => *alerts += 1,
            _ => self.duplicates += 1,
        }
    }

    /// How many alerts were written.
    pub(crate) fn alerts(&self) -> u64 {
        self.rules.iter().map(|(_, alerts)| alerts).sum()
    }

    /// The summary of a run that took `elapsed`.
    pub(crate) fn summary(&self, elapsed: Duration) -> impl fmt::Display + '_ {
        Summary { report: self, elapsed }
    }
}

struct Summary<'a> {
    report: &'a Report,
    elapsed: Duration,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        write!(f, "files      {}", format::count(report.sources))?;
        match report.failed {
            0 => writeln!(f)?,
            failed => writeln!(f, ", and {} that could not be read", format::count(failed))?,
        }
        writeln!(
            f,
            "events     {} ({} in {}, {} events/s)",
            format::count(report.events),
            format::bytes(report.bytes),
            format::seconds(self.elapsed),
            format::count(format::per_second(report.events, self.elapsed))
        )?;
        self.bad_lines(f)?;
        self.alerts(f)
    }
}

impl Summary<'_> {
    fn bad_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flaws = &self.report.flaws;
        write!(f, "bad lines  {}", format::count(flaws.iter().sum()))?;
        let kinds: Vec<String> = Flaw::ALL
            .iter()
            .zip(flaws)
            .filter(|(_, count)| **count > 0)
            .map(|(flaw, count)| format!("{} {flaw}", format::count(*count)))
            .collect();
        if !kinds.is_empty() {
            write!(f, " ({})", kinds.join(", "))?;
        }
        if let Some(first) = &self.report.first_flaw {
            write!(f, "; the first is {first}")?;
        }
        writeln!(f)
    }

    fn alerts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let rules = report.rules.len() as u64;
        let firing = report.rules.iter().filter(|(_, alerts)| *alerts > 0);
        let (alerts, fired) = (format::count(report.alerts()), firing.clone().count() as u64);
        let (fired, rules) = (format::count(fired), format::count(rules));
        write!(f, "alerts     {alerts} from {fired} of {rules} rules")?;
        if report.duplicates > 0 {
            write!(f, ", and {} again", format::count(report.duplicates))?;
        }
        writeln!(f)?;
        for (rule, alerts) in firing {
            let (count, severity) = (format::count(*alerts), rule.severity.as_str());
            writeln!(f, "  {count:>7}  {severity:<8}  {}", rule.name)?;
        }
        Ok(())
    }
}
