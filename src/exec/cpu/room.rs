//! How much kernels need beside the arena of their plan, about: packed factors, sums of parts, the tiles of what runs fused.

use super::gemm;
use super::kernels::fused::FusedKernel;
use crate::ops::{ConvMode, Op};
use crate::plan::{Action, Plan, Step};

/// Bytes beside an arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Of every thread.
    pub own: u64,
    /// Of all threads together.
    pub shared: u64,
}

/// What the steps of a plan need at most: they run one after the other.
pub fn room(plan: &Plan) -> Room {
    let rooms = plan.steps.iter().map(of_step);
    rooms.fold(Room::default(), |most, room| Room { own: most.own.max(room.own), shared: most.shared.max(room.shared) })
}

fn of_step(step: &Step) -> Room {
    match &step.action {
        Action::Loop(found) => room(&found.body),
        Action::Fused(found) => Room { own: FusedKernel::new(step, found).room() as u64, shared: 0 },
        Action::Op(Op::Dot { batch, contract }) => {
            let lhs = &step.args[0].view;
            let size = |axes: &[(usize, usize)]| axes.iter().map(|axes| lhs.shape[axes.0]).product::<usize>();
            let (batch, k) = (size(batch), size(contract));
            let lines = |at: usize| step.args[at].count() / (batch * k).max(1);
            of_product(lines(0), k, lines(1))
        }
        Action::Op(Op::Conv(conv)) => {
            let weights = if conv.mode == ConvMode::Weight { &step.results[0] } else { &step.args[1] };
            let parts = if conv.mode == ConvMode::Weight { (PARTS / weights.count().max(1)).clamp(1, 16) } else { 1 };
            Room { own: CONV, shared: (parts * weights.count() * weights.dtype.bytes()) as u64 }
        }
        _ => Room::default(),
    }
}

/// Elements of the sums of a weight gradient's parts, and what a task of a convolution has for itself.
const PARTS: usize = 1 << 20;
const CONV: u64 = 512 << 10;

/// A product of f32: panels of both factors, or all of them in two or three parts of 16 bits.
fn of_product(m: usize, k: usize, n: usize) -> Room {
    let depth = k.min(384);
    if gemm::splits(m, k, n) {
        return Room { own: 0, shared: ((m.min(4096) + n.min(4096)) * depth * 6) as u64 };
    }
    let own = (depth * (m.min(448) + n.min(2048)) * 4) as u64;
    let packed = k * m.min(n);
    Room { own, shared: if packed < 16 << 10 { 0 } else { 4 * packed.min(2 << 20) as u64 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_of_a_product_has_a_bound() {
        let small = of_product(8, 8, 8);
        assert_eq!(small, Room { own: 8 * 16 * 4, shared: 0 });
        let large = of_product(100_000, 100_000, 100_000);
        assert!(large.own + large.shared < 32 << 20, "{large:?}");
    }
}
