//! Metadata of the rules of a set, out of texts and tables of numbers: what `eql-codegen` writes in the place of
//! expressions, of which rustc would have to go through each.
//!
//! All of it happens at compile time, where a call takes some microseconds, and an operation a part of one; so there are few
//! of them. A table is a row of words of 24 bits, little endian, each of which is a number or a place in an array.

use crate::generated::BROKEN;
use crate::rule::{Attack, RuleMeta, Schedule, Severity, Technique, Threat};

type Text = &'static str;

/// An array of which the elements are made one after the other, `word!` being the next word of the table `words`.
macro_rules! array {
    ($words:ident, $at:ident, $unset:expr, $make:expr) => {{
        let ($words, _) = $words.as_chunks::<3>();
        let mut $at = 0;
        let mut all = [$unset; N];
        let mut next = 0;
        while next < N {
            all[next] = $make;
            next += 1;
        }
        all
    }};
}

/// The next word of a table.
macro_rules! word {
    ($words:ident, $at:ident) => {{
        let [low, middle, high] = $words[$at];
        $at += 1;
        low as usize | (middle as usize) << 8 | (high as usize) << 16
    }};
}

/// The next three words of a table as one number.
macro_rules! number {
    ($words:ident, $at:ident) => {
        word!($words, $at) as u64
            | (word!($words, $at) as u64) << 24
            | (word!($words, $at) as u64) << 48
    };
}

/// The text that the next word names: 0 for none, else its place from 1.
macro_rules! option {
    ($texts:ident, $words:ident, $at:ident) => {
        match word!($words, $at) {
            0 => None,
            place => Some($texts[place - 1]),
        }
    };
}

/// No entry of ATT&CK.
pub const NO_ATTACK: Attack = Attack { id: "", name: "", reference: "" };
/// No technique.
pub const NO_TECHNIQUE: Technique = Technique { technique: NO_ATTACK, subtechnique: &[] };
/// No tactic.
pub const NO_THREAT: Threat = Threat { framework: "", tactic: NO_ATTACK, technique: &[] };

/// Pairs of texts.
#[must_use]
pub const fn pairs<const N: usize>(
    texts: &'static [Text],
    words: &'static [u8],
) -> [(Text, Text); N] {
    array!(words, at, ("", ""), (texts[word!(words, at)], texts[word!(words, at)]))
}

/// Entries of ATT&CK.
#[must_use]
pub const fn attacks<const N: usize>(texts: &'static [Text], words: &'static [u8]) -> [Attack; N] {
    array!(
        words,
        at,
        NO_ATTACK,
        Attack {
            id: texts[word!(words, at)],
            name: texts[word!(words, at)],
            reference: texts[word!(words, at)]
        }
    )
}

/// Techniques, each with a list of sub-techniques.
#[must_use]
pub const fn techniques<const N: usize>(
    attacks: &'static [Attack],
    lists: &'static [&'static [Attack]],
    words: &'static [u8],
) -> [Technique; N] {
    array!(
        words,
        at,
        NO_TECHNIQUE,
        Technique { technique: attacks[word!(words, at)], subtechnique: lists[word!(words, at)] }
    )
}

/// Tactics, each with a list of techniques.
#[must_use]
pub const fn threats<const N: usize>(
    texts: &'static [Text],
    attacks: &'static [Attack],
    lists: &'static [&'static [Technique]],
    words: &'static [u8],
) -> [Threat; N] {
    array!(
        words,
        at,
        NO_THREAT,
        Threat {
            framework: texts[word!(words, at)],
            tactic: attacks[word!(words, at)],
            technique: lists[word!(words, at)]
        }
    )
}

/// Elements of lists, list after list. `unset` is any value.
#[must_use]
pub const fn items<T: Copy, const N: usize>(
    unset: T,
    of: &'static [T],
    words: &'static [u8],
) -> [T; N] {
    array!(words, at, unset, of[word!(words, at)])
}

/// Lists, of which `items` has the elements and `words` the lengths.
#[must_use]
pub const fn lists<T, const N: usize>(
    items: &'static [T],
    words: &'static [u8],
) -> [&'static [T]; N] {
    let mut rest = items;
    array!(words, at, items.split_at(0).0, {
        let (list, behind) = rest.split_at(word!(words, at));
        rest = behind;
        list
    })
}

/// What many rules have in common: metadata of which the rest is empty. The words of each are in the order in which its
/// members stand here.
#[must_use]
pub const fn frames<const N: usize>(texts: &'static [Text], words: &'static [u8]) -> [RuleMeta; N] {
    array!(
        words,
        at,
        BROKEN,
        RuleMeta {
            license: texts[word!(words, at)],
            interval: texts[word!(words, at)],
            from: texts[word!(words, at)],
            to: texts[word!(words, at)],
            schedule: Schedule {
                interval: number!(words, at),
                from: number!(words, at),
                to: number!(words, at)
            },
            max_signals: number!(words, at) as u32,
            building_block_type: option!(texts, words, at),
            event_category_override: option!(texts, words, at),
            timestamp_field: option!(texts, words, at),
            tiebreaker_field: option!(texts, words, at),
            timestamp_override: option!(texts, words, at),
            rule_name_override: option!(texts, words, at),
            ..BROKEN
        }
    )
}

/// The metadata of rules, each upon one of the frames. The words of each are in the order in which its members stand here.
#[must_use]
pub const fn metas<const N: usize>(
    texts: &'static [Text],
    lists: &'static [&'static [Text]],
    pairs: &'static [&'static [(Text, Text)]],
    threats: &'static [&'static [Threat]],
    frames: &'static [RuleMeta],
    words: &'static [u8],
) -> [RuleMeta; N] {
    array!(
        words,
        at,
        BROKEN,
        RuleMeta {
            rule_id: texts[word!(words, at)],
            name: texts[word!(words, at)],
            description: texts[word!(words, at)],
            severity: match word!(words, at) {
                0 => Severity::Low,
                1 => Severity::Medium,
                2 => Severity::High,
                _ => Severity::Critical,
            },
            risk_score: word!(words, at) as u8,
            author: lists[word!(words, at)],
            version: number!(words, at) as u32,
            query: texts[word!(words, at)],
            index: lists[word!(words, at)],
            tags: lists[word!(words, at)],
            references: lists[word!(words, at)],
            false_positives: lists[word!(words, at)],
            note: texts[word!(words, at)],
            setup: texts[word!(words, at)],
            threat: threats[word!(words, at)],
            other: pairs[word!(words, at)],
            fields: pairs[word!(words, at)],
            ..frames[word!(words, at)]
        }
    )
}

/// References to each.
#[must_use]
pub const fn each<const N: usize>(metas: &'static [RuleMeta; N]) -> [&'static RuleMeta; N] {
    let mut all = [&BROKEN; N];
    let mut next = 0;
    while next < N {
        all[next] = &metas[next];
        next += 1;
    }
    all
}
