//! The items that stand beside the user's struct.

use eql_grammar::ast::PipeKind;
use eql_grammar::hir::{self, Body, FieldIx, Root};
use eql_grammar::meta::Meta;
use eql_grammar::schema::Type;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Visibility;

use super::fields::{ident, owned, words};
use super::group::Group;
use super::{Cx, Shape, Told, group, meta};
use crate::inspect::Partition;

/// A rule that passed every check.
pub(crate) struct Rule<'a> {
    pub(crate) krate: &'a TokenStream,
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) query: &'a hir::Query,
    pub(crate) meta: &'a Meta,
    pub(crate) rule_id: &'a str,
    pub(crate) description: &'a str,
    /// The query as written.
    pub(crate) text: &'a str,
}

/// One field of the event, as the alert and the bounds name it.
pub(super) struct Member {
    pub(super) field: FieldIx,
    pub(super) path: String,
    pub(super) name: Ident,
    pub(super) ty: Type,
}

/// Everything but the struct itself.
pub(crate) fn rule(rule: &Rule<'_>) -> TokenStream {
    let cx = Cx::new(&rule.query.fields, Shape::Inline);
    match &rule.query.body {
        Body::Event(query) => event_rule(rule, &cx, query),
        Body::Sequence(_) | Body::Sample(_) => match Group::of(rule.query) {
            Some(group) => group::group(rule, &cx, &group),
            None => TokenStream::new(),
        },
    }
}

fn event_rule(rule: &Rule<'_>, cx: &Cx<'_>, query: &hir::EventQuery) -> TokenStream {
    let Rule { krate, ident, .. } = rule;
    let members = &members(rule.query);
    let alert = alert_ident(ident);
    let alert_struct = alert_struct(rule, members);
    let imports = imports(krate);
    let aliases = cx.own_fields();
    let meta = rule_impl(rule, &own_meta(rule), &TokenStream::new());
    let bounds = Bounds::new(rule, cx, members);
    let reads = &bounds.list;
    let bounds = bounds.reads();
    let about = format!(
        " Whether the query of this rule holds for `event`, which is read for {}.",
        members.iter().map(|m| format!("`{}`", m.path)).collect::<Vec<_>>().join(", ")
    );
    let collect = members.iter().map(|member| {
        let name = &member.name;
        let ty = cx.field_path(member.field);
        quote!(#name: rt::collect::<E, #ty>(event))
    });
    let conversions = conversions(&alert);
    let (alone, history) = event_alone(rule, cx, query);
    quote! {
        #alert_struct

        const _: () = {
            #imports
            #(#aliases)*
            #bounds
            #meta

            impl #ident {
                #[doc = #about]
                #[must_use]
                pub fn matches<E: #(#reads +)* ?Sized>(event: &E) -> bool {
                    let _ = event;
                    #alone
                }
            }

            impl<E: Reads + rt::Event + ?Sized> rt::EventRule<E> for #ident {
                type Alert = #alert;
                #history

                fn matches(event: &E) -> bool {
                    #ident::matches(event)
                }
            }

            impl<E: Reads + rt::Event + ?Sized> rt::FromEvent<E> for #alert {
                fn from_event(event: &E, document: rt::Document) -> Self {
                    let _ = event;
                    #alert { #(#collect,)* document }
                }
            }

            #conversions
        };
    }
}

/// Whether the query holds for `event` alone, and the items of `EventRule` about pipes and the events before it.
pub(super) fn event_alone(
    rule: &Rule<'_>,
    cx: &Cx<'_>,
    query: &hir::EventQuery,
) -> (TokenStream, TokenStream) {
    let condition = cx.event_query(query);
    let pipes = pipes(rule.query);
    let pipes = (!pipes.is_empty())
        .then(|| quote!(const PIPES: &'static [rt::sequence::Pipe] = &[#(#pipes),*];));
    if rule.query.descendants.is_empty() {
        return (condition, quote!(#pipes));
    }
    let (count, observe) = lineages(rule.query, cx);
    // Without the events before, no process is known to descend from another.
    let alone = quote!({ let descends = [false; #count]; #condition });
    let history = quote! {
        #pipes
        const LINEAGES: usize = #count;

        fn matches_after(event: &E, lineages: &mut [rt::Lineage]) -> bool {
            let mut descends = [false; #count];
            #observe
            #condition
        }
    };
    (alone, history)
}

/// The items that a rule with errors still gets, so that the errors are the only ones.
pub(crate) fn skeleton(krate: &TokenStream, vis: &Visibility, ident: &Ident) -> TokenStream {
    let alert = alert_ident(ident);
    let imports = imports(krate);
    let conversions = conversions(&alert);
    quote! {
        #[doc = " The alert of a rule that does not compile."]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
        #vis struct #alert {
            #[doc = " The alert document."]
            pub document: #krate::Document,
        }

        const _: () = {
            #imports

            impl rt::Rule for #ident {
                const META: &'static rt::RuleMeta = &rt::BROKEN;
                type Kind = rt::OneEvent;
            }

            impl #ident {
                #[doc = " The metadata of a rule that does not compile."]
                pub const META: &'static rt::RuleMeta = &rt::BROKEN;

                #[doc = " Never called: the rule does not compile."]
                #[must_use]
                pub fn matches<E: ?Sized>(event: &E) -> bool {
                    let _ = event;
                    false
                }
            }

            impl<E: rt::Event + ?Sized> rt::EventRule<E> for #ident {
                type Alert = #alert;

                fn matches(event: &E) -> bool {
                    #ident::matches(event)
                }
            }

            impl<E: rt::Event + ?Sized> rt::FromEvent<E> for #alert {
                fn from_event(_: &E, document: rt::Document) -> Self {
                    #alert { document }
                }
            }

            #conversions
        };
    }
}

/// Names that generated code gives a meaning of its own, so that no rule can have them.
pub(crate) const TAKEN: [&str; 9] =
    ["Has", "None", "Option", "Reads", "Sized", "Some", "ecs", "own", "rt"];

pub(crate) fn alert_ident(rule: &Ident) -> Ident {
    // The compiler lints names with a place in the user's source as the user's own.
    format_ident!("{}Alert", rule, span = rule.span().resolved_at(Span::mixed_site()))
}

pub(crate) fn imports(krate: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unused_imports)]
        use #krate::{Has, __private as rt, __private::ecs};
        #[allow(unused_imports)]
        use ::core::{marker::Sized, option::Option::{self, None, Some}};
    }
}

fn alert_struct(rule: &Rule<'_>, members: &[Member]) -> TokenStream {
    let Rule { krate, ident, vis, .. } = rule;
    let alert = alert_ident(ident);
    let about = format!(
        " An alert of [`{ident}`]: the values of the fields that the rule reads, and the alert document."
    );
    let fields = members.iter().map(|member| owned_of(member, krate));
    quote! {
        #[doc = #about]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
        #vis struct #alert {
            #(#fields,)*
            #[doc = " The alert as Kibana writes it."]
            pub document: #krate::Document,
        }
    }
}

/// `head` and `tail` as the runtime has them.
pub(super) fn pipes(query: &hir::Query) -> Vec<TokenStream> {
    let pipe = |(kind, count): &(PipeKind, u64)| {
        let count = Literal::u64_unsuffixed(*count);
        match kind {
            PipeKind::Head => quote!(rt::sequence::Pipe::Head(#count)),
            PipeKind::Tail => quote!(rt::sequence::Pipe::Tail(#count)),
        }
    };
    query.pipes.iter().map(pipe).collect()
}

/// The member of an alert that holds the field's values.
pub(super) fn owned_of(member: &Member, krate: &TokenStream) -> TokenStream {
    let name = &member.name;
    let about = format!(" `{}`, {}.", member.path, member.ty.name());
    let ty = owned(member.ty, krate);
    quote!(#[doc = #about] pub #name: #krate::values::Values<#ty>)
}

/// How many queries `descendant of` asks about, and the statements that let them see the event, with `lineages` and
/// `descends` in scope.
pub(super) fn lineages(query: &hir::Query, cx: &Cx<'_>) -> (Literal, TokenStream) {
    let count = Literal::usize_unsuffixed(query.descendants.len());
    let Some(processes) = query.processes else { return (count, TokenStream::new()) };
    let own = cx.field_path(processes.own);
    let parent = cx.field_path(processes.parent);
    let each = query.descendants.iter().enumerate().map(|(at, query)| {
        let at = Literal::usize_unsuffixed(at);
        let matched = cx.event_query(query);
        quote! {
            let matched = #matched;
            descends[#at] = lineages[#at].observe::<#own, #parent, E>(event, matched);
        }
    });
    (count, quote!(#(#each)*))
}

/// The event's own fields that the rule reads, with the names of their types, by path.
pub(crate) fn fields_read(query: &hir::Query) -> Vec<(String, &'static str)> {
    let mut fields: Vec<_> =
        members(query).into_iter().map(|member| (member.path, member.ty.name())).collect();
    fields.sort();
    fields
}

/// The metadata of a rule that stands alone.
pub(super) fn own_meta(rule: &Rule<'_>) -> TokenStream {
    let fields = &fields_read(rule.query);
    let Rule { meta, rule_id, description, text: query, .. } = *rule;
    let meta = self::meta::meta(Told { meta, rule_id, description, query, fields });
    quote!({
        static META: rt::RuleMeta = #meta;
        &META
    })
}

/// `meta` is a reference to the metadata; `inherent` are further items of the type itself.
pub(super) fn rule_impl(
    rule: &Rule<'_>,
    meta: &TokenStream,
    inherent: &TokenStream,
) -> TokenStream {
    let ident = rule.ident;
    let partition = partition(rule.query);
    let kind = match &rule.query.body {
        Body::Event(_) => quote!(OneEvent),
        Body::Sequence(_) => quote!(InOrder),
        Body::Sample(_) => quote!(InAnyOrder),
    };
    quote! {
        impl rt::Rule for #ident {
            const META: &'static rt::RuleMeta = #meta;
            #partition
            type Kind = rt::#kind;
        }

        impl #ident {
            #[doc = " The metadata of this rule."]
            pub const META: &'static rt::RuleMeta = rt::meta::<Self>();

            #inherent
        }
    }
}

/// How the work of the rule may be split, where events do not stand alone.
fn partition(query: &hir::Query) -> Option<TokenStream> {
    let partition = match Partition::of(query) {
        Partition::Stateless => return None,
        Partition::HostLocal => quote!(HostLocal),
        Partition::ReKey(stages) => {
            let stages = stages.iter().map(|keys| quote!(&[#(#keys),*]));
            quote!(ReKey(&[#(#stages),*]))
        }
        Partition::Whole => quote!(Whole),
    };
    Some(quote!(const PARTITION: rt::Partition = rt::Partition::#partition;))
}

/// What an event must carry for a rule to read it.
pub(super) struct Bounds {
    /// The names that the rule's own fields have in messages.
    pub(super) names: Option<TokenStream>,
    /// Traits. Where an event type is refused, the compiler names the bound itself and not what it follows from, so
    /// that functions that users call have this list instead of [`reads`](Self::reads).
    pub(super) list: Vec<TokenStream>,
}

impl Bounds {
    /// What [`new`](Self::new) gives, in fewer words for the compiler to go through: messages name no rule, but for own
    /// fields, which have no other name.
    pub(super) fn plain(rule: &Rule<'_>, cx: &Cx<'_>, members: &[Member]) -> Self {
        let mut bounds = Self::new(rule, cx, members);
        for (bound, member) in bounds.list.iter_mut().zip(members) {
            if rule.query.fields[member.field.0].builtin {
                let field = cx.field_path(member.field);
                *bound = quote!(Has<#field>);
            }
        }
        bounds
    }

    pub(super) fn new(rule: &Rule<'_>, cx: &Cx<'_>, members: &[Member]) -> Self {
        let ident = rule.ident;
        let mut names = Vec::new();
        let mut list = Vec::with_capacity(members.len() + 1);
        for member in members {
            let field = cx.field_path(member.field);
            list.push(if rule.query.fields[member.field.0].builtin {
                quote!(rt::Carries<#field, #ident>)
            } else {
                let name = &member.name;
                names.push(name);
                quote!(rt::Carries<#field, #ident, own::#name>)
            });
        }
        if rule.query.fields.iter().any(|field| field.searched) {
            list.push(quote!(rt::HasObjects));
        }
        // The type of such a field is a row of numbers, of no use in a message. In a module, since a field may be
        // called `bool` or `rt`.
        let names = (!names.is_empty()).then(|| {
            quote! {
                #[allow(non_camel_case_types, unreachable_pub)]
                pub mod own {
                    #(pub enum #names {})*
                }
            }
        });
        Self { names, list }
    }

    /// `Reads`, the trait of every event that the rule can read.
    pub(super) fn reads(&self) -> TokenStream {
        let Self { names, list } = self;
        quote! {
            #names
            #[doc = " An event that carries every field of the rule."]
            #[allow(unreachable_pub)]
            pub trait Reads: #(#list)+* {}
            impl<E: #(#list +)* ?Sized> Reads for E {}
        }
    }
}

fn conversions(alert: &Ident) -> TokenStream {
    quote! {
        impl rt::From<#alert> for rt::Document {
            fn from(alert: #alert) -> Self {
                alert.document
            }
        }

        impl rt::Serialize for #alert {
            fn serialize<S: rt::Serializer>(&self, serializer: S) -> rt::Result<S::Ok, S::Error> {
                rt::Serialize::serialize(&self.document, serializer)
            }
        }
    }
}

/// The event's own fields that the rule reads, by path, with the names of their members.
pub(super) fn members(query: &hir::Query) -> Vec<Member> {
    members_where(query, |_| true)
}

/// Those among them that `keep` says.
pub(super) fn members_where(query: &hir::Query, keep: impl Fn(FieldIx) -> bool) -> Vec<Member> {
    let mut members: Vec<Member> = query
        .fields
        .iter()
        .enumerate()
        .filter(|(at, field)| field.root == Root::Event && keep(FieldIx(*at)))
        .filter_map(|(at, field)| {
            let name = ident(&words(&field.path));
            Some(Member { field: FieldIx(at), path: field.path.clone(), name, ty: field.ty? })
        })
        .collect();
    members.sort_by(|a, b| a.path.cmp(&b.path));
    let mut taken = vec!["document".to_owned(), "group".to_owned()];
    for member in &mut members {
        let base = member.name.to_string();
        let mut name = base.clone();
        let mut count = 2;
        while taken.contains(&name) {
            name = format!("{base}_{count}");
            count += 1;
        }
        if name != base {
            member.name = ident(&name);
        }
        taken.push(name);
    }
    members
}
