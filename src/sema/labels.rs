//! Labels of axes: which size names an axis was bound to, so that `over: T` keeps meaning it.

use crate::ops::{Matrix, Op};
use crate::types::Dim;

use super::value::{Label, Tensor};

/// Which labels the result's axes keep.
pub(super) fn carried(op: &Op<Dim>, args: &[&Tensor], rank: usize) -> Vec<Vec<Label>> {
    let first = || args[0].labels.clone();
    let mut labels = match op {
        Op::Unary(_) | Op::Cast(_) | Op::Flip { .. } | Op::CumSum { .. } | Op::ArgSort { .. } => first(),
        Op::Matrix(Matrix::Cholesky | Matrix::Qr) | Op::Fft { .. } => first(),
        Op::Matrix(Matrix::SolveTriangular { .. }) => args[1].labels.clone(),
        Op::Binary(_) | Op::Compare(_) => merged(&args[0].labels, &args[1].labels),
        Op::Select => merged(&args[1].labels, &args[2].labels),
        Op::Transpose { perm } => perm.iter().map(|&p| args[0].labels[p].clone()).collect(),
        Op::Broadcast { axes, .. } => {
            let mut labels = vec![vec![]; rank];
            for (from, &to) in axes.iter().enumerate() {
                labels[to] = args[0].labels[from].clone();
            }
            labels
        }
        Op::Reduce { axes, .. } => without(first(), axes),
        Op::ArgMax { axis } => without(first(), &[*axis]),
        Op::Slice { axis, .. } | Op::Pad { axis, .. } | Op::Concat { axis } => {
            let mut labels = first();
            labels[*axis].clear();
            labels
        }
        Op::TakeAlong { .. } => args[1].labels.clone(),
        _ => vec![],
    };
    labels.resize(rank, vec![]);
    labels
}

fn merged(a: &[Vec<Label>], b: &[Vec<Label>]) -> Vec<Vec<Label>> {
    let join = |(a, b): (&Vec<Label>, &Vec<Label>)| {
        let mut labels = a.clone();
        labels.extend(b.iter().filter(|l| !a.contains(l)));
        labels
    };
    a.iter().zip(b).map(join).collect()
}

fn without(labels: Vec<Vec<Label>>, axes: &[usize]) -> Vec<Vec<Label>> {
    labels.into_iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, l)| l).collect()
}
