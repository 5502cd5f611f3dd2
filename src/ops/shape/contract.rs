//! Rules of the contractions: `Dot` and the three members of the convolution family.

use super::misfit::{distinct, floats, numbers, rank, same_dtype, two};
use super::window::{reach, window_count};
use super::{Arg, Inferred, Misfit, Requirement, Rule};
use crate::ops::{Conv, ConvMode};
use crate::types::Dim;

type Pairs<'a> = &'a [(usize, usize)];

pub(super) fn dot(batch: Pairs, contract: Pairs, args: &[Arg]) -> Result<Inferred, Misfit> {
    let [lhs, rhs] = two(args)?;
    numbers(&lhs, 0)?;
    same_dtype(&lhs, &rhs)?;
    let named = || batch.iter().chain(contract);
    let left: Vec<usize> = named().map(|p| p.0).collect();
    let right: Vec<usize> = named().map(|p| p.1).collect();
    distinct(&left, lhs.rank())?;
    distinct(&right, rhs.rank())?;

    let equal = |&(l, r): &(usize, usize), rule| Requirement::equal(&lhs.shape[l], &rhs.shape[r], rule);
    let mut requires = vec![];
    for pair in batch {
        let (lhs, rhs) = *pair;
        requires.push(equal(pair, Rule::Batch { lhs, rhs }));
    }
    for pair in contract {
        let (lhs, rhs) = *pair;
        requires.push(equal(pair, Rule::Contract { lhs, rhs }));
    }

    let mut shape: Vec<Dim> = batch.iter().map(|&(l, _)| lhs.shape[l].clone()).collect();
    shape.extend(free(&lhs, &left));
    shape.extend(free(&rhs, &right));
    Ok(Inferred::under(lhs.dtype, shape, requires))
}

fn free(arg: &Arg, named: &[usize]) -> Vec<Dim> {
    let free = (0..arg.rank()).filter(|axis| !named.contains(axis));
    free.map(|axis| arg.shape[axis].clone()).collect()
}

/// The sizes that all three members relate: `x [n, c, s..]`, `w [o, c/groups, k..]`, `y [n, o, t..]`.
struct Sizes<'a> {
    c: Dim,
    o: &'a Dim,
    s: &'a [Dim],
    k: &'a [Dim],
}

pub(super) fn conv(conv: &Conv<Dim>, args: &[Arg]) -> Result<Inferred, Misfit> {
    let operands = two(args)?;
    let [lhs, rhs] = &operands;
    floats(lhs, 0)?;
    same_dtype(lhs, rhs)?;
    let spatial = spatial_rank(conv)?;
    rank(lhs, 0, spatial + 2)?;
    rank(rhs, 1, spatial + 2)?;
    let (shape, requires) = match conv.mode {
        ConvMode::Forward => forward(conv, lhs.shape, rhs.shape),
        ConvMode::Input => input(conv, lhs.shape, rhs.shape),
        ConvMode::Weight => weight(conv, lhs.shape, rhs.shape),
    };
    Ok(Inferred::under(lhs.dtype, shape, requires))
}

/// The number of spatial axes, which all lists of the convolution have.
fn spatial_rank(conv: &Conv<Dim>) -> Result<usize, Misfit> {
    let n = conv.stride.len();
    let sizes = match conv.mode {
        ConvMode::Forward => 0,
        ConvMode::Input | ConvMode::Weight => n,
    };
    if !(1..=3).contains(&n) {
        return Err(Misfit::Axes("a convolution has 1, 2 or 3 spatial axes"));
    }
    if conv.pad.len() != n || conv.dilation.len() != n || conv.sizes.len() != sizes {
        return Err(Misfit::Axes("a convolution has a stride, a padding and a dilation for each spatial axis"));
    }
    Ok(n)
}

fn forward(conv: &Conv<Dim>, x: &[Dim], w: &[Dim]) -> (Vec<Dim>, Vec<Requirement>) {
    let sizes = Sizes { c: x[1].clone(), o: &w[0], s: &x[2..], k: &w[2..] };
    let mut requires = settings(conv);
    requires.extend(groups(conv, &sizes));
    let channels = &conv.groups * &w[1];
    requires.push(Requirement::equal(&x[1], &channels, Rule::ConvChannels));
    requires.extend(kernel(conv, &sizes));
    let mut shape = vec![x[0].clone(), w[0].clone()];
    shape.extend(outputs(conv, &sizes));
    (shape, requires)
}

fn input(conv: &Conv<Dim>, y: &[Dim], w: &[Dim]) -> (Vec<Dim>, Vec<Requirement>) {
    let sizes = Sizes { c: &conv.groups * &w[1], o: &w[0], s: &conv.sizes, k: &w[2..] };
    let mut requires = settings(conv);
    // The channels are a multiple of the groups as they are made.
    let [_, filters] = groups(conv, &sizes);
    requires.push(filters);
    requires.push(Requirement::equal(&y[1], &w[0], Rule::ConvFilters));
    requires.extend(kernel(conv, &sizes));
    requires.extend(gives(conv, &sizes, &y[2..]));
    let mut shape = vec![y[0].clone(), sizes.c];
    shape.extend_from_slice(&conv.sizes);
    (shape, requires)
}

fn weight(conv: &Conv<Dim>, x: &[Dim], y: &[Dim]) -> (Vec<Dim>, Vec<Requirement>) {
    let sizes = Sizes { c: x[1].clone(), o: &y[1], s: &x[2..], k: &conv.sizes };
    let mut requires = settings(conv);
    requires.extend(groups(conv, &sizes));
    requires.push(Requirement::equal(&x[0], &y[0], Rule::ConvBatch));
    requires.extend(kernel(conv, &sizes));
    requires.extend(gives(conv, &sizes, &y[2..]));
    let mut shape = vec![y[1].clone(), x[1].floor_div(&conv.groups)];
    shape.extend_from_slice(&conv.sizes);
    (shape, requires)
}

fn settings(conv: &Conv<Dim>) -> Vec<Requirement> {
    let mut requires = vec![];
    for stride in &conv.stride {
        requires.push(Requirement::at_least(1, stride, "the stride"));
    }
    for (lo, hi) in &conv.pad {
        requires.push(Requirement::at_least(0, lo, "the padding before"));
        requires.push(Requirement::at_least(0, hi, "the padding behind"));
    }
    for dilation in &conv.dilation {
        requires.push(Requirement::at_least(1, dilation, "the dilation"));
    }
    requires.push(Requirement::at_least(1, &conv.groups, "the number of groups"));
    requires
}

fn groups(conv: &Conv<Dim>, sizes: &Sizes) -> [Requirement; 2] {
    [
        Requirement::divides(&conv.groups, &sizes.c, Rule::GroupsDivideChannels),
        Requirement::divides(&conv.groups, sizes.o, Rule::GroupsDivideFilters),
    ]
}

/// The input's spatial size with its padding.
fn padded(conv: &Conv<Dim>, sizes: &Sizes, i: usize) -> Dim {
    let (lo, hi) = &conv.pad[i];
    &(&sizes.s[i] + lo) + hi
}

fn kernel(conv: &Conv<Dim>, sizes: &Sizes) -> Vec<Requirement> {
    let mut requires = vec![];
    for (spatial, k) in sizes.k.iter().enumerate() {
        requires.push(Requirement::at_least(1, k, "the size of the kernel"));
        requires.push(Requirement::at_most(
            &reach(k, &conv.dilation[spatial]),
            &padded(conv, sizes, spatial),
            Rule::KernelFits { spatial },
        ));
    }
    requires
}

fn outputs(conv: &Conv<Dim>, sizes: &Sizes) -> Vec<Dim> {
    let size = |i: usize| {
        let n = padded(conv, sizes, i);
        window_count(&n, &sizes.k[i], &conv.stride[i], &conv.dilation[i])
    };
    (0..sizes.k.len()).map(size).collect()
}

fn gives(conv: &Conv<Dim>, sizes: &Sizes, y: &[Dim]) -> Vec<Requirement> {
    let wants = outputs(conv, sizes);
    let equal = |(spatial, (have, want))| Requirement::equal(have, want, Rule::ConvSize { spatial });
    y.iter().zip(&wants).enumerate().map(equal).collect()
}
