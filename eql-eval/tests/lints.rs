//! What lints of logic say is true of every event: held against the evaluator, over all events of a small world.

use eql_eval::{Context, matches};
use eql_grammar::ast::{Body, Dialect, EventQuery};
use eql_grammar::attack::Version;
use eql_grammar::config::Lints;
use eql_grammar::diag::{Code, Diagnostic};
use eql_grammar::meta::{RawMeta, Source};
use eql_grammar::parser::parse;
use eql_grammar::rule::{Found, Input, Settings, check};
use eql_grammar::schema::Schema;
use serde_json::{Value, json};

/// Values of `process.name`, and of `process.pid`.
const NAMES: &[&[&str]] =
    &[&[], &["a"], &["A"], &["ab"], &["b"], &[""], &["a", "b"], &["ab", "A"], &["b", "xab"]];
const PIDS: &[&[i64]] = &[&[], &[0], &[2], &[0, 5]];

fn events() -> Vec<Value> {
    let mut events = Vec::new();
    for names in NAMES {
        for pids in PIDS {
            for trusted in [None, Some(true)] {
                events.push(json!({
                    "event": { "category": "process" },
                    "process": {
                        "name": names,
                        "pid": pids,
                        "code_signature": { "trusted": trusted },
                    },
                }));
            }
        }
    }
    events
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("small")
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn leaf(&mut self) -> String {
        const TEXTS: &[&str] = &["\"a\"", "\"A\"", "\"ab\"", "\"b\"", "\"\""];
        const PATTERNS: &[&str] =
            &["\"a\"", "\"A*\"", "\"*b\"", "\"a?\"", "\"*\"", "\"?\"", "\"*a*\"", "\"b\""];
        let list = |random: &mut Self, from| {
            let count = 1 + random.below(3);
            (0..count).map(|_| random.pick(from)).collect::<Vec<_>>().join(", ")
        };
        match self.below(10) {
            0 => format!("process.name == {}", self.pick(TEXTS)),
            1 => format!("process.name != {}", self.pick(TEXTS)),
            2 => format!(
                "process.name {} ({})",
                self.pick(&["in", "in~", "not in"]),
                list(self, TEXTS)
            ),
            3 | 4 => format!(
                "process.name {} ({})",
                self.pick(&[":", "like", "like~"]),
                list(self, PATTERNS)
            ),
            5 => format!("process.name : {}", self.pick(PATTERNS)),
            6 => format!("process.name {} null", self.pick(&["==", "!="])),
            7 | 8 => {
                let op = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!("process.pid {op} {}", self.below(4))
            }
            _ => self
                .pick(&[
                    "process.code_signature.trusted == true",
                    "process.code_signature.trusted != true",
                ])
                .to_owned(),
        }
    }

    fn condition(&mut self, depth: u32) -> String {
        if depth == 0 || self.below(4) == 0 {
            return self.leaf();
        }
        let count = 2 + self.below(2);
        let parts: Vec<_> = (0..count).map(|_| self.condition(depth - 1)).collect();
        let group = format!("({})", parts.join(self.pick(&[" and ", " or "])));
        if self.below(3) == 0 { format!("not {group}") } else { group }
    }
}

fn lints(text: &str) -> Vec<Diagnostic> {
    let lints = Lints::default();
    let attack = Version::default();
    let settings = Settings { schema: Schema::builtin(), lints: &lints, attack };
    let raw = RawMeta::default();
    let input = Input {
        raw: &raw,
        source: Source::Query,
        query: Some(text),
        dialect: Dialect::Elasticsearch,
        os_list: &[],
    };
    let mut found = Found::default();
    let (_, queries) = check(&input, &settings, &mut found);
    assert!(queries.is_some(), "{text}: {:?}", found.of_query);
    found.of_query.into_sorted()
}

fn query(text: &str) -> EventQuery {
    let query = parse(text, Dialect::Elasticsearch).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let Body::Event(query) = query.body else { panic!("an event query") };
    query
}

#[test]
fn lints_of_logic_are_true_of_every_event() {
    let (cx, events) = (Context::default(), events());
    let answers = |text: &str| -> Vec<bool> {
        let query = query(text);
        events.iter().map(|event| matches(&query, event, &cx)).collect()
    };
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    // In a debug build each takes a tenth of a second.
    let full = std::env::var("EQL_AGREEMENT").is_ok_and(|volume| volume == "full");
    for _ in 0..if full { 4_000 } else { 120 } {
        let text = format!("process where {}", random.condition(3));
        let as_written = answers(&text);
        for lint in lints(&text) {
            let with = |replacement: &str| {
                let mut new = text.clone();
                new.replace_range(lint.span.range(), replacement);
                answers(&new)
            };
            // What the lint says of the place: what may stand there instead.
            let instead = match lint.code {
                Code::ImpliedCondition if lint.message.starts_with("this condition") => {
                    with("true")
                }
                Code::ImpliedCondition | Code::DeadCondition => with("false"),
                Code::AlwaysTrue if lint.message.contains("wherever this does") => with("false"),
                Code::AlwaysTrue => with("true"),
                Code::AlwaysFalse => {
                    assert!(!as_written.contains(&true), "{text}: {lint:?}");
                    continue;
                }
                Code::MatchesAbsentFields => {
                    let bare = json!({ "event": { "category": "process" } });
                    assert!(matches(&query(&text), &bare, &cx), "{text}");
                    continue;
                }
                Code::PresenceByWildcard | Code::ShadowedValue | Code::DuplicateValue => {
                    let Some(patch) = &lint.patch else { continue };
                    let mut new = text.clone();
                    new.replace_range(patch.span.range(), &patch.replacement);
                    answers(&new)
                }
                _ => continue,
            };
            let differing = as_written.iter().zip(&instead).position(|(a, b)| a != b);
            if let Some(at) = differing {
                panic!("{text}\n{lint:#?}\n{}", events[at]);
            }
            *seen.entry(lint.code.as_str()).or_default() += 1;
        }
    }
    println!("{seen:?}");
    let least = if full { 400 } else { 10 };
    for code in [
        Code::ImpliedCondition,
        Code::DeadCondition,
        Code::AlwaysTrue,
        Code::PresenceByWildcard,
        Code::ShadowedValue,
        Code::DuplicateValue,
    ] {
        let count = seen.get(code.as_str()).copied().unwrap_or(0);
        assert!(count > least, "{code:?} was found {count} times");
    }
}
