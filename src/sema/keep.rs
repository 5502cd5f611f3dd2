//! Values that are made before everything else, and what remembers them.
//!
//! What the top level, the fields of layers and the settings of trainings compute belongs to the program of first values,
//! which runs once, after files have been read. Another program that meets such a tensor, wherever it was remembered, reads the memory that keeps it. A
//! value that *is* a parameter stays that parameter: layers can share one.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::Op;
use crate::tir::{CellId, Kind, Role, Source, Target, Ty, ValueId};

use super::emit::Prog;
use super::value::{Instance, Tensor, Value, Weights};
use super::{Checker, Res};

impl Prog {
    /// A file gives this cell its first value: who needs that reads it, and nobody computes another.
    pub fn read_from_file(&mut self, cell: CellId) {
        let Some(first) = self.versions(cell).first().map(|value| value.id) else { return };
        let node = &mut self.program.nodes[first.index()];
        (node.kind, node.args) = (Kind::Input(Source::Cell(cell)), vec![]);
        self.program.outputs.retain(|output| (&output.to, output.value) != (&Target::Cell(cell), first));
    }

    /// The value of this cell is known from before: who needs one that it had reads it, and nobody computes another.
    pub fn know(&mut self, cell: CellId) {
        let versions: Vec<ValueId> = self.versions(cell).iter().map(|value| value.id).collect();
        for version in versions {
            let node = &mut self.program.nodes[version.index()];
            (node.kind, node.args) = (Kind::Input(Source::Cell(cell)), vec![]);
        }
        self.program.outputs.retain(|output| output.to != Target::Cell(cell));
    }
}

impl<'a> Checker<'a> {
    /// Tensors of the program of first values get memory under a name.
    pub fn keep(&mut self, value: Value<'a>, owner: Option<&Rc<Instance<'a>>>, name: &str, span: Span) -> Value<'a> {
        match self.as_place(value) {
            Value::Tensor(tensor) => match self.kept_sizes_known(&tensor, name, span) {
                Ok(()) => Value::Cell(self.kept(&tensor, owner, name, span)),
                Err(_) => Value::Error,
            },
            Value::Tuple(parts) => Value::tuple(self.keep_all(&parts, owner, name, span)),
            Value::List(parts) => Value::list(self.keep_all(&parts, owner, name, span)),
            Value::Record(fields) => {
                let keep =
                    |(n, v): &(Name, Value<'a>)| (n.clone(), self.keep(v.clone(), owner, &format!("{name}.{n}"), span));
                Value::Record(Rc::new(fields.iter().map(keep).collect()))
            }
            Value::Weights(weights) => {
                let values = weights.values.iter().enumerate().map(|(i, (cell, value))| match value {
                    // Weights are as they were, even if they are those of the layer.
                    Value::Tensor(tensor) => {
                        (*cell, Value::Cell(self.kept(tensor, owner, &format!("{name}.{i}"), span)))
                    }
                    other => (*cell, other.clone()),
                });
                let values = values.collect();
                Value::Weights(Rc::new(Weights { of: weights.of.clone(), values }))
            }
            other => other,
        }
    }

    fn keep_all(
        &mut self,
        parts: &[Value<'a>],
        owner: Option<&Rc<Instance<'a>>>,
        name: &str,
        span: Span,
    ) -> Vec<Value<'a>> {
        let keep = |(i, v): (usize, &Value<'a>)| self.keep(v.clone(), owner, &format!("{name}.{i}"), span);
        parts.iter().enumerate().map(keep).collect()
    }

    /// Memory for a tensor of the program of first values, which is being traced.
    fn kept(&mut self, tensor: &Tensor, owner: Option<&Rc<Instance<'a>>>, name: &str, span: Span) -> CellId {
        let cell = self.add_cell(owner.cloned(), name.into(), Role::Buffer, tensor.ty.clone(), span);
        let id = self.here(tensor);
        self.prog().output(Target::Cell(cell), id, span);
        self.progs[0].hold(cell, Tensor { id, ..tensor.clone() });
        cell
    }

    /// A cell's value when everything begins.
    pub fn begin_as(&mut self, cell: CellId, value: &Tensor, span: Span) -> Res<()> {
        let value = self.of_its_own(value, span)?;
        self.prog().output(Target::Cell(cell), value.id, span);
        self.progs[0].hold(cell, value);
        Ok(())
    }

    /// The tensor as a value that no other cell holds, so that the cell can be told from it.
    pub fn of_its_own(&mut self, value: &Tensor, span: Span) -> Res<Tensor> {
        let id = self.here(value);
        let value = Tensor { id, depth: self.depth(), home: self.progs[0].serial, ..value.clone() };
        match self.progs[0].holder(id) {
            Some(_) => self.emit(Op::Reshape { shape: value.ty.shape.clone() }, &[&value], span),
            None => Ok(value),
        }
    }

    /// The cell that holds just this tensor now.
    pub fn cell_of(&self, tensor: &Tensor) -> Option<CellId> {
        let prog = [self.progs.first(), self.init.first()].into_iter().flatten().find(|p| p.serial == tensor.home)?;
        let cell = prog.holder(tensor.id).filter(|_| tensor.depth == 0)?;
        prog.versions(cell).last().filter(|last| (last.id, last.depth) == (tensor.id, 0)).map(|_| cell)
    }

    /// A value that is stored: where it is a parameter, the parameter itself.
    pub fn as_place(&mut self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Tensor(tensor) => match self.cell_of(&tensor) {
                Some(cell) => Value::Cell(cell),
                None => Value::Tensor(tensor),
            },
            Value::List(parts) => Value::list(parts.iter().map(|part| self.as_place(part.clone())).collect()),
            Value::Tuple(parts) => Value::tuple(parts.iter().map(|part| self.as_place(part.clone())).collect()),
            Value::Record(fields) => {
                let fields = fields.iter().map(|(name, part)| (name.clone(), self.as_place(part.clone())));
                Value::Record(Rc::new(fields.collect()))
            }
            other => other,
        }
    }

    /// A tensor of another program as a value of this one, at its top.
    pub fn brought_here(&mut self, tensor: &Tensor) -> Tensor {
        let home = self.progs[0].serial;
        if self.init.first().is_some_and(|init| init.serial == tensor.home) && tensor.depth == 0 {
            let span = self.init[0].program.nodes[tensor.id.index()].span;
            let cell = match self.cell_of(tensor).or_else(|| self.kept.get(&(tensor.home, tensor.id)).copied()) {
                Some(cell) => cell,
                None => {
                    let cell = self.in_init(|c| c.kept(tensor, None, "kept", span));
                    self.kept.insert((tensor.home, tensor.id), cell);
                    cell
                }
            };
            return Tensor { labels: tensor.labels.clone(), ..self.held(cell, span) };
        }
        if !self.generic {
            let span = self.frames.last().map_or(Span::none(), |frame| frame.span);
            let text = "a value of a batch is used where no batch is there";
            let diagnostic = Diagnostic::error("E0614", span, text, "made once, before the first batch").help(
                "first values of parameters and fields of layers are made before everything else: give the batch to a method",
            );
            self.report(diagnostic);
        }
        Tensor { id: self.stand_in_for(&tensor.ty), depth: 0, home, ..tensor.clone() }
    }

    /// A value of this type in a program that will not run.
    fn stand_in_for(&mut self, ty: &Ty) -> ValueId {
        let root = &mut self.progs[0];
        let place = root.program.nodes.len();
        root.push(Kind::Input(Source::Arg(place)), vec![], vec![ty.clone()], Span::none())
    }

    /// `.name` and `.path` of a parameter: the last part of its path, and all of it.
    pub fn parameter_field(&self, base: &Value<'a>, tensor: &Tensor, name: &str) -> Option<Name> {
        let cell = match base {
            Value::Cell(cell) => *cell,
            _ => self.cell_of(tensor)?,
        };
        match name {
            "name" => Some(self.cells[cell.index()].name.clone()),
            "path" => Some(self.cells[cell.index()].path().into()),
            _ => None,
        }
    }
}
