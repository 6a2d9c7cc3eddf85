//! Cuts a stream of bytes into records: the texts that should each hold one event.

use std::io::{self, BufRead};

/// How the records of a stream follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One a line.
    Lines,
    /// JSON values over any number of lines: the elements of an array, or one value after another.
    Documents,
}

/// One record of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    /// Its bytes, without the line feed that ended it.
    Text(&'a [u8]),
    /// More bytes than the limit allows. They went to `overflow`.
    TooLong,
    /// The stream ended inside an array.
    Unclosed,
}

/// Reads records, none of them longer than a limit: memory does not depend on the input.
pub(crate) struct Reader<R> {
    input: R,
    splitter: Splitter,
    limit: usize,
    buffer: Vec<u8>,
    bytes: u64,
    line: u64,
    next_line: u64,
}

impl<R: BufRead> Reader<R> {
    pub(crate) fn new(input: R, layout: Layout, limit: usize) -> Self {
        let splitter = match layout {
            Layout::Lines => Splitter::Lines,
            Layout::Documents => Splitter::Documents(Documents::default()),
        };
        Self { input, splitter, limit, buffer: Vec::new(), bytes: 0, line: 1, next_line: 1 }
    }

    /// The next record, or `None` after the last.
    ///
    /// A record longer than the limit is passed to `overflow` in pieces and never held as a whole.
    ///
    /// # Errors
    /// Those of the input. What was read of a record until then is in [`partial`](Self::partial).
    pub(crate) fn next(
        &mut self,
        overflow: &mut dyn FnMut(&[u8]),
    ) -> io::Result<Option<Record<'_>>> {
        self.buffer.clear();
        let mut length = 0_usize;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok(self.last(length));
            }
            let cut = self.splitter.cut(chunk);
            let (skipped, rest) = chunk.split_at(cut.skip);
            let taken = &rest[..cut.take];
            let consumed = cut.skip + cut.take + cut.drop;
            if length == 0 {
                self.line = self.next_line + line_feeds(skipped);
            }
            self.next_line += line_feeds(&chunk[..consumed]);
            length += taken.len();
            if length <= self.limit {
                self.buffer.extend_from_slice(taken);
            } else {
                overflow(&self.buffer);
                self.buffer.clear();
                overflow(taken);
            }
            self.input.consume(consumed);
            self.bytes += consumed as u64;
            if cut.complete {
                return Ok(Some(self.record(length)));
            }
        }
    }

    /// Number of the line on which the last record began, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What was read of a record before an error.
    pub(crate) fn partial(&self) -> &[u8] {
        &self.buffer
    }

    fn record(&self, length: usize) -> Record<'_> {
        if length > self.limit { Record::TooLong } else { Record::Text(&self.buffer) }
    }

    fn last(&mut self, length: usize) -> Option<Record<'_>> {
        if length > 0 {
            Some(self.record(length))
        } else if self.splitter.close() {
            self.line = self.next_line;
            Some(Record::Unclosed)
        } else {
            None
        }
    }
}

fn line_feeds(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// What to do with the next bytes: skip some, take some into the record, drop some after it.
#[derive(Debug, Default)]
struct Cut {
    skip: usize,
    take: usize,
    drop: usize,
    /// Whether the record ends with the bytes taken.
    complete: bool,
}

#[derive(Debug)]
enum Splitter {
    Lines,
    Documents(Documents),
}

impl Splitter {
    fn cut(&mut self, chunk: &[u8]) -> Cut {
        match self {
            Self::Lines => match memchr::memchr(b'\n', chunk) {
                Some(end) => Cut { skip: 0, take: end, drop: 1, complete: true },
                None => Cut { take: chunk.len(), ..Cut::default() },
            },
            Self::Documents(documents) => documents.cut(chunk),
        }
    }

    /// Ends the stream; whether an array was open.
    fn close(&mut self) -> bool {
        match self {
            Self::Lines => false,
            Self::Documents(documents) => std::mem::take(&mut documents.in_array),
        }
    }
}

/// Finds where JSON values begin and end, by brackets and quotes alone.
///
/// What lies between must still be parsed: this only has to get right values right, and to find
/// its way back after wrong ones.
#[derive(Debug, Default)]
struct Documents {
    in_array: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Between,
    /// In an object or array, this many brackets deep.
    Nested { depth: u32 },
    /// In a string, this many brackets deep; whether a backslash came just before.
    String { depth: u32, escaped: bool },
    /// In a number, a literal, or something that is not JSON.
    Scalar,
}

impl Documents {
    fn cut(&mut self, chunk: &[u8]) -> Cut {
        let skip = match self.state {
            State::Between => self.begin(chunk),
            _ => 0,
        };
        for (index, &byte) in chunk.iter().enumerate().skip(skip) {
            let end = match self.state {
                State::Between => self.open(byte),
                State::Nested { depth } => self.nested(depth, byte),
                State::String { depth, escaped } => self.string(depth, escaped, byte),
                State::Scalar => self.scalar(byte),
            };
            if let Some(End { inclusive }) = end {
                self.state = State::Between;
                let take = index - skip + usize::from(inclusive);
                return Cut { skip, take, drop: 0, complete: true };
            }
        }
        Cut { skip, take: chunk.len() - skip, drop: 0, complete: false }
    }

    /// Passes over what stands between two values; where the next one begins.
    fn begin(&mut self, chunk: &[u8]) -> usize {
        for (index, &byte) in chunk.iter().enumerate() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => {}
                b'[' if !self.in_array => self.in_array = true,
                b']' if self.in_array => self.in_array = false,
                _ => return index,
            }
        }
        chunk.len()
    }

    fn open(&mut self, byte: u8) -> Option<End> {
        self.state = match byte {
            b'{' | b'[' => State::Nested { depth: 1 },
            b'"' => State::String { depth: 0, escaped: false },
            _ => State::Scalar,
        };
        None
    }

    fn nested(&mut self, depth: u32, byte: u8) -> Option<End> {
        match byte {
            b'{' | b'[' => self.state = State::Nested { depth: depth.saturating_add(1) },
            b'"' => self.state = State::String { depth, escaped: false },
            b'}' | b']' if depth == 1 => return Some(End { inclusive: true }),
            b'}' | b']' => self.state = State::Nested { depth: depth - 1 },
            _ => {}
        }
        None
    }

    fn string(&mut self, depth: u32, escaped: bool, byte: u8) -> Option<End> {
        self.state = match byte {
            // JSON strings have no line breaks: the value is torn, and the next line may be whole.
            b'\n' => return Some(End { inclusive: false }),
            _ if escaped => State::String { depth, escaped: false },
            b'\\' => State::String { depth, escaped: true },
            b'"' if depth == 0 => return Some(End { inclusive: true }),
            b'"' => State::Nested { depth },
            _ => return None,
        };
        None
    }

    fn scalar(&mut self, byte: u8) -> Option<End> {
        let ends = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',')
            || byte == b']' && self.in_array
            || matches!(byte, b'{' | b'[');
        ends.then_some(End { inclusive: false })
    }
}

/// A value ends: with the byte just seen, or before it.
struct End {
    inclusive: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    /// Every record as text, whatever the size of the pieces that the input comes in.
    fn records(input: &str, layout: Layout, limit: usize) -> Vec<String> {
        let all = |piece: usize| {
            let pieces = BufReader::with_capacity(piece, input.as_bytes());
            let mut reader = Reader::new(pieces, layout, limit);
            let mut found = Vec::new();
            loop {
                let mut over = Vec::new();
                let record = reader.next(&mut |bytes| over.extend_from_slice(bytes)).unwrap();
                found.push(match record {
                    None => break,
                    Some(Record::Text(text)) => String::from_utf8(text.to_vec()).unwrap(),
                    Some(Record::TooLong) => {
                        format!("too long: {}", String::from_utf8(over).unwrap())
                    }
                    Some(Record::Unclosed) => "unclosed".to_owned(),
                });
            }
            assert_eq!(reader.bytes(), input.len() as u64);
            found
        };
        let whole = all(1 << 16);
        for piece in 1..8 {
            assert_eq!(all(piece), whole, "in pieces of {piece} bytes");
        }
        whole
    }

    #[test]
    fn lines_end_with_a_line_feed_or_the_input() {
        assert_eq!(records("a\r\n\nbc\nd", Layout::Lines, 99), ["a\r", "", "bc", "d"]);
        assert_eq!(records("", Layout::Lines, 99), [""; 0]);
        assert_eq!(records("a\n", Layout::Lines, 99), ["a"]);
    }

    #[test]
    fn the_limit_counts_the_bytes_before_the_line_feed() {
        assert_eq!(
            records("1234\n12345\n123\n123456", Layout::Lines, 4),
            ["1234", "too long: 12345", "123", "too long: 123456"]
        );
        assert_eq!(
            records(r#"[{"a":1},{"a":12}]"#, Layout::Documents, 7),
            [r#"{"a":1}"#, r#"too long: {"a":12}"#]
        );
    }

    #[test]
    fn arrays_give_their_elements() {
        assert_eq!(
            records(
                "[\n {\"a\": [1, {\"b\": \"}]\\\"\"}]},\n 7 ,\"x,]\",\n[2],null]\n",
                Layout::Documents,
                99
            ),
            [r#"{"a": [1, {"b": "}]\""}]}"#, "7", r#""x,]""#, "[2]", "null"]
        );
        assert_eq!(records("[]", Layout::Documents, 99), [""; 0]);
        assert_eq!(records("[{}] [{}]", Layout::Documents, 99), ["{}", "{}"]);
    }

    #[test]
    fn documents_may_follow_one_another() {
        assert_eq!(
            records("{\n  \"a\": 1\n}\n{\"b\":\n2}{}", Layout::Documents, 99),
            ["{\n  \"a\": 1\n}", "{\"b\":\n2}", "{}"]
        );
    }

    #[test]
    fn an_array_without_end_is_told() {
        assert_eq!(records("[{},{}", Layout::Documents, 99), ["{}", "{}", "unclosed"]);
        assert_eq!(records("[{},{\"a\":", Layout::Documents, 99), ["{}", "{\"a\":", "unclosed"]);
    }

    #[test]
    fn a_torn_string_does_not_swallow_the_next_line() {
        assert_eq!(
            records("[{\"a\": \"tor\n{\"b\": 1}]", Layout::Documents, 99),
            ["{\"a\": \"tor", "{\"b\": 1}"]
        );
        assert_eq!(records("} {}", Layout::Documents, 99), ["}", "{}"]);
        assert_eq!(records("oops{}", Layout::Documents, 99), ["oops", "{}"]);
    }

    #[test]
    fn a_record_knows_its_line() {
        let lines = |input: &str, layout| {
            let mut reader = Reader::new(input.as_bytes(), layout, 99);
            let mut lines = Vec::new();
            while reader.next(&mut |_| ()).unwrap().is_some() {
                lines.push(reader.line());
            }
            lines
        };
        assert_eq!(lines("a\n\nb\n", Layout::Lines), [1, 2, 3]);
        assert_eq!(lines("[\n{\n},\n\n{}\n,{}]", Layout::Documents), [2, 5, 6]);
    }

    #[test]
    fn an_error_leaves_what_was_read() {
        struct Torn(bool);
        impl io::Read for Torn {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                to[..5].copy_from_slice(b"a\nbcd");
                Ok(5)
            }
        }
        let mut reader = Reader::new(BufReader::new(Torn(false)), Layout::Lines, 99);
        assert_eq!(reader.next(&mut |_| ()).unwrap(), Some(Record::Text(b"a")));
        assert!(reader.next(&mut |_| ()).is_err());
        assert_eq!(reader.partial(), b"bcd");
    }
}
