//! String tests: tokens of type `bool` over the variable `value`, a `&str`.

use eql_grammar::hir::{FieldIx, StringTest};
use eql_grammar::regex::Dfa;
use eql_grammar::wildcard::{Gap, Piece, Wildcard, WildcardKind, lookup_order, rare_byte};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Cx, StringTests};

/// A list of alternatives longer than this is looked up in a table instead of compared one by one.
const FEW: usize = 8;
/// More wildcards than this go into a table.
const FEW_GLOBS: usize = 4;

impl Cx<'_> {
    /// Whether `value` passes the test.
    #[allow(clippy::unused_self)] // the emitting functions are called alike
    pub(crate) fn string_test(&self, test: &StringTest) -> TokenStream {
        let mut tests = Vec::new();
        if !test.exact.is_empty() {
            tests.push(exact(test));
        }
        let simple = test.globs.iter().all(|glob| direct(glob, test.fold).is_some());
        if simple && test.globs.len() <= FEW_GLOBS {
            tests.extend(test.globs.iter().filter_map(|glob| direct(glob, test.fold)));
        } else {
            tests.push(table(&test.globs, test.fold));
        }
        if let Some(dfa) = &test.regex {
            tests.push(automaton(dfa, test.fold));
        }
        if tests.is_empty() {
            return quote!({
                let _ = value;
                false
            });
        }
        quote!(#(#tests)||*)
    }
}

impl Cx<'_> {
    /// The test as a call; `None` where it needs an automaton.
    pub(crate) fn string_call(
        &self,
        field: FieldIx,
        test: &StringTest,
        table: &StringTests<'_>,
    ) -> Option<TokenStream> {
        if test.regex.is_some() {
            return None;
        }
        let texts = sorted(&test.exact);
        if let ([text], [], false) = (texts.as_slice(), test.globs.as_slice(), test.fold) {
            return Some(self.ask(field, &quote!(is), &quote!(, #text)));
        }
        let place = Literal::usize_unsuffixed(table.place(test, &self.fields[field.0].path));
        Some(self.ask(field, &quote!(any_text), &quote!(, TEXTS.at(#place))))
    }
}

/// The order in which the runtime looks texts up.
pub(super) fn sorted(texts: &[String]) -> Vec<&str> {
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.sort_unstable_by(|a, b| lookup_order(a, b));
    texts.dedup();
    texts
}

fn exact(test: &StringTest) -> TokenStream {
    let texts = sorted(&test.exact);
    match (texts.as_slice(), test.fold) {
        ([text], false) => quote!(value == #text),
        (texts, false) if texts.len() <= FEW => quote!(::core::matches!(value, #(#texts)|*)),
        (texts, true) if texts.len() <= FEW => {
            quote!(#(rt::eq_fold(value, #texts))||*)
        }
        (texts, false) => quote!(rt::in_sorted(value, &[#(#texts),*])),
        (texts, true) => quote!(rt::in_sorted_fold(value, &[#(#texts),*])),
    }
}

/// A call that does what the wildcard asks; `None` for the kinds that need a table.
fn direct(glob: &Wildcard, fold: bool) -> Option<TokenStream> {
    let test = match (&glob.kind, fold) {
        (WildcardKind::Any, _) => {
            return Some(match glob.skip {
                0 => quote!({
                    let _ = value;
                    true
                }),
                skip => {
                    let skip = Literal::u32_unsuffixed(skip);
                    quote!(rt::skip(value, #skip).is_some())
                }
            });
        }
        (WildcardKind::Exact(text), false) => quote!(value == #text),
        (WildcardKind::Exact(text), true) => quote!(rt::eq_fold(value, #text)),
        (WildcardKind::Prefix(text), false) => quote!(rt::prefix(value, #text)),
        (WildcardKind::Prefix(text), true) => quote!(rt::prefix_fold(value, #text)),
        (WildcardKind::Suffix(text), false) => quote!(rt::suffix(value, #text)),
        (WildcardKind::Suffix(text), true) => quote!(rt::suffix_fold(value, #text)),
        (WildcardKind::Contains(text), false) => {
            let needle = needle(text);
            quote!(rt::contains(value, &#needle))
        }
        (WildcardKind::Contains(text), true) => {
            let needle = needle(text);
            quote!(rt::contains_fold(value, &#needle))
        }
        _ => return None,
    };
    Some(match glob.skip {
        0 => test,
        skip => {
            let skip = Literal::u32_unsuffixed(skip);
            quote!(rt::skip(value, #skip).is_some_and(|value| #test))
        }
    })
}

fn table(globs: &[Wildcard], fold: bool) -> TokenStream {
    if globs.is_empty() {
        return quote!(false);
    }
    let any = if fold { quote!(any_glob_fold) } else { quote!(any_glob) };
    let globs = globs.iter().map(glob);
    quote!({
        const GLOBS: &[rt::Glob] = &[#(#globs),*];
        rt::#any(value, GLOBS)
    })
}

fn glob(glob: &Wildcard) -> TokenStream {
    let skip = Literal::u32_unsuffixed(glob.skip);
    let kind = match &glob.kind {
        WildcardKind::Any => quote!(Any),
        WildcardKind::Exact(text) => quote!(Exact(#text)),
        WildcardKind::Prefix(text) => quote!(Prefix(#text)),
        WildcardKind::Suffix(text) => quote!(Suffix(#text)),
        WildcardKind::Contains(text) => {
            let needle = needle(text);
            quote!(Contains(#needle))
        }
        WildcardKind::Ends { prefix, suffix } => {
            quote!(Ends { prefix: #prefix, suffix: #suffix })
        }
        WildcardKind::Whole(whole) => {
            let whole = piece(whole);
            quote!(Whole(&#whole))
        }
        WildcardKind::Pieces { prefix, middles, suffix } => {
            let (prefix, suffix) = (piece(prefix), piece(suffix));
            let middles = middles.iter().map(piece);
            quote!(Pieces(&rt::Pieces { prefix: #prefix, middles: &[#(#middles),*], suffix: #suffix }))
        }
    };
    quote!(rt::Glob { skip: #skip, kind: rt::GlobKind::#kind })
}

fn piece(piece: &Piece) -> TokenStream {
    if piece.head.is_empty() && piece.tail.is_empty() {
        return quote!(rt::NO_PIECE);
    }
    let head = needle(&piece.head);
    let tail = piece.tail.iter().map(|Gap { any, text }| {
        let any = Literal::u32_unsuffixed(*any);
        quote!(rt::Gap { any: #any, text: #text })
    });
    quote!(rt::Piece { head: #head, tail: &[#(#tail),*] })
}

fn needle(text: &str) -> TokenStream {
    let rare = Literal::u32_unsuffixed(rare_byte(text));
    quote!(rt::Needle { text: #text, rare: #rare })
}

/// An automaton that reads most values to their end is asked only about those that have a part it needs.
fn automaton(dfa: &Dfa, fold: bool) -> TokenStream {
    let tables = tables(dfa);
    let [part] = dfa.parts.as_slice() else { return tables };
    if !dfa.is_open() {
        return tables;
    }
    let needle = needle(part);
    let contains = if fold { quote!(contains_fold) } else { quote!(contains) };
    quote!((rt::#contains(value, &#needle) && #tables))
}

fn tables(dfa: &Dfa) -> TokenStream {
    let ascii = Literal::byte_string(&dfa.ascii);
    let wide = dfa.wide.iter().map(|(from, class)| {
        let (from, class) = (Literal::u32_unsuffixed(*from), Literal::u8_unsuffixed(*class));
        quote!((#from, #class))
    });
    let states = Literal::u16_unsuffixed(dfa.states);
    let start = Literal::u16_unsuffixed(dfa.start);
    let accept = Literal::u16_unsuffixed(dfa.accept);
    let table = Literal::byte_string(&dfa.table_bytes());
    let value =
        if dfa.ignores_leading_ascii() { quote!(rt::skip_ascii(value)) } else { quote!(value) };
    quote!({
        static AUTOMATON: rt::Dfa = rt::Dfa {
            ascii: #ascii,
            wide: &[#(#wide),*],
            states: #states,
            start: #start,
            accept: #accept,
            table: #table,
        };
        AUTOMATON.matches(#value)
    })
}
