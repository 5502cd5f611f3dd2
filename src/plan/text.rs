//! A plan as text: one line per step, operands with their places.

use super::{Action, Fused, Loop, Operand, Place, Plan, Pointwise, Step};
use crate::ops::Op;
use std::fmt::{Display, Formatter, Result};

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_plan(f, self, 0)
    }
}

fn write_plan(f: &mut Formatter<'_>, plan: &Plan, depth: usize) -> Result {
    let indent = "  ".repeat(depth);
    writeln!(f, "{indent}arena {} bytes", plan.arena)?;
    for (index, value) in plan.constants.iter().enumerate() {
        writeln!(f, "{indent}const{index} = {value}")?;
    }
    for (output, input) in &plan.updates {
        writeln!(f, "{indent}out{output} follows in{input}")?;
    }
    for step in &plan.steps {
        write_step(f, step, depth)?;
    }
    Ok(())
}

fn write_step(f: &mut Formatter<'_>, step: &Step, depth: usize) -> Result {
    write!(f, "{}", "  ".repeat(depth))?;
    for (index, result) in step.results.iter().enumerate() {
        write!(f, "{}{result}", if index > 0 { ", " } else { "" })?;
    }
    if !step.results.is_empty() {
        f.write_str(" = ")?;
    }
    match &step.action {
        Action::Op(op) => write!(f, "{}", op.name())?,
        Action::Fused(_) => f.write_str("fused")?,
        Action::Copy => f.write_str("copy")?,
        Action::Peaks { .. } => f.write_str("peaks")?,
        Action::Guard(output) => write!(f, "guard out{output}")?,
        Action::Loop(found) => write_loop(f, found)?,
    }
    for (index, arg) in step.args.iter().enumerate() {
        write!(f, "{}{arg}", if index > 0 { ", " } else { " " })?;
    }
    writeln!(f)?;
    match &step.action {
        Action::Fused(fused) => write_fused(f, fused, step.args.len(), depth + 1),
        Action::Loop(found) => write_plan(f, &found.body, depth + 1),
        Action::Op(_) | Action::Copy | Action::Peaks { .. } | Action::Guard(_) => Ok(()),
    }
}

fn write_loop(f: &mut Formatter<'_>, found: &Loop) -> Result {
    let order = if found.reverse { " reverse" } else { "" };
    let (n, carries, xs) = (found.n, found.carries, found.xs);
    write!(f, "loop {n}{order} carries={carries} xs={xs} arena=@{}", found.arena)?;
    if let Some(when) = found.when {
        write!(f, " when={when}")?;
    }
    let mut spares = found.spares.iter();
    spares.try_for_each(|spare| write!(f, " spare=@{spare}"))
}

fn write_fused(f: &mut Formatter<'_>, fused: &Fused, args: usize, depth: usize) -> Result {
    let indent = "  ".repeat(depth);
    for (index, point) in fused.points.iter().enumerate() {
        let name = match point.op {
            Pointwise::Unary(op) => Op::<usize>::Unary(op).name(),
            Pointwise::Binary(op) => Op::<usize>::Binary(op).name(),
            Pointwise::Compare(op) => Op::<usize>::Compare(op).name(),
            Pointwise::Select => "select",
            Pointwise::Cast => "cast",
            Pointwise::Fold(kind) => Op::<usize>::Reduce { kind, axes: vec![] }.name(),
            Pointwise::Spread => "spread",
        };
        let value = args + index;
        let each = if point.of_row { " a row" } else { "" };
        write!(f, "{indent}v{value}: {}{each} = {name}", point.dtype)?;
        point.args.iter().try_for_each(|arg| write!(f, " v{arg}"))?;
        let stored = fused.results.iter().position(|&result| result == value);
        match stored {
            Some(result) => writeln!(f, " -> {result}")?,
            None => writeln!(f)?,
        }
    }
    Ok(())
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}{:?}", self.place, self.dtype, self.view.shape)?;
        if !self.view.is_dense() {
            write!(f, "~{}{:?}", self.view.offset, self.view.strides)?;
        }
        Ok(())
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (prefix, number) = match self {
            Place::Arena(offset) => ("@", offset),
            Place::Input(input) => ("in", input),
            Place::Output(output) => ("out", output),
            Place::Constant(constant) => ("const", constant),
        };
        write!(f, "{prefix}{number}")
    }
}
