//! Graphs as text: one node a line, in the order of ids. `parse` reads it back.
//!
//! ```text
//! input "x": f32[2, 3]
//! %0: f32[2, 3] = input {index: 0}
//! %1: f32[2] = reduce_sum %0 {axes: [1]}
//! output "sum": %1
//! ```
//!
//! Attributes always come in the order of the op's fields. The body of a `scan` follows it, indented by two spaces.

use super::{Graph, Kind, Node, NodeId, Type};
use crate::ops::{Conv, Matrix, Op, Scan};
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Graph {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_graph(f, self, 0)
    }
}

fn write_graph(f: &mut Formatter<'_>, graph: &Graph, depth: usize) -> Result {
    let indent = "  ".repeat(depth);
    for (name, ty) in &graph.inputs {
        writeln!(f, "{indent}input {name:?}: {ty}")?;
    }
    for id in graph.ids() {
        let node = graph.node(id);
        writeln!(f, "{indent}{}", line(id, node))?;
        if let Kind::Scan(scan) = &node.kind {
            write_graph(f, &scan.body, depth + 1)?;
        }
    }
    for (name, node) in &graph.outputs {
        writeln!(f, "{indent}output {name:?}: {node}")?;
    }
    Ok(())
}

/// One node, without the body of a loop.
pub(super) fn line(id: NodeId, node: &Node) -> String {
    let mut line = format!("{id}: {} = {}", types(node), name(&node.kind));
    for (i, arg) in node.args.iter().enumerate() {
        line.push_str(if i == 0 { " " } else { ", " });
        line.push_str(&arg.to_string());
    }
    let attributes = attributes(&node.kind);
    if !attributes.is_empty() {
        let written: Vec<String> = attributes.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        write!(line, " {{{}}}", written.join(", ")).expect("a string takes all text");
    }
    line
}

/// One type; the types of a loop's results stand in parentheses.
fn types(node: &Node) -> String {
    let list = |tys: &[Type]| tys.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    match &node.kind {
        Kind::Scan(_) => format!("({})", list(&node.tys)),
        Kind::Input(_) | Kind::Op(_) | Kind::Result(_) => list(&node.tys),
    }
}

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Input(_) => "input",
        Kind::Op(op) => op.name(),
        Kind::Scan(_) => "scan",
        Kind::Result(_) => "result",
    }
}

type Attributes = Vec<(&'static str, String)>;

fn attributes(kind: &Kind) -> Attributes {
    match kind {
        Kind::Input(index) | Kind::Result(index) => vec![("index", index.to_string())],
        Kind::Op(op) => op_attributes(op),
        Kind::Scan(scan) => scan_attributes(scan),
    }
}

fn scan_attributes(scan: &Scan<usize, Graph>) -> Attributes {
    let mut attributes = vec![
        ("n", scan.n.to_string()),
        ("reverse", scan.reverse.to_string()),
        ("carries", scan.carries.to_string()),
        ("xs", scan.xs.to_string()),
    ];
    attributes.extend(scan.when.map(|when| ("when", when.to_string())));
    attributes
}

fn op_attributes(op: &Op<usize>) -> Attributes {
    match op {
        Op::Const(value) => vec![("value", value.to_string())],
        Op::Iota { dtype, n } => vec![("dtype", dtype.to_string()), ("n", n.to_string())],
        Op::Uniform { dtype, shape, stream } => {
            vec![("dtype", dtype.to_string()), ("shape", list(shape)), ("stream", stream.to_string())]
        }
        Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Assign => vec![],
        Op::Cast(dtype) => vec![("dtype", dtype.to_string())],
        Op::Reshape { shape } => vec![("shape", list(shape))],
        Op::Transpose { perm } => vec![("perm", list(perm))],
        Op::Broadcast { shape, axes } => vec![("shape", list(shape)), ("axes", list(axes))],
        Op::Slice { axis, start, stop, step } => {
            numbers([("axis", axis), ("start", start), ("stop", stop), ("step", step)])
        }
        Op::Pad { axis, lo, hi, between } => numbers([("axis", axis), ("lo", lo), ("hi", hi), ("between", between)]),
        Op::Barrier { id } => vec![("id", id.to_string())],
        Op::Concat { axis } | Op::Flip { axis } | Op::ArgMax { axis } | Op::Take { axis } | Op::TakeAlong { axis } => {
            numbers([("axis", axis)])
        }
        Op::Windows { axis, size, stride, dilation } => {
            numbers([("axis", axis), ("size", size), ("stride", stride), ("dilation", dilation)])
        }
        Op::Unwindows { axis, n, stride, dilation } => {
            numbers([("axis", axis), ("n", n), ("stride", stride), ("dilation", dilation)])
        }
        Op::Reduce { axes, .. } => vec![("axes", list(axes))],
        Op::CumSum { axis, reverse } => vec![("axis", axis.to_string()), ("reverse", reverse.to_string())],
        Op::ArgSort { axis, descending } => vec![("axis", axis.to_string()), ("descending", descending.to_string())],
        Op::Dot { batch, contract } => vec![("batch", pairs(batch)), ("contract", pairs(contract))],
        Op::Conv(conv) => conv_attributes(conv),
        Op::Matrix(Matrix::SolveTriangular { upper, transposed }) => {
            vec![("upper", upper.to_string()), ("transposed", transposed.to_string())]
        }
        Op::Matrix(_) => vec![],
        Op::Fft { inverse } => vec![("inverse", inverse.to_string())],
        Op::PutAdd { axis, n } | Op::PutAlongAdd { axis, n } => numbers([("axis", axis), ("n", n)]),
    }
}

fn conv_attributes(conv: &Conv<usize>) -> Attributes {
    vec![
        ("stride", list(&conv.stride)),
        ("pad", pairs(&conv.pad)),
        ("dilation", list(&conv.dilation)),
        ("groups", conv.groups.to_string()),
        ("sizes", list(&conv.sizes)),
    ]
}

fn numbers<const N: usize>(values: [(&'static str, &usize); N]) -> Attributes {
    values.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

fn list(values: &[usize]) -> String {
    format!("{values:?}")
}

fn pairs(values: &[(usize, usize)]) -> String {
    format!("{values:?}")
}
