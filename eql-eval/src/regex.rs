//! Regular expressions of `regex` and `regex~`: Lucene's, with all its optional operators.
//!
//! A pattern is a tree, and matching computes from a set of positions in the text the set of positions
//! that the pattern can end at. That makes the operators that other engines lack a line each: the ends of
//! `a&b` are those of both, the ends of `~a` are all others.

use std::collections::BTreeSet;

/// How deep a pattern may nest.
const MAX_DEPTH: usize = 200;

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Regex {
    root: Node,
    ignore_case: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// `#`: matches nothing, not even the empty string.
    Nothing,
    /// `@`: any string.
    AnyString,
    /// `.`
    AnyChar,
    /// `[a-z]`, `\d`, and a single character.
    Class { negated: bool, ranges: Vec<(char, char)> },
    /// `<1-31>`; `width` is the number of digits where that is fixed.
    Interval { min: u128, max: u128, width: Option<usize> },
    /// One after the other; none is the empty string.
    Concat(Vec<Node>),
    /// `a|b|c`
    Union(Vec<Node>),
    /// `a&b&c`
    Intersection(Vec<Node>),
    /// `~a`
    Complement(Box<Node>),
    /// `a?`, `a*`, `a+`, `a{2,3}`
    Repeat { node: Box<Node>, min: usize, max: Option<usize> },
}

type Positions = BTreeSet<usize>;

impl Regex {
    /// Reads a pattern; `None` where it is not one.
    pub(crate) fn new(pattern: &str, ignore_case: bool) -> Option<Self> {
        let mut parser = Parser { rest: pattern.chars().collect(), depth: 0 };
        parser.rest.reverse();
        let root = if pattern.is_empty() { Node::Concat(Vec::new()) } else { parser.union()? };
        parser.rest.is_empty().then_some(Self { root, ignore_case })
    }

    /// Whether the **whole** of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.ends(&self.root, &text, &Positions::from([0])).contains(&text.len())
    }

    /// Some strings that match, for patterns that are not too strange.
    pub(crate) fn samples(&self) -> Vec<String> {
        let mut samples: Vec<String> = (0..24).map(|seed| sample(&self.root, seed)).collect();
        samples.retain(|text| self.matches(text));
        samples.sort_unstable();
        samples.dedup();
        samples
    }

    /// The positions at which a match of `node` that begins at one of `starts` can end.
    fn ends(&self, node: &Node, text: &[char], starts: &Positions) -> Positions {
        match node {
            Node::Nothing => Positions::new(),
            Node::AnyString => match starts.first() {
                Some(first) => (*first..=text.len()).collect(),
                None => Positions::new(),
            },
            Node::AnyChar => self.after_one(text, starts, |_| true),
            Node::Class { negated, ranges } => {
                self.after_one(text, starts, |c| self.in_ranges(c, ranges) != *negated)
            }
            Node::Interval { min, max, width } => {
                let number_ends = |start: &usize| {
                    let start = *start;
                    (start + 1..=text.len())
                        .filter(move |end| in_interval(&text[start..*end], *min, *max, *width))
                };
                starts.iter().flat_map(number_ends).collect()
            }
            Node::Concat(nodes) => {
                nodes.iter().fold(starts.clone(), |ends, node| self.ends(node, text, &ends))
            }
            Node::Union(nodes) => {
                nodes.iter().flat_map(|node| self.ends(node, text, starts)).collect()
            }
            Node::Intersection(nodes) => each_start(starts, |start| {
                let all = self.ends(&Node::AnyString, text, start);
                nodes.iter().fold(all, |ends, node| &ends & &self.ends(node, text, start))
            }),
            Node::Complement(node) => each_start(starts, |start| {
                let all = self.ends(&Node::AnyString, text, start);
                &all - &self.ends(node, text, start)
            }),
            Node::Repeat { node, min, max } => self.repeat(node, *min, *max, text, starts),
        }
    }

    fn after_one(
        &self,
        text: &[char],
        starts: &Positions,
        test: impl Fn(char) -> bool,
    ) -> Positions {
        starts.iter().filter(|s| text.get(**s).is_some_and(|c| test(*c))).map(|s| s + 1).collect()
    }

    fn in_ranges(&self, c: char, ranges: &[(char, char)]) -> bool {
        let within = |c: char| ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
        let cases = [c.to_ascii_lowercase(), c.to_ascii_uppercase()];
        within(c) || self.ignore_case && cases.into_iter().any(within)
    }

    fn repeat(
        &self,
        node: &Node,
        min: usize,
        max: Option<usize>,
        text: &[char],
        starts: &Positions,
    ) -> Positions {
        let mut ends = starts.clone();
        for _ in 0..min {
            let next = self.ends(node, text, &ends);
            // A set that no longer changes has no more to tell.
            if next == ends {
                break;
            }
            ends = next;
        }
        let (mut all, mut rounds) = (ends.clone(), min);
        while max.is_none_or(|max| rounds < max) {
            let new: Positions = &self.ends(node, text, &ends) - &all;
            if new.is_empty() {
                break;
            }
            all.extend(&new);
            ends = new;
            rounds += 1;
        }
        all
    }
}

/// A string that probably matches; another `seed` takes other branches, repetitions and characters.
fn sample(node: &Node, seed: usize) -> String {
    match node {
        Node::Nothing => String::new(),
        Node::AnyString => "x".repeat(seed % 3),
        Node::AnyChar => ["x", "1", "/"][seed % 3].to_owned(),
        Node::Class { negated, ranges } => {
            sample_class(*negated, ranges, seed).into_iter().collect()
        }
        Node::Interval { min, width, .. } => format!("{min:0width$}", width = width.unwrap_or(0)),
        Node::Concat(nodes) => nodes.iter().map(|node| sample(node, seed)).collect(),
        Node::Union(nodes) | Node::Intersection(nodes) => {
            sample(&nodes[seed % nodes.len()], seed / nodes.len())
        }
        Node::Complement(_) => ["", "x", "zq"][seed % 3].to_owned(),
        Node::Repeat { node, min, max } => {
            let extra = [0, 1, 2][seed % 3];
            let count = max.map_or(min + extra, |max| max.min(min + extra));
            sample(node, seed).repeat(count)
        }
    }
}

fn sample_class(negated: bool, ranges: &[(char, char)], seed: usize) -> Option<char> {
    if !negated {
        let (low, high) = ranges.get(seed % ranges.len().max(1))?;
        return (*low..=*high).nth(seed / 3 % 3).or(Some(*low));
    }
    let outside = |c: &char| !ranges.iter().any(|(low, high)| (*low..=*high).contains(c));
    ['x', '1', '/', 'Q', ' ']
        .into_iter()
        .filter(outside)
        .nth(seed % 2)
        .or_else(|| ('!'..='\u{17f}').find(outside))
}

fn each_start(starts: &Positions, ends: impl Fn(&Positions) -> Positions) -> Positions {
    starts.iter().flat_map(|start| ends(&Positions::from([*start]))).collect()
}

fn in_interval(digits: &[char], min: u128, max: u128, width: Option<usize>) -> bool {
    let text: String = digits.iter().collect();
    let is_number = digits.iter().all(char::is_ascii_digit);
    is_number
        && width.is_none_or(|width| digits.len() == width)
        && text.parse().is_ok_and(|number| (min..=max).contains(&number))
}

/// Recursive descent over the pattern, last character first.
struct Parser {
    rest: Vec<char>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.last().copied()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest.pop();
        }
        found
    }

    /// `a|b`, the weakest operator.
    fn union(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut nodes = vec![self.intersection()?];
        while self.eat('|') {
            nodes.push(self.intersection()?);
        }
        self.depth -= 1;
        Some(single_or(nodes, Node::Union))
    }

    /// `a&b`
    fn intersection(&mut self) -> Option<Node> {
        let mut nodes = vec![self.concat()?];
        while self.eat('&') {
            nodes.push(self.concat()?);
        }
        Some(single_or(nodes, Node::Intersection))
    }

    /// At least one part.
    fn concat(&mut self) -> Option<Node> {
        let mut parts = vec![self.repeat()?];
        while self.peek().is_some_and(|c| !matches!(c, '|' | '&' | ')')) {
            parts.push(self.repeat()?);
        }
        Some(Node::Concat(parts))
    }

    /// `a?`, `a*`, `a+`, `a{n}`, `a{n,}`, `a{n,m}`, several of them in a row.
    fn repeat(&mut self) -> Option<Node> {
        let mut node = self.complement()?;
        let mut operators = 0;
        while let Some(operator @ ('?' | '*' | '+' | '{')) = self.peek() {
            self.rest.pop();
            operators += 1;
            if operators > MAX_DEPTH {
                return None;
            }
            let (min, max) = match operator {
                '?' => (0, Some(1)),
                '*' => (0, None),
                '+' => (1, None),
                _ => self.counts()?,
            };
            node = Node::Repeat { node: Box::new(node), min, max };
        }
        Some(node)
    }

    /// What stands in braces, after the `{`.
    fn counts(&mut self) -> Option<(usize, Option<usize>)> {
        let min = self.number()?;
        let max = match (self.eat(','), self.peek()) {
            (false, _) => Some(min),
            (true, Some('}')) => None,
            (true, _) => Some(self.number()?),
        };
        let ordered = max.is_none_or(|max| min <= max);
        (self.eat('}') && ordered).then_some((min, max))
    }

    fn number(&mut self) -> Option<usize> {
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            self.rest.pop();
            digits.push(digit);
        }
        digits.parse().ok()
    }

    /// `~a`
    fn complement(&mut self) -> Option<Node> {
        let mut negated = false;
        while self.eat('~') {
            negated = !negated;
        }
        let node = self.simple()?;
        Some(if negated { Node::Complement(Box::new(node)) } else { node })
    }

    fn simple(&mut self) -> Option<Node> {
        match self.rest.pop()? {
            '.' => Some(Node::AnyChar),
            '#' => Some(Node::Nothing),
            '@' => Some(Node::AnyString),
            '[' => self.class(),
            '"' => self.quoted(),
            '<' => self.interval(),
            '(' if self.eat(')') => Some(Node::Concat(Vec::new())),
            '(' => {
                let node = self.union()?;
                self.eat(')').then_some(node)
            }
            '\\' => {
                let escaped = self.rest.pop()?;
                Some(predefined(escaped).unwrap_or_else(|| literal(escaped)))
            }
            '|' | '&' | ')' | '?' | '*' | '+' | '{' => None,
            c => Some(literal(c)),
        }
    }

    /// After the `[`.
    fn class(&mut self) -> Option<Node> {
        let negated = self.eat('^');
        let mut ranges = Vec::new();
        loop {
            let low = match self.rest.pop()? {
                '\\' => match self.rest.pop()? {
                    escaped if predefined(escaped).is_some() => {
                        ranges.extend(class_ranges(&predefined(escaped)?));
                        if self.eat(']') {
                            break;
                        }
                        continue;
                    }
                    escaped => escaped,
                },
                c => c,
            };
            let high = if self.eat('-') {
                let c = self.rest.pop()?;
                if c == '\\' { self.rest.pop()? } else { c }
            } else {
                low
            };
            if low > high {
                return None;
            }
            ranges.push((low, high));
            if self.eat(']') {
                break;
            }
        }
        Some(Node::Class { negated, ranges })
    }

    /// After the `"`.
    fn quoted(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        loop {
            match self.rest.pop()? {
                '"' => return Some(Node::Concat(parts)),
                c => parts.push(literal(c)),
            }
        }
    }

    /// After the `<`: two numbers of digits; of equal length, they fix the width.
    fn interval(&mut self) -> Option<Node> {
        let mut inside = String::new();
        loop {
            match self.rest.pop()? {
                '>' => break,
                c => inside.push(c),
            }
        }
        let (low, high) = inside.split_once('-')?;
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let (a, b): (u128, u128) = (low.parse().ok()?, high.parse().ok()?);
        let width = (low.len() == high.len()).then_some(low.len());
        (digits(low) && digits(high)).then_some(Node::Interval {
            min: a.min(b),
            max: a.max(b),
            width,
        })
    }
}

fn single_or(mut nodes: Vec<Node>, several: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { several(nodes) }
}

fn literal(c: char) -> Node {
    Node::Class { negated: false, ranges: vec![(c, c)] }
}

/// `\d`, `\w`, `\s` and their opposites.
fn predefined(c: char) -> Option<Node> {
    let ranges: &[(char, char)] = match c.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' => &[('\t', '\n'), ('\r', '\r'), (' ', ' ')],
        _ => return None,
    };
    Some(Node::Class { negated: c.is_ascii_uppercase(), ranges: ranges.to_vec() })
}

/// The characters of a class as ranges, those of a negated one turned round.
fn class_ranges(class: &Node) -> Vec<(char, char)> {
    let Node::Class { negated, ranges } = class else { return Vec::new() };
    if !negated {
        return ranges.clone();
    }
    let mut outside = Vec::new();
    let mut low = '\0';
    for (from, to) in ranges {
        if let Some(before) = (low..*from).next_back() {
            outside.push((low, before));
        }
        low = (*to..=char::MAX).nth(1).unwrap_or(char::MAX);
    }
    outside.push((low, char::MAX));
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let regex =
            Regex::new(pattern, false).unwrap_or_else(|| panic!("{pattern} does not parse"));
        for text in yes {
            assert!(regex.matches(text), "{pattern} should match {text}");
        }
        for text in no {
            assert!(!regex.matches(text), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn whole_value() {
        check("net1", &["net1"], &["net1 x", "xnet1", ""]);
        check(".*?net1.*?", &["net1", "a net1 b"], &["net2"]);
        check("", &[""], &["a"]);
        check("a.c", &["abc", "a\nc", "aéc"], &["ac"]);
    }

    #[test]
    fn operators() {
        check("ab|cd", &["ab", "cd"], &["abd", "acd"]);
        check(&vec!["a"; 50_000].join("|"), &["a"], &["b"]);
        check(&format!("{}a", "~".repeat(50_000)), &["a"], &["b"]);
        check("a(b|c)*d", &["ad", "abcbd"], &["abxd"]);
        check("(ab){2,3}", &["abab", "ababab"], &["ab", "abababab"]);
        check("a{2}", &["aa"], &["a", "aaa"]);
        check("a{2,}", &["aa", "aaaaa"], &["a"]);
        check("(a?){3}", &["", "a", "aaa"], &["aaaa"]);
        check("[a-c-]x", &["ax", "cx", "-x"], &["dx"]);
        check("[^a-c]", &["d", "^"], &["a", ""]);
        check(r"[\]x]", &["]", "x"], &["\\"]);
        check(r"\.\*", &[".*"], &["ab"]);
        check("^a$", &["^a$"], &["a"]);
    }

    #[test]
    fn optional_operators() {
        check("~(abc)", &["", "ab", "abcd"], &["abc"]);
        check("~~(abc)", &["abc"], &["", "ab"]);
        check("a.*&.*b&...", &["axb"], &["ab", "axxb"]);
        check("a~bc", &["ac", "axc", "abbc"], &["abc"]);
        check(".*a.*&.*b.*", &["ab", "b-a"], &["a", "b"]);
        check("@&~(foo.*)", &["", "bar"], &["foo", "foobar"]);
        check("#", &[], &["", "#"]);
        check("a#?b", &["ab"], &["a#b"]);
        check("\"a.b\"c", &["a.bc"], &["axbc"]);
        check("x<1-31>", &["x1", "x31", "x007"], &["x0", "x32", "x"]);
        check("<01-31>", &["01", "31"], &["1", "001"]);
        check("<31-01>", &["01", "31"], &["00"]);
    }

    #[test]
    fn predefined_classes() {
        check(r"\w+\s\d{2}", &["ab_1 42"], &["ab 4", "a-b 42"]);
        check(r"[\d.]+", &["1.2"], &["1,2"]);
        check(r"\D[\W]", &["a-"], &["1-", "aa"]);
    }

    #[test]
    fn case() {
        let regex = Regex::new("[a-c]x[^y]", true).unwrap();
        assert!(regex.matches("BXz"));
        assert!(!regex.matches("bxY"));
    }

    #[test]
    fn errors() {
        for pattern in
            ["(", ")", "a)", "[a", "[z-a]", "a{", "a{2", "a{3,2}", "\"a", "<1-", "<a-b>", "*"]
        {
            assert_eq!(Regex::new(pattern, false), None, "{pattern}");
        }
        assert_eq!(Regex::new(&"(".repeat(100_000), false), None);
        assert_eq!(Regex::new(&format!("a{}", "?".repeat(100_000)), false), None);
    }

    #[test]
    fn repetition_of_the_empty_string_ends() {
        check("(a*)*b", &["b", "aab"], &["aa"]);
        check("(a|()){5000}", &["", "aaa"], &["b"]);
    }
}
