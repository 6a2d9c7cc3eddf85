//! The other engines, each as a careful user would run it on ECS events.

use std::collections::HashMap;

use eql_grammar::hir::Query;
use rsigma_eval::event::JsonEvent;
use rsigma_parser::{LogSource, parse_sigma_yaml};
use serde_json::Value;

use crate::translate::{Language, Reason, Routing, Translated, translate};

/// Rules of one engine, over lines of JSON.
pub trait Peer {
    /// Finds the rules that match an event, and says their numbers, in no order.
    ///
    /// # Panics
    ///
    /// Where the line is not JSON.
    fn search(&mut self, line: &str, matched: &mut Vec<usize>);
}

/// An engine and what it cannot take.
pub struct Loaded {
    /// Ready to run.
    pub peer: Box<dyn Peer>,
    /// The rules that it has, by number.
    pub rules: Vec<usize>,
    /// The rules that it has not, and why.
    pub left_out: Vec<(usize, String)>,
}

/// Makes the engine of these rules.
pub type Build = fn(&mut dyn Iterator<Item = (usize, &Query)>) -> Loaded;

/// One of the other engines.
pub struct About {
    /// Name and version.
    pub name: &'static str,
    /// What is done for it.
    pub tuning: &'static str,
    /// Where it means something else by the same rule, as the reason of other matches.
    pub differs: &'static str,
    /// Whether it sees nothing in a list, so that lists of one value are handed to it as that value.
    pub needs_collapsed: bool,
    /// Makes it.
    pub build: Build,
}

/// All of them.
pub const PEERS: &[About] = &[
    About {
        name: "rsigma-eval 0.21",
        tuning: "tests of `event.category`, `host.os.type` and `event.type` moved to the logsource",
        differs: "patterns with `*` between texts end at a line break there",
        needs_collapsed: false,
        build: rsigma,
    },
    About {
        name: "tau-engine 1.16",
        tuning: "rules by `event.category`, with all optimisations",
        differs: "`not` of a test of an absent field is false there",
        needs_collapsed: false,
        build: tau,
    },
    About {
        name: "sigma-rust 0.7",
        tuning: "rules by `event.category`; lists of one value collapsed before",
        differs: "nothing in a list of several values matches there",
        needs_collapsed: true,
        build: sigma_rust,
    },
];

/// Translates the rules and has `add` take the translations.
fn load(
    rules: &mut dyn Iterator<Item = (usize, &Query)>,
    (language, routing): (Language, Routing),
    mut add: impl FnMut(usize, &Translated) -> Result<(), String>,
) -> (Vec<usize>, Vec<(usize, String)>) {
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for (number, query) in rules {
        let added = translate(query, language, routing)
            .map_err(|reason: Reason| reason.to_owned())
            .and_then(|translated| add(number, &translated));
        match added {
            Ok(()) => kept.push(number),
            Err(reason) => left_out.push((number, reason)),
        }
    }
    (kept, left_out)
}

/// The strings of a field: one, or a list.
fn strings<'a>(event: &'a Value, outer: &str, inner: &str) -> impl Iterator<Item = &'a str> {
    let value = &event[outer][inner];
    value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice)
        .iter()
        .filter_map(Value::as_str)
}

/// A value that no rule asks for: it conflicts with all that ask for any.
const OTHER: &str = "-";

/// The values that rules ask for of one dimension.
#[derive(Default)]
struct Known(Vec<String>);

impl Known {
    fn add(&mut self, value: Option<&String>) {
        if let Some(value) = value.filter(|value| !self.0.contains(value)) {
            self.0.push(value.clone());
        }
    }

    /// The values of the event that some rule asks for.
    fn of<'a>(&'a self, values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let mut found: Vec<&str> =
            values.filter(|value| self.0.iter().any(|known| known == value)).collect();
        if found.is_empty() {
            found.push(OTHER);
        }
        found
    }
}

struct Rsigma {
    engine: rsigma_eval::Engine,
    categories: Known,
    systems: Known,
    kinds: Known,
    source: LogSource,
}

fn rsigma(rules: &mut dyn Iterator<Item = (usize, &Query)>) -> Loaded {
    let mut peer = Rsigma {
        engine: rsigma_eval::Engine::new(),
        categories: Known::default(),
        systems: Known::default(),
        kinds: Known::default(),
        source: LogSource::default(),
    };
    let mut parsed = Vec::new();
    let (rules, left_out) = load(rules, (Language::Sigma, Routing::Logsource), |number, rule| {
        let yaml = rule.sigma(&number.to_string());
        let mut collection = parse_sigma_yaml(&yaml).map_err(|error| error.to_string())?;
        if collection.rules.len() != 1 {
            return Err(collection.errors.pop().unwrap_or_else(|| "not loaded".to_owned()));
        }
        let alone = rsigma_eval::Engine::new().add_collection(&collection);
        alone.map_err(|error| error.to_string())?;
        peer.categories.add(rule.category.as_ref());
        peer.systems.add(rule.os.as_ref());
        peer.kinds.add(rule.kind.as_ref());
        parsed.append(&mut collection.rules);
        Ok(())
    });
    // At once, so that its index is built once.
    let errors = peer.engine.add_rules(&parsed);
    assert!(errors.is_empty(), "each of them was loaded alone");
    Loaded { peer: Box::new(peer), rules, left_out }
}

/// Writes over a value that was there before.
fn set(slot: &mut Option<String>, value: &str) {
    let slot = slot.get_or_insert_default();
    slot.clear();
    slot.push_str(value);
}

impl Peer for Rsigma {
    fn search(&mut self, line: &str, matched: &mut Vec<usize>) {
        let value: Value = serde_json::from_str(line).expect("events are JSON");
        let event = JsonEvent::borrow(&value);
        let before = matched.len();
        let os = value["host"]["os"]["type"].as_str().into_iter();
        set(&mut self.source.product, self.systems.of(os)[0]);
        let categories = self.categories.of(strings(&value, "event", "category"));
        let kinds = self.kinds.of(strings(&value, "event", "type"));
        // A logsource holds one value of each, so an event with more is shown once with each.
        for category in &categories {
            set(&mut self.source.category, category);
            for kind in &kinds {
                set(&mut self.source.service, kind);
                for result in self.engine.evaluate_pruned(&event, &self.source) {
                    matched.push(result.header.rule_title.parse().expect("titles are numbers"));
                }
            }
        }
        if categories.len() * kinds.len() > 1 {
            matched[before..].sort_unstable();
            let mut last = None;
            matched.retain({
                let mut at = 0;
                move |&number| {
                    at += 1;
                    at <= before || last.replace(number) != Some(number)
                }
            });
        }
    }
}

/// Rules by the category that they are about.
struct Buckets<R> {
    of_category: HashMap<String, Vec<(usize, R)>>,
    of_any: Vec<(usize, R)>,
}

impl<R> Default for Buckets<R> {
    fn default() -> Self {
        Self { of_category: HashMap::new(), of_any: Vec::new() }
    }
}

impl<R> Buckets<R> {
    fn add(&mut self, rule: &Translated, number: usize, compiled: R) {
        match &rule.category {
            Some(category) => {
                self.of_category.entry(category.clone()).or_default().push((number, compiled));
            }
            None => self.of_any.push((number, compiled)),
        }
    }

    /// The rules about any of these categories.
    fn about<'a>(
        &'a self,
        categories: impl Iterator<Item = &'a str>,
    ) -> impl Iterator<Item = &'a (usize, R)> {
        categories
            .filter_map(|category| self.of_category.get(category))
            .flatten()
            .chain(&self.of_any)
    }
}

struct Tau(Buckets<tau_engine::Rule>);

fn tau(rules: &mut dyn Iterator<Item = (usize, &Query)>) -> Loaded {
    let mut buckets = Buckets::default();
    let (rules, left_out) = load(rules, (Language::Tau, Routing::Category), |number, rule| {
        let compiled =
            tau_engine::Rule::from_str(&rule.tau()).map_err(|error| error.to_string())?;
        let compiled = compiled.optimise(tau_engine::Optimisations::default());
        buckets.add(rule, number, compiled);
        Ok(())
    });
    Loaded { peer: Box::new(Tau(buckets)), rules, left_out }
}

impl Peer for Tau {
    fn search(&mut self, line: &str, matched: &mut Vec<usize>) {
        let value: Value = serde_json::from_str(line).expect("events are JSON");
        let rules = self.0.about(strings(&value, "event", "category"));
        matched.extend(rules.filter(|(_, rule)| rule.matches(&value)).map(|(number, _)| *number));
    }
}

struct SigmaRust(Buckets<sigma_rust::Rule>);

fn sigma_rust(rules: &mut dyn Iterator<Item = (usize, &Query)>) -> Loaded {
    let mut buckets = Buckets::default();
    let (rules, left_out) = load(rules, (Language::Sigma, Routing::Category), |number, rule| {
        let yaml = rule.sigma(&number.to_string());
        let compiled = sigma_rust::rule_from_yaml(&yaml).map_err(|error| error.to_string())?;
        buckets.add(rule, number, compiled);
        Ok(())
    });
    Loaded { peer: Box::new(SigmaRust(buckets)), rules, left_out }
}

impl Peer for SigmaRust {
    fn search(&mut self, line: &str, matched: &mut Vec<usize>) {
        let value: Value = serde_json::from_str(line).expect("events are JSON");
        let categories: Vec<String> =
            strings(&value, "event", "category").map(str::to_owned).collect();
        let event = sigma_rust::Event::try_from(value).expect("events are objects");
        let rules = self.0.about(categories.iter().map(String::as_str));
        matched.extend(rules.filter(|(_, rule)| rule.is_match(&event)).map(|(number, _)| *number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate_tests::query;

    const RULES: &[&str] = &[
        r#"registry where host.os.type == "windows" and registry.path : "*\\Run\\*""#,
        r#"process where event.type == "start" and process.args : "-enc*" and not user.name : "root""#,
        r#"any where process.name : ("a?c.exe", "x*")"#,
        r#"process where event.type == "end""#,
    ];

    /// What each engine matches.
    fn matched(line: &str) -> Vec<Vec<usize>> {
        let queries: Vec<Query> = RULES.iter().map(|text| query(text)).collect();
        let search = |about: &About| {
            let mut loaded = (about.build)(&mut queries.iter().enumerate());
            assert_eq!(loaded.left_out, [], "{}", about.name);
            let mut matched = vec![99];
            loaded.peer.search(line, &mut matched);
            assert_eq!(matched.remove(0), 99);
            matched.sort_unstable();
            matched
        };
        PEERS.iter().map(search).collect()
    }

    #[test]
    fn all_find_the_same() {
        let line = r#"{"event":{"category":"process","type":"start"},"host":{"os":{"type":"linux"}},
            "process":{"name":"ABC.EXE","args":"-EncodedCommand"},"user":{"name":"ana"}}"#;
        assert_eq!(matched(line), vec![vec![1, 2]; 3]);
        let line = r#"{"event":{"category":"file","type":"start"},"process":{"name":"abbc.exe"}}"#;
        assert_eq!(matched(line), vec![Vec::<usize>::new(); 3]);
    }

    #[test]
    fn an_event_of_two_categories_matches_rules_of_either_once() {
        let line = r#"{"event":{"category":["configuration","registry","process"],"type":["start","end"]},
            "host":{"os":{"type":"windows"}},"process":{"name":"x","args":["a","-enc"]},
            "registry":{"path":"HKLM\\Run\\a"},"user":{}}"#;
        let found = matched(line);
        assert_eq!(found[0], [0, 1, 2, 3]);
        // `not` of what is absent, and values in lists, part the others.
        assert_eq!(found[1], [0, 2, 3]);
        assert_eq!(found[2], [0, 2]);
    }
}
