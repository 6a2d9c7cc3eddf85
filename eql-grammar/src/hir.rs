//! The typed form: fields resolved, types checked, constants folded, patterns classified.
//!
//! The boolean structure above the leaves is two-valued, as in Elasticsearch: a leaf that meets no value
//! is false, and `not` of it true. Inside a leaf ([`Cond::Expr`]) null propagates, and a leaf that comes
//! out null is false.

use std::net::IpAddr;

use crate::ast::{ArithOp, CompareOp, Dialect, PipeKind};
use crate::regex::Dfa;
use crate::schema::Type;
use crate::span::Span;
use crate::wildcard::Wildcard;

/// A whole query.
#[derive(Clone, Debug)]
pub struct Query {
    /// The language it was read in.
    pub dialect: Dialect,
    /// Event query, sequence or sample.
    pub body: Body,
    /// `head` and `tail`, in order.
    pub pipes: Vec<(PipeKind, u64)>,
    /// Every field that is read; [`FieldIx`] points in here.
    pub fields: Vec<Field>,
    /// What `descendant of [..]` asks of processes; [`Cond::DescendantOf`] points in here. A query comes
    /// before those whose condition has it inside.
    pub descendants: Vec<EventQuery>,
    /// How processes are told apart, where `descendants` is not empty.
    pub processes: Option<Processes>,
    /// What orders the events of a sequence.
    pub order: Option<Order>,
}

/// The fields that tell processes and their parents apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processes {
    /// `process.entity_id`
    pub own: FieldIx,
    /// `process.parent.entity_id`
    pub parent: FieldIx,
}

/// The fields that order events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Of type date.
    pub timestamp: FieldIx,
    /// Orders events of the same time.
    pub tiebreaker: Option<FieldIx>,
}

/// Index into [`Query::fields`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldIx(pub usize);

/// A field that the query reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Where the path starts.
    pub root: Root,
    /// The path; for an array element, the path inside it.
    pub path: String,
    /// Its EQL type; `None` for an array of objects, which only `_arraysearch` reads.
    pub ty: Option<Type>,
    /// Whether the built-in schema has it (and so a Rust type by its name).
    pub builtin: bool,
    /// Whether `_arraysearch` looks into it.
    pub searched: bool,
    /// Its first use.
    pub span: Span,
}

/// What a field's path is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// The event under test.
    Event,
    /// The event that an earlier stage of the sequence took (endpoint dialect).
    Stage(usize),
    /// The element bound by the *n*-th enclosing `_arraysearch`, counted from the outside.
    Element(usize),
}

/// The part before the pipes.
#[derive(Clone, Debug)]
pub enum Body {
    /// `process where …`
    Event(EventQuery),
    /// `sequence …`
    Sequence(Sequence),
    /// `sample …`
    Sample(Sample),
}

/// One filter.
#[derive(Clone, Debug, PartialEq)]
pub struct EventQuery {
    /// The category test; `None` for `any`.
    pub category: Option<(FieldIx, String)>,
    /// The condition.
    pub condition: Cond,
}

/// A sequence, `runs` not yet repeated.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Longest time from the first to the last event, in **milliseconds**, inclusive.
    pub maxspan: Option<u64>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// What ends partial sequences.
    pub until: Option<Stage>,
}

/// A sample.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The terms; order has no meaning.
    pub stages: Vec<Stage>,
}

/// One term.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Which events it takes.
    pub query: EventQuery,
    /// Shared keys, then the term's own.
    pub keys: Vec<Key>,
    /// `![..]`
    pub missing: bool,
    /// How many times the term stands in a row.
    pub runs: u32,
}

/// A join key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The field; `None` for an optional field outside the schema, which is always null.
    pub field: Option<FieldIx>,
    /// Written `?field`: absent counts as the value null.
    pub optional: bool,
}

/// A two-valued condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Cond {
    /// Always this.
    Const(bool),
    /// Negation.
    Not(Box<Cond>),
    /// All of them; at least two.
    And(Vec<Cond>),
    /// Any of them; at least two.
    Or(Vec<Cond>),
    /// The field has a value.
    Exists(FieldIx),
    /// Any value of the field passes the test.
    Test(FieldIx, Test),
    /// Any combination of the values of its fields makes the expression true; an absent field takes part as null.
    Expr(Expr),
    /// Any element of the array fulfils the condition.
    ArraySearch(Box<ArraySearch>),
    /// A process above this one matched this query of [`Query::descendants`].
    DescendantOf(usize),
}

/// `_arraysearch(array, $element, condition)`
#[derive(Clone, Debug, PartialEq)]
pub struct ArraySearch {
    /// The array.
    pub array: FieldIx,
    /// Which [`Root::Element`] it binds.
    pub depth: usize,
    /// The condition on the element.
    pub condition: Cond,
}

/// A test of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The boolean is this.
    Bool(bool),
    /// The string is one of these.
    Strings(StringTest),
    /// The value compares so.
    Compare(CompareOp, Const),
    /// The value equals one of these; not strings.
    In(Vec<Const>),
    /// The address is in one of these networks.
    Cidr(Vec<Net>),
}

/// What strings pass: the union of the four.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StringTest {
    /// ASCII case is ignored; then all strings here are lower case.
    pub fold: bool,
    /// These, whole.
    pub exact: Vec<String>,
    /// What matches these.
    pub globs: Vec<Wildcard>,
    /// What this automaton accepts.
    pub regex: Option<Box<Dfa>>,
}

/// A network: address and number of leading bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Net {
    /// The address, host bits cleared.
    pub addr: IpAddr,
    /// Leading bits that count.
    pub bits: u8,
}

/// A constant of a known type.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// boolean
    Bool(bool),
    /// long
    Int(i64),
    /// `unsigned_long` above the range of long.
    Unsigned(u64),
    /// double
    Float(f64),
    /// keyword
    Str(String),
    /// ip
    Ip(IpAddr),
    /// date, in **nanoseconds** since the Unix epoch
    Date(i64),
    /// version
    Version(String),
}

/// A typed expression; its value may be null.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
}

/// The kinds of [`Expr`].
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// One value of a field.
    Field(FieldIx),
    /// A constant.
    Const(Const),
    /// The constant null.
    Null,
    /// A function.
    Call(Function, Vec<Expr>),
    /// Arithmetic.
    Arith(ArithOp, Box<Expr>, Box<Expr>),
    /// Negation of a number.
    Neg(Box<Expr>),
    /// Comparison; null where a side is null.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// String test; null where the string is null.
    Strings(Box<Expr>, StringTest),
    /// The value equals one of these; not strings.
    In(Box<Expr>, Vec<Const>),
    /// The address is in one of these networks; on a keyword, null where it is no address.
    Cidr(Box<Expr>, Vec<Net>),
    /// Never null.
    IsNull(Box<Expr>),
    /// A condition with fields of its own, never null.
    Cond(Box<Cond>),
    /// Three-valued.
    And(Vec<Expr>),
    /// Three-valued.
    Or(Vec<Expr>),
    /// Three-valued.
    Not(Box<Expr>),
}

/// Functions on values; `fold` ignores ASCII case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // named as in EQL
pub enum Function {
    Between { fold: bool },
    Concat,
    EndsWith { fold: bool },
    IndexOf { fold: bool },
    Length,
    Number,
    StartsWith { fold: bool },
    String,
    StringContains { fold: bool },
    Substring,
}

impl Cond {
    /// The negation, without stacking `not`s.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Const(value) => Self::Const(!value),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// A condition that reads nothing but the event itself and holds wherever this one does.
    ///
    /// What depends on the events of earlier stages is taken as it suits.
    #[must_use]
    pub fn on_event_alone(&self, fields: &[Field]) -> Self {
        self.relaxed(fields, true)
    }

    /// Whether the condition reads an event of an earlier stage.
    #[must_use]
    pub fn reads_stages(&self, fields: &[Field]) -> bool {
        let mut reads = false;
        self.for_each_field(&mut |field| {
            reads |= matches!(fields[field.0].root, Root::Stage(_));
        });
        reads
    }

    fn relaxed(&self, fields: &[Field], value: bool) -> Self {
        if !self.reads_stages(fields) {
            return self.clone();
        }
        let relaxed = |cond: &Self| cond.relaxed(fields, value);
        match self {
            Self::Not(inner) => inner.relaxed(fields, !value).negate(),
            Self::And(list) => Self::join(list.iter().map(relaxed), true, Self::And),
            Self::Or(list) => Self::join(list.iter().map(relaxed), false, Self::Or),
            _ => Self::Const(value),
        }
    }

    /// `and` where `neutral` is true, else `or`.
    fn join(list: impl Iterator<Item = Self>, neutral: bool, make: fn(Vec<Self>) -> Self) -> Self {
        let mut kept = Vec::new();
        for cond in list {
            match cond {
                Self::Const(value) if value == neutral => {}
                Self::Const(value) => return Self::Const(value),
                cond => kept.push(cond),
            }
        }
        match kept.len() {
            0 => Self::Const(neutral),
            1 => kept.remove(0),
            _ => make(kept),
        }
    }

    /// Calls `visit` for each field that the condition reads, in the order of the text.
    pub fn for_each_field(&self, visit: &mut dyn FnMut(FieldIx)) {
        match self {
            Self::Const(_) | Self::DescendantOf(_) => {}
            Self::Not(inner) => inner.for_each_field(visit),
            Self::And(list) | Self::Or(list) => {
                list.iter().for_each(|cond| cond.for_each_field(visit));
            }
            Self::Exists(field) | Self::Test(field, _) => visit(*field),
            Self::Expr(expr) => expr.for_each_field(visit),
            Self::ArraySearch(search) => {
                visit(search.array);
                search.condition.for_each_field(visit);
            }
        }
    }
}

impl EventQuery {
    /// Calls `visit` for each field that the query reads.
    pub fn for_each_field(&self, visit: &mut dyn FnMut(FieldIx)) {
        if let Some((field, _)) = &self.category {
            visit(*field);
        }
        self.condition.for_each_field(visit);
    }
}

impl Expr {
    /// Calls `visit` for each field that the expression reads.
    pub fn for_each_field(&self, visit: &mut dyn FnMut(FieldIx)) {
        match &self.kind {
            ExprKind::Field(field) => visit(*field),
            ExprKind::Cond(cond) => cond.for_each_field(visit),
            ExprKind::Const(_) | ExprKind::Null => {}
            ExprKind::Call(_, list) | ExprKind::And(list) | ExprKind::Or(list) => {
                list.iter().for_each(|expr| expr.for_each_field(visit));
            }
            ExprKind::Arith(_, left, right) | ExprKind::Compare(_, left, right) => {
                left.for_each_field(visit);
                right.for_each_field(visit);
            }
            ExprKind::Neg(inner)
            | ExprKind::Strings(inner, _)
            | ExprKind::In(inner, _)
            | ExprKind::Cidr(inner, _)
            | ExprKind::IsNull(inner)
            | ExprKind::Not(inner) => inner.for_each_field(visit),
        }
    }

    /// Whether no event can change its value.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        let mut constant = true;
        self.for_each_field(&mut |_| constant = false);
        constant
    }
}
