//! The typed program: what sema makes of a file. Layers are instantiated, calls are inlined, static values are gone;
//! what is left are tensors in single assignment, with shapes that may be symbolic in a few variables (the batch size).

mod axes;
mod data;
mod job;
mod origin;
pub mod plot;
pub mod rename;
mod text;
mod tokenizer;

pub use axes::{Axes, Layout};
pub use data::{Batch, Bucket, DataSource, Dataset, Field, Path, Resize, Stage, is_table};
pub use job::{
    Action, Direction, Every, Feed, Job, Log, Metric, Part, Piece, ProgramId, SaveBest, Series, Shown, Step, Stop,
    Template, Unit, Validate,
};
pub use origin::{Origin, origin};
pub use tokenizer::{Learned, Pieces, Tokenizer};

use std::ops::Range;

use crate::base::{Name, Span};
use crate::id;
use crate::ops::{Op, Scan};
use crate::types::{Claim, DType, Dim, Var};

id!(
    /// A value of one program.
    ValueId,
    "v"
);
id!(
    /// A parameter, buffer or optimizer state of the whole file: memory that lives between steps.
    CellId,
    "cell"
);

/// A tensor's type. `bound` is the `V` of `idx<V>`: whole numbers (i64) in `0..V`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ty {
    pub dtype: DType,
    pub bound: Option<Dim>,
    pub shape: Vec<Dim>,
}

impl Ty {
    pub fn new(dtype: DType, shape: Vec<Dim>) -> Ty {
        Ty { dtype, bound: None, shape }
    }

    /// `[B, 64]`, `idx<10>[B]`: without the element type where it is f32.
    pub fn brief(&self) -> String {
        let all = self.to_string();
        match self.bound {
            None if self.dtype == DType::F32 => all.trim_start_matches(|c| c != '[').to_string(),
            _ => all,
        }
    }

    pub fn scalar(dtype: DType) -> Ty {
        Ty::new(dtype, vec![])
    }
}

/// What a program reads from outside itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    Cell(CellId),
    /// The `i`-th field of the batch, or the `i`-th argument of a function.
    Arg(usize),
    /// Optimizer step, counted from 1 (i64 []).
    Step,
    /// Key of this run's random numbers in this step (i64 []).
    Key,
    /// Epoch, counted from 1 (i64 []).
    Epoch,
    /// Batches of an epoch (i64 []).
    StepsPerEpoch,
    /// Batches of all epochs (i64 []).
    TotalSteps,
    /// Which batch of its epoch this is, from 1 (i64 []).
    Batch,
    /// How many batches this epoch has (i64 []).
    Batches,
    /// Number `i` of `Job::seen` in the last epoch (f64 []).
    Seen(usize),
    /// What a training that has run logged, by its place among the logs of the file.
    Logged(usize),
    /// An operand of a loop's body, in the order of `ops::Scan`.
    Body(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Input(Source),
    Op(Op<Dim>),
    Scan(Box<Scan<Dim, Program>>),
    /// A size as a number (f64 []): known when sizes are.
    Size(Dim),
    /// Whether all of these hold (bool []): known when sizes are.
    Holds(Vec<Claim>),
    /// Result `i` of a `Scan` or a `Grad`.
    Result(usize),
    /// `(loss, wrt..)`: the derivatives of a scalar in each of the others. `Result` nodes read them.
    Grad,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: Kind,
    pub args: Vec<ValueId>,
    /// One per result.
    pub tys: Vec<Ty>,
    pub span: Span,
}

/// Something that could not be proved before sizes are known, and is checked when they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub claim: Claim,
    pub span: Span,
    pub code: &'static str,
    pub message: String,
}

/// A size that a program finds in its data.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub var: Var,
    /// Its value (i64 []). It depends on no size that is found later.
    pub count: ValueId,
    pub span: Span,
}

/// Straight-line code. The results are named: metrics, updates of cells, results of a function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    pub nodes: Vec<Node>,
    pub outputs: Vec<Output>,
    pub checks: Vec<Check>,
    /// In the order in which they are found.
    pub found: Vec<Found>,
    /// 16 bits for what `ops::precision` says, in everything that a loss is computed from.
    pub precision: Option<DType>,
    /// Values that derivatives compute again instead of keeping them, in ranges that do not meet.
    pub checkpoints: Vec<Range<usize>>,
    /// The layers that were called, in the order in which they ended: what `dln summary` counts. Nothing that runs looks at it.
    pub calls: Vec<Call>,
    /// The functions that were called, in the order in which they ended, where `sema::Options::drawn` asks for them: what
    /// `dln graph` draws.
    pub functions: Vec<Applied>,
    /// The calls of the library in the user's files, in the order in which they ended: a fault inside is theirs, too.
    pub inside: Vec<Inside>,
}

/// A function or layer of the library was called in a file of the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Inside {
    /// `softmax`
    pub name: Name,
    /// The nodes that it made.
    pub nodes: Range<usize>,
    pub span: Span,
}

/// A layer was called, or a function as a stage of a chain. Calls stand in the order in which they ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `net.body.3`; empty for a function, and for a layer without a name.
    pub path: Name,
    /// `Conv2d[16 -> 32]`, `relu`
    pub name: Name,
    /// The nodes that it made.
    pub nodes: Range<usize>,
    /// How many calls had ended when it began: those from there up to itself are inside of it, also where they made no node.
    pub began: usize,
    pub args: Vec<Ty>,
    pub results: Vec<Ty>,
    /// The settings that are not those of its declaration, `kernel: 5, pad: 2`, where `sema::Options::drawn` asks for them.
    pub settings: String,
}

/// A function was called, or a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Empty for a chain.
    pub name: Name,
    /// `net.down.0`, of a chain.
    pub path: Name,
    /// The nodes that it made.
    pub nodes: Range<usize>,
    /// Of a function, as those of a call.
    pub settings: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub to: Target,
    pub value: ValueId,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The cell's next value.
    Cell(CellId),
    /// A loss that is minimized: it must stay finite.
    Loss(Name),
    /// A metric to log.
    Metric(Name),
    /// A result of a function, a component of a value to print or to save.
    Value(usize),
    /// An operand of the last assertion's comparison: shown when that does not hold.
    Compared,
    /// A condition that must hold (bool []).
    Assert(Name),
}

/// What a cell is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Param,
    Buffer,
    State,
}

/// Memory that lives between steps. Its sizes are numbers: whatever depends on the data is not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// `net.body.3.conv1.weight`, unique in the file; the first component is the name of the value that holds it.
    pub path: Name,
    pub role: Role,
    pub ty: Ty,
    pub span: Span,
}
