//! Elastic's Event Query Language, compiled into Rust.
//!
//! [`macro@rule`] turns one detection rule into a type, [`rules!`] a folder of them into a module, and
//! [`derive(Event)`](derive@Event) makes a struct an event that rules match. JSON documents
//! ([`serde_json::Value`]) are events as they are.
//!
//! ```
//! #[eql::rule(
//!     name = "Script host started by Office",
//!     severity = "high",
//!     risk_score = 73,
//!     query(process where process.name : "mshta.exe" and process.parent.name : "winword.exe")
//! )]
//! pub struct OfficeScriptHost;
//!
//! let event = serde_json::json!({
//!     "event": { "category": "process" },
//!     "process": { "name": "MSHTA.EXE", "parent": { "name": "winword.exe" } },
//! });
//! assert!(OfficeScriptHost::matches(&event));
//! ```
//!
//! The book says [what EQL means here](https://github.com/eql-rs/eql/blob/main/docs/semantics.md), explains
//! [each diagnostic](https://github.com/eql-rs/eql/blob/main/docs/diagnostics.md), and has the manual of
//! [the sensor](https://github.com/eql-rs/eql/blob/main/docs/sensor.md) that the crate `eql-sensor` makes of
//! compiled rules.

extern crate self as eql;

pub mod alert;
pub mod cidr;
pub mod convert;
pub mod detector;
pub mod ecs;
pub mod event;
pub mod field;
pub mod function;
mod generated;
mod glob;
pub mod group;
pub mod json;
pub mod key;
pub mod lineage;
pub mod number;
mod own;
#[doc(hidden)]
pub mod packed;
mod regex;
pub mod row;
pub mod rule;
pub mod sample;
pub mod scan;
pub mod sequence;
pub mod set;
mod text;
pub mod value;
pub mod values;

pub use alert::{Document, Execution, Origin};
pub use detector::{Detect, Detector};
pub use event::Event;
pub use field::{Field, Has};
pub use row::Row;
pub use rule::{EventRule, FromEvent, Partition, Rule, RuleMeta, Severity};

pub use eql_macro::{Event, rule, rules};
pub use value::Timestamp;

/// What generated code calls. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::alert::{Document, Execution, Origin};
    pub use crate::cidr::{Cidr, cidr_match, parse_ip};
    pub use crate::convert::FieldValue;
    pub use crate::detector::{Detect, Detector, InAnyOrder, InOrder, OneEvent};
    pub use crate::ecs;
    pub use crate::event::Event;
    pub use crate::field::{
        Boolean, Carries, Date, Double, Field, Ip, Keyword, Long, Own, UnsignedLong, ValueOf,
        Version,
    };
    pub use crate::function::{
        Part, Text, between, concat, ends_with, index_of, length, number, starts_with, string,
        string_contains, substring, version_cmp,
    };
    pub use crate::generated::{
        BROKEN, DetectAll, One, Source, all, any_or_null, any_text, both, compare, detectors,
        either, event_at, first_time, has, in_lists, in_numbers, ipv4, ipv6, is, meta, of_stored,
        order, order_ip, runs, tiebreaker, time, to_int, to_number, to_part,
    };
    pub use crate::glob::{
        Gap, Glob, GlobKind, NO_PIECE, Piece, Pieces, any_glob, any_glob_fold, glob, glob_fold,
    };
    pub use crate::group::{
        FromEvents, Group, SampleMachine, SampleRule, SequenceMachine, SequenceRule, Stored, Terms,
    };
    pub use crate::json::{HasObjects, Scalar};
    pub use crate::key::Keys;
    pub use crate::lineage::Lineage;
    pub use crate::number::Number;
    pub use crate::regex::{Dfa, skip_ascii};
    pub use crate::row::{Projected, Row, Slot};
    pub use crate::rule::{
        Attack, EventRule, FromEvent, Partition, Rule, RuleMeta, Schedule, Severity, Technique,
        Threat,
    };
    pub use crate::scan::Projection;
    pub use crate::set::{Driver, Entry, RuleSet, SetDriver, Shared, StringTests};
    pub use crate::text::{
        Needle, contains, contains_fold, eq_fold, in_sorted, in_sorted_fold, prefix, prefix_fold,
        skip, suffix, suffix_fold,
    };
    pub use crate::value::Timestamp;
    pub use crate::values::{Values, collect};
    pub use crate::{packed, sample, sequence};
    pub use serde;
    pub use serde::ser::{Serialize, Serializer};
    pub use serde_json;
    pub use serde_json::Value as Json;
    pub use std::boxed::Box;
    pub use std::convert::From;
    pub use std::result::Result;
    pub use std::vec::Vec;
}
