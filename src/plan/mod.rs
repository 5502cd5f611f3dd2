//! The planner: a graph becomes a flat list of steps over one arena, with every operand's place known.
//!
//! `widen` puts f32 in the place of 16-bit arithmetic, `peak` finds what maxima over windows send back, `group` decides which
//! element-wise nodes run together (`rows`: and with the reductions between them), `draft` turns nodes into steps over unplaced
//! buffers (`join`: parts where the whole lies), `order` schedules them, `memory` places the buffers. Nothing here knows a device.

mod alias;
mod apart;
mod draft;
mod fuse;
mod group;
mod join;
mod memory;
mod order;
mod peak;
mod rows;
mod text;
pub mod view;
mod widen;

pub use crate::graph::{Graph, NodeId, Type};
pub use apart::{Apart, Why, apart};
pub use view::View;

use crate::base::{Name, Span};
use crate::ops::{Binary, Compare, Op, Reduce, Unary};
use crate::types::{DType, Scalar};

/// What the caller promises and demands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Outputs (losses) that must be finite before any input is overwritten.
    pub guards: Vec<usize>,
    /// `(output, input)`: the output is the next value of the input, of the same type. Both may share one buffer:
    /// the output is written only when the input is no longer needed and all guards have passed.
    pub updates: Vec<(usize, usize)>,
    /// Inputs that are mostly the same from run to run, so that what is made of them alone is worth keeping.
    pub stays: Vec<usize>,
}

/// Where a buffer begins. Offsets into the arena are in bytes and divisible by `ALIGN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Arena(usize),
    Input(usize),
    Output(usize),
    /// A position in `Plan::constants`.
    Constant(usize),
}

/// The alignment of everything in the arena, in bytes: a cache line, and the widest vector.
pub const ALIGN: usize = 64;

/// A value as a step sees it. Results are dense, but for those of element-wise work that are parts of what is joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operand {
    pub place: Place,
    pub dtype: DType,
    pub view: View,
}

/// One instruction of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// The node whose value the (last) result is.
    pub node: NodeId,
    pub span: Span,
    pub action: Action,
    pub args: Vec<Operand>,
    pub results: Vec<Operand>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// A primitive that is neither element-wise nor a view.
    Op(Op<usize>),
    /// A chain of element-wise ops in one pass over its domain.
    Fused(Fused),
    /// The operand's elements in row-major order.
    Copy,
    /// What a maximum over windows along `axis` sends back: the second operand, summed to the first greatest element of
    /// each window of the first.
    Peaks {
        axis: usize,
        size: usize,
        stride: usize,
        dilation: usize,
    },
    /// Stops the run if the operand, which is this output, has an element that is not finite.
    Guard(usize),
    Loop(Box<Loop>),
}

/// Element-wise work over `shape`, and folds of its rows: arguments and results have an element for each of its places, or
/// for each row.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    pub shape: Vec<usize>,
    /// How many elements make a row; 1 where there are no rows.
    pub row: usize,
    /// In order; the value after the arguments has the number `args.len()`, the next one more, and so on.
    pub points: Vec<Point>,
    /// The value that each result takes.
    pub results: Vec<usize>,
}

/// One op on values by number.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub op: Pointwise,
    pub args: Vec<usize>,
    pub dtype: DType,
    /// Its value has one element for each row.
    pub of_row: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pointwise {
    Unary(Unary),
    Binary(Binary),
    Compare(Compare),
    Select,
    Cast,
    /// The elements of each row, joined.
    Fold(Reduce),
    /// The value of a row, for each of its elements.
    Spread,
}

/// A `scan`. The arguments of its step are dense: carries, xs, constants; its results: final carries, ys.
#[derive(Clone, Debug)]
pub struct Loop {
    pub n: usize,
    pub reverse: bool,
    pub carries: usize,
    pub xs: usize,
    /// The argument that says which iterations run.
    pub when: Option<usize>,
    /// Its inputs: iteration, carries, slices, constants; its outputs: next carries, slices of ys.
    pub body: Plan,
    /// Where the body's arena begins in the parent's.
    pub arena: usize,
    /// Per carry, where its second buffer lies in the parent's arena: iterations write this and the result in turn,
    /// so that the last one writes the result.
    pub spares: Vec<usize>,
}

/// Steps in order, over an arena of `arena` bytes.
#[derive(Clone, Debug)]
pub struct Plan {
    pub inputs: Vec<(Name, Type)>,
    pub outputs: Vec<(Name, Type)>,
    pub constants: Vec<Scalar>,
    pub steps: Vec<Step>,
    pub arena: usize,
    /// `(output, input)` pairs that may share one buffer.
    pub updates: Vec<(usize, usize)>,
    /// Inputs of which something may be kept.
    pub stays: Vec<usize>,
}

/// Plans a graph.
pub fn plan(graph: &Graph, options: &Options) -> Plan {
    let graph = &*peak::find(widen::widen(graph));
    let groups = group::group(graph);
    let mut draft = draft::draft(graph, &groups, options);
    order::order(&mut draft, options);
    memory::place(graph, draft, options)
}

impl Operand {
    pub fn count(&self) -> usize {
        self.view.count()
    }
}
