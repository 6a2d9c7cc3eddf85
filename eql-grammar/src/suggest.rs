//! The nearest name to a mistyped one.

/// The candidate that a writer of `word` most likely meant; `None` where none is near.
///
/// A candidate that differs only in case wins over every other. Otherwise the fewest edits win, where an edit inserts,
/// drops or changes a character or swaps two neighbours, and case is ignored; among equals the first one wins. At most
/// one edit for each three characters of the word counts as near.
///
/// ```
/// use eql_grammar::suggest::closest;
///
/// let fields = ["process.name", "process.pid", "process.parent.name"];
/// assert_eq!(closest("process.nmae", fields), Some("process.name"));
/// assert_eq!(closest("PROCESS.PID", fields), Some("process.pid"));
/// assert_eq!(closest("registry.path", fields), None);
/// ```
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    let limit = length.div_ceil(3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.to_lowercase() == lower {
            return Some(candidate);
        }
        let bound = best.map_or(limit, |(edits, _)| edits.saturating_sub(1));
        // Each missing or extra character is an edit: most candidates fall here, before the costly part.
        if candidate.chars().count().abs_diff(length) > bound {
            continue;
        }
        let edits = strsim::osa_distance(&lower, &candidate.to_lowercase());
        if edits <= bound && edits < length {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn picks_the_fewest_edits() {
        let cases = [
            ("startWith", Some("startsWith")),
            ("endswith", Some("endsWith")),
            ("stringContain", Some("stringContains")),
            ("substr", None),
            ("lenght", Some("length")),
            ("x", None),
            ("", None),
            ("arrayContains", Some("stringContains")),
        ];
        let names = ["startsWith", "endsWith", "stringContains", "substring", "length"];
        for (word, expected) in cases {
            assert_eq!(closest(word, names), expected, "{word}");
        }
    }

    #[test]
    fn equal_but_for_case_wins_over_an_earlier_near_one() {
        assert_eq!(closest("HEAD", ["heap", "head"]), Some("head"));
    }

    #[test]
    fn the_first_of_equals_wins() {
        assert_eq!(closest("tale", ["tall", "tail"]), Some("tall"));
    }

    #[test]
    fn other_scripts_do_not_panic() {
        assert_eq!(closest("ПРОЦЕСС", ["процесс", "process"]), Some("процесс"));
    }
}
