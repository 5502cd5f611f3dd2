//! Ops that do not calculate: what they give are elements of their operands as they are. Where values lie in memory, what a
//! loop need not repeat, and in which type an op works follows from these two lists.

use super::{Op, Unary};

impl<D> Op<D> {
    /// Whether it only renames the elements of its one operand: a view of the same memory can say it.
    pub fn is_view(&self) -> bool {
        match self {
            Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Broadcast { .. }
            | Op::Slice { .. }
            | Op::Flip { .. }
            | Op::Barrier { .. }
            | Op::Windows { .. } => true,
            Op::Const(_)
            | Op::Iota { .. }
            | Op::Uniform { .. }
            | Op::Unary(_)
            | Op::Binary(_)
            | Op::Compare(_)
            | Op::Select
            | Op::Cast(_)
            | Op::Pad { .. }
            | Op::Concat { .. }
            | Op::Unwindows { .. }
            | Op::Reduce { .. }
            | Op::ArgMax { .. }
            | Op::CumSum { .. }
            | Op::ArgSort { .. }
            | Op::Assign
            | Op::Dot { .. }
            | Op::Conv(_)
            | Op::Matrix(_)
            | Op::Fft { .. }
            | Op::Take { .. }
            | Op::PutAdd { .. }
            | Op::TakeAlong { .. }
            | Op::PutAlongAdd { .. } => false,
        }
    }

    /// Whether every element of the result is one of an operand.
    pub fn moves(&self) -> bool {
        let chooses =
            matches!(self, Op::Select | Op::Pad { .. } | Op::Concat { .. } | Op::Take { .. } | Op::TakeAlong { .. });
        self.is_view() || chooses || matches!(self, Op::Unary(Unary::StopGradient))
    }
}
