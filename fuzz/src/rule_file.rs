use eql_grammar::attack;
use eql_grammar::config::{Lints, parse_config};
use eql_grammar::rule::{Settings, check_file};
use eql_grammar::rule_file::parse_rule_file;
use eql_grammar::schema::Schema;
use eql_grammar::span::Span;

use crate::parse::shows;

/// A file gives a rule or errors; every place in its query has a place in the file; an `eql.toml` gives a configuration.
pub fn rule_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (_, diags) = parse_config(text);
    shows(diags.as_slice(), text);

    let file = match parse_rule_file(text) {
        Ok(file) => file,
        Err(diags) => {
            assert!(diags.has_errors(), "a refusal without an error");
            shows(diags.as_slice(), text);
            return;
        }
    };
    let (schema, lints) = (Schema::builtin(), Lints::default());
    let settings = Settings { schema, lints: &lints, attack: attack::Version::V19 };
    shows(&check_file(&file, text, None, &settings).diagnostics, text);

    places(&file.query, text);
}

/// Offsets of the query grow with those of the file, stay inside the string, and fall between characters.
fn places(query: &eql_grammar::rule_file::QueryText, text: &str) {
    let whole = query.span;
    let mut last = whole.start;
    let ends = [query.text.len()];
    for at in query.text.char_indices().map(|(at, _)| at).chain(ends) {
        let at = u32::try_from(at).expect("a short text");
        let place = query.map.offset(at);
        assert!(
            (last..=whole.end).contains(&place),
            "{at} is at {place}, not in {last}..={}",
            whole.end
        );
        assert!(text.is_char_boundary(place as usize), "{at} is inside a character, at {place}");
        last = place;
        let span = query.map.span(Span::new(at, at + 1));
        assert!(span.start <= span.end && span.end <= whole.end, "{span:?}");
    }
}
