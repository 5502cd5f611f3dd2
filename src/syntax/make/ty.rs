//! Types and index patterns.

use super::{Cx, literal::int_value};
use crate::diag::Diagnostic;
use crate::syntax::ast::*;

fn ty(cx: &Cx, l: usize, kind: TypeKind, r: usize) -> Type {
    let span = cx.span(l, r);
    Type { kind, span }
}

pub fn named_type(name: Ident) -> Type {
    Type { span: name.span, kind: TypeKind::Named(name) }
}

pub fn tensor_type(cx: &Cx, l: usize, element: Option<Element>, dims: Vec<DimArg>, r: usize) -> Type {
    ty(cx, l, TypeKind::Tensor { element, dims }, r)
}

pub fn layer_type(cx: &Cx, l: usize, name: Ident, ins: Vec<DimArg>, outs: Vec<DimArg>, r: usize) -> Type {
    ty(cx, l, TypeKind::Layer { name, ins, outs }, r)
}

pub fn tuple_type(cx: &Cx, l: usize, parts: Vec<Type>, r: usize) -> Type {
    ty(cx, l, TypeKind::Tuple(parts), r)
}

pub fn group_type(cx: &Cx, l: usize, inner: Type, r: usize) -> Type {
    ty(cx, l, inner.kind, r)
}

pub fn record_type(cx: &Cx, l: usize, parts: Vec<(Ident, Type)>, r: usize) -> Type {
    ty(cx, l, TypeKind::Record(parts), r)
}

/// `idx<V>`, the only type with angle brackets.
pub fn idx(cx: &Cx, l: usize, name: Ident, bound: Expr, r: usize) -> Element {
    if &*name.name != "idx" {
        cx.report(
            Diagnostic::error(
                "E0132",
                name.span,
                format!("only `idx` takes a bound in `<>`, not `{}`", name.name),
                "takes no bound",
            )
            .help("`idx<V>[B]` is a tensor of class or token numbers from 0 to V - 1"),
        );
    }
    Element::Idx(Box::new(bound), cx.span(l, r))
}

pub fn dim_rest(cx: &Cx, l: usize, name: Option<Ident>, r: usize) -> DimArg {
    DimArg::Rest(name, cx.span(l, r))
}

pub fn pattern(
    cx: &Cx,
    l: usize,
    inputs: Vec<Vec<Term>>,
    output: Vec<Term>,
    reduce: Option<Ident>,
    r: usize,
) -> Pattern {
    Pattern { inputs, output, reduce, span: cx.span(l, r) }
}

fn term(cx: &Cx, l: usize, kind: TermKind, r: usize) -> Term {
    let span = cx.span(l, r);
    Term { kind, span }
}

pub fn term_name(cx: &Cx, l: usize) -> Term {
    term(cx, l, TermKind::Name(cx.name(l)), l + 1)
}

pub fn term_int(cx: &Cx, l: usize) -> Term {
    let value = int_value(cx, l).unwrap_or(1);
    term(cx, l, TermKind::Int(value), l + 1)
}

pub fn term_rest(cx: &Cx, l: usize) -> Term {
    term(cx, l, TermKind::Rest, l + 1)
}

pub fn term_group(cx: &Cx, l: usize, terms: Vec<Term>, r: usize) -> Term {
    term(cx, l, TermKind::Group(terms), r)
}
