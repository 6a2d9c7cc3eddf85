use std::str::FromStr as _;

use proc_macro2::TokenStream;
use quote::quote;

/// Whatever the query, the macro gives items that Rust can read: from a string literal, and from tokens where the text
/// is made of some.
pub fn expand(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in ["elasticsearch", "endpoint"] {
        expands(quote!(query = #text, dialect = #dialect));
        if let Some(literal) = raw(text) {
            expands(quote!(query = #literal, dialect = #dialect));
        }
        if let Ok(tokens) = TokenStream::from_str(&format!("query(\n  {text})")) {
            expands(quote!(#tokens, dialect = #dialect));
        }
    }
    // proc_macro2 keeps every text that it has read, for the places of its tokens.
    proc_macro2::extra::invalidate_current_thread_spans();
}

fn raw(text: &str) -> Option<TokenStream> {
    TokenStream::from_str(&format!("r####\"{text}\"####")).ok()
}

fn expands(query: TokenStream) {
    let args = quote!(name = "Fuzz", severity = "low", risk_score = 21, #query);
    let code = eql_codegen::expand_rule(
        args,
        quote!(
            pub struct Fuzz;
        ),
    );
    if let Err(error) = syn::parse2::<syn::File>(code.clone()) {
        panic!("{error} in {code}");
    }
}
