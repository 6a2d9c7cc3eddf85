//! From the arguments of the macro, or a rule file, to the items of a rule.

use std::io::ErrorKind;
use std::path::Path;

use eql_grammar::ast::{self, Dialect};
use eql_grammar::config::Lints;
use eql_grammar::diag::{Code, Diagnostic, Diagnostics};
use eql_grammar::hir;
use eql_grammar::meta::{self, Meta};
use eql_grammar::rule::{self, Found, Input, Rule, has_errors, leveled};
use eql_grammar::rule_file::{self, RuleFile};
use eql_grammar::span::Span as TextSpan;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{ItemStruct, Visibility};

use crate::args::{self, Args, Print, Query};
use crate::docs;
use crate::emit::{self, Told};
use crate::project::{Project, track};
use crate::report;
use crate::source::{FileMap, Source, SourceMap};

/// `#[eql::rule(args)] item`
pub(crate) fn rule(args: TokenStream, item: TokenStream) -> TokenStream {
    let krate = args::krate(&args);
    let item = match unit(item) {
        Ok(item) => item,
        Err(refused) => {
            let error = report::plain(&refused.error, refused.place);
            let Refused { item, skeleton, .. } = refused;
            let skeleton = skeleton.map(|(vis, ident)| emit::skeleton(&krate, &vis, &ident));
            return quote!(#error #item #skeleton);
        }
    };
    let project = Project::load();
    let mut out = project.errors();
    out.extend(project.tracked());
    let args = match Args::parse(args) {
        Ok(args) => args,
        Err(error) => {
            let item = with_docs(&item, &[]);
            let skeleton = emit::skeleton(&krate, &item.vis, &item.ident);
            let error = report::syntax(&error);
            return quote!(#out #error #item #skeleton);
        }
    };
    let compiled = from_args(&args, &item, &project);
    out.extend(finish(compiled, &args.krate, &item, args.print));
    out
}

/// Something that the macro does not stand on.
struct Refused {
    error: Diagnostic,
    place: Span,
    /// What is left of it.
    item: TokenStream,
    /// Of what the items of a rule are made, so that uses of it are no errors.
    skeleton: Option<(Visibility, Ident)>,
}

/// The struct below the attribute.
#[expect(clippy::result_large_err, reason = "an error ends the expansion; it is made once")]
fn unit(item: TokenStream) -> Result<ItemStruct, Refused> {
    const HELP: &str = "write `pub struct MyRule;` below the attribute";
    let refused = |message: &str| Diagnostic::new(Code::BadItem, TextSpan::default(), message);
    let parsed = syn::parse2::<syn::DeriveInput>(item.clone());
    let Ok(input) = parsed else {
        return Err(Refused {
            error: refused("`#[eql::rule]` stands on a struct").help(HELP),
            place: item.clone().into_iter().next().map_or_else(Span::call_site, |t| t.span()),
            item,
            skeleton: None,
        });
    };
    let syn::DeriveInput { attrs, vis, ident, generics, data } = input;
    let generic = !generics.params.is_empty();
    let message = match data {
        syn::Data::Enum(_) => "`#[eql::rule]` stands on a struct, not on an enum",
        syn::Data::Union(_) => "`#[eql::rule]` stands on a struct, not on a union",
        syn::Data::Struct(_) if generic => "a rule's struct has no generic parameters",
        syn::Data::Struct(data) if !data.fields.is_empty() => "a rule's struct has no members",
        syn::Data::Struct(_) if emit::TAKEN.iter().any(|name| ident == name) => {
            return Err(Refused {
                error: refused("generated code uses this name").help("give the rule another one"),
                place: ident.span(),
                item,
                skeleton: None,
            });
        }
        syn::Data::Struct(syn::DataStruct { struct_token, fields, semi_token }) => {
            return Ok(ItemStruct {
                attrs,
                vis,
                struct_token,
                ident,
                generics,
                fields,
                semi_token,
            });
        }
    };
    Err(Refused {
        error: refused(message).help(HELP),
        place: ident.span(),
        // The stand-ins have no parameters, so what they are made of has none either.
        item: if generic { unit_struct(&vis, &ident).into_token_stream() } else { item },
        skeleton: Some((vis, ident)),
    })
}

/// A rule as far as it came, and everything that is to be said about it.
pub(crate) struct Compiled {
    /// Diagnostics and tracked files.
    pub(crate) notes: TokenStream,
    pub(crate) rule: Option<Whole>,
}

/// A rule without errors.
pub(crate) struct Whole {
    pub(crate) meta: Meta,
    pub(crate) rule_id: String,
    pub(crate) description: String,
    pub(crate) text: String,
    pub(crate) ast: ast::Query,
    pub(crate) hir: hir::Query,
}

impl Whole {
    /// As the back end takes it.
    pub(crate) fn emitted<'a>(
        &'a self,
        krate: &'a TokenStream,
        ident: &'a Ident,
        vis: &'a Visibility,
    ) -> emit::Rule<'a> {
        emit::Rule {
            krate,
            ident,
            vis,
            query: &self.hir,
            meta: &self.meta,
            rule_id: &self.rule_id,
            description: &self.description,
            text: &self.text,
        }
    }

    /// Its metadata; `fields` are those that it reads.
    pub(crate) fn told<'a>(&'a self, fields: &'a [(String, &'static str)]) -> Told<'a> {
        Told {
            meta: &self.meta,
            rule_id: &self.rule_id,
            description: &self.description,
            query: &self.text,
            fields,
        }
    }
}

/// The struct with the documentation of its rule.
pub(crate) fn documented(rule: &Whole, item: &ItemStruct) -> ItemStruct {
    let written = docs::of_item(&item.attrs);
    with_docs(item, &docs::lines(rule, written.as_deref()))
}

/// The struct with its documentation, and the items beside it.
pub(crate) fn finish(
    compiled: Compiled,
    krate: &TokenStream,
    item: &ItemStruct,
    print: Option<Print>,
) -> TokenStream {
    let notes = compiled.notes;
    let Some(whole) = compiled.rule else {
        let skeleton = emit::skeleton(krate, &item.vis, &item.ident);
        let item = with_docs(item, &[]);
        return quote!(#notes #item #skeleton);
    };
    let documented = documented(&whole, item);
    let code = emit::rule(&whole.emitted(krate, &item.ident, &item.vis));
    match print {
        Some(Print::Ast) => eprintln!("{}\n{:#?}", whole.ast, whole.ast),
        Some(Print::Hir) => eprintln!("{:#?}", whole.hir),
        Some(Print::Code) => eprintln!("{}", crate::pretty(&code)),
        None => {}
    }
    quote!(#notes #documented #code)
}

fn with_docs(item: &ItemStruct, lines: &[String]) -> ItemStruct {
    let mut item = item.clone();
    if lines.is_empty() && !docs::has_docs(&item.attrs) {
        item.attrs.push(syn::parse_quote!(#[doc = "A rule that does not compile."]));
    }
    if docs::has_docs(&item.attrs) && !lines.is_empty() {
        item.attrs.push(syn::parse_quote!(#[doc = ""]));
    }
    if !lines.is_empty() {
        let lines = lines.join("\n");
        item.attrs.push(syn::parse_quote!(#[doc = #lines]));
    }
    item
}

fn from_args(args: &Args, item: &ItemStruct, project: &Project) -> Compiled {
    let own = args.source();
    let mut diags = args.diags.clone();
    let lints = Lints::of_rule(&args.raw.entries, &mut diags).over(&project.config.lints);
    match &args.query {
        Some(Query::File(path)) => {
            let of_rule = |(name, _): &&meta::RawEntry| {
                meta::key(name).is_none_or(|key| key.scope != meta::Scope::Attributes)
            };
            if let Some((key, _)) = args.raw.entries.iter().find(of_rule) {
                diags.push(
                    Diagnostic::new(
                        Code::OneQuery,
                        key.span,
                        format!("with `path`, `{}` comes from the rule file", key.node),
                    )
                    .help("remove it here, or write the rule without `path`"),
                );
            }
            let failed = diags.has_errors();
            let notes = report::all(&leveled(diags, &lints), &own);
            let found = project.root.join(path.value());
            let mut compiled = file(&found, path.span(), args.dialect, &lints, project);
            let rest = compiled.notes;
            compiled.notes = quote!(#notes #rest);
            if failed {
                compiled.rule = None;
            }
            compiled
        }
        Some(Query::Tokens(group)) => {
            let source = Source::from_tokens(group);
            from_text(args, item, project, &lints, diags, &source)
        }
        Some(Query::Literal(text)) => {
            let source = Source::from_literal(text);
            from_text(args, item, project, &lints, diags, &source)
        }
        None => {
            let error = Diagnostic::new(Code::OneQuery, TextSpan::new(0, 1), "a rule needs a query")
                .help("add `query(process where …)`, `query = \"process where …\"` or `path = \"rules/….toml\"`");
            diags.push(error);
            Compiled { notes: report::all(diags.as_slice(), &own), rule: None }
        }
    }
}

fn from_text(
    args: &Args,
    item: &ItemStruct,
    project: &Project,
    lints: &Lints,
    diags: Diagnostics,
    source: &Source,
) -> Compiled {
    let mut found = Found { of_meta: diags, of_query: Diagnostics::new() };
    source.foreign().into_iter().for_each(|error| found.of_query.push(error));
    let input = Input {
        raw: &args.raw,
        source: meta::Source::Attributes,
        query: (!found.of_query.has_errors()).then_some(&source.text),
        dialect: args.dialect.unwrap_or_default(),
        os_list: &[],
    };
    let (meta, queries) = rule::check(&input, &project.settings(lints), &mut found);
    let diags = leveled(found.of_meta, lints);
    let found = leveled(found.of_query, lints);
    let failed = has_errors(&diags) || has_errors(&found);
    let mut notes = report::all(&diags, &args.source());
    notes.extend(report::all(&found, source));
    let rule = queries.filter(|_| !failed).map(|(ast, hir)| {
        let description = meta
            .description
            .clone()
            .or_else(|| docs::of_item(&item.attrs))
            .unwrap_or_else(|| meta.name.clone());
        whole(meta, description, source.text.trim(), ast, hir)
    });
    Compiled { notes, rule }
}

/// Compiles a rule file. What is wrong with it is shown at `span`, with the place in the file.
pub(crate) fn file(
    path: &Path,
    span: Span,
    dialect: Option<Dialect>,
    lints: &Lints,
    project: &Project,
) -> Compiled {
    let checked = Checked::of(path, dialect, lints, project);
    let tracked = track(checked.is_read().then_some(path));
    let Compiled { notes, rule } = checked.compiled(path, span, project);
    Compiled { notes: quote!(#tracked #notes), rule }
}

/// A rule file as far as the front end takes it. Without tokens, so that it may come from another thread.
pub(crate) struct Checked {
    /// The text of the file, where it could be read.
    text: Option<String>,
    diagnostics: Vec<Diagnostic>,
    rule: Option<Whole>,
}

impl Checked {
    pub(crate) fn of(
        path: &Path,
        dialect: Option<Dialect>,
        lints: &Lints,
        project: &Project,
    ) -> Self {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let shown = project.shown(path);
                let message = if error.kind() == ErrorKind::NotFound {
                    format!("there is no rule file `{shown}`")
                } else {
                    format!("cannot read the rule file `{shown}`: {error}")
                };
                let error = Diagnostic::new(Code::CannotRead, TextSpan::default(), message)
                    .help("paths start at the folder of `Cargo.toml`");
                return Self { text: None, diagnostics: vec![error], rule: None };
            }
        };
        let (diagnostics, rule) = match rule_file::parse_rule_file(&text) {
            Ok(file) => from_rule_file(&file, &text, dialect, lints, project),
            Err(diags) => (leveled(diags, lints), None),
        };
        Self { text: Some(text), diagnostics, rule }
    }

    /// The same for many files, with as many threads as there are processors: a set is what a build waits for.
    pub(crate) fn all<'a>(
        paths: &[&'a Path],
        dialect: Option<Dialect>,
        lints: &Lints,
        project: &Project,
    ) -> Vec<Self> {
        /// Below this a thread costs more than it saves.
        const FEW: usize = 16;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = paths.len().div_ceil(threads).max(FEW);
        let check = |paths: &[&'a Path]| -> Vec<Self> {
            paths.iter().map(|path| Self::of(path, dialect, lints, project)).collect()
        };
        std::thread::scope(|scope| {
            let running: Vec<_> =
                paths.chunks(share).map(|paths| scope.spawn(move || check(paths))).collect();
            let joined = running.into_iter().map(|thread| match thread.join() {
                Ok(checked) => checked,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.flatten().collect()
        })
    }

    /// Whether there is a file to track.
    pub(crate) fn is_read(&self) -> bool {
        self.text.is_some()
    }

    /// With tokens for what there is to say, at `span`.
    pub(crate) fn compiled(self, path: &Path, span: Span, project: &Project) -> Compiled {
        let Self { text, diagnostics, rule } = self;
        let Some(text) = text else {
            let notes = diagnostics.iter().map(|error| report::plain(error, span)).collect();
            return Compiled { notes, rule: None };
        };
        let map = FileMap { span, path: project.shown(path), shown: text };
        let source = Source { text: String::new(), map: SourceMap::File(map) };
        Compiled { notes: report::all(&diagnostics, &source), rule }
    }
}

fn from_rule_file(
    file: &RuleFile,
    text: &str,
    dialect: Option<Dialect>,
    lints: &Lints,
    project: &Project,
) -> (Vec<Diagnostic>, Option<Whole>) {
    let checked = rule::check_file(file, text, dialect, &project.settings(lints));
    let whole = checked.rule.map(|rule| whole_of(rule, &file.query.text));
    (checked.diagnostics, whole)
}

/// A rule that has no item whose documentation could describe it.
pub(crate) fn whole_of(rule: Rule, text: &str) -> Whole {
    let Rule { meta, ast, hir } = rule;
    let description = meta.description.clone().unwrap_or_else(|| meta.name.clone());
    whole(meta, description, text.trim(), ast, hir)
}

fn whole(meta: Meta, description: String, text: &str, ast: ast::Query, hir: hir::Query) -> Whole {
    let rule_id = meta.rule_id.clone().unwrap_or_else(|| meta::derived_id(&meta.name));
    let description = description.trim().to_owned();
    Whole { meta, rule_id, description, text: text.to_owned(), ast, hir }
}

/// A struct for a rule that has none in the user's source.
pub(crate) fn unit_struct(vis: &Visibility, ident: &Ident) -> ItemStruct {
    syn::parse_quote!(#vis struct #ident;)
}
