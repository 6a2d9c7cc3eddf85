//! `eql::rules!`: a folder of rule files as a module.

mod input;

use std::path::{Path, PathBuf};

use eql_grammar::ast::Dialect;
use eql_grammar::diag::{Code, Diagnostic};
use eql_grammar::hir;
use eql_grammar::span::Span as TextSpan;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Visibility};

use crate::compile::{Checked, Whole};
use crate::emit::{self, Packer, Shape, StringTests};
use crate::plan::{Plan, Priors};
use crate::project::{Project, track};
use crate::report;

use self::input::{File, Rules, Set};

/// In a set with as many rules, tests are calls over tables: rustc takes a fifth of the time, and behind guards they
/// run as fast.
const MANY_RULES: usize = 100;

/// What the module of a set has besides its rules.
const OWN_ITEMS: [&str; 5] = ["Detector", "METAS", "RULES", "Row", "Set"];

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
    match &set.rules {
        Rules::Types(types) => of_types(&set, types, &notes),
        Rules::Files { patterns, exclude, dialect } => {
            let (files, errors) = input::files(&project.root, patterns, exclude);
            for (place, message) in errors {
                let error = Diagnostic::new(Code::CannotRead, TextSpan::default(), message)
                    .help("patterns start at the folder of `Cargo.toml`; `*` stays in a folder, `**` goes into all below");
                notes.extend(report::plain(&error, place));
            }
            let shown: Vec<String> =
                patterns.iter().map(|pattern| format!("`{}`", pattern.value())).collect();
            module(&set, &files, *dialect, &shown.join(", "), &project, &notes)
        }
    }
}

/// A module of rules that are types already. What they read is not known here, so that they are driven one by one.
fn of_types(set: &Set, types: &[syn::Path], notes: &TokenStream) -> TokenStream {
    let Set { attrs, vis, name, krate, .. } = set;
    let count = types.len();
    let about = docs_missing(attrs).then(|| {
        let about = format!(" {count} detection rules.");
        quote!(#[doc = #about])
    });
    // Paths are those of the place of the macro.
    let types: Vec<TokenStream> = types.iter().map(from_below).collect();
    let detectors = detectors(krate, &types);
    quote! {
        #notes
        #about
        #(#attrs)*
        #vis mod #name {
            #[doc = " The metadata of every rule, in order."]
            pub const RULES: [&#krate::RuleMeta; #count] = [#(<#types as #krate::Rule>::META),*];

            #detectors

            #[doc = " The rules as a sensor drives them: one by one, over whole documents."]
            #[must_use]
            pub fn driver() -> #krate::__private::Box<dyn #krate::set::Driver> {
                #krate::__private::Box::new(#krate::set::OneByOne::new(detectors()))
            }
        }
    }
}

/// A path as it is written one module further down.
fn from_below(path: &syn::Path) -> TokenStream {
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    match first.as_deref() {
        _ if path.leading_colon.is_some() => quote!(#path),
        Some("crate") => quote!(#path),
        Some("self") => {
            let rest = path.segments.iter().skip(1);
            quote!(super::#(#rest)::*)
        }
        _ => quote!(super::#path),
    }
}

fn module(
    set: &Set,
    files: &[File],
    dialect: Option<Dialect>,
    patterns: &str,
    project: &Project,
    notes: &TokenStream,
) -> TokenStream {
    let Set { attrs, vis, name, krate, .. } = set;
    let mut taken: Vec<(String, PathBuf)> = Vec::new();
    let mut ids: Vec<(String, PathBuf)> = Vec::new();
    let mut items = TokenStream::new();
    let mut code = TokenStream::new();
    let mut idents = Vec::new();
    // Place in the set, of those that compile.
    let mut rules: Vec<(usize, Whole)> = Vec::new();
    let public: Visibility = syn::parse_quote!(pub);
    let priors = Priors::built_in();
    let texts = StringTests::new(&priors);
    let shape = if files.len() >= MANY_RULES { Shape::Calls(&texts) } else { Shape::Inline };
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let checked = Checked::all(&paths, dialect, &project.config.lints, project);
    let read = paths.iter().zip(&checked).filter(|(_, checked)| checked.is_read());
    let tracked = track(read.map(|(path, _)| *path));
    for (File { path: file, span }, checked) in files.iter().zip(checked) {
        let span = *span;
        let stem = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let ident = format_ident!("{}", struct_name(&stem));
        let compiled = checked.compiled(file, span, project);
        if OWN_ITEMS.iter().any(|own| ident == own) || emit::TAKEN.iter().any(|own| ident == own) {
            let file = project.shown(file);
            let message = format!(
                "`{file}` would be the struct `{ident}`, a name that the module uses itself"
            );
            let error = Diagnostic::new(Code::DuplicateRule, TextSpan::default(), message)
                .help("give the file another name");
            items.extend(report::plain(&error, span));
            continue;
        }
        if let Some(other) = duplicate(&taken, &ident.to_string()) {
            items.extend(twice(span, project, file, other, &format!("the name `{ident}`")));
            continue;
        }
        taken.push((ident.to_string(), file.clone()));
        if let Some(rule) = &compiled.rule {
            if let Some(other) = duplicate(&ids, &rule.rule_id) {
                items.extend(twice(
                    span,
                    project,
                    file,
                    other,
                    &format!("the `rule_id` `{}`", rule.rule_id),
                ));
                continue;
            }
            ids.push((rule.rule_id.clone(), file.clone()));
        }
        let notes = &compiled.notes;
        items.extend(match &compiled.rule {
            Some(rule) => {
                let lines = crate::docs::lines(rule, None).join("\n");
                quote!(#notes #[doc = #lines] #public struct #ident;)
            }
            None => {
                let skeleton = emit::skeleton(krate, &public, &ident);
                let about = " A rule that does not compile.";
                quote!(#notes #[doc = #about] #public struct #ident; #skeleton)
            }
        });
        rules.extend(compiled.rule.map(|rule| (idents.len(), rule)));
        idents.push(ident);
    }
    let count = idents.len();
    // The plan has no tokens, which are of this thread alone.
    let (plan, (metas, impls)) = std::thread::scope(|scope| {
        let plan = scope.spawn(|| plan(&rules, count, &priors));
        let impls = impls(krate, &idents, &rules, shape);
        (plan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), impls)
    });
    code.extend(impls);
    let imports = emit::imports(krate);
    let texts = texts.into_static();
    let planned = planned(set, &idents, &plan, &mut code);
    let detectors = detectors(krate, &idents);
    let compiled = rules.len();
    let about = if docs_missing(attrs) {
        let about = format!(" {count} detection rules, from {patterns}.");
        quote!(#[doc = #about])
    } else {
        TokenStream::new()
    };
    quote! {
        #notes
        #about
        #(#attrs)*
        #vis mod #name {
            #tracked

            #items

            #metas

            #[doc = " The metadata of every rule, in order."]
            pub const RULES: [&#krate::RuleMeta; #compiled] =
                #krate::__private::packed::each(&METAS);

            #planned

            const _: () = {
                #imports
                #texts
                #code
            };

            #detectors
        }
    }
}

/// The function that makes the rules of a module one by one.
fn detectors(krate: &TokenStream, types: &[impl ToTokens]) -> TokenStream {
    let rt = quote!(#krate::__private);
    let tree = tree(&rt, types);
    quote! {
        #[doc = " Every rule with fresh state, in the order of [`RULES`], over any event type that carries their fields."]
        #[must_use]
        pub fn detectors<'a, E>() -> #krate::__private::Vec<#krate::__private::Box<dyn #krate::Detector<E> + 'a>>
        where
            E: #krate::Event + 'a,
            #tree: #krate::__private::DetectAll<E>,
        {
            #krate::__private::detectors::<E, #tree>()
        }
    }
}

/// The types as leaves of a tree of pairs: one bound stands for those of all rules.
fn tree(rt: &TokenStream, types: &[impl ToTokens]) -> TokenStream {
    match types {
        [] => quote!(()),
        [one] => quote!(#rt::One<#one>),
        types => {
            let (front, back) = types.split_at(types.len() / 2);
            let (front, back) = (tree(rt, front), tree(rt, back));
            quote!((#front, #back))
        }
    }
}

/// The plan of rules that have their places among `count`.
fn plan(rules: &[(usize, Whole)], count: usize, priors: &Priors) -> Plan {
    let queries: Vec<&hir::Query> = rules.iter().map(|(_, rule)| &rule.hir).collect();
    let mut plan = Plan::new(&queries, priors);
    // A rule that does not compile has a place, and no terms.
    plan.spread(count, |at| rules[at].0);
    plan
}

/// The items of the set as a whole; its impls go to `code`.
fn planned(set: &Set, idents: &[Ident], plan: &Plan, code: &mut TokenStream) -> TokenStream {
    let krate = &set.krate;
    if set.print_plan {
        let names: Vec<String> = idents.iter().map(ToString::to_string).collect();
        eprintln!("{}", plan.explain(&names));
    }
    let encoded = plan.encode().unwrap_or_default();
    let too_large = encoded.is_empty().then(|| {
        let error = Diagnostic::new(Code::BadItem, TextSpan::default(), "the set is too large")
            .help("a set holds up to 65,534 terms; make two of it");
        report::plain(&error, set.name.span())
    });
    let encoded = Literal::byte_string(&encoded);
    let tree = tree(&quote!(rt), idents);
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
            type Rules = #tree;
            const PLAN: &'static [u8] = #encoded;

            fn shared() -> &'static rt::Shared<rt::Row<Self>> {
                static SHARED: rt::Shared<rt::Row<Set>> = rt::Shared::new();
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

        #[doc = " The rules of this set as a sensor drives them."]
        #[must_use]
        pub fn driver() -> #krate::__private::Box<dyn #krate::set::Driver> {
            #krate::__private::Box::new(#krate::set::SetDriver::<Set>::new())
        }
    }
}

/// The metadata of the rules, and their impls.
fn impls(
    krate: &TokenStream,
    idents: &[Ident],
    rules: &[(usize, Whole)],
    shape: Shape<'_>,
) -> (TokenStream, TokenStream) {
    let vis = &syn::parse_quote!(pub);
    let fields: Vec<_> = rules.iter().map(|(_, rule)| emit::fields_read(&rule.hir)).collect();
    let mut packer = Packer::default();
    let each: Vec<TokenStream> = rules
        .iter()
        .zip(&fields)
        .map(|((place, rule), fields)| {
            let at = Literal::usize_unsuffixed(packer.add(rule.told(fields)));
            let rule = rule.emitted(krate, &idents[*place], vis);
            emit::compact(&rule, shape, &quote!(&METAS[#at]))
        })
        .collect();
    (packer.into_static(krate), quote!(#(#each)*))
}

fn duplicate<'a>(taken: &'a [(String, PathBuf)], key: &str) -> Option<&'a Path> {
    taken.iter().find(|(name, _)| name == key).map(|(_, path)| path.as_path())
}

fn twice(span: Span, project: &Project, file: &Path, other: &Path, what: &str) -> TokenStream {
    let (file, other) = (project.shown(file), project.shown(other));
    let message = format!("`{other}` and `{file}` both have {what}");
    let error = Diagnostic::new(Code::DuplicateRule, TextSpan::default(), message)
        .help("every rule of a set needs a file name and a rule_id of its own");
    report::plain(&error, span)
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
