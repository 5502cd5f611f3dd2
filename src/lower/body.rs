//! Loops: the body becomes a graph of its own, whose inputs are all operands in the order of `ops::Scan`.

use crate::graph::{Builder, Graph, NodeId, Type};
use crate::ops::Scan;
use crate::tir::{Node, Program, Source};
use crate::types::{DType, Dim};

use super::precision::Mixed;
use super::{Lowering, target_name};

impl Lowering<'_> {
    pub(super) fn scan(
        &mut self,
        program: &Program,
        scan: &Scan<Dim, Program>,
        node: &Node,
        index: usize,
    ) -> Vec<NodeId> {
        let n = self.size(&scan.n);
        let args = self.declared(program, &node.args);
        let mixed = self.mixed.as_ref().filter(|mixed| mixed.is_inside(index)).map(|mixed| {
            // The iteration, carries and slices come first.
            let varying = scan.carries + scan.xs;
            let constants = node.args[varying..].iter().map(|&arg| mixed.gives_way(arg));
            mixed.body(&scan.body, &[vec![false; 1 + varying], constants.collect()].concat())
        });
        let body = self.body(scan, &args, mixed);
        let Scan { reverse, carries, xs, when, .. } = *scan;
        let scan = Scan { n, reverse, carries, xs, when, body };
        self.builder.scan(scan, &args, node.span)
    }

    fn body(&mut self, scan: &Scan<Dim, Program>, args: &[NodeId], mixed: Option<Mixed>) -> Graph {
        let mut inner = Lowering { sizes: self.sizes, builder: Builder::new(), inputs: vec![], values: vec![], mixed };
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
            let node = inner.as_declared(&scan.body, output.value);
            inner.builder.output(&target_name(&output.to), node);
        }
        inner.builder.finish()
    }
}
