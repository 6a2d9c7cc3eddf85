//! Detection rules, compiled in. These pages are their catalogue.
//!
//! Each rule is a type: its metadata is a constant, its query a function, its alert a struct.
//!
//! ```
//! use detections::OutlookIpc;
//! use serde_json::json;
//!
//! let event = json!({
//!     "event": { "category": ["process"], "action": "start" },
//!     "process": {
//!         "name": "OUTLOOK.EXE",
//!         "Ext": { "effective_parent": { "name": "powershell.exe" } },
//!     },
//! });
//! assert!(OutlookIpc::matches(&event));
//! ```
//!
//! [`pack`] has them all as one set; the program `eql-sensor` of this crate runs it.

#[eql::rule(path = "rules/collection_suspicious_ipc_via_outlook.toml")]
pub struct OutlookIpc;

#[eql::rule(path = "rules/execution_outlook_by_recent_process.toml")]
pub struct OutlookByRecentProcess;

eql::rules! { pub mod pack = "rules/*.toml" }

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
