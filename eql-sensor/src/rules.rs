//! Which of the rules to run.

use eql::{RuleMeta, Severity};

use crate::Rules;

/// Keeps the rules that the command line asks for, in their order.
///
/// # Errors
/// Where the result would be no rule at all, or where a name asks for none.
pub(crate) fn select(
    mut rules: Rules,
    wanted: &[String],
    min_severity: Option<Severity>,
) -> Result<Rules, String> {
    let all = metas(&rules);
    if all.is_empty() {
        return Err("this sensor was built without rules".to_owned());
    }
    for name in wanted {
        if !all.iter().any(|meta| is_called(meta, name)) {
            return Err(format!("no rule has the id or name `{name}`; `rules` lists them all"));
        }
    }
    let is_wanted =
        |meta: &RuleMeta| wanted.is_empty() || wanted.iter().any(|name| is_called(meta, name));
    let is_severe = |meta: &RuleMeta| min_severity.is_none_or(|least| meta.severity >= least);
    if wanted.is_empty() && min_severity.is_none() {
        return Ok(rules);
    }
    rules.iter_mut().for_each(|rules| rules.keep(&|meta| is_wanted(meta) && is_severe(meta)));
    rules.retain(|rules| !rules.rules().is_empty());
    if rules.is_empty() {
        return Err("no rule is left; `rules` lists them with their severity".to_owned());
    }
    Ok(rules)
}

/// The metadata of all rules, in their order.
pub(crate) fn metas(rules: &Rules) -> Vec<&'static RuleMeta> {
    rules.iter().flat_map(|rules| rules.rules()).collect()
}

/// Whether `name` is the rule's id or its name, or a pattern of either; case does not count.
fn is_called(meta: &RuleMeta, name: &str) -> bool {
    let options = glob::MatchOptions { case_sensitive: false, ..glob::MatchOptions::new() };
    let pattern = glob::Pattern::new(name).ok();
    [meta.rule_id, meta.name].into_iter().any(|own| {
        own.eq_ignore_ascii_case(name)
            || pattern.as_ref().is_some_and(|pattern| pattern.matches_with(own, options))
    })
}

/// The ids of the techniques that a rule is mapped to, the most exact ones, without repetition.
pub(crate) fn techniques(meta: &RuleMeta) -> Vec<&'static str> {
    let mut ids = Vec::new();
    let mut add = |id| {
        if !ids.contains(&id) {
            ids.push(id);
        }
    };
    for threat in meta.threat {
        if threat.technique.is_empty() {
            add(threat.tactic.id);
        }
        for technique in threat.technique {
            if technique.subtechnique.is_empty() {
                add(technique.technique.id);
            }
            technique.subtechnique.iter().for_each(|sub| add(sub.id));
        }
    }
    ids
}
