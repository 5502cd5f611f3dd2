//! The words for the preconditions of ops: one small function per rule that users meet.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::shape::{Requirement, Rule};
use crate::ops::{Conv, Op};
use crate::types::Dim;

use super::report::{dims, same_multiset};
use super::value::Tensor;

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
        _ => other(op, requirement, span),
    }
}

fn reshape(x: &Tensor, shape: &[Dim], lhs: &Dim, rhs: &Dim, span: Span) -> Diagnostic {
    let message = format!("{} does not have the elements for {}", dims(&x.ty.shape), dims(shape));
    Diagnostic::error("E0509", span, message, format!("{lhs} elements become {rhs}"))
        .help("a reshape keeps the number of elements; one size may be `_`, to be computed from the others")
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
    let (lo, hi) = &conv.pad[spatial];
    let message = format!("the kernel of {kernel} is larger than the picture of {size} with padding {lo} and {hi}");
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
    let message = format!("{start}..{stop} is not inside an axis of {size}");
    Diagnostic::error("E0510", span, message, format!("axis {axis} of {} has {size} elements", dims(&x.ty.shape)))
}

fn concat(args: &[&Tensor], axis: usize, lhs: &Dim, rhs: &Dim, span: Span) -> Diagnostic {
    let shapes: Vec<String> = args.iter().map(|t| dims(&t.ty.shape)).collect();
    let message = format!("{} cannot be joined along axis {axis}", shapes.join(" and "));
    let diagnostic = Diagnostic::error("E0502", span, message, format!("{lhs} and {rhs} differ"));
    match args.len() == 2 && same_multiset(&args[0].ty.shape, &args[1].ty.shape) {
        true => diagnostic.help("these are the same sizes in another order: transpose one side"),
        false => diagnostic.help(format!("all axes but axis {axis} must be equal")),
    }
}

fn other(op: &Op<Dim>, requirement: &Requirement, span: Span) -> Diagnostic {
    let message = format!("`{}` does not fit here: {}", op.name(), requirement.rule);
    let claim = super::claim::text(&requirement.claim);
    Diagnostic::error("E0502", span, message, format!("needs {claim}"))
}
