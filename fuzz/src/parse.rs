use eql_grammar::ast::{Dialect, Query};
use eql_grammar::diag::{Diagnostic, Diagnostics};
use eql_grammar::lower::{Options, lower};
use eql_grammar::report::{SourceText, render};
use eql_grammar::schema::Schema;

/// A text gives a query or errors; a query that is printed reads back the same; what either has to say can be shown.
pub fn parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in [Dialect::Elasticsearch, Dialect::Endpoint] {
        match eql_grammar::parser::parse(text, dialect) {
            Ok(query) => {
                prints_back(&query, dialect);
                lowers(&query, text, dialect);
            }
            Err(errors) => {
                assert!(errors.has_errors(), "a refusal without an error");
                shows(errors.as_slice(), text);
            }
        }
    }
}

fn prints_back(query: &Query, dialect: Dialect) {
    let printed = query.to_string();
    let again = eql_grammar::parser::parse(&printed, dialect);
    let again = again.unwrap_or_else(|errors| panic!("{printed}: {errors:?}"));
    assert_eq!(*query, again, "{printed}");
}

fn lowers(query: &Query, text: &str, dialect: Dialect) {
    let mut diags = Diagnostics::new();
    let lowered = lower(query, &Options::new(dialect, Schema::builtin()), &mut diags);
    assert_eq!(lowered.is_none(), diags.has_errors(), "{diags:?}");
    shows(diags.as_slice(), text);
}

/// Places are inside the text, and the diagnostics can be rendered.
pub(crate) fn shows(diags: &[Diagnostic], text: &str) {
    for diagnostic in diags {
        let related = diagnostic.related.iter().map(|(span, _)| *span);
        let patch = diagnostic.patch.iter().map(|patch| patch.span);
        for span in related.chain(patch).chain([diagnostic.span]) {
            assert!(
                text.get(span.range()).is_some(),
                "{span:?} is not in the text: {diagnostic:?}"
            );
        }
    }
    let source = SourceText { path: Some("rule.eql"), text, first_line: 3, first_column: 7 };
    assert_eq!(render(diags, &source, false).is_empty(), diags.is_empty());
}
