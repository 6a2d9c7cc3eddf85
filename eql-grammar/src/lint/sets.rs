//! What a condition on one field asks for, as a set of values.

use super::Context;
use crate::ast::{self, CompareOp, Expr, Literal, MatchOp};
use crate::schema::{Holds, Type};
use crate::span::{Span, Spanned};
use crate::wildcard;

/// A condition on one field: any value of the field, or with `negated` none, is in the set.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'a> {
    /// The field, for a second index of one the field itself.
    pub(super) path: &'a str,
    /// No event and no document of the field has several values, so far as the schemas say.
    pub(super) single: bool,
    pub(super) negated: bool,
    /// An odd number of `not`s stands before groups that it is in. `negated` has them counted.
    pub(super) outer: bool,
    pub(super) set: Set<'a>,
    /// Where the condition stands.
    pub(super) span: Span,
}

/// A set of values of one type.
#[derive(Clone, Debug)]
pub(super) enum Set<'a> {
    /// Every value.
    Any,
    /// Texts, or with `wild` what patterns match; with `fold` in any case.
    Texts { fold: bool, wild: bool, items: Vec<&'a str> },
    /// Whole numbers, both ends included.
    Whole(i64, i64),
    /// One of the two.
    Flag(bool),
}

/// The condition, under `not` or not, as a set; `None` for what is not one, or has to do with fields that are in no
/// schema.
pub(super) fn leaf<'a>(cx: &Context<'a>, expr: &'a Spanned<Expr>, outer: bool) -> Option<Leaf<'a>> {
    let (field, set, flipped) = match &expr.node {
        Expr::Not(inner) => {
            let leaf = leaf(cx, inner, outer)?;
            return Some(Leaf { negated: !leaf.negated, span: expr.span, ..leaf });
        }
        Expr::Field(field) => (field, Set::Flag(true), false),
        Expr::Compare(compare) => compared(compare)?,
        Expr::In(list) => {
            let Expr::Field(field) = &list.value.node else { return None };
            let text = |item: &'a Spanned<Expr>| match &item.node {
                Expr::Literal(Literal::Str(text)) => Some(text.as_str()),
                _ => None,
            };
            let items = list.list.iter().map(text).collect::<Option<_>>()?;
            (field, Set::Texts { fold: list.fold, wild: false, items }, list.negated)
        }
        Expr::Match(matched) => {
            let Expr::Field(field) = &matched.value.node else { return None };
            let fold = match matched.op.node {
                MatchOp::Colon | MatchOp::LikeFold => true,
                MatchOp::Like => false,
                MatchOp::Regex | MatchOp::RegexFold => return None,
            };
            let text = |item: &'a Spanned<Literal>| match &item.node {
                Literal::Str(text) => Some(text.as_str()),
                _ => None,
            };
            let items = matched.patterns.iter().map(text).collect::<Option<_>>()?;
            (field, Set::Texts { fold, wild: true, items }, false)
        }
        _ => return None,
    };
    let info = cx.field(&field.path)?;
    let (path, set) = match (info.holds, set) {
        (Holds::Value(Type::Keyword), Set::Texts { fold, wild, items }) if info.multi_field => {
            let (path, index) = field.path.rsplit_once('.')?;
            (path, Set::Texts { fold: fold || index == "caseless", wild, items })
        }
        (Holds::Value(Type::Keyword), set @ Set::Texts { .. })
        | (Holds::Value(Type::Long), set @ Set::Whole(..))
        | (Holds::Value(Type::Boolean), set @ Set::Flag(_))
        | (Holds::Value(_), set @ Set::Any) => (field.path.as_str(), set),
        _ => return None,
    };
    let single = info.array == Some(false);
    Some(Leaf { path, single, negated: outer != flipped, outer, set, span: expr.span })
}

/// A comparison of a field with a constant: the field, the set, and whether it is none of the set.
fn compared(compare: &ast::Compare) -> Option<(&ast::FieldPath, Set<'_>, bool)> {
    let (Expr::Field(field), Expr::Literal(literal)) = (&compare.left.node, &compare.right.node)
    else {
        return None;
    };
    let op = compare.op.node;
    let ne = op == CompareOp::Ne;
    let equality = ne || op == CompareOp::Eq;
    Some(match literal {
        Literal::Null if equality => (field, Set::Any, !ne),
        Literal::Bool(flag) if equality => (field, Set::Flag(*flag), ne),
        Literal::Str(text) if equality => {
            (field, Set::Texts { fold: false, wild: false, items: vec![text] }, ne)
        }
        Literal::Int(number) => {
            let n = *number;
            let set = match op {
                CompareOp::Eq | CompareOp::Ne => Set::Whole(n, n),
                CompareOp::Lt => Set::Whole(i64::MIN, n.checked_sub(1)?),
                CompareOp::Le => Set::Whole(i64::MIN, n),
                CompareOp::Gt => Set::Whole(n.checked_add(1)?, i64::MAX),
                CompareOp::Ge => Set::Whole(n, i64::MAX),
            };
            (field, set, ne)
        }
        _ => return None,
    })
}

impl Set<'_> {
    /// Whether every value of this set is in the other one. False where that is not known.
    pub(super) fn within(&self, other: &Self, cx: &Context<'_>) -> bool {
        match (self, other) {
            (_, Set::Any) => true,
            (Set::Any, Set::Texts { wild, items, .. }) => *wild && items.contains(&"*"),
            (Set::Whole(a, b), Set::Whole(c, d)) => c <= a && b <= d,
            (Set::Flag(a), Set::Flag(b)) => a == b,
            (
                Set::Texts { fold, wild, items },
                Set::Texts { fold: other_fold, wild: other_wild, items: others },
            ) => items.iter().all(|item| {
                others.iter().any(|by| {
                    let a = Pattern { text: item, fold: *fold, wild: *wild };
                    let b = Pattern { text: by, fold: *other_fold, wild: *other_wild };
                    cx.spend() && a.within(b)
                })
            }),
            _ => false,
        }
    }

    /// Whether no value is in both sets. False where that is not known.
    pub(super) fn apart(&self, other: &Self, cx: &Context<'_>) -> bool {
        match (self, other) {
            (Set::Whole(a, b), Set::Whole(c, d)) => b < c || d < a,
            (Set::Flag(a), Set::Flag(b)) => a != b,
            (
                Set::Texts { fold, wild, items },
                Set::Texts { fold: other_fold, wild: other_wild, items: others },
            ) => items.iter().all(|item| {
                others.iter().all(|by| {
                    let a = Pattern { text: item, fold: *fold, wild: *wild };
                    let b = Pattern { text: by, fold: *other_fold, wild: *other_wild };
                    cx.spend() && a.apart(b)
                })
            }),
            _ => false,
        }
    }
}

/// A text of a list with how it is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern<'a> {
    pub(super) text: &'a str,
    /// In any case.
    pub(super) fold: bool,
    /// `*` and `?` are wildcards.
    pub(super) wild: bool,
}

impl Pattern<'_> {
    fn is_exact(self) -> bool {
        !self.wild || !self.text.contains(['*', '?'])
    }

    /// Whether every value that this pattern matches is matched by the other one.
    ///
    /// Exact where one of the two has no wildcards. Otherwise `*` of this pattern must fall to a
    /// `*` of the other one, and `?` to a `*` or `?`: that is sufficient.
    pub(super) fn within(self, other: Self) -> bool {
        let plain = |c: char| !(self.wild && matches!(c, '*' | '?'));
        let taken = |by: char, c: char| {
            if by == '?' && other.wild {
                return c != '*' || !self.wild;
            }
            if !plain(c) {
                return false;
            }
            if other.fold {
                return by.eq_ignore_ascii_case(&c);
            }
            by == c && !(self.fold && c.is_ascii_alphabetic())
        };
        // What stands last falls to what stands last, so that most pairs are told apart at once. A search from each place
        // of the text takes long where the compiler itself is not optimised.
        let ends = match (other.text.chars().next_back(), self.text.chars().next_back()) {
            (Some('*'), _) if other.wild => true,
            (Some(b), Some(c)) => taken(b, c),
            (by, of) => by == of,
        };
        if !ends {
            return false;
        }
        let (mut by, mut of) = (other.text.chars(), self.text.chars());
        // Where to go on when the text behind the last `*` does not fit: that `*` takes one more.
        let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
        loop {
            let behind = of.clone();
            match (by.next(), of.next()) {
                (None, None) => return true,
                (Some('*'), _) if other.wild => {
                    of = behind;
                    retry = Some((by.clone(), of.clone()));
                    continue;
                }
                (Some(b), Some(c)) if taken(b, c) => continue,
                _ => {}
            }
            let Some((star, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            by = star.clone();
            of = from.clone();
        }
    }

    /// Whether no value is matched by both. False where both have wildcards.
    fn apart(self, other: Self) -> bool {
        let fold = self.fold || other.fold;
        match (self.is_exact(), other.is_exact()) {
            (true, true) if fold => !self.text.eq_ignore_ascii_case(other.text),
            (true, true) => self.text != other.text,
            (true, false) => !wildcard::matches(other.text, self.text, fold),
            (false, true) => !wildcard::matches(self.text, other.text, fold),
            (false, false) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_within_patterns() {
        let wild = |text, fold| Pattern { text, fold, wild: true };
        for (a, b, within) in [
            ("cmd.exe", "*.exe", true),
            ("c*.exe", "*.exe", true),
            ("*.exe", "c*.exe", false),
            ("a?c", "a*", true),
            ("a*c", "a?c", false),
            ("a?c", "a?c", true),
            ("a*", "a*", true),
            ("a*b*c", "a*c", true),
            ("a*c", "a*b*c", false),
            ("*", "?*", false),
            ("?*", "*", true),
            ("C:\\x\\*", "?:\\*", true),
            ("", "*", true),
            ("a", "", false),
        ] {
            assert_eq!(wild(a, false).within(wild(b, false)), within, "{a} in {b}");
        }
        assert!(wild("CMD", false).within(wild("cmd", true)));
        assert!(!wild("cmd", true).within(wild("cmd", false)));
        assert!(wild("12", true).within(wild("12", false)));
        let exact = |text| Pattern { text, fold: false, wild: false };
        assert!(exact("a*b").within(wild("a?b", false)));
        assert!(!wild("a*b", false).within(exact("a*b")));
    }

    /// The answer is never wrong: whatever a pattern matches, the one that it is within matches.
    #[test]
    fn within_is_sound() {
        let texts: Vec<String> = all("ab", 4);
        let patterns: Vec<String> = all("ab*?", 3);
        let matched = |p: &String| -> Vec<bool> {
            texts.iter().map(|text| crate::wildcard::matches(p, text, false)).collect()
        };
        let matched: Vec<Vec<bool>> = patterns.iter().map(matched).collect();
        let mut found = 0;
        for (a, of_a) in patterns.iter().zip(&matched) {
            for (b, of_b) in patterns.iter().zip(&matched) {
                let pattern = |text| Pattern { text, fold: false, wild: true };
                if pattern(a).within(pattern(b)) {
                    found += 1;
                    assert!(of_a.iter().zip(of_b).all(|(a, b)| !a || *b), "{a} in {b}");
                }
                if pattern(a).apart(pattern(b)) {
                    assert!(of_a.iter().zip(of_b).all(|(a, b)| !(a & b)), "{a} and {b}");
                }
            }
        }
        assert!(found > patterns.len());
    }

    /// Every text over the letters up to a length.
    fn all(letters: &str, longest: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..longest {
            last =
                last.iter().flat_map(|t| letters.chars().map(move |c| format!("{t}{c}"))).collect();
            texts.extend(last.iter().cloned());
        }
        texts
    }
}
