//! Optimizers: settings, gradient transforms, and the update of a parameter with its states.

use std::rc::Rc;

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::Binary;
use crate::syntax::ast;
use crate::tir::{CellId, Kind, Role, Source, Ty, ValueId};
use crate::types::DType;

use super::scope::{ModuleId, Scope};
use super::stmt::Place;
use super::value::{Arg, Closure, Code, OptimizerInstance, State, Tensor, Value};
use super::{Checker, Res};

/// States that the next `minimize` of a `test` finds.
pub struct KeptStates<'a> {
    optimizer: Rc<OptimizerInstance<'a>>,
    cell: CellId,
    scope: Scope<'a>,
}

/// The steps of an optimizer in a `test`.
pub struct KeptSteps<'a> {
    optimizer: Rc<OptimizerInstance<'a>>,
    count: usize,
    /// The last `minimize` that it was used in; for each of its parameters it is asked again.
    last: usize,
}

impl<'a> Checker<'a> {
    /// `Adam(lr: 1e-3)`
    pub fn make_optimizer(
        &mut self,
        module: ModuleId,
        optimizer: &'a ast::Optimizer,
        args: Vec<Arg<'a>>,
        span: Span,
    ) -> Res<Value<'a>> {
        let scope = Scope::root(module);
        self.bind_plain(&optimizer.name.name, &optimizer.settings, args, span, &scope)?;
        self.wheres(&optimizer.wheres, &scope, &optimizer.name.name, span)?;
        Ok(Value::Optimizer(Rc::new(OptimizerInstance { ast: optimizer, scope })))
    }

    /// Which values a value is computed from.
    pub fn ancestors(&self, value: ValueId) -> Vec<bool> {
        let nodes = &self.progs[0].program.nodes;
        let mut reached = vec![false; nodes.len()];
        reached[value.index()] = true;
        for (i, node) in nodes.iter().enumerate().rev() {
            if reached[i] {
                node.args.iter().for_each(|a| reached[a.index()] = true);
            }
        }
        reached
    }

    /// The derivatives of a scalar in each of the others.
    pub fn derivatives(&mut self, loss: &Tensor, wrt: &[Tensor], span: Span) -> Vec<Tensor> {
        let mut args = vec![self.here(loss)];
        args.extend(wrt.iter().map(|t| self.here(t)).collect::<Vec<_>>());
        let tys: Vec<_> = wrt.iter().map(|t| t.ty.clone()).collect();
        let node = self.prog().push(Kind::Grad, args, tys.clone(), span);
        let mut out = vec![];
        for (i, ty) in tys.into_iter().enumerate() {
            let id = self.prog().push(Kind::Result(i), vec![node], vec![ty.clone()], span);
            let labels = wrt[i].labels.clone();
            out.push(Tensor { labels, ..self.tensor(id, ty) });
        }
        out
    }

    /// The step number as the scalar that updates see: f64, so that `beta ** t` is exact enough.
    fn step_number(&mut self, optimizer: &Rc<OptimizerInstance<'a>>, span: Span) -> Res<Tensor> {
        if self.place == Place::Test {
            let number = self.step_of_test(optimizer);
            return Ok(self.number(number as f64, DType::F64, span));
        }
        let step = match (self.update_number.clone(), self.scaling.clone()) {
            // Of several batches that make one update, all belong to the update that is coming.
            (Some(number), _) => number,
            (None, scaling) => {
                let step = self.ambient(Source::Step, span);
                match scaling {
                    Some(scaling) => self.binary(Binary::Sub, &step, &scaling.skipped.1, span)?,
                    None => step,
                }
            }
        };
        self.cast(&step, DType::F64, span)
    }

    /// How many `minimize` of the `test` that is being traced have used an optimizer, with the current one.
    fn step_of_test(&mut self, optimizer: &Rc<OptimizerInstance<'a>>) -> usize {
        let current = self.losses;
        let steps = match self.kept_steps.iter_mut().find(|steps| Rc::ptr_eq(&steps.optimizer, optimizer)) {
            Some(steps) => steps,
            None => {
                let optimizer = optimizer.clone();
                self.kept_steps.push_mut(KeptSteps { optimizer, count: 0, last: 0 })
            }
        };
        if steps.last != current {
            (steps.last, steps.count) = (current, steps.count + 1);
        }
        steps.count
    }

    pub fn transform(
        &mut self,
        optimizer: &Rc<OptimizerInstance<'a>>,
        func: &'a ast::Func,
        grads: Vec<Tensor>,
        span: Span,
    ) -> Res<Vec<Tensor>> {
        let shapes: Vec<_> = grads.iter().map(|g| g.ty.clone()).collect();
        let list = Value::list(grads.into_iter().map(Value::Tensor).collect());
        let mut args = vec![Arg::positional(list, span)];
        if func.params.len() > 1 {
            let t = self.step_number(optimizer, span)?;
            args.push(Arg::positional(Value::Tensor(t), span));
        }
        let closure = Closure { code: Code::Func(func), scope: optimizer.scope.clone(), of: None };
        let result = self.call_closure(&Rc::new(closure), args, span)?;
        let parts = self.unpack(&result, shapes.len(), span)?;
        let mut out = vec![];
        for (part, ty) in parts.iter().zip(&shapes) {
            let tensor = self.as_tensor(part, ty.dtype, span)?;
            out.push(self.fitted(tensor, ty, span)?);
        }
        Ok(out)
    }

    /// Runs `update(p, g, t)` for one parameter; what it changes of its state becomes cells.
    pub fn update_cell(
        &mut self,
        optimizer: &Rc<OptimizerInstance<'a>>,
        func: &'a ast::Func,
        cell: CellId,
        grad: &Tensor,
        span: Span,
    ) -> Res<()> {
        let inner = self.with_states(optimizer, cell).function();
        let t = self.step_number(optimizer, span)?;
        let values = [Value::Cell(cell), Value::Tensor(grad.clone()), Value::Tensor(t)];
        for (param, value) in func.params.iter().zip(values) {
            inner.set(&param.name.name, value);
        }
        if func.params.len() != 3 {
            let diagnostic = Diagnostic::error(
                "E0603",
                func.name.span,
                "`update` takes `(p, g, t)`",
                "another number of parameters",
            )
            .note("p: the parameter, g: its gradient, t: the step, from 1");
            return Err(self.report(diagnostic));
        }
        self.in_frame(span, None, |c| c.expr(&func.body, &inner))?;
        Ok(())
    }

    /// The settings of an optimizer and its states for one parameter. In a `test` each `minimize` is the next step, so
    /// that states go from one to the next; elsewhere each has its own.
    fn with_states(&mut self, optimizer: &Rc<OptimizerInstance<'a>>, cell: CellId) -> Scope<'a> {
        let same = |kept: &&KeptStates<'a>| Rc::ptr_eq(&kept.optimizer, optimizer) && kept.cell == cell;
        if let Some(kept) = self.kept_states.iter().find(same) {
            return kept.scope.clone();
        }
        let scope = optimizer.scope.block();
        self.states(optimizer, cell, &scope);
        if self.place == Place::Test {
            self.kept_states.push(KeptStates { optimizer: optimizer.clone(), cell, scope: scope.clone() });
        }
        scope
    }

    /// The optimizer's states for one parameter. They take memory when `update` touches them.
    fn states(&mut self, optimizer: &Rc<OptimizerInstance<'a>>, cell: CellId, scope: &Scope<'a>) {
        let info = &self.cells[cell.index()];
        let prefix = optimizer.ast.name.name.to_lowercase();
        for (name, init) in &optimizer.ast.states {
            let state = State {
                cell: Default::default(),
                owner: info.owner.clone(),
                name: format!("{}.{prefix}.{}", info.name, name.name).into(),
                ty: Ty { bound: None, ..info.ty.clone() },
                init,
                scope: optimizer.scope.clone(),
                span: name.span,
            };
            scope.set(&name.name, Value::State(Rc::new(state)));
        }
    }

    /// The memory of a state, made at its first use.
    pub fn state_cell(&mut self, state: &State<'a>) -> Res<CellId> {
        if let Some(cell) = state.cell.get() {
            return Ok(cell);
        }
        let cell = self.in_init(|c| c.begin_state(state))?;
        state.cell.set(Some(cell));
        Ok(cell)
    }

    /// A state has the shape of its parameter, or that of what a function of the shape gives.
    fn begin_state(&mut self, state: &State<'a>) -> Res<CellId> {
        let span = state.init.span;
        let init = self.expr(state.init, &state.scope)?;
        let of_shape = init.is_callable();
        let first = self.filling(init, &state.ty, span)?;
        let own_shape = of_shape && !first.ty.shape.is_empty();
        let shape = if own_shape { first.ty.shape.clone() } else { state.ty.shape.clone() };
        let ty = Ty { shape, ..state.ty.clone() };
        let first = self.fitted(first, &ty, span)?;
        let cell = self.add_cell(state.owner.clone(), state.name.clone(), Role::State, ty, state.span);
        self.begin_as(cell, &first, span)?;
        Ok(cell)
    }
}

pub fn method<'a>(optimizer: &'a ast::Optimizer, name: &str) -> Option<&'a ast::Func> {
    optimizer.methods.iter().find(|f| &*f.name.name == name)
}
