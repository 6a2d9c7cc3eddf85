//! `src/ecs.rs` has one type for each built-in field that holds values. `BLESS=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use eql::Field;
use eql::field::{Keyword, Kind, Own};
use eql_grammar::schema::{Holds, builtin_fields, own_words, rust_ident};

const HEADER: &str = r#"//! The built-in fields as types.
//!
//! One type for each field of the Elastic Common Schema, Elastic Endpoint and the integrations that Elastic's
//! rules read. The name is the path with `_` for every dot:
//!
//! ```
//! use eql::{Field, ecs};
//!
//! assert_eq!(ecs::process_Ext_effective_parent_name::PATH, "process.Ext.effective_parent.name");
//! assert_eq!(ecs::timestamp::PATH, "@timestamp");
//! ```
//!
//! `agent_id` is the field `agent.id`; the few paths with underscores that would have the name of another
//! write theirs twice, as `agent__id` does.

// Made from eql-grammar/data/fields.tsv by `BLESS=1 cargo test --test ecs_in_sync`.
#![allow(non_camel_case_types)]

use crate::field::{self, Field};

// They are hidden because a page for each would swell the documentation of every crate that has rules.
macro_rules! fields {
    ($($name:ident $path:literal $kind:ident;)+) => { $(
        #[doc(hidden)]
        pub struct $name;

        impl Field for $name {
            const PATH: &'static str = $path;
            type Kind = field::$kind;
        }
    )+ };
}

fields! {
"#;

#[test]
fn types_are_the_table() {
    let mut idents = BTreeMap::new();
    for field in builtin_fields() {
        if let Holds::Value(ty) = field.holds {
            let kind = ty.kind().expect("a field has a type");
            idents.insert(rust_ident(&field.path), (field.path, kind));
        }
    }
    let mut wanted = HEADER.to_owned();
    for (ident, (path, kind)) in idents {
        writeln!(wanted, "    {ident} {path:?} {kind};").expect("a String");
    }
    wanted.push_str("}\n");

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ecs.rs");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &wanted).expect("src/ecs.rs can be written");
    }
    let found = std::fs::read_to_string(&file).expect("src/ecs.rs can be read");
    assert!(found == wanted, "src/ecs.rs is not what the table says; run with BLESS=1");
}

#[test]
fn names_are_their_paths() {
    assert_eq!(eql::ecs::agent_id::PATH, "agent.id");
    assert_eq!(eql::ecs::agent__id::PATH, "agent_id");
    assert_eq!(<<eql::ecs::process_pid as Field>::Kind as Kind>::NAME, "long");
}

#[test]
fn own_words_are_what_own_reads() {
    const A: u128 = u128::from_le_bytes(*b"acme.a_long_name");
    const B: u128 = u128::from_le_bytes(*b".score\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(own_words("acme.a_long_name.score"), Some([A, B, 0, 0, 0, 0, 0, 0]));
    assert_eq!(Own::<A, B, 0, 0, 0, 0, 0, 0, Keyword>::PATH, "acme.a_long_name.score");
}
