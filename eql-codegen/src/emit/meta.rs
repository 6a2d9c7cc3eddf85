//! Metadata as a constant.

use eql_grammar::meta::{Attack, Meta, Severity};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// Metadata as `RuleMeta` has it.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) meta: &'a Meta,
    pub(crate) rule_id: &'a str,
    pub(crate) description: &'a str,
    /// The query as written.
    pub(crate) query: &'a str,
    /// Paths with type names, by path.
    pub(crate) fields: &'a [(String, &'static str)],
}

/// The value of `RuleMeta`.
pub(crate) fn meta(told: Told<'_>) -> TokenStream {
    let Told { meta, rule_id, description, query, fields } = told;
    let Meta { name, author, license, index, tags, references, false_positives, .. } = meta;
    let Meta { note, setup, interval, from, to, .. } = meta;
    let severity = match meta.severity {
        Severity::Low => quote!(Low),
        Severity::Medium => quote!(Medium),
        Severity::High => quote!(High),
        Severity::Critical => quote!(Critical),
    };
    let risk_score = Literal::u8_unsuffixed(meta.risk_score);
    let version = Literal::u32_unsuffixed(meta.version);
    let max_signals = Literal::u32_unsuffixed(meta.max_signals);
    let schedule = {
        let interval = Literal::u64_unsuffixed(meta.schedule.interval);
        let from = Literal::u64_unsuffixed(meta.schedule.from);
        let to = Literal::u64_unsuffixed(meta.schedule.to);
        quote!(rt::Schedule { interval: #interval, from: #from, to: #to })
    };
    let threat = meta.threat.iter().map(|threat| {
        let framework = &threat.framework;
        let tactic = attack(&threat.tactic);
        let technique = threat.technique.iter().map(|technique| {
            let own = attack(&technique.technique);
            let sub = technique.subtechnique.iter().map(attack);
            quote!(rt::Technique { technique: #own, subtechnique: &[#(#sub),*] })
        });
        quote!(rt::Threat { framework: #framework, tactic: #tactic, technique: &[#(#technique),*] })
    });
    let building_block_type = option(meta.building_block_type.as_deref());
    let event_category_override = option(meta.event_category_override.as_deref());
    let timestamp_field = option(meta.timestamp_field.as_deref());
    let tiebreaker_field = option(meta.tiebreaker_field.as_deref());
    let timestamp_override = option(meta.timestamp_override.as_deref());
    let rule_name_override = option(meta.rule_name_override.as_deref());
    let other = meta.other.iter().map(|(key, json)| quote!((#key, #json)));
    let fields = fields.iter().map(|(path, ty)| quote!((#path, #ty)));
    quote! {
        rt::RuleMeta {
            rule_id: #rule_id,
            name: #name,
            description: #description,
            severity: rt::Severity::#severity,
            risk_score: #risk_score,
            author: &[#(#author),*],
            license: #license,
            version: #version,
            query: #query,
            language: "eql",
            index: &[#(#index),*],
            tags: &[#(#tags),*],
            references: &[#(#references),*],
            false_positives: &[#(#false_positives),*],
            note: #note,
            setup: #setup,
            interval: #interval,
            from: #from,
            to: #to,
            schedule: #schedule,
            max_signals: #max_signals,
            threat: &[#(#threat),*],
            building_block_type: #building_block_type,
            event_category_override: #event_category_override,
            timestamp_field: #timestamp_field,
            tiebreaker_field: #tiebreaker_field,
            timestamp_override: #timestamp_override,
            rule_name_override: #rule_name_override,
            other: &[#(#other),*],
            fields: &[#(#fields),*],
        }
    }
}

fn attack(entry: &Attack) -> TokenStream {
    let Attack { id, name, reference } = entry;
    quote!(rt::Attack { id: #id, name: #name, reference: #reference })
}

fn option(value: Option<&str>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}
