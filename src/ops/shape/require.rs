//! Statements about sizes that an op needs.

use super::Arg;
use crate::types::{Claim, Dim, Rel};
use std::collections::BTreeMap;

/// What a requirement is for. Operands and axes count from 0; spatial axes count from the first behind the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Operand 0 and `operand` have one size at `axis`.
    SameSize { operand: usize, axis: usize },
    /// A reshape keeps the number of elements.
    SameCount,
    /// A broadcast leaves the size of the operand's `axis` alone.
    Broadcast { axis: usize },
    /// A number that the op is given, or a size, is at least the claim's left side.
    AtLeast(&'static str),
    /// A slice starts before it stops.
    SliceOrder,
    /// A slice stops within the axis.
    SliceEnd { axis: usize },
    /// An axis that is reduced to one of its elements has one.
    NotEmpty { axis: usize },
    /// There are at least as many columns as rows.
    ColumnForEachRow,
    /// A window fits into its axis.
    WindowFits { axis: usize },
    /// There are as many windows as the axis of the result has.
    WindowCount { axis: usize },
    /// Two axes that are summed over together.
    Contract { lhs: usize, rhs: usize },
    /// Two axes that run along together.
    Batch { lhs: usize, rhs: usize },
    /// The kernel, with its dilation, fits into the padded input.
    KernelFits { spatial: usize },
    /// The spatial size that the convolution gives.
    ConvSize { spatial: usize },
    /// Both operands of a convolution have the same number of examples.
    ConvBatch,
    /// The input's channels, by group, are the weight's.
    ConvChannels,
    /// The output's channels are the weight's.
    ConvFilters,
    /// Groups divide the input's channels.
    GroupsDivideChannels,
    /// Groups divide the output's channels.
    GroupsDivideFilters,
    /// The matrices in the last two axes are square.
    Square,
    /// The matrices in the last two axes have no more columns than rows.
    Tall,
    /// The last axis holds a real and an imaginary part.
    Complex,
    /// The index's axis `index` and the operand's `axis` have one size.
    Index { index: usize, axis: usize },
    /// What a loop runs over has one element for each iteration.
    ScanLength { operand: usize },
    /// A loop's body sees what the loop is given.
    ScanInput { input: usize, axis: usize },
    /// A loop's body gives the next carry in the shape of the one before.
    ScanCarry { carry: usize, axis: usize },
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rule::SameSize { operand, axis } => {
                write!(f, "operands 0 and {operand} have the same size at axis {axis}")
            }
            Rule::SameCount => f.write_str("a reshape keeps the number of elements"),
            Rule::Broadcast { axis } => write!(f, "a broadcast keeps the size of axis {axis}"),
            Rule::AtLeast(what) => write!(f, "{what} is large enough"),
            Rule::SliceOrder => f.write_str("a slice starts before it stops"),
            Rule::SliceEnd { axis } => write!(f, "a slice stops within axis {axis}"),
            Rule::NotEmpty { axis } => write!(f, "axis {axis} has an element"),
            Rule::ColumnForEachRow => f.write_str("there is a column for each row"),
            Rule::WindowFits { axis } => write!(f, "the window fits into axis {axis}"),
            Rule::WindowCount { axis } => write!(f, "axis {axis} has one element per window"),
            Rule::Contract { lhs, rhs } => write!(
                f,
                "axis {lhs} of the first and axis {rhs} of the second operand, summed over, have the same size"
            ),
            Rule::Batch { lhs, rhs } => {
                write!(f, "axis {lhs} of the first and axis {rhs} of the second operand have the same size")
            }
            Rule::KernelFits { spatial } => {
                write!(f, "the kernel fits into spatial axis {spatial} of the padded input")
            }
            Rule::ConvSize { spatial } => {
                write!(f, "spatial axis {spatial} has the size that the convolution gives")
            }
            Rule::ConvBatch => f.write_str("both operands have the same number of examples"),
            Rule::ConvChannels => f.write_str("the input has the weight's channels, once for each group"),
            Rule::ConvFilters => f.write_str("the output has one channel for each filter"),
            Rule::GroupsDivideChannels => f.write_str("the groups divide the input's channels"),
            Rule::GroupsDivideFilters => f.write_str("the groups divide the output's channels"),
            Rule::Square => f.write_str("the matrices in the last two axes are square"),
            Rule::Tall => f.write_str("the matrices in the last two axes have no more columns than rows"),
            Rule::Complex => f.write_str("the last axis has two elements, a real and an imaginary part"),
            Rule::Index { index, axis } => {
                write!(f, "axis {index} of the index and axis {axis} of the operand have the same size")
            }
            Rule::ScanLength { operand } => {
                write!(f, "operand {operand} has one element for each iteration")
            }
            Rule::ScanInput { input, axis } => {
                write!(f, "the body's input {input} has the given size at axis {axis}")
            }
            Rule::ScanCarry { carry, axis } => {
                write!(f, "carry {carry} keeps its size at axis {axis}")
            }
        }
    }
}

/// A claim that must hold, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub claim: Claim,
    pub rule: Rule,
}

impl Requirement {
    fn new(lhs: &Dim, rel: Rel, rhs: &Dim, rule: Rule) -> Requirement {
        Requirement { claim: Claim::new(lhs.clone(), rel, rhs.clone()), rule }
    }

    pub(super) fn equal(lhs: &Dim, rhs: &Dim, rule: Rule) -> Requirement {
        Requirement::new(lhs, Rel::Eq, rhs, rule)
    }

    pub(super) fn at_most(lhs: &Dim, rhs: &Dim, rule: Rule) -> Requirement {
        Requirement::new(lhs, Rel::Le, rhs, rule)
    }

    /// `least <= size`; `what` names the size.
    pub(super) fn at_least(least: i64, size: &Dim, what: &'static str) -> Requirement {
        Requirement::at_most(&Dim::from(least), size, Rule::AtLeast(what))
    }

    /// `by` divides `size`.
    pub(super) fn divides(by: &Dim, size: &Dim, rule: Rule) -> Requirement {
        Requirement::equal(&size.rem(by), &Dim::from(0), rule)
    }

    /// Its truth where all sizes are numbers; `None` where one is not, or leaves 64 bits.
    pub fn holds(&self) -> Option<bool> {
        self.claim.eval(&BTreeMap::new())
    }
}

/// The rule and the claim: `the window fits into axis 1: 5 <= 3`.
impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rel = match self.claim.rel {
            Rel::Eq => "==",
            Rel::Ne => "!=",
            Rel::Lt => "<",
            Rel::Le => "<=",
        };
        let Claim { lhs, rhs, .. } = &self.claim;
        write!(f, "{}: {lhs} {rel} {rhs}", self.rule)
    }
}

/// All sizes of `args` equal those of the first; their ranks are equal.
pub(super) fn same_shapes(args: &[Arg]) -> Vec<Requirement> {
    let mut requires = vec![];
    for (operand, arg) in args.iter().enumerate().skip(1) {
        for (axis, (lhs, rhs)) in args[0].shape.iter().zip(arg.shape).enumerate() {
            let rule = Rule::SameSize { operand, axis };
            requires.push(Requirement::equal(lhs, rhs, rule));
        }
    }
    requires
}

/// Every size is at least 0.
pub(super) fn sizes(shape: &[Dim]) -> impl Iterator<Item = Requirement> {
    shape.iter().map(|size| Requirement::at_least(0, size, "a size"))
}
