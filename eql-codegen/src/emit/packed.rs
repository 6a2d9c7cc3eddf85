//! Metadata of the rules of a set as texts and tables of numbers, which constant functions of the runtime unpack: as
//! expressions it would take rustc as long as all conditions.
//!
//! `eql::packed` reads what this writes, record by record.

use std::collections::HashMap;
use std::hash::Hash;

use eql_grammar::meta::{Attack, Meta, Severity, Technique, Threat};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::Told;

/// Packs the metadata of one rule after the other.
#[derive(Default)]
pub(crate) struct Packer<'a> {
    texts: Table<&'a str>,
    lists: Lists,
    pairs: Table<Vec<u32>>,
    pair_lists: Lists,
    attacks: Table<Vec<u32>>,
    attack_lists: Lists,
    techniques: Table<Vec<u32>>,
    technique_lists: Lists,
    threats: Table<Vec<u32>>,
    threat_lists: Lists,
    frames: Table<Vec<u32>>,
    /// By rule.
    metas: Vec<Vec<u32>>,
}

/// Things, each of which is there once.
#[derive(Default)]
struct Table<T> {
    list: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Table<T> {
    fn place(&mut self, thing: T) -> u32 {
        let next = number(self.list.len());
        let place = *self.places.entry(thing.clone()).or_insert(next);
        if place == next {
            self.list.push(thing);
        }
        place
    }
}

impl Table<Vec<u32>> {
    /// As words, and how many records there are.
    fn words(&self) -> (Literal, usize) {
        (bytes(self.list.iter().flatten().copied()), self.list.len())
    }
}

/// Lists of places in something else, each of which is there once.
#[derive(Default)]
struct Lists {
    items: Vec<u32>,
    lengths: Vec<u32>,
    places: HashMap<Vec<u32>, u32>,
}

impl Lists {
    fn place(&mut self, list: Vec<u32>) -> u32 {
        if let Some(place) = self.places.get(&list) {
            return *place;
        }
        let place = number(self.lengths.len());
        self.items.extend(&list);
        self.lengths.push(number(list.len()));
        self.places.insert(list, place);
        place
    }

    /// A static of this name with all lists. The places are those of `of`, which has elements of type `ty`, such as
    /// `unset`.
    fn items(
        &self,
        name: &str,
        ty: &TokenStream,
        unset: &TokenStream,
        of: &TokenStream,
    ) -> TokenStream {
        let (list_count, item_count) = (self.lengths.len(), self.items.len());
        let items = bytes(self.items.iter().copied());
        let lengths = bytes(self.lengths.iter().copied());
        let name = super::ident(name);
        quote! {
            static #name: [&[#ty]; #list_count] = {
                static ITEMS: [#ty; #item_count] = rt::packed::items(#unset, &#of, #items);
                rt::packed::lists(&ITEMS, #lengths)
            };
        }
    }
}

/// The largest number that a word holds.
const LARGEST: u32 = (1 << 24) - 1;

/// No set has more things than a word can tell apart: a plan holds fewer terms.
fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(LARGEST).min(LARGEST)
}

/// The words of a number, the lowest first.
fn words(number: u64) -> [u32; 3] {
    [0, 24, 48].map(|shift| (number >> shift & u64::from(LARGEST)) as u32)
}

impl<'a> Packer<'a> {
    fn text(&mut self, text: &'a str) -> u32 {
        self.texts.place(text)
    }

    /// 0 for none, else the place of the text from 1.
    fn option(&mut self, text: Option<&'a String>) -> u32 {
        text.map_or(0, |text| self.text(text) + 1)
    }

    fn list(&mut self, list: &'a [String]) -> u32 {
        let list = list.iter().map(|text| self.text(text)).collect();
        self.lists.place(list)
    }

    fn pairs(&mut self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> u32 {
        let list = pairs
            .map(|(one, other)| {
                let pair = vec![self.text(one), self.text(other)];
                self.pairs.place(pair)
            })
            .collect();
        self.pair_lists.place(list)
    }

    fn attack(&mut self, attack: &'a Attack) -> u32 {
        let Attack { id, name, reference } = attack;
        let record = [id, name, reference].map(|text| self.text(text)).to_vec();
        self.attacks.place(record)
    }

    fn technique(&mut self, technique: &'a Technique) -> u32 {
        let sub = technique.subtechnique.iter().map(|sub| self.attack(sub)).collect();
        let record = vec![self.attack(&technique.technique), self.attack_lists.place(sub)];
        self.techniques.place(record)
    }

    fn threat(&mut self, threat: &'a Threat) -> u32 {
        let techniques = threat.technique.iter().map(|one| self.technique(one)).collect();
        let techniques = self.technique_lists.place(techniques);
        let record = vec![self.text(&threat.framework), self.attack(&threat.tactic), techniques];
        self.threats.place(record)
    }

    fn threats(&mut self, threats: &'a [Threat]) -> u32 {
        let list = threats.iter().map(|threat| self.threat(threat)).collect();
        self.threat_lists.place(list)
    }

    /// Adds a rule, and gives its place.
    pub(crate) fn add(&mut self, told: Told<'a>) -> usize {
        let Told { meta, rule_id, description, query, fields } = told;
        // Without `..`, so that no member is forgotten.
        let Meta {
            rule_id: _,
            name,
            description: _,
            severity,
            risk_score,
            author,
            license,
            version,
            index,
            tags,
            references,
            false_positives,
            note,
            setup,
            interval,
            from,
            to,
            schedule,
            max_signals,
            threat,
            building_block_type,
            event_category_override,
            timestamp_field,
            tiebreaker_field,
            timestamp_override,
            rule_name_override,
            other,
        } = meta;
        let severity = match severity {
            Severity::Low => 0,
            Severity::Medium => 1,
            Severity::High => 2,
            Severity::Critical => 3,
        };
        let other = self.pairs(other.iter().map(|(key, json)| (key.as_str(), json.as_str())));
        let fields = self.pairs(fields.iter().map(|(path, ty)| (path.as_str(), *ty)));
        let frame: [&[u32]; 6] = [
            &[license, interval, from, to].map(|text| self.text(text)),
            &words(schedule.interval),
            &words(schedule.from),
            &words(schedule.to),
            &words((*max_signals).into()),
            &[
                building_block_type,
                event_category_override,
                timestamp_field,
                tiebreaker_field,
                timestamp_override,
                rule_name_override,
            ]
            .map(|text| self.option(text.as_ref())),
        ];
        let frame = self.frames.place(frame.concat());
        let record: [&[u32]; 6] = [
            &[rule_id, name, description].map(|text| self.text(text)),
            &[severity, (*risk_score).into(), self.list(author)],
            &words((*version).into()),
            &[self.text(query)],
            &[index, tags, references, false_positives].map(|list| self.list(list)),
            &[self.text(note), self.text(setup), self.threats(threat), other, fields, frame],
        ];
        self.metas.push(record.concat());
        self.metas.len() - 1
    }

    /// The static `METAS`, with those that it is made of in it.
    pub(crate) fn into_static(self, krate: &TokenStream) -> TokenStream {
        let Self { texts, lists, pairs, pair_lists, .. } = &self;
        let Self { attacks, attack_lists, techniques, technique_lists, .. } = &self;
        let Self { threats, threat_lists, frames, metas, .. } = &self;
        let texts = &texts.list;
        let (text_count, rules) = (texts.len(), metas.len());
        let [text, pair] = [quote!(&str), quote!((&str, &str))];
        let [attack, technique, threat] =
            [quote!(rt::Attack), quote!(rt::Technique), quote!(rt::Threat)];
        let packed = quote!(rt::packed);
        let lists = lists.items("LISTS", &text, &quote!(""), &quote!(TEXTS));
        let pair_lists = pair_lists.items("PAIR_LISTS", &pair, &quote!(("", "")), &quote!(PAIRS));
        let unset = quote!(#packed::NO_ATTACK);
        let attack_lists = attack_lists.items("ATTACK_LISTS", &attack, &unset, &quote!(ATTACKS));
        let unset = quote!(#packed::NO_TECHNIQUE);
        let technique_lists =
            technique_lists.items("TECHNIQUE_LISTS", &technique, &unset, &quote!(TECHNIQUES));
        let unset = quote!(#packed::NO_THREAT);
        let threat_lists = threat_lists.items("THREAT_LISTS", &threat, &unset, &quote!(THREATS));
        let (pairs, pair_count) = pairs.words();
        let (attacks, attack_count) = attacks.words();
        let (techniques, technique_count) = techniques.words();
        let (threats, threat_count) = threats.words();
        let (frames, frame_count) = frames.words();
        let metas = bytes(metas.iter().flatten().copied());
        quote! {
            static METAS: [#krate::RuleMeta; #rules] = {
                use #krate::__private as rt;
                static TEXTS: [#text; #text_count] = [#(#texts),*];
                #lists
                static PAIRS: [#pair; #pair_count] = #packed::pairs(&TEXTS, #pairs);
                #pair_lists
                static ATTACKS: [#attack; #attack_count] = #packed::attacks(&TEXTS, #attacks);
                #attack_lists
                static TECHNIQUES: [#technique; #technique_count] =
                    #packed::techniques(&ATTACKS, &ATTACK_LISTS, #techniques);
                #technique_lists
                static THREATS: [#threat; #threat_count] =
                    #packed::threats(&TEXTS, &ATTACKS, &TECHNIQUE_LISTS, #threats);
                #threat_lists
                static FRAMES: [rt::RuleMeta; #frame_count] =
                    #packed::frames(&TEXTS, #frames);
                #packed::metas(&TEXTS, &LISTS, &PAIR_LISTS, &THREAT_LISTS, &FRAMES, #metas)
            };
        }
    }
}

fn bytes(words: impl IntoIterator<Item = u32>) -> Literal {
    let bytes = words.into_iter().flat_map(|word| word.to_le_bytes().into_iter().take(3));
    let bytes: Vec<u8> = bytes.collect();
    Literal::byte_string(&bytes)
}
