//! A query in plain English.

use eql_eval::Context;
use eql_eval::words::join;
use eql_grammar::ast::{
    ArithOp, Body, Call, Category, Compare, CompareOp, EventQuery, Expr, FieldPath, In, Literal,
    Match, MatchOp, PipeKind, Query, Sequence, Term, TimeSpan, TimeUnit,
};
use eql_grammar::span::Spanned;

/// How many entries of a list are written out.
const MOST: usize = 8;

/// The query as lines: sentences, and lists that are indented by two spaces a level.
pub(super) fn describe(query: &Query, cx: &Context) -> Vec<String> {
    let mut writer = Writer { cx, lines: Vec::new(), negates_fields: false };
    match &query.body {
        Body::Event(event) => writer.event(0, "Matches ", "an event", event, ""),
        Body::Sequence(sequence) => writer.sequence(sequence),
        Body::Sample(sample) => {
            let count = number(sample.terms.len());
            writer.line(0, format!("Matches {count} different events in any order, with these keys in common, one event for each of:"));
            writer.terms(&sample.terms, "");
            writer.keys(&sample.by, &sample.terms);
        }
    }
    for pipe in &query.pipes {
        let which = match pipe.kind {
            PipeKind::Head => "first",
            PipeKind::Tail => "last",
        };
        let results = match &pipe.count.node {
            Expr::Literal(Literal::Int(1)) => "one counts".to_owned(),
            count => format!("{count} count"),
        };
        writer.line(0, format!("Of the results, only the {which} {results}."));
    }
    if writer.negates_fields {
        writer.line(
            0,
            "What is said with “not”, “no” or “neither” also holds where the field is absent."
                .to_owned(),
        );
    }
    writer.lines
}

struct Writer<'a> {
    cx: &'a Context,
    lines: Vec<String>,
    /// Whether a condition on a field is negated.
    negates_fields: bool,
}

/// A condition in words.
enum Said {
    /// As a sentence without a full stop.
    Sentence(String),
    /// A heading and what it is about.
    Group(&'static str, Vec<Said>),
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: String) {
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
    }

    /// `Matches an event of the category …` and its condition.
    fn event(&mut self, depth: usize, before: &str, what: &str, query: &EventQuery, after: &str) {
        let category = match &query.category.node {
            Category::Any => " of any category".to_owned(),
            Category::Named(name) if self.cx.category_field == "event.category" => {
                format!(" of the category `{name}`")
            }
            Category::Named(name) => format!(" with `{}` \"{name}\"", self.cx.category_field),
        };
        let head = format!("{before}{what}{category}{after}");
        match self.condition(&query.condition, true) {
            _ if query.condition.node == Expr::Literal(Literal::Bool(true)) => {
                self.line(depth, format!("{head}."));
            }
            Said::Sentence(text) => self.line(depth, format!("{head} where {text}.")),
            Said::Group(heading, parts) => {
                self.line(depth, format!("{head} where {heading}:"));
                self.list(depth + 1, parts);
            }
        }
    }

    fn list(&mut self, depth: usize, parts: Vec<Said>) {
        for part in parts {
            match part {
                Said::Sentence(text) => self.line(depth, format!("- {text}")),
                Said::Group(heading, parts) => {
                    self.line(depth, format!("- {heading}:"));
                    self.list(depth + 1, parts);
                }
            }
        }
    }

    fn sequence(&mut self, sequence: &Sequence) {
        let events: u64 = sequence
            .terms
            .iter()
            .filter(|term| !term.missing)
            .map(|term| term.runs.as_ref().map_or(1, |runs| runs.node))
            .sum();
        let span = sequence.maxspan.as_ref().map(|span| format!(" within {}", time(span.node)));
        let events = match events {
            1 => "an event".to_owned(),
            count => format!(
                "a sequence of {} events",
                number(usize::try_from(count).unwrap_or(usize::MAX))
            ),
        };
        self.line(0, format!("Matches {events}{}, in this order:", span.unwrap_or_default()));
        self.terms(&sequence.terms, "then ");
        self.keys(&sequence.by, &sequence.terms);
        if let Some(until) = &sequence.until {
            self.event(0, "Starts over when there is ", "an event", &until.query, " first");
        }
    }

    fn terms(&mut self, terms: &[Spanned<Term>], then: &str) {
        let last = terms.len().saturating_sub(1);
        for (at, term) in terms.iter().enumerate() {
            let place = format!("{}. ", at + 1);
            if term.missing {
                let when = match at {
                    0 => "before that, no event",
                    _ if at == last => "after that, no event",
                    _ => "in between, no event",
                };
                self.event(1, &place, when, &term.query, "");
                continue;
            }
            let first = terms[..at].iter().all(|term| term.missing);
            let then = if first { "" } else { then };
            let runs = match &term.runs {
                Some(runs) if runs.node > 1 => format!(", {} such events in a row,", runs.node),
                _ => String::new(),
            };
            self.event(1, &format!("{place}{then}"), "an event", &term.query, &runs);
        }
    }

    /// What the events have in common.
    fn keys(&mut self, shared: &[Spanned<FieldPath>], terms: &[Spanned<Term>]) {
        let own = terms.iter().map(|term| term.by.len()).min().unwrap_or_default();
        if shared.is_empty() && own == 0 {
            self.line(0, "The events need not have anything in common.".to_owned());
            return;
        }
        let mut optional = shared.iter().any(|field| field.optional);
        let mut same: Vec<String> =
            shared.iter().map(|field| format!("`{}`", field.path)).collect();
        let mut equal: Vec<String> = Vec::new();
        for at in 0..own {
            let fields: Vec<&FieldPath> =
                terms.iter().filter_map(|term| term.by.get(at)).map(|field| &field.node).collect();
            optional |= fields.iter().any(|field| field.optional);
            let first = fields.first().map(|field| field.path.as_str()).unwrap_or_default();
            if fields.iter().all(|field| field.path == first) {
                same.push(format!("`{first}`"));
                continue;
            }
            let each = fields.iter().enumerate();
            let each = each.map(|(term, field)| format!("`{}` of event {}", field.path, term + 1));
            equal.push(format!("The same value stands in {}.", join(each)));
        }
        if !same.is_empty() {
            self.line(0, format!("All of them have the same {}.", join(same.into_iter())));
        }
        equal.into_iter().for_each(|line| self.line(0, line));
        if optional {
            self.line(0, "An optional key may be absent in all of them.".to_owned());
        }
    }

    /// The condition in words, or its negation.
    fn condition(&mut self, expr: &Expr, positive: bool) -> Said {
        match expr {
            Expr::Not(inner) => self.condition(inner, !positive),
            Expr::And(list) => self
                .group(list, if positive { "all of these hold" } else { "not all of these hold" }),
            Expr::Or(list) => self.group(
                list,
                if positive { "at least one of these holds" } else { "none of these holds" },
            ),
            Expr::Call(call) if call.name.eq_ignore_ascii_case("_arraysearch") => {
                let [array, variable, inner] = call.args.as_slice() else {
                    return Said::Sentence(format!("`{expr}`"));
                };
                let heading = if positive {
                    "an element has all of this"
                } else {
                    "no element has all of this"
                };
                let about = Said::Sentence(format!(
                    "the element, `{variable}`, is one of {}",
                    self.operand(array)
                ));
                let inner = self.condition(inner, true);
                Said::Group(heading, vec![about, inner])
            }
            Expr::DescendantOf(query) => {
                let heading = if positive {
                    "a process above it had an event with all of this"
                } else {
                    "no process above it had an event with all of this"
                };
                let category = Said::Sentence(format!("the category is `{}`", query.category.node));
                let inner = self.condition(&query.condition, true);
                Said::Group(heading, vec![category, inner])
            }
            leaf => Said::Sentence(self.leaf(leaf, positive)),
        }
    }

    fn group(&mut self, list: &[Spanned<Expr>], heading: &'static str) -> Said {
        Said::Group(heading, list.iter().map(|part| self.condition(part, true)).collect())
    }

    fn leaf(&mut self, expr: &Expr, positive: bool) -> String {
        match expr {
            Expr::Compare(compare) => self.compare(compare, positive),
            Expr::In(test) => self.is_in(test, positive),
            Expr::Match(test) => self.matches(test, positive),
            Expr::Call(call) => self.call(call, positive),
            Expr::Literal(Literal::Bool(value)) => {
                if *value == positive { "anything goes" } else { "nothing does" }.to_owned()
            }
            other => {
                self.negated(positive);
                let is = if positive { "is" } else { "is not" };
                format!("{} {is} true", self.operand(other))
            }
        }
    }

    fn negated(&mut self, positive: bool) {
        self.negates_fields |= !positive;
    }

    fn compare(&mut self, compare: &Compare, positive: bool) -> String {
        let Compare { left, op, right } = compare;
        // `1 == x` reads better the other way round.
        let is_swapped =
            matches!(left.node, Expr::Literal(_)) && !matches!(right.node, Expr::Literal(_));
        let (left, right, op) =
            if is_swapped { (right, left, op.node.mirrored()) } else { (left, right, op.node) };
        if right.node == Expr::Literal(Literal::Null) && matches!(op, CompareOp::Eq | CompareOp::Ne)
        {
            let present = (op == CompareOp::Ne) == positive;
            return format!(
                "{} {}",
                self.operand(left),
                if present { "has a value" } else { "has no value" }
            );
        }
        let positive = if op == CompareOp::Ne { !positive } else { positive };
        self.negated(positive);
        let is = match (op, positive) {
            (CompareOp::Eq | CompareOp::Ne, true) => "is",
            (CompareOp::Eq | CompareOp::Ne, false) => "is not",
            (CompareOp::Lt, true) => "is less than",
            (CompareOp::Lt, false) => "is not less than",
            (CompareOp::Le, true) => "is at most",
            (CompareOp::Le, false) => "is not at most",
            (CompareOp::Gt, true) => "is more than",
            (CompareOp::Gt, false) => "is not more than",
            (CompareOp::Ge, true) => "is at least",
            (CompareOp::Ge, false) => "is not at least",
        };
        format!("{} {is} {}", self.operand(left), self.operand(right))
    }

    fn is_in(&mut self, test: &In, positive: bool) -> String {
        let positive = positive != test.negated;
        self.negated(positive);
        let values: Vec<String> = test.list.iter().map(|entry| self.operand(entry)).collect();
        let case = if test.fold { ", in any case" } else { "" };
        format!("{} {}{case}", self.operand(&test.value), among(&values, positive))
    }

    fn matches(&mut self, test: &Match, positive: bool) -> String {
        let value = self.operand(&test.value);
        let op = test.op.node;
        if let [pattern] = test.patterns.as_slice()
            && pattern.node == Literal::Str("*".to_owned())
            && !matches!(op, MatchOp::Regex | MatchOp::RegexFold)
        {
            return format!("{value} {}", if positive { "has a value" } else { "has no value" });
        }
        self.negated(positive);
        let patterns: Vec<&Literal> = test.patterns.iter().map(|pattern| &pattern.node).collect();
        let has_letter =
            patterns.iter().any(|pattern| pattern.to_string().chars().any(char::is_alphabetic));
        let (is_regex, fold) = match op {
            MatchOp::Colon | MatchOp::LikeFold => (false, true),
            MatchOp::Like => (false, false),
            MatchOp::Regex => (true, false),
            MatchOp::RegexFold => (true, true),
        };
        let case = if fold && has_letter { ", in any case" } else { "" };
        let said = if is_regex {
            let list = either(patterns.iter().map(|p| p.to_string()).collect());
            let verb = if positive { "matches" } else { "does not match" };
            format!("{verb} the regular expression {list} as a whole")
        } else {
            shapes(&patterns, positive)
        };
        format!("{value} {said}{case}")
    }

    fn call(&mut self, call: &Call, positive: bool) -> String {
        self.negated(positive);
        let case = if call.fold { ", in any case" } else { "" };
        let args: Vec<String> = call.args.iter().map(|arg| self.operand(arg)).collect();
        let name = call.name.to_ascii_lowercase();
        let Some((value, list)) = args.split_first() else {
            return format!("`{}`", Expr::Call(call.clone()));
        };
        let list = list.to_vec();
        let (yes, no) = match name.as_str() {
            "startswith" => ("begins with", "does not begin with"),
            "endswith" => ("ends with", "does not end with"),
            "stringcontains" => ("contains", "does not contain"),
            "cidrmatch" if list.len() > 1 => {
                ("is in one of the networks", "is in none of the networks")
            }
            "cidrmatch" => ("is in the network", "is not in the network"),
            "wildcard" => ("matches", "does not match"),
            _ => {
                let is = if positive { "is" } else { "is not" };
                return format!("{} {is} true", self.operand(&Expr::Call(call.clone())));
            }
        };
        format!("{value} {} {}{case}", if positive { yes } else { no }, either(list))
    }

    /// What stands on a side of an operator.
    fn operand(&self, expr: &Expr) -> String {
        match expr {
            Expr::Field(field) if field.optional && !self.cx.mapping.is_mapped(&field.path) => {
                format!("`{}` (not in the schema, so never there)", field.path)
            }
            Expr::Field(field) => format!("`{}`", field.path),
            Expr::Variable(variable) => format!("`{variable}`"),
            Expr::Literal(literal) => literal.to_string(),
            Expr::Neg(inner) => format!("minus {}", self.operand(inner)),
            Expr::Arith(arith) => {
                let word = match arith.op.node {
                    ArithOp::Add => "plus",
                    ArithOp::Sub => "minus",
                    ArithOp::Mul => "times",
                    ArithOp::Div => "divided by",
                    ArithOp::Mod => "modulo",
                };
                let side = |side: &Expr| match side {
                    Expr::Arith(_) => format!("({})", self.operand(side)),
                    _ => self.operand(side),
                };
                format!("{} {word} {}", side(&arith.left), side(&arith.right))
            }
            Expr::Call(call) => self.result(call),
            other => format!("`{other}`"),
        }
    }

    /// What a function gives.
    fn result(&self, call: &Call) -> String {
        let args: Vec<String> = call.args.iter().map(|arg| self.operand(arg)).collect();
        let case = if call.fold { " (in any case)" } else { "" };
        match (call.name.to_ascii_lowercase().as_str(), args.as_slice()) {
            ("length", [value]) => format!("the length of {value}"),
            ("substring", [value, from]) => format!("the part of {value} from position {from} on"),
            ("substring", [value, from, to]) => {
                format!("the part of {value} from position {from} up to {to}")
            }
            ("between", [value, left, right, ..]) => {
                format!("the part of {value} between {left} and {right}{case}")
            }
            ("indexof", [value, part, ..]) => format!("the position of {part} in {value}{case}"),
            ("concat", [_, ..]) => format!("the text of {} put together", join(args.into_iter())),
            ("string", [value]) => format!("the text of {value}"),
            ("number", [value, ..]) => format!("the number in {value}"),
            _ => format!("`{}`", Expr::Call(call.clone())),
        }
    }
}

/// What patterns ask of a value, by their shape.
fn shapes(patterns: &[&Literal], positive: bool) -> String {
    let (mut whole, mut head, mut tail, mut part, mut other) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pattern in patterns {
        let Literal::Str(text) = pattern else {
            whole.push(pattern.to_string());
            continue;
        };
        let plain = |text: &str| !text.is_empty() && !text.contains(['*', '?']);
        let quoted = |text: &str| Literal::Str(text.to_owned()).to_string();
        if plain(text) || text.is_empty() {
            whole.push(quoted(text));
        } else if let Some(text) =
            text.strip_prefix('*').and_then(|t| t.strip_suffix('*')).filter(|t| plain(t))
        {
            part.push(quoted(text));
        } else if let Some(text) = text.strip_prefix('*').filter(|t| plain(t)) {
            tail.push(quoted(text));
        } else if let Some(text) = text.strip_suffix('*').filter(|t| plain(t)) {
            head.push(quoted(text));
        } else {
            other.push(quoted(text));
        }
    }
    let is = if whole.len() > 1 { "is one of" } else { "is" };
    let kinds = [
        (whole, is, "is not"),
        (head, "begins with", "does not begin with"),
        (tail, "ends with", "does not end with"),
        (part, "contains", "does not contain"),
        (other, "matches", "does not match"),
    ];
    let said = kinds.into_iter().filter(|(list, ..)| !list.is_empty());
    let said: Vec<String> = said
        .map(|(list, yes, no)| format!("{} {}", if positive { yes } else { no }, either(list)))
        .collect();
    match (said.as_slice(), positive) {
        ([one], _) => one.clone(),
        (_, true) => said.join(" or "),
        (_, false) => said.join(" and "),
    }
}

/// `is one of a, b or c`
fn among(values: &[String], positive: bool) -> String {
    let is = match (values.len(), positive) {
        (1, true) => "is",
        (1, false) => "is not",
        (_, true) => "is one of",
        (_, false) => "is none of",
    };
    format!("{is} {}", either(values.to_vec()))
}

/// `a, b or c`; of a long list the first few.
pub(super) fn either(mut list: Vec<String>) -> String {
    let last = if list.len() > MOST + 1 {
        let left = list.len() - MOST;
        list.truncate(MOST);
        Some(format!("{left} others"))
    } else {
        list.pop()
    };
    match last {
        None => String::new(),
        Some(last) if list.is_empty() => last,
        Some(last) => format!("{} or {last}", list.join(", ")),
    }
}

fn number(count: usize) -> String {
    const WORDS: [&str; 10] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// `5 minutes`
fn time(span: TimeSpan) -> String {
    let unit = match span.unit {
        TimeUnit::Millis => "millisecond",
        TimeUnit::Seconds => "second",
        TimeUnit::Minutes => "minute",
        TimeUnit::Hours => "hour",
        TimeUnit::Days => "day",
    };
    format!("{} {unit}{}", span.count, if span.count == 1 { "" } else { "s" })
}
