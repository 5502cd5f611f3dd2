//! The convolution family: one set of products `x * w -> y`, summed into any of the three.

use super::fault::{Fault, ensure, floats, same_dtype};
use super::index::{flat, positions};
use super::wide::{Number, Wide};
use super::window::count;
use crate::ops::{Conv, ConvMode, Tensor};

/// The three shapes that a convolution relates: `x [n, c, s..]`, `w [o, c/groups, k..]`, `y [n, o, t..]`.
struct Shapes {
    x: Vec<usize>,
    w: Vec<usize>,
    y: Vec<usize>,
}

pub(super) fn conv(conv: &Conv<usize>, [lhs, rhs]: [&Tensor; 2]) -> Result<Tensor, Fault> {
    floats(lhs)?;
    same_dtype(lhs, rhs)?;
    let shapes = shapes(conv, lhs, rhs)?;
    let (Wide::Float(a), Wide::Float(b)) = (Wide::of(lhs), Wide::of(rhs)) else {
        unreachable!("the operands are floats");
    };
    let out = match conv.mode {
        ConvMode::Forward => &shapes.y,
        ConvMode::Input => &shapes.x,
        ConvMode::Weight => &shapes.w,
    };
    let mut sums = vec![0.0; out.iter().product()];
    products(conv, &shapes, |x, w, y| match conv.mode {
        ConvMode::Forward => sums[y] += a[x] * b[w],
        ConvMode::Input => sums[x] += a[y] * b[w],
        ConvMode::Weight => sums[w] += a[x] * b[y],
    });
    Ok(f64::tensor(sums, lhs.dtype(), out.clone()))
}

fn shapes(conv: &Conv<usize>, lhs: &Tensor, rhs: &Tensor) -> Result<Shapes, Fault> {
    let spatial = conv.stride.len();
    let given = if conv.mode == ConvMode::Forward { 0 } else { spatial };
    let lists = conv.pad.len() == spatial && conv.dilation.len() == spatial && conv.sizes.len() == given;
    ensure((1..=3).contains(&spatial) && lists, "a convolution has 1, 2 or 3 spatial axes")?;
    ensure(lhs.rank() == spatial + 2 && rhs.rank() == spatial + 2, "an operand of another rank")?;
    ensure(conv.groups >= 1, "there is no group")?;
    let with = |head: [usize; 2], tail: &[usize]| [&head, tail].concat();
    let (a, b) = (&lhs.shape, &rhs.shape);
    let shapes = match conv.mode {
        ConvMode::Forward => {
            let t = outputs(conv, &a[2..], &b[2..])?;
            Shapes { x: a.clone(), w: b.clone(), y: with([a[0], b[0]], &t) }
        }
        ConvMode::Input => Shapes { x: with([a[0], conv.groups * b[1]], &conv.sizes), w: b.clone(), y: a.clone() },
        ConvMode::Weight => Shapes { x: a.clone(), w: with([b[1], a[1] / conv.groups], &conv.sizes), y: b.clone() },
    };
    let Shapes { x, w, y } = &shapes;
    ensure(x[0] == y[0], "two numbers of examples")?;
    ensure(x[1] == conv.groups * w[1] && y[1] == w[0] && y[1] % conv.groups == 0, "the channels do not fit")?;
    ensure(outputs(conv, &x[2..], &w[2..])? == y[2..], "the spatial sizes do not fit")?;
    Ok(shapes)
}

fn outputs(conv: &Conv<usize>, s: &[usize], k: &[usize]) -> Result<Vec<usize>, Fault> {
    let along = |i: usize| count(s[i] + conv.pad[i].0 + conv.pad[i].1, k[i], conv.stride[i], conv.dilation[i]);
    (0..k.len()).map(along).collect()
}

/// Calls `f` with the places in `x`, `w` and `y` of every product.
fn products(conv: &Conv<usize>, shapes: &Shapes, mut f: impl FnMut(usize, usize, usize)) {
    let per_group = shapes.w[0] / conv.groups;
    for y in positions(&shapes.y) {
        for k in positions(&shapes.w[1..]) {
            let channel = y[1] / per_group * shapes.w[1] + k[0];
            let Some(spatial) = touched(conv, &shapes.x[2..], &y[2..], &k[1..]) else {
                continue;
            };
            let x = [&[y[0], channel][..], &spatial].concat();
            let w = [&[y[1]], &k[..]].concat();
            f(flat(&x, &shapes.x), flat(&w, &shapes.w), flat(&y, &shapes.y));
        }
    }
}

/// The spatial position in `x` that element `k` of the kernel touches for position `t` of `y`; none in the padding.
fn touched(conv: &Conv<usize>, s: &[usize], t: &[usize], k: &[usize]) -> Option<Vec<usize>> {
    let along = |i: usize| {
        let padded = t[i] * conv.stride[i] + k[i] * conv.dilation[i];
        padded.checked_sub(conv.pad[i].0).filter(|&at| at < s[i])
    };
    (0..t.len()).map(along).collect()
}
