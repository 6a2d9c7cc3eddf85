//! A query as nested lists of its tokens, each comment at the item that it is printed with.

use crate::scan::{self, KEYWORDS, TokenKind, is_keyword_before_operand};

/// A query.
pub(super) struct Query<'t> {
    pub(super) lead: Vec<&'t str>,
    /// `process where`, or `sequence by host.id with maxspan=1m`.
    pub(super) head: Vec<Part<'t>>,
    pub(super) head_trail: Vec<&'t str>,
    /// The condition of an event query.
    pub(super) condition: Vec<Item<'t>>,
    /// The terms of a sequence or a sample.
    pub(super) stages: Vec<Stage<'t>>,
    pub(super) pipes: Vec<Pipe<'t>>,
    /// Comments after everything.
    pub(super) end: Vec<&'t str>,
}

/// `| head 5`, with comments before and behind.
pub(super) struct Pipe<'t> {
    pub(super) lead: Vec<&'t str>,
    pub(super) parts: Vec<Part<'t>>,
    pub(super) trail: Vec<&'t str>,
}

/// `[process where true] by process.entity_id`
pub(super) struct Stage<'t> {
    pub(super) lead: Vec<&'t str>,
    pub(super) until: Option<&'t str>,
    pub(super) group: Group<'t>,
    pub(super) suffix: Vec<Part<'t>>,
    pub(super) trail: Vec<&'t str>,
}

/// One of several things that `and`, `or` or commas separate.
pub(super) struct Item<'t> {
    pub(super) lead: Vec<&'t str>,
    pub(super) body: Body<'t>,
    /// What separates it from the next one.
    pub(super) separator: Option<&'t str>,
    pub(super) trail: Vec<&'t str>,
    /// The body on one line, where no comment is in it.
    pub(super) flat: Option<String>,
}

pub(super) enum Body<'t> {
    /// Items with `and`, or with `or`, between them.
    Chain(Vec<Item<'t>>),
    Atom(Vec<Part<'t>>),
}

pub(super) enum Part<'t> {
    Token { text: &'t str, space: bool },
    Group(Group<'t>),
}

/// What stands in brackets.
pub(super) struct Group<'t> {
    /// Whether a space is before it.
    pub(super) space: bool,
    pub(super) open: &'t str,
    /// `process where`, in square brackets.
    pub(super) head: Vec<Part<'t>>,
    pub(super) items: Vec<Item<'t>>,
    /// Comments before the closing bracket.
    pub(super) dangling: Vec<&'t str>,
    pub(super) close: &'t str,
    pub(super) flat: Option<String>,
}

impl Item<'_> {
    pub(super) fn sep(&self) -> String {
        match self.separator {
            Some(",") => ",".to_owned(),
            Some(word) => format!(" {word}"),
            None => String::new(),
        }
    }
}

#[derive(Clone, Copy)]
struct Comment<'t> {
    text: &'t str,
    /// Whether a line ends before it.
    own_line: bool,
}

#[derive(Clone, Copy)]
struct Token<'t> {
    kind: TokenKind,
    text: &'t str,
    /// Whether nothing is between it and the token before.
    glued: bool,
    /// The index of the bracket that closes it.
    close: Option<usize>,
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    /// The comments before each token, and at last those after all of them; each is taken once.
    comments: Vec<Vec<Comment<'t>>>,
}

/// Tokens and comments, apart; comments sorted, since some change their places with tokens.
pub(super) fn words(text: &str) -> (Vec<&str>, Vec<&str>) {
    let reader = Reader::new(text);
    let tokens = reader.tokens.iter().map(|token| token.text).collect();
    let mut comments: Vec<&str> =
        reader.comments.iter().flatten().map(|comment| comment.text).collect();
    comments.sort_unstable();
    (tokens, comments)
}

/// Reads a text that parses.
pub(super) fn read(text: &str) -> Query<'_> {
    let mut reader = Reader::new(text);
    reader.query()
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let (mut tokens, mut comments, mut open) =
            (Vec::<Token<'t>>::new(), Vec::new(), Vec::new());
        let mut at = 0;
        for token in &scan::scan(text).tokens {
            let range = token.span.range();
            let gap = text.get(at..range.start).unwrap_or_default();
            let word = text.get(range.clone()).unwrap_or_default();
            comments.push(comments_of(gap, at == 0));
            let index = tokens.len();
            tokens.push(Token {
                kind: token.kind,
                text: word,
                glued: gap.is_empty() && at > 0,
                close: None,
            });
            if token.kind == TokenKind::Symbol {
                match word {
                    "(" | "[" | "![" => open.push(index),
                    ")" | "]" => {
                        if let Some(opening) =
                            open.pop().and_then(|opening| tokens.get_mut(opening))
                        {
                            opening.close = Some(index);
                        }
                    }
                    _ => {}
                }
            }
            at = range.end;
        }
        comments.push(comments_of(text.get(at..).unwrap_or_default(), at == 0));
        Self { tokens, comments }
    }

    fn is(&self, at: usize, text: &str) -> bool {
        let plain = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Symbol);
        self.tokens.get(at).is_some_and(|token| plain(token) && token.text == text)
    }

    /// The token after this one, or after the bracket that closes it.
    fn after(&self, at: usize) -> usize {
        self.tokens.get(at).and_then(|token| token.close).filter(|close| *close > at).unwrap_or(at)
            + 1
    }

    /// The first place from `at` to `end`, outside of brackets, of one of these.
    fn find(&self, mut at: usize, end: usize, texts: &[&str]) -> usize {
        while at < end && !texts.iter().any(|text| self.is(at, text)) {
            at = self.after(at);
        }
        at.min(end)
    }

    fn take(&mut self, at: usize) -> Vec<Comment<'t>> {
        self.comments.get_mut(at).map(std::mem::take).unwrap_or_default()
    }

    /// All comments before a token.
    fn take_all(&mut self, at: usize) -> Vec<&'t str> {
        self.take(at).into_iter().map(|comment| comment.text).collect()
    }

    /// Takes the comments before a token that stand behind the one before it, and puts them behind something.
    fn take_trailing(&mut self, at: usize, trail: &mut Vec<&'t str>) {
        let mut rest = Vec::new();
        for comment in self.take(at) {
            // Nothing can stand behind `// …` on its line.
            let ended = trail.last().is_some_and(|last| last.starts_with("//"));
            if comment.own_line || ended || !rest.is_empty() {
                rest.push(Comment { own_line: true, ..comment });
            } else {
                trail.push(comment.text);
            }
        }
        if let Some(place) = self.comments.get_mut(at) {
            *place = rest;
        }
    }

    fn query(&mut self) -> Query<'t> {
        let count = self.tokens.len();
        let mut lead = self.take_all(0);
        let grouped = self.is(0, "sequence") || self.is(0, "sample");
        let bars = self.find(0, count, &["|"]);
        let (mut head_trail, mut condition, mut stages) = (Vec::new(), Vec::new(), Vec::new());
        let head;
        if grouped {
            let first = self.find(0, bars, &["[", "!["]);
            head = self.run(0, first, &mut lead);
            self.take_trailing(first, &mut head_trail);
            let mut at = first;
            while at < bars {
                let stage = self.stage(&mut at, bars);
                stages.push(stage);
            }
        } else {
            let start = (self.find(0, bars, &["where"]) + 1).min(bars);
            head = self.run(0, start, &mut lead);
            condition = self.list(start, bars);
            if let Some(last) = condition.last_mut() {
                self.take_trailing(bars, &mut last.trail);
            }
        }
        let mut pipes = Vec::new();
        let mut at = bars;
        while at < count {
            let next = self.find(at + 1, count, &["|"]);
            let mut lead = self.take_all(at);
            let parts = self.run(at, next, &mut lead);
            let mut trail = Vec::new();
            self.take_trailing(next, &mut trail);
            pipes.push(Pipe { lead, parts, trail });
            at = next;
        }
        let end = self.take_all(count);
        Query { lead, head, head_trail, condition, stages, pipes, end }
    }

    /// A term and what stands behind it; `at` goes past it.
    fn stage(&mut self, at: &mut usize, end: usize) -> Stage<'t> {
        let mut lead = self.take_all(*at);
        let until = self.tokens.get(*at).filter(|_| self.is(*at, "until")).map(|token| token.text);
        if until.is_some() {
            *at += 1;
            lead.extend(self.take_all(*at));
        }
        let group = self.group(*at, false, &mut lead);
        let behind = self.after(*at);
        *at = self.find(behind, end, &["[", "![", "until"]);
        let mut trail = Vec::new();
        for inside in behind..*at {
            self.take_trailing(inside, &mut trail);
        }
        let suffix = self.run(behind, *at, &mut lead);
        self.take_trailing(*at, &mut trail);
        Stage { lead, until, group, suffix, trail }
    }

    /// Items with commas between them.
    fn list(&mut self, start: usize, end: usize) -> Vec<Item<'t>> {
        self.separated(start, end, ",")
    }

    fn separated(&mut self, start: usize, end: usize, separator: &str) -> Vec<Item<'t>> {
        let mut items = Vec::new();
        let (mut at, mut carried) = (start, Vec::new());
        while at < end {
            let next = self.find(at, end, &[separator]);
            let mut lead = std::mem::take(&mut carried);
            lead.extend(self.take_all(at));
            let mut body = self.expression(at, next, &mut lead);
            // Both begin at the same word.
            if let Body::Chain(items) = &mut body
                && let Some(first) = items.first_mut()
            {
                lead.append(&mut first.lead);
            }
            let mut trail = Vec::new();
            let found = self.tokens.get(next).filter(|_| next < end).map(|token| token.text);
            if found.is_some() {
                self.take_trailing(next, &mut trail);
                carried = self.take_all(next);
                if carried.is_empty() {
                    self.take_trailing(next + 1, &mut trail);
                }
            }
            let flat = flat_body(&body);
            items.push(Item { lead, body, separator: found, trail, flat });
            at = next + 1;
        }
        // Behind a last comma.
        if let Some(place) = self.comments.get_mut(end) {
            place.splice(0..0, carried.into_iter().map(|text| Comment { text, own_line: true }));
        }
        items
    }

    fn expression(&mut self, start: usize, end: usize, hoisted: &mut Vec<&'t str>) -> Body<'t> {
        for word in ["or", "and"] {
            if self.find(start, end, &[word]) < end {
                return Body::Chain(self.separated(start, end, word));
            }
        }
        Body::Atom(self.run(start, end, hoisted))
    }

    /// Tokens and groups in a row. The comments between them go to what they are a part of.
    fn run(&mut self, start: usize, end: usize, hoisted: &mut Vec<&'t str>) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        let mut at = start;
        while at < end {
            hoisted.extend(self.take_all(at));
            let space = at > start && self.space(at);
            let Some(token) = self.tokens.get(at).copied() else { break };
            let next = self.after(at);
            parts.push(match token.close {
                Some(_) => Part::Group(self.group(at, space, hoisted)),
                None => Part::Token { text: token.text, space },
            });
            at = next;
        }
        parts
    }

    fn group(&mut self, open: usize, space: bool, hoisted: &mut Vec<&'t str>) -> Group<'t> {
        let close = self.after(open) - 1;
        let text = |at: usize| self.tokens.get(at).map_or("", |token| token.text);
        let (opening, closing) = (text(open), text(close));
        let mut start = open + 1;
        let mut head = Vec::new();
        if opening != "(" {
            start = (self.find(start, close, &["where"]) + 1).min(close);
            head = self.run(open + 1, start, hoisted);
        }
        let mut items = self.list(start, close);
        if let Some(last) = items.last_mut() {
            self.take_trailing(close, &mut last.trail);
        }
        let dangling = self.take_all(close);
        let mut group =
            Group { space, open: opening, head, items, dangling, close: closing, flat: None };
        group.flat = flat_group(&group);
        group
    }

    /// Whether a space stands before a token that is not the first one of its kind.
    fn space(&self, at: usize) -> bool {
        let Some((before, token)) = at
            .checked_sub(1)
            .and_then(|before| Some((self.tokens.get(before)?, self.tokens.get(at)?)))
        else {
            return false;
        };
        let is_keyword = |word: &str| KEYWORDS.contains(&word.trim_end_matches('~'));
        match (before.kind, before.text, token.kind, token.text) {
            (_, _, TokenKind::Symbol, "." | "," | ")" | "]" | "=")
            | (TokenKind::Symbol, "." | "(" | "[" | "![" | "?" | "=", _, _) => false,
            (TokenKind::Word, name, TokenKind::Symbol, "(") => is_keyword(name),
            (TokenKind::Symbol, "-" | "+", _, text) if self.is_sign(at - 1) => {
                matches!(text, "-" | "+")
            }
            // `1m`
            (TokenKind::Number, _, TokenKind::Word, word) => !token.glued || is_keyword(word),
            _ => true,
        }
    }

    /// Whether `-` or `+` belongs to what follows alone.
    fn is_sign(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.tokens.get(before));
        !before.is_some_and(|token| match token.kind {
            TokenKind::Symbol => matches!(token.text, ")" | "]"),
            TokenKind::Word => !is_keyword_before_operand(token.text),
            _ => true,
        })
    }
}

/// The comments between two tokens. At the start of a text a comment has nothing to stand behind.
fn comments_of(gap: &str, start: bool) -> Vec<Comment<'_>> {
    let mut comments = Vec::new();
    let (mut rest, mut own_line) = (gap, start);
    while let Some(at) = rest.find('/') {
        own_line |= rest.get(..at).unwrap_or_default().contains(['\n', '\r']);
        let from = rest.get(at..).unwrap_or_default();
        let length = match from.strip_prefix("/*") {
            Some(inside) => inside.find("*/").map_or(from.len(), |end| end + 4),
            None => from.find(['\n', '\r']).unwrap_or(from.len()),
        };
        let (comment, behind) = from.split_at(length);
        comments.push(Comment { text: comment.trim_end(), own_line });
        rest = behind;
        own_line = false;
    }
    comments
}

fn flat_body(body: &Body<'_>) -> Option<String> {
    match body {
        Body::Chain(items) => flat_items(items),
        Body::Atom(parts) => flat_parts(parts),
    }
}

/// Items on one line; `None` where there are comments.
pub(super) fn flat_items(items: &[Item<'_>]) -> Option<String> {
    let mut flat = String::new();
    for (index, item) in items.iter().enumerate() {
        if !item.lead.is_empty() || !item.trail.is_empty() {
            return None;
        }
        if index > 0 {
            flat.push(' ');
        }
        flat.push_str(item.flat.as_ref()?);
        flat.push_str(&item.sep());
    }
    Some(flat)
}

pub(super) fn flat_parts(parts: &[Part<'_>]) -> Option<String> {
    let mut flat = String::new();
    for part in parts {
        let (text, space) = match part {
            Part::Token { text, space } => (*text, *space),
            Part::Group(group) => (group.flat.as_deref()?, group.space),
        };
        if space {
            flat.push(' ');
        }
        flat.push_str(text);
    }
    Some(flat)
}

fn flat_group(group: &Group<'_>) -> Option<String> {
    if !group.dangling.is_empty() {
        return None;
    }
    let head = flat_parts(&group.head)?;
    let space = if group.head.is_empty() { "" } else { " " };
    Some(format!("{}{head}{space}{}{}", group.open, flat_items(&group.items)?, group.close))
}
