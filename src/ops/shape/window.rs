//! Rules of windows and of their adjoint, and the size formula that they share with convolutions.

use super::misfit::{axis as axis_of, numbers, one};
use super::{Arg, Inferred, Misfit, Requirement, Rule, resized};
use crate::types::Dim;

/// How far a window reaches: `dilation * (size - 1) + 1`.
pub(super) fn reach(size: &Dim, dilation: &Dim) -> Dim {
    &(dilation * &(size - &Dim::from(1))) + &Dim::from(1)
}

/// How many windows an axis of `n` elements has: `(n - dilation*(size-1) - 1) // stride + 1`.
pub fn window_count(n: &Dim, size: &Dim, stride: &Dim, dilation: &Dim) -> Dim {
    &(n - &reach(size, dilation)).floor_div(stride) + &Dim::from(1)
}

fn positive(size: &Dim, stride: &Dim, dilation: &Dim) -> Vec<Requirement> {
    vec![
        Requirement::at_least(1, size, "the size of a window"),
        Requirement::at_least(1, stride, "the stride"),
        Requirement::at_least(1, dilation, "the dilation"),
    ]
}

pub(super) fn windows(axis: usize, window: [&Dim; 3], args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    axis_of(axis, x.rank())?;
    let [size, stride, dilation] = window;
    let n = &x.shape[axis];
    let mut requires = positive(size, stride, dilation);
    let rule = Rule::WindowFits { axis };
    requires.push(Requirement::at_most(&reach(size, dilation), n, rule));
    let mut shape = resized(x.shape, axis, window_count(n, size, stride, dilation));
    shape.push(size.clone());
    Ok(Inferred::under(x.dtype, shape, requires))
}

pub(super) fn unwindows(axis: usize, window: [&Dim; 3], args: &[Arg]) -> Result<Inferred, Misfit> {
    let x = one(args)?;
    numbers(&x, 0)?;
    let Some((size, outer)) = x.shape.split_last() else {
        return Err(Misfit::Axis { axis, rank: 0 });
    };
    axis_of(axis, outer.len())?;
    let [n, stride, dilation] = window;
    let mut requires = positive(size, stride, dilation);
    let rule = Rule::WindowFits { axis };
    requires.push(Requirement::at_most(&reach(size, dilation), n, rule));
    let count = window_count(n, size, stride, dilation);
    let rule = Rule::WindowCount { axis };
    requires.push(Requirement::equal(&outer[axis], &count, rule));
    Ok(Inferred::under(x.dtype, resized(outer, axis, n.clone()), requires))
}
