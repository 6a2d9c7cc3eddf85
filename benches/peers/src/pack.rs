//! The rules, compiled, and their files.

#![allow(deprecated)] // Lints of rules come so, and those of others are not ours to mend.

include!(concat!(env!("OUT_DIR"), "/pack.rs"));
