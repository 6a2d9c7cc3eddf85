//! One alert document a line.

use std::io::{self, Write};

use eql::Document;

use super::Sink;

/// Writes the documents as they are: what Kibana would have indexed.
#[derive(Debug)]
pub(super) struct Ndjson<W> {
    to: W,
}

impl<W: Write> Ndjson<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to }
    }
}

impl<W: Write> Sink for Ndjson<W> {
    fn write(&mut self, alert: &Document) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, alert)?;
        self.to.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
