//! What stands in `eql::rules! { .. }`, and the files that it means.

use std::path::{Path, PathBuf};

use eql_grammar::ast::Dialect;
use eql_grammar::rule_file;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Token, Visibility, bracketed, token};

/// `#[attributes] pub mod name = "rules/**/*.toml", exclude = "…", dialect = "…";`
pub(super) struct Set {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) name: Ident,
    pub(super) rules: Rules,
    pub(super) krate: TokenStream,
    /// Whether the plan is printed while the set compiles.
    pub(super) print_plan: bool,
}

/// Where the rules of a set come from.
pub(super) enum Rules {
    /// Files.
    Files {
        /// Patterns of paths, from the folder of `Cargo.toml` on.
        patterns: Vec<LitStr>,
        /// Patterns of those that are left out.
        exclude: Vec<LitStr>,
        /// The language of the rules, where their format leaves it open.
        dialect: Option<Dialect>,
    },
    /// Types that `#[eql::rule]` stands on.
    Types(Vec<syn::Path>),
}

impl Parse for Set {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let mut krate = quote!(::eql);
        let mut print_plan = false;
        let mut failed = None;
        attrs.retain(|attr| {
            if !attr.path().is_ident("eql") {
                return true;
            }
            let parsed = attr.parse_nested_meta(|meta| {
                if meta.path.is_ident("crate") {
                    let path: syn::Path = meta.value()?.parse()?;
                    krate = quote!(#path);
                    return Ok(());
                }
                if meta.path.is_ident("print") {
                    let what: LitStr = meta.value()?.parse()?;
                    print_plan = what.value() == "plan";
                    return if print_plan {
                        Ok(())
                    } else {
                        Err(syn::Error::new(what.span(), "expected `\"plan\"`"))
                    };
                }
                Err(meta.error("unknown key, expected `crate = path` or `print = \"plan\"`"))
            });
            failed = parsed.err().or(failed.take());
            false
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let vis = input.parse()?;
        input.parse::<Token![mod]>()?;
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let rules = rules(input)?;
        input.parse::<Option<Token![;]>>()?;
        Ok(Self { attrs, vis, name, rules, krate, print_plan })
    }
}

fn rules(input: ParseStream<'_>) -> syn::Result<Rules> {
    if input.peek(token::Bracket) && !in_brackets(input, |content| content.peek(LitStr)) {
        let content;
        bracketed!(content in input);
        let types = Punctuated::<syn::Path, Token![,]>::parse_terminated(&content)?;
        return Ok(Rules::Types(types.into_iter().collect()));
    }
    let patterns = texts(input)?;
    let (mut exclude, mut dialect) = (Vec::new(), None);
    while input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
        let key: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "exclude" => exclude = texts(input)?,
            "dialect" => {
                let name: LitStr = input.parse()?;
                dialect = Some(match name.value().as_str() {
                    "elasticsearch" => Dialect::Elasticsearch,
                    "endpoint" => Dialect::Endpoint,
                    _ => {
                        let message = "expected `\"elasticsearch\"` or `\"endpoint\"`";
                        return Err(syn::Error::new(name.span(), message));
                    }
                });
            }
            _ => {
                let message = "unknown key, expected `exclude` or `dialect`";
                return Err(syn::Error::new(key.span(), message));
            }
        }
    }
    Ok(Rules::Files { patterns, exclude, dialect })
}

/// Asks about what stands in the brackets that come next.
fn in_brackets(input: ParseStream<'_>, ask: impl Fn(ParseStream<'_>) -> bool) -> bool {
    let inside = |input: ParseStream<'_>| -> syn::Result<bool> {
        let content;
        bracketed!(content in input);
        Ok(content.is_empty() || ask(&content))
    };
    inside(&input.fork()).unwrap_or(false)
}

/// One text, or several in brackets.
fn texts(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    if !input.peek(token::Bracket) {
        return Ok(vec![input.parse()?]);
    }
    let content;
    bracketed!(content in input);
    let texts = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
    Ok(texts.into_iter().collect())
}

/// A rule file, and where the pattern stands that means it.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) span: Span,
}

/// The files that the patterns mean, by path, each once; and for each pattern that means none, why.
pub(super) fn files(
    root: &Path,
    patterns: &[LitStr],
    exclude: &[LitStr],
) -> (Vec<File>, Vec<(Span, String)>) {
    let mut errors = Vec::new();
    let mut find = |patterns: &[LitStr]| {
        let mut found = Vec::new();
        for pattern in patterns {
            let error = match matching(root, &pattern.value()) {
                Ok(paths) if paths.is_empty() => format!("no file matches `{}`", pattern.value()),
                Ok(paths) => {
                    let span = pattern.span();
                    found.extend(paths.into_iter().map(|path| File { path, span }));
                    continue;
                }
                Err(error) => error,
            };
            errors.push((pattern.span(), error));
        }
        found
    };
    let excluded = find(exclude);
    let mut files = find(patterns);
    files.retain(|file| !excluded.iter().any(|other| other.path == file.path));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    (files, errors)
}

/// The files that a pattern means, without fixtures. A folder means every `.toml` file below it.
fn matching(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let mut path = root.join(pattern);
    if path.is_dir() {
        path = path.join("**/*.toml");
    }
    let pattern = path.to_str().ok_or("the path is not UTF-8")?;
    let mut files = Vec::new();
    for entry in glob::glob(pattern).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?;
        if path.is_file() && !rule_file::is_fixture(&path) {
            files.push(path);
        }
    }
    Ok(files)
}
