//! Expressions that have parts.

use super::Cx;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::syntax::ast::*;

fn expr(cx: &Cx, l: usize, kind: ExprKind, r: usize) -> Expr {
    let span = cx.span(l, r);
    Expr { kind, span }
}

pub fn pipe(cx: &Cx, l: usize, value: Expr, func: Expr, r: usize) -> Expr {
    let kind = ExprKind::Pipe(Box::new(value), Box::new(func));
    expr(cx, l, kind, r)
}

pub fn compose(cx: &Cx, l: usize, first: Expr, second: Expr, r: usize) -> Expr {
    let kind = ExprKind::Compose(Box::new(first), Box::new(second));
    expr(cx, l, kind, r)
}

/// `o` is where the operator stands.
pub fn binary(cx: &Cx, l: usize, left: Expr, o: usize, op: BinaryOp, right: Expr, r: usize) -> Expr {
    let kind = ExprKind::Binary(op, cx.at(o), Box::new(left), Box::new(right));
    expr(cx, l, kind, r)
}

pub fn unary(cx: &Cx, l: usize, op: UnaryOp, value: Expr, r: usize) -> Expr {
    expr(cx, l, ExprKind::Unary(op, Box::new(value)), r)
}

pub fn coerce(cx: &Cx, l: usize, value: Expr, ty: Type, r: usize) -> Expr {
    let value = Box::new(value);
    expr(cx, l, ExprKind::Coerce { value, ty }, r)
}

pub fn range(cx: &Cx, l: usize, lo: Expr, inclusive: bool, hi: Expr, r: usize) -> Expr {
    let kind = ExprKind::Range { lo: Box::new(lo), hi: Box::new(hi), inclusive };
    expr(cx, l, kind, r)
}

pub fn lambda(cx: &Cx, l: usize, params: Vec<Param>, body: Expr, r: usize) -> Expr {
    let body = Box::new(body);
    expr(cx, l, ExprKind::Lambda { params, body }, r)
}

/// `|| e`: a function without parameters.
pub fn thunk(cx: &Cx, l: usize, body: Expr, r: usize) -> Expr {
    lambda(cx, l, vec![], body, r)
}

pub fn call(cx: &Cx, l: usize, func: Expr, args: Vec<Arg>, r: usize) -> Expr {
    let func = Box::new(func);
    expr(cx, l, ExprKind::Call { func, args }, r)
}

pub fn arg(value: Expr) -> Arg {
    Arg { name: None, value }
}

pub fn named_arg(name: Ident, value: Expr) -> Arg {
    Arg { name: Some(name), value }
}

pub fn index(cx: &Cx, l: usize, base: Expr, args: Vec<IndexArg>, arrow: Option<Vec<IndexArg>>, r: usize) -> Expr {
    let base = Box::new(base);
    expr(cx, l, ExprKind::Index { base, args, arrow }, r)
}

pub fn rest(cx: &Cx, l: usize, r: usize) -> IndexArg {
    IndexArg::Rest(cx.span(l, r))
}

pub fn slice(cx: &Cx, l: usize, start: Option<Expr>, stop: Option<Expr>, step: Option<Expr>, r: usize) -> IndexArg {
    IndexArg::Slice { start, stop, step, span: cx.span(l, r) }
}

pub fn spread(cx: &Cx, l: usize, list: Expr, r: usize) -> Expr {
    expr(cx, l, ExprKind::Spread(Box::new(list)), r)
}

/// `base.name`. A member of a layer is in scope by its name, so `self.` is reported and left out.
pub fn field(cx: &Cx, l: usize, base: Expr, name: Ident, r: usize) -> Expr {
    if matches!(&base.kind, ExprKind::Name(n) if &**n == "self") {
        report_self(cx, base.span, &name);
        let span = name.span;
        return Expr { kind: ExprKind::Name(name.name), span };
    }
    let base = Box::new(base);
    expr(cx, l, ExprKind::Field { base, name }, r)
}

fn report_self(cx: &Cx, base: Span, name: &Ident) {
    let prefix = base.to(name.span.start());
    cx.report(
        Diagnostic::error(
            "E0113",
            prefix,
            "there is no `self` in dln",
            "the members of a layer are in scope by their names",
        )
        .fix(format!("write `{}`", name.name), prefix, ""),
    );
}

pub fn pattern_expr(cx: &Cx, l: usize, base: Expr, pattern: Pattern, r: usize) -> Expr {
    let base = Box::new(base);
    expr(cx, l, ExprKind::Pattern { base, pattern }, r)
}

/// `(e)`: the expression itself, with the span of the parentheses.
pub fn group(cx: &Cx, l: usize, inner: Expr, r: usize) -> Expr {
    expr(cx, l, inner.kind, r)
}

pub fn tuple(cx: &Cx, l: usize, parts: Vec<Expr>, r: usize) -> Expr {
    expr(cx, l, ExprKind::Tuple(parts), r)
}

pub fn record(cx: &Cx, l: usize, parts: Vec<(Ident, Expr)>, r: usize) -> Expr {
    expr(cx, l, ExprKind::Record(parts), r)
}

pub fn list(cx: &Cx, l: usize, elements: Vec<Expr>, r: usize) -> Expr {
    expr(cx, l, ExprKind::List(elements), r)
}

pub fn comprehension(cx: &Cx, l: usize, value: Expr, clauses: Vec<Clause>, r: usize) -> Expr {
    let value = Box::new(value);
    expr(cx, l, ExprKind::Comprehension { value, clauses }, r)
}

pub fn clause(names: Vec<Ident>, values: Expr, condition: Option<Expr>) -> Clause {
    Clause { names, values, condition }
}

pub fn block_expr(block: Block) -> Expr {
    Expr { span: block.span, kind: ExprKind::Block(block) }
}

pub fn if_(cx: &Cx, l: usize, condition: Expr, then: Block, otherwise: Option<Block>, r: usize) -> Expr {
    let kind = ExprKind::If { condition: Box::new(condition), then, otherwise };
    expr(cx, l, kind, r)
}

/// `else if` is an `if` in a block of its own.
pub fn else_if(cx: &Cx, l: usize, condition: Expr, then: Block, otherwise: Expr, r: usize) -> Expr {
    let otherwise = Block { stmts: vec![], span: otherwise.span, value: Some(Box::new(otherwise)) };
    if_(cx, l, condition, then, Some(otherwise), r)
}

pub fn scan(
    cx: &Cx,
    l: usize,
    names: Vec<Ident>,
    over_values: Vec<Expr>,
    axis: Expr,
    backward: bool,
    carries: Option<Vec<(Ident, Expr)>>,
    body: Block,
    r: usize,
) -> Expr {
    let kind = ExprKind::Scan {
        names,
        over_values,
        axis: Box::new(axis),
        backward,
        carries: carries.unwrap_or_default(),
        body,
    };
    expr(cx, l, kind, r)
}

pub fn repeat(
    cx: &Cx,
    l: usize,
    name: Option<Ident>,
    range: Expr,
    carries: Vec<(Ident, Expr)>,
    body: Block,
    r: usize,
) -> Expr {
    let kind = ExprKind::Repeat { name, range: Box::new(range), carries, body };
    expr(cx, l, kind, r)
}

/// `max i in 0..100`
pub type Bound = (Option<Ident>, Expr);

/// A `while` without a bound, or one that carries nothing, is that of another language.
pub fn while_(
    cx: &Cx,
    l: usize,
    condition: Expr,
    bound: Option<Bound>,
    carries: Option<Vec<(Ident, Expr)>>,
    body: Block,
    r: usize,
) -> Expr {
    let word = cx.at(l);
    let kind = match (bound, carries) {
        (Some((name, range)), Some(carries)) => {
            ExprKind::While { condition: Box::new(condition), name, range: Box::new(range), carries, body }
        }
        (None, Some(_)) => {
            let message = "a `while` says how often it runs at most";
            let diagnostic = Diagnostic::error("E0115", word, message, "without a bound");
            cx.report(diagnostic.fix("write `max 100`", condition.span.end(), " max 100"));
            ExprKind::Broken
        }
        (_, None) => {
            let message = "a `while` carries what its condition looks at";
            let label = "nothing that changes from one iteration to the next";
            let diagnostic = Diagnostic::error("E0115", word, message, label);
            cx.report(diagnostic.help("`while x > 1 max 100 with (x = x0) { x = x / 2 }`"));
            ExprKind::Broken
        }
    };
    expr(cx, l, kind, r)
}

pub fn each(cx: &Cx, l: usize, values: Expr, name: Ident, body: Block, r: usize) -> Expr {
    let kind = ExprKind::Each { values: Box::new(values), name, body };
    expr(cx, l, kind, r)
}
