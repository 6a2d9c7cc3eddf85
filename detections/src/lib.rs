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
//! [`detectors`] has them all; the program `eql-sensor` of this crate runs them.

use eql::{Detect, Detector};

#[eql::rule(path = "rules/collection_suspicious_ipc_via_outlook.toml")]
pub struct OutlookIpc;

#[eql::rule(path = "rules/collection_outlook_by_recent_process.toml")]
pub struct OutlookByRecentProcess;

/// Every rule of this crate with fresh state, for a sensor to drive.
#[must_use]
pub fn detectors<'a, E: ?Sized + 'a>() -> Vec<Box<dyn Detector<E> + 'a>>
where
    OutlookIpc: Detect<E>,
    OutlookByRecentProcess: Detect<E>,
{
    vec![OutlookIpc::detector(), OutlookByRecentProcess::detector()]
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
