//! What is generated, as a reader would write it: `fixtures/*.rs` gives `fixtures/*.out.rs`.
//!
//! `BLESS=1 cargo test -p eql-codegen --test snapshots` writes the expected files; read what it changed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, Item, ItemStruct, Meta};

const FIXTURES: &str = "tests/fixtures";

/// Expands the one item of a fixture as the compiler would.
fn expand(text: &str) -> TokenStream {
    let file: syn::File = syn::parse_str(text).expect("a fixture is Rust");
    let [Item::Struct(item)] = file.items.as_slice() else {
        panic!("a fixture has one struct");
    };
    let (derives, item) = without(item, "derive");
    if !derives.is_empty() {
        return eql_codegen::expand_event(item.into_token_stream());
    }
    let (rules, item) = without(&item, "rule");
    let [Attribute { meta: Meta::List(list), .. }] = rules.as_slice() else {
        panic!("a fixture has one `#[eql::rule(…)]`");
    };
    eql_codegen::expand_rule(list.tokens.clone(), item.into_token_stream())
}

/// The attributes whose path ends in this word, and the struct without them.
fn without(item: &ItemStruct, word: &str) -> (Vec<Attribute>, ItemStruct) {
    let mut item = item.clone();
    let last = |attr: &Attribute| attr.path().segments.last().is_some_and(|s| s.ident == word);
    let (taken, kept) = item.attrs.into_iter().partition(last);
    item.attrs = kept;
    (taken, item)
}

fn fixtures() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(FIXTURES)
        .expect("the fixtures")
        .map(|entry| entry.expect("a fixture").path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".rs") && !name.ends_with(".out.rs")
        })
        .collect();
    paths.sort();
    paths
}

#[test]
fn generated_code_is_as_expected() {
    let bless = env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for path in fixtures() {
        let text = fs::read_to_string(&path).expect("a fixture");
        let found = eql_codegen::pretty(&expand(&text));
        let expected = path.with_extension("out.rs");
        if bless {
            fs::write(&expected, &found).expect("a file to write");
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(difference(&path, &expected, &found));
        }
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 writes them anew", wrong.join("\n"));
}

/// The first lines that differ.
fn difference(fixture: &Path, expected: &Path, found: &str) -> String {
    let expected = fs::read_to_string(expected).unwrap_or_default();
    let at = expected.lines().zip(found.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    format!(
        "{}, line {}:\n  expected: {}\n  found:    {}",
        fixture.display(),
        at + 1,
        line(&expected),
        line(found)
    )
}

#[test]
fn generated_code_is_formatted() {
    for path in fixtures() {
        let text = fs::read_to_string(&path).expect("a fixture");
        let tokens = expand(&text);
        assert!(syn::parse2::<syn::File>(tokens).is_ok(), "{} gives no Rust", path.display());
    }
}
