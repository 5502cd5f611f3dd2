//! How much kernels need beside the arena of their plan, about: packed factors, sums of parts, the tiles of what runs fused, and the
//! packed weights that are kept from run to run.

use super::conv;
use super::gemm;
use super::kept::Fixed;
use super::kernels::dot;
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
    /// As long as the plan is there.
    pub kept: u64,
}

/// What the steps of a plan need at most: they run one after the other.
pub fn room(plan: &Plan) -> Room {
    of_steps(plan, &Fixed::of_plan(plan))
}

fn of_steps(plan: &Plan, fixed: &Fixed) -> Room {
    let rooms = plan.steps.iter().map(|step| of_step(step, fixed));
    rooms.fold(Room::default(), |most, room| Room {
        own: most.own.max(room.own),
        shared: most.shared.max(room.shared),
        kept: most.kept + room.kept,
    })
}

fn of_step(step: &Step, fixed: &Fixed) -> Room {
    match &step.action {
        Action::Loop(found) => of_steps(&found.body, &Fixed::of_body(&found.body, 1 + found.carries + found.xs)),
        Action::Fused(found) => Room { own: FusedKernel::new(step, found).room() as u64, ..Room::default() },
        Action::Op(Op::Dot { batch, contract }) => {
            let lhs = &step.args[0].view;
            let size = |axes: &[(usize, usize)]| axes.iter().map(|axes| lhs.shape[axes.0]).product::<usize>();
            let (batch, k) = (size(batch), size(contract));
            let lines = |at: usize| step.args[at].count() / (batch * k).max(1);
            let (m, n) = (lines(0), lines(1));
            match dot::keeps(&step.args[1], fixed, m).filter(|_| batch == 1 && gemm::splits_kept(m, k, n)) {
                Some(_) => Room { kept: (k * n * 6) as u64, ..of_product(m, k, 0) },
                None => of_product(m, k, n),
            }
        }
        Action::Op(Op::Conv(conv)) => {
            let weights = if conv.mode == ConvMode::Weight { &step.results[0] } else { &step.args[1] };
            let parts = if conv.mode == ConvMode::Weight { (PARTS / weights.count().max(1)).clamp(1, 16) } else { 1 };
            let packed = (parts * weights.count() * weights.dtype.bytes()) as u64;
            match conv::keeps(step, conv, fixed) {
                // Numbers of 16 bits, three for each, and three for each of the source.
                true => Room { own: CONV, shared: (step.args[0].count() * 6) as u64, kept: packed / 2 * 3 },
                false => Room { own: CONV, shared: packed, kept: 0 },
            }
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
        let [own, shared] = gemm::packed(m, n).map(|lines| (lines * depth * 6) as u64);
        return Room { own, shared, kept: 0 };
    }
    let own = (depth * (m.min(448) + n.min(2048)) * 4) as u64;
    let packed = k * m.min(n);
    Room { own, shared: if packed < 16 << 10 { 0 } else { 4 * packed.min(2 << 20) as u64 }, kept: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_of_a_product_has_a_bound() {
        let small = of_product(8, 8, 8);
        assert_eq!(small, Room { own: 8 * 16 * 4, ..Room::default() });
        let large = of_product(100_000, 100_000, 100_000);
        assert!(large.own + large.shared < 32 << 20, "{large:?}");
    }
}
