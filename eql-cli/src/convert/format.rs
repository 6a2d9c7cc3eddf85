//! The one layout of rule files and queries.

use eql_grammar::ast::Dialect;
use eql_grammar::diag::Code;
use eql_grammar::format::{Refused, format};
use eql_grammar::rule_file::parse_rule_file;
use toml_edit::{Item, Table};

use super::rule_toml::{RuleToml, comments};
use super::{entries, layout};

/// Why a text keeps the layout that it has, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unformatted(pub String);

/// Lays out a rule file in one of the TOML formats, its query included. What it says, and its comments, are the same
/// afterwards; that is checked. A rule in another language than EQL stays as it is.
///
/// # Errors
/// Where it is no rule file, its query has an error, or it would not say the same.
pub fn format_toml(text: &str, dialect: Option<Dialect>) -> Result<String, Unformatted> {
    let read = match parse_rule_file(text) {
        Ok(read) => read,
        Err(diags) if diags.as_slice().iter().any(|diagnostic| diagnostic.code == Code::NotEql) => {
            return Ok(text.to_owned());
        }
        Err(diags) => return Err(Unformatted(super::said(&diags))),
    };
    let query = format_query(&read.query.text, dialect.unwrap_or(read.dialect))?;
    let before = RuleToml::parse(text).map_err(Unformatted)?;
    let mut after = before.clone();
    if let Some(Item::Value(old)) = after.table_mut("rule").and_then(|rule| rule.get_mut("query")) {
        let decor = old.decor().clone();
        *old = query.as_str().into();
        *old.decor_mut() = decor;
    }
    let laid_out = layout::text(&after);
    let same = RuleToml::parse(&laid_out).is_ok_and(|written| {
        all_but_query(&written) == all_but_query(&before)
            && written.table("rule").and_then(|rule| rule.get("query")?.as_str()) == Some(&query)
            && layout::text(&written) == laid_out
    });
    if same && comments(text) == comments(&laid_out) { Ok(laid_out) } else { Err(changed()) }
}

/// Lays out a query that stands alone.
///
/// # Errors
/// Where it has an error.
pub fn format_query(text: &str, dialect: Dialect) -> Result<String, Unformatted> {
    format(text, dialect).map_err(|refused| match refused {
        Refused::Wrong(diags) => {
            Unformatted(format!("the query is wrong: {}", super::said(&diags)))
        }
        Refused::Changed => changed(),
    })
}

fn changed() -> Unformatted {
    Unformatted("it would not be the same in another layout".to_owned())
}

/// What a file says besides its query.
fn all_but_query(file: &RuleToml) -> serde_json::Value {
    let mut table: Table = file.document.as_table().clone();
    if let Some(rule) = table.get_mut("rule").and_then(Item::as_table_mut) {
        rule.remove("query");
    }
    entries::table_json(&table)
}
