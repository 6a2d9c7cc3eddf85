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
    /// What rules hold and had to drop, where that is not zero, each with the position of the rule.
    counters: Vec<(usize, &'static str, u64)>,
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
            counters: Vec::new(),
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

    /// Takes what a rule, given by its position, counted.
    pub(crate) fn counters(&mut self, rule: usize, counters: Vec<(&'static str, u64)>) {
        let counted = counters.into_iter().filter(|(_, count)| *count > 0);
        self.counters.extend(counted.map(|(name, count)| (rule, name, count)));
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
        self.alerts(f)?;
        self.counters(f)
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

    /// What may be missing from the alerts, and why.
    fn counters(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { counters, rules, .. } = self.report;
        let mut counting: Vec<usize> = counters.iter().map(|(rule, ..)| *rule).collect();
        counting.dedup();
        if counting.is_empty() {
            return Ok(());
        }
        let (some, all) = (format::count(counting.len() as u64), format::count(rules.len() as u64));
        write!(f, "counters   of {some} of {all} rules")?;
        if counters.iter().any(|(_, name, _)| matches!(*name, "late" | "restarts")) {
            write!(f, "; events came out of order, see --lateness")?;
        }
        writeln!(f)?;
        for (rule, name, count) in counters {
            let name_of_rule = rules.get(*rule).map_or("", |(rule, _)| rule.name);
            writeln!(f, "  {:>7}  {name:<9} {name_of_rule}", format::count(*count))?;
        }
        Ok(())
    }
}
