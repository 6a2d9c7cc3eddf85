//! Sets of characters.

/// The largest code point.
pub(super) const MAX: u32 = char::MAX as u32;

/// A set of code points: ranges with both ends included, ascending, with a gap between any two.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CharSet(Vec<(u32, u32)>);

impl CharSet {
    /// The characters from `first` to `last`; none where `first` comes after `last`.
    pub(super) fn range(first: char, last: char) -> Self {
        Self::from_ranges(vec![(first.into(), last.into())])
    }

    /// One character.
    pub(super) fn single(c: char) -> Self {
        Self::range(c, c)
    }

    /// The characters of all the ranges, which may overlap and come in any order.
    fn from_ranges(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// The characters in any of the sets.
    pub(super) fn union(sets: impl IntoIterator<Item = Self>) -> Self {
        Self::from_ranges(sets.into_iter().flat_map(|set| set.0).collect())
    }

    /// The characters that are not in the set.
    pub(super) fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.0 {
            if next < first {
                ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= MAX {
            ranges.push((next, MAX));
        }
        Self(ranges)
    }

    /// The set with both cases of each ASCII letter in it.
    pub(super) fn fold(&self) -> Self {
        let mut ranges = self.0.clone();
        for &(first, last) in &self.0 {
            let other_case = |from: u8, to: u8, by: i32| {
                let (first, last) = (first.max(from.into()), last.min(to.into()));
                (first <= last)
                    .then(|| (first.saturating_add_signed(by), last.saturating_add_signed(by)))
            };
            ranges.extend(other_case(b'a', b'z', -0x20));
            ranges.extend(other_case(b'A', b'Z', 0x20));
        }
        Self::from_ranges(ranges)
    }

    /// Whether a character is in the set.
    #[cfg(test)]
    pub(super) fn contains(&self, c: char) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&c.into()))
    }

    /// The ranges, both ends included, in ascending order.
    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_merge() {
        let set = CharSet::union([
            CharSet::range('m', 'p'),
            CharSet::range('a', 'c'),
            CharSet::single('d'),
            CharSet::range('n', 'z'),
            CharSet::range('z', 'a'),
        ]);
        assert_eq!(set.ranges(), [(0x61, 0x64), (0x6d, 0x7a)]);
    }

    #[test]
    fn complement_twice_is_the_same() {
        for set in [
            CharSet::default(),
            CharSet::range('\0', char::MAX),
            CharSet::single('\0'),
            CharSet::single(char::MAX),
            CharSet::union([CharSet::range('0', '9'), CharSet::single('é')]),
        ] {
            assert_eq!(set.complement().complement(), set);
            assert_ne!(set.contains('5'), set.complement().contains('5'));
        }
    }

    #[test]
    fn fold_is_ascii() {
        assert_eq!(
            CharSet::range('Y', 'b').fold().ranges(),
            [(0x41, 0x42), (0x59, 0x62), (0x79, 0x7a)]
        );
        assert_eq!(CharSet::single('é').fold(), CharSet::single('é'));
        assert_eq!(CharSet::single('@').fold(), CharSet::single('@'));
        assert_eq!(CharSet::single('{').fold(), CharSet::single('{'));
    }
}
