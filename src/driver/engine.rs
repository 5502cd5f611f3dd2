//! Runs checked programs: memory for every cell, and for every program and every size of its arguments one plan, made
//! when it is first needed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use crate::base::Span;
use crate::data::mix;
use crate::diag::Diagnostic;
use crate::exec::cpu::Executable;
use crate::exec::{Fault, Memory, Profile, Slot};
use crate::graph::Graph;
use crate::io::{self, Files};
use crate::lower::{self, Lowered};
use crate::ops::{Data, Tensor};
use crate::plan;
use crate::sema::{Checked, Load};
use crate::tir::{self, Cell, CellId, ProgramId, Source, Target};
use crate::train::{Call, History, Length, Machine};
use crate::types::DType;

use super::memory;
use super::plans::{PlanKey, Plans};
use super::timing::{Times, Timing, Turn};

/// A program ready to run with arguments of given sizes.
pub(super) struct Compiled {
    executable: Executable,
    /// Kept for tracing: the reference evaluator runs it again when a loss is not finite.
    pub(super) graph: Graph,
    pub(super) inputs: Vec<Source>,
    outputs: Vec<Target>,
    /// Where inputs come from and outputs go, in the order of the graph.
    pub(super) input_slots: Vec<Slot>,
    output_slots: Vec<Slot>,
    pub(super) spans: Vec<Span>,
}

/// The memory of a checked file, and the plans of its programs.
pub struct Engine<'c> {
    pub(super) checked: &'c Checked,
    pub(super) memory: Memory,
    cells: Vec<Slot>,
    compiled: Plans<Compiled>,
    results: Vec<(Target, Tensor)>,
    /// What trainings have logged: of `Checked::logs`, those that are known by now.
    logs: BTreeMap<usize, Tensor>,
    timing: Option<Timing>,
    /// Ends what is being computed.
    stop: Option<&'c AtomicBool>,
}

/// What a plan must guard, may overwrite, and may keep something of: cells that it leaves as they are, if its program has no other
/// plans, for other sizes, each of which would keep as much.
pub fn plan_options(lowered: &Lowered, alone: bool) -> plan::Options {
    let mut options = plan::Options::default();
    for (o, target) in lowered.outputs.iter().enumerate() {
        match target {
            Target::Loss(_) => options.guards.push(o),
            Target::Cell(cell) => {
                let source = Source::Cell(*cell);
                options.updates.extend(lowered.inputs.iter().position(|s| *s == source).map(|i| (o, i)));
            }
            Target::Metric(_) | Target::Value(_) | Target::Compared | Target::Assert(_) => {}
        }
    }
    let cells = lowered.inputs.iter().enumerate().filter(|(_, source)| matches!(source, Source::Cell(_)));
    let left = cells.map(|(input, _)| input).filter(|input| options.updates.iter().all(|update| update.1 != *input));
    options.stays = left.filter(|_| alone).collect();
    options
}

impl<'c> Engine<'c> {
    /// Memory with the first values of all cells: those of files that are loaded, then what is computed.
    pub fn new(checked: &'c Checked, files: &Files, seed: u64) -> Result<Engine<'c>, Diagnostic> {
        Engine::with(checked, files, seed, &|_| None, None)
    }

    /// As `new`, with the values of the cells that are known from before: `sema::Standing::known`. Setting `stop` ends it with an error
    /// that has no code.
    pub fn with(
        checked: &'c Checked,
        files: &Files,
        seed: u64,
        known: &dyn Fn(&str) -> Option<Rc<Tensor>>,
        stop: Option<&'c AtomicBool>,
    ) -> Result<Engine<'c>, Diagnostic> {
        memory::cells_fit(&checked.cells)?;
        let mut memory = Memory::new();
        let cells = checked
            .cells
            .iter()
            .map(|cell| memory.zeros(crate::graph::Type::new(cell.ty.dtype, known_shape(cell))))
            .collect();
        let mut engine = Engine {
            checked,
            memory,
            cells,
            compiled: Plans::new(),
            results: vec![],
            logs: BTreeMap::new(),
            timing: None,
            stop,
        };
        for load in &checked.loads {
            engine.load(load, files)?;
        }
        for &cell in &checked.standing.known {
            if let Some(value) = known(&checked.cells[cell.index()].path) {
                engine.write(cell, &value);
            }
        }
        let key = mix(&[seed, FIRST_VALUES]);
        let call =
            Call { program: ProgramId(0), args: &[], step: 0, epoch: 0, length: Length::default(), seen: &[], key };
        engine.run_program(None, &checked.init, &call)?;
        // First values are computed once.
        engine.compiled.clear().for_each(|gone| engine.release(&gone));
        engine.memory.give_back_arena();
        engine.stop = None;
        Ok(engine)
    }

    /// Runs a program that may be ended by setting `stop`, with an error that has no code. One that changes cells goes on to its end.
    pub fn run_until(&mut self, call: &Call, stop: &'c AtomicBool) -> Result<&[(Target, Tensor)], Diagnostic> {
        let outputs = &self.checked.programs[call.program.index()].outputs;
        let changes = outputs.iter().any(|output| matches!(output.to, Target::Cell(_)));
        self.stop = (!changes).then_some(stop);
        let ended = self.run(call).map(drop);
        self.stop = None;
        ended?;
        Ok(&self.results)
    }

    fn load(&mut self, load: &Load, files: &Files) -> Result<(), Diagnostic> {
        let cells: Vec<&Cell> = load.cells.iter().map(|id| &self.checked.cells[id.index()]).collect();
        let names = io::names(&cells, load.holder.as_deref());
        let expected = cells.into_iter().zip(names).map(|(cell, name)| {
            let shape = known_shape(cell);
            io::Expected { name, dtype: cell.ty.dtype, shape, span: cell.span }
        });
        let expected: Vec<io::Expected> = expected.collect();
        let tensors = io::load(files, &load.path, &expected, &load.rules, load.span)?;
        for (id, tensor) in load.cells.iter().zip(&tensors) {
            self.write(*id, tensor);
        }
        Ok(())
    }

    /// Runs a program. For each size that it finds in its data, the part that computes it runs first.
    fn run_program(&mut self, id: Option<ProgramId>, program: &tir::Program, call: &Call) -> Result<(), Diagnostic> {
        let shapes: Vec<Vec<usize>> = call.args.iter().map(|a| a.shape.clone()).collect();
        let mut key: PlanKey = (id, shapes, vec![]);
        loop {
            let mut compiled = match self.compiled.take(&key) {
                Some(compiled) => compiled,
                None => self.plan_for(program, &key)?,
            };
            let result = self.execute(&mut compiled, call);
            if let Some(gone) = self.compiled.put(key.clone(), compiled) {
                self.release(&gone);
            }
            result?;
            match program.found.get(key.2.len()) {
                Some(found) => key.2.push(self.found_size(found)?),
                None => return Ok(()),
            }
        }
    }

    /// The plan of a program, or of the part of it that computes the next size.
    fn plan_for(&mut self, program: &tir::Program, (_, shapes, found): &PlanKey) -> Result<Compiled, Diagnostic> {
        let args: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        let mut sizes = lower::bind_inputs(program, |source| match source {
            Source::Arg(place) => args.get(*place).copied(),
            Source::Logged(log) => self.logs.get(log).map(|numbers| &numbers.shape[..]),
            _ => None,
        });
        sizes.extend(program.found.iter().zip(found).map(|(size, &value)| (size.var.clone(), value)));
        if let Some(check) = lower::unmet(program, &sizes) {
            return Err(unmet(check, &sizes));
        }
        match program.found.get(found.len()) {
            Some(next) => self.compile(&lower::part_for(program, next), &sizes),
            None => self.compile(program, &sizes),
        }
    }

    /// The size that was just computed.
    fn found_size(&self, found: &tir::Found) -> Result<i64, Diagnostic> {
        match self.results.first().map(|(_, value)| &value.data) {
            Some(Data::I64(values)) if values[0] >= 0 => Ok(values[0]),
            Some(Data::I64(values)) => {
                let message = format!("a size is at least 0, and this is {}", values[0]);
                Err(Diagnostic::error("E0518", found.span, message, "found when it ran"))
            }
            _ => unreachable!("a size is a whole number"),
        }
    }

    /// Takes what a training has logged: programs behind it read that.
    pub fn keep_logs(&mut self, job: usize, history: &History) {
        for (place, log) in self.checked.logs.iter().enumerate().filter(|(_, log)| log.job == job) {
            let numbers = history.numbers(log.series, &log.name);
            self.logs.insert(place, Tensor::from_f64(DType::F64, &[numbers.len()], numbers));
        }
    }

    /// What earlier trainings have logged, by its place among the logs of the file.
    pub fn logs(&self) -> Vec<(usize, Tensor)> {
        self.logs.iter().map(|(&log, numbers)| (log, numbers.clone())).collect()
    }

    pub fn set_logs(&mut self, logs: Vec<(usize, Tensor)>) {
        self.logs = logs.into_iter().collect();
    }

    /// Gives back the memory of a plan that is kept no longer; cells stay.
    fn release(&mut self, gone: &Compiled) {
        let inputs = gone.inputs.iter().map(|source| matches!(source, Source::Cell(_))).zip(&gone.input_slots);
        let outputs = gone.outputs.iter().map(|target| matches!(target, Target::Cell(_))).zip(&gone.output_slots);
        let own = inputs.chain(outputs).filter(|(cell, _)| !cell);
        own.for_each(|(_, &slot)| self.memory.release(slot));
    }

    /// What it runs.
    pub fn checked(&self) -> &'c Checked {
        self.checked
    }

    /// How many plans are kept.
    pub fn plans(&self) -> usize {
        self.compiled.len()
    }

    /// Bytes of the cells, and of what goes into and comes out of the plans that are kept.
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// Starts or stops taking times in the plans that are kept; gives those taken so far.
    pub fn profile(&mut self, on: bool) -> Vec<Profile> {
        self.compiled.all().map(|compiled| compiled.executable.profile(on)).collect()
    }

    /// What the plans that are kept could not run together.
    pub fn apart(&mut self) -> Vec<plan::Apart> {
        self.compiled.all().flat_map(|compiled| plan::apart(&compiled.graph)).collect()
    }

    /// Takes times of some steps in the middle of the run to come.
    pub fn time_steps(&mut self) {
        self.timing = Some(Timing::default());
    }

    /// What that gave; none of a run that was too short.
    pub fn times(self) -> Option<Times> {
        self.timing?.times
    }

    /// Begins or ends the time in which plans are timed.
    fn timed(&mut self, program: ProgramId) {
        let Some(timing) = &mut self.timing else { return };
        match timing.before(self.checked, program) {
            Turn::Stay => {}
            Turn::On => drop(self.profile(true)),
            Turn::Off => {
                let profiles = self.profile(false);
                self.timing.iter_mut().for_each(|timing| timing.take(profiles.clone()));
            }
        }
    }

    fn compile(&mut self, program: &tir::Program, sizes: &lower::Sizes) -> Result<Compiled, Diagnostic> {
        memory::tensors_fit(program, sizes)?;
        let (lowered, plan) = super::compile(program, sizes);
        memory::plan_fits(&plan)?;
        let nodes = &lowered.graph.nodes;
        let input_slots = lowered.inputs.iter().zip(&lowered.graph.inputs).map(|(source, (_, ty))| match source {
            Source::Cell(cell) => self.cells[cell.index()],
            _ => self.memory.zeros(ty.clone()),
        });
        let input_slots = input_slots.collect();
        let output_slots = lowered.outputs.iter().zip(&lowered.graph.outputs).map(|(target, (_, node))| match target {
            Target::Cell(cell) => self.cells[cell.index()],
            _ => self.memory.zeros(nodes[node.index()].tys[0].clone()),
        });
        let output_slots = output_slots.collect();
        Ok(Compiled {
            executable: Executable::new(plan),
            graph: lowered.graph,
            inputs: lowered.inputs,
            outputs: lowered.outputs,
            input_slots,
            output_slots,
            spans: program.outputs.iter().map(|o| o.span).collect(),
        })
    }

    fn execute(&mut self, compiled: &mut Compiled, call: &Call) -> Result<(), Diagnostic> {
        for (source, &slot) in compiled.inputs.iter().zip(&compiled.input_slots) {
            let scalar = |value: i64| Tensor::new(vec![], Data::I64(vec![value]));
            match source {
                Source::Cell(_) => {}
                Source::Arg(i) => {
                    let dtype = self.memory.ty(slot).dtype;
                    self.memory.set(slot, &as_dtype(&call.args[*i], dtype));
                }
                Source::Step => self.memory.set(slot, &scalar(call.step as i64)),
                Source::Epoch => self.memory.set(slot, &scalar(call.epoch as i64)),
                Source::StepsPerEpoch => self.memory.set(slot, &scalar(call.length.steps_per_epoch as i64)),
                Source::TotalSteps => self.memory.set(slot, &scalar(call.length.total_steps as i64)),
                Source::Batch => self.memory.set(slot, &scalar(call.length.batch as i64)),
                Source::Batches => self.memory.set(slot, &scalar(call.length.batches as i64)),
                Source::Seen(i) => {
                    let seen = call.seen.get(*i).copied().unwrap_or(f64::NAN);
                    self.memory.set(slot, &Tensor::new(vec![], Data::F64(vec![seen])));
                }
                Source::Logged(log) => {
                    let dtype = self.memory.ty(slot).dtype;
                    self.memory.set(slot, &as_dtype(&self.logs[log], dtype));
                }
                Source::Key => self.memory.set(slot, &scalar(call.key as i64)),
                Source::Body(_) => unreachable!("only loop bodies have such inputs"),
            }
        }
        let ran =
            compiled.executable.run_until(&mut self.memory, &compiled.input_slots, &compiled.output_slots, self.stop);
        ran.map_err(|fault| self.fault(&fault, compiled))?;
        self.collect(compiled)
    }

    /// Takes what a run gave; fails on the first assertion that does not hold.
    fn collect(&mut self, compiled: &Compiled) -> Result<(), Diagnostic> {
        self.results.clear();
        for (i, (target, &slot)) in compiled.outputs.iter().zip(&compiled.output_slots).enumerate() {
            match target {
                Target::Cell(_) | Target::Compared => {}
                Target::Assert(text) => {
                    if self.memory.get(slot).data != Data::Bool(vec![true]) {
                        let behind = compiled.outputs.iter().zip(&compiled.output_slots).skip(i + 1);
                        let compared = behind.take_while(|(target, _)| **target == Target::Compared);
                        let compared: Vec<Tensor> = compared.map(|(_, &slot)| self.memory.get(slot)).collect();
                        return Err(assertion(text, &compared, compiled.spans[i]));
                    }
                }
                Target::Loss(_) | Target::Metric(_) | Target::Value(_) => {
                    self.results.push((target.clone(), self.memory.get(slot)));
                }
            }
        }
        Ok(())
    }

    fn fault(&self, fault: &Fault, compiled: &Compiled) -> Diagnostic {
        match fault {
            Fault::Index { span, index, size, .. } => {
                let message = format!("the index {index} is outside an axis of {size}");
                Diagnostic::error("E0802", *span, message, "read here")
            }
            Fault::Matrix { span, breakdown, matrix, .. } => {
                Diagnostic::error("E0804", *span, breakdown.to_string(), format!("matrix {matrix} of this batch"))
            }
            Fault::NotFinite { output } => self.not_finite(*output, compiled),
            Fault::Stopped => Diagnostic::error("", Span::none(), "interrupted", ""),
        }
    }
}

impl Machine for Engine<'_> {
    fn run(&mut self, call: &Call) -> Result<&[(Target, Tensor)], Diagnostic> {
        self.timed(call.program);
        let checked = self.checked;
        let program = &checked.programs[call.program.index()];
        self.run_program(Some(call.program), program, call)?;
        Ok(&self.results)
    }

    fn cell(&self, id: CellId) -> &Cell {
        &self.checked.cells[id.index()]
    }

    fn read(&self, id: CellId) -> Tensor {
        self.memory.get(self.cells[id.index()])
    }

    fn write(&mut self, id: CellId, value: &Tensor) {
        self.memory.set(self.cells[id.index()], value);
    }
}

/// Sets the random numbers of first values apart from those of training.
const FIRST_VALUES: u64 = 0x696e_6974;

/// The sizes of a cell, which are numbers.
pub fn known_shape(cell: &Cell) -> Vec<usize> {
    let size = |d: &crate::types::Dim| d.as_const().and_then(|v| usize::try_from(v).ok());
    cell.ty.shape.iter().map(|d| size(d).expect("the sizes of cells are numbers")).collect()
}

/// Data has the float type that its field declares; a program may compute in another.
fn as_dtype(tensor: &Tensor, dtype: DType) -> Cow<'_, Tensor> {
    match tensor.dtype() == dtype {
        true => Cow::Borrowed(tensor),
        false => Cow::Owned(Tensor::from_f64(dtype, &tensor.shape, &tensor.to_f64())),
    }
}

/// An assertion that is false; of a comparison also what was compared.
fn assertion(text: &str, compared: &[Tensor], span: Span) -> Diagnostic {
    let message = match text {
        "" => "an assertion does not hold".to_string(),
        text => format!("an assertion does not hold: {text}"),
    };
    let diagnostic = Diagnostic::error("E0803", span, message, "false here");
    let [left, right] = compared else { return diagnostic };
    let diagnostic = diagnostic.note(format!("left:  {}\nright: {}", io::show::tensor(left), io::show::tensor(right)));
    match largest_difference(left, right) {
        Some(difference) if !left.shape.is_empty() => diagnostic.note(difference),
        _ => diagnostic,
    }
}

/// `they differ most at [1, 0]: 2 and 2.5`
fn largest_difference(left: &Tensor, right: &Tensor) -> Option<String> {
    if left.shape != right.shape {
        return None;
    }
    let (a, b) = (left.to_f64(), right.to_f64());
    let distance = |i: &usize| if a[*i].is_nan() || b[*i].is_nan() { f64::INFINITY } else { (a[*i] - b[*i]).abs() };
    let at = (0..a.len()).max_by(|i, j| distance(i).total_cmp(&distance(j)).then(j.cmp(i)))?;
    let mut rest = at;
    let mut place: Vec<usize> = left
        .shape
        .iter()
        .rev()
        .map(|&n| {
            let i = rest % n;
            rest /= n;
            i
        })
        .collect();
    place.reverse();
    Some(format!("they differ most at {place:?}: {} and {}", io::show::number(a[at]), io::show::number(b[at])))
}

fn unmet(check: &tir::Check, sizes: &lower::Sizes) -> Diagnostic {
    let sizes: Vec<String> = sizes.iter().map(|(var, value)| format!("{} = {value}", var.name)).collect();
    Diagnostic::error(check.code, check.span, check.message.clone(), "checked when the sizes were known")
        .note(format!("sizes: {}", sizes.join(", ")))
}
