//! A value of a loop's body, for all iterations.

use crate::base::Span;
use crate::graph::{Builder, Emit, NodeId};
use crate::ops::{Op, Scan};
use crate::types::DType;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The same in every iteration.
    Same(NodeId),
    /// With the iterations along axis 0.
    Each(NodeId),
}

/// Where the values of all iterations are added.
pub struct Lanes<'b> {
    pub builder: &'b mut Builder,
    /// The number of iterations.
    pub n: usize,
    pub span: Span,
    /// Which of them run (bool, one for each), where some may not.
    pub active: Option<NodeId>,
}

impl Lanes<'_> {
    pub fn emit(&mut self) -> Emit<'_> {
        Emit::new(self.builder, self.span)
    }

    /// The numbers of the iterations.
    pub fn count(&mut self) -> Lane {
        let n = self.n;
        Lane::Each(self.emit().op(Op::Iota { dtype: DType::I64, n }, &[]))
    }

    /// The shape in one iteration.
    pub fn shape(&self, lane: Lane) -> Vec<usize> {
        match lane {
            Lane::Same(node) => self.builder.ty(node).shape.clone(),
            Lane::Each(node) => self.builder.ty(node).shape[1..].to_vec(),
        }
    }

    /// With the iterations along axis 0, repeated if need be.
    pub fn each(&mut self, lane: Lane) -> NodeId {
        match lane {
            Lane::Each(node) => node,
            Lane::Same(node) => {
                let shape = self.with_iterations(&self.shape(lane));
                let axes: Vec<usize> = (1..shape.len()).collect();
                self.emit().broadcast(node, &shape, &axes)
            }
        }
    }

    pub fn with_iterations(&self, shape: &[usize]) -> Vec<usize> {
        [&[self.n], shape].concat()
    }

    /// An op whose attributes speak of whole batches already.
    pub fn op(&mut self, op: Op<usize>, args: &[Lane]) -> Lane {
        let args: Vec<NodeId> = args.iter().map(|&lane| self.each(lane)).collect();
        Lane::Each(self.emit().op(op, &args))
    }

    /// Brings the axis of the iterations to the front.
    pub fn moved_to_front(&mut self, node: NodeId, axis: usize) -> Lane {
        let rank = self.builder.ty(node).rank();
        let perm: Vec<usize> = std::iter::once(axis).chain((0..rank).filter(|&other| other != axis)).collect();
        Lane::Each(self.emit().transpose(node, &perm))
    }

    /// An op without a rule: a loop of it alone.
    pub fn alone(&mut self, op: &Op<usize>, args: &[Lane]) -> Lane {
        Lane::Each(self.looped(args, |body, args, span| vec![body.op(op.clone(), args, span)])[0])
    }

    /// A loop over the iterations whose body is made by `make`.
    pub fn looped(
        &mut self,
        args: &[Lane],
        make: impl FnOnce(&mut Builder, &[NodeId], Span) -> Vec<NodeId>,
    ) -> Vec<NodeId> {
        let mut body = Builder::new();
        body.input("iteration", crate::graph::Type::new(DType::I64, vec![]));
        let mut inside: Vec<Option<NodeId>> = vec![None; args.len()];
        let mut operands = vec![];
        for sliced in [true, false] {
            for (place, &lane) in args.iter().enumerate() {
                let (Lane::Same(node) | Lane::Each(node)) = lane;
                if matches!(lane, Lane::Each(_)) == sliced {
                    let ty = crate::graph::Type::new(self.builder.ty(node).dtype, self.shape(lane));
                    inside[place] = Some(body.input("operand", ty));
                    operands.push(node);
                }
            }
        }
        let inside: Vec<NodeId> = inside.into_iter().flatten().collect();
        for result in make(&mut body, &inside, self.span) {
            body.output("result", result);
        }
        let xs = args.iter().filter(|lane| matches!(lane, Lane::Each(_))).count();
        let scan = Scan { n: self.n, reverse: false, carries: 0, xs, when: None, body: body.finish() };
        self.builder.scan(scan, &operands, self.span)
    }
}
