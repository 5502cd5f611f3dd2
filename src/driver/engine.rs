//! Runs checked programs: memory for every cell, and for every program and every size of its arguments one plan, made
//! when it is first needed.

use std::collections::BTreeMap;

use crate::data::mix;
use crate::diag::Diagnostic;
use crate::exec::cpu::Executable;
use crate::exec::{Fault, Memory, Slot};
use crate::graph::{Graph, trace_first_nonfinite};
use crate::io::{self, Files};
use crate::lower::{self, Lowered};
use crate::ops::{Data, Tensor};
use crate::plan;
use crate::sema::{Checked, Load};
use crate::tir::{self, Cell, CellId, ProgramId, Source, Target};
use crate::train::{Call, Machine};
use crate::types::DType;

/// A program ready to run with arguments of given sizes.
struct Compiled {
    executable: Executable,
    /// Kept for tracing: the reference evaluator runs it again when a loss is not finite.
    graph: Graph,
    inputs: Vec<(Source, Slot)>,
    outputs: Vec<(Target, Slot)>,
    spans: Vec<crate::base::Span>,
}

/// The memory of a checked file, and the plans of its programs.
pub struct Engine<'c> {
    checked: &'c Checked,
    memory: Memory,
    cells: Vec<Slot>,
    compiled: BTreeMap<(ProgramId, Vec<Vec<usize>>), Compiled>,
    results: Vec<(Target, Tensor)>,
}

/// What a plan must guard and may overwrite.
pub fn plan_options(lowered: &Lowered) -> plan::Options {
    let mut options = plan::Options::default();
    for (o, target) in lowered.outputs.iter().enumerate() {
        match target {
            Target::Loss(_) => options.guards.push(o),
            Target::Cell(cell) => {
                let source = Source::Cell(*cell);
                options.updates.extend(lowered.inputs.iter().position(|s| *s == source).map(|i| (o, i)));
            }
            Target::Metric(_) | Target::Value(_) | Target::Assert(_) => {}
        }
    }
    options
}

impl<'c> Engine<'c> {
    /// Memory with the first values of all cells: their initializers', then those of files that are loaded.
    pub fn new(checked: &'c Checked, files: &Files, seed: u64) -> Result<Engine<'c>, Diagnostic> {
        let mut memory = Memory::new();
        let cells = checked
            .cells
            .iter()
            .map(|cell| memory.zeros(crate::graph::Type::new(cell.ty.dtype, known_shape(cell))))
            .collect();
        let mut engine = Engine { checked, memory, cells, compiled: BTreeMap::new(), results: vec![] };
        let call = Call { program: ProgramId(0), args: &[], step: 0, epoch: 0, key: mix(&[seed, FIRST_VALUES]) };
        let mut compiled = engine.compile(&checked.init, &[]);
        engine.execute(&mut compiled, &call, &checked.init)?;
        for load in &checked.loads {
            engine.load(load, files)?;
        }
        Ok(engine)
    }

    fn load(&mut self, load: &Load, files: &Files) -> Result<(), Diagnostic> {
        let expected: Vec<io::Expected> = load
            .cells
            .iter()
            .map(|(name, id)| {
                let cell = &self.checked.cells[id.index()];
                let shape = known_shape(cell);
                io::Expected { name: name.to_string(), dtype: cell.ty.dtype, shape, span: cell.span }
            })
            .collect();
        let tensors = io::load(files, &load.path, &expected, load.span)?;
        for ((_, id), tensor) in load.cells.iter().zip(&tensors) {
            self.write(*id, tensor);
        }
        Ok(())
    }

    /// Overwrites a cell.
    pub fn write(&mut self, id: CellId, tensor: &Tensor) {
        self.memory.set(self.cells[id.index()], tensor);
    }

    fn compile(&mut self, program: &tir::Program, args: &[&[usize]]) -> Compiled {
        let sizes = lower::bind(program, args);
        let (lowered, plan) = super::compile(program, &sizes);
        let nodes = &lowered.graph.nodes;
        let inputs = lowered.inputs.iter().zip(&lowered.graph.inputs).map(|(source, (_, ty))| {
            let slot = match source {
                Source::Cell(cell) => self.cells[cell.index()],
                _ => self.memory.zeros(ty.clone()),
            };
            (source.clone(), slot)
        });
        let inputs = inputs.collect();
        let outputs = lowered.outputs.iter().zip(&lowered.graph.outputs).map(|(target, (_, node))| {
            let slot = match target {
                Target::Cell(cell) => self.cells[cell.index()],
                _ => self.memory.zeros(nodes[node.index()].tys[0].clone()),
            };
            (target.clone(), slot)
        });
        let outputs = outputs.collect();
        let spans = program.outputs.iter().map(|o| o.span).collect();
        Compiled { executable: Executable::new(plan), graph: lowered.graph, inputs, outputs, spans }
    }

    fn execute(&mut self, compiled: &mut Compiled, call: &Call, program: &tir::Program) -> Result<(), Diagnostic> {
        let slots: Vec<Slot> = compiled.inputs.iter().map(|(_, slot)| *slot).collect();
        for (source, slot) in &compiled.inputs {
            let scalar = |value: i64| Tensor::new(vec![], Data::I64(vec![value]));
            match source {
                Source::Cell(_) => {}
                Source::Arg(i) => {
                    let dtype = self.memory.ty(*slot).dtype;
                    self.memory.set(*slot, &as_dtype(&call.args[*i], dtype));
                }
                Source::Step => self.memory.set(*slot, &scalar(call.step as i64)),
                Source::Epoch => self.memory.set(*slot, &scalar(call.epoch as i64)),
                Source::Key => self.memory.set(*slot, &scalar(call.key as i64)),
                Source::Body(_) => unreachable!("only loop bodies have such inputs"),
            }
        }
        let outputs: Vec<Slot> = compiled.outputs.iter().map(|(_, slot)| *slot).collect();
        compiled
            .executable
            .run(&mut self.memory, &slots, &outputs)
            .map_err(|fault| self.fault(&fault, compiled, call))?;
        self.results.clear();
        for (i, (target, slot)) in compiled.outputs.iter().enumerate() {
            match target {
                Target::Cell(_) => {}
                Target::Assert(text) => {
                    if self.memory.get(*slot).data != Data::Bool(vec![true]) {
                        return Err(assertion(text, compiled.spans[i]));
                    }
                }
                _ => self.results.push((target.clone(), self.memory.get(*slot))),
            }
        }
        let _ = program;
        Ok(())
    }

    fn fault(&self, fault: &Fault, compiled: &Compiled, call: &Call) -> Diagnostic {
        match fault {
            Fault::Index { span, index, size, .. } => {
                let message = format!("the index {index} is outside an axis of {size}");
                Diagnostic::error("E0802", *span, message, "read here").note(moment(call))
            }
            Fault::NotFinite { output } => self.not_finite(*output, compiled, call),
        }
    }

    /// A loss became NaN or infinite: the reference evaluator finds who made it.
    fn not_finite(&self, output: usize, compiled: &Compiled, call: &Call) -> Diagnostic {
        let span = compiled.spans[output];
        let inputs: Vec<Tensor> = compiled.inputs.iter().map(|(_, slot)| self.memory.get(*slot)).collect();
        let mut diagnostic =
            Diagnostic::error("E0801", span, "the loss is not a finite number", "this loss").note(moment(call));
        if let Some(found) = trace_first_nonfinite(&compiled.graph, &inputs) {
            let word = if found.value.is_nan() { "NaN" } else { "infinity" };
            diagnostic.message = format!("the loss is not a finite number: a {word} appears in {}", moment(call));
            if !found.span.is_none() {
                diagnostic
                    .labels
                    .insert(0, crate::diag::Label { span: found.span, text: format!("the first {word} is made here") });
            }
            if let Some(overflow) = found.overflow {
                diagnostic = diagnostic.label(overflow, "an infinity comes from here");
            }
        }
        diagnostic.help(
            "a smaller learning rate or `clip_norm(1.0) >> ..` often helps; the weights are those before this step",
        )
    }
}

impl Machine for Engine<'_> {
    fn run(&mut self, call: &Call) -> Result<&[(Target, Tensor)], Diagnostic> {
        let checked = self.checked;
        let program = &checked.programs[call.program.index()];
        let shapes: Vec<Vec<usize>> = call.args.iter().map(|a| a.shape.clone()).collect();
        let key = (call.program, shapes);
        let mut compiled = match self.compiled.remove(&key) {
            Some(compiled) => compiled,
            None => {
                let args: Vec<&[usize]> = key.1.iter().map(Vec::as_slice).collect();
                let sizes = lower::bind(program, &args);
                if let Some(check) = lower::unmet(program, &sizes) {
                    return Err(unmet(check, &sizes));
                }
                self.compile(program, &args)
            }
        };
        let result = self.execute(&mut compiled, call, program);
        self.compiled.insert(key, compiled);
        result?;
        Ok(&self.results)
    }

    fn cell(&self, id: CellId) -> &Cell {
        &self.checked.cells[id.index()]
    }

    fn read(&self, id: CellId) -> Tensor {
        self.memory.get(self.cells[id.index()])
    }
}

/// Sets the random numbers of first values apart from those of training.
const FIRST_VALUES: u64 = 0x696e_6974;

fn known_shape(cell: &Cell) -> Vec<usize> {
    let size = |d: &crate::types::Dim| d.as_const().and_then(|v| usize::try_from(v).ok());
    cell.ty.shape.iter().map(|d| size(d).expect("the sizes of cells are numbers")).collect()
}

/// Data has the float type that its field declares; a program may compute in another.
fn as_dtype(tensor: &Tensor, dtype: DType) -> Tensor {
    match tensor.dtype() == dtype {
        true => tensor.clone(),
        false => Tensor::from_f64(dtype, &tensor.shape, &tensor.to_f64()),
    }
}

fn assertion(text: &str, span: crate::base::Span) -> Diagnostic {
    let message = match text {
        "" => "an assertion does not hold".to_string(),
        text => format!("an assertion does not hold: {text}"),
    };
    Diagnostic::error("E0803", span, message, "false here")
}

fn unmet(check: &tir::Check, sizes: &lower::Sizes) -> Diagnostic {
    let sizes: Vec<String> = sizes.iter().map(|(var, value)| format!("{} = {value}", var.name)).collect();
    Diagnostic::error(check.code, check.span, check.message.clone(), "checked when the sizes were known")
        .note(format!("sizes: {}", sizes.join(", ")))
}

fn moment(call: &Call) -> String {
    format!("epoch {}, step {}", call.epoch, call.step)
}
