//! Loops: the body becomes a graph of its own, whose inputs are all operands in the order of `ops::Scan`.

use crate::base::Span;
use crate::graph::{Builder, Graph, NodeId, Type};
use crate::ops::Scan;
use crate::tir::{Program, Source};
use crate::types::{DType, Dim};

use super::{Lowering, target_name};

impl Lowering<'_> {
    pub(super) fn scan(&mut self, scan: &Scan<Dim, Program>, args: &[NodeId], span: Span) -> Vec<NodeId> {
        let n = self.size(&scan.n);
        let body = self.body(scan, args);
        let scan = Scan { n, reverse: scan.reverse, carries: scan.carries, xs: scan.xs, body };
        self.builder.scan(scan, args, span)
    }

    fn body(&mut self, scan: &Scan<Dim, Program>, args: &[NodeId]) -> Graph {
        let mut inner = Lowering { sizes: self.sizes, builder: Builder::new(), inputs: vec![], values: vec![] };
        let mut operands = vec![inner.builder.input("iteration", Type::new(DType::I64, vec![]))];
        for (i, &arg) in args.iter().enumerate() {
            let ty = self.builder.ty(arg).clone();
            let sliced = (scan.carries..scan.carries + scan.xs).contains(&i);
            let shape = if sliced { ty.shape[1..].to_vec() } else { ty.shape };
            operands.push(inner.builder.input(&format!("operand{i}"), Type::new(ty.dtype, shape)));
        }
        inner.nodes(&scan.body, &mut |_, source, _| match source {
            Source::Body(place) => operands[*place],
            other => unreachable!("a loop's body reads {other:?} as a constant"),
        });
        for output in &scan.body.outputs {
            let node = inner.values[output.value.index()][0];
            inner.builder.output(&target_name(&output.to), node);
        }
        inner.builder.finish()
    }
}
