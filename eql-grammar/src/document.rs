//! TOML documents, with the place of every key and value.

pub(crate) mod json;

use toml::Spanned as Located;
use toml::de::{DeTable, DeValue};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::meta::{RawEntry, RawValue};
use crate::span::{Span, Spanned};

/// Reads a document; its tables in the order written.
///
/// # Errors
///
/// Everything that is not TOML, each at its place.
pub fn parse(text: &str) -> Result<Vec<RawEntry>, Diagnostics> {
    let mut diags = Diagnostics::new();
    if u32::try_from(text.len()).is_err() {
        diags.push(Diagnostic::new(
            Code::BadToml,
            Span::new(0, 0),
            "the file is larger than 4 GiB",
        ));
        return Err(diags);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        diags.push(bad_toml(text, &error));
    }
    let entries = entries(table.get_ref(), &mut diags);
    if diags.has_errors() { Err(diags) } else { Ok(entries) }
}

fn bad_toml(text: &str, error: &toml::de::Error) -> Diagnostic {
    let range = error.span().unwrap_or_default();
    let span = span(range.clone());
    let said = error.message();
    if said == "duplicate key" {
        let key = text.get(range).unwrap_or_default();
        return Diagnostic::new(Code::DuplicateKey, span, format!("`{key}` is given twice"));
    }
    let wrong = Diagnostic::new(Code::BadToml, span, format!("this is not TOML: {said}"));
    if said.contains("escape") {
        return wrong.help("write the text between `'''`: a backslash is a backslash there");
    }
    wrong
}

fn span(range: std::ops::Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(range.start), offset(range.end))
}

fn entries(table: &DeTable<'_>, diags: &mut Diagnostics) -> Vec<RawEntry> {
    let entry = |(key, value): (&Located<std::borrow::Cow<'_, str>>, _)| {
        (Spanned::new(key.get_ref().to_string(), span(key.span())), self::value(value, diags))
    };
    let mut entries: Vec<RawEntry> = table.iter().map(entry).collect();
    entries.sort_by_key(|(key, _)| key.span);
    entries
}

fn value(value: &Located<DeValue<'_>>, diags: &mut Diagnostics) -> Spanned<RawValue> {
    let place = span(value.span());
    let mut too_large = || {
        diags.push(Diagnostic::new(Code::BadValue, place, "64 bits do not hold this number"));
        RawValue::Int(0)
    };
    let raw = match value.get_ref() {
        DeValue::String(text) => RawValue::Str(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| too_large(), RawValue::Int),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| too_large(), RawValue::Float)
        }
        DeValue::Boolean(flag) => RawValue::Bool(*flag),
        DeValue::Datetime(time) => RawValue::Str(time.to_string()),
        DeValue::Array(items) => {
            RawValue::Array(items.iter().map(|item| self::value(item, diags)).collect())
        }
        DeValue::Table(table) => RawValue::Table(entries(table, diags)),
    };
    Spanned::new(raw, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_places() {
        let text = "b = 1\na = 0x1F\n[z]\nk.l = 'é'\n[[y]]\n[[y]]\nt = 2020-01-01\n";
        let entries = parse(text).expect("TOML");
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.node.as_str()).collect();
        assert_eq!(keys, ["b", "a", "z", "y"]);
        assert_eq!(entries[1].1.node, RawValue::Int(31));
        assert_eq!(&text[entries[1].1.span.range()], "0x1F");
        let RawValue::Array(items) = &entries[3].1.node else { panic!("a list") };
        let RawValue::Table(last) = &items[1].node else { panic!("a table") };
        assert_eq!(last[0].1.node, RawValue::Str("2020-01-01".to_owned()));
    }

    #[test]
    fn errors_are_all_reported() {
        let text = "a = 1\na = 2\nb = \nc = \"\\W\"\nd = 99999999999999999999\n";
        let errors = parse(text).expect_err("errors").into_sorted();
        let codes: Vec<_> = errors.iter().map(|d| (d.code, &text[d.span.range()])).collect();
        assert!(codes.contains(&(Code::DuplicateKey, "a")), "{codes:?}");
        assert!(codes.contains(&(Code::BadValue, "99999999999999999999")), "{codes:?}");
        assert_eq!(
            codes.iter().filter(|(code, _)| *code == Code::BadToml).count(),
            2,
            "{errors:?}"
        );
        assert!(
            errors.iter().any(|d| d.help.iter().any(|help| help.contains("'''"))),
            "{errors:?}"
        );
    }

    #[test]
    fn arbitrary_text_does_not_panic() {
        for text in
            ["", "\u{0}", "[", "[[", "a", "=", "é = é", "\"", "'''", "a = [[[[[[", "\u{feff}a = 1"]
        {
            let _ = parse(text);
        }
    }
}
