//! Blocks and statements.

use super::Cx;
use crate::diag::Diagnostic;
use crate::syntax::ast::*;

/// A block's value is its last statement, if that is an expression.
pub fn block(cx: &Cx, l: usize, stmts: Vec<Stmt>, r: usize) -> Block {
    block_of(cx, stmts, cx.span(l, r))
}

pub(in crate::syntax) fn block_of(cx: &Cx, mut stmts: Vec<Stmt>, span: crate::base::Span) -> Block {
    let value = match stmts.pop() {
        Some(Stmt { kind: StmtKind::Expr(value), .. }) => Some(Box::new(value)),
        Some(last) => {
            stmts.push(last);
            None
        }
        None => None,
    };
    stmts.iter().for_each(|s| report_dropped_comparison(cx, s));
    Block { stmts, value, span }
}

/// `x == 3` on a line of its own, with more lines behind it.
fn report_dropped_comparison(cx: &Cx, stmt: &Stmt) {
    let StmtKind::Expr(Expr { kind: ExprKind::Binary(BinaryOp::Eq, op, left, _), .. }) = &stmt.kind else {
        return;
    };
    if !matches!(left.kind, ExprKind::Name(_)) {
        return;
    }
    cx.report(Diagnostic::error("E0122", *op, "this compares, and nothing uses the result", "`==` compares").fix(
        "write `=` to define a name",
        *op,
        "=",
    ));
}

pub fn stmt(cx: &Cx, l: usize, kind: StmtKind, r: usize) -> Stmt {
    Stmt { kind, span: cx.span(l, r) }
}

pub fn assign(names: Vec<Ident>, value: Expr) -> StmtKind {
    StmtKind::Assign { sizes: vec![], names, value }
}

/// `[k] boxes = nms(..)`: what stands between the brackets are new names.
pub fn assign_sizes(cx: &Cx, sizes: Vec<Expr>, names: Vec<Ident>, value: Expr) -> StmtKind {
    let mut idents = vec![];
    for size in sizes {
        match size.kind {
            ExprKind::Name(name) => idents.push(Ident { name, span: size.span }),
            _ => cx.report(
                Diagnostic::error("E0118", size.span, "`[k] x = ..` names sizes that `..` finds", "this is no name")
                    .help("to claim a size that is known: `x = .. :> [128]`"),
            ),
        }
    }
    StmtKind::Assign { sizes: idents, names, value }
}

/// `x: T = e` says of the value what `x = e :> T` says.
pub fn assign_typed(name: Ident, ty: Type, value: Expr) -> StmtKind {
    let value = Expr { span: value.span, kind: ExprKind::Coerce { value: Box::new(value), ty } };
    assign(vec![name], value)
}

pub fn update(target: Expr, value: Expr) -> StmtKind {
    StmtKind::Update { target, value }
}

pub fn minimize(loss: Expr, groups: Vec<(Expr, Expr)>) -> StmtKind {
    StmtKind::Minimize { loss, groups }
}

pub fn assert(condition: Expr, message: Option<Expr>) -> StmtKind {
    StmtKind::Assert { condition, message }
}

pub fn for_(names: Vec<Ident>, values: Expr, body: Block) -> StmtKind {
    StmtKind::For { names, values, body }
}

pub fn save(what: Expr, to: Expr, names: Option<Expr>) -> StmtKind {
    StmtKind::Save { what, to, names }
}
