//! Rules of a set: what a set drives, and no typed alert for each, so that a thousand of them compile in seconds.

use proc_macro2::TokenStream;
use quote::quote;

use eql_grammar::hir::{Body, EventQuery};

use super::group::{Group, machine_of, rule_trait, terms};
use super::rule::{Bounds, Rule, event_alone, members, rule_impl};
use super::{Cx, Shape};

/// The impls of one rule, to stand in a block that has [`imports`](super::rule::imports). `meta` is a reference to its
/// metadata.
pub(crate) fn compact(rule: &Rule<'_>, shape: Shape<'_>, meta: &TokenStream) -> TokenStream {
    let cx = &Cx::new(&rule.query.fields, shape);
    let members = members(rule.query);
    let aliases = cx.own_fields();
    let Bounds { names, list: bounds } = Bounds::plain(rule, cx, &members);
    let group = Group::of(rule.query);
    let (inherent, body) = match (&rule.query.body, &group) {
        (Body::Event(query), _) => (matches(), event(rule, cx, query, &bounds)),
        (_, Some(group)) => {
            let traits = rule_trait(rule, cx, group, &quote!(rt::Group));
            let terms = terms(rule, cx, group, &bounds);
            (machine_of(group), quote!(#traits #terms))
        }
        (_, None) => Default::default(),
    };
    let meta = rule_impl(rule, meta, &inherent);
    let code = quote!(#meta #body);
    if aliases.is_empty() {
        return code;
    }
    // The names of own fields are numbered in each rule.
    quote!(const _: () = { #(#aliases)* #names #code };)
}

/// The test under the name that it has where a rule stands alone.
fn matches() -> TokenStream {
    quote! {
        #[doc = " Whether the query of this rule holds for `event`."]
        #[must_use]
        pub fn matches<E: ?Sized>(event: &E) -> bool
        where
            Self: rt::EventRule<E>,
        {
            <Self as rt::EventRule<E>>::matches(event)
        }
    }
}

fn event(rule: &Rule<'_>, cx: &Cx<'_>, query: &EventQuery, bounds: &[TokenStream]) -> TokenStream {
    let ident = rule.ident;
    let (alone, history) = event_alone(rule, cx, query);
    quote! {
        impl<E: #(#bounds +)* rt::Event + ?Sized> rt::EventRule<E> for #ident {
            type Alert = rt::Document;
            #history

            fn matches(event: &E) -> bool {
                let _ = event;
                #alone
            }
        }
    }
}
