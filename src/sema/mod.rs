//! From syntax to typed programs: names, static values, types and sizes. It never fails: it returns what it could make
//! sense of, and diagnostics. It does not know that a graph exists.
//!
//! One evaluator does it all. Static values are computed; tensors are *traced*: an expression on tensors adds ops to a
//! typed program whose sizes may be symbolic. It runs twice:
//!
//! * **every definition on its own** (`generic`), with its sizes and settings as variables: what is wrong for some sizes
//!   is reported once, where it is written, with sizes that show it;
//! * **every `train` and `test`** with the real sizes, layers inlined: these programs are what runs. Whatever a
//!   definition could not decide alone is decided here; what is left depends on the batch and is checked when it comes.

mod accumulate;
mod again;
mod arith;
mod backward;
mod bind;
mod brackets;
mod branch;
mod budget;
mod builtin;
mod call;
mod called;
mod chain;
mod checked;
mod claim;
mod compare;
mod conditional;
mod control;
mod copy;
mod data;
mod declared;
mod derive;
mod element;
mod emit;
mod every;
mod expr;
mod field;
mod flops;
mod foreign;
mod form;
mod found;
mod frozen;
mod function;
mod generic;
mod hidden;
mod history;
mod holds;
mod hyper;
mod imports;
mod index;
mod item;
mod keep;
mod labels;
mod layer;
mod layer_type;
mod layerwise;
mod loop_body;
mod minimize;
mod notes;
mod optimizer;
mod options;
mod origin;
mod padding;
mod pattern;
mod precision;
mod reordered;
mod report;
mod resample;
mod running;
mod scope;
mod session;
mod shape;
mod shown;
mod size;
mod slope;
mod stmt;
mod targets;
mod train;
mod tree;
mod useless;
mod value;
mod vmap;
mod watch;
mod ways;
mod weights;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::base::{FileId, Name, Span};
use crate::tir::{self, CellId};
use crate::types::{DType, Dim, Facts};

pub use again::{Known, Regions, with_spans};
pub use builtin::built_in;
pub use checked::{Checked, Counts, Domain, Function, Gradient, Hyper, Load, Test};
pub use notes::{About, Note, Size, Sort, rows_text};
pub use options::{Options, Override};
pub use report::show as type_text;
pub use scope::{Assembled, Library, MAIN, Missing, Module, ModuleId, Modules, PRELUDE};
pub use session::{Answer, Described, Question, Standing};
pub use watch::by_name;

use emit::Prog;
use item::LetState;
use value::{Instance, Value};

/// Something went wrong and has been reported.
#[derive(Clone, Copy, Debug)]
pub struct Poison;

pub type Res<T> = Result<T, Poison>;

/// Checks the main file of `modules`. `functions` are traced as programs of their own.
pub fn check(modules: &Modules, options: &Options, functions: &[&str]) -> Checked {
    let mut checker = Checker::new(modules, options);
    checker.file(functions);
    checker.finish()
}

/// As `check`; what is known of definitions that have not changed is taken from there, and the rest put there.
pub fn check_again(modules: &Modules, options: &Options, known: &mut Known) -> Checked {
    let mut checker = Checker::new(modules, options);
    checker.known = Some(std::mem::take(known));
    checker.file(&[]);
    *known = checker.known.take().unwrap_or_default();
    checker.finish()
}

/// A call that is being checked, for errors inside library code and for names of random streams.
#[derive(Debug)]
struct Frame<'a> {
    span: Span,
    instance: Option<Rc<Instance<'a>>>,
    /// The layer whose methods bare names mean.
    methods: Option<Rc<Instance<'a>>>,
}

/// A parameter, buffer or state under construction; its path is known when its layer has a name.
#[derive(Debug)]
struct CellInfo<'a> {
    owner: Option<Rc<Instance<'a>>>,
    name: Name,
    role: tir::Role,
    ty: tir::Ty,
    span: Span,
}

impl CellInfo<'_> {
    /// `net.body.3.weight`
    fn path(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{}.{}", owner.path(), self.name),
            None => self.name.to_string(),
        }
    }
}

pub(crate) struct Checker<'a> {
    modules: &'a Modules,
    options: &'a Options,
    out: Checked,
    facts: Facts,
    /// The program that is being traced, and the loop bodies inside it.
    progs: Vec<Prog>,
    /// The program of first values, while another one is traced.
    init: Vec<Prog>,
    cells: Vec<CellInfo<'a>>,
    lets: BTreeMap<(ModuleId, Name), LetState<'a>>,
    /// Memory of tensors of first values that other programs have met, by program and value.
    kept: BTreeMap<(u32, tir::ValueId), CellId>,
    frames: Vec<Frame<'a>>,
    counts: Counts,
    /// Definitions are checked on their own: sizes and settings are variables.
    generic: bool,
    /// The function or method that is being checked on its own.
    defining: Option<&'a crate::syntax::ast::Func>,
    /// The layers whose stand-ins are being made, the outermost first.
    standing: Vec<&'a crate::syntax::ast::Layer>,
    /// Inside `step`.
    training: bool,
    float: DType,
    last_label: u32,
    /// Replaces the layer's path in the names of random streams while its parameters get their first values.
    draw_prefix: Option<String>,
    /// How the shapes went along the chain that is being applied, for the trail of an error.
    trail: Vec<Vec<Dim>>,
    /// The size that the last `E0501` was about, for those who know how it came about.
    missed: Option<size::Missed<'a>>,
    /// Layers whose sizes were taken from a stand-in, with the holes that they get back.
    borrowed: Vec<(Rc<Instance<'a>>, BTreeMap<Name, value::SizeArg<'a>>)>,
    /// Layers that a file fills: the layer, the file, the rules for its names, and where that was said.
    loads: Vec<(Value<'a>, Name, Vec<tir::rename::Rename>, Span)>,
    /// Weights that are read in place of their layers' own, the innermost last.
    weights: Vec<Rc<value::Weights<'a>>>,
    /// What the loop bodies that are being traced have yielded.
    yields: Vec<loop_body::Yields<'a>>,
    /// Trainings that are values and have run, and what they logged.
    histories: Vec<(Rc<value::Training<'a>>, Value<'a>)>,
    /// While a top-level value is evaluated: whether it needs what a training logs.
    waits: Option<bool>,
    /// Actions of the `every` block that is being traced.
    actions: Option<every::Pending>,
    /// Which statements may stand here.
    place: stmt::Place,
    /// Parameters and buffers of what the current `train` block trains.
    trained_cells: Vec<CellId>,
    /// Losses of the step that is being traced.
    losses: usize,
    /// States of optimizers that the `test` which is being traced has used.
    kept_states: Vec<optimizer::KeptStates<'a>>,
    kept_steps: Vec<optimizer::KeptSteps<'a>>,
    /// Of the current `train` block, where it is lower than the program's.
    precision: Option<DType>,
    /// The first scale of losses in f16.
    loss_scale: f64,
    /// Of the `minimize` that is being traced.
    scaling: Option<precision::Scaling>,
    /// Functions whose bodies are being evaluated, with how many conditions were open when they began.
    active: Vec<(&'a crate::syntax::ast::Func, usize)>,
    /// Conditions on sizes that are open around what is being evaluated: both branches are looked at.
    open: usize,
    /// Whether both ways of a condition on sizes or settings have been traced into one program.
    undecided: bool,
    /// What has been said where, so that it is not said twice.
    reported: BTreeSet<(&'static str, Span)>,
    /// What the item that is being evaluated may still cost.
    budget: budget::Budget,
    /// Numbers of classes that did not agree in the current `train` block, expected and received: said once.
    classes_told: Vec<(Dim, Dim)>,
    /// Over how many batches the current `train` block takes the mean of gradients.
    accumulate: usize,
    /// The number of the update that is being traced, where several batches make one.
    update_number: Option<value::Tensor>,
    /// What is known of places, for `Checked::notes`.
    notes: notes::Notes<'a>,
    /// Layers that pad, by the values that they gave.
    pads: backward::Pads<'a>,
    /// The rows of a batch in the part of a `train` block that is being traced.
    rows: Dim,
    /// The sizes to which rows of different lengths are filled, and which field has their lengths.
    filled: Vec<(Dim, usize)>,
    /// What definitions gave before.
    known: Option<Known>,
    /// How many diagnostics there were before the definition that is being checked.
    told: usize,
    /// Whether the definition that is being checked met a top-level value of another file, which its first user evaluates.
    reached_out: bool,
}

impl<'a> Checker<'a> {
    fn new(modules: &'a Modules, options: &'a Options) -> Checker<'a> {
        Checker {
            modules,
            options,
            out: Checked::default(),
            facts: Facts::default(),
            progs: vec![Prog::named("init")],
            init: vec![],
            cells: vec![],
            lets: BTreeMap::new(),
            kept: BTreeMap::new(),
            frames: vec![],
            counts: Counts::default(),
            generic: false,
            defining: None,
            standing: vec![],
            training: false,
            float: options.float,
            last_label: 0,
            draw_prefix: None,
            trail: vec![],
            missed: None,
            borrowed: vec![],
            loads: vec![],
            weights: vec![],
            yields: vec![],
            histories: vec![],
            waits: None,
            actions: None,
            place: stmt::Place::Function,
            trained_cells: vec![],
            losses: 0,
            kept_states: vec![],
            kept_steps: vec![],
            precision: None,
            loss_scale: precision::FIRST_SCALE,
            scaling: None,
            active: vec![],
            open: 0,
            undecided: false,
            reported: BTreeSet::new(),
            budget: budget::Budget::new(options.steps),
            classes_told: vec![],
            accumulate: 1,
            update_number: None,
            notes: notes::Notes::default(),
            pads: backward::Pads::default(),
            rows: Dim::from(1),
            filled: vec![],
            known: None,
            told: 0,
            reached_out: false,
        }
    }

    /// Runs `body` on a program of its own and gives that program.
    fn program<T>(&mut self, name: &str, body: impl FnOnce(&mut Self) -> T) -> (tir::Program, T) {
        let outer = std::mem::replace(&mut self.progs, vec![Prog::named(name)]);
        let keep = self.init.is_empty();
        if keep {
            self.init = outer;
        }
        let result = body(self);
        let mut own = std::mem::take(&mut self.progs).remove(0);
        own.store_cells();
        self.progs = if keep { std::mem::take(&mut self.init) } else { vec![] };
        (own.program, result)
    }

    /// Runs `body` on the program of first values.
    fn in_init<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        if self.init.is_empty() {
            // A loop of the program of first values asks for another one of them: that one is outside of the loop.
            let bodies = self.progs.split_off(1);
            let result = body(self);
            self.progs.extend(bodies);
            return result;
        }
        let outer = std::mem::replace(&mut self.progs, std::mem::take(&mut self.init));
        let training = std::mem::replace(&mut self.training, false);
        let weights = std::mem::take(&mut self.weights);
        let result = body(self);
        (self.training, self.weights) = (training, weights);
        self.init = std::mem::replace(&mut self.progs, outer);
        result
    }

    fn add_program(&mut self, program: tir::Program) -> tir::ProgramId {
        if !self.generic {
            self.out.at_run_time.extend(program.checks.iter().cloned());
        }
        self.out.programs.push(program);
        tir::ProgramId::from(self.out.programs.len() - 1)
    }

    fn is_std(&self, file: FileId) -> bool {
        self.modules.of_file(file).is_some_and(|m| m.std)
    }

    fn finish(mut self) -> Checked {
        self.never_applied();
        let mut init = self.progs.remove(0);
        init.store_cells();
        self.out.standing = self.standing();
        let mut paths = std::collections::BTreeSet::new();
        for (at, info) in self.cells.iter().enumerate() {
            let path = info.path();
            let mut unique = path.clone();
            let mut n = 1;
            while !paths.insert(unique.clone()) {
                n += 1;
                unique = format!("{path}.{n}");
            }
            if self.options.known.get(unique.as_str()) == Some(&info.ty) {
                init.know(CellId::from(at));
                self.out.standing.known.push(CellId::from(at));
            }
            self.out.cells.push(tir::Cell {
                path: unique.into(),
                role: info.role,
                ty: info.ty.clone(),
                span: info.span,
            });
        }
        for (net, path, rules, span) in std::mem::take(&mut self.loads) {
            let cells = self.cells_of(&net, true);
            if cells.iter().all(|cell| self.out.standing.known.contains(cell)) {
                continue;
            }
            cells.iter().for_each(|&cell| init.read_from_file(cell));
            self.out.loads.push(Load { cells, holder: holds::holder(&net), path, rules, span });
        }
        self.out.notes = self.all_notes();
        self.out.init = init.program;
        self.counts.at_run_time = self.out.at_run_time.len();
        self.out.counts = self.counts;
        self.out
    }
}
