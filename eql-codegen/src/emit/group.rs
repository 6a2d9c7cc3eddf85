//! Sequences and samples: which terms an event fits, its join keys, and the typed parts of the alert.

use eql_grammar::hir::{self, Cond, FieldIx, Root, Stage};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::Cx;
use super::rule::{
    Bounds, Member, Rule, alert_ident, imports, lineages, members, members_where, owned_of, pipes,
    rule_impl,
};

/// What differs between a sequence and a sample.
struct Group<'a> {
    stages: &'a [Stage],
    until: Option<&'a Stage>,
    /// The plan that the runtime's machine is built from.
    plan: TokenStream,
    sequence: bool,
}

pub(crate) fn sequence(rule: &Rule<'_>, cx: &Cx<'_>, sequence: &hir::Sequence) -> TokenStream {
    let terms = sequence.stages.iter().map(|stage| {
        let kind = if stage.missing { quote!(missing) } else { quote!(event) };
        let runs = (stage.runs > 1).then(|| {
            let runs = Literal::u32_unsuffixed(stage.runs);
            quote!(.runs(#runs))
        });
        quote!(rt::sequence::Term::#kind() #runs)
    });
    let maxspan = sequence.maxspan.map(|millis| {
        let millis = Literal::u64_unsuffixed(millis);
        quote!(.maxspan(::core::time::Duration::from_millis(#millis)))
    });
    let pipes = pipes(rule.query);
    let pipes = (!pipes.is_empty()).then(|| quote!(.pipes(&[#(#pipes),*])));
    let plan = quote!(rt::sequence::Plan::new(&[#(#terms),*]) #maxspan #pipes);
    let until = sequence.until.as_ref();
    group(rule, cx, &Group { stages: &sequence.stages, until, plan, sequence: true })
}

pub(crate) fn sample(rule: &Rule<'_>, cx: &Cx<'_>, sample: &hir::Sample) -> TokenStream {
    let terms = Literal::usize_unsuffixed(sample.stages.len());
    let plan = quote!(rt::sample::Plan::new(#terms));
    group(rule, cx, &Group { stages: &sample.stages, until: None, plan, sequence: false })
}

fn group(rule: &Rule<'_>, cx: &Cx<'_>, group: &Group<'_>) -> TokenStream {
    let Rule { krate, ident, .. } = rule;
    let members = members(rule.query);
    let alert = alert_ident(ident);
    let parts: Vec<Part> = group
        .stages
        .iter()
        .enumerate()
        .filter_map(|(at, stage)| Part::of(rule, at, stage))
        .collect();
    let structs = structs(rule, &parts);
    let imports = imports(krate);
    let aliases = cx.own_fields();
    let meta = rule_impl(rule, &members);
    let bounds = Bounds::new(rule, cx, &members).items;
    let terms = terms(rule, cx, group);
    let machine = machine(rule, cx, group, &parts);
    let detector = if group.sequence {
        quote!(rt::sequence_detector::<E, #ident>())
    } else {
        quote!(rt::sample_detector::<E, #ident>())
    };
    quote! {
        #structs

        const _: () = {
            #imports
            #(#aliases)*
            #bounds
            #meta
            #machine
            #terms

            impl<E: Reads + rt::Event + ?Sized> rt::Detect<E> for #ident {
                fn detector<'a>() -> rt::Box<dyn rt::Detector<E> + 'a>
                where
                    E: 'a,
                {
                    #detector
                }
            }

            impl rt::From<#alert> for rt::Group {
                fn from(alert: #alert) -> Self {
                    alert.group
                }
            }

            impl rt::Serialize for #alert {
                fn serialize<S: rt::Serializer>(&self, serializer: S) -> rt::Result<S::Ok, S::Error> {
                    rt::Serialize::serialize(&self.group, serializer)
                }
            }
        };
    }
}

/// One term of the alert.
struct Part {
    /// `event_0`
    name: Ident,
    /// `MyRuleEvent0`
    ty: Ident,
    members: Vec<Member>,
    /// Place of its first event among the events of a match.
    first: usize,
    runs: u32,
}

impl Part {
    /// Nothing for a missing event: there is no event to speak of.
    fn of(rule: &Rule<'_>, at: usize, stage: &Stage) -> Option<Self> {
        if stage.missing {
            return None;
        }
        let mut read: Vec<FieldIx> = Vec::new();
        stage.query.for_each_field(&mut |field| read.push(field));
        read.extend(stage.keys.iter().filter_map(|key| key.field));
        Some(Self {
            name: format_ident!("event_{}", at),
            ty: format_ident!("{}Event{}", rule.ident, at),
            members: members_where(rule.query, |field| read.contains(&field)),
            first: first_event(rule.query, at),
            runs: stage.runs,
        })
    }
}

/// Place of a term's first event in a match, in which `runs` are written out.
fn first_event(query: &hir::Query, term: usize) -> usize {
    let stages = match &query.body {
        hir::Body::Sequence(sequence) => &sequence.stages,
        hir::Body::Sample(sample) => &sample.stages,
        hir::Body::Event(_) => return 0,
    };
    stages.iter().take(term).map(|stage| stage.runs as usize).sum()
}

fn structs(rule: &Rule<'_>, parts: &[Part]) -> TokenStream {
    let Rule { krate, ident, vis, .. } = rule;
    let alert = alert_ident(ident);
    let about =
        format!(" The alerts of [`{ident}`]: a part for each event, and the alert documents.");
    let fields = parts.iter().map(|part| {
        let Part { name, ty, runs, .. } = part;
        let about = format!(" What the rule reads of {}.", ordinal(part));
        if *runs > 1 {
            quote!(#[doc = #about] pub #name: #krate::__private::Vec<#ty>)
        } else {
            quote!(#[doc = #about] pub #name: #ty)
        }
    });
    let events = parts.iter().map(|part| {
        let about = format!(" What [`{ident}`] reads of {}.", ordinal(part));
        let ty = &part.ty;
        let members = part.members.iter().map(|member| owned_of(member, krate));
        quote! {
            #[doc = #about]
            #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
            #vis struct #ty { #(#members,)* }
        }
    });
    quote! {
        #(#events)*

        #[doc = #about]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
        #vis struct #alert {
            #(#fields,)*
            #[doc = " The alerts as Kibana writes them: a shell, and a building block for each event."]
            pub group: #krate::group::Group,
        }
    }
}

fn ordinal(part: &Part) -> String {
    let term = part.name.to_string();
    let number = term.trim_start_matches("event_").parse::<usize>().map_or(0, |at| at + 1);
    if part.runs > 1 {
        format!("the {} events of term {number}", part.runs)
    } else {
        format!("the event of term {number}")
    }
}

/// The rule as the runtime's machine sees it.
fn machine(rule: &Rule<'_>, cx: &Cx<'_>, group: &Group<'_>, parts: &[Part]) -> TokenStream {
    let ident = rule.ident;
    let alert = alert_ident(ident);
    let layout = Literal::u64_unsuffixed(layout(rule));
    let plan = &group.plan;
    let values = parts.iter().map(|part| {
        let Part { name, ty, first, runs, .. } = part;
        let value = |index: TokenStream| {
            let members = part.members.iter().map(|member| {
                let name = &member.name;
                let field = cx.field_path(member.field);
                quote!(#name: rt::of_stored::<#field>(rt::event_at(events, #index)))
            });
            quote!(#ty { #(#members,)* })
        };
        let from = Literal::usize_unsuffixed(*first);
        if *runs == 1 {
            let value = value(quote!(#from));
            return quote!(#name: #value);
        }
        let to = Literal::usize_unsuffixed(first + *runs as usize);
        let value = value(quote!(index));
        quote!(#name: rt::runs(#from, #to, |index| #value))
    });
    let (machine, rule_trait, plan_type, guard) = if group.sequence {
        let guard = guard(rule, cx, group);
        (
            quote!(rt::SequenceMachine),
            quote!(rt::SequenceRule),
            quote!(rt::sequence::Plan<'static>),
            quote!(const GUARD: Option<rt::sequence::Guard<rt::Stored>> = #guard;),
        )
    } else {
        let none = TokenStream::new();
        (quote!(rt::SampleMachine), quote!(rt::SampleRule), quote!(rt::sample::Plan), none)
    };
    quote! {
        impl #rule_trait for #ident {
            const PLAN: #plan_type = #plan;
            const LAYOUT: u64 = #layout;
            #guard
            type Alert = #alert;

            fn alert(events: &[Option<rt::Stored>], execution: &rt::Execution) -> Option<#alert> {
                Some(#alert {
                    #(#values,)*
                    group: rt::Group::of(<Self as rt::Rule>::META, events, execution)?,
                })
            }
        }

        impl #ident {
            #[doc = " The rule with fresh state, for events one after the other."]
            #[must_use]
            pub fn machine() -> #machine<Self> {
                ::core::default::Default::default()
            }
        }
    }
}

/// Which terms an event fits, and what orders it.
fn terms(rule: &Rule<'_>, cx: &Cx<'_>, group: &Group<'_>) -> TokenStream {
    let ident = rule.ident;
    let fields = cx.fields;
    let hit = |target: TokenStream, hit: TokenStream, stage: &Stage| {
        let mut query = stage.query.clone();
        query.condition = query.condition.on_event_alone(fields);
        let keys = stage.keys.iter().map(|key| match key.field {
            None => quote!(.null()),
            Some(field) => {
                let ty = cx.field_path(field);
                if key.optional {
                    quote!(.by_optional::<#ty, E>(event))
                } else {
                    quote!(.by::<#ty, E>(event))
                }
            }
        });
        let test = match cx.event_query(&query) {
            test if is_true(&query) => {
                let _ = test;
                quote!(wants(#target))
            }
            test => {
                let test = if needs_parentheses(&query) { quote!((#test)) } else { test };
                quote!(wants(#target) && #test)
            }
        };
        quote!(if #test { hits.#hit #(#keys)*; })
    };
    let stages = group.stages.iter().enumerate().map(|(at, stage)| {
        let place = Literal::usize_unsuffixed(at);
        hit(quote!(rt::sequence::Target::Term(#place)), quote!(term(#place)), stage)
    });
    let until =
        group.until.map(|stage| hit(quote!(rt::sequence::Target::Until), quote!(until()), stage));
    let (time, tiebreaker) = match &rule.query.order {
        None => (quote!(None), quote!(rt::sequence::Tiebreaker::Missing)),
        Some(order) => {
            let time = cx.field_path(order.timestamp);
            let tiebreaker = match order.tiebreaker {
                None => quote!(rt::sequence::Tiebreaker::Missing),
                Some(field) => {
                    let field = cx.field_path(field);
                    quote!(rt::tiebreaker::<#field, E>(event))
                }
            };
            (quote!(rt::time::<#time, E>(event)), tiebreaker)
        }
    };
    let (count, observe) = lineages(rule.query, cx);
    quote! {
        impl<E: Reads + rt::Event + ?Sized> rt::Terms<E> for #ident {
            const LINEAGES: usize = #count;

            fn hits(
                event: &E,
                wants: &dyn ::core::ops::Fn(rt::sequence::Target) -> bool,
                lineages: &mut [rt::Lineage],
                hits: &mut rt::Hits,
            ) {
                let _ = (event, &lineages);
                #observe
                #(#stages)*
                #until
            }

            fn time(event: &E) -> Option<rt::Timestamp> {
                let _ = event;
                #time
            }

            fn tiebreaker(event: &E) -> rt::sequence::Tiebreaker {
                let _ = event;
                #tiebreaker
            }
        }
    }
}

fn is_true(query: &hir::EventQuery) -> bool {
    query.category.is_none() && query.condition == Cond::Const(true)
}

fn needs_parentheses(query: &hir::EventQuery) -> bool {
    query.category.is_none() && matches!(query.condition, Cond::Or(_))
}

/// A function that tests the conditions of later terms on events of earlier ones.
fn guard(rule: &Rule<'_>, cx: &Cx<'_>, group: &Group<'_>) -> TokenStream {
    let arms: Vec<TokenStream> = group
        .stages
        .iter()
        .enumerate()
        .filter(|(_, stage)| stage.query.condition.reads_stages(cx.fields))
        .map(|(at, stage)| {
            let place = Literal::usize_unsuffixed(at);
            let mut read = Vec::new();
            stage.query.condition.for_each_field(&mut |field| {
                if let Root::Stage(stage) = cx.fields[field.0].root
                    && !read.contains(&stage)
                {
                    read.push(stage);
                }
            });
            read.sort_unstable();
            let lets = read.iter().map(|stage| {
                let name = format_ident!("stage_{}", stage);
                let index = Literal::usize_unsuffixed(earlier_index(group.stages, *stage));
                quote!(let #name = &earlier[#index].source;)
            });
            let condition = cx.cond(&stage.query.condition);
            quote!(#place => { #(#lets)* #condition })
        })
        .collect();
    let _ = rule;
    if arms.is_empty() {
        return quote!(None);
    }
    quote!(Some(|term, earlier, event| {
        let event = &event.source;
        match term {
            #(#arms)*
            _ => true,
        }
    }))
}

/// Place of a term's event among the events of the sequence so far, which has none for missing events.
fn earlier_index(stages: &[Stage], term: usize) -> usize {
    stages.iter().take(term).filter(|stage| !stage.missing).map(|stage| stage.runs as usize).sum()
}

/// A number that changes whenever saved state would be read wrongly: FNV-1a of the query and this
/// compiler's version.
fn layout(rule: &Rule<'_>) -> u64 {
    let text = [rule.rule_id, rule.text, env!("CARGO_PKG_VERSION")].join("\n");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
