//! What metadata says of fields.

use super::{Meta, RawMeta};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::schema::{Holds, Schema, Type};

/// Looks up the fields that a rule's metadata names.
///
/// `raw` is what `meta` was built from: it gives the places.
pub fn check(meta: &Meta, raw: &RawMeta, schema: &Schema, diags: &mut Diagnostics) {
    fields(meta, raw, schema, diags);
}

fn fields(meta: &Meta, raw: &RawMeta, schema: &Schema, diags: &mut Diagnostics) {
    for (key, path, wanted) in [
        ("event_category_override", &meta.event_category_override, Some(Type::Keyword)),
        ("timestamp_field", &meta.timestamp_field, Some(Type::Date)),
        ("timestamp_override", &meta.timestamp_override, Some(Type::Date)),
        ("tiebreaker_field", &meta.tiebreaker_field, None),
        ("rule_name_override", &meta.rule_name_override, None),
    ] {
        let Some(path) = path else { continue };
        let span = raw.place(key);
        match (schema.lookup(path).map(|field| field.holds), wanted) {
            (None, _) => {
                let mut unknown = Diagnostic::new(
                    Code::UnknownField,
                    span,
                    format!("unknown field `{path}` in `{key}`"),
                );
                if let Some(meant) = schema.suggest(path) {
                    unknown = unknown.help(format!("did you mean `{meant}`?"));
                }
                diags.push(unknown);
            }
            (Some(Holds::Value(ty)), Some(wanted)) if ty != wanted => {
                let message = format!("`{key}` must be a field of type {}", wanted.name());
                diags.push(
                    Diagnostic::new(Code::TypeMismatch, span, message)
                        .label(format!("`{path}` is of type {}", ty.name())),
                );
            }
            (Some(Holds::Value(_)), _) => {}
            (Some(Holds::Objects | Holds::Other), _) => {
                let message = format!("`{key}` must be a field that holds a value");
                diags.push(
                    Diagnostic::new(Code::ObjectField, span, message)
                        .label(format!("`{path}` holds none")),
                );
            }
        }
    }
}
