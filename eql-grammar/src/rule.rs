//! A rule through the whole front end: its metadata, its query, and the lints that need both.
//!
//! The macro and the command line both come through here, so that they say the same of a rule.

use crate::ast::{self, Dialect};
use crate::attack;
use crate::config::Lints;
use crate::diag::{Diagnostic, Diagnostics, Level};
use crate::hir;
use crate::lint;
use crate::lower;
use crate::meta::{self, Meta, RawMeta};
use crate::parser;
use crate::rule_file::RuleFile;
use crate::schema::Schema;

/// A rule without errors.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Everything but the query.
    pub meta: Meta,
    /// The query as written.
    pub ast: ast::Query,
    /// The query as understood.
    pub hir: hir::Query,
}

/// What a package's rules share: what its `eql.toml` says.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The fields that rules may read.
    pub schema: &'a Schema,
    /// The levels of lints, which a rule's own go over.
    pub lints: &'a Lints,
    /// The ATT&CK that rules are mapped to.
    pub attack: attack::Version,
}

/// A rule before its query was read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The metadata as written.
    pub raw: &'a RawMeta,
    /// Where it was written.
    pub source: meta::Source,
    /// The query; `None` where it was found to be no EQL already.
    pub query: Option<&'a str>,
    /// The language of the query.
    pub dialect: Dialect,
    /// The systems that the rule is for, values of `host.os.type`; empty for all.
    pub os_list: &'a [String],
}

/// Everything that is found in a rule, before levels are applied.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// About the metadata, with places in what [`Input::raw`] was read from.
    pub of_meta: Diagnostics,
    /// About the query, with places in its text.
    pub of_query: Diagnostics,
}

/// Checks a rule. The metadata is given even where it has errors, with defaults in their place.
///
/// The queries are `None` where what is found in the query has an error.
#[must_use]
pub fn check(
    input: &Input<'_>,
    settings: &Settings<'_>,
    found: &mut Found,
) -> (Meta, Option<(ast::Query, hir::Query)>) {
    let meta = meta::build_for(input.raw, input.source, settings.attack, &mut found.of_meta);
    let queries = input.query.and_then(|text| query(text, input, &meta, settings, found));
    meta::check(&meta, input.raw, settings.schema, &mut found.of_meta);
    let (raw, source, query) = (input.raw, input.source, queries.as_ref().map(|(_, hir)| hir));
    lint::metadata(&lint::Metadata { meta: &meta, raw, source, query }, &mut found.of_meta);
    (meta, queries)
}

/// A rule file's rule and everything that is said about it, in the order of the file.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Lints at the level that is set for them, and errors.
    pub diagnostics: Vec<Diagnostic>,
    /// The rule; `None` where a diagnostic is an error.
    pub rule: Option<Rule>,
}

/// Checks what was read from a rule file.
///
/// `text` is the whole file, `dialect` goes over the one that the file gives.
#[must_use]
pub fn check_file(
    file: &RuleFile,
    text: &str,
    dialect: Option<Dialect>,
    settings: &Settings<'_>,
) -> Checked {
    let lints = file.lints.clone().over(settings.lints);
    let mut found = Found { of_meta: file.warnings.clone(), of_query: Diagnostics::new() };
    let input = Input {
        raw: &file.raw,
        source: file.source(),
        query: Some(&file.query.text),
        dialect: dialect.unwrap_or(file.dialect),
        os_list: &file.os_list,
    };
    let (meta, queries) = check(&input, settings, &mut found);
    let Found { of_meta: mut diags, mut of_query } = found;
    let escapes = text.get(file.query.span.range()).is_some_and(|text| text.starts_with('"'));
    of_query.retain(|diagnostic| {
        diagnostic.move_places(|span| file.query.map.span(span));
        if escapes {
            diagnostic.escape_patch();
        }
        true
    });
    diags.append(of_query);
    let diagnostics = leveled(diags, &lints);
    let rule = queries.filter(|_| !has_errors(&diagnostics));
    Checked { diagnostics, rule: rule.map(|(ast, hir)| Rule { meta, ast, hir }) }
}

/// Diagnostics in the order of the text, lints at the level that is set for them.
#[must_use]
pub fn leveled(mut diags: Diagnostics, lints: &Lints) -> Vec<Diagnostic> {
    lints.apply(&mut diags);
    diags.into_sorted()
}

/// Whether one of them is an error.
#[must_use]
pub fn has_errors(diags: &[Diagnostic]) -> bool {
    diags.iter().any(|diagnostic| diagnostic.level == Level::Error)
}

fn query(
    text: &str,
    input: &Input<'_>,
    meta: &Meta,
    settings: &Settings<'_>,
    found: &mut Found,
) -> Option<(ast::Query, hir::Query)> {
    let ast = match parser::parse(text, input.dialect) {
        Ok(ast) => ast,
        Err(errors) => {
            found.of_query.append(errors);
            return None;
        }
    };
    let defaults = lower::Options::new(input.dialect, settings.schema);
    let options = lower::Options {
        category_field: meta.event_category_override.as_deref().unwrap_or(defaults.category_field),
        timestamp_field: meta.timestamp_field.as_deref().unwrap_or(defaults.timestamp_field),
        tiebreaker_field: meta.tiebreaker_field.as_deref(),
        os_list: input.os_list,
        required_field: meta.timestamp_override.as_deref().filter(|_| no_fallback(meta)),
        ..defaults
    };
    let hir = lower::lower(&ast, &options, &mut found.of_query)?;
    let query = lint::Query {
        text,
        ast: &ast,
        hir: &hir,
        dialect: input.dialect,
        schema: settings.schema,
        category_field: options.category_field,
    };
    lint::query(&query, &mut found.of_query);
    Some((ast, hir))
}

/// Whether an event without `timestamp_override` is not seen, instead of taken by its `@timestamp`.
fn no_fallback(meta: &Meta) -> bool {
    meta.other
        .iter()
        .any(|(key, json)| key == "timestamp_override_fallback_disabled" && json == "true")
}
