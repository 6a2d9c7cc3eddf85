#[path = "../../tests/scan_documents/mod.rs"]
mod documents;

use std::cell::RefCell;

use documents::{Choose, Comparison, PATHS, damage, document};

/// Every backend of the scanner and `serde_json` read a line alike; the input is the line itself, or the choices that a
/// document, and damage to it, is made of.
///
/// What is read in one execution teaches the scanner keys for the next.
pub fn scan(data: &[u8]) {
    thread_local! {
        static COMPARISON: RefCell<Comparison> = RefCell::new(Comparison::new(PATHS));
    }
    COMPARISON.with_borrow_mut(|comparison| {
        comparison.check(data);
        let mut choices = Choices { data, at: 0 };
        let mut line = document(&mut choices);
        comparison.check(&line);
        damage(&mut line, &mut choices);
        comparison.check(&line);
    });
}

/// The bytes of the input, one for each choice; when there are none left, always the first.
struct Choices<'a> {
    data: &'a [u8],
    at: usize,
}

impl Choose for Choices<'_> {
    fn choose(&mut self, bound: usize) -> usize {
        let Some(&first) = self.data.get(self.at) else { return 0 };
        self.at += 1;
        if bound <= 256 {
            return usize::from(first) % bound;
        }
        let second = self.data.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(u16::from_le_bytes([first, second])) % bound
    }
}
