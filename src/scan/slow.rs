//! The thorough way to read a line: `serde_json` judges it, then a plain walk finds the values.
//!
//! It allocates, and takes many times as long as the walk that it stands in for.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::projection::{EdgeId, NodeId};
use super::{Flaw, Kind, Projection, Scan};

/// Reads a line into a scan that has it in its buffer already, and no values.
pub(super) fn read(scan: &mut Scan, projection: &Projection, line: &[u8]) -> Result<(), Flaw> {
    let text = std::str::from_utf8(line).map_err(|_| Flaw::NotUtf8)?;
    judge(text)?;
    let mut walk = Walk { text, at: 0, arena: scan.buffer.arena() };
    walk.wanted(scan, projection, Projection::ROOT);
    Ok(())
}

/// Whether a text is an object.
fn judge(text: &str) -> Result<(), Flaw> {
    match serde_json::from_str(text) {
        Ok(Value::Object(_)) => Ok(()),
        Ok(_) => Err(Flaw::NotAnObject),
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => {
            Err(Flaw::TooDeep)
        }
        Err(_) => Err(Flaw::NotJson),
    }
}

/// A walk over text that is known to be JSON.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    /// Where the next string goes in the buffer.
    arena: usize,
}

impl<'a> Walk<'a> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> u8 {
        let rest = &self.text.as_bytes()[self.at..];
        let spaces = rest.iter().take_while(|byte| b" \t\n\r".contains(byte)).count();
        self.at += spaces;
        rest[spaces]
    }

    /// Steps over the next byte that is not white space, where it is this one.
    fn eat(&mut self, byte: u8) -> bool {
        let is = self.peek() == byte;
        self.at += usize::from(is);
        is
    }

    /// A string, with its quotes.
    fn string(&mut self) -> &'a str {
        self.peek();
        let start = self.at;
        self.at += 1;
        let bytes = self.text.as_bytes();
        while bytes[self.at] != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        &self.text[start..self.at]
    }

    /// Calls `each` before each element of the array, or each value of the object, that begins here.
    fn elements(&mut self, close: u8, mut each: impl FnMut(&mut Self)) {
        self.peek();
        self.at += 1;
        if self.eat(close) {
            return;
        }
        loop {
            each(self);
            if !self.eat(b',') {
                break;
            }
        }
        self.eat(close);
    }

    fn skip(&mut self) {
        match self.peek() {
            b'{' => self.elements(b'}', |walk| {
                walk.string();
                walk.eat(b':');
                walk.skip();
            }),
            b'[' => self.elements(b']', Self::skip),
            b'"' => {
                self.string();
            }
            _ => {
                self.literal();
            }
        }
    }

    /// A number or a name.
    fn literal(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn wanted(&mut self, scan: &mut Scan, projection: &Projection, node: NodeId) {
        match self.peek() {
            b'{' if projection.has_edges(node) => self.object(scan, projection, node),
            b'{' => self.skip(),
            b'[' => self.elements(b']', |walk| walk.wanted(scan, projection, node)),
            b'"' => {
                let text = unescape(self.string());
                let (start, len) = (self.arena, text.len());
                self.arena += len;
                scan.buffer.bytes_mut()[start..self.arena].copy_from_slice(text.as_bytes());
                scan.store.push_all(projection.slots(node), Kind::Str, start as u32, len as u32);
            }
            _ => {
                let start = self.at as u32;
                let text = self.literal();
                let kind = match text {
                    "null" => return,
                    "true" => Kind::True,
                    "false" => Kind::False,
                    _ => Kind::Number,
                };
                scan.store.push_all(projection.slots(node), kind, start, text.len() as u32);
            }
        }
    }

    fn object(&mut self, scan: &mut Scan, projection: &Projection, node: NodeId) {
        let mut members: Vec<(EdgeId, usize)> = Vec::new();
        let mut last: HashMap<EdgeId, usize> = HashMap::new();
        self.elements(b'}', |walk| {
            let key = unescape(walk.string());
            walk.eat(b':');
            walk.peek();
            if let Some(edge) = projection.edge(node, key.as_bytes()) {
                members.push((edge, walk.at));
                last.insert(edge, walk.at);
            }
            walk.skip();
        });
        let end = self.at;
        for (edge, at) in members {
            if last.get(&edge) == Some(&at) {
                self.at = at;
                self.wanted(scan, projection, projection.target(edge));
            }
        }
        self.at = end;
    }
}

/// What a string with quotes means.
fn unescape(quoted: &str) -> Cow<'_, str> {
    let inner = &quoted[1..quoted.len() - 1];
    if inner.contains('\\') {
        // Text that was read once is read again.
        serde_json::from_str(quoted).unwrap_or(Cow::Borrowed(inner))
    } else {
        Cow::Borrowed(inner)
    }
}
