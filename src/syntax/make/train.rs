//! What stands in a `train` block.

use super::Cx;
use crate::diag::Diagnostic;
use crate::syntax::ast::*;

pub fn setting(name: Ident, value: Expr) -> TrainItem {
    TrainItem::Setting { name, value }
}

pub fn step(cx: &Cx, l: usize, name: Option<Ident>, params: Vec<Ident>, body: Block, r: usize) -> TrainItem {
    TrainItem::Step { name, params, body, span: cx.span(l, r) }
}

/// `validate DATA (x, y) { .. }`: to the grammar the parameters are a call's arguments, the last before the block.
/// In `validate () { .. }` there are none, and no data.
pub fn validate(cx: &Cx, l: usize, data: Expr, body: Block, r: usize) -> TrainItem {
    let without_data = matches!(&data.kind, ExprKind::Tuple(parts) if parts.is_empty());
    let (data, params) = split_params(data);
    if params.is_none() && !without_data {
        let place = data.span.end();
        cx.report(
            Diagnostic::error(
                "E0131",
                data.span,
                "`validate` needs names for the fields of its data",
                "the names go behind this, in parentheses",
            )
            .fix("name the fields", place, " (x, y)"),
        );
    }
    TrainItem::Validate { data, params: params.unwrap_or_default(), body, span: cx.span(l, r) }
}

/// Takes the last call off, if its arguments are names.
fn split_params(data: Expr) -> (Expr, Option<Vec<Ident>>) {
    match data.kind {
        ExprKind::Call { func, args } if args.iter().all(is_plain_name) => {
            let params = args.into_iter().filter_map(into_name).collect();
            (*func, Some(params))
        }
        ExprKind::Pipe(left, right) => {
            let (right, params) = split_params(*right);
            let span = left.span.to(right.span);
            let kind = ExprKind::Pipe(left, Box::new(right));
            (Expr { kind, span }, params)
        }
        kind => {
            let span = data.span;
            (Expr { kind, span }, None)
        }
    }
}

fn is_plain_name(arg: &Arg) -> bool {
    arg.name.is_none() && matches!(arg.value.kind, ExprKind::Name(_) | ExprKind::Hole)
}

fn into_name(arg: Arg) -> Option<Ident> {
    let span = arg.value.span;
    match arg.value.kind {
        ExprKind::Name(name) => Some(Ident { name, span }),
        _ => Some(Ident { name: "_".into(), span }),
    }
}

pub fn every(cx: &Cx, l: usize, count: Expr, unit: Unit, body: Block, r: usize) -> TrainItem {
    TrainItem::Every { count, unit, body, span: cx.span(l, r) }
}

pub fn metric(part: Ident, name: Ident) -> Metric {
    Metric { part, name }
}

pub fn save_best(cx: &Cx, l: usize, direction: Direction, metric: Metric, to: Expr, r: usize) -> TrainItem {
    TrainItem::SaveBest { direction, metric, to, span: cx.span(l, r) }
}

pub fn stop(cx: &Cx, l: usize, patience: Expr, direction: Direction, metric: Metric, r: usize) -> TrainItem {
    TrainItem::Stop { patience, direction, metric, span: cx.span(l, r) }
}
