//! `eql::rules!`: a folder of rule files as a module.

use std::path::{Path, PathBuf};

use eql_grammar::diag::{Code, Diagnostic};
use eql_grammar::hir;
use eql_grammar::span::Span as TextSpan;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, LitStr, Token, Visibility};

use crate::compile::{self, Compiled, Whole};
use crate::emit::{self, Shape};
use crate::plan::{Plan, Priors};
use crate::project::Project;
use crate::report;

/// `#[attributes] pub mod name = "rules/**/*.toml";`
struct Set {
    attrs: Vec<Attribute>,
    vis: Visibility,
    name: Ident,
    pattern: LitStr,
    krate: TokenStream,
    /// Whether the plan is printed while the set compiles.
    print_plan: bool,
}

/// In a set with as many rules, tests are calls over tables: rustc takes a fifth of the time, and behind guards they
/// run as fast.
const MANY_RULES: usize = 100;

/// What the module of a set has besides its rules.
const OWN_ITEMS: [&str; 3] = ["Detector", "Row", "Set"];

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
                    return if print_plan { Ok(()) } else { Err(meta.error("expected `\"plan\"`")) };
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
        let pattern = input.parse()?;
        input.parse::<Option<Token![;]>>()?;
        Ok(Self { attrs, vis, name, pattern, krate, print_plan })
    }
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let set: Set = match syn::parse2(input) {
        Ok(set) => set,
        Err(error) => {
            let place = error.span();
            let error = Diagnostic::new(Code::BadItem, TextSpan::default(), error.to_string())
                .help("write `eql::rules! { pub mod pack = \"rules/**/*.toml\" }`");
            return report::plain(&error, place);
        }
    };
    let project = Project::load();
    let mut notes = project.errors();
    notes.extend(project.tracked());
    let files = match files(&project.root, &set.pattern.value()) {
        Ok(files) if files.is_empty() => {
            let message = format!("no file matches `{}`", set.pattern.value());
            notes.extend(cannot_read(&set, &message));
            Vec::new()
        }
        Ok(files) => files,
        Err(error) => {
            notes.extend(cannot_read(&set, &error));
            Vec::new()
        }
    };
    module(&set, &files, &project, &notes)
}

fn cannot_read(set: &Set, message: &str) -> TokenStream {
    let error = Diagnostic::new(Code::CannotRead, TextSpan::default(), message)
        .help("patterns start at the folder of `Cargo.toml`; `*` stays in a folder, `**` goes into all below");
    report::plain(&error, set.pattern.span())
}

/// The files that a pattern means, by path. A folder means every `.toml` file below it.
fn files(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let mut path = root.join(pattern);
    if path.is_dir() {
        path = path.join("**/*.toml");
    }
    let pattern = path.to_str().ok_or("the path is not UTF-8")?;
    let mut files = Vec::new();
    for entry in glob::glob(pattern).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?;
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn module(set: &Set, files: &[PathBuf], project: &Project, notes: &TokenStream) -> TokenStream {
    let Set { attrs, vis, name, krate, .. } = set;
    let mut taken: Vec<(String, PathBuf)> = Vec::new();
    let mut ids: Vec<(String, PathBuf)> = Vec::new();
    let mut items = TokenStream::new();
    let mut code = TokenStream::new();
    let mut idents = Vec::new();
    // Place in the set, of those that compile.
    let mut rules: Vec<(usize, Whole)> = Vec::new();
    let mut shape = Shape::Inline;
    if files.len() >= MANY_RULES {
        shape = Shape::Calls;
    }
    for file in files {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let ident = format_ident!("{}", struct_name(&stem));
        let compiled =
            compile::file(file, set.pattern.span(), None, &project.config.lints, project);
        if OWN_ITEMS.iter().any(|own| ident == own) || emit::TAKEN.iter().any(|own| ident == own) {
            let file = project.shown(file);
            let message = format!("`{file}` would be the struct `{ident}`, a name that the module uses itself");
            let error = Diagnostic::new(Code::DuplicateRule, TextSpan::default(), message)
                .help("give the file another name");
            items.extend(report::plain(&error, set.pattern.span()));
            continue;
        }
        if let Some(other) = duplicate(&taken, &ident.to_string()) {
            items.extend(twice(set, project, file, other, &format!("the name `{ident}`")));
            continue;
        }
        taken.push((ident.to_string(), file.clone()));
        if let Some(rule) = &compiled.rule {
            if let Some(other) = duplicate(&ids, &rule.rule_id) {
                items.extend(twice(
                    set,
                    project,
                    file,
                    other,
                    &format!("the `rule_id` `{}`", rule.rule_id),
                ));
                continue;
            }
            ids.push((rule.rule_id.clone(), file.clone()));
        }
        items.extend(one(&compiled, krate, &ident, shape, &mut code));
        rules.extend(compiled.rule.map(|rule| (idents.len(), rule)));
        idents.push(ident);
    }
    let imports = emit::imports(krate);
    let planned = planned(set, &idents, &rules, &mut code);
    let count = idents.len();
    let about = if docs_missing(attrs) {
        let about = format!(" {count} detection rules, from `{}`.", set.pattern.value());
        quote!(#[doc = #about])
    } else {
        TokenStream::new()
    };
    quote! {
        #notes
        #about
        #(#attrs)*
        #vis mod #name {
            #items

            #planned

            const _: () = {
                #imports
                #code
            };

            #[doc = " The metadata of every rule of the set, in the order of the files."]
            pub const RULES: [&#krate::RuleMeta; #count] = [#(#idents::META),*];

            #[doc = " Every rule of the set with fresh state, in the order of [`RULES`]."]
            #[must_use]
            pub fn detectors<'a, E>() -> #krate::__private::Vec<#krate::__private::Box<dyn #krate::Detector<E> + 'a>>
            where
                E: 'a,
                #(#idents: #krate::Detect<E>,)*
            {
                #krate::__private::collect_detectors([#(<#idents as #krate::Detect<E>>::detector()),*])
            }
        }
    }
}

/// The items of the set as a whole; its impls go to `code`.
fn planned(
    set: &Set,
    idents: &[Ident],
    rules: &[(usize, Whole)],
    code: &mut TokenStream,
) -> TokenStream {
    let krate = &set.krate;
    let queries: Vec<&hir::Query> = rules.iter().map(|(_, rule)| &rule.hir).collect();
    let mut plan = Plan::new(&queries, &Priors::built_in());
    // A rule that does not compile has a place, and no terms.
    plan.spread(idents.len(), |at| rules[at].0);
    if set.print_plan {
        let names: Vec<String> = idents.iter().map(ToString::to_string).collect();
        eprintln!("{}", plan.explain(&names));
    }
    let encoded = plan.encode().unwrap_or_default();
    let too_large = encoded.is_empty().then(|| {
        let error = Diagnostic::new(Code::BadItem, TextSpan::default(), "the set is too large")
            .help("a set holds up to 65,534 terms; make two of it");
        report::plain(&error, set.pattern.span())
    });
    let encoded = Literal::byte_string(&encoded);
    let paths = plan.fields.iter().map(|field| &field.path);
    let slots = plan.fields.iter().enumerate().map(|(at, field)| {
        let ty = emit::field_type(&field.path, field.ty, field.builtin);
        let at = Literal::usize_unsuffixed(at);
        quote!(impl rt::Slot<Set> for #ty { const SLOT: usize = #at; })
    });
    code.extend(quote! {
        impl rt::Projected for Set {
            const FIELDS: &'static [&'static str] = &[#(#paths),*];

            fn projection() -> &'static rt::Projection {
                <Self as rt::RuleSet>::shared().projection(Self::FIELDS)
            }
        }

        impl rt::RuleSet for Set {
            const RULES: &'static [rt::Entry<rt::Row<Self>>] = &[#(rt::Entry::of::<#idents>()),*];
            const PLAN: &'static [u8] = #encoded;

            fn shared() -> &'static rt::Shared {
                static SHARED: rt::Shared = rt::Shared::new();
                &SHARED
            }
        }

        #(#slots)*
    });
    quote! {
        #too_large

        #[doc = " The rules of this module as one set."]
        #[derive(::core::fmt::Debug)]
        pub enum Set {}

        #[doc = " An event of which the fields are taken out that the rules of this set read."]
        pub type Row = #krate::Row<Set>;

        #[doc = " The rules of this set with their running state, driven together."]
        pub type Detector = #krate::set::Detector<Set>;
    }
}

/// The struct of a rule; its impls go to `code`.
fn one(
    compiled: &Compiled,
    krate: &TokenStream,
    ident: &Ident,
    shape: Shape,
    code: &mut TokenStream,
) -> TokenStream {
    let item = compile::unit_struct(&syn::parse_quote!(pub), ident);
    let notes = &compiled.notes;
    if let Some(rule) = &compiled.rule {
        code.extend(emit::compact(&rule.emitted(krate, ident, &item.vis), shape));
        let item = compile::documented(rule, &item);
        return quote!(#notes #item);
    }
    let skeleton = emit::skeleton(krate, &item.vis, ident);
    quote!(#notes #[doc = " A rule that does not compile."] #item #skeleton)
}

fn duplicate<'a>(taken: &'a [(String, PathBuf)], key: &str) -> Option<&'a Path> {
    taken.iter().find(|(name, _)| name == key).map(|(_, path)| path.as_path())
}

fn twice(set: &Set, project: &Project, file: &Path, other: &Path, what: &str) -> TokenStream {
    let (file, other) = (project.shown(file), project.shown(other));
    let message = format!("`{other}` and `{file}` both have {what}");
    let error = Diagnostic::new(Code::DuplicateRule, TextSpan::default(), message)
        .help("every rule of a set needs a file name and a rule_id of its own");
    report::plain(&error, set.pattern.span())
}

fn docs_missing(attrs: &[Attribute]) -> bool {
    !crate::docs::has_docs(attrs)
}

/// The name of the struct for a rule file: `collection_outlook_com` is `CollectionOutlookCom`.
#[must_use]
pub fn struct_name(stem: &str) -> String {
    let mut out = String::with_capacity(stem.len());
    let mut upper = true;
    for ch in stem.chars() {
        if !ch.is_ascii_alphanumeric() {
            upper = true;
            continue;
        }
        if out.is_empty() && ch.is_ascii_digit() {
            out.push('R');
        }
        out.push(if upper { ch.to_ascii_uppercase() } else { ch });
        upper = false;
    }
    if out.is_empty() {
        out.push_str("Rule");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::struct_name;

    #[test]
    fn struct_names_are_camel_case() {
        assert_eq!(struct_name("collection_outlook_com"), "CollectionOutlookCom");
        assert_eq!(struct_name("7zip-abuse"), "R7zipAbuse");
        assert_eq!(struct_name("--"), "Rule");
    }
}
