//! Guards: what has to stand in any event that fulfils a condition.

use std::borrow::Cow;

use eql_grammar::ast::CompareOp;
use eql_grammar::hir::{
    self, Cond, Const, Expr, ExprKind, FieldIx, Function, Root, StringTest, Test,
};
use eql_grammar::schema::Type;
use eql_grammar::wildcard::{Wildcard, WildcardKind, commonness, rare_byte};

use super::SORTS;
use super::priors::Priors;

/// The runtime finds parts by four of their bytes.
pub(super) const WINDOW: usize = 4;
/// Shorter parts are not looked up: they are nearly everywhere.
const SHORTEST_PART: usize = 3;
/// The runtime searches a value for each shorter part alone.
pub(super) const SHORT_PART: usize = 5;
/// From this length on the runtime looks at every fourth place of a value, below at every second.
pub(super) const LONG_PART: usize = 7;

/// Something of which an event needs at least one atom.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Guard {
    pub(crate) atoms: Vec<Atom>,
    /// Estimated share of events that have it, of those with the term's category, system and type.
    pub(crate) probability: f64,
}

/// Something in a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Atom {
    pub(crate) path: String,
    pub(crate) what: What,
}

/// What a field has to have. Texts are in ASCII lower case, whatever the case of the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A value, whatever it is.
    Any,
    /// This value.
    Whole(String),
    /// A value that begins with these four bytes.
    Head(String),
    /// A value that ends with these four bytes.
    Tail(String),
    /// A value with this part, and where in it the four bytes begin that are found least often. In a part that is
    /// hardly as long: where that one byte stands.
    Part(String, usize),
    /// This whole number.
    Int(i64),
    /// This truth value.
    Bool(bool),
}

impl What {
    /// As a rule has it; empty for any value.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Any => Cow::Borrowed(""),
            Self::Whole(text) | Self::Head(text) | Self::Tail(text) | Self::Part(text, _) => {
                Cow::Borrowed(text)
            }
            Self::Int(int) => Cow::Owned(int.to_string()),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
        }
    }

    /// What any value of the field at `path` has that matches the pattern: the rarest there is. `None` where nothing of
    /// it can be looked up.
    pub(crate) fn of_glob(glob: &Wildcard, path: &str, priors: &Priors) -> Option<Self> {
        if let Some(text) = glob.as_exact() {
            return Some(Self::Whole(text.to_ascii_lowercase()));
        }
        let (head, tail) = match &glob.kind {
            WildcardKind::Prefix(text) => (Some(text), None),
            WildcardKind::Suffix(text) => (None, Some(text)),
            WildcardKind::Ends { prefix, suffix } => (Some(prefix), Some(suffix)),
            _ => (None, None),
        };
        let head = head.filter(|_| glob.skip == 0).and_then(|text| text.get(..WINDOW));
        let tail = tail.and_then(|text| text.get(text.len().checked_sub(WINDOW)?..));
        let mut all: Vec<Self> =
            glob.fragments().into_iter().filter_map(|text| part(text, path, priors)).collect();
        all.extend(head.map(|text| Self::Head(text.to_ascii_lowercase())));
        all.extend(tail.map(|text| Self::Tail(text.to_ascii_lowercase())));
        let cost = |what: &Self| Guard::new(path, vec![what.clone()], priors).cost();
        all.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)))
    }
}

/// The most that texts and numbers share among them which no estimate is listed for: however many a guard names, most
/// events have one that is common.
const OTHERS: f64 = 0.2;

impl Guard {
    /// What the guard costs in the end: the tests that it lets happen, and looking it up.
    pub(crate) fn cost(&self) -> f64 {
        self.probability + self.look_up()
    }

    /// What looking it up costs, as a part of a test of a term. Most look-ups are shared with other terms.
    pub(super) fn look_up(&self) -> f64 {
        const PRESENCE: f64 = 0.000_01;
        const WHOLE: f64 = 0.000_05;
        const LONG: f64 = 0.000_1;
        const SHORT: f64 = 0.02;
        const SHORTER: f64 = 0.15;
        let of_atom = |atom: &Atom| match &atom.what {
            What::Any => PRESENCE,
            What::Whole(_) | What::Head(_) | What::Tail(_) | What::Int(_) | What::Bool(_) => WHOLE,
            What::Part(text, _) if text.len() < LONG_PART => SHORT,
            What::Part(..) => LONG,
        };
        let (alone, shared): (Vec<&Atom>, Vec<&Atom>) = self
            .atoms
            .iter()
            .partition(|atom| matches!(&atom.what, What::Part(text, _) if text.len() < SHORT_PART));
        let shared = shared.into_iter().map(of_atom).fold(0.0, f64::max);
        alone.iter().map(|_| SHORTER).sum::<f64>() + shared
    }

    /// Of one field.
    fn new(path: &str, list: Vec<What>, priors: &Priors) -> Self {
        Self::of(
            list.into_iter().map(|what| Atom { path: path.to_owned(), what }).collect(),
            priors,
        )
    }

    fn of(mut atoms: Vec<Atom>, priors: &Priors) -> Self {
        atoms.sort_unstable();
        atoms.dedup();
        // Where a part stands, each part of it stands too.
        let parts: Vec<(String, String)> = atoms
            .iter()
            .filter(|atom| matches!(atom.what, What::Part(..)))
            .map(|atom| (atom.path.clone(), atom.what.text().into_owned()))
            .collect();
        atoms.retain(|atom| match &atom.what {
            What::Part(text, _) => !parts.iter().any(|(path, part)| {
                *path == atom.path && part.len() < text.len() && text.contains(part.as_str())
            }),
            _ => true,
        });
        // Fields tend to be there together, texts do not.
        let (present, texts): (Vec<&Atom>, Vec<&Atom>) =
            atoms.iter().partition(|atom| atom.what == What::Any);
        let of_present = present.iter().map(|atom| priors.of(atom)).fold(0.0, f64::max);
        let (others, known): (Vec<&Atom>, Vec<&Atom>) =
            texts.into_iter().partition(|atom| priors.is_one_of_many(atom));
        let sum = |atoms: Vec<&Atom>| atoms.into_iter().map(|atom| priors.of(atom)).sum::<f64>();
        let of_texts = sum(known) + sum(others).min(OTHERS);
        let probability = (of_present + of_texts).min(1.0);
        Self { atoms, probability }
    }
}

/// The guard that a field has a value.
fn of_presence(query: &hir::Query, field: FieldIx, priors: &Priors) -> Option<Guard> {
    let (path, _) = values_of(query, field)?;
    Some(Guard::new(path, vec![What::Any], priors))
}

/// The guard that a field has one of these values.
pub(super) fn of_constants(
    query: &hir::Query,
    field: FieldIx,
    list: &[Const],
    priors: &Priors,
) -> Option<Guard> {
    let (path, ty) = values_of(query, field)?;
    let what = |constant: &Const| match (ty, constant) {
        (Type::Keyword, Const::Str(text)) => Some(What::Whole(text.to_ascii_lowercase())),
        (Type::Long, Const::Int(int)) => Some(What::Int(*int)),
        _ => None,
    };
    Some(Guard::new(path, list.iter().map(what).collect::<Option<_>>()?, priors))
}

/// The guard that a field has this truth value.
fn of_bool(query: &hir::Query, field: FieldIx, is: bool, priors: &Priors) -> Option<Guard> {
    let (path, ty) = values_of(query, field)?;
    (ty == Type::Boolean).then(|| Guard::new(path, vec![What::Bool(is)], priors))
}

/// Path and type of a field whose values can be guards.
fn values_of(query: &hir::Query, field: FieldIx) -> Option<(&str, Type)> {
    let field = &query.fields[field.0];
    let fits = field.root == Root::Event && !sorts(&field.path);
    fits.then_some((&field.path, field.ty?))
}

/// The path of a field whose texts can be guards.
fn texts_of(query: &hir::Query, field: FieldIx) -> Option<&str> {
    values_of(query, field).filter(|(_, ty)| *ty == Type::Keyword).map(|(path, _)| path)
}

/// Whether events are sorted by this field before guards are looked up.
fn sorts(path: &str) -> bool {
    SORTS.contains(&path)
}

/// Guards of a condition, or of its negation where `positive` is false. Each of them alone is necessary.
pub(super) fn guards(
    condition: &Cond,
    positive: bool,
    query: &hir::Query,
    priors: &Priors,
) -> Vec<Guard> {
    match (condition, positive) {
        (Cond::Not(inner), _) => guards(inner, !positive, query, priors),
        (Cond::And(list), true) | (Cond::Or(list), false) => {
            list.iter().flat_map(|cond| guards(cond, positive, query, priors)).collect()
        }
        (Cond::Or(list), true) | (Cond::And(list), false) => {
            any_of(list.iter().map(|cond| guards(cond, positive, query, priors)), priors)
        }
        (Cond::Exists(field), true) => of_presence(query, *field, priors).into_iter().collect(),
        (Cond::Test(field, test), true) => {
            let of_test = match test {
                Test::Strings(test) => of_strings(query, *field, test, priors),
                Test::Bool(is) => of_bool(query, *field, *is, priors),
                Test::Compare(CompareOp::Eq, constant) => {
                    of_constants(query, *field, std::slice::from_ref(constant), priors)
                }
                Test::In(list) => of_constants(query, *field, list, priors),
                Test::Compare(..) | Test::Cidr(_) => None,
            };
            of_test.or_else(|| of_presence(query, *field, priors)).into_iter().collect()
        }
        (Cond::Expr(expr), true) => of_expr(expr, query, priors),
        _ => Vec::new(),
    }
}

/// A leaf holds where it comes out true for some values of its fields.
fn of_expr(expr: &Expr, query: &hir::Query, priors: &Priors) -> Vec<Guard> {
    let field_of = |expr: &Expr| match expr.kind {
        ExprKind::Field(field) => Some(field),
        _ => None,
    };
    let text_of = |expr: &Expr| match &expr.kind {
        ExprKind::Const(Const::Str(text)) => Some(text.clone()),
        _ => None,
    };
    let one = |guard: Option<Guard>| guard.into_iter().collect();
    match &expr.kind {
        ExprKind::Cond(cond) => guards(cond, true, query, priors),
        ExprKind::And(list) => list.iter().flat_map(|expr| of_expr(expr, query, priors)).collect(),
        ExprKind::Or(list) => any_of(list.iter().map(|expr| of_expr(expr, query, priors)), priors),
        ExprKind::Strings(inner, test) => {
            one(field_of(inner).and_then(|field| of_strings(query, field, test, priors)))
        }
        ExprKind::Compare(CompareOp::Eq, left, right) => {
            let sides = [(left, right), (right, left)];
            one(sides.into_iter().find_map(|(field, constant)| {
                let ExprKind::Const(constant) = &constant.kind else { return None };
                of_constants(query, field_of(field)?, std::slice::from_ref(constant), priors)
            }))
        }
        ExprKind::Call(
            Function::StringContains { .. }
            | Function::StartsWith { .. }
            | Function::EndsWith { .. },
            args,
        ) => one(match args.as_slice() {
            [value, rest @ ..] => field_of(value).and_then(|field| {
                let path = texts_of(query, field)?;
                let texts: Option<Vec<What>> =
                    rest.iter().map(|text| part(&text_of(text)?, path, priors)).collect();
                Some(Guard::new(path, texts?, priors))
            }),
            [] => None,
        }),
        _ => Vec::new(),
    }
}

/// Where one of several conditions has to hold: one of the best guard of each.
fn any_of(parts: impl Iterator<Item = Vec<Guard>>, priors: &Priors) -> Vec<Guard> {
    let best = parts.map(|guards| guards.into_iter().min_by(|a, b| a.cost().total_cmp(&b.cost())));
    let Some(best) = best.collect::<Option<Vec<Guard>>>() else { return Vec::new() };
    vec![Guard::of(best.into_iter().flat_map(|guard| guard.atoms).collect(), priors)]
}

/// `None` where a value can pass that has no text of the test in it.
fn of_strings(
    query: &hir::Query,
    field: FieldIx,
    test: &StringTest,
    priors: &Priors,
) -> Option<Guard> {
    let path = texts_of(query, field)?;
    let mut list: Vec<What> =
        test.exact.iter().map(|text| What::Whole(text.to_ascii_lowercase())).collect();
    for glob in &test.globs {
        list.push(What::of_glob(glob, path, priors)?);
    }
    if let Some(regex) = &test.regex {
        if !regex.texts.is_empty() {
            list.extend(regex.texts.iter().map(|text| What::Whole(text.to_ascii_lowercase())));
        } else if regex.parts.is_empty() {
            return None;
        } else {
            for text in &regex.parts {
                list.push(part(text, path, priors)?);
            }
        }
    }
    Some(Guard::new(path, list, priors))
}

/// `None` where the text is too short to be looked up.
fn part(text: &str, path: &str, priors: &Priors) -> Option<What> {
    let text = text.to_ascii_lowercase();
    if text.len() < SHORT_PART {
        let rare = usize::try_from(rare_byte(&text)).ok()?;
        return (text.len() >= SHORTEST_PART).then_some(What::Part(text, rare));
    }
    // The runtime looks up as many windows as the places are apart at which it looks.
    let width = if text.len() >= LONG_PART { LONG_PART } else { SHORT_PART };
    let listed = priors.of_windows(path, &text);
    let bytes = text.as_bytes();
    let ranked = (0..(bytes.len() + 1).saturating_sub(width)).map(|at| {
        let windows = &listed[at..=at + width - WINDOW];
        let common: usize = bytes[at..at + width].iter().map(|&byte| commonness(byte)).sum();
        (windows.iter().sum::<f64>(), common, at)
    });
    let rarest = ranked
        .min_by(|(a, common_a, _), (b, common_b, _)| a.total_cmp(b).then(common_a.cmp(common_b)));
    rarest.map(|(.., at)| What::Part(text, at))
}
