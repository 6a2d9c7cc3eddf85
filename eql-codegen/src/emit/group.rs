//! Sequences and samples: which terms an event fits, its join keys, and the typed parts of the alert.

use eql_grammar::hir::{self, FieldIx, Root, Stage};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::Cx;
use super::rule::{
    Bounds, Member, Rule, alert_ident, imports, lineages, members, members_where, own_meta,
    owned_of, pipes, rule_impl,
};

/// What differs between a sequence and a sample.
pub(super) struct Group<'a> {
    stages: &'a [Stage],
    until: Option<&'a Stage>,
    /// The plan that the runtime's machine is built from.
    plan: TokenStream,
    pub(super) sequence: bool,
}

impl<'a> Group<'a> {
    /// What the query says of a sequence or sample; `None` for an event query.
    pub(super) fn of(query: &'a hir::Query) -> Option<Self> {
        match &query.body {
            hir::Body::Event(_) => None,
            hir::Body::Sequence(sequence) => Some(Self {
                stages: &sequence.stages,
                until: sequence.until.as_ref(),
                plan: sequence_plan(query, sequence),
                sequence: true,
            }),
            hir::Body::Sample(sample) => {
                let terms = Literal::usize_unsuffixed(sample.stages.len());
                let plan = quote!(rt::sample::Plan::new(#terms));
                Some(Self { stages: &sample.stages, until: None, plan, sequence: false })
            }
        }
    }
}

fn sequence_plan(query: &hir::Query, sequence: &hir::Sequence) -> TokenStream {
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
    let pipes = pipes(query);
    let pipes = (!pipes.is_empty()).then(|| quote!(.pipes(&[#(#pipes),*])));
    quote!(rt::sequence::Plan::new(&[#(#terms),*]) #maxspan #pipes)
}

pub(super) fn group(rule: &Rule<'_>, cx: &Cx<'_>, group: &Group<'_>) -> TokenStream {
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
    let meta = rule_impl(rule, &own_meta(rule), &machine_of(group));
    let bounds = Bounds::new(rule, cx, &members).reads();
    let terms = terms(rule, cx, group, &[quote!(Reads), quote!(rt::Event)]);
    let machine = machine(rule, cx, group, &parts);
    quote! {
        #structs

        const _: () = {
            #imports
            #(#aliases)*
            #bounds
            #meta
            #machine
            #terms

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

/// The rule as the runtime's machine sees it, with a typed part of its alert for each event.
fn machine(rule: &Rule<'_>, cx: &Cx<'_>, group: &Group<'_>, parts: &[Part]) -> TokenStream {
    let ident = rule.ident;
    let alert = alert_ident(ident);
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
    let rule_trait = rule_trait(rule, cx, group, &quote!(#alert));
    quote! {
        #rule_trait

        impl rt::FromEvents for #alert {
            fn from_events(events: &[Option<rt::Stored>], group: rt::Group) -> Self {
                let _ = events;
                #alert { #(#values,)* group }
            }
        }
    }
}

/// The function that makes the state of the rule.
pub(super) fn machine_of(group: &Group<'_>) -> TokenStream {
    let machine = if group.sequence { quote!(SequenceMachine) } else { quote!(SampleMachine) };
    quote! {
        #[doc = " The rule with fresh state, for events one after the other."]
        #[must_use]
        pub fn machine() -> rt::#machine<Self> {
            ::core::default::Default::default()
        }
    }
}

/// The rule as the runtime's machine sees it.
pub(super) fn rule_trait(
    rule: &Rule<'_>,
    cx: &Cx<'_>,
    group: &Group<'_>,
    alert: &TokenStream,
) -> TokenStream {
    let ident = rule.ident;
    let layout = Literal::u64_unsuffixed(layout(rule));
    let plan = &group.plan;
    let (rule_trait, plan_type) = if group.sequence {
        (quote!(rt::SequenceRule), quote!(rt::sequence::Plan<'static>))
    } else {
        (quote!(rt::SampleRule), quote!(rt::sample::Plan))
    };
    let guard = guard(cx, group)
        .map(|guard| quote!(const GUARD: Option<rt::sequence::Guard<rt::Stored>> = Some(#guard);));
    quote! {
        impl #rule_trait for #ident {
            const PLAN: #plan_type = #plan;
            const LAYOUT: u64 = #layout;
            #guard
            type Alert = #alert;
        }
    }
}

/// Which terms an event fits, with which keys, and what orders it. `bounds` are those of the event type `E`.
pub(super) fn terms(
    rule: &Rule<'_>,
    cx: &Cx<'_>,
    group: &Group<'_>,
    bounds: &[TokenStream],
) -> TokenStream {
    let ident = rule.ident;
    let count = Literal::usize_unsuffixed(group.stages.len());
    let until = group.until.is_some().then(|| {
        quote!(
            const UNTIL: bool = true;
        )
    });
    let targets: Vec<(TokenStream, &Stage)> = group
        .stages
        .iter()
        .enumerate()
        .map(|(at, stage)| {
            let place = Literal::usize_unsuffixed(at);
            (quote!(rt::sequence::Target::Term(#place)), stage)
        })
        .chain(group.until.map(|stage| (quote!(rt::sequence::Target::Until), stage)))
        .collect();
    let tests = targets.iter().map(|(target, stage)| {
        let mut query = stage.query.clone();
        query.condition = query.condition.on_event_alone(cx.fields);
        let test = cx.event_query(&query);
        quote!(#target => #test,)
    });
    let keys = keys(cx, &targets);
    let order = rule.query.order.as_ref().map(|order| {
        let time = cx.field_path(order.timestamp);
        let tiebreaker = order.tiebreaker.map(|field| {
            let field = cx.field_path(field);
            quote! {
                const TIEBREAKER: fn(&E) -> rt::sequence::Tiebreaker = rt::tiebreaker::<#field, E>;
            }
        });
        quote! {
            const TIME: fn(&E) -> Option<rt::Timestamp> = rt::time::<#time, E>;
            #tiebreaker
        }
    });
    let (lineages, observe) = lineages(rule.query, cx);
    let observe = (!rule.query.descendants.is_empty()).then(|| {
        quote! {
            const LINEAGES: usize = #lineages;

            fn observe(event: &E, lineages: &mut [rt::Lineage], descends: &mut [bool]) {
                #observe
            }
        }
    });
    quote! {
        impl<E: #(#bounds +)* ?Sized> rt::Terms<E> for #ident {
            const TERMS: u16 = #count;
            #until
            #order

            fn test(target: rt::sequence::Target, event: &E, descends: &[bool]) -> bool {
                let _ = (event, descends);
                match target {
                    #(#tests)*
                    _ => false,
                }
            }

            fn keys(target: rt::sequence::Target, event: &E, keys: &mut rt::Keys) {
                let _ = (target, event);
                #keys
            }

            #observe
        }
    }
}

/// Statements that fill in the join keys of each target; one for all of them where they have the same.
fn keys(cx: &Cx<'_>, targets: &[(TokenStream, &Stage)]) -> TokenStream {
    let of = |stage: &Stage| {
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
        if stage.keys.is_empty() { quote!(let _ = keys;) } else { quote!(keys #(#keys)*;) }
    };
    let same = targets.windows(2).all(|pair| pair[0].1.keys == pair[1].1.keys);
    match targets {
        [(_, stage), ..] if same => of(stage),
        targets => {
            let arms = targets.iter().map(|(target, stage)| {
                let keys = of(stage);
                quote!(#target => { #keys })
            });
            quote! {
                match target {
                    #(#arms)*
                    _ => {}
                }
            }
        }
    }
}

/// A function that tests the conditions of later terms on events of earlier ones.
fn guard(cx: &Cx<'_>, group: &Group<'_>) -> Option<TokenStream> {
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
                quote!(let #name = earlier[#index].source();)
            });
            let condition = cx.cond(&stage.query.condition);
            quote!(#place => { #(#lets)* #condition })
        })
        .collect();
    (!arms.is_empty()).then(|| {
        quote!(|term, earlier, event| {
            let event = event.source();
            match term {
                #(#arms)*
                _ => true,
            }
        })
    })
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
