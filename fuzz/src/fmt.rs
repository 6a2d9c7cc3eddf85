use eql_cli::convert::{Unformatted, format_toml};
use eql_grammar::ast::Dialect;
use eql_grammar::format::{Refused, format};
use eql_grammar::parser::parse;

/// Every query has a layout, which parses to the same tree and has itself as layout; and a rule file is laid out or left
/// alone for a reason that is not the layout's fault.
pub fn fmt(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in [Dialect::Elasticsearch, Dialect::Endpoint] {
        let laid_out = match format(text, dialect) {
            Ok(laid_out) => laid_out,
            Err(Refused::Wrong(_)) => continue,
            Err(Refused::Changed) => panic!("no layout: {text}"),
        };
        assert_eq!(parse(text, dialect), parse(&laid_out, dialect), "{laid_out}");
        assert_eq!(format(&laid_out, dialect).as_ref(), Ok(&laid_out));
    }
    match format_toml(text, None) {
        Ok(laid_out) => assert_eq!(format_toml(&laid_out, None).as_ref(), Ok(&laid_out)),
        Err(Unformatted(reason)) => assert!(!reason.contains("another layout"), "{text}"),
    }
}
