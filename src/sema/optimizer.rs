//! `minimize .. over .. with ..`: derivatives, gradient transforms, and the optimizer's update of every parameter.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::ops::Binary;
use crate::syntax::ast;
use crate::tir::{CellId, Kind, Role, Source, Target, ValueId};
use crate::types::DType;

use super::scope::{ModuleId, Scope};
use super::stmt::Place;
use super::value::{Arg, Closure, Code, OptimizerInstance, State, Tensor, Value};
use super::{Checker, Res};

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

    pub fn minimize(
        &mut self,
        loss: &'a ast::Expr,
        over: &'a ast::Expr,
        with: &'a ast::Expr,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        if self.place != Place::Step || self.depth() > 0 {
            return Err(self.error("E0613", span, "`minimize` stands in a `step` of a `train` block", "not here"));
        }
        let loss_span = loss.span;
        let loss = self.expr(loss, scope);
        let target = self.place(over, scope);
        let optimizer = self.expr(with, scope);
        let (loss, target, optimizer) = (loss?, target?, optimizer?);
        let loss = self.scalar_loss(&loss, loss_span)?;
        let chain = self.optimizers(&optimizer, with.span)?;

        self.losses += 1;
        let name: Name = if self.losses == 1 { "loss".into() } else { format!("loss{}", self.losses).into() };
        let id = self.here(&loss);
        self.prog().output(Target::Loss(name.clone()), id, loss_span);

        let cells = self.trained(&target, &loss, over.span)?;
        let (scaled, scaling) = self.scaled(&loss, &name, span)?;
        let mut grads = self.gradients(&scaled, &cells, span)?;
        let mut finite = None;
        if let Some(scaling) = &scaling {
            let (unscaled, all) = self.unscaled(scaling, grads, span)?;
            (grads, finite) = (unscaled, Some(all));
        }
        self.scaling = scaling;
        for optimizer in &chain {
            if let Some(func) = method(optimizer.ast, "transform") {
                grads = self.transform(optimizer, func, grads, span)?;
            }
            if let Some(func) = method(optimizer.ast, "update") {
                for ((cell, _), grad) in cells.iter().zip(&grads) {
                    self.update_cell(optimizer, func, *cell, grad, span)?;
                }
            }
        }
        if let (Some(scaling), Some(finite)) = (self.scaling.take(), finite) {
            self.end_scaled(&scaling, &finite, span)?;
        }
        for (cell, _) in cells {
            if !self.trained_cells.contains(&cell) {
                self.trained_cells.push(cell);
            }
        }
        for cell in self.cells_of(&target, true) {
            if !self.trained_cells.contains(&cell) {
                self.trained_cells.push(cell);
            }
        }
        Ok(())
    }

    fn scalar_loss(&mut self, loss: &Value<'a>, span: Span) -> Res<Tensor> {
        let float = self.scalar_float();
        let loss = self.as_tensor(loss, float, span)?;
        if !loss.ty.shape.is_empty() {
            let message = format!("`minimize` needs one number, and this is {}", super::report::show(&loss.ty));
            let diagnostic =
                Diagnostic::error("E0601", span, message, "not a scalar").help("take its `mean(..)` or `sum(..)`");
            return Err(self.report(diagnostic));
        }
        self.cast(&loss, float, span)
    }

    /// The optimizer and the transforms in front of it; exactly the last one updates.
    fn optimizers(&mut self, value: &Value<'a>, span: Span) -> Res<Vec<Rc<OptimizerInstance<'a>>>> {
        let mut chain = vec![];
        self.flatten(value, span, &mut chain)?;
        let updates = chain.iter().filter(|o| method(o.ast, "update").is_some()).count();
        let last = chain.last().is_some_and(|o| method(o.ast, "update").is_some());
        if updates == 1 && last {
            return Ok(chain);
        }
        let text = "the last part after `with` is the optimizer that updates, the others change gradients";
        let diagnostic = Diagnostic::error("E0603", span, text, format!("{updates} of these update"))
            .help("for example `clip_norm(1.0) >> Adam(lr: 1e-3)`");
        Err(self.report(diagnostic))
    }

    fn flatten(&mut self, value: &Value<'a>, span: Span, out: &mut Vec<Rc<OptimizerInstance<'a>>>) -> Res<()> {
        match value {
            Value::Optimizer(optimizer) => out.push(optimizer.clone()),
            Value::Chain(parts) => {
                for part in parts.iter() {
                    self.flatten(part, span, out)?;
                }
            }
            Value::OptimizerClass(module, class) => {
                let made = self.make_optimizer(*module, class, vec![], span)?;
                self.flatten(&made, span, out)?;
            }
            other => {
                let other = other.clone();
                return Err(self.expected("an optimizer", &other, span));
            }
        }
        Ok(())
    }

    /// The parameters below `target` that the loss depends on, with the value that it depends on.
    fn trained(&mut self, target: &Value<'a>, loss: &Tensor, span: Span) -> Res<Vec<(CellId, Tensor)>> {
        let all = self.cells_of(target, false);
        if all.is_empty() {
            let message = format!("there is nothing to train in {}", target.kind());
            return Err(self.error("E0602", span, message, "no parameters"));
        }
        let reached = self.ancestors(loss.id);
        let cells: Vec<(CellId, Tensor)> = all
            .iter()
            .filter_map(|&cell| {
                let versions = self.progs[0].versions(cell);
                let read = versions.iter().rev().find(|t| reached[t.id.index()])?;
                Some((cell, read.clone()))
            })
            .collect();
        if cells.is_empty() {
            let text = "the loss does not depend on these parameters";
            let diagnostic = Diagnostic::error("E0602", span, text, "no gradient reaches them")
                .help("is the loss computed with this layer, and not behind a `stop_gradient`?");
            return Err(self.report(diagnostic));
        }
        Ok(cells)
    }

    /// Which values a value is computed from.
    fn ancestors(&self, value: ValueId) -> Vec<bool> {
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

    fn gradients(&mut self, loss: &Tensor, cells: &[(CellId, Tensor)], span: Span) -> Res<Vec<Tensor>> {
        let wrt: Vec<Tensor> = cells.iter().map(|(_, t)| t.clone()).collect();
        Ok(self.derivatives(loss, &wrt, span))
    }

    /// The step number as the scalar that updates see: f64, so that `beta ** t` is exact enough.
    fn step_number(&mut self, span: Span) -> Res<Tensor> {
        let step = self.ambient(Source::Step, span);
        let step = match self.scaling.clone() {
            Some(scaling) => self.binary(Binary::Sub, &step, &scaling.skipped.1, span)?,
            None => step,
        };
        self.cast(&step, DType::F64, span)
    }

    fn transform(
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
            let t = self.step_number(span)?;
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
    fn update_cell(
        &mut self,
        optimizer: &Rc<OptimizerInstance<'a>>,
        func: &'a ast::Func,
        cell: CellId,
        grad: &Tensor,
        span: Span,
    ) -> Res<()> {
        let scope = optimizer.scope.block();
        let inner = scope.function();
        self.states(optimizer, cell, &scope);
        let t = self.step_number(span)?;
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

    /// The optimizer's states for one parameter. They take memory when `update` touches them.
    fn states(&mut self, optimizer: &Rc<OptimizerInstance<'a>>, cell: CellId, scope: &Scope<'a>) {
        let info = &self.cells[cell.index()];
        let prefix = optimizer.ast.name.name.to_lowercase();
        for (name, init) in &optimizer.ast.states {
            let state = State {
                cell: Default::default(),
                owner: info.owner.clone(),
                name: format!("{}.{prefix}.{}", info.name, name.name).into(),
                ty: crate::tir::Ty { bound: None, ..info.ty.clone() },
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
        let cell = self.add_cell(state.owner.clone(), state.name.clone(), Role::State, state.ty.clone(), state.span);
        state.cell.set(Some(cell));
        self.in_init(|c| c.first_value(cell, &state.ty, state.init, &state.scope))?;
        Ok(cell)
    }
}

fn method<'a>(optimizer: &'a ast::Optimizer, name: &str) -> Option<&'a ast::Func> {
    optimizer.methods.iter().find(|f| &*f.name.name == name)
}
