//! Fields as types, as places to read from, and as members of alerts.

use eql_grammar::hir::{FieldIx, Root};
use eql_grammar::schema::{self, Type};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

use super::Cx;
use super::expr::element;

impl Cx<'_> {
    pub(crate) fn field_type(&self, field: FieldIx) -> Type {
        self.fields[field.0].ty.unwrap_or(Type::Null)
    }

    /// The Rust type that stands for the field.
    pub(crate) fn field_path(&self, ix: FieldIx) -> TokenStream {
        if self.is_unit(ix) {
            field_type(&self.fields[ix.0].path, Type::Null, true)
        } else {
            let name = self.own_alias(ix);
            quote!(#name)
        }
    }

    /// Whether the Rust type of the field is one of the built-in schema, which is a value too.
    pub(crate) fn is_unit(&self, ix: FieldIx) -> bool {
        let field = &self.fields[ix.0];
        field.builtin && !matches!(field.root, Root::Element(_))
    }

    fn own_alias(&self, ix: FieldIx) -> Ident {
        format_ident!("own_{}_{}", ix.0, words(&self.fields[ix.0].path))
    }

    /// Type aliases for the fields that the built-in schema does not have.
    pub(crate) fn own_fields(&self) -> Vec<TokenStream> {
        let mut aliases = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            let Some(ty) = field.ty else { continue };
            if self.is_unit(FieldIx(at)) {
                continue;
            }
            let name = self.own_alias(FieldIx(at));
            let own = own_type(&field.path, ty);
            aliases.push(quote!(#[allow(non_camel_case_types)] type #name = #own;));
        }
        aliases
    }

    /// The variable that the field is read from.
    pub(crate) fn place(&self, field: FieldIx) -> TokenStream {
        match self.fields[field.0].root {
            Root::Event => quote!(event),
            Root::Stage(stage) => {
                let name = format_ident!("stage_{}", stage);
                quote!(#name)
            }
            Root::Element(depth) => {
                let name = element(depth);
                quote!(#name)
            }
        }
    }
}

/// The Rust type that stands for a field of an event.
pub(crate) fn field_type(path: &str, ty: Type, builtin: bool) -> TokenStream {
    if !builtin {
        return own_type(path, ty);
    }
    let name = ident(&schema::rust_ident(path));
    quote!(ecs::#name)
}

/// `rt::Own<…>` for a path that the schema of the crate `eql` does not know.
pub(crate) fn own_type(path: &str, ty: Type) -> TokenStream {
    let words = schema::own_words(path).unwrap_or_default();
    let words = words.iter().map(|word| Literal::u128_unsuffixed(*word));
    let kind = kind(ty);
    quote!(rt::Own<#(#words),*, rt::#kind>)
}

/// The marker of the type.
pub(crate) fn kind(ty: Type) -> Ident {
    ident(ty.kind().unwrap_or("Keyword"))
}

/// The Rust type of one value in an alert.
pub(crate) fn owned(ty: Type, krate: &TokenStream) -> TokenStream {
    match ty {
        Type::Keyword | Type::Version | Type::Null => quote!(::std::string::String),
        Type::Long => quote!(::core::primitive::i64),
        Type::UnsignedLong => quote!(::core::primitive::u64),
        Type::Double => quote!(::core::primitive::f64),
        Type::Boolean => quote!(::core::primitive::bool),
        Type::Date => quote!(#krate::Timestamp),
        Type::Ip => quote!(::core::net::IpAddr),
    }
}

/// An identifier; keywords become raw. The text is of letters, digits and `_`, and no digit comes first.
pub(crate) fn ident(text: &str) -> Ident {
    /// Those of all editions, by alphabet.
    const KEYWORDS: [&str; 52] = [
        "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const",
        "continue", "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for",
        "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
        "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait",
        "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    ];
    if KEYWORDS.binary_search(&text).is_err() && text != "yield" {
        return Ident::new(text, Span::call_site());
    }
    match text {
        "Self" | "_" | "crate" | "self" | "super" => {
            Ident::new(&format!("{text}_"), Span::call_site())
        }
        text => Ident::new_raw(text, Span::call_site()),
    }
}

/// A path in lower snake case: `process.Ext.effective_parent.name` is `process_ext_effective_parent_name`.
pub(crate) fn words(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut last_lower = false;
    for ch in path.chars() {
        if ch.is_ascii_uppercase() {
            if last_lower {
                out.push('_');
            }
            out.push(ch.to_ascii_lowercase());
        } else if ch.is_ascii_alphanumeric() {
            out.push(ch);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        last_lower = ch.is_ascii_lowercase() || ch.is_ascii_digit();
    }
    if out.starts_with(|ch: char| ch.is_ascii_digit()) || out.is_empty() {
        out.insert(0, '_');
    }
    out
}
