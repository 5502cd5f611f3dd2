//! Arithmetic of a layer's `forward` as a polynomial in its sizes, for editors: what `dln summary` counts at numbers.

use crate::ops::cost;
use crate::syntax::ast::{DimArg, Func, TypeKind};
use crate::tir::{Kind, Node, Program};
use crate::types::{Dim, Var};

use super::Checker;
use super::scope::Scope;
use super::value::Value;

impl Checker<'_> {
    /// What the nodes of the present program from `first` on compute. None where that is no polynomial in the sizes.
    pub fn flops_since(&self, first: usize) -> Option<Dim> {
        let program = &self.progs.last()?.program;
        sum(program, &program.nodes[first..])
    }
}

fn sum(program: &Program, nodes: &[Node]) -> Option<Dim> {
    nodes.iter().try_fold(Dim::from(0), |sum, node| Some(&sum + &flops(program, node)?))
}

fn flops(program: &Program, node: &Node) -> Option<Dim> {
    match &node.kind {
        Kind::Op(op) => {
            let args: Vec<Vec<Dim>> =
                node.args.iter().map(|arg| program.nodes[arg.index()].tys[0].shape.clone()).collect();
            cost::flops(op, &args, &node.tys[0].shape)
        }
        Kind::Scan(scan) => Some(&sum(&scan.body, &scan.body.nodes)? * &scan.n),
        Kind::Input(_) | Kind::Size(_) | Kind::Holds(_) | Kind::Result(_) => Some(Dim::from(0)),
        Kind::Grad => None,
    }
}

/// With `B` in the place of all axes of `..B`. None where the number of axes would count.
pub fn with_rests(flops: Dim, func: &Func, scope: &Scope) -> Option<Dim> {
    let types = func.params.iter().filter_map(|param| param.ty.as_ref());
    let dims = types.flat_map(|ty| match &ty.kind {
        TypeKind::Tensor { dims, .. } => dims.as_slice(),
        _ => &[],
    });
    let rest = |dim: &DimArg| match dim {
        DimArg::Rest(Some(name), _) => Some(name.name.clone()),
        _ => None,
    };
    dims.filter_map(rest).try_fold(flops, |flops, name| {
        let Some(Value::List(sizes)) = scope.get(&name) else { return Some(flops) };
        let vars: Vec<Var> = sizes.iter().filter_map(|size| super::bind::dim_of(size)?.as_var()).collect();
        let whole = Dim::var(&Var::fresh(&name, 1));
        let all_in = |at: usize| {
            let size = |i: usize| if i == at { whole.clone() } else { Dim::from(1) };
            flops.subst(&vars.iter().enumerate().map(|(i, var)| (var.clone(), size(i))).collect())
        };
        let first = all_in(0);
        (1..vars.len()).all(|at| all_in(at) == first).then_some(first)
    })
}
