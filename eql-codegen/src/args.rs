//! The arguments of `#[eql::rule(…)]`.

use eql_grammar::ast::Dialect;
use eql_grammar::diag::{Code, Diagnostic, Diagnostics};
use eql_grammar::meta::{RawMeta, RawValue};
use eql_grammar::span::{Span as TextSpan, Spanned};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, LitStr, Token};

use crate::source::{Source, SourceMap};

/// What is printed to standard error while the rule compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Print {
    Ast,
    Hir,
    Code,
}

/// Where the rule's query is.
pub(crate) enum Query {
    Tokens(Group),
    Literal(LitStr),
    /// A rule file, relative to the package.
    File(LitStr),
}

/// The arguments, read as far as they can be.
pub(crate) struct Args {
    pub(crate) krate: TokenStream,
    pub(crate) print: Option<Print>,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) raw: RawMeta,
    pub(crate) query: Option<Query>,
    /// What is wrong with them; places are those of `places`.
    pub(crate) diags: Diagnostics,
    places: Places,
}

impl Args {
    /// The arguments as a source of diagnostics: each of their tokens has a place of its own.
    pub(crate) fn source(&self) -> Source {
        let map = self.places.0.iter().enumerate().map(|(at, span)| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            (at..at + 1, *span)
        });
        Source { text: String::new(), map: SourceMap::Tokens(map.collect()) }
    }

    pub(crate) fn parse(tokens: TokenStream) -> Result<Self, syn::Error> {
        syn::parse2(tokens)
    }
}

/// The value of the key `crate`, also where other arguments cannot be read.
pub(crate) fn krate(args: &TokenStream) -> TokenStream {
    let mut tokens = args.clone().into_iter();
    let key = |tree: &TokenTree| matches!(tree, TokenTree::Ident(name) if name == "crate");
    let path: TokenStream = match tokens.find(key).and_then(|_| tokens.next()) {
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => tokens
            .take_while(|tree| !matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ','))
            .collect(),
        _ => TokenStream::new(),
    };
    let path = syn::parse2::<syn::Path>(path);
    path.map_or_else(|_| quote!(::eql), |path| path.to_token_stream())
}

/// The compiler's spans of the arguments; a [`TextSpan`] is an index.
struct Places(Vec<Span>);

impl Places {
    fn add(&mut self, span: Span) -> TextSpan {
        self.0.push(span);
        let end = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        TextSpan::new(end - 1, end)
    }
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self {
            krate: quote!(::eql),
            print: None,
            dialect: None,
            raw: RawMeta { entries: Vec::new(), span: TextSpan::new(0, 1) },
            query: None,
            diags: Diagnostics::new(),
            // The attribute as a whole, for what is missing from it.
            places: Places(vec![Span::call_site()]),
        };
        while !input.is_empty() {
            let key = Ident::parse_any(input).map_err(|error| {
                syn::Error::new(error.span(), "expected a key such as `severity`")
            })?;
            args.argument(&key, input)?;
            if input.is_empty() {
                break;
            }
            if !input.peek(Token![,]) {
                return Err(input.error("expected `,` before the next key"));
            }
            input.parse::<Token![,]>()?;
        }
        Ok(args)
    }
}

impl Args {
    fn argument(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let name = key.unraw().to_string();
        let place = self.places.add(key.span());
        let value = match name.as_str() {
            "query" if !input.peek(Token![=]) => {
                let TokenTree::Group(group) = input.parse()? else {
                    return Err(syn::Error::new(
                        key.span(),
                        "expected `query(process where …)` or `query = \"process where …\"`",
                    ));
                };
                let at = self.places.add(key.span());
                self.set_query(place, Query::Tokens(group));
                Spanned::new(RawValue::Str(String::new()), at)
            }
            "query" | "path" | "dialect" | "print" => {
                let text = string(input, &name)?;
                match name.as_str() {
                    "query" => self.set_query(place, Query::Literal(text.clone())),
                    "path" => self.set_query(place, Query::File(text.clone())),
                    "dialect" => self.set_dialect(&text),
                    _ => self.set_print(&text),
                }
                Spanned::new(RawValue::Str(text.value()), self.places.add(text.span()))
            }
            "crate" => {
                input.parse::<Token![=]>()?;
                let path: syn::Path = input.parse()?;
                self.krate = path.to_token_stream();
                Spanned::new(RawValue::Str(self.krate.to_string()), place)
            }
            "allow" | "warn" | "deny" => self.names(input, place)?,
            _ => {
                if !input.peek(Token![=]) {
                    return Err(input.error(format!("expected `=` and a value after `{name}`")));
                }
                input.parse::<Token![=]>()?;
                self.value(input)?
            }
        };
        self.raw.entries.push((Spanned::new(name, place), value));
        Ok(())
    }

    fn set_query(&mut self, place: TextSpan, query: Query) {
        let file = matches!(query, Query::File(_));
        match &self.query {
            None => self.query = Some(query),
            // The same key twice is reported with the other keys.
            Some(first) if matches!(first, Query::File(_)) == file => {}
            Some(_) => {
                self.diags
                    .push(Diagnostic::new(Code::OneQuery, place, "a rule has one query").help(
                    "give `query(…)`, `query = \"…\"` or `path = \"….toml\"`, and only one of them",
                ))
            }
        }
    }

    fn set_dialect(&mut self, name: &LitStr) {
        match name.value().as_str() {
            "elasticsearch" => self.dialect = Some(Dialect::Elasticsearch),
            "endpoint" => self.dialect = Some(Dialect::Endpoint),
            _ => self.bad_choice(name, "dialect", &["elasticsearch", "endpoint"]),
        }
    }

    fn set_print(&mut self, name: &LitStr) {
        match name.value().as_str() {
            "ast" => self.print = Some(Print::Ast),
            "hir" => self.print = Some(Print::Hir),
            "code" => self.print = Some(Print::Code),
            _ => self.bad_choice(name, "print", &["ast", "hir", "code"]),
        }
    }

    fn bad_choice(&mut self, found: &LitStr, key: &str, allowed: &[&str]) {
        let place = self.places.add(found.span());
        let allowed: Vec<_> = allowed.iter().map(|word| format!("`{word}`")).collect();
        let allowed = allowed.join(", ");
        let message = format!("`{key}` must be one of {allowed}, not `{}`", found.value());
        self.diags.push(Diagnostic::new(Code::BadValue, place, message));
    }

    /// `(slow_wildcard, literal_wildcard)`
    fn names(&mut self, input: ParseStream<'_>, place: TextSpan) -> syn::Result<Spanned<RawValue>> {
        let content;
        syn::parenthesized!(content in input);
        let mut names = Vec::new();
        let name = |input: ParseStream<'_>| {
            Ident::parse_any(input).map_err(|error| {
                syn::Error::new(error.span(), "expected the name of a lint such as `slow_wildcard`")
            })
        };
        for name in content.parse_terminated(name, Token![,])? {
            let at = self.places.add(name.span());
            names.push(Spanned::new(RawValue::Str(name.to_string()), at));
        }
        Ok(Spanned::new(RawValue::Array(names), place))
    }

    /// A literal, `[a, b]` or `{ key = value }`.
    fn value(&mut self, input: ParseStream<'_>) -> syn::Result<Spanned<RawValue>> {
        if input.peek(syn::token::Bracket) {
            let content;
            let bracket = syn::bracketed!(content in input);
            let place = self.places.add(bracket.span.join());
            let mut items = Vec::new();
            while !content.is_empty() {
                items.push(self.value(&content)?);
                if content.is_empty() {
                    break;
                }
                content.parse::<Token![,]>()?;
            }
            return Ok(Spanned::new(RawValue::Array(items), place));
        }
        if input.peek(syn::token::Brace) {
            let content;
            let brace = syn::braced!(content in input);
            let place = self.places.add(brace.span.join());
            let mut entries = Vec::new();
            while !content.is_empty() {
                let key = Ident::parse_any(&content)?;
                content.parse::<Token![=]>()?;
                let at = self.places.add(key.span());
                let value = self.value(&content)?;
                entries.push((Spanned::new(key.unraw().to_string(), at), value));
                if content.is_empty() {
                    break;
                }
                content.parse::<Token![,]>()?;
            }
            return Ok(Spanned::new(RawValue::Table(entries), place));
        }
        let negative = input.parse::<Option<Token![-]>>()?.is_some();
        let literal: Lit = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), "expected a literal, `[…]` or `{…}`"))?;
        let place = self.places.add(literal.span());
        let value = match &literal {
            Lit::Str(text) if !negative => RawValue::Str(text.value()),
            Lit::Bool(flag) if !negative => RawValue::Bool(flag.value),
            Lit::Float(float) => {
                let float: f64 = float.base10_parse()?;
                RawValue::Float(if negative { -float } else { float })
            }
            Lit::Int(int) => {
                let int: i64 = int.base10_parse()?;
                RawValue::Int(if negative { -int } else { int })
            }
            _ => {
                return Err(syn::Error::new(
                    literal.span(),
                    "expected a string, a number, `true` or `false`",
                ));
            }
        };
        Ok(Spanned::new(value, place))
    }
}

fn string(input: ParseStream<'_>, key: &str) -> syn::Result<LitStr> {
    input.parse::<Token![=]>()?;
    input.parse().map_err(|error: syn::Error| {
        let tokens = if key == "query" { ", or EQL in parentheses and no `=`" } else { "" };
        syn::Error::new(error.span(), format!("`{key}` takes a string literal{tokens}"))
    })
}
