//! Elastic's Event Query Language, compiled into Rust.

extern crate self as eql;

pub mod alert;
pub mod convert;
pub mod detector;
pub mod ecs;
pub mod event;
pub mod field;
pub mod glob;
pub mod json;
mod own;
pub mod rule;
pub mod text;
pub mod value;
pub mod values;

pub use alert::{Document, Execution, Origin};
pub use detector::{Detect, Detector};
pub use event::Event;
pub use field::{Field, Has};
pub use rule::{EventRule, Rule, RuleMeta, Severity};
pub use value::Timestamp;
