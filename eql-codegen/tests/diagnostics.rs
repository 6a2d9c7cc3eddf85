//! The book of diagnostics: an entry for every code, whose first example is wrong in just that way, and the second right.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use eql_grammar::diag::Code;
use eql_grammar::rule_file::parse_kibana_line;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Item, Meta};

const BOOK: &str = include_str!("../../docs/diagnostics.md");

/// Codes whose wrong example would fill pages.
const UNSHOWN: [Code; 2] = [Code::TooLong, Code::TooDeep];

/// What a rule must have, where an example has only the lines that it is about.
const REQUIRED: [(&str, &str); 7] = [
    ("name", "'A rule'"),
    ("description", "'Says what.'"),
    ("rule_id", "'1dee0500-4aeb-44ca-b24b-4a285d7b6ba1'"),
    ("type", "'eql'"),
    ("severity", "'low'"),
    ("risk_score", "21"),
    ("query", "'any where process.pid == 1'"),
];

struct Entry {
    code: String,
    /// Language and text of each fenced block.
    examples: Vec<(String, String)>,
}

fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut lines = BOOK.lines();
    while let Some(line) = lines.next() {
        if let Some(code) = line.strip_prefix("### `").and_then(|rest| rest.strip_suffix('`')) {
            entries.push(Entry { code: code.to_owned(), examples: Vec::new() });
        } else if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if let Some(entry) = entries.last_mut() {
                entry.examples.push((language.to_owned(), text.join("\n")));
            }
        }
    }
    entries
}

/// A folder of this process with a right rule file, once and twice.
struct Rules(PathBuf);

impl Rules {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("eql-diagnostics-{}", std::process::id()));
        fs::create_dir_all(folder.join("rules/twice")).expect("a folder");
        for name in ["rules/outlook.toml", "rules/twice/a.toml", "rules/twice/b.toml"] {
            fs::write(folder.join(name), whole("")).expect("a file");
        }
        Self(folder)
    }

    /// The codes that the compiler gives for an example.
    fn codes(&self, language: &str, text: &str) -> BTreeSet<&'static str> {
        let tokens = match language {
            "json" => {
                let Err(diags) = parse_kibana_line(text, 0) else { return BTreeSet::new() };
                return diags
                    .as_slice()
                    .iter()
                    .map(|diagnostic| diagnostic.code.as_str())
                    .collect();
            }
            "eql" => rule(quote!(
                name = "A rule",
                severity = "low",
                risk_score = 21,
                query = #text
            )),
            "toml" => {
                let path = self.0.join("example.toml");
                fs::write(&path, whole(text)).expect("a file");
                let path = shown(&path);
                rule(quote!(path = #path))
            }
            "rust,ignore" => {
                let here = format!("\"{}/rules/", shown(&self.0));
                expand(&text.replace("\"rules/", &here))
            }
            other => panic!("an example in `{other}`: {text}"),
        };
        let shown = tokens.to_string();
        let given = |code: &&'static str| shown.contains(&format!("[{code}]"));
        Code::ALL.iter().map(|code| code.as_str()).filter(given).collect()
    }
}

impl Drop for Rules {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A path as a string literal has it on every system.
fn shown(path: &Path) -> String {
    path.to_str().expect("UTF-8").replace('\\', "/")
}

fn rule(args: TokenStream) -> TokenStream {
    eql_codegen::expand_rule(
        args,
        quote!(
            pub struct Rule;
        ),
    )
}

/// Lines of `[rule]` with what a rule must have besides; a whole file as it is.
fn whole(lines: &str) -> String {
    if lines.contains("[rule]") {
        return lines.to_owned();
    }
    let given = |key: &str| lines.lines().any(|line| line.starts_with(&format!("{key} =")));
    let missing: Vec<String> = REQUIRED
        .iter()
        .filter(|(key, _)| !given(key))
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("[rule]\n{}\n{lines}\n", missing.join("\n"))
}

/// Expands the one item of an example as the compiler would.
fn expand(text: &str) -> TokenStream {
    let file: syn::File = syn::parse_str(text).expect("an example is Rust");
    let (mut attrs, item): (Vec<Attribute>, TokenStream) = match file.items.as_slice() {
        [Item::Struct(item)] => (item.attrs.clone(), without_attrs(item)),
        [Item::Enum(item)] => (item.attrs.clone(), {
            let item = syn::ItemEnum { attrs: Vec::new(), ..item.clone() };
            item.into_token_stream()
        }),
        [Item::Macro(item)] => return eql_codegen::expand_rules(item.mac.tokens.clone()),
        _ => panic!("an example has one item: {text}"),
    };
    let Some(Meta::List(list)) = attrs.pop().map(|attr| attr.meta) else {
        panic!("an example has `#[eql::rule(…)]`: {text}")
    };
    eql_codegen::expand_rule(list.tokens, item)
}

fn without_attrs(item: &syn::ItemStruct) -> TokenStream {
    syn::ItemStruct { attrs: Vec::new(), ..item.clone() }.into_token_stream()
}

#[test]
fn every_code_has_one_entry_in_order() {
    let found: Vec<String> = entries().into_iter().map(|entry| entry.code).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(found, codes);
}

#[test]
fn examples_are_wrong_and_right_as_they_say() {
    let rules = Rules::new();
    let mut failures = Vec::new();
    for Entry { code, examples } in entries() {
        if UNSHOWN.iter().any(|unshown| unshown.as_str() == code) {
            assert!(examples.is_empty(), "{code}");
            continue;
        }
        let [(language, wrong), (other, right)] = examples.as_slice() else {
            panic!("{code} has {} examples", examples.len());
        };
        let found = rules.codes(language, wrong);
        if found != BTreeSet::from([code.as_str()]) {
            failures.push(format!("{code}: the wrong example gives {found:?}"));
        }
        let found = rules.codes(other, right);
        if !found.is_empty() {
            failures.push(format!("{code}: the right example gives {found:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
