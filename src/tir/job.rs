//! A `train` block, checked: which programs run on which data, how often, and what is kept.

use super::plot::Plot;
use super::rename::Rename;
use super::{CellId, Dataset};
use crate::base::{Name, Span};
use crate::id;

id!(
    /// A program of the whole file: a step, a validation, what an action computes, a test.
    ProgramId,
    "program"
);

/// A `train` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub name: Name,
    pub span: Span,
    pub epochs: usize,
    /// The seed of the order of rows and of all random numbers; the command line may replace it.
    pub seed: u64,
    /// What an epoch is made of.
    pub feed: Feed,
    /// Run one after another on every batch. Their arguments are its fields.
    pub steps: Vec<Step>,
    pub validate: Option<Validate>,
    pub every: Vec<Every>,
    pub saves: Vec<SaveBest>,
    pub stop: Option<Stop>,
    /// The weights of the best epoch are taken up again when the run has ended; best by this metric.
    pub restore: Option<(Metric, Direction)>,
    /// Numbers of the last epoch that `every` blocks read: `Source::Seen`.
    pub seen: Vec<Metric>,
    /// Something reads what it logs.
    pub logged: bool,
    /// The parameters and buffers of every layer that is trained: what `save best` writes.
    pub trained: Vec<CellId>,
}

/// What the parts of a training run on.
#[derive(Clone, Debug, PartialEq)]
pub enum Feed {
    /// On each batch of a data set.
    Rows(Dataset),
    /// So many times, without data.
    Steps(usize),
}

/// A series of numbers that later programs read: of the training at place `job`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub job: usize,
    pub series: Series,
    pub name: Name,
}

/// How often a number is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// In every step.
    Steps,
    /// The mean over an epoch.
    Train,
    /// In the validation behind every epoch.
    Val,
}

/// `step discriminator (x) { .. }`
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Goes before the names of its metrics when a block has several steps.
    pub name: Option<Name>,
    pub program: ProgramId,
    pub span: Span,
}

/// `validate DATA (x, y) { .. }`, or `validate () { .. }` without data, after every epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Validate {
    pub feed: Feed,
    pub program: ProgramId,
    pub span: Span,
}

/// `every 100 steps { .. }`
#[derive(Clone, Debug, PartialEq)]
pub struct Every {
    /// At least 1.
    pub count: usize,
    pub unit: Unit,
    pub actions: Vec<Action>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Epoch,
    Step,
}

/// Calls at the top level that write or print, such as `save_plot(..)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// How many `train` blocks run before.
    pub behind: usize,
    pub actions: Vec<Action>,
    pub span: Span,
}

/// What an `every` block does. Programs take no arguments and give `Target::Value` results.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `save net.body to "x.safetensors" as names`; the holder is `net.body`, the rules lead from names of the file to paths.
    Save { cells: Vec<CellId>, holder: Option<Name>, to: Template, rules: Vec<Rename> },
    /// `save_images(G(z), "runs/{epoch}.png")`: `Value(0)` of the program.
    Images { program: ProgramId, to: Template },
    /// `save_plot((train: a, val: b), "runs/loss.svg")`: values of the program as a drawing.
    Plot { program: ProgramId, plot: Plot, to: Template },
    /// `print("accuracy {a}")`
    Print { program: Option<ProgramId>, text: Template },
    /// `print_text(codes, sonnets)`: `Value(0)` of the program, as what the codes of the data set's texts stand for.
    Text { program: ProgramId, data: Box<Dataset> },
    /// Statements that change cells and nothing else: `target <- 0.99 * target + 0.01 * online`.
    Update { program: ProgramId },
}

impl Action {
    /// What computes its values, if it needs any.
    pub fn program(&self) -> Option<ProgramId> {
        match self {
            Action::Save { .. } => None,
            Action::Images { program, .. }
            | Action::Plot { program, .. }
            | Action::Text { program, .. }
            | Action::Update { program } => Some(*program),
            Action::Print { program, .. } => *program,
        }
    }
}

/// A string that is finished when it is needed. Static values have been filled in already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub pieces: Vec<Piece>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(Name),
    /// The epoch, from 1.
    Epoch,
    /// The step, from 1.
    Step,
    /// Result `i` of the action's program; only in `Print` and in titles of plots, whose values stand behind the drawn.
    Value(usize),
}

/// `save best val.accuracy to "runs/x"`. A path without an extension is a run folder: the weights are
/// `best.safetensors` in it, and `metrics.jsonl` keeps every epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct SaveBest {
    pub metric: Metric,
    pub direction: Direction,
    pub to: Template,
    pub span: Span,
}

impl SaveBest {
    /// Whether its path is a run folder.
    pub fn is_folder(&self) -> bool {
        let last = self.to.pieces.last();
        !matches!(last, Some(Piece::Text(text)) if std::path::Path::new(&**text).extension().is_some())
    }
}

/// `stop after 5 epochs without better val.loss`
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    pub patience: usize,
    /// By more than so much a number must be better to count.
    pub min_delta: f64,
    pub metric: Metric,
    pub direction: Direction,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    pub part: Part,
    pub name: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Train,
    Val,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Highest,
    Lowest,
}

impl Part {
    /// As written in dln.
    pub fn name(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Val => "val",
        }
    }
}

/// `val.accuracy`
impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.part.name(), self.name)
    }
}

impl Direction {
    /// What is better than `value` by just `margin`.
    pub fn moved(self, value: f64, margin: f64) -> f64 {
        match self {
            Direction::Highest => value + margin,
            Direction::Lowest => value - margin,
        }
    }

    /// Whether `value` is better than `than`. A NaN never is.
    pub fn better(self, value: f64, than: f64) -> bool {
        match self {
            Direction::Highest => value > than,
            Direction::Lowest => value < than,
        }
    }
}
