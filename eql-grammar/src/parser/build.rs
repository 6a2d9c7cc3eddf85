//! The syntax tree out of what the grammar read, and the refusal of what the grammar reads and EQL is not.

use pest::iterators::{Pair, Pairs};

use super::grammar::Rule;
use crate::{
    ast::{
        Arith, ArithOp, Body, Call, Category, Compare, CompareOp, Dialect, EventQuery, Expr,
        FieldPath, In, Literal, Match, MatchOp, Pipe, PipeKind, Query, Sample, Sequence, Term,
        TimeSpan, TimeUnit, Variable,
    },
    diag::{Code, Diagnostic, Diagnostics},
    scan::{self, MAX_DEPTH, MAX_ERRORS},
    span::{Span, Spanned},
    suggest::closest,
};

pub(super) struct Builder<'s> {
    /// The text as written; that of the grammar has nothing in its strings.
    pub(super) source: &'s str,
    pub(super) dialect: Dialect,
    pub(super) diagnostics: Diagnostics,
}

/// An expression and what its surroundings need to know of it.
struct Part {
    expr: Spanned<Expr>,
    /// With the brackets or the `+` around it, if any.
    outer: Span,
    /// Levels of nesting in it.
    depth: usize,
}

impl Part {
    fn leaf(expr: Expr, span: Span) -> Self {
        Self { expr: Spanned::new(expr, span), outer: span, depth: 0 }
    }

    /// Whether it stands alone, as written, without brackets.
    fn is_bare(&self) -> bool {
        self.expr.span == self.outer
    }
}

fn span_of(pair: &Pair<'_, Rule>) -> Span {
    let span = pair.as_span();
    offsets(span.start(), span.end())
}

pub(super) fn offsets(start: usize, end: usize) -> Span {
    // The scan refuses texts of more than 64 KiB.
    Span::new(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
}

/// The next pair, which the grammar guarantees.
fn next<'p>(pairs: &mut Pairs<'p, Rule>) -> Pair<'p, Rule> {
    pairs.next().expect("BUG: the grammar has a pair here")
}

impl<'s> Builder<'s> {
    fn push(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.as_slice().len() < MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn written(&self, place: Span) -> &'s str {
        &self.source[place.range()]
    }

    /// A keyword that the grammar reads in any case.
    fn keyword(&mut self, pair: &Pair<'_, Rule>) {
        let word = pair.as_str();
        if word.bytes().any(|b| b.is_ascii_uppercase()) {
            let lower = word.to_ascii_lowercase();
            let span = span_of(pair);
            self.push(
                Diagnostic::new(Code::KeywordCase, span, format!("keyword `{word}` in capitals"))
                    .label("keywords are lower case")
                    .patch(span, lower),
            );
        }
    }

    /// What only the endpoint dialect has; each kind of it is reported once.
    fn endpoint_only(&mut self, span: Span, what: &str) {
        let message = format!("{what} in a rule of the Elasticsearch dialect");
        let said = self.diagnostics.as_slice().iter().any(|d| d.message == message);
        if self.dialect != Dialect::Endpoint && !said {
            self.push(
                Diagnostic::new(Code::EndpointOnly, span, message)
                    .label("only the endpoint dialect has this")
                    .help("a rule of Elastic Defend says so by `dialect = \"endpoint\"`"),
            );
        }
    }

    pub(super) fn query(&mut self, mut pairs: Pairs<'_, Rule>) -> Query {
        let mut pairs = next(&mut pairs).into_inner();
        let body = next(&mut pairs);
        let body = match body.as_rule() {
            Rule::group => self.group(body),
            _ => Body::Event(self.event_query(body).0),
        };
        let pipes = pairs
            .filter(|pair| pair.as_rule() == Rule::pipe)
            .filter_map(|pair| self.pipe(pair))
            .collect();
        Query { body, pipes }
    }

    fn group(&mut self, pair: Pair<'_, Rule>) -> Body {
        let mut pairs = pair.into_inner();
        let keyword = next(&mut next(&mut pairs).into_inner());
        self.keyword(&keyword);
        let kind = Kind::of(&keyword);
        let mut clauses = Clauses::default();
        let mut terms = Vec::new();
        let mut until = None;
        for pair in pairs {
            match pair.as_rule() {
                Rule::term => terms.push(self.term(pair, kind)),
                Rule::until => until = Some(self.until(pair, kind)),
                _ => self.group_clause(&mut clauses, pair, kind),
            }
        }
        if kind == Kind::Join {
            self.push(
                Diagnostic::new(
                    Code::JoinUnsupported,
                    span_of(&keyword),
                    "`join` is not supported",
                )
                .label("Elasticsearch reads `join` and does not run it")
                .help("events in order are a `sequence`, events in any order a `sample`"),
            );
        }
        if kind == Kind::Sample {
            return Body::Sample(Sample { by: clauses.by, terms });
        }
        Body::Sequence(Sequence { by: clauses.by, maxspan: clauses.maxspan, terms, until })
    }

    fn until(&mut self, pair: Pair<'_, Rule>, kind: Kind) -> Spanned<Term> {
        let mut pairs = pair.into_inner();
        let keyword = next(&mut pairs);
        self.keyword(&keyword);
        if kind == Kind::Sample {
            self.not_in_sample(span_of(&keyword), "`until`");
        }
        self.term(next(&mut pairs), kind)
    }

    fn term(&mut self, pair: Pair<'_, Rule>, kind: Kind) -> Spanned<Term> {
        let mut pairs = pair.into_inner();
        let open = next(&mut pairs);
        let missing = open.as_rule() == Rule::missing;
        if missing && kind == Kind::Sample {
            self.not_in_sample(span_of(&open), "a missing event `![…]`");
        }
        let (query, _) = self.event_query(next(&mut pairs));
        let close = next(&mut pairs);
        let mut span = span_of(&open).to(span_of(&close));
        let mut clauses = Clauses::default();
        for pair in pairs {
            span = span.to(tight_span(&pair));
            self.term_clause(&mut clauses, pair, kind);
        }
        Spanned::new(
            Term {
                missing: missing && kind != Kind::Sample,
                query,
                by: clauses.by,
                runs: clauses.runs,
                alias: clauses.alias,
            },
            span,
        )
    }

    fn not_in_sample(&mut self, span: Span, what: &str) {
        self.push(
            Diagnostic::new(Code::BadSample, span, format!("{what} in a sample"))
                .label("only a `sequence` can have this")
                .note("the events of a sample have no order"),
        );
    }

    fn group_clause(&mut self, clauses: &mut Clauses, pair: Pair<'_, Rule>, kind: Kind) {
        if pair.as_rule() == Rule::by {
            return self.by(clauses, pair);
        }
        let with = self.with(clauses, pair);
        match with.name {
            "maxspan" if kind == Kind::Sample => self.not_in_sample(with.span, "`maxspan`"),
            "maxspan" => clauses.maxspan = self.maxspan(&with.value),
            "runs" => self.push(
                Diagnostic::new(Code::Syntax, with.span, "`runs` before the first term")
                    .label("expected `with maxspan=…` here")
                    .help(
                        "`with runs=…` stands behind the term that it repeats, `[…] with runs=3`",
                    ),
            ),
            _ => self.unknown_option(&with, &["maxspan"]),
        }
    }

    fn term_clause(&mut self, clauses: &mut Clauses, pair: Pair<'_, Rule>, kind: Kind) {
        match pair.as_rule() {
            Rule::by => self.by(clauses, pair),
            Rule::alias => self.alias(clauses, pair, kind),
            Rule::fork => self.push(
                Diagnostic::new(Code::Syntax, tight_span(&pair), "`fork` is not supported")
                    .label("expected `by`, `with runs=…` or the next `[…]`"),
            ),
            _ => {
                let with = self.with(clauses, pair);
                match with.name {
                    "runs" if kind == Kind::Sample => self.not_in_sample(with.span, "`runs`"),
                    "runs" => clauses.runs = self.runs(&with.value),
                    "maxspan" => self.push(
                        Diagnostic::new(Code::Syntax, with.span, "`maxspan` behind a term")
                            .label("expected `with runs=…` here")
                            .help("`with maxspan=…` is only allowed on `sequence`, before the first term"),
                    ),
                    _ => self.unknown_option(&with, &["runs"]),
                }
            }
        }
    }

    fn by(&mut self, clauses: &mut Clauses, pair: Pair<'_, Rule>) {
        let span = tight_span(&pair);
        if let Some(with) = clauses.with_span {
            self.push(
                Diagnostic::new(Code::WithBeforeBy, span, "`by` behind `with`")
                    .label("`by` stands before `with`")
                    .related(with, "this comes after the keys"),
            );
        }
        if let Some(by) = clauses.by_span {
            self.push(
                Diagnostic::new(Code::Syntax, span, "`by` twice")
                    .label("expected one list of keys, `by a, b`")
                    .related(by, "the first one"),
            );
        }
        clauses.by_span = Some(span);
        let mut pairs = pair.into_inner().peekable();
        while let Some(pair) = pairs.next() {
            match pair.as_rule() {
                Rule::condition => clauses.by.extend(self.key(pair)),
                Rule::comma if pairs.peek().is_none() => self.trailing_comma(span_of(&pair)),
                Rule::comma => {}
                _ => self.keyword(&pair),
            }
        }
    }

    fn key(&mut self, pair: Pair<'_, Rule>) -> Option<Spanned<FieldPath>> {
        let part = self.condition(pair);
        if let Expr::Field(path) = part.expr.node {
            return Some(Spanned::new(path, part.expr.span));
        }
        self.push(
            Diagnostic::new(Code::KeyNotField, part.outer, "a join key that is not a field")
                .label("expected a field such as `host.id`"),
        );
        None
    }

    fn alias(&mut self, clauses: &mut Clauses, pair: Pair<'_, Rule>, kind: Kind) {
        let span = tight_span(&pair);
        self.endpoint_only(span, "an alias");
        if kind == Kind::Sample {
            self.not_in_sample(span, "an alias");
        }
        if clauses.alias.is_some() {
            self.push(
                Diagnostic::new(Code::Syntax, span, "`as` twice").label("a term has one alias"),
            );
        }
        let name = pair.into_inner().last().expect("BUG: an alias has a name");
        clauses.alias = Some(Spanned::new(name.as_str().to_owned(), span_of(&name)));
    }

    fn with<'p>(&mut self, clauses: &mut Clauses, pair: Pair<'p, Rule>) -> With<'p> {
        let span = tight_span(&pair);
        if let Some(first) = clauses.with_span {
            self.push(
                Diagnostic::new(Code::Syntax, span, "`with` twice")
                    .label("expected one `with`")
                    .related(first, "the first one"),
            );
        }
        clauses.with_span = Some(span);
        let mut pairs = pair.into_inner();
        self.keyword(&next(&mut pairs));
        let name = next(&mut pairs);
        let known =
            ["maxspan", "runs"].into_iter().find(|known| known.eq_ignore_ascii_case(name.as_str()));
        if known.is_some() {
            self.keyword(&name);
        }
        let value = pairs.last().expect("BUG: an option has a value");
        With { span, name_span: span_of(&name), name: known.unwrap_or(name.as_str()), value }
    }

    fn unknown_option(&mut self, with: &With<'_>, known: &[&str]) {
        let allowed = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
        let error = Diagnostic::new(
            Code::Syntax,
            with.name_span,
            format!("unknown option `{}`", with.name),
        )
        .label(format!("expected {allowed}"));
        self.push(match closest(with.name, known.iter().copied()) {
            Some(name) => error.patch(with.name_span, name),
            None => error,
        });
    }

    fn maxspan(&mut self, pair: &Pair<'_, Rule>) -> Option<Spanned<TimeSpan>> {
        let duration = Duration::new(pair);
        let error = |message: &str| {
            Diagnostic::new(Code::BadTimeSpan, duration.span, message.to_owned())
                .label("expected a whole number and a unit: `ms`, `s`, `m`, `h` or `d`")
        };
        let count = duration.number.parse::<u64>();
        let unit = duration.unit.as_ref().map(|unit| (unit.node, time_unit(unit.node)));
        let failure = match (count, unit) {
            _ if duration.sign == Some("-") => error("a negative time span"),
            _ if duration.sign.is_some() => error("a time span with a sign"),
            _ if duration.number.contains(['.', 'e', 'E']) => error("a time span with a fraction")
                .help("take a smaller unit, `1500ms` for `1.5s`"),
            (_, None) => error("a time span without a unit")
                .help(format!("for seconds write `{}s`", duration.number)),
            (_, Some((word, None))) => {
                let error = error(&format!("unknown unit of time `{word}`"));
                match unit_meant(word) {
                    Some(unit) => error.help(format!("did you mean `{}{unit}`?", duration.number)),
                    None => error,
                }
            }
            (Ok(0), _) => error("a time span of zero"),
            (Ok(count), Some((_, Some(unit)))) => {
                let span = TimeSpan { count, unit };
                if span.millis().is_some_and(|millis| i64::try_from(millis).is_ok()) {
                    return Some(Spanned::new(span, duration.span));
                }
                error("a time span longer than time is counted")
            }
            (Err(_), _) => error("a time span longer than time is counted"),
        };
        self.push(failure);
        None
    }

    fn runs(&mut self, pair: &Pair<'_, Rule>) -> Option<Spanned<u64>> {
        let duration = Duration::new(pair);
        match duration.number.parse() {
            Ok(count) if duration.sign.is_none() && duration.unit.is_none() => {
                Some(Spanned::new(count, duration.span))
            }
            _ => {
                self.push(
                    Diagnostic::new(
                        Code::BadRuns,
                        duration.span,
                        "`runs` that is not a whole number",
                    )
                    .label("expected a whole number from 1 to 100"),
                );
                None
            }
        }
    }

    /// The query and the depth of its condition.
    fn event_query(&mut self, pair: Pair<'_, Rule>) -> (EventQuery, usize) {
        let mut pairs = pair.into_inner();
        let category = self.category(next(&mut pairs));
        self.keyword(&next(&mut pairs));
        let condition = self.condition(next(&mut pairs));
        (EventQuery { category, condition: condition.expr }, condition.depth)
    }

    fn category(&mut self, pair: Pair<'_, Rule>) -> Spanned<Category> {
        let span = tight_span(&pair);
        let text = pair.as_str().trim_end();
        let mut pairs = pair.into_inner();
        let first = next(&mut pairs);
        let more = pairs.next().is_some();
        let category = match first.as_rule() {
            Rule::kw_any => Category::Any,
            Rule::string => Category::Named(string(self.written(span_of(&first)))),
            Rule::name if !more => Category::Named(first.as_str().to_owned()),
            rule => {
                let message = match rule {
                    Rule::optional => "an optional event category",
                    _ if more => "an event category of more than one word",
                    _ => "an event category in back-quotes",
                };
                let error = Diagnostic::new(Code::BadCategory, span, message)
                    .label("expected a plain name, a string or `any`");
                self.push(if rule == Rule::quoted_name && !more {
                    error.patch(span, format!("\"{}\"", text.trim_matches('`')))
                } else {
                    error
                });
                Category::Any
            }
        };
        Spanned::new(category, span)
    }

    fn pipe(&mut self, pair: Pair<'_, Rule>) -> Option<Spanned<Pipe>> {
        const OTHERS: [&str; 5] = ["count", "filter", "sort", "unique", "unique_count"];
        let mut pairs = pair.into_inner();
        next(&mut pairs);
        let name = next(&mut pairs);
        let place = span_of(&name);
        let kind = match name.as_str() {
            "head" => PipeKind::Head,
            "tail" => PipeKind::Tail,
            other => {
                let known = OTHERS.contains(&other);
                let message = if known {
                    format!("pipe `{other}` is not supported")
                } else {
                    format!("unknown pipe `{other}`")
                };
                let error = Diagnostic::new(Code::UnknownPipe, place, message)
                    .label("expected `head` or `tail`");
                self.push(match closest(other, ["head", "tail"]) {
                    Some(meant) if !known => error.patch(place, meant),
                    _ => error,
                });
                return None;
            }
        };
        let mut arguments: Vec<Part> = pairs
            .filter(|pair| pair.as_rule() == Rule::condition)
            .map(|pair| self.condition(pair))
            .collect();
        if arguments.len() > 1 {
            let extra = arguments[1].outer.to(arguments[arguments.len() - 1].outer);
            self.push(
                Diagnostic::new(
                    Code::BadPipeArgument,
                    extra,
                    format!("`{}` takes one number", name.as_str()),
                )
                .label("one too many"),
            );
        }
        let Some(count) = (!arguments.is_empty()).then(|| arguments.swap_remove(0)) else {
            self.push(
                Diagnostic::new(
                    Code::BadPipeArgument,
                    place,
                    format!("`{}` without a number", name.as_str()),
                )
                .label(format!("expected a whole number, `{} 10`", name.as_str())),
            );
            return None;
        };
        Some(Spanned::new(Pipe { kind, count: count.expr }, place.to(count.outer)))
    }

    /// Builds the tree of a condition from its flat operands and operators.
    fn condition(&mut self, pair: Pair<'_, Rule>) -> Part {
        let mut values: Vec<Part> = Vec::new();
        let mut pending: Vec<Operator> = Vec::new();
        for pair in pair.into_inner() {
            let span = span_of(&pair);
            let operator = match pair.as_rule() {
                Rule::operand => {
                    values.push(self.operand(pair));
                    continue;
                }
                Rule::kw_not | Rule::not_in_capitals => {
                    self.keyword(&pair);
                    pending.push(Operator::Not(span));
                    continue;
                }
                Rule::sign => {
                    pending.push(Operator::Sign { negative: pair.as_str() == "-", span });
                    continue;
                }
                Rule::kw_or => {
                    self.keyword(&pair);
                    Operator::Or
                }
                Rule::kw_and => {
                    self.keyword(&pair);
                    Operator::And
                }
                Rule::compare_op => self.compare_op(&pair),
                _ => Operator::Arith(Spanned::new(arith_op(pair.as_str()), span)),
            };
            while let Some(last) = pending.pop_if(|last| last.rank() >= operator.rank()) {
                if let (Operator::Compare(first), Operator::Compare(second)) = (&last, &operator) {
                    self.chained(first.span, second.span);
                }
                self.reduce(&mut values, last);
            }
            pending.push(operator);
        }
        while let Some(operator) = pending.pop() {
            self.reduce(&mut values, operator);
        }
        values.pop().expect("BUG: a condition has an operand")
    }

    /// Puts an operator on top of the operands it takes.
    fn reduce(&mut self, values: &mut Vec<Part>, operator: Operator) {
        let right = values.pop().expect("BUG: an operator has an operand");
        let value = match operator {
            Operator::Not(span) => prefixed(right, span, |operand| Expr::Not(Box::new(operand))),
            Operator::Sign { negative: true, span } => {
                prefixed(right, span, |operand| Expr::Neg(Box::new(operand)))
            }
            Operator::Sign { negative: false, span } => {
                Part { outer: span.to(right.outer), ..right }
            }
            binary => {
                let left = values.pop().expect("BUG: a binary operator has two operands");
                binary.join(left, right)
            }
        };
        values.push(self.shallow(value));
    }

    /// Refuses what nests too deep; the scan has seen brackets and prefixes, chains of arithmetic are seen here.
    fn shallow(&mut self, value: Part) -> Part {
        if value.depth <= MAX_DEPTH {
            return value;
        }
        if !self.diagnostics.as_slice().iter().any(|d| d.code == Code::TooDeep) {
            self.push(scan::too_deep(value.outer));
        }
        Part::leaf(Expr::Literal(Literal::Null), value.outer)
    }

    fn chained(&mut self, first: Span, second: Span) {
        self.push(
            Diagnostic::new(Code::ChainedComparison, second, "a comparison of a comparison")
                .label("expected `and`, `or` or the end of the condition")
                .related(first, "the first comparison")
                .help("write `a < b and b < c` for `a < b < c`"),
        );
    }

    fn compare_op(&mut self, pair: &Pair<'_, Rule>) -> Operator {
        let span = span_of(pair);
        let op = match pair.as_str() {
            "!=" => CompareOp::Ne,
            "<" => CompareOp::Lt,
            "<=" => CompareOp::Le,
            ">" => CompareOp::Gt,
            ">=" => CompareOp::Ge,
            "==" => CompareOp::Eq,
            _ => {
                self.push(
                    Diagnostic::new(Code::SingleEquals, span, "`=` is no comparison")
                        .label("expected `==`, or `:` to ignore case")
                        .patch(span, "=="),
                );
                CompareOp::Eq
            }
        };
        Operator::Compare(Spanned::new(op, span))
    }

    fn operand(&mut self, pair: Pair<'_, Rule>) -> Part {
        let mut pairs = pair.into_inner();
        let value = self.primary(next(&mut pairs));
        let Some(first) = pairs.next() else { return value };
        let (not, op) = if first.as_rule() == Rule::kw_not_in {
            (Some(first), next(&mut pairs))
        } else {
            (None, first)
        };
        if op.as_rule() == Rule::in_op {
            self.set_test(value, not.as_ref(), &op, next(&mut pairs))
        } else {
            self.pattern_test(value, not.as_ref(), &op, pairs)
        }
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Part {
        match pair.as_rule() {
            Rule::parens => self.parens(pair),
            Rule::named => match pair.clone().into_inner().nth(1).map(|behind| behind.as_rule()) {
                Some(Rule::fold | Rule::open_call) => self.call(pair),
                Some(Rule::kw_of) => self.relation(pair),
                _ => self.single(&pair),
            },
            _ => self.single(&pair),
        }
    }

    /// A primary without brackets.
    fn single(&mut self, pair: &Pair<'_, Rule>) -> Part {
        let span = tight_span(pair);
        let expr = match pair.as_rule() {
            Rule::named | Rule::field => Expr::Field(self.field(pair, span)),
            Rule::variable => {
                self.endpoint_only(span, "a variable");
                let (name, path) = self.path(pair);
                let name = name.map_or("", |name| &name.as_str()[1..]).to_owned();
                Expr::Variable(Variable { name, path })
            }
            Rule::string => Expr::Literal(Literal::Str(string(self.written(span)))),
            Rule::number => Expr::Literal(self.number(pair)),
            Rule::kw_true => Expr::Literal(Literal::Bool(true)),
            Rule::kw_false => Expr::Literal(Literal::Bool(false)),
            _ => Expr::Literal(Literal::Null),
        };
        Part::leaf(expr, span)
    }

    fn parens(&mut self, pair: Pair<'_, Rule>) -> Part {
        let mut pairs = pair.into_inner();
        let open = span_of(&next(&mut pairs));
        let inner = self.condition(next(&mut pairs));
        let close = span_of(&next(&mut pairs));
        self.shallow(Part { outer: open.to(close), depth: inner.depth + 1, ..inner })
    }

    fn call(&mut self, pair: Pair<'_, Rule>) -> Part {
        let mut pairs = pair.into_inner();
        let function = next(&mut pairs);
        let (name, name_span) = (function.as_str(), span_of(&function));
        let open = next(&mut pairs);
        let fold = open.as_rule() == Rule::fold;
        let place = if fold { name_span.to(span_of(&open)) } else { name_span };
        if name.eq_ignore_ascii_case("_arraysearch") {
            self.endpoint_only(place, "`_arraysearch`");
        }
        let items = self.items(pairs);
        if let Some(comma) = items.trailing {
            self.trailing_comma(comma);
        }
        let call = Call {
            name: Spanned::new(name.to_owned(), name_span),
            fold,
            args: items.parts.into_iter().map(|part| part.expr).collect(),
        };
        let span = place.to(items.close);
        self.shallow(Part {
            expr: Spanned::new(Expr::Call(call), span),
            outer: span,
            depth: items.depth + 1,
        })
    }

    fn relation(&mut self, pair: Pair<'_, Rule>) -> Part {
        let mut pairs = pair.into_inner();
        let relation = next(&mut pairs);
        let of = next(&mut pairs);
        self.keyword(&of);
        let place = span_of(&relation).to(span_of(&of));
        next(&mut pairs);
        if relation.as_str().eq_ignore_ascii_case("descendant") {
            self.endpoint_only(place, "`descendant of`");
        } else {
            self.push(
                Diagnostic::new(
                    Code::Syntax,
                    place,
                    format!("`{} of` is not supported", relation.as_str()),
                )
                .label(
                    "only the endpoint dialect has a relation, `descendant of [process where …]`",
                ),
            );
        }
        let (query, depth) = self.event_query(next(&mut pairs));
        let span = place.to(span_of(&next(&mut pairs)));
        let expr = Spanned::new(Expr::DescendantOf(Box::new(query)), span);
        self.shallow(Part { expr, outer: span, depth: depth + 1 })
    }

    /// `in ("a", "b")`, `not in~ ("a")`
    fn set_test(
        &mut self,
        value: Part,
        not: Option<&Pair<'_, Rule>>,
        op: &Pair<'_, Rule>,
        list: Pair<'_, Rule>,
    ) -> Part {
        let negated = not.is_some();
        not.into_iter().chain([op]).for_each(|word| self.keyword(word));
        let fold = op.as_str().ends_with('~');
        let items = self.list(list, op.as_str());
        let span = value.outer.to(items.close);
        let list = items.parts.into_iter().map(|part| part.expr).collect();
        let depth = value.depth.max(items.depth + 1);
        let test = Expr::In(Box::new(In { value: value.expr, negated, fold, list }));
        Part { expr: Spanned::new(test, span), outer: span, depth }
    }

    /// `: "a*"`, `like~ ("a*", "b*")`
    fn pattern_test(
        &mut self,
        value: Part,
        not: Option<&Pair<'_, Rule>>,
        op: &Pair<'_, Rule>,
        mut pairs: Pairs<'_, Rule>,
    ) -> Part {
        if let Some(not) = not {
            self.not_before_match(&value, not, op);
        }
        self.keyword(op);
        let rest = next(&mut pairs);
        let (parts, end, depth) = if rest.as_rule() == Rule::list {
            let items = self.list(rest, op.as_str());
            (items.parts, items.close, items.depth + 1)
        } else {
            let part = self.signed(rest, &mut pairs);
            let end = part.outer;
            (vec![part], end, 0)
        };
        let patterns =
            parts.into_iter().filter_map(|part| self.pattern(part, op.as_str())).collect();
        let span = value.outer.to(end);
        let depth = value.depth.max(depth);
        let op = Spanned::new(match_op(op.as_str()), span_of(op));
        let test = Expr::Match(Box::new(Match { value: value.expr, op, patterns }));
        Part { expr: Spanned::new(test, span), outer: span, depth }
    }

    /// A pattern without brackets; signs are read so that they can be refused.
    fn signed(&mut self, first: Pair<'_, Rule>, rest: &mut Pairs<'_, Rule>) -> Part {
        let start = span_of(&first);
        let last = rest.last().unwrap_or(first);
        let part = self.single(&last);
        Part { outer: start.to(part.outer), ..part }
    }

    fn pattern(&mut self, part: Part, op: &str) -> Option<Spanned<Literal>> {
        let bare = part.is_bare();
        match part.expr.node {
            Expr::Literal(literal) if bare => Some(Spanned::new(literal, part.expr.span)),
            _ => {
                self.push(
                    Diagnostic::new(
                        Code::Syntax,
                        part.outer,
                        format!("a pattern of `{op}` that is not a literal"),
                    )
                    .label("expected a string, or a list of strings in parentheses"),
                );
                None
            }
        }
    }

    fn not_before_match(&mut self, value: &Part, not: &Pair<'_, Rule>, op: &Pair<'_, Rule>) {
        let op = op.as_str();
        let place = span_of(not);
        let subject = self.written(value.outer);
        let error = Diagnostic::new(Code::NotBeforeMatch, place, format!("`not` before `{op}`"))
            .label("only `in` and `in~` take `not` here")
            .help(format!("`not` stands before the whole comparison: `not {subject} {op} …`"));
        let before = not.get_input()[..value.outer.start as usize].trim_end();
        let whole =
            ["where", "and", "or", "not", "(", ","].iter().any(|word| before.ends_with(word));
        self.push(if whole {
            error.patch(value.outer.to(place), format!("not {subject}"))
        } else {
            error
        });
    }

    fn list(&mut self, pair: Pair<'_, Rule>, op: &str) -> Items {
        let mut pairs = pair.into_inner();
        let open = span_of(&next(&mut pairs));
        let items = self.items(pairs);
        if items.parts.is_empty() {
            self.push(
                Diagnostic::new(
                    Code::Syntax,
                    open.to(items.close),
                    format!("an empty list after `{op}`"),
                )
                .label("expected at least one value"),
            );
        } else if let Some(comma) = items.trailing {
            self.trailing_comma(comma);
        }
        items
    }

    /// What stands between parentheses, separated by commas.
    fn items(&mut self, pairs: Pairs<'_, Rule>) -> Items {
        let mut items =
            Items { parts: Vec::new(), trailing: None, close: Span::default(), depth: 0 };
        for pair in pairs {
            match pair.as_rule() {
                Rule::condition => {
                    items.trailing = None;
                    let part = self.condition(pair);
                    items.depth = items.depth.max(part.depth);
                    items.parts.push(part);
                }
                Rule::string => {
                    items.trailing = None;
                    items.parts.push(self.single(&pair));
                }
                Rule::comma => items.trailing = Some(span_of(&pair)),
                Rule::close_round => items.close = span_of(&pair),
                _ => {}
            }
        }
        items
    }

    fn trailing_comma(&mut self, span: Span) {
        self.push(
            Diagnostic::new(Code::Syntax, span, "a comma with nothing behind it")
                .label("expected one more value, or no comma")
                .patch(span, ""),
        );
    }

    fn field(&mut self, pair: &Pair<'_, Rule>, span: Span) -> FieldPath {
        let (first, path) = self.path(pair);
        let optional = first.as_ref().is_some_and(|first| first.as_rule() == Rule::optional);
        if !optional && pair.as_str().trim_end() == path {
            self.capital_constant(&path, span);
        }
        FieldPath { optional, path }
    }

    /// `TRUE`: a field in theory, the constant in every text that was ever written.
    fn capital_constant(&mut self, word: &str, span: Span) {
        let lower = word.to_ascii_lowercase();
        if matches!(lower.as_str(), "true" | "false" | "null") && lower != word {
            self.push(
                Diagnostic::new(Code::KeywordCase, span, format!("keyword `{word}` in capitals"))
                    .label("keywords are lower case")
                    .help(format!("a field of this name is written `` `{word}` ``"))
                    .patch(span, lower),
            );
        }
    }

    /// The pair before the segments, if there is one, and the segments joined by dots.
    fn path<'p>(&mut self, pair: &Pair<'p, Rule>) -> (Option<Pair<'p, Rule>>, String) {
        let mut before = None;
        let mut path = String::new();
        for pair in pair.clone().into_inner() {
            match pair.as_rule() {
                Rule::name => path.push_str(pair.as_str()),
                Rule::quoted_name => path.push_str(&unquoted(pair.as_str())),
                Rule::dot if !path.is_empty() => path.push('.'),
                Rule::dot => {}
                Rule::index => self.push(array_index(span_of(&pair))),
                _ => before = Some(pair),
            }
        }
        (before, path)
    }

    fn number(&mut self, pair: &Pair<'_, Rule>) -> Literal {
        let text = pair.as_str();
        if let Ok(whole) = text.parse() {
            return Literal::Int(whole);
        }
        let value = text.parse().unwrap_or(f64::INFINITY);
        if value.is_infinite() {
            self.push(
                Diagnostic::new(
                    Code::NumberRange,
                    span_of(pair),
                    "a number that 64 bits do not hold",
                )
                .label(format!("at most {:e}", f64::MAX)),
            );
        }
        Literal::Float(value)
    }
}

/// What a term list is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequence,
    Sample,
    Join,
}

impl Kind {
    fn of(keyword: &Pair<'_, Rule>) -> Self {
        match keyword.as_rule() {
            Rule::kw_sample => Self::Sample,
            Rule::kw_join => Self::Join,
            _ => Self::Sequence,
        }
    }
}

/// What follows `sequence` or a term.
#[derive(Default)]
struct Clauses {
    by: Vec<Spanned<FieldPath>>,
    by_span: Option<Span>,
    with_span: Option<Span>,
    maxspan: Option<Spanned<TimeSpan>>,
    runs: Option<Spanned<u64>>,
    alias: Option<Spanned<String>>,
}

struct With<'p> {
    span: Span,
    name: &'p str,
    name_span: Span,
    value: Pair<'p, Rule>,
}

struct Duration<'p> {
    sign: Option<&'p str>,
    number: &'p str,
    unit: Option<Spanned<&'p str>>,
    span: Span,
}

impl<'p> Duration<'p> {
    fn new(pair: &Pair<'p, Rule>) -> Self {
        let mut duration = Self { sign: None, number: "", unit: None, span: tight_span(pair) };
        for pair in pair.clone().into_inner() {
            match pair.as_rule() {
                Rule::sign => duration.sign = Some(pair.as_str()),
                Rule::number => duration.number = pair.as_str(),
                _ => duration.unit = Some(Spanned::new(pair.as_str(), span_of(&pair))),
            }
        }
        duration
    }
}

struct Items {
    parts: Vec<Part>,
    /// A comma behind the last part.
    trailing: Option<Span>,
    close: Span,
    depth: usize,
}

enum Operator {
    Or,
    And,
    Not(Span),
    Compare(Spanned<CompareOp>),
    Arith(Spanned<ArithOp>),
    Sign { negative: bool, span: Span },
}

impl Operator {
    /// Higher binds tighter.
    fn rank(&self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Not(_) => 3,
            Self::Compare(_) => 4,
            Self::Arith(op) if matches!(op.node, ArithOp::Add | ArithOp::Sub) => 5,
            Self::Arith(_) => 6,
            Self::Sign { .. } => 7,
        }
    }

    fn join(self, left: Part, right: Part) -> Part {
        let span = left.outer.to(right.outer);
        let depth = left.depth.max(right.depth);
        let bare = left.is_bare();
        let (expr, depth) = match self {
            Self::Compare(op) => {
                (Expr::Compare(Box::new(Compare { left: left.expr, op, right: right.expr })), depth)
            }
            Self::Arith(op) => {
                (Expr::Arith(Box::new(Arith { left: left.expr, op, right: right.expr })), depth + 1)
            }
            Self::And => match left.expr.node {
                Expr::And(parts) if bare => (Expr::And(appended(parts, right.expr)), depth),
                node => (Expr::And(vec![Spanned::new(node, left.expr.span), right.expr]), depth),
            },
            _ => match left.expr.node {
                Expr::Or(parts) if bare => (Expr::Or(appended(parts, right.expr)), depth),
                node => (Expr::Or(vec![Spanned::new(node, left.expr.span), right.expr]), depth),
            },
        };
        Part { expr: Spanned::new(expr, span), outer: span, depth }
    }
}

fn appended(mut parts: Vec<Spanned<Expr>>, part: Spanned<Expr>) -> Vec<Spanned<Expr>> {
    parts.push(part);
    parts
}

fn prefixed(part: Part, operator: Span, node: impl FnOnce(Spanned<Expr>) -> Expr) -> Part {
    let span = operator.to(part.outer);
    Part { expr: Spanned::new(node(part.expr), span), outer: span, depth: part.depth + 1 }
}

/// The span of a pair up to the end of its last token: pest counts the white space before an absent optional part in.
fn tight_span(pair: &Pair<'_, Rule>) -> Span {
    let span = span_of(pair);
    let end =
        pair.clone().into_inner().flatten().last().map_or(span.end, |last| span_of(&last).end);
    Span::new(span.start, end)
}

fn arith_op(text: &str) -> ArithOp {
    match text {
        "+" => ArithOp::Add,
        "-" => ArithOp::Sub,
        "*" => ArithOp::Mul,
        "/" => ArithOp::Div,
        _ => ArithOp::Mod,
    }
}

fn match_op(text: &str) -> MatchOp {
    match text.to_ascii_lowercase().as_str() {
        "like" => MatchOp::Like,
        "like~" => MatchOp::LikeFold,
        "regex" => MatchOp::Regex,
        "regex~" => MatchOp::RegexFold,
        _ => MatchOp::Colon,
    }
}

fn time_unit(text: &str) -> Option<TimeUnit> {
    Some(match text {
        "ms" => TimeUnit::Millis,
        "s" => TimeUnit::Seconds,
        "m" => TimeUnit::Minutes,
        "h" => TimeUnit::Hours,
        "d" => TimeUnit::Days,
        _ => return None,
    })
}

/// The unit that another way to write it stands for.
fn unit_meant(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "ms" | "msec" | "millis" | "milliseconds" => "ms",
        _ => return None,
    })
}

/// The value of a string as written, whose escapes the scan has checked.
fn string(text: &str) -> String {
    if text.len() >= 6 && text.starts_with("\"\"\"") {
        return text[3..text.len() - 3].to_owned();
    }
    let mut rest = &text[1..text.len() - 1];
    let mut value = String::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let (c, length) = match tail.as_bytes().first() {
            Some(b'b') => ('\u{8}', 1),
            Some(b't') => ('\t', 1),
            Some(b'n') => ('\n', 1),
            Some(b'f') => ('\u{c}', 1),
            Some(b'r') => ('\r', 1),
            Some(b'u') => scan::unicode_escape(tail).unwrap_or(('\u{fffd}', 1)),
            _ => {
                let c = tail.chars().next().unwrap_or('\\');
                (c, c.len_utf8().min(tail.len()))
            }
        };
        value.push(c);
        rest = &tail[length..];
    }
    value.push_str(rest);
    value
}

pub(super) fn array_index(span: Span) -> Diagnostic {
    Diagnostic::new(Code::ArrayIndex, span, "an array index")
        .label("array indexes are not supported")
        .help("a comparison is true where any value of the array satisfies it")
}

/// The name in back-quotes.
fn unquoted(text: &str) -> String {
    text[1..text.len() - 1].replace("``", "`")
}
