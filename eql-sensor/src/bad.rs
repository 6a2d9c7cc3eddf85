//! Keeps lines aside that are not events.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// The file of `--bad-lines`, where there is one.
#[derive(Debug, Default)]
pub(crate) struct BadLines {
    file: Option<BufWriter<File>>,
    failed: Option<io::Error>,
}

impl BadLines {
    /// Makes the file, or empties it.
    ///
    /// # Errors
    /// Where that fails.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: Some(BufWriter::new(File::create(path)?)), failed: None })
    }

    /// Adds bytes as they are. A failure shows at the next [`end_line`](Self::end_line).
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        if let (Some(file), None) = (&mut self.file, &self.failed) {
            self.failed = file.write_all(bytes).err();
        }
    }

    /// Ends the line with a line feed and hands it to the system.
    ///
    /// # Errors
    /// The first failure since the last call.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        self.keep(b"\n");
        if let (Some(file), None) = (&mut self.file, &self.failed) {
            self.failed = file.flush().err();
        }
        self.failed.take().map_or(Ok(()), Err)
    }
}
