//! The words for the preconditions of ops: one small function per rule that users meet.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::shape::{Requirement, Rule};
use crate::ops::{Conv, Op};
use crate::types::Dim;

use super::report::dims;
use super::value::Tensor;
use super::ways::{same_sizes, written_batch};

/// The error for a precondition that fails.
pub fn requirement(op: &Op<Dim>, args: &[&Tensor], requirement: &Requirement, span: Span) -> Diagnostic {
    let (lhs, rhs) = (&requirement.claim.lhs, &requirement.claim.rhs);
    match (op, &requirement.rule) {
        (Op::Reshape { shape }, Rule::SameCount) => reshape(args[0], shape, lhs, rhs, span),
        (Op::Dot { .. }, Rule::Contract { .. } | Rule::Batch { .. }) => contraction(args, lhs, rhs, span),
        (Op::Conv(conv), Rule::KernelFits { spatial }) => kernel(conv, args, *spatial, span),
        (Op::Conv(_), Rule::ConvChannels) => channels(args, lhs, rhs, span),
        (Op::Conv(conv), Rule::GroupsDivideChannels | Rule::GroupsDivideFilters) => groups(conv, lhs, span),
        (Op::Windows { size, .. }, Rule::WindowFits { axis }) => window(args[0], size, *axis, span),
        (Op::Slice { start, stop, .. }, Rule::SliceOrder | Rule::SliceEnd { .. } | Rule::AtLeast(_)) => {
            slice(op, args[0], start, stop, span)
        }
        (Op::Concat { axis }, Rule::SameSize { .. }) => concat(args, *axis, lhs, rhs, span),
        (Op::TakeAlong { axis }, Rule::Index { index, .. }) => along(args, *axis, *index, span),
        _ => other(op, args, requirement, span),
    }
}

fn along(args: &[&Tensor], axis: usize, at: usize, span: Span) -> Diagnostic {
    let (x, index) = (&args[0].ty.shape, &args[1].ty.shape);
    let message = format!("the index {} and the tensor {} that it reads differ in axis {at}", dims(index), dims(x));
    let (have, want) = (&index[at], &x[at]);
    Diagnostic::error("E0502", span, message, format!("{have} and {want}"))
        .help(format!("they have one size in every axis but axis {axis}, along which is read"))
}

fn reshape(x: &Tensor, shape: &[Dim], lhs: &Dim, rhs: &Dim, span: Span) -> Diagnostic {
    let message = format!("{} does not have the elements for {}", dims(&x.ty.shape), dims(shape));
    let diagnostic = Diagnostic::error("E0509", span, message, format!("{lhs} elements become {rhs}"));
    match last_that_fits(shape, lhs) {
        Some(fits) => {
            diagnostic.help(format!("{} has as many; `_` as a size is computed from the others", dims(&fits)))
        }
        None => diagnostic.help("a reshape keeps the number of elements; `_` as a size is computed from the others"),
    }
}

/// The shape with another last size, so that it has `count` elements.
fn last_that_fits(shape: &[Dim], count: &Dim) -> Option<Vec<Dim>> {
    let (_, rest) = shape.split_last()?;
    let others = rest.iter().fold(Dim::from(1), |a, b| a * b.clone());
    let last = count.floor_div(&others);
    (last.clone() * others == *count).then(|| [rest, &[last]].concat())
}

fn contraction(args: &[&Tensor], lhs: &Dim, rhs: &Dim, span: Span) -> Diagnostic {
    let (a, b) = (&args[0].ty.shape, &args[1].ty.shape);
    let message = format!("the product of {} and {} sums over axes of {lhs} and {rhs}", dims(a), dims(b));
    let diagnostic = Diagnostic::error("E0503", span, message, format!("{lhs} meets {rhs}"));
    let swapped = b.len() >= 2 && b[b.len() - 1] == *lhs;
    match swapped {
        true => diagnostic.help("the other side has this size in its last axis: transpose it, `.T`"),
        false => diagnostic.help("the last axis of the left side and the second-last of the right must be equal"),
    }
}

fn kernel(conv: &Conv<Dim>, args: &[&Tensor], spatial: usize, span: Span) -> Diagnostic {
    let (x, w) = (&args[0].ty.shape, &args[1].ty.shape);
    let (size, kernel) = (&x[2 + spatial], &w[2 + spatial]);
    let padding = match &conv.pad[spatial] {
        (lo, hi) if *lo == Dim::from(0) && lo == hi => "without padding".to_string(),
        (lo, hi) if lo == hi => format!("with padding {lo}"),
        (lo, hi) => format!("with padding {lo} and {hi}"),
    };
    let message = format!("the kernel of {kernel} is larger than the picture of {size} {padding}");
    Diagnostic::error("E0507", span, message, format!("{} goes in", dims(x)))
        .help("use a smaller kernel, more padding, or fewer layers that make the picture smaller")
}

fn channels(args: &[&Tensor], lhs: &Dim, rhs: &Dim, span: Span) -> Diagnostic {
    let x = &args[0].ty.shape;
    let message = format!("the convolution expects {rhs} channels and receives {lhs}");
    let diagnostic = Diagnostic::error("E0501", span, message, format!("receives {}", dims(x)))
        .note("pictures are [batch, channels, height, width]");
    match x.last() == Some(rhs) && x.get(1) != Some(rhs) {
        true => diagnostic.help("the channels seem to be last: rearrange with `x.[b h w c -> b c h w]`"),
        false => diagnostic,
    }
}

fn groups(conv: &Conv<Dim>, lhs: &Dim, span: Span) -> Diagnostic {
    let message = format!("{} groups do not divide the channels: the rest is {lhs}", conv.groups);
    Diagnostic::error("E0508", span, message, "channels are split evenly between groups")
        .help("choose a number of groups that divides the channels that go in and those that come out")
}

fn window(x: &Tensor, size: &Dim, axis: usize, span: Span) -> Diagnostic {
    let have = &x.ty.shape[axis];
    let message = format!("a window of {size} does not fit into an axis of {have}");
    Diagnostic::error("E0507", span, message, format!("{} goes in", dims(&x.ty.shape)))
        .help("use a smaller window, or pad the axis")
}

fn slice(op: &Op<Dim>, x: &Tensor, start: &Dim, stop: &Dim, span: Span) -> Diagnostic {
    let Op::Slice { axis, .. } = op else { unreachable!("called for slices") };
    let size = &x.ty.shape[*axis];
    let shape = dims(&x.ty.shape);
    let have = format!("axis {axis} of {shape} has {size} elements");
    if *stop == start.clone() + Dim::from(1) {
        let message = format!("there is no element {start} in an axis of {size}");
        return Diagnostic::error("E0510", span, message, have).help("the first element is 0, the last is -1");
    }
    let message = format!("{start}:{stop} is not inside an axis of {size}");
    Diagnostic::error("E0510", span, message, have).help(format!("`{start}:` goes on to the end"))
}

fn concat(args: &[&Tensor], axis: usize, lhs: &Dim, rhs: &Dim, span: Span) -> Diagnostic {
    let shapes: Vec<String> = args.iter().map(|t| dims(&t.ty.shape)).collect();
    let message = format!("{} cannot be joined along axis {axis}", shapes.join(" and "));
    let diagnostic = Diagnostic::error("E0502", span, message, format!("{lhs} and {rhs} differ"));
    match args {
        [a, b] if same_sizes(&a.ty.shape, &b.ty.shape).is_some() => {
            diagnostic.help(same_sizes(&a.ty.shape, &b.ty.shape).unwrap_or_default())
        }
        _ => match (only_difference(args), args) {
            (Some(other), _) => diagnostic.help(format!("along axis {other} they can be: `over: {other}`")),
            (None, [a, b]) if axis > 0 && written_batch(&a.ty.shape, &b.ty.shape).is_some() => {
                diagnostic.help(written_batch(&a.ty.shape, &b.ty.shape).unwrap_or_default())
            }
            (None, _) => diagnostic.help(format!("all axes but axis {axis} must be equal")),
        },
    }
}

/// The one axis in which shapes of one rank differ.
fn only_difference(args: &[&Tensor]) -> Option<usize> {
    let rank = args[0].ty.shape.len();
    let differs = |axis: &usize| args.iter().any(|t| t.ty.shape.get(*axis) != args[0].ty.shape.get(*axis));
    let mut axes = (0..rank).filter(differs);
    let only = axes.next()?;
    (axes.next().is_none() && args.iter().all(|t| t.ty.shape.len() == rank)).then_some(only)
}

fn other(op: &Op<Dim>, args: &[&Tensor], requirement: &Requirement, span: Span) -> Diagnostic {
    if let (Rule::AtLeast(what), Some(least), Some(is)) =
        (&requirement.rule, requirement.claim.lhs.as_const(), requirement.claim.rhs.as_const())
    {
        let message = format!("{what} must be at least {least}, and here it is {is}");
        return Diagnostic::error("E0502", span, message, format!("{is} is too small"));
    }
    let message = format!("`{}` does not fit here: {}", op.name(), requirement.rule);
    let claim = super::claim::text(&requirement.claim);
    let operands: Vec<String> = args.iter().map(|t| super::report::show(&t.ty)).collect();
    Diagnostic::error("E0502", span, message, format!("needs {claim}"))
        .note(format!("operands: {}", operands.join(", ")))
}
