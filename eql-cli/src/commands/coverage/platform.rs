//! Which systems a rule is for.

use clap::ValueEnum;
use eql_grammar::hir::{Body, Cond, Query, Root, Test};
use eql_grammar::rule::Rule;

/// The field that sorts hosts.
const SYSTEM: &str = "host.os.type";

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// Windows
    Windows,
    /// Linux
    Linux,
    /// macOS
    Macos,
}

impl Platform {
    /// As ATT&CK writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::Linux => "Linux",
            Self::Macos => "macOS",
        }
    }

    /// Whether a rule may find something on it: its query may hold there. Where the query does not say, tags such as
    /// `OS: Linux` do, and a rule without such tags is for all.
    pub(crate) fn has(self, rule: &Rule) -> bool {
        let query = &rule.hir;
        if query.fields.iter().any(|field| field.root == Root::Event && field.path == SYSTEM) {
            return self.may_match(query);
        }
        let mut systems =
            rule.meta.tags.iter().filter_map(|tag| tag.strip_prefix("OS:")).map(str::trim);
        let named = systems.clone().next().is_some();
        !named || systems.any(|system| system.eq_ignore_ascii_case(self.name()))
    }

    fn may_match(self, query: &Query) -> bool {
        let may = |condition: &Cond| self.decide(condition, query) != Some(false);
        let stages = match &query.body {
            Body::Event(event) => return may(&event.condition),
            Body::Sequence(sequence) => &sequence.stages,
            Body::Sample(sample) => &sample.stages,
        };
        stages.iter().filter(|stage| !stage.missing).all(|stage| may(&stage.query.condition))
    }

    /// What a condition comes to on this system; `None` where that depends on more.
    fn decide(self, condition: &Cond, query: &Query) -> Option<bool> {
        let each = |list: &[Cond]| -> Vec<_> {
            list.iter().map(|condition| self.decide(condition, query)).collect()
        };
        match condition {
            Cond::Const(value) => Some(*value),
            Cond::Not(inner) => self.decide(inner, query).map(|value| !value),
            Cond::And(list) => all(&each(list), true),
            Cond::Or(list) => all(&each(list), false),
            Cond::Test(field, Test::Strings(test))
                if test.globs.is_empty()
                    && test.regex.is_none()
                    && query
                        .fields
                        .get(field.0)
                        .is_some_and(|field| field.root == Root::Event && field.path == SYSTEM) =>
            {
                let own = self.name().to_ascii_lowercase();
                Some(test.exact.contains(&own))
            }
            _ => None,
        }
    }
}

/// `value` where all are it, its opposite where one is that.
fn all(decided: &[Option<bool>], value: bool) -> Option<bool> {
    if decided.contains(&Some(!value)) {
        return Some(!value);
    }
    decided.iter().all(|one| *one == Some(value)).then_some(value)
}
