//! Whatever stands in a query, the macro gives Rust, the same each time, and either a rule or an error.

use proc_macro2::{Delimiter, Group, Literal, TokenStream};
use quote::quote;

/// One query a line; `-` before those with an error.
const QUERIES: &str = include_str!("fixtures/queries.txt");

/// Queries, and whether they are right.
fn queries() -> impl Iterator<Item = (&'static str, bool)> {
    QUERIES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| match line
        .strip_prefix('-')
    {
        Some(broken) => (broken.trim(), false),
        None => (line, true),
    })
}

fn expand(query: &TokenStream) -> TokenStream {
    let args = quote!(
        name = "n",
        severity = "low",
        risk_score = 1,
        allow(
            always_true, always_false, literal_wildcard, case_sensitive_path, slow_wildcard, duplicate_value,
            unknown_category
        ),
        #query
    );
    eql_codegen::expand_rule(
        args,
        quote!(
            pub struct Rule;
        ),
    )
}

/// A query as a string, and, where Rust can read it so, as tokens.
fn written(query: &str) -> Vec<TokenStream> {
    let literal = Literal::string(query);
    let mut ways = vec![quote!(query = #literal)];
    if let Ok(tokens) = query.parse::<TokenStream>() {
        let group = Group::new(Delimiter::Parenthesis, tokens);
        ways.push(quote!(query #group));
    }
    ways
}

#[test]
fn every_query_gives_a_rule_or_an_error() {
    let (mut count, mut wrong) = (0, Vec::new());
    for (query, right) in queries() {
        for args in written(query) {
            let tokens = expand(&args);
            let text = tokens.to_string();
            if text.contains("compile_error") == right {
                let message = text.split("compile_error ! {").nth(1).unwrap_or("no error");
                wrong.push(format!("{args}: {}", message.split("[EQL").next().unwrap_or_default()));
            }
            assert!(text.contains("struct RuleAlert"), "{args} has no alert");
            assert!(syn::parse2::<syn::File>(tokens).is_ok(), "{args} gives no Rust");
            assert_eq!(expand(&args).to_string(), text, "{args} gives one thing and then another");
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 200, "{count} queries");
}

/// Every prefix of a query, which cuts strings, names and brackets in the middle.
#[test]
fn every_prefix_gives_rust() {
    let query = "sequence by host.id with maxspan=1m [process where process.name : (\"a*\", \"\\u{e9}\") and \
                 not cidrMatch(source.ip, \"10.0.0.0/8\")] by ?user.id ![file where true] until [any where false] | head 3";
    for (end, _) in query.char_indices() {
        for args in written(&query[..end]) {
            assert!(syn::parse2::<syn::File>(expand(&args)).is_ok(), "{args}");
        }
    }
}

/// Arguments that are no arguments.
#[test]
fn every_argument_gives_rust() {
    for args in [
        "",
        ",",
        ",,",
        "=",
        "name",
        "name =",
        "name = ,",
        "name name",
        "name = [",
        "name = [1, \"a\", {}]",
        "query",
        "query =",
        "query = query",
        "query = 'a'",
        "query[process where true]",
        "query{process where true}",
        "query ()",
        "query = \"\"",
        "path",
        "path = 1",
        "path = \"\"",
        "path = \"..\"",
        "crate",
        "crate = 1",
        "crate = a::b",
        "deny",
        "deny = 1",
        "deny(1)",
        "deny(a b)",
        "allow()",
        "threat = [[[]]]",
        "threat = {}",
        "risk_score = -1",
        "risk_score = 99999999999999999999",
        "risk_score = 1.5e999",
        "risk_score = - \"a\"",
        "#",
        "r#type = 1",
        "self = 1",
        "_ = 1",
        "name = concat!(\"a\")",
        "name = b\"a\"",
        "name = c\"a\"",
        "version = 0x10",
        "print = \"all\"",
        "dialect = \"\"",
        "a::b = 1",
        "$",
        "()",
        "{}",
        "\"a\"",
    ] {
        let Ok(tokens) = args.parse::<TokenStream>() else { continue };
        for item in [
            quote!(
                struct A;
            ),
            quote!(
                pub(crate) struct A {}
            ),
            quote!(
                fn a() {}
            ),
            quote!(),
        ] {
            let text = eql_codegen::expand_rule(tokens.clone(), item.clone());
            assert!(syn::parse2::<syn::File>(text.clone()).is_ok(), "{args} {item}: {text}");
            assert!(text.to_string().contains("compile_error"), "{args} {item} has no error");
        }
    }
}
