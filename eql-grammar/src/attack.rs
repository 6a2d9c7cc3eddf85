//! MITRE ATT&CK Enterprise: tactics, techniques and sub-techniques by id.
//!
//! `data/attack.tsv` is made from ATT&CK, which is © The MITRE Corporation and is reproduced and
//! distributed with its permission; the first lines of the file say which version it is.

use crate::table;

/// The version of ATT&CK that the table has.
pub const VERSION: &str = "18.1";

/// The ATT&CK that a project's rules are mapped to, by what differs: version 19 took some techniques
/// apart and gave them other ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// Up to 18: the table as it is.
    #[default]
    V18,
    /// From 19 on: ids that 19 replaced are no longer in use.
    V19,
}

impl Version {
    /// The version of this number, `18` or `19`, or of a release of it, such as `18.1`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.split('.').next()? {
            "18" => Some(Self::V18),
            "19" => Some(Self::V19),
            _ => None,
        }
    }
}

/// The `framework` of a rule's threats.
pub const FRAMEWORK: &str = "MITRE ATT&CK";

/// Sorted lines, after lines that start with `#`.
static TABLE: &str = include_str!("../data/attack.tsv");

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `TA0009`
    Tactic,
    /// `T1114`
    Technique,
    /// `T1114.001`
    Subtechnique,
}

impl Kind {
    /// `tactic`, `technique` or `sub-technique`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tactic => "tactic",
            Self::Technique => "technique",
            Self::Subtechnique => "sub-technique",
        }
    }

    /// What an id is by its form; `None` where it is of neither form.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let digits =
            |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(number) = id.strip_prefix("TA") {
            return digits(number, 4).then_some(Self::Tactic);
        }
        match id.strip_prefix('T')?.split_once('.') {
            None => digits(&id[1..], 4).then_some(Self::Technique),
            Some((number, sub)) => {
                (digits(number, 4) && digits(sub, 3)).then_some(Self::Subtechnique)
            }
        }
    }
}

/// Whether ATT&CK still has an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is part of ATT&CK.
    Current,
    /// It is no longer to be used, and nothing replaces it.
    Deprecated,
    /// It was merged into another, or became another.
    Revoked,
}

/// One tactic, technique or sub-technique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `T1114.001`
    pub id: &'static str,
    /// `Local Email Collection`
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether ATT&CK still has it.
    pub status: Status,
    /// The id that ATT&CK names in its place.
    pub replaced_by: Option<&'static str>,
    /// Its id from ATT&CK 19 on, where that is another.
    pub v19_id: Option<&'static str>,
    tactics: &'static str,
}

impl Entry {
    /// The ids of the tactics that it is under; none for a tactic.
    pub fn tactics(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.tactics.split(',').filter(|id| !id.is_empty())
    }

    /// The technique of a sub-technique.
    #[must_use]
    pub fn parent(&self) -> Option<&'static str> {
        self.id.split_once('.').map(|(parent, _)| parent)
    }

    /// Its page: `https://attack.mitre.org/techniques/T1114/001/`.
    #[must_use]
    pub fn reference(&self) -> String {
        reference(self.id)
    }

    fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (id, name, _kind, parents, status, replaced_by) =
            (next(), next(), next(), next(), next(), next());
        let (_shortname, v19_id) = (next(), next());
        let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        Some(Self {
            id,
            name,
            kind: Kind::of(id)?,
            status: match status {
                "deprecated" => Status::Deprecated,
                "revoked" => Status::Revoked,
                _ => Status::Current,
            },
            replaced_by: some(replaced_by),
            v19_id: some(v19_id),
            tactics: parents.split_once(';').map_or(parents, |(_, tactics)| tactics),
        })
    }
}

/// The entry with this id, revoked and deprecated ones included.
#[must_use]
pub fn lookup(id: &str) -> Option<Entry> {
    table::line_from(TABLE, id).and_then(Entry::parse).filter(|entry| entry.id == id)
}

/// Every entry, by id.
pub fn entries() -> impl Iterator<Item = Entry> {
    TABLE.lines().filter_map(Entry::parse)
}

/// The page of an id at attack.mitre.org.
#[must_use]
pub fn reference(id: &str) -> String {
    let folder = if id.starts_with("TA") { "tactics" } else { "techniques" };
    format!("https://attack.mitre.org/{folder}/{}/", id.replace('.', "/"))
}

/// Whether an unknown id may be one that a later ATT&CK added: it is of the right form, and its
/// number is past the last that the table has at that place.
#[must_use]
pub fn may_be_newer(id: &str) -> bool {
    if lookup(id).is_some() {
        return false;
    }
    let parent = id.split_once('.').map(|(parent, _)| parent);
    match (Kind::of(id), parent) {
        (None, _) => false,
        // Not listed, but known to be what ATT&CK 19 has in place of another.
        _ if entries().any(|entry| entry.v19_id == Some(id)) => true,
        (_, Some(parent)) if lookup(parent).is_none_or(|p| p.status != Status::Current) => {
            may_be_newer(parent)
        }
        (Some(kind), parent) => entries()
            .filter(|entry| entry.kind == kind && entry.parent() == parent)
            .all(|entry| entry.id < id),
    }
}

/// The entry that was probably meant by an id that does not exist, or by a name in place of an id.
#[must_use]
pub fn suggest(text: &str) -> Option<Entry> {
    let tidy = text.trim().to_ascii_uppercase().replace('/', ".");
    let padded = match tidy.split_once('.') {
        Some((parent, sub)) => format!("{parent}.{sub:0>3}"),
        None => tidy.clone(),
    };
    lookup(&padded)
        .or_else(|| {
            entries().find(|e| e.status == Status::Current && e.name.eq_ignore_ascii_case(text))
        })
        .or_else(|| lookup(padded.split_once('.')?.0))
        .or_else(|| {
            entries().find(|entry| entry.kind != Kind::Subtechnique && padded.starts_with(entry.id))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found() {
        assert!(entries().map(|entry| entry.id).is_sorted());
        assert_eq!(entries().count(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
        for entry in entries() {
            assert_eq!(lookup(entry.id), Some(entry), "{}", entry.id);
            assert!(!entry.name.is_empty());
        }
        for id in ["", "T1114.999", "T", "TA0008x", "T9999", "#"] {
            assert_eq!(lookup(id), None, "{id}");
        }
    }

    #[test]
    fn ids_point_at_entries() {
        for entry in entries() {
            let tactics: Vec<&str> = entry.tactics().collect();
            assert_eq!(tactics.is_empty(), entry.kind == Kind::Tactic, "{}", entry.id);
            for id in tactics.into_iter().chain(entry.parent()).chain(entry.replaced_by) {
                assert!(lookup(id).is_some(), "{}: {id}", entry.id);
            }
        }
    }

    #[test]
    fn entry_has_its_parts() {
        let entry = lookup("T1114.001").expect("known");
        assert_eq!((entry.name, entry.kind), ("Local Email Collection", Kind::Subtechnique));
        assert_eq!(entry.parent(), Some("T1114"));
        assert_eq!(entry.tactics().collect::<Vec<_>>(), ["TA0009"]);
        assert_eq!(entry.reference(), "https://attack.mitre.org/techniques/T1114/001/");
        let tactic = lookup("TA0009").expect("known");
        assert_eq!(tactic.reference(), "https://attack.mitre.org/tactics/TA0009/");
        let revoked = lookup("T1547.011").expect("known");
        assert_eq!((revoked.status, revoked.replaced_by), (Status::Revoked, Some("T1647")));
    }

    #[test]
    fn suggestions() {
        for (text, id) in [
            ("t1114.001", Some("T1114.001")),
            ("T1114/001", Some("T1114.001")),
            ("T1114.1", Some("T1114.001")),
            ("Local Email Collection", Some("T1114.001")),
            ("T1114.077", Some("T1114")),
            ("T11144", Some("T1114")),
            ("nonsense", None),
        ] {
            assert_eq!(suggest(text).map(|entry| entry.id), id, "{text}");
        }
    }

    #[test]
    fn later_ids() {
        for id in ["TA0112", "T1685", "T1685.005", "T1690", "T1027.018", "T1684.002"] {
            assert!(may_be_newer(id), "{id}");
        }
        for id in ["T1114", "T1114.001", "TA0012", "T1150.001", "T1602.x", "T16855", "", "x"] {
            assert!(!may_be_newer(id), "{id}");
        }
    }
}
