//! Versions, ordered as Elasticsearch's `version` fields are.

use std::cmp::Ordering;

/// A version: ordered by its parts where it follows semantic versioning; after all such versions, by its
/// bytes, where it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    text: String,
    parts: Option<Parts>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    main: Vec<u128>,
    pre_release: Vec<Identifier>,
}

/// Numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u128),
    Word(String),
}

impl Version {
    /// Reads a version; a text that is none is kept as it is.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), parts: Parts::parse(text) }
    }

    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Parts {
    /// `1.2.3-pre.4+build`, with any number of parts before the `-`.
    fn parse(text: &str) -> Option<Self> {
        let (text, build) = text.split_once('+').unwrap_or((text, "none"));
        let (main, pre_release) = match text.split_once('-') {
            Some((main, pre)) => {
                (main, pre.split('.').map(Identifier::parse).collect::<Option<_>>()?)
            }
            None => (text, Vec::new()),
        };
        let main = main.split('.').map(number).collect::<Option<_>>()?;
        build.split('.').all(is_word).then_some(Self { main, pre_release })
    }
}

impl Identifier {
    fn parse(text: &str) -> Option<Self> {
        match number(text) {
            Some(number) => Some(Self::Number(number)),
            None => is_word(text).then(|| Self::Word(text.to_owned())),
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A number without leading zeros.
fn number(text: &str) -> Option<u128> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok())?
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_parts = match (&self.parts, &other.parts) {
            (Some(a), Some(b)) => a.main.cmp(&b.main).then_with(|| order_pre_release(a, b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_parts.then_with(|| self.text.cmp(&other.text))
    }
}

/// A version comes after its own pre-releases.
fn order_pre_release(a: &Parts, b: &Parts) -> Ordering {
    let is_release = |parts: &Parts| parts.pre_release.is_empty();
    is_release(a).cmp(&is_release(b)).then_with(|| a.pre_release.cmp(&b.pre_release))
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let ascending = [
            "1.2",
            "1.2.4-1",
            "1.2.4-11",
            "1.2.4-SNAPSHOT",
            "1.2.4-rc.1",
            "1.2.4",
            "1.2.4+build",
            "1.5.0",
            "1.11.3",
            "01.2",
            "bad",
        ];
        for pair in ascending.windows(2) {
            assert!(Version::new(pair[0]) < Version::new(pair[1]), "{pair:?}");
        }
        assert_eq!(Version::new("1.0"), Version::new("1.0"));
    }
}
