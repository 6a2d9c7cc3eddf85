//! Function calls: names, arguments, and the calls that are plain tests of one field.

use super::expr::{a_type, literal_test};
use super::{Lower, literal};
use crate::ast::{self, ArithOp, MatchOp};
use crate::diag::{Code, Diagnostic};
use crate::hir::{Const, Expr, ExprKind, Function};
use crate::schema::Type;
use crate::span::{Span, Spanned};
use crate::suggest::closest;
use crate::wildcard::WildcardKind;

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    String,
    Integer,
    Number,
    Boolean,
    /// Anything that has a text.
    Any,
}

impl Takes {
    fn accepts(self, ty: Type) -> bool {
        match self {
            Self::String => ty == Type::Keyword,
            Self::Integer => matches!(ty, Type::Long | Type::UnsignedLong),
            Self::Number => matches!(ty, Type::Long | Type::UnsignedLong | Type::Double),
            Self::Boolean => ty == Type::Boolean,
            Self::Any => true,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::Any => "a value",
        }
    }
}

/// A function as the documentation lists it.
struct Signature {
    /// As the documentation writes it; calls ignore case.
    name: &'static str,
    /// How a call looks, for messages.
    usage: &'static str,
    /// Parameters; those after `required` may be left out.
    params: &'static [Takes],
    required: usize,
    /// Takes any number more of the last parameter.
    variadic: bool,
    /// Has a form with `~`.
    folds: bool,
    /// From this parameter on, the literal null means *left out*.
    null_from: usize,
}

const STRING: Takes = Takes::String;
const NEVER: usize = usize::MAX;

const fn arithmetic(name: &'static str, usage: &'static str) -> Signature {
    Signature {
        name,
        usage,
        params: &[Takes::Number, Takes::Number],
        required: 2,
        variadic: false,
        folds: false,
        null_from: NEVER,
    }
}

const SIGNATURES: &[Signature] = &[
    arithmetic("add", "add(a, b)"),
    Signature {
        name: "between",
        usage: "between(source, left, right[, greedy])",
        params: &[STRING, STRING, STRING, Takes::Boolean],
        required: 3,
        variadic: false,
        folds: true,
        null_from: NEVER,
    },
    Signature {
        name: "cidrMatch",
        usage: "cidrMatch(address, \"network/bits\"[, …])",
        params: &[Takes::Any, STRING],
        required: 2,
        variadic: true,
        folds: false,
        null_from: NEVER,
    },
    Signature {
        name: "concat",
        usage: "concat(value[, …])",
        params: &[Takes::Any],
        required: 1,
        variadic: true,
        folds: false,
        null_from: NEVER,
    },
    arithmetic("divide", "divide(a, b)"),
    string_test("endsWith", "endsWith(source, text)"),
    Signature {
        name: "indexOf",
        usage: "indexOf(source, text[, start])",
        params: &[STRING, STRING, Takes::Integer],
        required: 2,
        variadic: false,
        folds: true,
        null_from: 2,
    },
    Signature {
        name: "length",
        usage: "length(source)",
        params: &[STRING],
        required: 1,
        variadic: false,
        folds: false,
        null_from: NEVER,
    },
    arithmetic("modulo", "modulo(a, b)"),
    arithmetic("multiply", "multiply(a, b)"),
    Signature {
        name: "number",
        usage: "number(text[, base])",
        params: &[STRING, Takes::Integer],
        required: 1,
        variadic: false,
        folds: false,
        null_from: 1,
    },
    string_test("startsWith", "startsWith(source, text)"),
    Signature {
        name: "string",
        usage: "string(value)",
        params: &[Takes::Any],
        required: 1,
        variadic: false,
        folds: false,
        null_from: NEVER,
    },
    string_test("stringContains", "stringContains(source, text)"),
    Signature {
        name: "substring",
        usage: "substring(source, start[, end])",
        params: &[STRING, Takes::Integer, Takes::Integer],
        required: 2,
        variadic: false,
        folds: false,
        null_from: 1,
    },
    arithmetic("subtract", "subtract(a, b)"),
    Signature {
        name: "wildcard",
        usage: "wildcard(source, \"pattern\"[, …])",
        params: &[STRING, STRING],
        required: 2,
        variadic: true,
        folds: true,
        null_from: NEVER,
    },
];

const fn string_test(name: &'static str, usage: &'static str) -> Signature {
    Signature {
        name,
        usage,
        params: &[STRING, STRING],
        required: 2,
        variadic: false,
        folds: true,
        null_from: NEVER,
    }
}

impl Lower<'_, '_> {
    pub(super) fn call(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let name = call.name.node.as_str();
        if name.eq_ignore_ascii_case("_arraysearch") {
            return self.array_search(call, span);
        }
        let Some(signature) = SIGNATURES.iter().find(|s| s.name.eq_ignore_ascii_case(name)) else {
            return self.unknown_function(call);
        };
        if call.fold && !signature.folds {
            self.diags.push(
                Diagnostic::new(
                    Code::NoCaseFold,
                    call.name.span,
                    format!("`{}` has no form that ignores case", signature.name),
                )
                .help(format!("write `{}`", signature.usage)),
            );
            return None;
        }
        let args: Vec<_> = call.args.iter().map(|arg| self.expr(arg)).collect();
        if !self.check_count(signature, call, span) {
            return None;
        }
        let args: Vec<Expr> = args.into_iter().collect::<Option<_>>()?;
        if !self.check_types(signature, call, &args) {
            return None;
        }
        let is_null =
            |(at, arg): (usize, &Expr)| at < signature.null_from && arg.kind == ExprKind::Null;
        if args.iter().enumerate().any(is_null) {
            return Some(literal::null());
        }
        self.typed_call(signature.name, call, args)
    }

    fn unknown_function(&mut self, call: &ast::Call) -> Option<Expr> {
        let name = &call.name.node;
        let mut error = Diagnostic::new(
            Code::UnknownFunction,
            call.name.span,
            format!("unknown function `{name}`"),
        );
        error = match closest(name, SIGNATURES.iter().map(|s| s.name)) {
            _ if name.eq_ignore_ascii_case("match") => {
                error.help("`match` was removed from EQL: write `value regex \"…\"`")
            }
            Some(near) => error
                .help(format!("a function with a similar name exists: `{near}`"))
                .patch(call.name.span, near),
            None => error.help(format!(
                "EQL has {}",
                SIGNATURES.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ")
            )),
        };
        self.diags.push(error);
        None
    }

    fn check_count(&mut self, signature: &Signature, call: &ast::Call, span: Span) -> bool {
        let found = call.args.len();
        let most = if signature.variadic { usize::MAX } else { signature.params.len() };
        if (signature.required..=most).contains(&found) {
            return true;
        }
        let allowed = match (signature.required, most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        let plural = if allowed == "1" || allowed.ends_with(" 1") { "" } else { "s" };
        self.diags.push(
            Diagnostic::new(
                Code::ArgumentCount,
                span,
                format!("`{}` takes {allowed} argument{plural}, found {found}", signature.name),
            )
            .help(format!("write `{}`", signature.usage)),
        );
        false
    }

    fn check_types(&mut self, signature: &Signature, call: &ast::Call, args: &[Expr]) -> bool {
        let mut right = true;
        for (at, (arg, written)) in args.iter().zip(&call.args).enumerate() {
            let Some(takes) = signature.params.get(at).or_else(|| signature.params.last()) else {
                continue;
            };
            if arg.ty == Type::Null || takes.accepts(arg.ty) {
                continue;
            }
            right = false;
            let message = format!(
                "argument {} of `{}` must be {}, this is {}",
                at + 1,
                signature.name,
                takes.describe(),
                a_type(arg.ty)
            );
            let mut error = Diagnostic::new(Code::ArgumentType, written.span, message);
            if *takes == Takes::String {
                error = error.help("`string(value)` makes a string of any value");
            }
            self.diags.push(error.note(format!("it is called as `{}`", signature.usage)));
        }
        right
    }

    fn typed_call(&mut self, name: &str, call: &ast::Call, args: Vec<Expr>) -> Option<Expr> {
        let fold = call.fold;
        let written = call.args.as_slice();
        let op = match name {
            "add" => Some(ArithOp::Add),
            "subtract" => Some(ArithOp::Sub),
            "multiply" => Some(ArithOp::Mul),
            "divide" => Some(ArithOp::Div),
            "modulo" => Some(ArithOp::Mod),
            _ => None,
        };
        if let (Some(op), [left, right]) = (op, written) {
            return self.arith(op, left, right);
        }
        match name {
            "wildcard" => self.wildcard_call(args, written, fold),
            "cidrMatch" => self.cidr_call(args, written),
            "startsWith" => {
                Some(string_call(Function::StartsWith { fold }, WildcardKind::Prefix, args, fold))
            }
            "endsWith" => {
                Some(string_call(Function::EndsWith { fold }, WildcardKind::Suffix, args, fold))
            }
            "stringContains" => Some(string_call(
                Function::StringContains { fold },
                WildcardKind::Contains,
                args,
                fold,
            )),
            "between" => Some(value_call(Function::Between { fold }, args, Type::Keyword)),
            "concat" => Some(value_call(Function::Concat, args, Type::Keyword)),
            "string" => Some(value_call(Function::String, args, Type::Keyword)),
            "substring" => Some(value_call(Function::Substring, args, Type::Keyword)),
            "indexOf" => Some(value_call(Function::IndexOf { fold }, args, Type::Long)),
            "length" => Some(value_call(Function::Length, args, Type::Long)),
            _ => Some(value_call(Function::Number, args, Type::Double)),
        }
    }

    fn wildcard_call(
        &mut self,
        mut args: Vec<Expr>,
        written: &[Spanned<ast::Expr>],
        fold: bool,
    ) -> Option<Expr> {
        let patterns = args.split_off(1);
        let value = args.remove(0);
        let texts = self.constants(&patterns, &written[1..], "a pattern")?;
        let op = if fold { MatchOp::LikeFold } else { MatchOp::Like };
        let texts: Vec<_> = texts.iter().map(|(text, span)| (text.as_str(), *span)).collect();
        self.patterns(value, written[0].span, op, &texts)
    }

    fn cidr_call(&mut self, mut args: Vec<Expr>, written: &[Spanned<ast::Expr>]) -> Option<Expr> {
        let nets = args.split_off(1);
        let address = args.remove(0);
        if !matches!(address.ty, Type::Ip | Type::Keyword) {
            let message =
                format!("argument 1 of `cidrMatch` must be an ip, this is {}", a_type(address.ty));
            self.error(Code::ArgumentType, written[0].span, message);
            return None;
        }
        let texts = self.constants(&nets, &written[1..], "a network")?;
        let mut nets = Vec::with_capacity(texts.len());
        for (text, span) in texts {
            match literal::network(&text) {
                Some(net) => nets.push(net),
                None => self.diags.push(
                    Diagnostic::new(Code::BadCidr, span, format!("`{text}` is no network")).help(
                        "write an address and a number of bits: \"10.0.0.0/8\", \"fe80::/10\"",
                    ),
                ),
            }
        }
        if nets.len() < written.len() - 1 {
            return None;
        }
        Some(Expr { kind: ExprKind::Cidr(Box::new(address), nets), ty: Type::Boolean })
    }

    fn constants(
        &mut self,
        args: &[Expr],
        written: &[Spanned<ast::Expr>],
        what: &str,
    ) -> Option<Vec<(String, Span)>> {
        let mut texts = Vec::with_capacity(args.len());
        for (arg, place) in args.iter().zip(written) {
            if let ExprKind::Const(Const::Str(text)) = &arg.kind {
                texts.push((text.clone(), place.span));
            } else {
                let message = format!("{what} must be a literal string");
                self.error(Code::NotConstant, place.span, message);
            }
        }
        (texts.len() == args.len()).then_some(texts)
    }
}

/// `f(field, "literal")` is a test of the field; any other call stays a call.
fn string_call(
    function: Function,
    make: fn(String) -> WildcardKind,
    args: Vec<Expr>,
    fold: bool,
) -> Expr {
    let contains = matches!(function, Function::StringContains { .. });
    if let [source, Expr { kind: ExprKind::Const(Const::Str(text)), .. }] = args.as_slice()
        && source.ty == Type::Keyword
        // The empty string is contained in nothing.
        && !(contains && text.is_empty())
    {
        let test = literal_test(make, text, fold);
        return Expr { kind: ExprKind::Strings(Box::new(source.clone()), test), ty: Type::Boolean };
    }
    value_call(function, args, Type::Boolean)
}

fn value_call(function: Function, args: Vec<Expr>, ty: Type) -> Expr {
    Expr { kind: ExprKind::Call(function, args), ty }
}
