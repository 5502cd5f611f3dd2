//! Sizes that depend on data: `as_size(count, max: n)` makes a size variable whose value the program itself computes.
//! The part of a program that computes it runs first (`driver::engine`); then the size is a number like any other.
//!
//! Whoever receives such a size gives it a name, `[k] kept = boxes[scores > 0.5]`, so that nobody meets a size that is
//! written nowhere.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ops::{Op, Reduce, Unary};
use crate::syntax::ast;
use crate::tir::{Check, Found};
use crate::types::{Claim, DType, Dim, Rel, Var};

use super::scope::Scope;
use super::value::{Tensor, Value};
use super::{Checker, Poison, Res};

impl<'a> Checker<'a> {
    /// A new size: the value of `count` when the program runs, from 0 to `max`.
    pub fn found_size(&mut self, count: &Tensor, max: &Dim, span: Span) -> Res<Dim> {
        if self.depth() > 0 {
            let message = "a size cannot depend on data inside a loop, a branch on data or `vmap`";
            let diagnostic = Diagnostic::error("E0518", span, message, "every iteration would have another one")
                .help("find the size outside, or keep all elements and say with a mask which of them count: `where(mask, x, 0)`");
            return Err(self.report(diagnostic));
        }
        if !count.ty.dtype.is_int() || !count.ty.shape.is_empty() {
            let value = Value::Tensor(count.clone());
            return Err(self.expected("a whole number of shape []", &value, span));
        }
        let count = self.cast(count, DType::I64, span)?;
        let var = Var::fresh("k", 0);
        let size = Dim::var(&var);
        let claim = Claim::new(size.clone(), Rel::Le, max.clone());
        let message = format!("a size that depends on data: at most {max}");
        let place = self.users_place(span);
        self.facts.assume(&claim);
        let program = &mut self.progs[0].program;
        program.checks.push(Check { claim, span: place, code: "E0518", message });
        program.found.push(Found { var, count: count.id, span: place });
        Ok(size)
    }

    /// `x[mask]`: the positions where a mask holds, in order.
    pub fn positions_where(&mut self, mask: &Tensor, span: Span) -> Res<Tensor> {
        let [n] = &mask.ty.shape[..] else {
            let message = format!("a mask has one axis, and this has {}", mask.ty.shape.len());
            let diagnostic = Diagnostic::error("E0504", span, message, "which elements?");
            let all = mask.ty.shape.iter().fold(Dim::from(1), |all, n| &all * n);
            let row = format!("lay both out in a row: `reshape(x, [{all}])[reshape(mask, [{all}])]`");
            return Err(self.report(diagnostic.help(row)));
        };
        let n = n.clone();
        let numbers = self.cast(mask, DType::I64, span)?;
        let count = self.emit(Op::Reduce { kind: Reduce::Sum, axes: vec![0] }, &[&numbers], span)?;
        let stop = self.found_size(&count, &n, span)?;
        let absent = self.unary(Unary::Not, mask, span)?;
        let absent = self.cast(&absent, DType::I32, span)?;
        let order = self.emit(Op::ArgSort { axis: 0, descending: false }, &[&absent], span)?;
        let slice = Op::Slice { axis: 0, start: Dim::from(0), stop, step: Dim::from(1) };
        self.emit(slice, &[&order], span)
    }

    /// How many sizes the program has found so far.
    pub fn found_count(&self) -> usize {
        self.progs.first().map_or(0, |prog| prog.program.found.len())
    }

    /// Whether a size mentions one that depends on data.
    pub fn depends_on_data(&self, size: &Dim) -> bool {
        let found = &self.progs[0].program.found;
        size.vars().iter().any(|var| found.iter().any(|f| f.var == *var))
    }

    /// Gives the sizes that a value has found (since there were `before` of them) the names `[k, m]` in front of it.
    pub fn name_found(
        &mut self,
        names: &'a [ast::Ident],
        value: Value<'a>,
        before: usize,
        span: Span,
        scope: &Scope<'a>,
    ) -> Res<Value<'a>> {
        let new: Vec<Var> =
            self.progs[0].program.found[before.min(self.found_count())..].iter().map(|f| f.var.clone()).collect();
        if new.is_empty() && names.is_empty() {
            return Ok(value);
        }
        let mut seen: Vec<Var> = vec![];
        for tensor in self.tensors_of(&value, span)? {
            let vars = tensor.ty.shape.iter().flat_map(Dim::vars);
            for var in vars.filter(|var| new.contains(var)) {
                if !seen.contains(&var) {
                    seen.push(var);
                }
            }
        }
        if names.len() != seen.len() {
            return Err(self.wrong_names(names, &seen, span));
        }
        let mut value = value;
        for (name, var) in names.iter().zip(&seen) {
            let size = Dim::var(var);
            let label = self.label();
            self.bind_name(name, Value::Int(size.clone(), label), scope);
            value = self.map_tensors(&value, span, &mut |_, mut tensor| {
                for (axis, own) in tensor.ty.shape.iter().enumerate() {
                    if *own == size {
                        tensor.labels[axis].push(label);
                    }
                }
                Ok(tensor)
            })?;
        }
        Ok(value)
    }

    fn wrong_names(&mut self, names: &[ast::Ident], seen: &[Var], span: Span) -> Poison {
        let letters = ["k", "m", "n", "p"];
        let wanted: Vec<&str> = (0..seen.len()).map(|i| letters[i % letters.len()]).collect();
        let count = |n: usize| if n == 1 { "one size".to_string() } else { format!("{n} sizes") };
        let diagnostic = match (names, seen) {
            ([], _) => {
                let message = format!("{} of this depends on data, and has no name", count(seen.len()));
                Diagnostic::error("E0518", span, message, "known only when it runs")
                    .help(format!("name it: `[{}] .. = ..`", wanted.join(", ")))
            }
            (names, []) => {
                let message = "no size of this depends on data";
                Diagnostic::error("E0518", names[0].span, message, "nothing to name")
                    .help("leave `[..]` out; to claim a size: `x = .. :> [128]`")
            }
            (names, seen) => {
                let message = format!("{} of this depend on data, and {} are named", count(seen.len()), names.len());
                Diagnostic::error("E0518", names[0].span, message, "in the order in which they appear")
                    .help(format!("`[{}] .. = ..`", wanted.join(", ")))
            }
        };
        self.report(diagnostic)
    }

    /// What is computed before everything else has sizes in numbers.
    pub fn kept_sizes_known(&mut self, tensor: &Tensor, name: &str, span: Span) -> Res<()> {
        if self.generic || !tensor.ty.shape.iter().any(|size| self.depends_on_data(size)) {
            return Ok(());
        }
        let message = format!("`{name}` is kept, and a size of it depends on data");
        let diagnostic = Diagnostic::error("E0518", span, message, "memory that is kept has sizes in numbers")
            .help("make it a function, `fn name() = ..`, or claim the size: `:> [128]`");
        Err(self.report(diagnostic))
    }
}
