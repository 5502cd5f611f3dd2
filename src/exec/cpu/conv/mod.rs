//! Convolutions and their adjoints as matrix products whose patches are packed straight into panels (Chellapilla, Puri and
//! Simard, 2006, without the matrix of patches).
//!
//! Tasks are cut by sizes alone. Weight gradients are summed within fixed parts, and these by a balanced tree.

#[cfg(target_arch = "x86_64")]
mod across;
#[cfg(target_arch = "x86_64")]
mod amx;
mod forward;
mod line_tile;
mod lines;
mod panel;
mod row;
mod stage;
mod sweep;
#[cfg(test)]
mod tests;
mod turn;
mod weight;
#[cfg(target_arch = "x86_64")]
mod winograd;

use super::epilogue::{Behind, Epilogue};
use super::frame::{Array, Frame, Writer};
use super::gemm::{Factor, Tiled, tiles};
use super::isa::{Isa, isa};
use super::kept::{Fixed, Kept};
use super::kernels::fold::Fold;
use super::kernels::reduce::join_parts;
use super::scratch;
use super::{Kernel, parallel};
use crate::exec::Fault;
use crate::ops::{Conv, ConvMode, Reduce};
use crate::plan::Step;
use crate::types::DType;
use forward::Pass;
use lines::Lines;
use panel::Pack;
use row::Tall;
use std::ops::Range;
use sweep::Geometry;
use weight::Gradient;

/// A way to compute a pass with fewer products, or with packed weights of its own. Some do not do for numbers that are not finite.
trait Shortcut<T>: Send + Sync {
    /// Elements of the packed weights.
    fn packed(&self, pass: &Pass) -> usize;

    /// Packs the weights.
    ///
    /// # Safety
    /// All weights, and the room that `packed` says.
    unsafe fn pack(&self, pass: &Pass, w: &[T], room: &mut [T]);

    /// Computes a whole pass, with what is done behind its parts, and says whether it is as it should be.
    ///
    /// # Safety
    /// As `Pass::run` for all tasks, but with what `pack` has packed.
    unsafe fn run(&self, pass: &Pass, x: &[T], packed: &[T], y: Writer<T>, behind: &Behind) -> bool;
}

#[cfg(target_arch = "x86_64")]
fn boxed<T>(shortcut: impl Shortcut<T> + 'static) -> Box<dyn Shortcut<T>> {
    Box::new(shortcut)
}

/// The same for the gradient of weights, whose parts have sums of their own.
trait WeightShortcut<T>: Send + Sync {
    fn parts(&self) -> usize;

    /// Computes all parts' sums from `x` and `y`, and says whether they are as they should be.
    ///
    /// # Safety
    /// The operands and as many sums as there are parts.
    unsafe fn run(&self, x: &[T], y: &[T], out: Writer<T>) -> bool;
}

/// An element that convolutions are made of.
trait Unit: Factor + Tiled + Tall {
    /// The fastest way to pack panels.
    fn pack() -> Pack<Self>;

    /// How a pass goes along lines, if it does.
    fn lines(pass: &Pass) -> Option<Lines>;

    /// A shorter way for a pass, whose packed weights may be kept, if there is one.
    fn shortcut(pass: &Pass, kept: bool) -> Option<Box<dyn Shortcut<Self>>>;

    /// A shorter way for a gradient of weights, if there is one.
    fn weight_shortcut(g: &Geometry) -> Option<Box<dyn WeightShortcut<Self>>>;

    /// # Safety
    /// As `Pass::run`, for a pass that goes along lines.
    unsafe fn run_lines(lines: &Lines, pass: &Pass, task: usize, x: &[Self], weights: &[Self], y: Writer<Self>);
}

impl Unit for f32 {
    fn pack() -> Pack<f32> {
        match is_wide() {
            #[cfg(target_arch = "x86_64")]
            true => panel::wide::pack,
            _ => panel::pack,
        }
    }

    fn lines(pass: &Pass) -> Option<Lines> {
        is_wide().then(|| Lines::new(pass)).flatten()
    }

    fn shortcut(pass: &Pass, kept: bool) -> Option<Box<dyn Shortcut<f32>>> {
        match is_wide() {
            #[cfg(target_arch = "x86_64")]
            true => {
                let pass_if = |pays: bool| Some(pass).filter(|_| pays);
                let squares = pass_if(winograd::Winograd::pays(pass)).and_then(winograd::Winograd::new).map(boxed);
                let tiles = || pass_if(kept && amx::Tiles::pays(pass)).and_then(amx::Tiles::new).map(boxed);
                let across = || pass_if(kept && across::Across::pays(pass)).and_then(across::Across::new).map(boxed);
                squares.or_else(tiles).or_else(across)
            }
            _ => None,
        }
    }

    fn weight_shortcut(g: &Geometry) -> Option<Box<dyn WeightShortcut<f32>>> {
        match is_wide() {
            #[cfg(target_arch = "x86_64")]
            true if winograd::Gradient::pays(g) => Some(Box::new(winograd::Gradient::new(g)?)),
            _ => None,
        }
    }

    unsafe fn run_lines(lines: &Lines, pass: &Pass, task: usize, x: &[f32], weights: &[f32], y: Writer<f32>) {
        // SAFETY: the caller's promise; there are lines only on processors that have the vectors.
        unsafe { lines.run(pass, task, x, weights, y) }
    }
}

impl Unit for f64 {
    fn pack() -> Pack<f64> {
        panel::pack
    }

    fn lines(_: &Pass) -> Option<Lines> {
        None
    }

    fn shortcut(_: &Pass, _: bool) -> Option<Box<dyn Shortcut<f64>>> {
        None
    }

    fn weight_shortcut(_: &Geometry) -> Option<Box<dyn WeightShortcut<f64>>> {
        None
    }

    unsafe fn run_lines(_: &Lines, _: &Pass, _: usize, _: &[f64], _: &[f64], _: Writer<f64>) {
        unreachable!("no pass of f64 goes along lines")
    }
}

/// Whether there are vectors of 16 f32 with masks. Without optimisation the intrinsics are calls, so that debug builds do
/// without.
fn is_wide() -> bool {
    isa() == Isa::Avx512 && !cfg!(debug_assertions)
}

/// The kernel of a convolution.
pub fn conv(step: &Step, conv: &Conv<usize>, fixed: &Fixed, epilogue: Option<Epilogue>) -> Box<dyn Kernel> {
    match step.results[0].dtype {
        DType::F64 => of::<f64>(step, conv, fixed, epilogue),
        _ => of::<f32>(step, conv, fixed, epilogue),
    }
}

fn of<T: Unit>(step: &Step, conv: &Conv<usize>, fixed: &Fixed, epilogue: Option<Epilogue>) -> Box<dyn Kernel> {
    let g = geometry(step, conv);
    let (lhs, rhs, dst) = (Array::new(&step.args[0]), Array::new(&step.args[1]), Array::new(&step.results[0]));
    let (m, sweeps) = match conv.mode {
        ConvMode::Weight => {
            let gradient = Gradient::new(&g);
            let shortcut = T::weight_shortcut(&g);
            let sum = Fold::new(Reduce::Sum, step.results[0].dtype);
            return Box::new(Weight::<T> { gradient, shortcut, x: lhs, y: rhs, dst, sum });
        }
        ConvMode::Forward => (g.filters, vec![g.forward()]),
        ConvMode::Input => (g.channels, g.adjoint()),
    };
    let kept = fixed.input(&step.args[1]).filter(|_| keeps(step, conv, fixed));
    let route = |sweep| {
        let pass = Pass::new::<T>(&g, conv.mode, m, sweep);
        Route { lines: T::lines(&pass), shortcut: T::shortcut(&pass, kept.is_some()), pass }
    };
    let routes = sweeps.into_iter().map(route).collect();
    Box::new(Sweeps::<T> { routes, source: lhs, weights: rhs, dst, kept: kept.map(Kept::new), epilogue })
}

/// Packed weights that are read for so many positions are worth keeping: with more, packing them is little beside the products.
const FEW: usize = 4096;

/// Whether a convolution keeps its packed weights from run to run: those of one sweep.
pub fn keeps(step: &Step, conv: &Conv<usize>, fixed: &Fixed) -> bool {
    let one = match conv.mode {
        ConvMode::Forward => true,
        ConvMode::Input => conv.stride.iter().all(|&stride| stride == 1),
        ConvMode::Weight => false,
    };
    let shape = &step.results[0].view.shape;
    let positions = shape[0] * shape[2..].iter().product::<usize>();
    one && fixed.input(&step.args[1]).is_some() && (fixed.often || positions <= FEW)
}

fn geometry(step: &Step, conv: &Conv<usize>) -> Geometry {
    let (lhs, rhs) = (&step.args[0].view.shape, &step.args[1].view.shape);
    let result = &step.results[0].view.shape;
    let (x, w, y) = match conv.mode {
        ConvMode::Forward => (lhs, rhs, result),
        ConvMode::Input => (result, rhs, lhs),
        ConvMode::Weight => (lhs, result, rhs),
    };
    let low: Vec<usize> = conv.pad.iter().map(|pad| pad.0).collect();
    Geometry {
        samples: x[0],
        groups: conv.groups,
        channels: w[1],
        filters: w[0] / conv.groups,
        x: three(&x[2..], 1),
        kernel: three(&w[2..], 1),
        y: three(&y[2..], 1),
        stride: three(&conv.stride, 1),
        pad: three(&low, 0),
        dilation: three(&conv.dilation, 1),
    }
}

/// Aligned at the end.
fn three(sizes: &[usize], fill: usize) -> [usize; 3] {
    let mut all = [fill; 3];
    all[3 - sizes.len()..].copy_from_slice(sizes);
    all
}

/// A pass, and the ways to compute it.
struct Route<T> {
    pass: Pass,
    lines: Option<Lines>,
    shortcut: Option<Box<dyn Shortcut<T>>>,
}

impl<T: Unit> Route<T> {
    /// Elements of the packed weights.
    fn packed(&self) -> usize {
        self.shortcut.as_ref().map_or(self.pass.packed(), |shortcut| shortcut.packed(&self.pass))
    }

    /// `fresh` says that the room has the packed weights already.
    fn run(&self, x: &[T], w: &[T], room: &mut [T], fresh: bool, y: Writer<T>, behind: &Behind) {
        let Some(shortcut) = &self.shortcut else {
            if !fresh {
                self.pack(w, room);
            }
            return self.sums(x, room, y, behind);
        };
        // SAFETY: the operands and the result of this step; room for the packed weights.
        let done = unsafe {
            if !fresh {
                shortcut.pack(&self.pass, w, room);
            }
            shortcut.run(&self.pass, x, room, y, behind)
        };
        if !done {
            scratch::shared::<T, _>(self.pass.packed(), |room| {
                self.pack(w, room);
                self.sums(x, room, y, behind);
            });
        }
    }

    /// Packs the weights for sums over taps.
    fn pack(&self, w: &[T], room: &mut [T]) {
        let (pass, to) = (&self.pass, Writer::of(room));
        // SAFETY: pieces are packed once each, to the room that was counted.
        parallel::tasks(pass.pieces(), pass.packed(), |piece| unsafe { pass.pack(piece, w, to) });
    }

    fn sums(&self, x: &[T], packed: &[T], y: Writer<T>, behind: &Behind) {
        let pass = &self.pass;
        match &self.lines {
            Some(lines) => parallel::tasks(lines.tasks(pass), pass.work(), |task| {
                // SAFETY: the operands and the result of this step; tasks have parts of their own.
                unsafe { T::run_lines(lines, pass, task, x, packed, y) }
                let (channels, span) = lines.part(pass, task);
                behind.part(channels, span);
            }),
            None => parallel::tasks(pass.tasks(), pass.work(), |task| {
                // SAFETY: as above.
                unsafe { pass.run(T::pack(), task, x, packed, y) }
                pass.parts(task, |channels, span| behind.part(channels, span));
            }),
        }
    }
}

/// A convolution, or its adjoint in `x`.
struct Sweeps<T> {
    routes: Vec<Route<T>>,
    source: Array<T>,
    weights: Array<T>,
    dst: Array<T>,
    /// Packed weights of the one pass there is.
    kept: Option<Kept>,
    /// What is done with parts of the result of the one pass there is.
    epilogue: Option<Epilogue>,
}

impl<T: Unit> Kernel for Sweeps<T> {
    fn renew(&mut self, changed: &[bool]) {
        self.kept.iter_mut().for_each(|kept| kept.renew(changed));
    }

    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (x, w, y) = (self.source.read(frame), self.weights.read(frame), self.dst.writer(frame));
        if self.routes.iter().any(|route| route.pass.sweep.rows() == 0) {
            // No tap meets some of the result.
            self.dst.write(frame).fill(T::ZERO);
        }
        let epilogue = self.epilogue.as_ref();
        let first = &self.routes[0].pass;
        let area = first.sweep.target_area();
        let each = |lines: Range<usize>, span: Range<usize>| {
            epilogue.into_iter().for_each(|epilogue| epilogue.run(frame, lines.clone(), area, span.clone()));
        };
        let behind = Behind::new(epilogue.is_some().then_some(&each));
        if first.sweep.rows() == 0 {
            behind.part(0..first.lines(), 0..area);
        }
        let packed = self.routes.iter().map(Route::packed).max().unwrap_or(0);
        let some = || self.routes.iter().filter(|route| route.pass.sweep.rows() > 0);
        let Some(kept) = &mut self.kept else {
            scratch::shared::<T, _>(packed, |room| some().for_each(|route| route.run(x, w, room, false, y, &behind)));
            return Ok(());
        };
        let (room, fresh) = kept.memory(packed * size_of::<T>());
        // SAFETY: so many bytes that are kept, aligned for every element; any bits are one.
        let room = unsafe { std::slice::from_raw_parts_mut(room.cast(), packed) };
        some().for_each(|route| route.run(x, w, room, fresh, y, &behind));
        Ok(())
    }
}

/// The adjoint in `w`.
struct Weight<T> {
    gradient: Gradient,
    shortcut: Option<Box<dyn WeightShortcut<T>>>,
    x: Array<T>,
    y: Array<T>,
    dst: Array<T>,
    sum: Fold<T>,
}

impl<T: Unit> Weight<T> {
    /// Computes all parts' sums, and says how many there are.
    fn parts(&self, x: &[T], y: &[T], out: Writer<T>) -> usize {
        if let Some(shortcut) = &self.shortcut {
            // SAFETY: the operands of this step, and room for all parts.
            if unsafe { shortcut.run(x, y, out) } {
                return shortcut.parts();
            }
        }
        let (gradient, tiles) = (&self.gradient, tiles::<T>().map(|_| T::rows()));
        parallel::tasks(gradient.tasks(), gradient.work(), |task| {
            // SAFETY: the operands of this step; tasks have rows of their own.
            unsafe { gradient.run(tiles, task, x, y, out) }
        });
        gradient.parts()
    }
}

impl<T: Unit> Kernel for Weight<T> {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let (x, y, dst) = (self.x.read(frame), self.y.read(frame), self.dst.write(frame));
        let most = self.gradient.parts().max(self.shortcut.as_ref().map_or(1, |shortcut| shortcut.parts()));
        if most == 1 {
            self.parts(x, y, Writer::of(dst));
            return Ok(());
        }
        scratch::shared::<T, _>(most * dst.len(), |partials| {
            let len = self.parts(x, y, Writer::of(partials)) * dst.len();
            join_parts(&self.sum, &mut partials[..len], dst.len());
            dst.copy_from_slice(&partials[..dst.len()]);
        });
        Ok(())
    }
}
