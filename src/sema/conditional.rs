//! A condition that depends on data: only the branch that is taken runs.
//!
//! There is no operation for it. Each branch becomes a loop of one iteration whose condition is a constant of the loop
//! (`ops::Scan::when`): it runs once or not at all, and one that did not run has given zeros. So the derivative of a
//! branch that was not taken is zero, whatever it would have been.
//!
//! What a branch changes with `<-` is one more of its values: the new one where it ran, else the old.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Op, Scan, Unary};
use crate::syntax::ast;
use crate::tir::{CellId, Kind, Ty};
use crate::types::{DType, Dim};

use super::emit::Prog;
use super::expr::tensor_of;
use super::scope::Scope;
use super::value::{Tensor, Value};
use super::{Checker, Res};

/// A branch, traced into a program of its own.
struct Branch<'a> {
    prog: Prog,
    value: Value<'a>,
    /// What it changed, and to what.
    cells: BTreeMap<CellId, Tensor>,
}

impl<'a> Checker<'a> {
    /// `if` on a condition that is a tensor.
    pub fn tensor_if(
        &mut self,
        cond: &Tensor,
        then: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        self.one_condition(cond, span)?;
        let a = self.branch(|c| c.block(then, scope));
        let b = self.branch(|c| otherwise.map_or(Ok(Value::Nothing), |block| c.block(block, scope)));
        let (a, b) = (a?, b?);
        let nothing = [&a, &b].map(|branch| matches!(branch.value, Value::Nothing));
        if otherwise.is_none() && !nothing[0] {
            let message = "a condition on data needs an `else`";
            return Err(self.error("E0308", span, message, "without `else` it has no value"));
        }
        if nothing == [true, true] {
            self.choose(cond, a, b, vec![], span)?;
            return Ok(Value::Nothing);
        }
        let form = a.value.clone();
        if !form.is_formed_as(&b.value) {
            let message = format!("one branch is {}, the other {}", form.kind(), b.value.kind());
            return Err(self.error("E0511", span, message, "both branches must give the same"));
        }
        let leaves = form.leaves().into_iter().zip(b.value.leaves()).collect();
        let chosen = self.choose(cond, a, b, leaves, span)?;
        Ok(form.with_leaves(&mut chosen.into_iter().map(Value::Tensor)))
    }

    pub fn one_condition(&mut self, cond: &Tensor, span: Span) -> Res<()> {
        if cond.ty.dtype != DType::Bool {
            return Err(self.expected("a condition", &Value::Tensor(cond.clone()), span));
        }
        if !cond.ty.shape.is_empty() {
            let message =
                format!("a condition of shape {} does not choose one branch", super::report::dims(&cond.ty.shape));
            let diagnostic = Diagnostic::error("E0308", span, message, "one condition per element")
                .help("choose element by element: `where(condition, a, b)`")
                .help("one condition of all: `all(condition)`, `any(condition)`");
            return Err(self.report(diagnostic));
        }
        Ok(())
    }

    fn branch(&mut self, trace: impl FnOnce(&mut Self) -> Res<Value<'a>>) -> Res<Branch<'a>> {
        let before = self.progs[0].history();
        self.progs.push(Prog::branch());
        let value = trace(self);
        let prog = self.progs.pop().unwrap_or_default();
        let cells = self.progs[0].take_changes(&before);
        Ok(Branch { prog, value: value?, cells })
    }

    /// Runs one of two branches. Gives the values of `leaves`, pairs of what each branch has; what either has changed is
    /// changed.
    fn choose(
        &mut self,
        cond: &Tensor,
        mut a: Branch<'a>,
        mut b: Branch<'a>,
        leaves: Vec<(Value<'a>, Value<'a>)>,
        span: Span,
    ) -> Res<Vec<Tensor>> {
        let changed: BTreeSet<CellId> = a.cells.keys().chain(b.cells.keys()).copied().collect();
        let mut pairs = leaves;
        for &cell in &changed {
            let old = self.read(cell, span);
            let new = |branch: &Branch<'a>| Value::Tensor(branch.cells.get(&cell).unwrap_or(&old).clone());
            pairs.push((new(&a), new(&b)));
        }
        let (mut xs, mut ys) = (vec![], vec![]);
        for (x, y) in &pairs {
            let (x, y) = self.agreed(&mut a.prog, x, &mut b.prog, y, span)?;
            xs.push(x);
            ys.push(y);
        }
        let negated = self.unary(Unary::Not, cond, span)?;
        let xs = self.run_branch(a.prog, cond, &xs, span)?;
        let ys = self.run_branch(b.prog, &negated, &ys, span)?;
        let mut chosen = vec![];
        for (x, y) in xs.iter().zip(&ys) {
            chosen.push(self.select(cond, x, y, span)?);
        }
        let cells = chosen.split_off(pairs.len() - changed.len());
        for (&cell, value) in changed.iter().zip(cells) {
            self.write(cell, value, span)?;
        }
        Ok(chosen)
    }

    /// The two values as tensors of one type, each in its own branch.
    fn agreed(
        &mut self,
        a: &mut Prog,
        x: &Value<'a>,
        b: &mut Prog,
        y: &Value<'a>,
        span: Span,
    ) -> Res<(Tensor, Tensor)> {
        let dtype = [x, y].into_iter().find_map(|v| tensor_of(v).map(|t| t.ty.dtype)).unwrap_or(self.float);
        let x = self.inside(a, |c| c.as_tensor(x, dtype, span))?;
        let y = self.inside(b, |c| c.as_tensor(y, dtype, span))?;
        self.branches_agree(&x, &y, span)?;
        let dtype = self.common_dtype(&x, &y, span)?;
        let longer = if x.ty.shape.len() >= y.ty.shape.len() { &x } else { &y };
        let shape = longer.ty.shape.clone();
        let fit = |c: &mut Self, t: &Tensor| {
            let t = c.cast(t, dtype, span)?;
            c.broadcast_to(&t, &shape, span)
        };
        Ok((self.inside(a, |c| fit(c, &x))?, self.inside(b, |c| fit(c, &y))?))
    }

    /// Goes on with a program that was put aside.
    fn inside<T>(&mut self, prog: &mut Prog, work: impl FnOnce(&mut Self) -> T) -> T {
        self.progs.push(std::mem::take(prog));
        let result = work(self);
        *prog = self.progs.pop().unwrap_or_default();
        result
    }

    /// Adds a branch to the program around it. Gives its values, which are zeros where `cond` does not hold.
    fn run_branch(&mut self, mut prog: Prog, cond: &Tensor, values: &[Tensor], span: Span) -> Res<Vec<Tensor>> {
        self.inside(&mut prog, |c| c.body_outputs(values, span));
        if prog.program.outputs.is_empty() {
            return Ok(vec![]);
        }
        let mut args = vec![self.here(cond)];
        for (outer, _) in &prog.captured {
            args.push(self.here(outer));
        }
        let mut tys: Vec<Ty> = values.iter().map(|value| stacked(&value.ty, &Dim::from(1))).collect();
        tys.extend(prog.failed.iter().map(|_| Ty::new(DType::Bool, vec![Dim::from(1)])));
        let body = prog.program;
        let scan = Scan { n: Dim::from(1), reverse: false, carries: 0, xs: 0, when: Some(0), body };
        let results = self.loop_results(scan, args, tys, span);
        let (values_of, failed) = results.split_at(values.len());
        let mut out = vec![];
        for (result, value) in values_of.iter().zip(values) {
            let mut tensor = self.emit(Op::Reshape { shape: value.ty.shape.clone() }, &[result], span)?;
            tensor.labels = value.labels.clone();
            out.push(tensor);
        }
        self.assert_later(failed, &prog.failed)?;
        Ok(out)
    }

    /// The results of a loop that is added to the innermost program.
    pub fn loop_results(
        &mut self,
        scan: Scan<Dim, crate::tir::Program>,
        args: Vec<crate::tir::ValueId>,
        tys: Vec<Ty>,
        span: Span,
    ) -> Vec<Tensor> {
        let node = self.prog().push(Kind::Scan(Box::new(scan)), args, tys.clone(), span);
        let mut results = vec![];
        for (i, ty) in tys.into_iter().enumerate() {
            let id = self.prog().push(Kind::Result(i), vec![node], vec![ty.clone()], span);
            results.push(self.tensor(id, ty));
        }
        results
    }
}

/// The type of all iterations' values.
pub fn stacked(ty: &Ty, n: &Dim) -> Ty {
    let mut shape = vec![n.clone()];
    shape.extend(ty.shape.iter().cloned());
    Ty { shape, ..ty.clone() }
}
