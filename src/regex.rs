//! Regular expressions, as tables that the compiler made.

/// A deterministic automaton over the characters of a value, which it describes as a whole.
///
/// The compiler's `Dfa` says how the tables are laid out and has the same fields. In short: characters fall
/// into classes; the next state of `state` on `class` is entry `class * states + state` of the table;
/// state 0 never matches any more, state 1 always does, and states from `accept` on match at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dfa {
    /// The class of each character below 0x80.
    pub ascii: &'static [u8; 128],
    /// The classes of all other characters, each from this code point on; the first is 0x80.
    pub wide: &'static [(u32, u8)],
    /// How many states there are.
    pub states: u16,
    /// The state before the first character.
    pub start: u16,
    /// The first of the states that match when the value ends there.
    pub accept: u16,
    /// The next states, two bytes each, little endian.
    pub table: &'static [u8],
}

/// The state from which nothing matches.
const DEAD: usize = 0;
/// The state from which everything matches.
const ALL: usize = 1;

impl Dfa {
    /// Whether the automaton matches `value`.
    ///
    /// Reads each character at most once, and stops where the rest cannot change the answer.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let states = usize::from(self.states);
        let mut state = usize::from(self.start);
        for c in value.chars() {
            if state <= ALL {
                return state == ALL;
            }
            // The table is laid out so that this product does not wait for the state.
            let row = self.class(c) * states;
            state = self.next(row + state);
        }
        state == ALL || state >= usize::from(self.accept)
    }

    #[inline]
    fn next(&self, entry: usize) -> usize {
        match self.table.get(2 * entry..2 * entry + 2) {
            Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])),
            // Only where the tables do not belong together.
            _ => DEAD,
        }
    }

    #[inline]
    fn class(&self, c: char) -> usize {
        let code = u32::from(c);
        match self.ascii.get(code as usize) {
            Some(&class) => class.into(),
            None => self.wide_class(code),
        }
    }

    fn wide_class(&self, code: u32) -> usize {
        let last = self.wide.partition_point(|&(first, _)| first <= code).saturating_sub(1);
        self.wide.get(last).map_or(0, |&(_, class)| class.into())
    }
}

/// What is left of a value from its first character on that is not ASCII, or from a little before it.
#[inline]
#[must_use]
pub fn skip_ascii(value: &str) -> &str {
    /// Many at once: a value may have thousands of characters.
    const BLOCK: usize = 32;
    let blocks = value.as_bytes().chunks_exact(BLOCK).take_while(|block| block.is_ascii()).count();
    value.get(blocks * BLOCK..).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::{Dfa, skip_ascii};

    /// `a+é` by hand: states 2 (start), 3 (after `a`), 4 (accepts).
    const DFA: Dfa = Dfa {
        ascii: &{
            let mut classes = [0; 128];
            classes[b'a' as usize] = 1;
            classes
        },
        wide: &[(0x80, 0), (0xe9, 2), (0xea, 0)],
        states: 5,
        start: 2,
        accept: 4,
        table: b"\0\0\x01\0\0\0\0\0\0\0\0\0\x01\0\x03\0\x03\0\0\0\0\0\x01\0\0\0\x04\0\0\0",
    };

    #[test]
    fn walks_the_tables() {
        for (value, expected) in [
            ("aé", true),
            ("aaaé", true),
            ("", false),
            ("é", false),
            ("a", false),
            ("aéa", false),
            ("aê", false),
            ("a\u{10ffff}", false),
        ] {
            assert_eq!(DFA.matches(value), expected, "{value}");
        }
    }

    #[test]
    fn special_states_decide_at_once() {
        assert!(Dfa { start: 1, ..DFA }.matches(""));
        assert!(Dfa { start: 1, ..DFA }.matches("x"));
        assert!(!Dfa { start: 0, ..DFA }.matches(""));
    }

    #[test]
    fn ascii_is_skipped_up_to_other_characters() {
        for before in 0..100 {
            for after in ["", "é", "éa", "\u{10ffff}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
            {
                let value = "a".repeat(before) + after;
                let left = skip_ascii(&value);
                assert!(value.ends_with(left) && left.ends_with(after), "{value}");
                assert!(left.len() < after.len() + 32, "{value}");
            }
        }
    }

    #[test]
    fn broken_tables_do_not_panic() {
        assert!(!Dfa { table: b"", ..DFA }.matches("aé"));
        assert!(!Dfa { wide: &[], ..DFA }.matches("aé"));
        assert!(!Dfa { table: b"\xff\xff\xff", states: u16::MAX, ..DFA }.matches("aéx"));
    }
}
