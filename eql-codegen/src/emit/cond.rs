//! Conditions: tokens of type `bool`.

use eql_grammar::ast::CompareOp;
use eql_grammar::hir::{Cond, Const, EventQuery, FieldIx, Net, Test};
use eql_grammar::schema::Type;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Cx, Shape};

/// A list of alternatives longer than this is looked up in a table instead of compared one by one.
const FEW: usize = 8;

impl Cx<'_> {
    /// Whether `event` fits the query.
    pub(crate) fn event_query(&self, query: &EventQuery) -> TokenStream {
        let category = query.category.as_ref().map(|(field, name)| match self.shape {
            Shape::Inline => self.any(*field, &quote!(value == #name)),
            Shape::Calls(_) => self.ask(*field, &quote!(is), &quote!(, #name)),
        });
        match (category, &query.condition) {
            (Some(category), Cond::Const(true)) => category,
            (Some(_), Cond::Const(false)) => quote!(false),
            (Some(category), condition) => {
                let condition = self.operand(condition);
                quote!(#category && #condition)
            }
            (None, condition) => self.cond(condition),
        }
    }

    pub(crate) fn cond(&self, cond: &Cond) -> TokenStream {
        match cond {
            Cond::Const(value) => quote!(#value),
            Cond::Not(inner) => {
                let inner = match &**inner {
                    Cond::And(_) | Cond::Or(_) => {
                        let inner = self.cond(inner);
                        quote!((#inner))
                    }
                    inner => self.cond(inner),
                };
                quote!(!#inner)
            }
            Cond::And(list) => {
                self.joined(&cheapest_first(list), &quote!(&&), |cond| self.operand(cond))
            }
            Cond::Or(list) => {
                self.joined(&cheapest_first(list), &quote!(||), |cond| self.cond(cond))
            }
            Cond::Exists(field) => self.any_value(*field),
            Cond::Test(field, test) => {
                if let (Shape::Calls(table), Test::Strings(test)) = (self.shape, test)
                    && let Some(call) = self
                        .bound_test(*field, test)
                        .or_else(|| self.string_call(*field, test, table))
                {
                    return call;
                }
                let test = self.test(test, self.field_type(*field));
                self.any(*field, &test)
            }
            Cond::Expr(expr) => self.leaf(expr),
            Cond::ArraySearch(search) => self.array_search(search),
            Cond::DescendantOf(at) => {
                let at = Literal::usize_unsuffixed(*at);
                quote!(descends[#at])
            }
        }
    }

    /// A condition as an operand of `&&`.
    fn operand(&self, cond: &Cond) -> TokenStream {
        let tokens = self.cond(cond);
        if matches!(cond, Cond::Or(_)) { quote!((#tokens)) } else { tokens }
    }

    /// A test of the variable `value`, which has the type of the field.
    pub(crate) fn test(&self, test: &Test, ty: Type) -> TokenStream {
        match test {
            Test::Bool(true) => quote!(value),
            Test::Bool(false) => quote!(!value),
            Test::Strings(test) => self.string_test(test),
            Test::Compare(op, constant) => self.compare_value(*op, constant, ty),
            Test::In(list) => self.in_values(list, ty),
            Test::Cidr(nets) => self.networks(nets),
        }
    }

    fn compare_value(&self, op: CompareOp, constant: &Const, ty: Type) -> TokenStream {
        let sign = operator(op);
        match (ty, constant) {
            (Type::Keyword, Const::Str(text)) => quote!(value #sign #text),
            (Type::Long, Const::Int(int)) => {
                let int = Literal::i64_unsuffixed(*int);
                quote!(value #sign #int)
            }
            (Type::UnsignedLong, Const::Int(int)) => match u64::try_from(*int) {
                Ok(int) => {
                    let int = Literal::u64_unsuffixed(int);
                    quote!(value #sign #int)
                }
                // Every value is above a negative number.
                Err(_) => {
                    let above = matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Ne);
                    quote!({ let _ = value; #above })
                }
            },
            (Type::UnsignedLong, Const::Unsigned(int)) => {
                let int = Literal::u64_unsuffixed(*int);
                quote!(value #sign #int)
            }
            (Type::Version, Const::Version(text)) => {
                let is = ordering(op);
                quote!(rt::version_cmp(value, #text).#is())
            }
            (Type::Ip, Const::Ip(_)) if !matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                let (constant, is) = (self.constant(constant), ordering(op));
                quote!(rt::order_ip(value, #constant).#is())
            }
            (_, constant @ (Const::Int(_) | Const::Unsigned(_) | Const::Float(_))) => {
                let number = self.number(constant);
                let is = ordering(op);
                quote!(rt::compare(rt::to_number(value), #number).is_some_and(|order| order.#is()))
            }
            (_, constant) => {
                let constant = self.constant(constant);
                quote!(value #sign #constant)
            }
        }
    }

    fn in_values(&self, list: &[Const], ty: Type) -> TokenStream {
        if ty == Type::Long && list.iter().all(|item| matches!(item, Const::Int(_))) {
            let mut ints: Vec<i64> = list
                .iter()
                .filter_map(|item| if let Const::Int(int) = item { Some(*int) } else { None })
                .collect();
            ints.sort_unstable();
            ints.dedup();
            let literals = ints.iter().map(|int| Literal::i64_unsuffixed(*int));
            return if ints.len() <= FEW {
                quote!(::core::matches!(value, #(#literals)|*))
            } else {
                quote!([#(#literals),*].binary_search(&value).is_ok())
            };
        }
        let tests = list.iter().map(|item| self.compare_value(CompareOp::Eq, item, ty));
        quote!(#(#tests)||*)
    }

    pub(crate) fn networks(&self, nets: &[Net]) -> TokenStream {
        let mut nets = nets.to_vec();
        nets.sort_unstable();
        nets.dedup();
        let nets = nets.iter().map(|net| {
            let bits = Literal::u8_unsuffixed(net.bits);
            match net.addr {
                std::net::IpAddr::V4(addr) => {
                    let addr = Literal::u32_unsuffixed(addr.into());
                    quote!(rt::Cidr::v4(#addr, #bits))
                }
                std::net::IpAddr::V6(addr) => {
                    let addr = Literal::u128_unsuffixed(addr.into());
                    quote!(rt::Cidr::v6(#addr, #bits))
                }
            }
        });
        quote!({
            const NETWORKS: &[rt::Cidr] = &[#(#nets),*];
            rt::cidr_match(value, NETWORKS)
        })
    }

    /// A constant as a value of the Rust type that stands for its EQL type.
    pub(crate) fn constant(&self, constant: &Const) -> TokenStream {
        match constant {
            Const::Bool(value) => quote!(#value),
            Const::Int(_) | Const::Unsigned(_) | Const::Float(_) => self.number(constant),
            Const::Str(text) | Const::Version(text) => quote!(#text),
            Const::Ip(std::net::IpAddr::V4(addr)) => {
                let bits = Literal::u32_unsuffixed((*addr).into());
                quote!(rt::ipv4(#bits))
            }
            Const::Ip(std::net::IpAddr::V6(addr)) => {
                let bits = Literal::u128_unsuffixed((*addr).into());
                quote!(rt::ipv6(#bits))
            }
            Const::Date(nanos) => {
                let nanos = Literal::i64_unsuffixed(*nanos);
                quote!(rt::Timestamp::from_nanos(#nanos))
            }
        }
    }

    /// A number as `rt::Number`.
    #[allow(clippy::unused_self)] // the emitting functions are called alike
    pub(crate) fn number(&self, constant: &Const) -> TokenStream {
        match constant {
            Const::Int(int) => {
                let int = Literal::i64_unsuffixed(*int);
                quote!(rt::Number::Int(#int))
            }
            Const::Unsigned(int) => {
                let int = Literal::u64_suffixed(*int);
                quote!(rt::to_number(#int))
            }
            Const::Float(float) => {
                let float = Literal::f64_suffixed(*float);
                quote!(rt::Number::Float(#float))
            }
            _ => quote!(rt::Number::Float(f64::NAN)),
        }
    }

    /// Whether any value of the field passes the test of `value`.
    fn any(&self, field: FieldIx, test: &TokenStream) -> TokenStream {
        let ty = self.field_path(field);
        let place = self.place(field);
        quote!(Has::<#ty>::any(#place, |value| #test))
    }

    /// A call of what has the name of a method of `Has`, which looks at the values of a field. Fields that are given as
    /// values are inferred, which takes rustc less time than types do.
    pub(crate) fn ask(
        &self,
        field: FieldIx,
        function: &TokenStream,
        args: &TokenStream,
    ) -> TokenStream {
        let ty = self.field_path(field);
        let place = self.place(field);
        if self.is_unit(field) {
            quote!(rt::#function(#place, #ty #args))
        } else {
            quote!(Has::<#ty>::#function(#place #args))
        }
    }

    fn any_value(&self, field: FieldIx) -> TokenStream {
        if let Shape::Calls(_) = self.shape {
            return self.ask(field, &quote!(has), &TokenStream::new());
        }
        let ty = self.field_path(field);
        let place = self.place(field);
        quote!(Has::<#ty>::any(#place, |_| true))
    }
}

fn operator(op: CompareOp) -> TokenStream {
    match op {
        CompareOp::Eq => quote!(==),
        CompareOp::Ne => quote!(!=),
        CompareOp::Lt => quote!(<),
        CompareOp::Le => quote!(<=),
        CompareOp::Gt => quote!(>),
        CompareOp::Ge => quote!(>=),
    }
}

/// The method of `Ordering` that stands for the operator.
pub(crate) fn ordering(op: CompareOp) -> TokenStream {
    match op {
        CompareOp::Eq => quote!(is_eq),
        CompareOp::Ne => quote!(is_ne),
        CompareOp::Lt => quote!(is_lt),
        CompareOp::Le => quote!(is_le),
        CompareOp::Gt => quote!(is_gt),
        CompareOp::Ge => quote!(is_ge),
    }
}

/// The same conditions, those first that cost little and most likely decide; exclusion lists last.
fn cheapest_first(list: &[Cond]) -> Vec<&Cond> {
    let mut sorted: Vec<&Cond> = list.iter().collect();
    sorted.sort_by_key(|cond| cost(cond));
    sorted
}

/// A rough measure of work, in comparisons of short strings.
fn cost(cond: &Cond) -> usize {
    match cond {
        Cond::Const(_) => 0,
        Cond::Exists(_) => 1,
        Cond::Not(inner) => 2 * cost(inner) + 4,
        Cond::And(list) | Cond::Or(list) => list.iter().map(cost).sum(),
        Cond::Test(_, test) => match test {
            Test::Bool(_) | Test::Compare(..) => 1,
            Test::In(list) => 1 + list.len() / 4,
            Test::Cidr(nets) => 2 + nets.len(),
            Test::Strings(test) => {
                let exact = if test.exact.len() <= FEW { 1 + test.exact.len() / 4 } else { 4 };
                exact + 3 * test.globs.len() + if test.regex.is_some() { 20 } else { 0 }
            }
        },
        Cond::Expr(_) => 30,
        Cond::ArraySearch(search) => 40 + 4 * cost(&search.condition),
        Cond::DescendantOf(_) => 1,
    }
}
