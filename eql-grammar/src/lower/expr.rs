//! Expressions: types, constants, and the forms that the matchers know.

use std::collections::HashSet;

use super::{Lower, Resolved, comparable, literal};
use crate::ast::{self, ArithOp, CompareOp, Dialect};
use crate::diag::{Code, Diagnostic};
use crate::hir::{ArraySearch, Cond, Const, Expr, ExprKind, Function, Root, StringTest};
use crate::regex::{self, RegexErrorKind};
use crate::schema::{Holds, Type};
use crate::span::{Span, Spanned};
use crate::wildcard::{self, Wildcard, WildcardKind};

impl Lower<'_, '_> {
    /// Lowers an expression; `None` where it was reported.
    pub(super) fn expr(&mut self, written: &Spanned<ast::Expr>) -> Option<Expr> {
        match &written.node {
            ast::Expr::Literal(value) => Some(literal::expr(value)),
            ast::Expr::Field(field) => match self.field(field, written.span) {
                Resolved::Field(ix, ty) => Some(Expr { kind: ExprKind::Field(ix), ty }),
                Resolved::Null => Some(literal::null()),
                Resolved::Error => None,
            },
            ast::Expr::Variable(variable) => self.variable(variable, written.span),
            ast::Expr::Not(inner) => self.boolean(inner).map(not),
            ast::Expr::And(list) => self.all_boolean(list).map(and),
            ast::Expr::Or(list) => self.all_boolean(list).map(or),
            ast::Expr::Compare(compare) => self.compare(compare, written.span),
            ast::Expr::Arith(arith) => self.arith(arith.op.node, &arith.left, &arith.right),
            ast::Expr::Neg(inner) => self.negative(inner),
            ast::Expr::In(list) => self.in_list(list),
            ast::Expr::Match(matched) => self.match_patterns(matched),
            ast::Expr::Call(call) => self.call(call, written.span),
            ast::Expr::DescendantOf(query) => {
                let query = self.alone(|cx| cx.event_query(query))?;
                self.descendants.push(query);
                Some(cond(Cond::DescendantOf(self.descendants.len() - 1)))
            }
        }
    }

    /// Lowers what must be boolean.
    pub(super) fn boolean(&mut self, written: &Spanned<ast::Expr>) -> Option<Expr> {
        let expr = self.expr(written)?;
        if matches!(expr.ty, Type::Boolean | Type::Null) {
            return Some(expr);
        }
        let mut error = Diagnostic::new(
            Code::NotBoolean,
            written.span,
            format!("a condition must be boolean, this is {}", a_type(expr.ty)),
        );
        error = match &expr.kind {
            ExprKind::Field(_) => {
                error.help("compare it, or write `… != null` to ask whether the field is there")
            }
            ExprKind::Call(..) => error.help("compare the result of the function with a value"),
            _ => error.help("write a comparison such as `process.name == \"x\"`"),
        };
        self.diags.push(error);
        None
    }

    fn all_boolean(&mut self, list: &[Spanned<ast::Expr>]) -> Option<Vec<Expr>> {
        let lowered: Vec<_> = list.iter().map(|item| self.boolean(item)).collect();
        lowered.into_iter().collect()
    }

    fn variable(&mut self, variable: &ast::Variable, span: Span) -> Option<Expr> {
        let found = self.variables.iter().enumerate().rev().find(|(_, (n, _))| *n == variable.name);
        let Some((depth, (_, array))) = found else {
            if self.is_out_of_reach(&format!("${}", variable.name), span) {
                return None;
            }
            let known: Vec<_> =
                self.variables.iter().map(|(name, _)| format!("`${name}`")).collect();
            let mut error = Diagnostic::new(
                Code::UnknownVariable,
                span,
                format!("nothing defines `${}`", variable.name),
            );
            error = if known.is_empty() {
                error.help("variables are defined by `_arraysearch(array, $name, condition)`")
            } else {
                error.help(format!("defined here: {}", known.join(", ")))
            };
            self.diags.push(error);
            return None;
        };
        let full = if variable.path.is_empty() {
            array.clone()
        } else {
            format!("{array}.{}", variable.path)
        };
        match self.place(Root::Element(depth), &variable.path, false, span, &full) {
            Resolved::Field(ix, ty) => Some(Expr { kind: ExprKind::Field(ix), ty }),
            Resolved::Null | Resolved::Error => None,
        }
    }

    fn compare(&mut self, compare: &ast::Compare, span: Span) -> Option<Expr> {
        if let Some(test) = self.object_is_null(compare) {
            return Some(test);
        }
        let (left, right) = (self.expr(&compare.left), self.expr(&compare.right));
        let (left, right) = (left?, right?);
        let op = compare.op.node;
        if op == CompareOp::Ne {
            let equal = self.comparison(compare, span, left, CompareOp::Eq, right)?;
            return Some(not(equal));
        }
        self.comparison(compare, span, left, op, right)
    }

    /// `object == null` of the endpoint dialect: whether the event has the object.
    fn object_is_null(&mut self, compare: &ast::Compare) -> Option<Expr> {
        if self.options.dialect != Dialect::Endpoint
            || compare.right.node != ast::Expr::Literal(ast::Literal::Null)
            || !matches!(compare.op.node, CompareOp::Eq | CompareOp::Ne)
        {
            return None;
        }
        let ast::Expr::Field(field) = &compare.left.node else { return None };
        let info = self.options.schema.lookup(&field.path)?;
        if info.holds != Holds::Objects {
            return None;
        }
        let builtin = info.origin == crate::schema::Origin::Builtin;
        let (path, span) = (field.path.as_str(), compare.left.span);
        let array = self.intern(Root::Event, path, path, None, builtin, span);
        self.fields[array.0].searched = true;
        let depth = self.variables.len();
        let any = ArraySearch { array, depth, condition: Cond::Const(true) };
        let there = cond(Cond::ArraySearch(Box::new(any)));
        Some(if compare.op.node == CompareOp::Eq { not(there) } else { there })
    }

    fn comparison(
        &mut self,
        written: &ast::Compare,
        span: Span,
        left: Expr,
        op: CompareOp,
        right: Expr,
    ) -> Option<Expr> {
        match (left.kind == ExprKind::Null, right.kind == ExprKind::Null) {
            (false, false) => {}
            _ if op != CompareOp::Eq => return Some(literal::null()),
            (true, true) => return Some(literal::bool(true)),
            (true, false) => return Some(is_null(right)),
            (false, true) => return Some(is_null(left)),
        }
        if let (ExprKind::Const(a), ExprKind::Const(b)) = (&left.kind, &right.kind) {
            return match literal::compare(a, b) {
                Some(order) => Some(literal::bool(holds(op, order))),
                None => self.type_mismatch(span, &left, &right),
            };
        }
        if left.is_constant() && !right.is_constant() {
            return self.against(&written.right, right, op.mirrored(), &written.left, left, span);
        }
        if !right.is_constant() && self.options.dialect == Dialect::Elasticsearch {
            self.diags.push(
                Diagnostic::new(
                    Code::FieldComparison,
                    span,
                    "a comparison between fields does not run in Elasticsearch",
                )
                .label("both sides read a field")
                .help("compare with a literal; the endpoint dialect (`dialect = \"endpoint\"`) compares fields"),
            );
            return None;
        }
        self.against(&written.left, left, op, &written.right, right, span)
    }

    /// A comparison whose left side reads a field, or both sides are constant calls.
    fn against(
        &mut self,
        left_written: &Spanned<ast::Expr>,
        left: Expr,
        op: CompareOp,
        right_written: &Spanned<ast::Expr>,
        right: Expr,
        span: Span,
    ) -> Option<Expr> {
        let ExprKind::Const(value) = &right.kind else {
            if !comparable(left.ty, right.ty) {
                return self.type_mismatch(span, &left, &right);
            }
            return Some(compare_expr(op, left, right));
        };
        if left.ty == Type::Ip
            && op == CompareOp::Eq
            && let Const::Str(text) = value
            && text.contains('/')
            && let Some(net) = literal::network(text)
        {
            return Some(boolean(ExprKind::Cidr(Box::new(left), vec![net])));
        }
        let value = self.literal_as(value, left.ty, left_written, right_written.span)?;
        if left.ty == Type::Boolean && op != CompareOp::Eq {
            self.error(Code::TypeMismatch, span, "booleans have no order: use `==` or `!=`");
            return None;
        }
        if let (CompareOp::Eq, Type::Keyword, Const::Str(text)) = (op, left.ty, &value) {
            let fold = self.is_caseless(left_written);
            if !fold {
                self.lint_exact(text, right_written.span);
            }
            let text = if fold { text.to_ascii_lowercase() } else { text.clone() };
            let test = StringTest { fold, exact: vec![text], ..StringTest::default() };
            return Some(boolean(ExprKind::Strings(Box::new(left), test)));
        }
        Some(compare_expr(op, left, literal::constant(value)))
    }

    /// Whether the field is the sub-field of an index that folds case, such as `process.name.caseless`.
    fn is_caseless(&self, written: &Spanned<ast::Expr>) -> bool {
        let ast::Expr::Field(field) = &written.node else { return false };
        field.path.ends_with(".caseless")
            && self.options.schema.lookup(&field.path).is_some_and(|info| info.multi_field)
    }

    /// A literal in the type of what it is compared with, or a report.
    fn literal_as(
        &mut self,
        value: &Const,
        ty: Type,
        of: &Spanned<ast::Expr>,
        span: Span,
    ) -> Option<Const> {
        match literal::convert(value, ty) {
            Ok(value) => Some(value),
            Err(holds) => {
                let message = format!(
                    "`{}` is {}, which never equals {}",
                    of.node,
                    a_type(ty),
                    literal::display(value)
                );
                self.diags.push(
                    Diagnostic::new(Code::BadLiteral, span, message)
                        .help(format!("{} fields hold {holds}", ty.name())),
                );
                None
            }
        }
    }

    fn type_mismatch(&mut self, span: Span, left: &Expr, right: &Expr) -> Option<Expr> {
        let message = format!("cannot compare {} with {}", a_type(left.ty), a_type(right.ty));
        self.diags.push(
            Diagnostic::new(Code::TypeMismatch, span, message)
                .help("both sides of a comparison need the same type"),
        );
        None
    }

    pub(super) fn arith(
        &mut self,
        op: ArithOp,
        left: &Spanned<ast::Expr>,
        right: &Spanned<ast::Expr>,
    ) -> Option<Expr> {
        let (left, right) = (self.number(left), self.number(right));
        let (left, right) = (left?, right?);
        if left.kind == ExprKind::Null || right.kind == ExprKind::Null {
            return Some(literal::null());
        }
        if let (ExprKind::Const(a), ExprKind::Const(b)) = (&left.kind, &right.kind) {
            return Some(literal::arith(op, a, b).map_or_else(literal::null, literal::constant));
        }
        let ty = if left.ty == Type::Double || right.ty == Type::Double {
            Type::Double
        } else {
            Type::Long
        };
        Some(Expr { kind: ExprKind::Arith(op, Box::new(left), Box::new(right)), ty })
    }

    fn negative(&mut self, inner: &Spanned<ast::Expr>) -> Option<Expr> {
        let expr = self.number(inner)?;
        Some(match expr.kind {
            ExprKind::Null => literal::null(),
            ExprKind::Const(Const::Int(value)) => match value.checked_neg() {
                Some(value) => literal::constant(Const::Int(value)),
                None => literal::null(),
            },
            ExprKind::Const(Const::Float(9_223_372_036_854_775_808.0)) => {
                literal::constant(Const::Int(i64::MIN))
            }
            ExprKind::Const(Const::Float(value)) => literal::constant(Const::Float(-value)),
            kind => {
                let ty = expr.ty;
                Expr { kind: ExprKind::Neg(Box::new(Expr { kind, ty })), ty }
            }
        })
    }

    fn number(&mut self, written: &Spanned<ast::Expr>) -> Option<Expr> {
        let expr = self.expr(written)?;
        if matches!(expr.ty, Type::Long | Type::UnsignedLong | Type::Double | Type::Null) {
            return Some(expr);
        }
        let message =
            format!("arithmetic needs numbers, `{}` is {}", written.node, a_type(expr.ty));
        self.error(Code::TypeMismatch, written.span, message);
        None
    }

    fn in_list(&mut self, written: &ast::In) -> Option<Expr> {
        let value = self.expr(&written.value);
        let items: Vec<_> = written.list.iter().map(|item| self.expr(item)).collect();
        let value = value?;
        let items: Vec<Expr> = items.into_iter().collect::<Option<_>>()?;
        if value.kind == ExprKind::Null {
            return Some(literal::null());
        }
        if written.fold && value.ty != Type::Keyword {
            let message =
                format!("`in~` ignores case and needs a string, this is {}", a_type(value.ty));
            self.diags.push(
                Diagnostic::new(Code::MatchNotString, written.value.span, message).help("use `in`"),
            );
            return None;
        }
        let mut consts = Vec::new();
        let mut fields = Vec::new();
        let mut null = false;
        let mut failed = false;
        for (item, place) in items.into_iter().zip(&written.list) {
            match item.kind {
                ExprKind::Null => null = true,
                ExprKind::Const(constant) => {
                    match self.list_item(&constant, value.ty, place.span) {
                        Some(constant) => consts.push((constant, place.span)),
                        None => failed = true,
                    }
                }
                _ if self.options.dialect == Dialect::Endpoint && comparable(value.ty, item.ty) => {
                    fields.push(if written.fold {
                        same_but_for_case(value.clone(), item)
                    } else {
                        compare_expr(CompareOp::Eq, value.clone(), item)
                    });
                }
                _ => {
                    failed = true;
                    self.diags.push(
                        Diagnostic::new(
                            Code::FieldComparison,
                            place.span,
                            "an `in` list holds literals",
                        )
                        .label("not a literal"),
                    );
                }
            }
        }
        if failed {
            return None;
        }
        let fold = written.fold || self.is_caseless(&written.value);
        let listed = self.constant_list(value, consts, fold);
        fields.push(listed);
        // To equal null is null: inside a leaf that is what is left where no other element fits.
        if null && fields.iter().any(|test| !matches!(test.kind, ExprKind::Const(_))) {
            fields.push(literal::null());
        }
        let any = or(fields);
        Some(if written.negated { not(any) } else { any })
    }

    fn list_item(&mut self, constant: &Const, ty: Type, span: Span) -> Option<Const> {
        let same = match (constant, ty) {
            (Const::Str(_), Type::Keyword | Type::Ip | Type::Date | Type::Version)
            | (Const::Bool(_), Type::Boolean)
            | (Const::Int(_), Type::Date) => true,
            (Const::Int(_) | Const::Unsigned(_) | Const::Float(_), ty) => {
                matches!(ty, Type::Long | Type::UnsignedLong | Type::Double)
            }
            _ => false,
        };
        if same && let Ok(converted) = literal::convert(constant, ty) {
            return Some(converted);
        }
        let message = format!(
            "every element of the list must be {}, as the left side is; found {}",
            a_type(ty),
            literal::display(constant)
        );
        self.error(Code::ListType, span, message);
        None
    }

    fn constant_list(&mut self, value: Expr, consts: Vec<(Const, Span)>, fold: bool) -> Expr {
        if consts.is_empty() {
            return literal::bool(false);
        }
        if value.ty != Type::Keyword {
            let consts = consts.into_iter().map(|(constant, _)| constant).collect();
            return boolean(ExprKind::In(Box::new(value), consts));
        }
        let mut exact = Vec::with_capacity(consts.len());
        let mut seen = HashSet::with_capacity(consts.len());
        for (constant, place) in consts {
            let Const::Str(text) = constant else { continue };
            if !fold {
                self.lint_exact(&text, place);
            } else if text.contains(['*', '?']) {
                self.lint_literal_wildcard(place);
            }
            let text = if fold { text.to_ascii_lowercase() } else { text };
            if seen.insert(text.clone()) {
                exact.push(text);
            }
        }
        boolean(ExprKind::Strings(
            Box::new(value),
            StringTest { fold, exact, ..StringTest::default() },
        ))
    }

    fn match_patterns(&mut self, written: &ast::Match) -> Option<Expr> {
        let value = self.expr(&written.value);
        let name = match written.op.node {
            ast::MatchOp::Colon => ":",
            ast::MatchOp::Like => "like",
            ast::MatchOp::LikeFold => "like~",
            ast::MatchOp::Regex => "regex",
            ast::MatchOp::RegexFold => "regex~",
        };
        let mut patterns = Vec::new();
        let mut failed = false;
        for pattern in &written.patterns {
            match &pattern.node {
                ast::Literal::Str(text) => patterns.push((text.as_str(), pattern.span)),
                other => {
                    failed = true;
                    let message = format!("`{name}` matches strings, `{other}` is none");
                    self.diags.push(
                        Diagnostic::new(Code::MatchNotString, pattern.span, message)
                            .help("put it in double quotes, or use `==`"),
                    );
                }
            }
        }
        let value = value?;
        if failed {
            return None;
        }
        let op = match written.op.node {
            ast::MatchOp::Like if self.is_caseless(&written.value) => ast::MatchOp::LikeFold,
            ast::MatchOp::Regex if self.is_caseless(&written.value) => ast::MatchOp::RegexFold,
            op => op,
        };
        self.patterns(value, written.value.span, op, &patterns)
    }

    /// `value op (patterns)`.
    pub(super) fn patterns(
        &mut self,
        value: Expr,
        span: Span,
        op: ast::MatchOp,
        patterns: &[(&str, Span)],
    ) -> Option<Expr> {
        if value.kind == ExprKind::Null {
            return Some(literal::null());
        }
        if !matches!(value.ty, Type::Keyword) {
            let message =
                format!("this operator matches strings, its left side is {}", a_type(value.ty));
            let mut error = Diagnostic::new(Code::MatchNotString, span, message);
            error = match value.ty {
                Type::Ip => error.help("use `==`, or `cidrMatch` for networks"),
                _ => error.help("use `==`"),
            };
            self.diags.push(error);
            return None;
        }
        let fold = !matches!(op, ast::MatchOp::Like | ast::MatchOp::Regex);
        let test = match op {
            ast::MatchOp::Regex | ast::MatchOp::RegexFold => self.regexes(patterns, fold)?,
            _ => self.globs(patterns, fold),
        };
        Some(boolean(ExprKind::Strings(Box::new(value), test)))
    }

    fn globs(&mut self, patterns: &[(&str, Span)], fold: bool) -> StringTest {
        let mut test = StringTest { fold, ..StringTest::default() };
        let mut seen = HashSet::with_capacity(patterns.len());
        for &(text, span) in patterns {
            self.lint_pattern(text, fold, span);
            let text = if fold { text.to_ascii_lowercase() } else { text.to_owned() };
            if !seen.insert(text.clone()) {
                continue;
            }
            if text.contains(['*', '?']) {
                test.globs.push(wildcard::classify(&text));
            } else {
                test.exact.push(text);
            }
        }
        test
    }

    fn regexes(&mut self, patterns: &[(&str, Span)], fold: bool) -> Option<StringTest> {
        let texts: Vec<_> = patterns.iter().map(|(text, _)| *text).collect();
        match regex::compile(&texts, fold) {
            Ok(dfa) => {
                Some(StringTest { fold, regex: Some(Box::new(dfa)), ..StringTest::default() })
            }
            Err(error) => {
                let span =
                    patterns.get(error.pattern).map_or_else(Span::default, |(_, span)| *span);
                let code = match error.kind {
                    RegexErrorKind::TooLarge => Code::RegexTooLarge,
                    RegexErrorKind::Syntax => Code::BadRegex,
                };
                self.diags.push(
                    Diagnostic::new(code, span, error.message)
                        .note(format!("at byte {} of the expression", error.offset))
                        .note("expressions follow Lucene: the whole value must match; `~` complements, `&` intersects, `<n-m>` is a range of numbers"),
                );
                None
            }
        }
    }

    pub(super) fn array_search(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let [array, variable, condition] = call.args.as_slice() else {
            let message = format!(
                "`_arraysearch` takes an array, a `$variable` and a condition, found {} arguments",
                call.args.len()
            );
            self.error(Code::ArgumentCount, span, message);
            return None;
        };
        let (root, path, full) = match &array.node {
            ast::Expr::Field(field) => (Root::Event, field.path.clone(), field.path.clone()),
            ast::Expr::Variable(inner) => {
                let found =
                    self.variables.iter().enumerate().rev().find(|(_, (n, _))| *n == inner.name);
                let Some((depth, (_, outer))) = found else {
                    return self.variable(inner, array.span);
                };
                (Root::Element(depth), inner.path.clone(), format!("{outer}.{}", inner.path))
            }
            _ => {
                self.error(Code::ArgumentType, array.span, "the first argument must be a field");
                return None;
            }
        };
        let ast::Expr::Variable(name) = &variable.node else {
            self.diags.push(
                Diagnostic::new(
                    Code::ArgumentType,
                    variable.span,
                    "the second argument must be a variable",
                )
                .help("write `$entry`"),
            );
            return None;
        };
        let Some(info) = self.options.schema.lookup(&full) else {
            self.unknown_field(&full, array.span);
            return None;
        };
        let ty = match info.holds {
            Holds::Value(ty) => Some(ty),
            Holds::Objects | Holds::Other => None,
        };
        let builtin = info.origin == crate::schema::Origin::Builtin;
        let array = self.intern(root, &path, &full, ty, builtin, array.span);
        self.fields[array.0].searched = true;
        let depth = self.variables.len();
        self.variables.push((name.name.clone(), full));
        let condition = self.condition(condition);
        self.variables.pop();
        let search = ArraySearch { array, depth, condition: condition? };
        Some(cond(Cond::ArraySearch(Box::new(search))))
    }

    fn lint_exact(&mut self, text: &str, span: Span) {
        if text.contains(['*', '?']) {
            self.lint_literal_wildcard(span);
        }
        self.lint_case(text, span);
    }

    fn lint_literal_wildcard(&mut self, span: Span) {
        self.diags.push(
            Diagnostic::new(
                Code::LiteralWildcard,
                span,
                "`*` and `?` are ordinary characters here",
            )
            .help("use `:` or `like` if they are meant as wildcards"),
        );
    }

    fn lint_case(&mut self, text: &str, span: Span) {
        let bytes = text.as_bytes();
        let drive = matches!(bytes, [first, b':', b'\\', ..] if first.is_ascii_alphabetic() || *first == b'?');
        if drive && bytes.iter().skip(3).any(u8::is_ascii_alphabetic) {
            self.diags.push(
                Diagnostic::new(
                    Code::CaseSensitivePath,
                    span,
                    "a Windows path is compared with case here",
                )
                .help("Windows paths ignore case: use `:`, `like~` or `in~`"),
            );
        }
    }

    fn lint_pattern(&mut self, text: &str, fold: bool, span: Span) {
        if !fold {
            self.lint_case(text, span);
        }
    }
}

fn boolean(kind: ExprKind) -> Expr {
    Expr { kind, ty: Type::Boolean }
}

fn cond(cond: Cond) -> Expr {
    match cond {
        Cond::Const(value) => literal::bool(value),
        cond => boolean(ExprKind::Cond(Box::new(cond))),
    }
}

pub(super) fn is_null(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::Null => literal::bool(true),
        ExprKind::Const(_) | ExprKind::IsNull(_) | ExprKind::Cond(_) => literal::bool(false),
        _ => boolean(ExprKind::IsNull(Box::new(expr))),
    }
}

fn not(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::Null => literal::null(),
        ExprKind::Const(Const::Bool(value)) => literal::bool(!value),
        ExprKind::Not(inner) => *inner,
        _ => boolean(ExprKind::Not(Box::new(expr))),
    }
}

/// Three-valued: false wins, then null, which absorbs the rest.
fn and(list: Vec<Expr>) -> Expr {
    let mut kept = Vec::with_capacity(list.len());
    let mut null = false;
    for expr in list {
        match &expr.kind {
            ExprKind::Const(Const::Bool(false)) => return literal::bool(false),
            ExprKind::Const(Const::Bool(true)) => {}
            ExprKind::Null => null = true,
            _ => kept.push(expr),
        }
    }
    match kept.len() {
        _ if null => literal::null(),
        0 => literal::bool(true),
        1 => kept.remove(0),
        _ => boolean(ExprKind::And(kept)),
    }
}

/// Three-valued: true wins; beside anything that an event decides null stays, at the end.
fn or(list: Vec<Expr>) -> Expr {
    let mut kept = Vec::with_capacity(list.len());
    let mut null = false;
    for expr in list {
        match &expr.kind {
            ExprKind::Const(Const::Bool(true)) => return literal::bool(true),
            ExprKind::Const(Const::Bool(false)) => {}
            ExprKind::Null => null = true,
            _ => kept.push(expr),
        }
    }
    if null {
        kept.push(literal::null());
    }
    match kept.len() {
        0 => literal::bool(false),
        1 => kept.remove(0),
        _ => boolean(ExprKind::Or(kept)),
    }
}

fn compare_expr(op: CompareOp, left: Expr, right: Expr) -> Expr {
    boolean(ExprKind::Compare(op, Box::new(left), Box::new(right)))
}

/// Two strings are the same where each starts with the other.
fn same_but_for_case(left: Expr, right: Expr) -> Expr {
    let starts = |a: &Expr, b: &Expr| {
        let function = Function::StartsWith { fold: true };
        boolean(ExprKind::Call(function, vec![a.clone(), b.clone()]))
    };
    and(vec![starts(&left, &right), starts(&right, &left)])
}

fn holds(op: CompareOp, order: std::cmp::Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

/// `a keyword`, `an ip`
pub(super) fn a_type(ty: Type) -> String {
    let name = ty.name();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// A prefix, suffix or contained text that is compared as it stands, `*` and `?` included.
pub(super) fn literal_test(make: fn(String) -> WildcardKind, text: &str, fold: bool) -> StringTest {
    let text = if fold { text.to_ascii_lowercase() } else { text.to_owned() };
    let kind = if text.is_empty() { WildcardKind::Any } else { make(text) };
    StringTest { fold, globs: vec![Wildcard { skip: 0, kind }], ..StringTest::default() }
}
