//! Guards: what has to stand in any event that fulfils a condition.

use eql_grammar::ast::CompareOp;
use eql_grammar::hir::{self, Cond, Const, Expr, ExprKind, FieldIx, Function, Root, StringTest, Test};
use eql_grammar::schema::Type;
use eql_grammar::wildcard::commonness;

use super::priors::Priors;
use super::{CATEGORY, SYSTEM};

/// The runtime finds parts by four of their bytes.
const WINDOW: usize = 4;
/// Shorter parts are not looked up: every place of a value would have to be looked at.
const SHORTEST_PART: usize = 5;
/// From this length on the runtime looks at every fourth place of a value, below at every second.
const LONG_PART: usize = 7;

/// Something of which an event needs at least one atom.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Guard {
    pub(crate) atoms: Vec<Atom>,
    /// Estimated share of events that have it, of those with the term's category and system.
    pub(crate) probability: f64,
}

/// A text in a value of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Atom {
    pub(crate) path: String,
    pub(crate) text: Text,
}

/// In ASCII lower case, whatever the case of the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Text {
    /// The whole value.
    Whole(String),
    /// A part of the value, and where in it the four bytes stand that are found least often.
    Part(String, usize),
}

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Whole(text) | Self::Part(text, _) => text,
        }
    }

    /// Where in a part the four bytes stand that are searched for; `None` for whole values.
    pub(crate) fn rare(&self) -> Option<usize> {
        match self {
            Self::Whole(_) => None,
            Self::Part(_, rare) => Some(*rare),
        }
    }
}

impl Guard {
    /// What the guard costs in the end: the tests that it lets happen, and a little for looking it up.
    pub(crate) fn cost(&self) -> f64 {
        const TEST: f64 = 1.0;
        const WHOLE: f64 = 0.000_05;
        const LONG: f64 = 0.000_1;
        const SHORT: f64 = 0.02;
        let look_up = |atom: &Atom| match &atom.text {
            Text::Whole(_) => WHOLE,
            Text::Part(text, _) if text.len() < LONG_PART => SHORT,
            Text::Part(..) => LONG,
        };
        TEST * self.probability + self.atoms.iter().map(look_up).fold(0.0, f64::max)
    }

    /// Of one field.
    fn new(path: &str, texts: Vec<Text>, priors: &Priors) -> Self {
        let mut atoms: Vec<Atom> =
            texts.into_iter().map(|text| Atom { path: path.to_owned(), text }).collect();
        atoms.sort_unstable();
        atoms.dedup();
        let probability = atoms.iter().map(|atom| priors.of(atom)).sum::<f64>().min(1.0);
        Self { atoms, probability }
    }
}

/// The guard that a field has this value.
pub(super) fn of_text(
    query: &hir::Query,
    field: FieldIx,
    text: &str,
    priors: &Priors,
) -> Option<Guard> {
    let path = guarding(query, field)?;
    Some(Guard::new(path, vec![Text::Whole(text.to_ascii_lowercase())], priors))
}

/// The path of a field whose texts can be guards.
fn guarding(query: &hir::Query, field: FieldIx) -> Option<&str> {
    let field = &query.fields[field.0];
    let fits = field.root == Root::Event
        && field.ty == Some(Type::Keyword)
        // By these an event is sorted before guards are looked up.
        && field.path != CATEGORY
        && field.path != SYSTEM;
    fits.then_some(&field.path)
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
            any_of(list.iter().map(|cond| guards(cond, positive, query, priors)))
        }
        (Cond::Test(field, Test::Strings(test)), true) => {
            of_strings(query, *field, test, priors).into_iter().collect()
        }
        (Cond::Test(field, Test::Compare(CompareOp::Eq, Const::Str(text))), true) => {
            of_text(query, *field, text, priors).into_iter().collect()
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
        ExprKind::Or(list) => any_of(list.iter().map(|expr| of_expr(expr, query, priors))),
        ExprKind::Strings(inner, test) => {
            one(field_of(inner).and_then(|field| of_strings(query, field, test, priors)))
        }
        ExprKind::Compare(CompareOp::Eq, left, right) => {
            let sides = [(left, right), (right, left)];
            one(sides.into_iter().find_map(|(field, text)| {
                of_text(query, field_of(field)?, &text_of(text)?, priors)
            }))
        }
        ExprKind::Call(
            Function::StringContains { .. }
            | Function::StartsWith { .. }
            | Function::EndsWith { .. },
            args,
        ) => one(match args.as_slice() {
            [value, rest @ ..] => field_of(value).and_then(|field| {
                let path = guarding(query, field)?;
                let texts: Option<Vec<Text>> =
                    rest.iter().map(|text| part(&text_of(text)?, path, priors)).collect();
                Some(Guard::new(path, texts?, priors))
            }),
            [] => None,
        }),
        _ => Vec::new(),
    }
}

/// Where one of several conditions has to hold: one of the best guard of each.
fn any_of(parts: impl Iterator<Item = Vec<Guard>>) -> Vec<Guard> {
    let best = parts.map(|guards| guards.into_iter().min_by(|a, b| a.cost().total_cmp(&b.cost())));
    let Some(best) = best.collect::<Option<Vec<Guard>>>() else { return Vec::new() };
    let probability = best.iter().map(|guard| guard.probability).sum::<f64>().min(1.0);
    let mut atoms: Vec<Atom> = best.into_iter().flat_map(|guard| guard.atoms).collect();
    atoms.sort_unstable();
    atoms.dedup();
    vec![Guard { atoms, probability }]
}

/// `None` where a value can pass that has no text of the test in it.
fn of_strings(
    query: &hir::Query,
    field: FieldIx,
    test: &StringTest,
    priors: &Priors,
) -> Option<Guard> {
    let path = guarding(query, field)?;
    if test.regex.is_some() {
        return None;
    }
    let lower = |text: &str| text.to_ascii_lowercase();
    let mut texts: Vec<Text> = test.exact.iter().map(|text| Text::Whole(lower(text))).collect();
    for glob in &test.globs {
        texts.push(match glob.as_exact() {
            Some(text) => Text::Whole(lower(text)),
            None => {
                let parts = glob.fragments().into_iter().filter_map(|text| part(text, path, priors));
                let of = |text: &Text| priors.of(&Atom { path: path.to_owned(), text: text.clone() });
                parts.min_by(|a, b| of(a).total_cmp(&of(b)))?
            }
        });
    }
    Some(Guard::new(path, texts, priors))
}

/// `None` where the text is too short to be looked up.
fn part(text: &str, path: &str, priors: &Priors) -> Option<Text> {
    let text = text.to_ascii_lowercase();
    // The runtime looks up as many windows as the places are apart at which it looks.
    let width = if text.len() >= LONG_PART { LONG_PART } else { SHORTEST_PART };
    let rank = |bytes: &[u8]| {
        let windows = bytes.windows(WINDOW);
        let listed = windows.map(|window| priors.of_bytes(path, window)).fold(0.0, f64::max);
        (listed, bytes.iter().map(|&byte| commonness(byte)).sum::<usize>())
    };
    let places = text.as_bytes().windows(width).enumerate();
    let ranked = places.map(|(at, bytes)| (rank(bytes), at));
    let rarest = ranked.min_by(|((a, common_a), _), ((b, common_b), _)| {
        a.total_cmp(b).then(common_a.cmp(common_b))
    });
    rarest.map(|(_, at)| Text::Part(text, at))
}
