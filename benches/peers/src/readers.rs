//! Parsers of JSON that make a tree of a line.

use std::hint::black_box;

use simd_json::Buffers;

/// simd-json, which parses in place: the line is copied first, into a buffer that is kept.
pub struct SimdJson {
    line: Vec<u8>,
    buffers: Buffers,
}

impl SimdJson {
    /// Buffers for lines of up to `longest` bytes.
    pub fn new(longest: usize) -> Self {
        Self { line: Vec::with_capacity(longest + 64), buffers: Buffers::new(longest) }
    }

    /// Makes a `BorrowedValue`.
    ///
    /// # Panics
    ///
    /// As all here, where the line is not JSON.
    pub fn value(&mut self, line: &str) {
        self.line.clear();
        self.line.extend_from_slice(line.as_bytes());
        black_box(
            simd_json::to_borrowed_value_with_buffers(&mut self.line, &mut self.buffers)
                .expect("events are JSON"),
        );
    }

    /// Makes a tape, which is not yet a tree.
    pub fn tape(&mut self, line: &str) {
        self.line.clear();
        self.line.extend_from_slice(line.as_bytes());
        black_box(
            simd_json::to_tape_with_buffers(&mut self.line, &mut self.buffers)
                .expect("events are JSON"),
        );
    }
}

/// sonic-rs.
pub fn sonic(line: &str) {
    black_box(sonic_rs::from_str::<sonic_rs::Value>(line).expect("events are JSON"));
}

/// serde_json.
pub fn serde(line: &str) {
    black_box(serde_json::from_str::<serde_json::Value>(line).expect("events are JSON"));
}
