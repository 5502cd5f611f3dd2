//! Rules of the contractions: each is linear in either operand.

use super::cx::Cx;
use super::movement::inverse;
use crate::ops::{Conv, ConvMode, Op};

type Pairs<'a> = &'a [(usize, usize)];

/// `y[b, l, r] = sum k: lhs[b, l, k] rhs[b, r, k]`.
pub(super) fn dot(cx: &mut Cx, batch: Pairs, contract: Pairs) {
    let axes = DotAxes::new(batch, contract, cx.ty(cx.arg(0)).rank(), cx.ty(cx.arg(1)).rank());
    let (g, lhs, rhs) = (cx.g, cx.arg(0), cx.arg(1));
    let b = batch.len();
    let (l, r) = (axes.left_free.len(), axes.right_free.len());
    // dlhs[b, l, k] = sum r: g[b, l, r] rhs[b, r, k]
    cx.send(0, |cx| {
        let along = batch.iter().enumerate().map(|(i, p)| (i, p.1)).collect();
        let over = (b + l..b + l + r).zip(axes.right_free.iter().copied()).collect();
        let product = cx.op(Op::Dot { batch: along, contract: over }, &[g, rhs]);
        let mut summed = contract.to_vec();
        summed.sort_unstable_by_key(|pair| pair.1);
        let summed = summed.iter().map(|p| p.0);
        let layout: Vec<usize> =
            batch.iter().map(|p| p.0).chain(axes.left_free.iter().copied()).chain(summed).collect();
        cx.transpose(product, &inverse(&layout))
    });
    // drhs[b, r, k] = sum l: lhs[b, l, k] g[b, l, r]
    cx.send(1, |cx| {
        let along = batch.iter().enumerate().map(|(i, p)| (p.0, i)).collect();
        let over = axes.left_free.iter().copied().zip(b..b + l).collect();
        let product = cx.op(Op::Dot { batch: along, contract: over }, &[lhs, g]);
        let mut summed = contract.to_vec();
        summed.sort_unstable_by_key(|pair| pair.0);
        let summed = summed.iter().map(|p| p.1);
        let layout: Vec<usize> =
            batch.iter().map(|p| p.1).chain(summed).chain(axes.right_free.iter().copied()).collect();
        cx.transpose(product, &inverse(&layout))
    });
}

/// The axes of the two operands that no pair names.
struct DotAxes {
    left_free: Vec<usize>,
    right_free: Vec<usize>,
}

impl DotAxes {
    fn new(batch: Pairs, contract: Pairs, left: usize, right: usize) -> DotAxes {
        let named = || batch.iter().chain(contract);
        DotAxes {
            left_free: (0..left).filter(|axis| named().all(|p| p.0 != *axis)).collect(),
            right_free: (0..right).filter(|axis| named().all(|p| p.1 != *axis)).collect(),
        }
    }
}

/// All three members are parts of one form, `T(x, w, y) = sum x w y` over the products of the convolution: each is `T`
/// with one operand missing, and so is each derivative.
pub(super) fn conv(cx: &mut Cx, conv: &Conv<usize>) {
    use ConvMode::{Forward, Input, Weight};
    let (g, a, b) = (cx.g, cx.arg(0), cx.arg(1));
    let member = |mode, sizes| Op::Conv(Conv { mode, sizes, ..conv.clone() });
    let [a_sizes, b_sizes] = [a, b].map(|x| cx.shape(x)[2..].to_vec());
    match conv.mode {
        Forward => {
            cx.send(0, |cx| cx.op(member(Input, a_sizes), &[g, b])); // dx = T(., w, g)
            cx.send(1, |cx| cx.op(member(Weight, b_sizes), &[a, g])); // dw = T(x, ., g)
        }
        Input => {
            cx.send(0, |cx| cx.op(member(Forward, vec![]), &[g, b])); // dy = T(g, w, .)
            cx.send(1, |cx| cx.op(member(Weight, b_sizes), &[g, a])); // dw = T(g, ., y)
        }
        Weight => {
            cx.send(0, |cx| cx.op(member(Input, a_sizes), &[b, g])); // dx = T(., g, y)
            cx.send(1, |cx| cx.op(member(Forward, vec![]), &[a, g])); // dy = T(x, g, .)
        }
    }
}
