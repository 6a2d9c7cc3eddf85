//! Tables of sorted lines, searched as they stand.
//!
//! A build looks up a few lines of thousands: to take a table apart first would cost more than it saves.

/// The first line that is not less than `key`, byte by byte, without its line break.
///
/// Where keys are columns that end in a tab, this is the line of `key` if there is one: a tab is less than any character
/// of a key.
pub(crate) fn line_from(table: &'static str, key: &str) -> Option<&'static str> {
    let end_of = |start: usize| table[start..].find('\n').map_or(table.len(), |at| start + at);
    // `low` and `high` are starts of lines, or the end of the text.
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let mut middle = low + (high - low) / 2;
        while !table.is_char_boundary(middle) {
            middle -= 1;
        }
        let start = table[low..middle].rfind('\n').map_or(low, |at| low + at + 1);
        let line = &table.as_bytes()[start..];
        if line[..key.len().min(line.len())] < *key.as_bytes() {
            low = (end_of(start) + 1).min(table.len());
        } else {
            high = start;
        }
    }
    (low < table.len()).then(|| &table[low..end_of(low)])
}

#[cfg(test)]
mod tests {
    use super::line_from;

    #[test]
    fn first_line_that_is_not_less() {
        const TABLE: &str = "# é\na\t1\na.b\t2é\nab\t3\nb\té\n";
        for (key, line) in [
            ("", Some("# é")),
            ("#", Some("# é")),
            ("A", Some("a\t1")),
            ("a", Some("a\t1")),
            ("a\t2", Some("a.b\t2é")),
            ("a.", Some("a.b\t2é")),
            ("a.b", Some("a.b\t2é")),
            ("a.b.c", Some("ab\t3")),
            ("aa", Some("ab\t3")),
            ("b", Some("b\té")),
            ("b.b", None),
            ("é", None),
        ] {
            assert_eq!(line_from(TABLE, key), line, "{key:?}");
            assert_eq!(line_from(TABLE.trim_end(), key), line, "{key:?}");
        }
        assert_eq!(line_from("", "a"), None);
    }
}
