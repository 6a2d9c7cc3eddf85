//! The subcommands, a module each.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod coverage;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fmt;
pub(crate) mod import;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod test;
pub(crate) mod witness;
