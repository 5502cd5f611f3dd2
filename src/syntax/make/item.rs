//! Top-level declarations and their members.

use super::{Cx, Str};
use crate::syntax::ast::*;

pub fn use_names(module: Module, names: Vec<(Ident, Option<Ident>)>) -> ItemKind {
    ItemKind::Use(Use { module, alias: None, names: Some(names) })
}

pub fn use_module(module: Module, alias: Option<Ident>) -> ItemKind {
    ItemKind::Use(Use { module, alias, names: None })
}

pub fn module_file(path: Str) -> Module {
    Module::File { path: path.value, span: path.span }
}

pub fn hyper(name: Ident, ty: Option<Type>, value: Expr, domain: Option<Expr>) -> ItemKind {
    ItemKind::Hyper(Hyper { name, ty, value, domain })
}

pub fn let_(names: Vec<Ident>, ty: Option<Type>, value: Expr) -> ItemKind {
    ItemKind::Let(Let { names, ty, value })
}

/// A function or a method, its documentation still missing.
pub fn func(
    name: Ident,
    sizes: Vec<SizeParam>,
    params: Vec<Param>,
    result: Option<Type>,
    wheres: Vec<Expr>,
    body: Expr,
) -> Func {
    Func { doc: None, name, sizes, params, result, wheres, body }
}

fn documented(cx: &Cx, l: usize, func: Func) -> Func {
    Func { doc: cx.doc(l), ..func }
}

pub fn function(cx: &Cx, l: usize, func: Func) -> ItemKind {
    ItemKind::Fn(documented(cx, l, func))
}

pub fn method(cx: &Cx, l: usize, func: Func) -> Member {
    Member::Method(documented(cx, l, func))
}

/// The size parameters of a layer: in, out, and whether an arrow stands between.
pub type LayerSizes = (Vec<SizeParam>, Vec<SizeParam>, bool);

pub fn plain_sizes(sizes: Vec<SizeParam>) -> LayerSizes {
    (sizes, vec![], false)
}

pub fn arrow_sizes(sizes_in: Vec<SizeParam>, sizes_out: Vec<SizeParam>) -> LayerSizes {
    (sizes_in, sizes_out, true)
}

pub fn layer(
    name: Ident,
    (sizes_in, sizes_out, has_arrow): LayerSizes,
    settings: Vec<Param>,
    wheres: Vec<Expr>,
    members: Vec<Member>,
) -> ItemKind {
    ItemKind::Layer(Layer { name, sizes_in, sizes_out, has_arrow, settings, wheres, members })
}

pub fn size_param(name: Ident, default: Option<Expr>) -> SizeParam {
    SizeParam { name, default }
}

pub fn param(name: Ident, ty: Option<Type>, default: Option<Expr>) -> Param {
    Param { name, ty, default }
}

/// A `param` or a `buffer`, its documentation still missing.
pub fn store(name: Ident, ty: Type, init: Expr, condition: Option<Expr>) -> Store {
    Store { doc: None, name, ty, init, condition }
}

pub fn param_member(cx: &Cx, l: usize, store: Store) -> Member {
    let doc = cx.doc(l);
    Member::Param(Store { doc, ..store })
}

pub fn buffer_member(cx: &Cx, l: usize, store: Store) -> Member {
    let doc = cx.doc(l);
    Member::Buffer(Store { doc, ..store })
}

pub fn field_member(names: Vec<Ident>, value: Expr) -> Member {
    Member::Field { names, value }
}

/// A line of an optimizer's body.
pub enum OptimizerMember {
    State(Vec<(Ident, Expr)>),
    Method(Box<Func>),
}

pub fn optimizer_method(cx: &Cx, l: usize, func: Func) -> OptimizerMember {
    OptimizerMember::Method(Box::new(documented(cx, l, func)))
}

pub fn optimizer(name: Ident, settings: Vec<Param>, wheres: Vec<Expr>, members: Vec<OptimizerMember>) -> ItemKind {
    let mut states = Vec::new();
    let mut methods = Vec::new();
    for member in members {
        match member {
            OptimizerMember::State(list) => states.extend(list),
            OptimizerMember::Method(func) => methods.push(*func),
        }
    }
    ItemKind::Optimizer(Optimizer { name, settings, wheres, states, methods })
}

pub fn train(name: Option<Ident>, items: Vec<TrainItem>) -> ItemKind {
    ItemKind::Train(Train { name, items })
}

/// `train { .. }` where a value stands.
pub fn train_expr(cx: &Cx, l: usize, name: Option<Ident>, items: Vec<TrainItem>, r: usize) -> Expr {
    Expr { kind: ExprKind::Train(Box::new(Train { name, items })), span: cx.span(l, r) }
}

pub fn test(name: Str, body: Block) -> ItemKind {
    ItemKind::Test(Test { name: name.value, name_span: name.span, body })
}
