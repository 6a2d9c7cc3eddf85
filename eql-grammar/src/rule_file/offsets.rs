//! Where the text of a TOML or JSON string stands in its file.

use crate::span::Span;

/// From byte offsets in the text of a TOML string to byte offsets in the file.
///
/// The two differ wherever TOML does not take the text as it stands: at escapes, at a backslash
/// that ends a line, and at the line break after an opening `"""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// By `text`, without gaps.
    pieces: Vec<Piece>,
    /// Where the text starts in the file; what an empty text has instead of pieces.
    start: u32,
}

/// A part of the text that stands in the file in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Offset in the text.
    text: u32,
    /// Offset in the file.
    file: u32,
    /// How many bytes it takes in the file.
    len: u32,
    /// How many bytes it is in the text. An escape is always shorter there than in the file.
    text_len: u32,
}

impl Piece {
    /// The place in the file of an offset in the text; inside of an escape, that of the escape.
    fn offset(self, text: u32) -> u32 {
        let inside = text - self.text;
        if inside >= self.text_len {
            self.file + self.len
        } else if self.len == self.text_len {
            self.file + inside
        } else {
            self.file
        }
    }
}

impl OffsetMap {
    /// The place in the file of an offset of the text.
    ///
    /// An offset inside of what an escape stands for has the place of the escape. The end of the
    /// text has the place after its last character.
    #[must_use]
    pub fn offset(&self, text: u32) -> u32 {
        self.piece(text).map_or(self.start, |piece| piece.offset(text))
    }

    /// The place in the file of a part of the text.
    #[must_use]
    pub fn span(&self, text: Span) -> Span {
        let start = self.offset(text.start);
        if text.end <= text.start {
            return Span::new(start, start);
        }
        // The end is that of the last byte: what follows may stand lines further down.
        let end = self.piece(text.end - 1).map_or(start, |piece| {
            let verbatim = piece.len == piece.text_len;
            if verbatim { piece.offset(text.end) } else { piece.file + piece.len }
        });
        Span::new(start, end)
    }

    fn piece(&self, text: u32) -> Option<Piece> {
        let after = self.pieces.partition_point(|piece| piece.text <= text);
        self.pieces.get(after.checked_sub(1)?).copied()
    }
}

/// Reads a TOML string as it stands in the file, quotes included, from `file` on.
///
/// `source` was accepted by the TOML parser; what it would not accept is taken as it stands.
pub(super) fn decode(source: &str, file: u32) -> (String, OffsetMap) {
    let quotes = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quotes| source.starts_with(quotes));
    let quotes = quotes.unwrap_or_default();
    let inner =
        source.strip_prefix(quotes).and_then(|rest| rest.strip_suffix(quotes)).unwrap_or_default();
    let mut start = quotes.len();
    if quotes.len() == 3 {
        start += if inner.starts_with("\r\n") { 2 } else { usize::from(inner.starts_with('\n')) };
    }
    let end = quotes.len() + inner.len();
    let mut decoder = Decoder {
        source,
        file,
        at: start,
        text: String::with_capacity(inner.len()),
        map: OffsetMap { pieces: Vec::new(), start: file + offset(start) },
    };
    if quotes.starts_with('\'') {
        decoder.verbatim(end);
    } else {
        decoder.escaped(end);
    }
    (decoder.text, decoder.map)
}

/// Reads a JSON string as it stands in the file, quotes included, from `file` on.
///
/// `source` was accepted by the JSON reader; what it would not accept is taken as it stands.
pub(super) fn decode_json(source: &str, file: u32) -> (String, OffsetMap) {
    let inner = source.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let end = 1 + inner.unwrap_or_default().len();
    let mut decoder = Decoder {
        source,
        file,
        at: 1,
        text: String::with_capacity(end),
        map: OffsetMap { pieces: Vec::new(), start: file + 1 },
    };
    while let Some(backslash) = source[decoder.at..end].find('\\').map(|at| decoder.at + at) {
        decoder.verbatim(backslash);
        match json_escape(&source[backslash + 1..end]) {
            Some((c, len)) => decoder.take(1 + len, c.encode_utf8(&mut [0; 4])),
            None => decoder.take(1, "\\"),
        }
    }
    decoder.verbatim(end);
    (decoder.text, decoder.map)
}

/// The character of an escape without its backslash, and how many bytes it takes.
fn json_escape(rest: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(rest.get(at..at + 4)?, 16).ok();
    match rest.bytes().next()? {
        b'/' => Some(('/', 1)),
        b'u' => {
            let high = unit(1)?;
            if let Some(c) = char::from_u32(high) {
                return Some((c, 5));
            }
            let low = rest.get(5..7).filter(|mark| *mark == "\\u").and_then(|_| unit(7))?;
            let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
            Some((char::decode_utf16(pair).next()?.ok()?, 11))
        }
        b'b' | b't' | b'n' | b'f' | b'r' | b'"' | b'\\' => escape(rest),
        _ => None,
    }
}

struct Decoder<'a> {
    source: &'a str,
    file: u32,
    /// Offset in `source` of what was not read yet.
    at: usize,
    text: String,
    map: OffsetMap,
}

impl Decoder<'_> {
    /// Takes what the next `len` bytes of the file stand for.
    fn take(&mut self, len: usize, stands_for: &str) {
        self.map.pieces.push(Piece {
            text: offset(self.text.len()),
            file: self.file + offset(self.at),
            len: offset(len),
            text_len: offset(stands_for.len()),
        });
        self.text.push_str(stands_for);
        self.at += len;
    }

    fn verbatim(&mut self, end: usize) {
        let source = self.source;
        if self.at < end {
            self.take(end - self.at, &source[self.at..end]);
        }
    }

    fn escaped(&mut self, end: usize) {
        while let Some(backslash) =
            self.source[self.at..end].find('\\').map(|found| self.at + found)
        {
            self.verbatim(backslash);
            let rest = &self.source[backslash + 1..end];
            match escape(rest) {
                Some((c, len)) => self.take(1 + len, c.encode_utf8(&mut [0; 4])),
                // The backslash ends its line: it and all blanks after it stand for nothing.
                None if rest.starts_with(char::is_whitespace) => {
                    self.at = end - rest.trim_start().len();
                }
                None => self.take(1, "\\"),
            }
        }
        self.verbatim(end);
    }
}

/// The character of an escape without its backslash, and how many bytes it takes.
fn escape(rest: &str) -> Option<(char, usize)> {
    let digits = match rest.bytes().next()? {
        b'b' => return Some(('\u{8}', 1)),
        b't' => return Some(('\t', 1)),
        b'n' => return Some(('\n', 1)),
        b'f' => return Some(('\u{c}', 1)),
        b'r' => return Some(('\r', 1)),
        b'e' => return Some(('\u{1b}', 1)),
        b'"' => return Some(('"', 1)),
        b'\\' => return Some(('\\', 1)),
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let number = u32::from_str_radix(rest.get(1..1 + digits)?, 16).ok()?;
    Some((char::from_u32(number)?, 1 + digits))
}

/// Files are no larger than 4 GiB: [`document::parse`](crate::document::parse) rejects them.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::meta::RawValue;

    /// Every byte of the text comes from where the map says, and the TOML parser reads the same
    /// text.
    fn check(file: &str) {
        let entries = document::parse(file).unwrap_or_else(|e| panic!("{file:?}: {e:?}"));
        let (_, value) = entries.iter().find(|(key, _)| key.as_str() == "q").expect("a key `q`");
        let RawValue::Str(wanted) = &value.node else { panic!("a string") };
        let (text, map) = decode(&file[value.span.range()], value.span.start);
        assert_eq!(&text, wanted, "{file:?}");
        for (at, c) in text.char_indices() {
            let span = map.span(Span::new(offset(at), offset(at + c.len_utf8())));
            let written = &file[span.range()];
            let same = written == c.encode_utf8(&mut [0; 4]);
            let escaped = written.strip_prefix('\\').and_then(escape);
            assert!(
                same || escaped == Some((c, written.len() - 1)),
                "{file:?}: {c:?} at {at} is {written:?}"
            );
            assert_eq!(map.offset(offset(at)), span.start);
        }
        let whole = map.span(Span::new(0, offset(text.len())));
        assert!(value.span.start <= whole.start && whole.end <= value.span.end, "{file:?}");
        let end = map.offset(offset(text.len()));
        assert!(value.span.start < end && end < value.span.end, "{file:?}: end at {end}");
    }

    #[test]
    fn every_kind_of_string() {
        for file in [
            "q = 'a\\b'",
            "q = ''",
            "q = \"\"",
            "q = ''''''",
            "q = \"\"\"\"\"\"",
            "q = '''\nprocess where\n  true\n'''",
            "q = '''\r\nprocess where\r\n  true'''",
            "q = '''x''''",
            "q = \"\"\"\nline one \\\n   line \\\\ two\\n\"\"\"",
            "q = \"\"\"\\\n   x\"\"\"",
            "q = \"\"\"a\\   \r\n\r\n\t b\"\"\"",
            "q = \"\"\"a \"\"quoted\"\" b\"\"\"\"\"",
            "q = \"tab\\t quote\\\" back\\\\slash \\u00e9 \\U0001F600 é 😀 \\x41\\e\"",
        ] {
            check(file);
            check(&format!("# é\nx = 'ü'\n{file}\ny = 2\n"));
        }
    }

    #[test]
    fn json_strings() {
        for file in [
            r#"{"q": ""}"#,
            r#"{"q": "plain é 😀"}"#,
            r#"{"q": "tab\t nl\n quote\" slash\/ back\\\\ \u00e9 \ud83d\ude00 end"}"#,
        ] {
            let entries = document::json::parse(file, 0).expect(file);
            let (_, value) = &entries[0];
            let RawValue::Str(wanted) = &value.node else { panic!("a string") };
            let (text, map) = decode_json(&file[value.span.range()], value.span.start);
            assert_eq!(&text, wanted, "{file}");
            for (at, c) in text.char_indices() {
                let span = map.span(Span::new(offset(at), offset(at + c.len_utf8())));
                let written = format!("\"{}\"", &file[span.range()]);
                let read: String = serde_json::from_str(&written).expect("one character");
                assert_eq!(read, c.to_string(), "{file}");
            }
        }
    }

    #[test]
    fn spans_of_words() {
        let file = "q = \"\"\"\nprocess where \\\n  process.name == \\\"é\\\"\"\"\"";
        let entries = document::parse(file).expect("TOML");
        let span = entries[0].1.span;
        let (text, map) = decode(&file[span.range()], span.start);
        assert_eq!(text, "process where process.name == \"é\"");
        for word in ["process where", "process.name", "==", "é"] {
            let at = offset(text.find(word).expect(word));
            let place = map.span(Span::new(at, at + offset(word.len())));
            assert_eq!(&file[place.range()], word);
        }
        // Over the end of a line: from the first word to the last.
        let over = map.span(Span::new(8, 26));
        assert_eq!(&file[over.range()], "where \\\n  process.name");
    }
}
