//! The syntax tree: what the text says, with spans, before any name or type is looked up.
//!
//! Every node's `Display` prints canonical EQL, and parsing that gives an equal tree.

use crate::span::{Span, Spanned};

/// Which EQL a text is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// What Elasticsearch accepts, rejects and means.
    #[default]
    Elasticsearch,
    /// The dialect of Elastic Defend's behaviour rules: adds `_arraysearch` and `$variables`, `as event0`,
    /// `descendant of [..]` and comparisons between fields.
    Endpoint,
}

/// A whole query: `process where true | head 5`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is before the first `|`.
    pub body: Body,
    /// The pipes, in the order written.
    pub pipes: Vec<Spanned<Pipe>>,
}

/// The part of a query before its pipes.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `process where true`
    Event(EventQuery),
    /// `sequence by host.id [..] [..]`
    Sequence(Sequence),
    /// `sample by host.id [..] [..]`
    Sample(Sample),
}

/// `category where condition`
#[derive(Clone, Debug, PartialEq)]
pub struct EventQuery {
    /// What stands before `where`.
    pub category: Spanned<Category>,
    /// What stands after `where`.
    pub condition: Spanned<Expr>,
}

/// The word before `where`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Category {
    /// The keyword `any`: no test of the category.
    Any,
    /// A category by name, `process` or `"process"`. `"any"` in quotes is the category named *any*.
    Named(String),
}

/// `sequence by a, b with maxspan=1m [..] ![..] by c with runs=3 until [..]`
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// The keys that all terms share.
    pub by: Vec<Spanned<FieldPath>>,
    /// The longest time between the first and the last event.
    pub maxspan: Option<Spanned<TimeSpan>>,
    /// The terms, in order.
    pub terms: Vec<Spanned<Term>>,
    /// The term that ends partial sequences.
    pub until: Option<Spanned<Term>>,
}

/// `sample by a [..] [..] by b`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The keys that all terms share.
    pub by: Vec<Spanned<FieldPath>>,
    /// The terms; `missing`, `runs` and `alias` are never set here.
    pub terms: Vec<Spanned<Term>>,
}

/// One bracketed term of a sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// `![..]`: no such event.
    pub missing: bool,
    /// The query in the brackets.
    pub query: EventQuery,
    /// The term's own keys.
    pub by: Vec<Spanned<FieldPath>>,
    /// `with runs=n`, as written.
    pub runs: Option<Spanned<u64>>,
    /// `as event0` (endpoint dialect).
    pub alias: Option<Spanned<String>>,
}

/// An integer and a unit: `90s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// How many units.
    pub count: u64,
    /// The unit.
    pub unit: TimeUnit,
}

/// The unit of a [`TimeSpan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `ms`
    Millis,
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`
    Days,
}

impl TimeSpan {
    /// The span in milliseconds; `None` where that does not fit.
    #[must_use]
    pub fn millis(self) -> Option<u64> {
        let unit = match self.unit {
            TimeUnit::Millis => 1,
            TimeUnit::Seconds => 1_000,
            TimeUnit::Minutes => 60_000,
            TimeUnit::Hours => 3_600_000,
            TimeUnit::Days => 86_400_000,
        };
        self.count.checked_mul(unit)
    }
}

/// `head n` or `tail n`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipe {
    /// Which pipe.
    pub kind: PipeKind,
    /// Its argument; must fold to a non-negative integer.
    pub count: Spanned<Expr>,
}

/// The pipes that Elasticsearch knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeKind {
    /// The first *n* results.
    Head,
    /// The last *n* results.
    Tail,
}

/// `?process.Ext.token.integrity_level`, `` `a b`.c ``
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldPath {
    /// Written with a leading `?`.
    pub optional: bool,
    /// The path with plain dots and without quotes.
    pub path: String,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `"x"`, `1`, `true`, `null`
    Literal(Literal),
    /// `process.name`, `?f`; with an alias of the endpoint dialect, `event0.process.name`.
    Field(FieldPath),
    /// `$entry` or `$entry.symbol_info` (endpoint dialect).
    Variable(Variable),
    /// `not e`
    Not(Box<Spanned<Expr>>),
    /// `a and b and c`: at least two.
    And(Vec<Spanned<Expr>>),
    /// `a or b or c`: at least two.
    Or(Vec<Spanned<Expr>>),
    /// `a == b`
    Compare(Box<Compare>),
    /// `a + b`
    Arith(Box<Arith>),
    /// `-e`
    Neg(Box<Spanned<Expr>>),
    /// `e in (a, b)`, `e not in~ (a)`
    In(Box<In>),
    /// `e : "x*"`, `e like~ ("a", "b")`, `e regex "a|b"`
    Match(Box<Match>),
    /// `startsWith~(a, b)`
    Call(Call),
    /// `descendant of [process where true]` (endpoint dialect).
    DescendantOf(Box<EventQuery>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number that fits 64 bits with sign; the text itself never carries a sign.
    Int(i64),
    /// A number with a point or an exponent, or too large for [`Literal::Int`].
    Float(f64),
    /// A string, escapes resolved.
    Str(String),
}

/// `$name.path`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name without `$`.
    pub name: String,
    /// The path inside the element; empty for the element itself.
    pub path: String,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// Left side.
    pub left: Spanned<Expr>,
    /// Operator.
    pub op: Spanned<CompareOp>,
    /// Right side.
    pub right: Spanned<Expr>,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl CompareOp {
    /// The operator that says the same with the sides the other way round.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Eq | Self::Ne => self,
        }
    }
}

/// Arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Arith {
    /// Left side.
    pub left: Spanned<Expr>,
    /// Operator.
    pub op: Spanned<ArithOp>,
    /// Right side.
    pub right: Spanned<Expr>,
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
}

/// Membership in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct In {
    /// Left side.
    pub value: Spanned<Expr>,
    /// `not in`.
    pub negated: bool,
    /// `in~`: ignoring case.
    pub fold: bool,
    /// The elements: at least one.
    pub list: Vec<Spanned<Expr>>,
}

/// A match against patterns.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Left side.
    pub value: Spanned<Expr>,
    /// Operator.
    pub op: Spanned<MatchOp>,
    /// The patterns: at least one. Kept as written: a number here is a type error, not a syntax error.
    pub patterns: Vec<Spanned<Literal>>,
}

/// Operators whose right side is one pattern or a list of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `:`, wildcards, ignoring case.
    Colon,
    /// `like`, wildcards, with case.
    Like,
    /// `like~`, wildcards, ignoring case.
    LikeFold,
    /// `regex`, with case.
    Regex,
    /// `regex~`, ignoring case.
    RegexFold,
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The name as written, without `~`. Function names ignore case.
    pub name: Spanned<String>,
    /// Written with `~`.
    pub fold: bool,
    /// Arguments.
    pub args: Vec<Spanned<Expr>>,
}

/// The place of a term's parts, for messages about the term as a whole.
impl Term {
    /// From the category to the end of the condition.
    #[must_use]
    pub fn query_span(&self) -> Span {
        self.query.category.span.to(self.query.condition.span)
    }
}
