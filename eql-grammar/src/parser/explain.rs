//! What to say where the grammar could not go on, and what to go on with.

use std::ops::Range;

use pest::error::{ErrorVariant, InputLocation};

use super::{
    build::{array_index, offsets},
    grammar::Rule,
};
use crate::{
    diag::{Code, Diagnostic},
    scan::{self, Token, TokenKind},
    span::Span,
};

/// Where the grammar could not go on, and what it would have taken there.
pub(super) struct Failure<'a> {
    pub(super) at: usize,
    /// What the grammar took: [`Scan::bare`](scan::Scan::bare).
    text: &'a str,
    source: &'a str,
    tokens: &'a [Token],
    /// The index of the token that does not fit; the number of tokens at the end of the text.
    found: usize,
    expected: Vec<Rule>,
}

impl<'a> Failure<'a> {
    pub(super) fn new(
        error: &pest::error::Error<Rule>,
        text: &'a str,
        source: &'a str,
        tokens: &'a [Token],
    ) -> Self {
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let expected = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.clone(),
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        let found = tokens.partition_point(|token| (token.span.end as usize) <= at);
        Self { at, text, source, tokens, found, expected }
    }

    fn word(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |token| &self.text[token.span.range()])
    }

    fn before(&self) -> &'a str {
        self.found.checked_sub(1).map_or("", |index| self.word(index))
    }

    /// The token that does not fit, or the end of the text.
    fn place(&self) -> Span {
        self.tokens.get(self.found).map_or_else(
            || {
                let end = self.tokens.last().map_or(0, |token| token.span.end);
                Span::new(end, end)
            },
            |token| token.span,
        )
    }

    pub(super) fn diagnostic(&self) -> Diagnostic {
        self.special().unwrap_or_else(|| self.general())
    }

    fn general(&self) -> Diagnostic {
        let expected = match self.before().to_ascii_lowercase().as_str() {
            "by" => "a join key such as `host.id`".to_owned(),
            "where" => "a condition".to_owned(),
            _ => words(&self.expected),
        };
        let found = match self.tokens.get(self.found) {
            None => "the end of the query".to_owned(),
            Some(token) if token.kind == TokenKind::Str => "a string".to_owned(),
            Some(_) => format!("`{}`", self.word(self.found)),
        };
        Diagnostic::new(Code::Syntax, self.place(), format!("expected {expected}, found {found}"))
            .label(format!("expected {expected}"))
    }

    /// Mistakes that deserve their own words.
    fn special(&self) -> Option<Diagnostic> {
        self.at_start()
            .or_else(|| self.index())
            .or_else(|| self.double_bar())
            .or_else(|| self.number_in_name())
            .or_else(|| {
                let found = self.word(self.found);
                let infix = ["and", "or", "in", "like", "regex"].contains(&found);
                match (self.before(), found) {
                    (".", _) if scan::KEYWORDS.contains(&found) => Some(self.keyword_as_name()),
                    (_, "not") if self.wants_operand() => Some(self.not_inside()),
                    (_, _) if scan::KEYWORDS.contains(&found) && !infix && self.wants_operand() => {
                        Some(self.keyword_as_name())
                    }
                    (_, "is") => Some(self.general().help(
                    "a field has no value where `field == null`, and has one where `field != null`",
                )),
                ("in" | "in~", _) if found != "(" => Some(self.list_without_parens()),
                    _ => None,
                }
            })
    }

    fn at_start(&self) -> Option<Diagnostic> {
        let found = self.word(self.found);
        let before = self.before();
        let place = self.place();
        if found.eq_ignore_ascii_case("where") && matches!(before, "" | "[" | "![") {
            return Some(
                Diagnostic::new(Code::BadCategory, place, "a query without an event category")
                    .label("expected an event category before `where`")
                    .help("for events of every category write `any where`"),
            );
        }
        (before.is_empty() && matches!(found, "[" | "![")).then(|| {
            self.general().help(
                "terms in brackets follow `sequence` or `sample`; a single query has no brackets",
            )
        })
    }

    /// `x["y"]`, `x[*]`; what the grammar reads of indexes is refused there.
    fn index(&self) -> Option<Diagnostic> {
        let before = self.tokens.get(self.found.checked_sub(1)?)?;
        let name = matches!(before.kind, TokenKind::Word | TokenKind::Quoted);
        let inside = self
            .expected
            .iter()
            .any(|rule| matches!(rule, Rule::arith_op | Rule::in_op | Rule::index));
        let terms = self.expected.iter().any(|rule| matches!(rule, Rule::term | Rule::open_square));
        (self.word(self.found) == "[" && name && inside && !terms)
            .then(|| array_index(self.place()))
    }

    fn double_bar(&self) -> Option<Diagnostic> {
        let (before, found) = (self.found.checked_sub(1)?, self.found);
        (self.word(before) == "|" && self.word(found) == "|").then(|| {
            let span = self.tokens[before].span.to(self.tokens[found].span);
            Diagnostic::new(Code::Syntax, span, "`||` is written `or`").patch(span, "or")
        })
    }

    fn number_in_name(&self) -> Option<Diagnostic> {
        let found = self.word(self.found);
        let digits = found.bytes().take_while(u8::is_ascii_digit).count();
        (self.before() == "." && digits > 0).then(|| {
            let start = self.place().start as usize;
            let span = offsets(start, start + digits);
            Diagnostic::new(Code::Syntax, span, "a part of a field name that begins with a digit")
                .label("expected a name, or back-quotes around this part")
                .patch(span, format!("`{}`", &found[..digits]))
        })
    }

    fn keyword_as_name(&self) -> Diagnostic {
        let place = self.place();
        let found = self.word(self.found);
        Diagnostic::new(Code::Syntax, place, format!("`{found}` is a keyword"))
            .label(format!("expected {}", words(&self.expected)))
            .help("a field of this name is written in back-quotes")
            .patch(place, format!("`{found}`"))
    }

    fn not_inside(&self) -> Diagnostic {
        Diagnostic::new(Code::Syntax, self.place(), "`not` inside a comparison")
            .label("expected a value")
            .help("`not` stands before the whole comparison, or in parentheses with what it negates: `a == (not b)`")
    }

    fn list_without_parens(&self) -> Diagnostic {
        let place = self.place();
        let error = self.general().help(format!("`{}` takes a list in parentheses", self.before()));
        match self.tokens.get(self.found) {
            Some(Token { kind: TokenKind::Str | TokenKind::Number, .. }) => {
                error.patch(place, format!("({})", &self.source[place.range()]))
            }
            _ => error,
        }
    }

    fn wants_operand(&self) -> bool {
        self.expected.iter().any(|rule| {
            matches!(
                rule,
                Rule::operand
                    | Rule::condition
                    | Rule::field
                    | Rule::name
                    | Rule::quoted_name
                    | Rule::segment
            )
        })
    }

    /// What to go on with, for the grammar to find what else is wrong; `None` where no part of the text can be left out.
    pub(super) fn stand_in(&self) -> Option<StandIn> {
        let mut start = self.found;
        let mut depth = 0usize;
        let mut separated = false;
        // To the left as far as the operand reaches, then on to see that a `where` comes first.
        for index in (0..self.found).rev() {
            let word = self.word(index);
            match word {
                ")" | "]" => depth += 1,
                "(" | "[" | "![" if depth > 0 => depth -= 1,
                "[" | "![" => return self.range(index + 1, self.close_of(index + 1), "a where 1"),
                "|" if depth == 0 => return None,
                _ if depth > 0 => {}
                _ if word.eq_ignore_ascii_case("where") => {
                    return self.range(start, self.operand_end(), "1");
                }
                "(" | "," => separated = true,
                _ if word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or") => {
                    separated = true;
                }
                _ => {}
            }
            if !separated {
                start = index;
            }
        }
        None
    }

    /// The text of some tokens, if the filling fits in its place.
    fn range(&self, first: usize, end: usize, filling: &'static str) -> Option<StandIn> {
        let range = self.tokens.get(first)?.span.start as usize
            ..self.tokens.get(end.checked_sub(1)?)?.span.end as usize;
        (first < end && range.len() >= filling.len()).then_some(StandIn { range, filling })
    }

    /// The index of the bracket that closes what is open before `first`.
    fn close_of(&self, first: usize) -> usize {
        let mut depth = 0usize;
        for index in first..self.tokens.len() {
            match self.word(index) {
                "(" | "[" | "![" => depth += 1,
                ")" | "]" if depth == 0 => return index,
                ")" | "]" => depth -= 1,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The index after the last token of the operand that the failure is in.
    fn operand_end(&self) -> usize {
        let mut depth = 0usize;
        for index in self.found..self.tokens.len() {
            let word = self.word(index);
            match word {
                "(" | "[" | "![" => depth += 1,
                ")" | "]" if depth > 0 => depth -= 1,
                ")" | "]" => return index,
                _ if depth > 0 => {}
                "," | "|" => return index,
                _ if word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or") => {
                    return index;
                }
                _ => {}
            }
        }
        self.tokens.len()
    }
}

/// A part of the text that is wrong, and what to read in its place.
pub(super) struct StandIn {
    pub(super) range: Range<usize>,
    pub(super) filling: &'static str,
}

/// What the grammar would have taken, in words, the most telling first.
fn words(rules: &[Rule]) -> String {
    let mut words: Vec<&str> = rules.iter().flat_map(|&rule| word(rule)).copied().collect();
    words.sort_unstable_by_key(|word| {
        (ORDER.iter().position(|first| first == word).unwrap_or(usize::MAX), *word)
    });
    words.dedup();
    if words.contains(&"an operator") {
        // Behind a name: it might have been a function's.
        words.retain(|word| *word != "`(`");
    }
    if words.contains(&"`[`") {
        // Behind a join key: an expression parses there, only to be refused.
        words.retain(|word| !matches!(*word, "an operator" | "`and`" | "`or`"));
    }
    match words.as_slice() {
        [] => "something else".to_owned(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} or {last}", some.join(", ")),
    }
}

/// Words that stand first where several are expected.
const ORDER: [&str; 7] =
    ["an event category", "`sequence`", "`sample`", "a value", "an operator", "`and`", "`or`"];

/// What a rule is called in messages; nothing where it says nothing to a writer of EQL.
fn word(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::EOI => &["the end of the query"],
        Rule::query => &["an event category", "`sequence`", "`sample`"],
        Rule::event_query | Rule::category | Rule::kw_any => &["an event category"],
        Rule::group | Rule::group_word => &["`sequence`", "`sample`"],
        Rule::kw_sequence => &["`sequence`"],
        Rule::kw_sample => &["`sample`"],
        Rule::by | Rule::kw_by => &["`by`"],
        Rule::with | Rule::kw_with => &["`with`"],
        Rule::option_name => &["`maxspan`", "`runs`"],
        Rule::assign | Rule::assign_or_equal => &["`=`"],
        Rule::duration => &["a number"],
        Rule::unit => &["a unit of time"],
        Rule::term | Rule::missing | Rule::open_square => &["`[`"],
        Rule::until | Rule::kw_until => &["`until`"],
        Rule::kw_where => &["`where`"],
        Rule::condition
        | Rule::signed
        | Rule::item
        | Rule::operand
        | Rule::primary
        | Rule::single
        | Rule::pattern
        | Rule::constant
        | Rule::string
        | Rule::number
        | Rule::kw_true
        | Rule::kw_false
        | Rule::kw_null
        | Rule::named
        | Rule::parens
        | Rule::field => &["a value"],
        Rule::name | Rule::quoted_name | Rule::segment => &["a name"],
        Rule::pipe_name => &["`head`", "`tail`"],
        Rule::compare_op | Rule::arith_op | Rule::in_op | Rule::match_op => &["an operator"],
        Rule::list | Rule::arguments | Rule::open_round | Rule::open_call => &["`(`"],
        Rule::close_round => &["`)`"],
        Rule::close_square => &["`]`"],
        Rule::comma => &["`,`"],
        Rule::kw_and => &["`and`"],
        Rule::kw_or => &["`or`"],
        Rule::pipe | Rule::pipe_bar => &["`|`"],
        // What may always follow or begin a value, and so says nothing.
        Rule::dot
        | Rule::index
        | Rule::member
        | Rule::fold
        | Rule::optional
        | Rule::sign
        | Rule::negation
        | Rule::kw_not
        | Rule::kw_not_in
        | Rule::not_in_capitals
        // Of one dialect only, or refused anyway.
        | Rule::alias
        | Rule::kw_as
        | Rule::relation
        | Rule::kw_of
        | Rule::variable
        | Rule::variable_name
        | Rule::fork
        | Rule::kw_fork
        | Rule::kw_join
        // Parts of tokens.
        | Rule::name_start
        | Rule::name_char
        | Rule::reserved
        | Rule::operand_start
        | Rule::infix_word
        | Rule::WHITESPACE => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::{Rule, word};
    use crate::{
        ast::Dialect,
        parser::{grammar::Grammar, parse},
        report::{SourceText, render},
    };

    fn names() -> Vec<String> {
        Rule::all_rules().iter().map(|rule| format!("{rule:?}")).collect()
    }

    /// Whether a name of the grammar that is no word of EQL or English stands in a text.
    fn leak(text: &str) -> Option<String> {
        let internal =
            |name: &String| name.contains('_') || matches!(name.as_str(), "EOI" | "WHITESPACE");
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let names: Vec<String> = names().into_iter().filter(internal).collect();
        words.find(|word| names.iter().any(|name| name == word)).map(str::to_owned)
    }

    #[test]
    fn every_rule_of_the_grammar_is_called_by_words() {
        assert!(Rule::all_rules().len() > 80);
        for rule in Rule::all_rules() {
            for word in word(*rule) {
                assert!(!word.is_empty());
                assert_eq!(leak(word), None, "{rule:?}");
            }
        }
        let silent = Rule::all_rules().iter().filter(|rule| word(**rule).is_empty()).count();
        assert!(silent < Rule::all_rules().len() / 3, "{silent} rules have no word");
    }

    #[test]
    fn no_message_names_a_rule_of_the_grammar() {
        const BROKEN: &str = "\
            |process|process where|where x|a where ,|a where (|a where )|a where [|a where x ==|a where == x|a where x y|a where x not\
            |a where x not y|a where not|a where x and|a where and|a where x or or y|a where x in|a where x in (|a where x in 1\
            |a where x in (1|a where x in (1 2)|a where x in (,)|a where x in (1,,2)|a where x :|a where x : (|a where x : (1|a where x : y\
            |a where x like|a where x regex~ ()|a where x.|a where x..y|a where .x|a where ?|a where ?1|a where x.0|a where x.in\
            |a where in|a where by == 1|a where f(|a where f(x|a where f(x y)|a where f(,)|a where f~|a where f~ x|a where 1 2|a where 1.2.3\
            |a where -|a where + -|a where x + |a where x * * y|a where x < < y|a where x == not y|a where x[1|a where x[y]|a where $x.|a where $\
            |a where x == 1 as e|a b|a. where x|\"a\"|\"a\" \"b\" where c|?a where b|any|any any where x|sequence|sequence by|sequence by a\
            |sequence by a,|sequence by a b|sequence with|sequence with x|sequence with maxspan|sequence with maxspan=|sequence with maxspan=s\
            |sequence with maxspan=5|sequence []|sequence [a]|sequence [a where]|sequence [a where b|sequence [a where b] by|sequence [a where b] with\
            |sequence [a where b] as|sequence [a where b] until|sequence [a where b] until c|sequence [a where b] x|sequence a where b\
            |sequence ![|sequence [[a where b]]|sample|sample [a where b] with runs|join|join a|join by|descendant of [a where b]\
            |a where descendant of|a where descendant of [|a where descendant of [b]|a where descendant of b|a where b of [c where d]|;|=|a where x = \
            ";
        let mut texts: Vec<String> =
            BROKEN.split('|').map(|text| text.trim_start().to_owned()).collect();
        texts.extend(
            [
                "a where x |",
                "a where x | |",
                "a where x | head |",
                "a where x | head 1 2",
                "a where x | 5",
            ]
            .map(str::to_owned),
        );
        assert!(texts.len() > 100);
        for text in &texts {
            for dialect in [Dialect::Elasticsearch, Dialect::Endpoint] {
                let Err(errors) = parse(text, dialect) else { panic!("`{text}` parses") };
                let errors = errors.into_sorted();
                assert!(!errors.is_empty());
                let shown = render(&errors, &SourceText::new(None, ""), false);
                assert_eq!(leak(&shown), None, "{text}:\n{shown}");
                assert!(!shown.contains("something else"), "{text}:\n{shown}");
            }
        }
    }

    #[test]
    fn keywords_of_scan_and_grammar_are_the_same() {
        use pest::Parser as _;
        for word in crate::scan::KEYWORDS {
            assert!(Grammar::parse(Rule::reserved, word).is_ok(), "{word}");
            assert!(Grammar::parse(Rule::name, word).is_err(), "{word}");
        }
        for word in
            ["runs", "as", "fork", "head", "tail", "Any", "TRUE", "within", "notes", "_in", "ands"]
        {
            assert!(Grammar::parse(Rule::name, word).is_ok(), "{word}");
        }
    }
}
