//! `#[derive(eql::Event)]`

use eql_grammar::diag::{Code, Diagnostic};
use eql_grammar::schema::{Holds, Origin, Type, rust_ident};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, Lit, LitStr, Member, Token};

use crate::emit::{ident, kind, own_type};
use crate::project::Project;
use crate::report;

/// A field of the schema that the struct carries, and where its values are.
struct Carried {
    path: String,
    ty: Type,
    /// The field's Rust type, such as `ecs::process_name`.
    field: TokenStream,
    /// An expression that borrows what holds the values.
    from: TokenStream,
    /// Where the Rust type is that must be able to carry it.
    place: Span,
}

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return report::syntax(&error),
    };
    let project = Project::load();
    let mut errors = project.errors();
    let mut krate = quote!(::eql);
    let mut carried = Vec::new();
    let mut reader = Reader { project: &project, errors: &mut errors, carried: &mut carried };
    reader.container(&input, &mut krate);
    reader.members(&input);
    let failed = !errors.is_empty();
    let impls = if failed { skeleton(&input, &krate) } else { impls(&input, &krate, &carried) };
    let tracked = project.tracked();
    quote!(#errors #tracked #impls)
}

struct Reader<'a> {
    project: &'a Project,
    errors: &'a mut TokenStream,
    carried: &'a mut Vec<Carried>,
}

impl Reader<'_> {
    fn error(&mut self, span: Span, diagnostic: &Diagnostic) {
        self.errors.extend(report::plain(diagnostic, span));
    }

    fn syntax(&mut self, error: &syn::Error) {
        self.errors.extend(report::syntax(error));
    }

    fn unknown(&mut self, keys: &[syn::Path], allowed: &str) {
        for key in keys {
            let name = key.to_token_stream();
            let error = Diagnostic::new(Code::UnknownKey, place(), format!("unknown key `{name}`"))
                .note(allowed);
            self.error(key.span(), &error);
        }
    }

    /// `#[eql(crate = path, category = "process", constant("event.type" = "start"))]`
    fn container(&mut self, input: &DeriveInput, krate: &mut TokenStream) {
        for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("eql")) {
            let mut constants = Vec::new();
            let mut unknown = Vec::new();
            let parsed = attr.parse_nested_meta(|meta| {
                if meta.path.is_ident("crate") {
                    let path: syn::Path = meta.value()?.parse()?;
                    *krate = quote!(#path);
                    return Ok(());
                }
                if meta.path.is_ident("category") {
                    let name: LitStr = meta.value()?.parse()?;
                    let field = LitStr::new("event.category", name.span());
                    constants.push((field, Lit::Str(name)));
                    return Ok(());
                }
                if meta.path.is_ident("constant") {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    let field: LitStr = content.parse()?;
                    content.parse::<Token![=]>()?;
                    let value: Lit = content.parse()?;
                    constants.push((field, value));
                    return Ok(());
                }
                unknown.push(skip(&meta)?);
                Ok(())
            });
            if let Err(error) = parsed {
                self.syntax(&error);
            }
            self.unknown(
                &unknown,
                "a struct may have `category = \"…\"`, `constant(\"field\" = value)` and `crate = path`",
            );
            for (field, value) in constants {
                self.constant(&field, &value);
            }
        }
    }

    fn constant(&mut self, field: &LitStr, value: &Lit) {
        let Some(ty) = self.resolve(field) else { return };
        let from = match (value, ty) {
            (Lit::Str(text), Type::Keyword | Type::Version) => quote!(#text),
            (Lit::Bool(flag), Type::Boolean) => quote!(&#flag),
            (Lit::Int(int), Type::Long) => quote!(&(#int as ::core::primitive::i64)),
            (Lit::Int(int), Type::UnsignedLong) => quote!(&(#int as ::core::primitive::u64)),
            (Lit::Float(float), Type::Double) => quote!(&(#float as ::core::primitive::f64)),
            _ => {
                let ty = ty.name();
                let message =
                    format!("`{}` is a {ty} field and cannot hold this constant", field.value());
                let error = Diagnostic::new(Code::BadLiteral, place(), message)
                    .help("constants are strings, numbers and booleans; fields of dates and addresses have none");
                self.error(value.span(), &error);
                return;
            }
        };
        self.carry(field, ty, from, value.span());
    }

    fn members(&mut self, input: &DeriveInput) {
        let fields = match &input.data {
            Data::Struct(data) => &data.fields,
            Data::Enum(_) | Data::Union(_) => {
                let error =
                    Diagnostic::new(Code::BadItem, place(), "`eql::Event` is derived for structs");
                self.error(input.ident.span(), &error);
                return;
            }
        };
        for (at, field) in fields.iter().enumerate() {
            for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("eql")) {
                let mut paths: Vec<LitStr> = Vec::new();
                let mut unknown = Vec::new();
                let parsed = attr.parse_nested_meta(|meta| {
                    if meta.path.is_ident("field") {
                        let value = meta.value()?;
                        paths.push(value.parse().map_err(|error: syn::Error| {
                            syn::Error::new(
                                error.span(),
                                "expected the name of a field in double quotes",
                            )
                        })?);
                        return Ok(());
                    }
                    unknown.push(skip(&meta)?);
                    Ok(())
                });
                if let Err(error) = parsed {
                    self.syntax(&error);
                }
                self.unknown(&unknown, "a member may have `field = \"process.name\"`");
                let member = match (&field.ident, fields) {
                    (Some(name), Fields::Named(_)) => Member::Named(name.clone()),
                    _ => Member::from(at),
                };
                for path in paths {
                    if let Some(ty) = self.resolve(&path) {
                        let place = field.ty.span().resolved_at(Span::call_site());
                        let from = quote_spanned!(place=> &self.#member);
                        self.carry(&path, ty, from, place);
                    }
                }
            }
        }
    }

    fn resolve(&mut self, path: &LitStr) -> Option<Type> {
        let name = path.value();
        let error = match self.project.schema.lookup(&name) {
            Some(info) => match info.holds {
                Holds::Value(ty) => return Some(ty),
                Holds::Objects | Holds::Other => Diagnostic::new(
                    Code::ObjectField,
                    place(),
                    format!("`{name}` holds no single value"),
                )
                .help(format!("name a field below it, such as `{name}.…`")),
            },
            None => {
                let error =
                    Diagnostic::new(Code::UnknownField, place(), format!("unknown field `{name}`"));
                match self.project.schema.suggest(&name) {
                    Some(near) => {
                        error.help(format!("a field with a similar name exists: `{near}`"))
                    }
                    None => error.help(format!(
                        "declare your own fields in `eql.toml` beside `Cargo.toml`: `[fields]` `\"{name}\" = \"keyword\"`"
                    )),
                }
            }
        };
        self.error(path.span(), &error);
        None
    }

    fn carry(&mut self, path: &LitStr, ty: Type, from: TokenStream, place: Span) {
        let name = path.value();
        if self.carried.iter().any(|carried| carried.path == name) {
            let error = Diagnostic::new(
                Code::DuplicateKey,
                self::place(),
                format!("the field `{name}` is carried twice"),
            );
            self.error(path.span(), &error);
            return;
        }
        let builtin =
            self.project.schema.lookup(&name).is_some_and(|info| info.origin == Origin::Builtin);
        let field = if builtin {
            let name = ident(&rust_ident(&name));
            quote!(ecs::#name)
        } else {
            own_type(&name, ty)
        };
        let place = place.resolved_at(Span::call_site());
        self.carried.push(Carried { path: name, ty, field, from, place });
    }
}

/// Passes over the value of a key.
fn skip(meta: &ParseNestedMeta<'_>) -> syn::Result<syn::Path> {
    while !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        meta.input.parse::<TokenTree>()?;
    }
    Ok(meta.path.clone())
}

/// Errors of attributes have no text of their own; the compiler's span says where.
fn place() -> eql_grammar::span::Span {
    eql_grammar::span::Span::default()
}

fn impls(input: &DeriveInput, krate: &TokenStream, carried: &[Carried]) -> TokenStream {
    let name = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    let has = carried.iter().map(|Carried { ty, field, from, place, .. }| {
        let kind = kind(*ty);
        let carries = quote_spanned!(*place=> rt::FieldValue::<rt::#kind>::any);
        quote! {
            #[automatically_derived]
            impl #generics Has<#field> for #name #types #bounds {
                #[inline]
                fn any(&self, test: impl ::core::ops::FnMut(rt::ValueOf<'_, #field>) -> bool) -> bool {
                    #carries(#from, test)
                }
            }
        }
    });
    let source = carried.iter().map(|Carried { path, ty, from, place, .. }| {
        let kind = kind(*ty);
        let carries = quote_spanned!(*place=> rt::FieldValue::<rt::#kind>::to_json);
        quote!(source.set(#path, #carries(#from));)
    });
    let timestamp = carried.iter().find(|carried| carried.path == "@timestamp").map_or_else(
        || quote!(::core::option::Option::None),
        |carried| {
            let from = &carried.from;
            quote!(rt::first_time(#from))
        },
    );
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #krate::{Has, __private as rt, __private::ecs};

            #(#has)*

            #[automatically_derived]
            impl #generics rt::Event for #name #types #bounds {
                fn source(&self) -> rt::Json {
                    #[allow(unused_mut)]
                    let mut source = rt::Source::new();
                    #(#source)*
                    source.finish()
                }

                fn timestamp(&self) -> ::core::option::Option<rt::Timestamp> {
                    #timestamp
                }
            }
        };
    }
}

/// Carries every field, so that rules over the type do not add errors.
fn skeleton(input: &DeriveInput, krate: &TokenStream) -> TokenStream {
    let name = &input.ident;
    let (_, types, bounds) = input.generics.split_for_impl();
    let (generics, _, _) = input.generics.split_for_impl();
    let mut with_field = input.generics.clone();
    with_field.params.push(syn::parse_quote!(EqlField: rt::Field));
    let (has_generics, _, _) = with_field.split_for_impl();
    quote! {
        const _: () = {
            use #krate::{Has, __private as rt};

            impl #has_generics Has<EqlField> for #name #types #bounds {
                fn any(&self, _: impl ::core::ops::FnMut(rt::ValueOf<'_, EqlField>) -> bool) -> bool {
                    false
                }
            }

            impl #generics rt::Event for #name #types #bounds {
                fn source(&self) -> rt::Json {
                    rt::Json::Null
                }

                fn timestamp(&self) -> ::core::option::Option<rt::Timestamp> {
                    ::core::option::Option::None
                }
            }
        };
    }
}
