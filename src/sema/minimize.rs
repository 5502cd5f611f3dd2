//! `minimize .. over .. with ..`: which parameters, their derivatives, and what optimizers make of them.

use std::rc::Rc;

use crate::base::{Name, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast;
use crate::tir::{CellId, Role, Target};

use super::optimizer::method;
use super::scope::Scope;
use super::stmt::Place;
use super::value::{Arg, OptimizerInstance, Tensor, Value};
use super::{Checker, Res};

/// What `with` names, in order.
enum Link<'a> {
    Optimizer(Rc<OptimizerInstance<'a>>),
    /// A function that gives every parameter its optimizer.
    Choose(Value<'a>),
}

impl Link<'_> {
    fn updates(&self) -> bool {
        match self {
            Link::Optimizer(optimizer) => method(optimizer.ast, "update").is_some(),
            Link::Choose(_) => true,
        }
    }
}

/// `OVER with OPTIMIZER`
struct Group<'a> {
    over: Value<'a>,
    cells: Vec<(CellId, Tensor)>,
    links: Vec<Link<'a>>,
    with: Span,
}

impl<'a> Checker<'a> {
    pub fn minimize(
        &mut self,
        loss: &'a ast::Expr,
        groups: &'a [(ast::Expr, ast::Expr)],
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<()> {
        if !matches!(self.place, Place::Step | Place::Test) || self.depth() > 0 {
            let message = "`minimize` stands in a `step` of a `train` block, or in a `test`";
            return Err(self.error("E0613", span, message, "not here"));
        }
        let loss_span = loss.span;
        let loss = self.expr(loss, scope);
        let parts: Vec<_> =
            groups.iter().map(|(over, with)| (self.place(over, scope), self.expr(with, scope))).collect();
        let loss = self.scalar_loss(&loss?, loss_span)?;
        self.losses += 1;
        let name: Name = if self.losses == 1 { "loss".into() } else { format!("loss{}", self.losses).into() };
        if self.place == Place::Step {
            self.prog().output(Target::Loss(name.clone()), loss.id, loss_span);
        }

        let mut made = vec![];
        for ((over, with), (target, optimizer)) in groups.iter().zip(parts) {
            let (target, optimizer) = (target?, optimizer?);
            let links = self.optimizers(&optimizer, with.span)?;
            let cells = self.trained(&target, &loss, over.span)?;
            self.in_one_group(&made, &cells, over.span)?;
            made.push(Group { over: target, cells, links, with: with.span });
        }
        self.left_out(&made, &loss, span);
        self.update_groups(&made, &loss, &name, span)?;
        for group in &made {
            let own = group.cells.iter().map(|&(cell, _)| cell).chain(self.cells_of(&group.over, true));
            for cell in own.collect::<Vec<_>>() {
                if !self.trained_cells.contains(&cell) {
                    self.trained_cells.push(cell);
                }
            }
        }
        Ok(())
    }

    /// The derivatives are taken of all groups together: an update of one does not change those of another.
    fn update_groups(&mut self, groups: &[Group<'a>], loss: &Tensor, name: &str, span: Span) -> Res<()> {
        let cells: Vec<CellId> = groups.iter().flat_map(|group| &group.cells).map(|&(cell, _)| cell).collect();
        let wrt: Vec<Tensor> = groups.iter().flat_map(|group| &group.cells).map(|(_, t)| t.clone()).collect();
        let (scaled, scaling) = self.scaled(loss, name, span)?;
        let mut grads = self.derivatives(&scaled, &wrt, span);
        let mut finite = None;
        if let Some(scaling) = &scaling {
            let (unscaled, all) = self.unscaled(scaling, grads, span)?;
            (grads, finite) = (unscaled, Some(all));
        }
        self.scaling = scaling;
        self.accumulated(&cells, grads, finite.as_ref(), span, |c, mut grads| {
            for group in groups {
                let rest = grads.split_off(group.cells.len());
                let cells: Vec<CellId> = group.cells.iter().map(|&(cell, _)| cell).collect();
                c.apply(&group.links, &cells, std::mem::replace(&mut grads, rest), group.with, span)?;
            }
            Ok(())
        })?;
        match (self.scaling.take(), finite) {
            (Some(scaling), Some(finite)) => self.end_scaled(&scaling, &finite, span),
            _ => Ok(()),
        }
    }

    fn apply(&mut self, links: &[Link<'a>], cells: &[CellId], grads: Vec<Tensor>, with: Span, span: Span) -> Res<()> {
        let mut grads = grads;
        for link in links {
            match link {
                Link::Optimizer(optimizer) => {
                    if let Some(func) = method(optimizer.ast, "transform") {
                        grads = self.transform(optimizer, func, grads, span)?;
                    }
                    if let Some(func) = method(optimizer.ast, "update") {
                        for (&cell, grad) in cells.iter().zip(&grads) {
                            self.update_cell(optimizer, func, cell, grad, span)?;
                        }
                    }
                }
                Link::Choose(choose) => {
                    for (&cell, grad) in cells.iter().zip(&grads) {
                        let own = self.chosen_for(choose, cell, with)?;
                        self.apply(&own, &[cell], vec![grad.clone()], with, span)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The optimizer that a function gives a parameter.
    fn chosen_for(&mut self, choose: &Value<'a>, cell: CellId, with: Span) -> Res<Vec<Link<'a>>> {
        match self.call(choose, vec![Arg::positional(Value::Cell(cell), with)], with)? {
            Value::Nothing => {
                let message = format!("this function gives `{}` no optimizer", self.cells[cell.index()].path());
                let diagnostic = Diagnostic::error("E0603", with, message, "nothing for this parameter")
                    .help("parameters that are not to change are left out of `over`: `[p for p in params(net) if ..]`");
                Err(self.report(diagnostic))
            }
            made => self.optimizers(&made, with),
        }
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
        let loss = self.cast(&loss, float, span)?;
        let id = self.here(&loss);
        Ok(self.tensor(id, loss.ty))
    }

    /// The optimizer and the transforms in front of it; exactly the last one updates.
    fn optimizers(&mut self, value: &Value<'a>, span: Span) -> Res<Vec<Link<'a>>> {
        let mut links = vec![];
        self.flatten(value, span, &mut links)?;
        let updates = links.iter().filter(|link| link.updates()).count();
        if updates == 1 && links.last().is_some_and(Link::updates) {
            return Ok(links);
        }
        let text = "the last part after `with` is the optimizer that updates, the others change gradients";
        let diagnostic = Diagnostic::error("E0603", span, text, format!("{updates} of these update"))
            .help("for example `clip_norm(1.0) >> Adam(lr: 1e-3)`");
        Err(self.report(diagnostic))
    }

    fn flatten(&mut self, value: &Value<'a>, span: Span, out: &mut Vec<Link<'a>>) -> Res<()> {
        match value {
            Value::Optimizer(optimizer) => out.push(Link::Optimizer(optimizer.clone())),
            Value::Chain(parts) => {
                for part in parts.iter() {
                    self.flatten(part, span, out)?;
                }
            }
            Value::OptimizerClass(module, class) => {
                let made = self.make_optimizer(*module, class, vec![], span)?;
                self.flatten(&made, span, out)?;
            }
            Value::Fn(closure) if matches!(closure.code, super::value::Code::Lambda { .. }) => {
                out.push(Link::Choose(value.clone()));
            }
            Value::Section(section) if section.args.is_empty() => self.flatten(&section.func, span, out)?,
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
            let frozen = !self.frozen_cells(target).is_empty();
            let message = format!("there is nothing to train in {}", target.kind());
            let diagnostic = Diagnostic::error("E0602", span, message, "no parameters");
            return Err(self.report(match frozen {
                true => {
                    diagnostic.help("all of them are frozen; `over [net, freeze(net.body)]` trains the rest of `net`")
                }
                false => diagnostic,
            }));
        }
        let cells = self.reached(&all, loss);
        if cells.is_empty() {
            let text = "the loss does not depend on these parameters";
            let diagnostic = Diagnostic::error("E0602", span, text, "no gradient reaches them")
                .help("is the loss computed with this layer, and not behind a `stop_gradient`?");
            return Err(self.report(diagnostic));
        }
        let wrt: Vec<Tensor> = cells.iter().map(|(_, tensor)| tensor.clone()).collect();
        self.has_slope(loss, &wrt, span)?;
        self.look_at_loss(loss, &wrt);
        Ok(cells)
    }

    /// Those of `cells` that a loss depends on.
    fn reached(&self, cells: &[CellId], loss: &Tensor) -> Vec<(CellId, Tensor)> {
        let reached = self.ancestors(loss.id);
        let read = |&cell: &CellId| {
            let versions = self.progs[0].versions(cell);
            versions.iter().rev().find(|t| reached[t.id.index()]).map(|t| (cell, t.clone()))
        };
        cells.iter().filter_map(read).collect()
    }

    /// A parameter has one optimizer.
    fn in_one_group(&mut self, before: &[Group<'a>], cells: &[(CellId, Tensor)], span: Span) -> Res<()> {
        let known = |cell: CellId| before.iter().flat_map(|group| &group.cells).any(|&(other, _)| other == cell);
        let Some(&(twice, _)) = cells.iter().find(|(cell, _)| known(*cell)) else { return Ok(()) };
        let message = format!("`{}` is in two groups", self.cells[twice.index()].path());
        let diagnostic = Diagnostic::error("E0615", span, message, "the second of them")
            .help("leave it out of one: `[net, freeze(net.head)]` is `net` without its head");
        Err(self.report(diagnostic))
    }

    /// With several groups, a parameter of the same network in none of them is likely forgotten.
    fn left_out(&mut self, groups: &[Group<'a>], loss: &Tensor, span: Span) {
        let first = |c: &Self, cell: CellId| c.cells[cell.index()].path().split('.').next().map(str::to_string);
        let mut known: Vec<CellId> = groups.iter().flat_map(|group| &group.cells).map(|&(cell, _)| cell).collect();
        let roots: Vec<_> = known.iter().map(|&cell| first(self, cell)).collect();
        known.extend(groups.iter().flat_map(|group| self.frozen_cells(&group.over)));
        if groups.len() < 2 {
            return;
        }
        let all: Vec<CellId> = (0..self.cells.len()).map(CellId::from).collect();
        let near = |cell: &CellId| {
            let param = self.cells[cell.index()].role == Role::Param;
            param && !known.contains(cell) && roots.contains(&first(self, *cell))
        };
        let near: Vec<CellId> = all.into_iter().filter(near).collect();
        let forgotten = self.reached(&near, loss);
        if forgotten.is_empty() {
            return;
        }
        let names: Vec<String> =
            forgotten.iter().map(|(cell, _)| format!("`{}`", self.cells[cell.index()].path())).collect();
        let text = match names.as_slice() {
            [one] => format!("{one} is in no group, so it is not trained"),
            [one, ..] => format!("{one} and {} more are in no group, so they are not trained", names.len() - 1),
            [] => return,
        };
        let diagnostic = Diagnostic::warning("E0615", span, text, "the loss depends on them")
            .note(format!("in no group: {}", names.join(", ")))
            .help("if that is meant, say it: put `freeze(..)` of them into a group's list");
        self.report(diagnostic);
    }
}
