//! Patterns of `:`, `like` and `wildcard()`.

/// Whether the whole of `text` matches: `*` is any run of characters, `?` exactly one, nothing escapes
/// them, and with `ignore_case` ASCII letters match in either case.
pub(crate) fn matches(pattern: &str, text: &str, ignore_case: bool) -> bool {
    let characters = |s: &str| -> Vec<char> {
        s.chars().map(|c| if ignore_case { c.to_ascii_lowercase() } else { c }).collect()
    };
    let pattern = characters(pattern);
    // Whether the first `n` characters of the pattern match all of the text read so far.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    pass_stars(&pattern, &mut reached);
    for c in characters(text) {
        let mut next = vec![false; pattern.len() + 1];
        for (n, p) in pattern.iter().enumerate().filter(|(n, _)| reached[*n]) {
            match p {
                '*' => next[n] = true,
                '?' => next[n + 1] = true,
                p => next[n + 1] |= *p == c,
            }
        }
        pass_stars(&pattern, &mut next);
        reached = next;
    }
    reached[pattern.len()]
}

/// A `*` also matches nothing.
fn pass_stars(pattern: &[char], reached: &mut [bool]) {
    for (n, p) in pattern.iter().enumerate() {
        if *p == '*' && reached[n] {
            reached[n + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_values() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
            ("?", "é", true),
            ("doc?", "docs", true),
            ("doc?", "doc", false),
            ("doc", "xdocx", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*\\red_ttp\\*", "C:\\red_ttp\\x", true),
            ("*", "a\nb", true),
            ("a?b", "a\nb", true),
        ] {
            assert_eq!(matches(pattern, text, false), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn case_is_that_of_ascii() {
        assert!(matches("CMD*", "cmd.exe", true));
        assert!(!matches("CMD*", "cmd.exe", false));
        assert!(!matches("É", "é", true));
    }

    #[test]
    fn many_stars_end() {
        assert!(!matches(&"*a".repeat(30), &"b".repeat(500), true));
    }
}
