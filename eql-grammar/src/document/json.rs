//! JSON documents, with the place of every key and value.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic};
use crate::meta::{RawEntry, RawValue};
use crate::span::{Span, Spanned};

/// How deep arrays and objects may stand in each other.
const DEEPEST: u32 = 128;

/// Reads one JSON object, which begins at byte `base` of its file; its members in the order written.
///
/// `null` is no value in a rule, so a member that is null is left out.
///
/// # Errors
///
/// What is not JSON, or no object, at its place in the file.
pub(crate) fn parse(text: &str, base: u32) -> Result<Vec<RawEntry>, Box<Diagnostic>> {
    let mut reader = Reader { text, at: 0, base };
    reader.blank();
    let value = reader.value(0)?;
    reader.blank();
    if reader.at < text.len() {
        return Err(reader.wrong(reader.at, "something follows the object"));
    }
    match value.map(|value| value.node) {
        Some(RawValue::Table(entries)) => Ok(entries),
        _ => Err(reader.wrong(0, "a rule is an object, `{…}`")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    base: u32,
}

type Read<T> = Result<T, Box<Diagnostic>>;

impl Reader<'_> {
    fn offset(&self, at: usize) -> u32 {
        self.base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn wrong(&self, at: usize, what: &str) -> Box<Diagnostic> {
        let place = self.offset(at.min(self.text.len()));
        let message = format!("this is not JSON of a rule: {what}");
        Box::new(Diagnostic::new(Code::BadJson, Span::new(place, place), message))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Takes `byte`, with blanks before it.
    fn take(&mut self, byte: u8) -> bool {
        self.blank();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// `None` for null.
    fn value(&mut self, depth: u32) -> Read<Option<Spanned<RawValue>>> {
        self.blank();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => Some(self.object(depth)?),
            Some(b'[') => Some(self.array(depth)?),
            Some(b'"') => Some(RawValue::Str(self.string()?)),
            Some(b'-' | b'0'..=b'9') => Some(self.number()?),
            _ => self.word()?,
        };
        let span = Span::new(self.offset(start), self.offset(self.at));
        Ok(value.map(|value| Spanned::new(value, span)))
    }

    fn word(&mut self) -> Read<Option<RawValue>> {
        let rest = &self.text[self.at..];
        for (word, value) in [
            ("null", None),
            ("true", Some(RawValue::Bool(true))),
            ("false", Some(RawValue::Bool(false))),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong(self.at, "expected a value"))
    }

    fn object(&mut self, depth: u32) -> Read<RawValue> {
        let mut entries: Vec<RawEntry> = Vec::new();
        let mut seen = HashSet::new();
        self.open(depth)?;
        if self.take(b'}') {
            return Ok(RawValue::Table(entries));
        }
        loop {
            self.blank();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.wrong(start, "expected a key in double quotes"));
            }
            let key = self.string()?;
            // One given twice in the rule itself is reported with the other mistakes of its keys.
            if depth > 0 && !seen.insert(key.clone()) {
                return Err(self.wrong(start, &format!("`{key}` is given twice")));
            }
            let key = Spanned::new(key, Span::new(self.offset(start), self.offset(self.at)));
            if !self.take(b':') {
                return Err(self.wrong(self.at, "expected `:`"));
            }
            if let Some(value) = self.value(depth + 1)? {
                entries.push((key, value));
            }
            if self.take(b'}') {
                return Ok(RawValue::Table(entries));
            }
            if !self.take(b',') {
                return Err(self.wrong(self.at, "expected `,` or `}`"));
            }
        }
    }

    fn array(&mut self, depth: u32) -> Read<RawValue> {
        let mut items = Vec::new();
        self.open(depth)?;
        if self.take(b']') {
            return Ok(RawValue::Array(items));
        }
        loop {
            items.extend(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(RawValue::Array(items));
            }
            if !self.take(b',') {
                return Err(self.wrong(self.at, "expected `,` or `]`"));
            }
        }
    }

    /// Goes past the bracket.
    fn open(&mut self, depth: u32) -> Read<()> {
        if depth >= DEEPEST {
            return Err(self.wrong(self.at, "more than 128 levels of nesting"));
        }
        self.at += 1;
        Ok(())
    }

    /// The text of a string whose opening quote is next. Its end is found here, and its escapes are serde's work.
    fn string(&mut self) -> Read<String> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            match bytes.get(at) {
                Some(b'\\') => at += 2,
                Some(b'"') => break,
                Some(_) => at += 1,
                None => return Err(self.wrong(start, "a string without an end")),
            }
        }
        self.at = at + 1;
        serde_json::from_str(&self.text[start..self.at])
            .map_err(|_| self.wrong(start, "a string with a bad escape or a line break"))
    }

    fn number(&mut self) -> Read<RawValue> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let number: serde_json::Number =
            serde_json::from_str(text).map_err(|_| self.wrong(start, "a number that is none"))?;
        match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Ok(RawValue::Int(int)),
            (None, Some(float)) => Ok(RawValue::Float(float)),
            (None, None) => Err(self.wrong(start, "a number that 64 bits do not hold")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_places() {
        let text = r#" {"b": 1, "a": {"x": [true, null, "é\"\u00e9"]}, "n": null, "f": -1.5e2} "#;
        let entries = parse(text, 0).expect("JSON");
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.node.as_str()).collect();
        assert_eq!(keys, ["b", "a", "f"]);
        let RawValue::Table(inner) = &entries[1].1.node else { panic!("an object") };
        let RawValue::Array(items) = &inner[0].1.node else { panic!("a list") };
        assert_eq!(items[1].node, RawValue::Str("é\"é".to_owned()));
        assert_eq!(&text[items[1].span.range()], r#""é\"\u00e9""#);
        assert_eq!(entries[2].1.node, RawValue::Float(-150.0));
        let moved = parse(text, 1000).expect("JSON");
        assert_eq!(moved[0].1.span.start, 1000 + entries[0].1.span.start);
    }

    #[test]
    fn what_is_not_json_has_a_place() {
        let deep = format!("{{\"a\":{}", "[".repeat(200_000));
        for text in [
            "",
            "x",
            "[]",
            "1",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1}x",
            "{a:1}",
            "{\"a\":\"",
            "{\"a\":\"\\",
            "{\"a\":\"\\q\"}",
            "{\"a\":-}",
            "{\"a\":1e999}",
            "{\"a\":[1 2]}",
            "{\"a\":{\"b\":1,\"b\":2}}",
            "{\"é",
            &deep,
        ] {
            let error = parse(text, 7).expect_err(text);
            assert_eq!(error.code, Code::BadJson);
            assert!((7..=7 + text.len()).contains(&(error.span.start as usize)), "{text}");
        }
    }
}
