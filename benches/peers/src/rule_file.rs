//! Rule files through the front end of the compiler.

use eql_grammar::diag::Diagnostics;
use eql_grammar::hir::Query;
use eql_grammar::lower::{Options, lower};
use eql_grammar::meta::build;
use eql_grammar::parser::parse;
use eql_grammar::rule_file::parse_rule_file;
use eql_grammar::schema::Schema;

/// The id and the query of a rule.
///
/// # Errors
///
/// The first thing that is wrong with the file.
pub fn compile(text: &str) -> Result<(String, Query), String> {
    let first = |diags: &Diagnostics| {
        let errors = diags.as_slice().iter();
        errors.map(|error| error.message.clone()).next().unwrap_or_else(|| "no query".to_owned())
    };
    let file = parse_rule_file(text).map_err(|diags| first(&diags))?;
    let mut diags = Diagnostics::new();
    let meta = build(&file.raw, file.source(), &mut diags);
    let ast = parse(&file.query.text, file.dialect).map_err(|diags| first(&diags))?;
    let defaults = Options::new(file.dialect, Schema::builtin());
    let options = Options {
        category_field: meta.event_category_override.as_deref().unwrap_or(defaults.category_field),
        timestamp_field: meta.timestamp_field.as_deref().unwrap_or(defaults.timestamp_field),
        tiebreaker_field: meta.tiebreaker_field.as_deref(),
        os_list: &file.os_list,
        ..defaults
    };
    let query = lower(&ast, &options, &mut diags);
    match (meta.rule_id, query) {
        (Some(id), Some(query)) if !diags.has_errors() => Ok((id, query)),
        _ => Err(format!("{}: {}", meta.name, first(&diags))),
    }
}
