//! The typed program as text: one value a line, with its type.

use std::fmt::{self, Display, Formatter, Write};

use super::{Kind, Node, Program, Source, Target, Ty};
use crate::ops::Matrix;
use crate::types::Dim;

/// `f32[B, 10]`, `idx<10>[B]`
impl Display for Ty {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.bound {
            Some(bound) => write!(f, "idx<{bound}>")?,
            None => write!(f, "{}", self.dtype)?,
        }
        write!(f, "{}", list(&self.shape))
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        program(self, 0, f)
    }
}

fn program(program: &Program, indent: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let margin = "  ".repeat(indent);
    if let Some(precision) = program.precision {
        writeln!(f, "{margin}precision {precision}")?;
    }
    for (i, node) in program.nodes.iter().enumerate() {
        write!(f, "{margin}v{i}: {} = ", types(node))?;
        line(node, indent, f)?;
    }
    for output in &program.outputs {
        writeln!(f, "{margin}{} <- {}", target(&output.to), output.value)?;
    }
    for range in &program.checkpoints {
        writeln!(f, "{margin}checkpoint of v{}..v{}", range.start, range.end)?;
    }
    for check in &program.checks {
        writeln!(f, "{margin}check {}", check.message)?;
    }
    Ok(())
}

fn types(node: &Node) -> String {
    match node.tys.as_slice() {
        [one] => one.to_string(),
        several => format!("({})", several.iter().map(Ty::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn line(node: &Node, indent: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let args: Vec<String> = node.args.iter().map(|a| a.to_string()).collect();
    let args = args.join(", ");
    match &node.kind {
        Kind::Input(source) => writeln!(f, "{}", source_text(source)),
        Kind::Op(op) => writeln!(f, "{}", spaced(&[op.name(), &attributes(op), &args])),
        Kind::Size(dim) => writeln!(f, "size {dim}"),
        Kind::Holds(claims) => {
            let claims: Vec<String> = claims.iter().map(|c| format!("{} {:?} {}", c.lhs, c.rel, c.rhs)).collect();
            writeln!(f, "holds {}", claims.join(", "))
        }
        Kind::Result(i) => writeln!(f, "result {i} of {args}"),
        Kind::Grad => writeln!(f, "grad {args}"),
        Kind::Scan(scan) => {
            let way = if scan.reverse { " backward" } else { "" };
            let when = scan.when.map_or(String::new(), |when| format!(", when {when}"));
            writeln!(f, "scan {}{way}, {} carried, {} sliced{when}: {args}", scan.n, scan.carries, scan.xs)?;
            program(&scan.body, indent + 1, f)
        }
    }
}

fn spaced(parts: &[&str]) -> String {
    parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// What an op is told beside its operands.
fn attributes(op: &crate::ops::Op<Dim>) -> String {
    use crate::ops::Op;
    match op {
        Op::Const(value) => value.to_string(),
        Op::Iota { n, .. } => format!("{n}"),
        Op::Uniform { shape, .. } | Op::Reshape { shape } => list(shape),
        Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Assign => String::new(),
        Op::Cast(dtype) => dtype.to_string(),
        Op::Transpose { perm } => format!("{perm:?}"),
        Op::Broadcast { shape, axes } => format!("{} at {axes:?}", list(shape)),
        Op::Slice { axis, start, stop, step } => format!("axis {axis} {start}:{stop}:{step}"),
        Op::Pad { axis, lo, hi, between } => format!("axis {axis} {lo}, {hi}, {between}"),
        Op::Barrier { id } => id.to_string(),
        Op::Concat { axis } | Op::Flip { axis } | Op::ArgMax { axis } => format!("axis {axis}"),
        Op::Windows { axis, size, stride, dilation } => {
            format!("axis {axis} size {size} stride {stride} dilation {dilation}")
        }
        Op::Unwindows { axis, n, stride, dilation } => {
            format!("axis {axis} n {n} stride {stride} dilation {dilation}")
        }
        Op::Reduce { axes, .. } => format!("{axes:?}"),
        Op::CumSum { axis, reverse } => format!("axis {axis}{}", if *reverse { " reverse" } else { "" }),
        Op::ArgSort { axis, descending } => format!("axis {axis}{}", if *descending { " descending" } else { "" }),
        Op::Dot { batch, contract } => format!("batch {batch:?} contract {contract:?}"),
        Op::Conv(conv) => {
            let mut text = format!("stride {} pad [", list(&conv.stride));
            for (i, (lo, hi)) in conv.pad.iter().enumerate() {
                let gap = if i > 0 { ", " } else { "" };
                // Writing to a String cannot fail.
                let _ = write!(text, "{gap}{lo}:{hi}");
            }
            format!("{text}] dilation {} groups {}", list(&conv.dilation), conv.groups)
        }
        Op::Matrix(Matrix::SolveTriangular { upper, transposed }) => {
            let (side, turned) = (if *upper { "upper" } else { "lower" }, if *transposed { " transposed" } else { "" });
            format!("{side}{turned}")
        }
        Op::Matrix(_) => String::new(),
        Op::Fft { inverse } => if *inverse { "inverse" } else { "" }.to_string(),
        Op::Take { axis } | Op::TakeAlong { axis } => format!("axis {axis}"),
        Op::PutAdd { axis, n } | Op::PutAlongAdd { axis, n } => format!("axis {axis} n {n}"),
    }
}

fn list(dims: &[Dim]) -> String {
    let parts: Vec<String> = dims.iter().map(Dim::to_string).collect();
    format!("[{}]", parts.join(", "))
}

fn source_text(source: &Source) -> String {
    match source {
        Source::Cell(cell) => format!("read {cell}"),
        Source::Arg(i) => format!("argument {i}"),
        Source::Step => "step".to_string(),
        Source::Key => "key".to_string(),
        Source::Epoch => "epoch".to_string(),
        Source::StepsPerEpoch => "steps per epoch".to_string(),
        Source::TotalSteps => "total steps".to_string(),
        Source::Batch => "batch".to_string(),
        Source::Batches => "batches".to_string(),
        Source::Seen(i) => format!("number {i} of the epoch"),
        Source::Logged(i) => format!("log {i}"),
        Source::Body(i) => format!("operand {i}"),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Cell(cell) => cell.to_string(),
        Target::Loss(name) => format!("loss {name}"),
        Target::Metric(name) => format!("metric {name}"),
        Target::Value(i) => format!("value {i}"),
        Target::Compared => "compared".to_string(),
        Target::Assert(text) if text.is_empty() => "assert".to_string(),
        Target::Assert(text) => format!("assert {text:?}"),
    }
}
