//! Rules in the matrix of MITRE ATT&CK.

use std::collections::{BTreeMap, BTreeSet};

use eql_grammar::attack::{self, Entry, Kind, Status, Version};
use eql_grammar::meta::{Attack, Severity, Technique, Threat};

use super::observed::Observed;

/// The tactics in the order of an intrusion; later ones follow.
const ORDER: [&str; 14] = [
    "TA0043", "TA0042", "TA0001", "TA0002", "TA0003", "TA0004", "TA0005", "TA0006", "TA0007",
    "TA0008", "TA0009", "TA0011", "TA0010", "TA0040",
];

/// How well rules cover ATT&CK.
#[derive(Debug, Default)]
pub(crate) struct Coverage<'a> {
    /// The ATT&CK that is covered.
    pub(crate) version: Version,
    /// The rules; everything else points in here.
    pub(crate) rules: Vec<Row<'a>>,
    /// The tactics, with techniques and sub-techniques below them.
    pub(crate) tactics: Vec<Node>,
    /// Rules that are mapped to nothing.
    pub(crate) unmapped: Vec<usize>,
    /// Rules that are mapped to tactics, and to no technique that ATT&CK still has.
    pub(crate) tactic_only: Vec<usize>,
    /// Mappings that are not taken as they are written.
    pub(crate) notes: Vec<Note>,
    /// Rules that have an error and are left out.
    pub(crate) broken: usize,
    /// Rules that are left out because they are for other systems.
    pub(crate) other_platforms: usize,
    /// The alerts that were looked at, if any were.
    pub(crate) observed: Option<Observed>,
}

/// A rule.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) rule_id: Option<&'a str>,
    pub(crate) severity: Severity,
    pub(crate) risk_score: u8,
    /// The file that it stands in.
    pub(crate) path: &'a str,
    /// Where it begins there, counted from 1.
    pub(crate) line: u32,
    /// As it is written.
    pub(crate) query: &'a str,
    /// How many alerts are of it.
    pub(crate) alerts: u64,
}

/// A tactic, technique or sub-technique with its rules.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    /// Empty where it is not known.
    pub(crate) name: String,
    /// The rules that are mapped to it or to something below it.
    pub(crate) rules: BTreeSet<usize>,
    /// Techniques by name, sub-techniques by id.
    pub(crate) below: Vec<Node>,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) covered: usize,
    pub(crate) all: usize,
}

/// A mapping that counts elsewhere than where it is written, or nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// As the rules have it.
    pub(crate) id: String,
    pub(crate) why: Why,
    pub(crate) rules: BTreeSet<usize>,
}

/// Why a mapping is not taken as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Another id has taken its place, and counts instead; under its own tactics, where it is not under the rule's.
    Replaced(String),
    /// ATT&CK gave it up, and nothing is in its place.
    Deprecated,
    /// The table does not have it, so it is added to the matrix.
    Later,
}

impl Node {
    fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// How many of those below it have rules.
    pub(crate) fn share(&self) -> Share {
        let covered = self.below.iter().filter(|node| !node.rules.is_empty()).count();
        Share { covered, all: self.below.len() }
    }

    /// How many sub-techniques of a tactic have rules.
    pub(crate) fn subtechniques(&self) -> Share {
        let mut sum = Share::default();
        for share in self.below.iter().map(Self::share) {
            sum.covered += share.covered;
            sum.all += share.all;
        }
        sum
    }

    /// The rules that are mapped to it and to nothing below it.
    pub(crate) fn own_rules(&self) -> BTreeSet<usize> {
        let below = |rule| self.below.iter().any(|node| node.rules.contains(rule));
        self.rules.iter().filter(|rule| !below(rule)).copied().collect()
    }
}

impl Share {
    /// Rounded down, so that only all is 100.
    pub(crate) fn percent(self) -> usize {
        (self.covered * 100).checked_div(self.all).unwrap_or(0)
    }

    /// How many of the nodes are covered; those of the same id are one.
    fn of<'a>(nodes: impl Iterator<Item = &'a Node>, is_covered: impl Fn(&Node) -> bool) -> Self {
        let mut covered = BTreeMap::new();
        for node in nodes {
            *covered.entry(&node.id).or_insert(false) |= is_covered(node);
        }
        Self { covered: covered.values().filter(|&&yes| yes).count(), all: covered.len() }
    }
}

impl Coverage<'_> {
    /// How many tactics have rules.
    pub(crate) fn of_tactics(&self) -> Share {
        Share::of(self.tactics.iter(), Node::has_rules)
    }

    /// How many techniques have rules; one that is under several tactics counts once.
    pub(crate) fn of_techniques(&self) -> Share {
        Share::of(self.tactics.iter().flat_map(|tactic| &tactic.below), Node::has_rules)
    }

    /// How many sub-techniques have rules.
    pub(crate) fn of_subtechniques(&self) -> Share {
        let techniques = self.tactics.iter().flat_map(|tactic| &tactic.below);
        Share::of(techniques.flat_map(|technique| &technique.below), Node::has_rules)
    }

    /// How many of the techniques with rules have a rule that alerted.
    pub(crate) fn of_alerted_techniques(&self) -> Share {
        let techniques = self.tactics.iter().flat_map(|tactic| &tactic.below);
        let with_rules = techniques.filter(|node| node.has_rules());
        Share::of(with_rules, |node| self.alerts(&node.rules) > 0)
    }

    /// The number of alerts of some rules.
    pub(crate) fn alerts(&self, rules: &BTreeSet<usize>) -> u64 {
        rules.iter().filter_map(|&rule| self.rules.get(rule)).map(|rule| rule.alerts).sum()
    }

    /// The version of ATT&CK as it is shown.
    pub(crate) fn version_name(&self) -> &'static str {
        match self.version {
            Version::V18 => attack::VERSION,
            Version::V19 => "19",
        }
    }

    /// Puts rules, given by their threats, into the matrix.
    pub(crate) fn place(&mut self, threats: &[&[Threat]]) {
        let mut matrix = Matrix::new(self.version);
        let known = |threat: &&Threat| threat.framework == attack::FRAMEWORK;
        for threat in threats.iter().flat_map(|list| list.iter().filter(known)) {
            matrix.add_later(threat);
        }
        for (rule, list) in threats.iter().enumerate() {
            let mut techniques = false;
            for threat in list.iter().filter(known) {
                techniques |= matrix.place(rule, threat);
            }
            if !list.iter().any(|threat| known(&threat)) {
                self.unmapped.push(rule);
            } else if !techniques {
                self.tactic_only.push(rule);
            }
        }
        self.tactics = matrix.nodes();
        let note = |((id, why), rules)| Note { id, why, rules };
        self.notes = matrix.notes.into_iter().map(note).collect();
    }
}

/// A technique or sub-technique of the matrix.
#[derive(Debug, Default)]
struct Item {
    name: String,
    /// The technique of a sub-technique.
    parent: Option<String>,
    tactics: BTreeSet<String>,
    /// The table does not have it: the tactics are those of what it replaced.
    guessed: bool,
}

#[derive(Debug)]
struct Matrix {
    version: Version,
    items: BTreeMap<String, Item>,
    /// Tactics that the table does not have, with their names.
    later_tactics: BTreeMap<String, String>,
    /// The rules of a tactic, a technique under it, or a sub-technique of that.
    rules: BTreeMap<Vec<String>, BTreeSet<usize>>,
    notes: BTreeMap<(String, Why), BTreeSet<usize>>,
}

impl Matrix {
    fn new(version: Version) -> Self {
        let mut matrix = Self {
            version,
            items: BTreeMap::new(),
            later_tactics: BTreeMap::new(),
            rules: BTreeMap::new(),
            notes: BTreeMap::new(),
        };
        for entry in attack::entries().filter(|entry| entry.kind != Kind::Tactic) {
            match matrix.now(entry) {
                Some(id) if id == entry.id => {
                    matrix.item(id, entry.name, false).tactics.extend(tactics(entry));
                }
                // What replaced an entry is in the table itself, unless a later ATT&CK has it.
                Some(id) if attack::lookup(id).is_none() => {
                    let item = matrix.item(id, "", true);
                    item.tactics.extend(tactics(entry));
                    let joint = if item.name.is_empty() { "" } else { " / " };
                    item.name.extend([joint, entry.name]);
                }
                _ => {}
            }
        }
        matrix
    }

    /// The id that an entry has in this version; `None` where it has been given up.
    fn now(&self, entry: Entry) -> Option<&'static str> {
        if self.version == Version::V19
            && let Some(later) = entry.v19_id
        {
            return Some(later);
        }
        match entry.status {
            Status::Current => Some(entry.id),
            Status::Deprecated => None,
            // What replaced it may have been replaced in turn; ids in the table do not go in circles.
            Status::Revoked => self.now(attack::lookup(entry.replaced_by?)?),
        }
    }

    /// An item, which is made with its technique where there is none.
    fn item(&mut self, id: &str, name: &str, guessed: bool) -> &mut Item {
        let parent = id.split_once('.').map(|(parent, _)| match attack::lookup(parent) {
            Some(entry) => self.now(entry).unwrap_or(parent),
            None => parent,
        });
        if let Some(parent) = parent.filter(|parent| !self.items.contains_key(*parent)) {
            self.item(parent, "", true);
        }
        self.items.entry(id.to_owned()).or_insert_with(|| Item {
            name: name.to_owned(),
            parent: parent.map(str::to_owned),
            tactics: BTreeSet::new(),
            guessed,
        })
    }

    /// Takes what a rule says of ids that the table does not have, and of what is under such a tactic.
    fn add_later(&mut self, threat: &Threat) {
        let tactic = &threat.tactic;
        let is_later = attack::lookup(&tactic.id).is_none();
        if is_later {
            self.later_tactics.entry(tactic.id.clone()).or_insert_with(|| tactic.name.clone());
        }
        for found in threat.technique.iter().flat_map(parts) {
            match attack::lookup(&found.id).map(|entry| self.now(entry)) {
                Some(Some(now)) if is_later => {
                    self.item(now, "", true).tactics.insert(tactic.id.clone());
                }
                Some(_) => {}
                None => {
                    let item = self.item(&found.id, &found.name, true);
                    if std::mem::take(&mut item.guessed) {
                        item.tactics.clear();
                        item.name.clone_from(&found.name);
                    }
                    item.tactics.insert(tactic.id.clone());
                }
            }
        }
    }

    /// Puts a rule under a tactic and techniques, and says whether it is under one of these.
    fn place(&mut self, rule: usize, threat: &Threat) -> bool {
        let tactic = &threat.tactic.id;
        self.insert(rule, [tactic]);
        let mut placed = false;
        for found in threat.technique.iter().flat_map(parts) {
            placed |= self.place_one(rule, tactic, &found.id);
        }
        placed
    }

    fn place_one(&mut self, rule: usize, tactic: &str, id: &str) -> bool {
        let now = match attack::lookup(id) {
            Some(entry) => self.now(entry),
            None => Some(id),
        };
        let Some((now, item)) = now.and_then(|id| Some((id, self.items.get(id)?))) else {
            self.note(rule, id, Why::Deprecated);
            return false;
        };
        let parent = item.parent.clone();
        let under = if item.tactics.contains(tactic) {
            BTreeSet::from([tactic.to_owned()])
        } else {
            item.tactics.clone()
        };
        if now != id {
            self.note(rule, id, Why::Replaced(now.to_owned()));
        }
        if attack::lookup(now).is_none() && self.version == Version::V18 {
            self.note(rule, id, Why::Later);
        }
        for tactic in &under {
            self.insert(rule, [tactic]);
            if let Some(parent) = &parent {
                self.insert(rule, [tactic, parent]);
                self.insert(rule, [tactic.as_str(), parent, now]);
            } else {
                self.insert(rule, [tactic.as_str(), now]);
            }
        }
        true
    }

    fn insert<const N: usize>(&mut self, rule: usize, path: [impl AsRef<str>; N]) {
        let path = path.iter().map(|id| id.as_ref().to_owned()).collect();
        self.rules.entry(path).or_default().insert(rule);
    }

    fn note(&mut self, rule: usize, id: &str, why: Why) {
        self.notes.entry((id.to_owned(), why)).or_default().insert(rule);
    }

    fn nodes(&self) -> Vec<Node> {
        let table = ORDER.iter().filter_map(|id| attack::lookup(id));
        let table = table.map(|tactic| (tactic.id, tactic.name));
        let later = self.later_tactics.iter().map(|(id, name)| (id.as_str(), name.as_str()));
        table.chain(later).map(|(id, name)| self.tactic(id, name)).collect()
    }

    fn tactic(&self, id: &str, name: &str) -> Node {
        // A technique is also under the tactics of its sub-techniques, where those have others.
        let here = self.items.iter().filter(|(_, item)| item.tactics.contains(id));
        let mut techniques: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (at, item) in here {
            match &item.parent {
                None => drop(techniques.entry(at).or_default()),
                Some(parent) => techniques.entry(parent).or_default().push(at),
            }
        }
        let mut below: Vec<Node> = techniques
            .into_iter()
            .map(|(technique, subs)| {
                let sub = |sub: &str| self.node(&[id, technique, sub], Vec::new());
                self.node(&[id, technique], subs.into_iter().map(sub).collect())
            })
            .collect();
        below.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        let rules = self.rules.get([id.to_owned()].as_slice()).cloned().unwrap_or_default();
        Node { id: id.to_owned(), name: name.to_owned(), rules, below }
    }

    fn node(&self, path: &[&str], below: Vec<Node>) -> Node {
        let id = path.last().copied().unwrap_or_default();
        let path: Vec<String> = path.iter().map(|&id| id.to_owned()).collect();
        Node {
            id: id.to_owned(),
            name: self.items.get(id).map(|item| item.name.clone()).unwrap_or_default(),
            rules: self.rules.get(&path).cloned().unwrap_or_default(),
            below,
        }
    }
}

/// A technique and its sub-techniques.
fn parts(technique: &Technique) -> impl Iterator<Item = &Attack> {
    std::iter::once(&technique.technique).chain(&technique.subtechnique)
}

fn tactics(entry: Entry) -> impl Iterator<Item = String> {
    entry.tactics().map(str::to_owned)
}
