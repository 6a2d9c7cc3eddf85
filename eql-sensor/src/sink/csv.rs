//! A table, one alert a row.

use std::io::{self, Write};

use eql::Document;

use super::{Sink, events, text, time};
use crate::rules::techniques;

/// The columns. Their names and order are a promise: new ones come at the end.
const COLUMNS: [&str; 15] = [
    "time",
    "severity",
    "risk_score",
    "rule",
    "rule_id",
    "host",
    "user",
    "reason",
    "tactics",
    "techniques",
    "event_index",
    "event_id",
    "alert_id",
    "group_id",
    "group_index",
];
/// What stands between several values of one cell.
const SEPARATOR: &str = "; ";

/// Writes a header and rows as RFC 4180 has them, with line feeds.
pub(super) struct Csv<W: Write> {
    to: csv::Writer<W>,
    has_header: bool,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to: csv::Writer::from_writer(to), has_header: false }
    }

    fn header(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_header, true) {
            self.to.write_record(COLUMNS)?;
        }
        Ok(())
    }
}

impl<W: Write> Sink for Csv<W> {
    fn write(&mut self, alert: &Document) -> io::Result<()> {
        self.header()?;
        let rule = alert.rule();
        let (indices, ids): (Vec<_>, Vec<_>) = events(alert).unzip();
        let tactics: Vec<_> = rule.threat.iter().map(|threat| threat.tactic.name).collect();
        let row: [&str; COLUMNS.len()] = [
            &time(alert).to_string(),
            alert.severity().as_str(),
            &alert.risk_score().to_string(),
            alert.rule_name(),
            rule.rule_id,
            &text(alert, "host.name"),
            &text(alert, "user.name"),
            alert.reason(),
            &tactics.join(SEPARATOR),
            &techniques(rule).join(SEPARATOR),
            &indices.join(SEPARATOR),
            &ids.join(SEPARATOR),
            alert.uuid(),
            alert.group_id().unwrap_or_default(),
            &alert.group_index().map(|index| index.to_string()).unwrap_or_default(),
        ];
        Ok(self.to.write_record(row)?)
    }

    /// A run without alerts still leaves a table: its header.
    fn flush(&mut self) -> io::Result<()> {
        self.header()?;
        self.to.flush()
    }
}
