//! From a boolean expression to a two-valued condition over leaves.

use super::Lower;
use crate::ast;
use crate::hir::{Cond, Const, Expr, ExprKind, Test};
use crate::schema::Type;
use crate::span::Spanned;

impl Lower<'_, '_> {
    /// Lowers what must be boolean. A condition that folds to null selects nothing.
    pub(super) fn condition(&mut self, written: &Spanned<ast::Expr>) -> Option<Cond> {
        let expr = self.boolean(written)?;
        Some(to_cond(expr))
    }
}

/// The boolean structure above the leaves becomes two-valued; each leaf keeps its null inside.
fn to_cond(expr: Expr) -> Cond {
    match expr.kind {
        ExprKind::Null => Cond::Const(false),
        ExprKind::Const(Const::Bool(value)) => Cond::Const(value),
        ExprKind::Not(inner) => to_cond(*inner).negate(),
        ExprKind::And(list) => Cond::And(flatten(list, |cond| match cond {
            Cond::And(list) => Ok(list),
            other => Err(other),
        })),
        ExprKind::Or(mut list) => {
            // Above the leaves null is false, which decides nothing here.
            list.retain(|expr| expr.kind != ExprKind::Null);
            if list.len() == 1 {
                return to_cond(list.remove(0));
            }
            Cond::Or(flatten(list, |cond| match cond {
                Cond::Or(list) => Ok(list),
                other => Err(other),
            }))
        }
        ExprKind::Cond(cond) => *cond,
        kind => leaf(Expr { kind, ty: expr.ty }),
    }
}

fn flatten(list: Vec<Expr>, nested: impl Fn(Cond) -> Result<Vec<Cond>, Cond>) -> Vec<Cond> {
    let mut flat = Vec::with_capacity(list.len());
    for expr in list {
        match nested(to_cond(expr)) {
            Ok(mut inner) => flat.append(&mut inner),
            Err(cond) => flat.push(cond),
        }
    }
    flat
}

/// A test of one field where the expression is one, else the expression as it is.
fn leaf(expr: Expr) -> Cond {
    match expr.kind {
        ExprKind::Field(field) if expr.ty == Type::Boolean => Cond::Test(field, Test::Bool(true)),
        ExprKind::IsNull(inner) => match inner.kind {
            ExprKind::Field(field) => Cond::Exists(field).negate(),
            _ => Cond::Expr(Expr { kind: ExprKind::IsNull(inner), ty: expr.ty }),
        },
        ExprKind::Strings(inner, test) => match inner.kind {
            ExprKind::Field(field) => Cond::Test(field, Test::Strings(test)),
            _ => Cond::Expr(Expr { kind: ExprKind::Strings(inner, test), ty: expr.ty }),
        },
        ExprKind::In(inner, list) => match inner.kind {
            ExprKind::Field(field) => Cond::Test(field, Test::In(list)),
            _ => Cond::Expr(Expr { kind: ExprKind::In(inner, list), ty: expr.ty }),
        },
        ExprKind::Cidr(inner, nets) => match inner.kind {
            ExprKind::Field(field) if inner.ty == Type::Ip => Cond::Test(field, Test::Cidr(nets)),
            _ => Cond::Expr(Expr { kind: ExprKind::Cidr(inner, nets), ty: expr.ty }),
        },
        ExprKind::Compare(op, left, right) => match (left.kind, right.kind) {
            (ExprKind::Field(field), ExprKind::Const(Const::Bool(value)))
                if op == ast::CompareOp::Eq =>
            {
                Cond::Test(field, Test::Bool(value))
            }
            (ExprKind::Field(field), ExprKind::Const(value)) => {
                Cond::Test(field, Test::Compare(op, value))
            }
            (left_kind, right_kind) => Cond::Expr(Expr {
                kind: ExprKind::Compare(
                    op,
                    Box::new(Expr { kind: left_kind, ty: left.ty }),
                    Box::new(Expr { kind: right_kind, ty: right.ty }),
                ),
                ty: expr.ty,
            }),
        },
        kind => Cond::Expr(Expr { kind, ty: expr.ty }),
    }
}
