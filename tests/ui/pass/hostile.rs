// Rules in surroundings that break careless macros.
#![no_implicit_prelude]
#![deny(warnings, missing_docs)]
#![allow(dead_code)]
//! Names of the standard library taken, every lint an error.

/// Names that generated code must not fall for.
pub mod core {}
/// The same.
pub mod std {}
/// The same.
pub struct Option;
/// The same.
pub struct Some;
/// The same.
pub struct Vec;
/// The same.
pub struct Box;
/// The same.
pub struct Result;
/// The same.
pub struct String;

/// A rule with every kind of leaf.
#[::eql::rule(
    name = "every leaf",
    severity = "low",
    risk_score = 21,
    allow(slow_wildcard, dead_condition),
    query(
        any where process.name : ("a", "b*", "*c", "*d*", "e*f", "g?h", "*i*j*k") and
         process.pid in (1, 2, 3) and process.args_count >= 2 and
         process.code_signature.trusted == true and
         source.ip == "10.0.0.1" and cidrMatch(destination.ip, "10.0.0.0/8", "::1/128") and
         process.command_line regex "a.*b" and process.args like~ "x*" and
         length(process.name) > 3 and concat(process.name, ":", process.pid) == "a:1" and
         substring(process.name, 1, 2) : "x" and indexOf(process.name, "y") == 1 and
         between(process.name, "a", "b") == "c" and number(process.name) == 3 and
         process.uptime + 1 > 2 and string(process.pid) == "4" and
         startsWith~(process.name, "q") and endsWith(process.name, "r") and stringContains(process.name, "s") and
         process.start > "2026-01-01T00:00:00Z" and not process.parent.name in ("z") and
         (process.name == null or process.parent.name != null) and null == (process.pid > 1)
    )
)]
pub struct EveryLeaf;

/// An event of this crate.
#[derive(::eql::Event)]
#[eql(category = "process")]
pub struct Start {
    /// A name.
    #[eql(field = "process.name")]
    pub name: ::std::string::String,
    /// A number.
    #[eql(field = "process.pid")]
    pub pid: ::core::option::Option<u32>,
    /// Several strings.
    #[eql(field = "process.args")]
    pub args: ::std::vec::Vec<::std::string::String>,
}

#[::eql::rule(name = "n", severity = "low", risk_score = 21, query(process where process.name : "a"))]
/// Doc comments after the attribute are fine.
pub struct OnStruct;

/// Stages, keys, a deadline, an end and an event that is missing.
#[::eql::rule(
    name = "sequence",
    from = "now-10m",
    severity = "low",
    risk_score = 21,
    query(
        sequence by host.id, ?user.id with maxspan=5m
         [process where process.name : "a"] by process.entity_id with runs=2
         ![file where file.name : "b"] by process.entity_id
         [network where destination.port in (80, 443)] by process.entity_id
        until [process where event.type == "end"] by process.entity_id
    )
)]
pub struct Stages;

/// Events in any order.
#[::eql::rule(
    name = "sample",
    severity = "low",
    risk_score = 21,
    query(sample by host.id [process where process.name : "a"] [file where file.name : "b"])
)]
pub struct AnyOrder;

/// Objects of an array, and a rule of Elastic Endpoint.
#[::eql::rule(
    name = "endpoint",
    severity = "low",
    risk_score = 21,
    allow(slow_wildcard, dead_condition),
    dialect = "endpoint",
    query(
        process where _arraysearch(process.thread.Ext.call_stack, $entry, $entry.symbol_info : "*x*") or
         descendant of [process where process.name : "a"]
    )
)]
pub struct OfEndpoint;

::eql::rules! {
    /// Rules of a folder.
    pub mod pack = "sets/good"
}

fn main() {
    let start = Start { name: ::std::borrow::ToOwned::to_owned("A"), pid: ::core::option::Option::None, args: ::std::vec![] };
    ::std::assert!(OnStruct::matches(&start));
    ::std::assert!(!EveryLeaf::matches(&::serde_json::Value::Null));
    ::std::assert!(!OfEndpoint::matches(&::serde_json::Value::Null));
    let _ = <Stages as ::eql::Detect<::serde_json::Value>>::detector();
    let _ = <AnyOrder as ::eql::Detect<::serde_json::Value>>::detector();
    let _ = pack::detectors::<::serde_json::Value>();
}
