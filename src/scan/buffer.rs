//! The bytes of a line, with room around them.

/// A line, then padding, then strings whose escapes were resolved.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    line: usize,
}

/// How many quotes stand behind the line: they end what is not ended in it, and blocks may be read beyond its end.
pub(super) const PADDING: usize = 128;

impl Buffer {
    /// Takes a line.
    pub(super) fn fill(&mut self, line: &[u8]) {
        // What is left of a string is never longer than the string. Blocks are written beyond its end too.
        let needed = 2 * (line.len() + PADDING);
        if self.bytes.len() < needed {
            self.bytes.resize(needed.next_power_of_two(), 0);
        }
        self.bytes[..line.len()].copy_from_slice(line);
        self.bytes[line.len()..line.len() + PADDING].fill(b'"');
        self.line = line.len();
    }

    pub(super) fn clear(&mut self) {
        self.line = 0;
    }

    pub(super) fn line(&self) -> &[u8] {
        &self.bytes[..self.line]
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Where the strings begin.
    pub(super) fn arena(&self) -> usize {
        self.line + PADDING
    }

    /// The text of a value.
    ///
    /// # Safety
    /// The range is one of UTF-8 in what the buffer holds now.
    #[inline]
    pub(super) unsafe fn text(&self, start: u32, len: u32) -> &str {
        let bytes = &self.bytes[start as usize..][..len as usize];
        debug_assert!(std::str::from_utf8(bytes).is_ok());
        // SAFETY: as asked of the caller.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }
}
