//! Canonical EQL: `Display` of every node of the tree.
//!
//! One space between tokens, no bracket that precedence does not need, strings in double quotes. Parsing what is printed
//! gives the tree that was printed.

use std::fmt::{Display, Formatter, Result, Write as _};

use crate::{
    ast::{
        Arith, ArithOp, Body, Call, Category, Compare, CompareOp, EventQuery, Expr, FieldPath, In,
        Literal, Match, MatchOp, Pipe, PipeKind, Query, Sample, Sequence, Term, TimeSpan, TimeUnit,
        Variable,
    },
    scan::{KEYWORDS, is_name_char, is_name_start},
    span::Spanned,
};

impl<T: Display> Display for Spanned<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.node.fmt(f)
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.body.fmt(f)?;
        self.pipes.iter().try_for_each(|pipe| write!(f, " | {pipe}"))
    }
}

impl Display for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Event(query) => query.fmt(f),
            Self::Sequence(sequence) => sequence.fmt(f),
            Self::Sample(sample) => sample.fmt(f),
        }
    }
}

impl Display for EventQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} where {}", self.category, self.condition)
    }
}

impl Display for Category {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Named(name) if is_plain_name(name) => f.write_str(name),
            Self::Named(name) => string(f, name),
        }
    }
}

impl Display for Sequence {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("sequence")?;
        keys(f, &self.by)?;
        if let Some(maxspan) = &self.maxspan {
            write!(f, " with maxspan={maxspan}")?;
        }
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))?;
        self.until.iter().try_for_each(|until| write!(f, " until {until}"))
    }
}

impl Display for Sample {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("sample")?;
        keys(f, &self.by)?;
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let open = if self.missing { "![" } else { "[" };
        write!(f, "{open}{}]", self.query)?;
        keys(f, &self.by)?;
        if let Some(runs) = &self.runs {
            write!(f, " with runs={runs}")?;
        }
        self.alias.iter().try_for_each(|alias| write!(f, " as {alias}"))
    }
}

impl Display for TimeSpan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}", self.count, self.unit)
    }
}

impl Display for TimeUnit {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Millis => "ms",
            Self::Seconds => "s",
            Self::Minutes => "m",
            Self::Hours => "h",
            Self::Days => "d",
        })
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.kind, self.count)
    }
}

impl Display for PipeKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Tail => "tail",
        })
    }
}

impl Display for FieldPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.optional {
            f.write_char('?')?;
        }
        path(f, &self.path)
    }
}

impl Display for Variable {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "${}", self.name)?;
        if self.path.is_empty() {
            return Ok(());
        }
        f.write_char('.')?;
        path(f, &self.path)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Literal(literal) => literal.fmt(f),
            Self::Field(field) => field.fmt(f),
            Self::Variable(variable) => variable.fmt(f),
            Self::Not(operand) => {
                f.write_str("not ")?;
                operand_of(f, operand, Rank::Not)
            }
            Self::And(parts) => {
                separated(f, parts, " and ", |f, part| operand_of(f, part, Rank::Not))
            }
            Self::Or(parts) => {
                separated(f, parts, " or ", |f, part| operand_of(f, part, Rank::And))
            }
            Self::Compare(compare) => compare.fmt(f),
            Self::Arith(arith) => arith.fmt(f),
            Self::Neg(operand) => {
                f.write_char('-')?;
                operand_of(f, operand, Rank::Sign)
            }
            Self::In(test) => test.fmt(f),
            Self::Match(test) => test.fmt(f),
            Self::Call(call) => call.fmt(f),
            Self::DescendantOf(query) => write!(f, "descendant of [{query}]"),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            // `Debug` always has a point or an exponent, and gives the same number back.
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Str(value) => string(f, value),
        }
    }
}

impl Display for Compare {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        operand_of(f, &self.left, Rank::Sum)?;
        write!(f, " {} ", self.op)?;
        operand_of(f, &self.right, Rank::Sum)
    }
}

impl Display for CompareOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        })
    }
}

impl Display for Arith {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (left, right) = match self.op.node {
            ArithOp::Add | ArithOp::Sub => (Rank::Sum, Rank::Product),
            ArithOp::Mul | ArithOp::Div | ArithOp::Mod => (Rank::Product, Rank::Sign),
        };
        operand_of(f, &self.left, left)?;
        write!(f, " {} ", self.op)?;
        operand_of(f, &self.right, right)
    }
}

impl Display for ArithOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
        })
    }
}

impl Display for In {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        operand_of(f, &self.value, Rank::Primary)?;
        f.write_str(if self.negated { " not in" } else { " in" })?;
        f.write_str(if self.fold { "~ (" } else { " (" })?;
        separated(f, &self.list, ", ", |f, item| item.fmt(f))?;
        f.write_char(')')
    }
}

impl Display for Match {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        operand_of(f, &self.value, Rank::Primary)?;
        write!(f, " {} ", self.op)?;
        if let [pattern] = self.patterns.as_slice() {
            return pattern.fmt(f);
        }
        f.write_char('(')?;
        separated(f, &self.patterns, ", ", |f, pattern| pattern.fmt(f))?;
        f.write_char(')')
    }
}

impl Display for MatchOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Colon => ":",
            Self::Like => "like",
            Self::LikeFold => "like~",
            Self::Regex => "regex",
            Self::RegexFold => "regex~",
        })
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let fold = if self.fold { "~" } else { "" };
        write!(f, "{}{fold}(", self.name)?;
        separated(f, &self.args, ", ", |f, argument| argument.fmt(f))?;
        f.write_char(')')
    }
}

/// How tight an expression binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Sign,
    Test,
    Primary,
}

fn rank(expr: &Expr) -> Rank {
    match expr {
        Expr::Or(_) => Rank::Or,
        Expr::And(_) => Rank::And,
        Expr::Not(_) => Rank::Not,
        Expr::Compare(_) => Rank::Compare,
        Expr::Arith(arith) => match arith.op.node {
            ArithOp::Add | ArithOp::Sub => Rank::Sum,
            ArithOp::Mul | ArithOp::Div | ArithOp::Mod => Rank::Product,
        },
        Expr::Neg(_) => Rank::Sign,
        Expr::In(_) | Expr::Match(_) => Rank::Test,
        // No text gives these, a fold of constants does.
        Expr::Literal(Literal::Int(value)) if *value < 0 => Rank::Sign,
        Expr::Literal(Literal::Float(value)) if value.is_sign_negative() => Rank::Sign,
        Expr::Literal(_)
        | Expr::Field(_)
        | Expr::Variable(_)
        | Expr::Call(_)
        | Expr::DescendantOf(_) => Rank::Primary,
    }
}

/// Writes an expression where only one that binds as tight as `least` may stand without brackets.
fn operand_of(f: &mut Formatter<'_>, expr: &Expr, least: Rank) -> Result {
    if rank(expr) >= least { expr.fmt(f) } else { write!(f, "({expr})") }
}

fn separated<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    separator: &str,
    mut each: impl FnMut(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        each(f, item)?;
    }
    Ok(())
}

fn keys(f: &mut Formatter<'_>, keys: &[Spanned<FieldPath>]) -> Result {
    if keys.is_empty() {
        return Ok(());
    }
    f.write_str(" by ")?;
    separated(f, keys, ", ", |f, key| key.fmt(f))
}

/// A name that needs no quotes. Keywords in capitals count as keywords: the parser takes some of them for a slip.
fn is_plain_name(name: &str) -> bool {
    name.starts_with(is_name_start)
        && name[1..].chars().all(is_name_char)
        && !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(name))
}

/// A path, with back-quotes around the segments that need them.
fn path(f: &mut Formatter<'_>, path: &str) -> Result {
    if path.split('.').any(str::is_empty) {
        return quoted(f, path);
    }
    for (index, segment) in path.split('.').enumerate() {
        if index > 0 {
            f.write_char('.')?;
        }
        if is_plain_name(segment) {
            f.write_str(segment)?;
        } else {
            quoted(f, segment)?;
        }
    }
    Ok(())
}

fn quoted(f: &mut Formatter<'_>, name: &str) -> Result {
    write!(f, "`{}`", name.replace('`', "``"))
}

fn string(f: &mut Formatter<'_>, value: &str) -> Result {
    f.write_char('"')?;
    for c in value.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\u{8}' => f.write_str("\\b")?,
            '\t' => f.write_str("\\t")?,
            '\n' => f.write_str("\\n")?,
            '\u{c}' => f.write_str("\\f")?,
            '\r' => f.write_str("\\r")?,
            c if c.is_control() => write!(f, "\\u{{{:02x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
