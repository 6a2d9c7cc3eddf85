//! Lists of texts that a condition looks for in one field again and again: looked up at once, before the first of them.

use std::collections::BTreeMap;

use eql_grammar::hir::{Cond, FieldIx, StringTest, Test};
use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::fields::words;
use super::{Cx, Shape, StringTests};

/// From as many lists on, looking them up at once costs less than one test after the other.
const MANY: usize = 4;
/// Each is a bit of a word.
const MOST: usize = 64;

/// The lists of one field that were looked up, and the variable that says which of them have a value.
pub(crate) struct Bound {
    field: FieldIx,
    variable: Ident,
    /// In the order of the bits.
    tests: Vec<StringTest>,
}

/// The tests of lists in a condition, each once, by the number of the field.
type Tests<'a> = BTreeMap<usize, Vec<&'a StringTest>>;

impl Cx<'_> {
    /// The conditions in this order, with an operator between them and look-ups before those that need them.
    pub(super) fn joined(
        &self,
        list: &[&Cond],
        operator: &TokenStream,
        operand: impl Fn(&Cond) -> TokenStream,
    ) -> TokenStream {
        let outer = self.bound.borrow().len();
        let lookups = match self.shape {
            Shape::Calls(table) => self.bind(list, table),
            Shape::Inline => BTreeMap::new(),
        };
        let operands: Vec<TokenStream> = list.iter().map(|cond| operand(cond)).collect();
        self.bound.borrow_mut().truncate(outer);
        // From the end: what follows a look-up is in its block.
        let mut code = TokenStream::new();
        let mut end = operands.len();
        for (first, here) in lookups.into_iter().rev() {
            let rest = chained(&operands[first..end], operator, code);
            code = quote!({ #(#here)* #rest });
            end = first;
        }
        chained(&operands[..end], operator, code)
    }

    /// Binds the lists of each field that has many of them, unless one of the conditions has them all. Gives the statements
    /// by the place of the first condition that needs them.
    fn bind(&self, list: &[&Cond], table: &StringTests<'_>) -> BTreeMap<usize, Vec<TokenStream>> {
        let each: Vec<Tests<'_>> = list.iter().map(|cond| tests_of(cond)).collect();
        let mut all = Tests::new();
        for (field, tests) in each.iter().flatten() {
            tests.iter().for_each(|test| add(&mut all, *field, test));
        }
        let mut lookups: BTreeMap<usize, Vec<TokenStream>> = BTreeMap::new();
        for (number, tests) in all {
            let field = FieldIx(number);
            let count = |own: &Tests<'_>| own.get(&number).map_or(0, Vec::len);
            let is_below = each.iter().any(|own| count(own) == tests.len());
            let is_bound = self.bound.borrow().iter().any(|bound| bound.field == field);
            if tests.len() < MANY || is_below || is_bound {
                continue;
            }
            let path = &self.fields[number].path;
            let places: Vec<usize> = tests.iter().map(|test| table.place(test, path)).collect();
            let place = Literal::usize_unsuffixed(table.lists_place(places));
            let variable = self.variable(field);
            let value = self.ask(field, &quote!(in_lists), &quote!(, TEXTS.lists(#place)));
            let first = each.iter().position(|own| count(own) > 0).unwrap_or_default();
            lookups.entry(first).or_default().push(quote!(let #variable = #value;));
            let tests = tests.into_iter().cloned().collect();
            self.bound.borrow_mut().push(Bound { field, variable, tests });
        }
        lookups
    }

    /// A name that no other variable in scope has: two paths may be the same in words.
    fn variable(&self, field: FieldIx) -> Ident {
        let words = words(&self.fields[field.0].path);
        // One underscore: rustc wants snake case.
        let words = words.trim_start_matches('_');
        let name = format_ident!("in_{words}");
        let numbered = (2_usize..).map(|number| format_ident!("in_{words}_{number}"));
        let is_free = |name: &Ident| self.bound.borrow().iter().all(|of| of.variable != *name);
        std::iter::once(name).chain(numbered).find(is_free).expect("BUG: numbers end")
    }

    /// The test as a look at what was looked up before.
    pub(super) fn bound_test(&self, field: FieldIx, test: &StringTest) -> Option<TokenStream> {
        let bound = self.bound.borrow();
        let of_field = bound.iter().find(|bound| bound.field == field)?;
        let at = of_field.tests.iter().position(|bound| bound == test)?;
        let (variable, at) = (&of_field.variable, Literal::usize_unsuffixed(at));
        Some(quote!(#variable.is_in(#at)))
    }
}

/// Operands with an operator between them, and before what follows them if anything does. A block that is not the last is in
/// parentheses: at the front it would be a statement.
fn chained(operands: &[TokenStream], operator: &TokenStream, rest: TokenStream) -> TokenStream {
    let mut code = TokenStream::new();
    let follows = (!rest.is_empty()).then_some(&rest);
    let mut operands = operands.iter().chain(follows).peekable();
    while let Some(operand) = operands.next() {
        match operands.peek() {
            None => code.extend(operand.clone()),
            Some(_) if begins_with_block(operand) => code.extend(quote!((#operand) #operator)),
            Some(_) => code.extend(quote!(#operand #operator)),
        }
    }
    code
}

fn tests_of(cond: &Cond) -> Tests<'_> {
    let mut found = Tests::new();
    collect(cond, &mut found);
    found
}

fn collect<'a>(cond: &'a Cond, found: &mut Tests<'a>) {
    match cond {
        Cond::Not(inner) => collect(inner, found),
        Cond::And(list) | Cond::Or(list) => list.iter().for_each(|cond| collect(cond, found)),
        Cond::Test(FieldIx(field), Test::Strings(test))
            if test.globs.is_empty() && test.regex.is_none() =>
        {
            add(found, *field, test);
        }
        _ => {}
    }
}

fn add<'a>(found: &mut Tests<'a>, field: usize, test: &'a StringTest) {
    let list = found.entry(field).or_default();
    if list.len() < MOST && !list.contains(&test) {
        list.push(test);
    }
}

fn begins_with_block(tokens: &TokenStream) -> bool {
    let first = tokens.clone().into_iter().next();
    matches!(first, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

#[cfg(test)]
mod tests {
    use eql_grammar::ast::Dialect;
    use eql_grammar::config::parse_config;
    use eql_grammar::diag::Diagnostics;
    use eql_grammar::hir::Body;
    use eql_grammar::lower::{Options, lower};
    use eql_grammar::parser::parse;

    use super::*;
    use crate::plan::Priors;

    /// The code of a condition on any event in a large set; `N(n)` and `P(n)` for tests of names and of parents' names by
    /// themselves, and short words for what was looked up.
    fn code(condition: &str) -> String {
        let text = format!("any where {condition}");
        let ast = parse(&text, Dialect::Elasticsearch).expect(&text);
        let (config, _) = parse_config("[fields]\n\"process.parent_name\" = \"keyword\"\n");
        let schema = config.schema();
        let options = Options::new(Dialect::Elasticsearch, &schema);
        let query = lower(&ast, &options, &mut Diagnostics::new()).expect(&text);
        let Body::Event(event) = &query.body else { panic!("{text}") };
        let priors = Priors::built_in();
        let table = StringTests::new(&priors);
        let cx = Cx::new(&query.fields, Shape::Calls(&table));
        let mut code = cx.event_query(event).to_string().replace(' ', "");
        for (long, short) in [
            ("rt::any_text(event,ecs::process_name,TEXTS.at(", "N(("),
            ("rt::any_text(event,ecs::process_parent_name,TEXTS.at(", "P(("),
            ("rt::in_lists(event,ecs::process_name,TEXTS.lists(", "names(("),
            ("rt::in_lists(event,ecs::process_parent_name,TEXTS.lists(", "parents(("),
            ("in_process_name.is_in", "n"),
            ("in_process_parent_name.is_in", "p"),
            ("in_process_name", "n"),
            ("in_process_parent_name", "p"),
            ("rt::is(event,ecs::event_action,\"x\")", "x"),
            ("rt::is(event,ecs::event_action,\"y\")", "y"),
        ] {
            code = code.replace(long, short);
        }
        code.replace("((", "(").replace("))", ")")
    }

    fn is(field: &str, text: &str) -> String {
        format!("process.{field}name : \"{text}\"")
    }

    /// Each of the letters as a name, beside another condition.
    fn each(field: &str, letters: &str, inner: &str, outer: &str) -> String {
        let part = |at: usize| {
            let name = is(field, &letters[at..=at]);
            format!("({name} {inner} event.action == \"x\")")
        };
        let parts: Vec<String> = (0..letters.len()).map(part).collect();
        format!("({})", parts.join(&format!(" {outer} ")))
    }

    fn any(letters: &str) -> String {
        each("", letters, "and", "or")
    }

    #[test]
    fn few_lists_are_tested_one_by_one() {
        assert_eq!(code(&any("abc")), "N(0)&&x||N(1)&&x||N(2)&&x");
        // One list four times.
        assert_eq!(code(&any("aaaa")).matches("N(0)").count(), 4);
    }

    #[test]
    fn many_lists_are_looked_up_before_the_first() {
        assert_eq!(code(&any("abcd")), "{letn=names(0);n(0)&&x||n(1)&&x||n(2)&&x||n(3)&&x}");
        // What costs less comes before.
        let condition = format!("event.action == \"y\" and {}", any("abcd"));
        assert_eq!(code(&condition), "y&&({letn=names(0);n(0)&&x||n(1)&&x||n(2)&&x||n(3)&&x})");
        let condition = format!("{} and not {}", is("", "a"), any("bcd"));
        assert_eq!(code(&condition), "{letn=names(0);n(0)&&!(n(1)&&x||n(2)&&x||n(3)&&x)}");
    }

    #[test]
    fn a_block_is_no_statement_of_its_own() {
        let all = |field| each(field, "abcd", "or", "and");
        assert_eq!(
            code(&format!("{} or {}", all(""), all("parent."))),
            "({letn=names(0);(n(0)||x)&&(n(1)||x)&&(n(2)||x)&&(n(3)||x)})\
             ||{letp=parents(1);(p(0)||x)&&(p(1)||x)&&(p(2)||x)&&(p(3)||x)}",
        );
    }

    #[test]
    fn fields_with_the_same_words_have_variables_of_their_own() {
        let code = code(&format!(
            "{} or {}",
            each("parent.", "abcd", "and", "or"),
            each("parent_", "efgh", "and", "or")
        ));
        assert!(code.contains("p(3)&&x||{letp_2="), "{code}");
    }

    #[test]
    fn patterns_are_no_lists() {
        assert!(!code(&any("abcd").replace("a\"", "a*\"")).contains("names"));
    }
}
