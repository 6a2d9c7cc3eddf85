//! Expressions inside a leaf: tokens of type `Option<…>`, where `None` is null.
//!
//! Strings are `&str`, numbers `rt::Number`, the other types what `Has` gives.

use eql_grammar::ast::ArithOp;
use eql_grammar::hir::{ArraySearch, Expr, ExprKind, FieldIx, Function};
use eql_grammar::schema::Type;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote};

use super::Cx;
use super::cond::ordering;

/// Statements before an expression: texts that functions make need a place to live.
#[derive(Default)]
struct Statements(Vec<TokenStream>);

impl Statements {
    /// Keeps a text and gives what borrows it.
    fn keep(&mut self, text: &TokenStream) -> TokenStream {
        let name = format_ident!("text_{}", self.0.len());
        self.0.push(quote!(let #name = #text;));
        quote!(#name.as_ref().map(rt::Text::as_str))
    }
}

impl Cx<'_> {
    /// Whether any combination of the values of the expression's fields makes it true.
    pub(crate) fn leaf(&self, expr: &Expr) -> TokenStream {
        let mut fields = Vec::new();
        expr.for_each_field(&mut |field| {
            if !fields.contains(&field) {
                fields.push(field);
            }
        });
        if let ExprKind::Cond(cond) = &expr.kind {
            return self.cond(cond);
        }
        let fields: Vec<FieldIx> =
            fields.into_iter().filter(|field| reads_directly(expr, *field)).collect();
        let mut statements = Statements::default();
        let value = self.expr(expr, &mut statements);
        let statements = statements.0;
        let mut body = quote!(#value == Some(true));
        if !statements.is_empty() {
            body = quote!({ #(#statements)* #body });
        }
        if fields.is_empty() {
            // Nothing below wraps it, and it may become an operand.
            return quote!((#body));
        }
        for field in fields.iter().rev() {
            let ty = self.field_path(*field);
            let place = self.place(*field);
            let name = variable(*field);
            body = quote!(rt::any_or_null::<#ty, _>(#place, |#name| #body));
        }
        body
    }

    fn expr(&self, expr: &Expr, cx: &mut Statements) -> TokenStream {
        match &expr.kind {
            ExprKind::Null => quote!(None),
            ExprKind::Field(field) => {
                let name = variable(*field);
                match self.field_type(*field) {
                    Type::Long | Type::UnsignedLong | Type::Double => {
                        quote!(#name.map(rt::to_number))
                    }
                    _ => quote!(#name),
                }
            }
            ExprKind::Const(constant) => {
                let constant = self.constant(constant);
                quote!(Some(#constant))
            }
            ExprKind::Call(function, args) => self.call(*function, args, cx),
            ExprKind::Arith(op, left, right) => {
                let (left, right) = (self.expr(left, cx), self.expr(right, cx));
                let op = match op {
                    ArithOp::Add => quote!(+),
                    ArithOp::Sub => quote!(-),
                    ArithOp::Mul => quote!(*),
                    ArithOp::Div => quote!(/),
                    ArithOp::Mod => quote!(%),
                };
                quote!(rt::both(#left, #right, |a, b| a #op b))
            }
            ExprKind::Neg(inner) => {
                let inner = self.expr(inner, cx);
                quote!(#inner.and_then(|number| -number))
            }
            ExprKind::Compare(op, left, right) => {
                let is = ordering(*op);
                let ty = left.ty;
                let (left, right) = (self.expr(left, cx), self.expr(right, cx));
                match ty {
                    Type::Long | Type::UnsignedLong | Type::Double => {
                        quote!(rt::both(#left, #right, rt::compare).map(|order| order.#is()))
                    }
                    Type::Version => {
                        quote!(rt::both(#left, #right, |a, b| Some(rt::version_cmp(a, b).#is())))
                    }
                    Type::Ip => {
                        quote!(rt::both(#left, #right, |a, b| Some(rt::order_ip(a, b).#is())))
                    }
                    _ => quote!(rt::both(#left, #right, |a, b| Some(rt::order(a, b).#is()))),
                }
            }
            ExprKind::Strings(inner, test) => {
                let inner = self.expr(inner, cx);
                let test = self.string_test(test);
                quote!(#inner.map(|value| #test))
            }
            ExprKind::In(inner, list) => {
                let number = matches!(inner.ty, Type::Long | Type::UnsignedLong | Type::Double);
                let inner = self.expr(inner, cx);
                let list = list.iter().map(|item| self.constant(item));
                if number {
                    quote!(#inner.map(|value| rt::in_numbers(value, &[#(#list),*])))
                } else {
                    quote!(#inner.map(|value| [#(#list),*].contains(&value)))
                }
            }
            ExprKind::Cidr(inner, nets) => {
                let parse = (inner.ty == Type::Keyword).then(|| quote!(.and_then(rt::parse_ip)));
                let inner = self.expr(inner, cx);
                let test = self.networks(nets);
                quote!(#inner #parse.map(|value| #test))
            }
            ExprKind::IsNull(inner) => {
                let inner = self.expr(inner, cx);
                quote!(Some(#inner.is_none()))
            }
            ExprKind::Cond(cond) => {
                let cond = self.cond(cond);
                quote!(Some(#cond))
            }
            ExprKind::And(list) => {
                let list: Vec<_> = list.iter().map(|item| self.expr(item, cx)).collect();
                quote!(rt::all(&[#(#list),*]))
            }
            ExprKind::Or(list) => {
                let list: Vec<_> = list.iter().map(|item| self.expr(item, cx)).collect();
                quote!(rt::either(&[#(#list),*]))
            }
            ExprKind::Not(inner) => {
                let inner = self.expr(inner, cx);
                quote!(#inner.map(|value| !value))
            }
        }
    }

    fn call(&self, function: Function, args: &[Expr], cx: &mut Statements) -> TokenStream {
        let values: Vec<_> = args.iter().map(|arg| self.expr(arg, cx)).collect();
        match (function, values.as_slice()) {
            (Function::Length, [source]) => {
                quote!(#source.map(|s| rt::Number::Int(rt::length(s))))
            }
            (Function::StartsWith { fold }, [a, b]) => {
                quote!(rt::both(#a, #b, |a, b| Some(rt::starts_with(a, b, #fold))))
            }
            (Function::EndsWith { fold }, [a, b]) => {
                quote!(rt::both(#a, #b, |a, b| Some(rt::ends_with(a, b, #fold))))
            }
            (Function::StringContains { fold }, [a, b]) => {
                quote!(rt::both(#a, #b, |a, b| Some(rt::string_contains(a, b, #fold))))
            }
            (Function::IndexOf { fold }, [a, b, rest @ ..]) => {
                let start = rest.first().map_or_else(|| quote!(None), integer);
                quote!(rt::both(#a, #b, |a, b| {
                    rt::index_of(a, b, #start.unwrap_or(0), #fold).map(rt::Number::Int)
                }))
            }
            (Function::Substring, [source, start, rest @ ..]) => {
                let start = integer(start);
                let end = rest.first().map_or_else(|| quote!(None), integer);
                quote!(#source.map(|s| rt::substring(s, #start.unwrap_or(0), #end)))
            }
            (Function::Number, [text, rest @ ..]) => {
                let base = rest.first().map_or_else(|| quote!(None), integer);
                quote!(#text.and_then(|s| rt::number(s, #base)))
            }
            (Function::Between { fold }, [source, left, right, rest @ ..]) => {
                let greedy = rest.first().cloned().unwrap_or_else(|| quote!(Some(false)));
                quote!(match (#source, #left, #right, #greedy) {
                    (Some(source), Some(left), Some(right), Some(greedy)) => {
                        Some(rt::between(source, left, right, greedy, #fold))
                    }
                    _ => None,
                })
            }
            // Only `concat` and `string` are left.
            (_, values) => {
                let values = args.iter().zip(values).map(|(arg, value)| match arg.kind {
                    // As it is: a `Number` would round the greatest.
                    ExprKind::Field(field) if arg.ty == Type::UnsignedLong => {
                        variable(field).into_token_stream()
                    }
                    _ => value.clone(),
                });
                let names: Vec<_> =
                    (0..args.len()).map(|at| format_ident!("part_{}", at)).collect();
                let text = quote!(match (#(#values,)*) {
                    (#(Some(#names),)*) => Some(rt::concat(&[#(rt::to_part(#names)),*])),
                    _ => None,
                });
                cx.keep(&text)
            }
        }
    }

    pub(crate) fn array_search(&self, search: &ArraySearch) -> TokenStream {
        let element = element(search.depth);
        let place = self.place(search.array);
        let array = &self.fields[search.array.0];
        let path = &array.path;
        let condition = self.cond(&search.condition);
        quote!(rt::HasObjects::any_object(#place, #path, |#element| {
            let _ = #element;
            #condition
        }))
    }
}

/// Whether the field's value is used in the expression itself, not only in a condition inside it.
fn reads_directly(expr: &Expr, field: FieldIx) -> bool {
    match &expr.kind {
        ExprKind::Field(own) => *own == field,
        ExprKind::Const(_) | ExprKind::Null | ExprKind::Cond(_) => false,
        ExprKind::Call(_, list) | ExprKind::And(list) | ExprKind::Or(list) => {
            list.iter().any(|item| reads_directly(item, field))
        }
        ExprKind::Arith(_, left, right) | ExprKind::Compare(_, left, right) => {
            reads_directly(left, field) || reads_directly(right, field)
        }
        ExprKind::Neg(inner)
        | ExprKind::Strings(inner, _)
        | ExprKind::In(inner, _)
        | ExprKind::Cidr(inner, _)
        | ExprKind::IsNull(inner)
        | ExprKind::Not(inner) => reads_directly(inner, field),
    }
}

/// A number as `Option<i64>`.
fn integer(number: &TokenStream) -> TokenStream {
    quote!(#number.and_then(rt::to_int))
}

fn variable(field: FieldIx) -> Ident {
    format_ident!("value_{}", field.0)
}

/// The variable of the element that the `depth`-th `_arraysearch` looks at.
pub(crate) fn element(depth: usize) -> Ident {
    format_ident!("element_{}", depth)
}
