//! What a condition asks for, and whether an event can give it.

mod absent;
mod implied;
mod literals;

use super::Context;
use crate::diag::Diagnostics;

pub(super) fn check(cx: &Context<'_>, diags: &mut Diagnostics) {
    let typed = super::typed(cx.query.hir);
    for ((stage, term), typed) in super::stages(cx.query.ast).into_iter().zip(typed) {
        implied::check(cx, &stage.condition, diags);
        literals::check(cx, &stage.condition, diags);
        let missing = term.is_some_and(|term| term.missing);
        absent::check(cx, stage, typed, !missing, diags);
    }
}
