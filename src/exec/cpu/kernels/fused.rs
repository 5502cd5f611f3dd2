//! Chains of element-wise ops and folds of rows in one pass: the domain is cut into tiles that stay in the first-level cache,
//! whole rows where there are any, and each tile runs through all ops before the next begins.

use super::super::element::sized;
use super::super::frame::Frame;
use super::super::scratch::scratch;
use super::super::{Kernel, parallel};
use super::lanes::{Lane, lane, lane_with_one};
use super::rows::{Rows, fold, spread};
use super::walk::Walk;
use crate::exec::Fault;
use crate::plan::{ALIGN, Fused, Operand, Place, Point, Pointwise, Step, View};
use crate::types::DType;
use std::ops::Range;

/// Elements of a tile; a row of half as many, or more, is a tile of its own.
const TILE: usize = 512;

/// The shortest tile that is cut for operands which lie in stretches, and what all tiles then are multiples of.
const SHORTEST: usize = 128;
const VECTOR: usize = 16;

/// Tiles of one task, at most, and elements that its instructions run through, about.
const TILES: usize = 16;
const TASK: usize = 128 * TILE;

/// Arguments and points of one kernel together; the planner makes fewer.
const VALUES: usize = 512;

/// How a tile of an argument is had.
enum Load {
    /// One element for all: filled once per task.
    Splat,
    /// It lies in memory as it is needed.
    Direct,
    /// Those of each tile lie together, and those of the next one elsewhere: slices, and rows that repeat.
    Stretch(Walk<1>),
    /// Gathered tile by tile.
    Gather(Walk<1>),
}

struct Arg {
    place: Place,
    /// In bytes.
    offset: isize,
    width: usize,
    /// Elements of the domain for each of its own.
    step: usize,
    load: Load,
}

enum Work {
    Lane(Lane),
    /// From rows to their values, or back.
    Rows(Rows),
    /// The operand itself: the value of a tile that is one row, where it is read as one element.
    Same,
}

struct Instruction {
    work: Work,
    args: [u16; 3],
    /// Elements of the domain for each of the result.
    step: usize,
}

struct Store {
    value: u16,
    place: Place,
    width: usize,
    step: usize,
    /// The value is computed where it is stored.
    direct: bool,
}

/// A fused step. Values are numbered as in `plan::Fused`.
pub struct FusedKernel {
    count: usize,
    row: usize,
    /// Elements of a tile, and tiles of a task.
    tile: usize,
    tiles_of_task: usize,
    args: Vec<Arg>,
    instructions: Vec<Instruction>,
    stores: Vec<Store>,
    /// By value: its byte offset in the scratch, if it has a tile there.
    tiles: Vec<usize>,
    scratch: usize,
}

impl FusedKernel {
    pub fn new(step: &Step, fused: &Fused) -> FusedKernel {
        let (count, row) = (fused.shape.iter().product(), fused.row);
        let tile = match row {
            1 => tile_of_stretches(&step.args),
            _ if row < TILE / 2 => TILE / row * row,
            _ => row,
        };
        let args: Vec<Arg> = step.args.iter().map(|operand| arg(operand, count, tile)).collect();
        let dtypes: Vec<DType> =
            step.args.iter().map(|a| a.dtype).chain(fused.points.iter().map(|p| p.dtype)).collect();
        assert!(dtypes.len() <= VALUES, "the planner keeps groups small");
        let mut ones: Vec<bool> = args.iter().map(|arg| matches!(arg.load, Load::Splat)).collect();
        ones.extend(fused.points.iter().map(|point| point.op == Pointwise::Spread && tile == row));
        let works = works(fused, &dtypes, &ones);
        let same: Vec<bool> = works.iter().map(|work| matches!(work, Work::Same)).collect();
        let instructions = fused.points.iter().zip(works).map(|(point, work)| {
            let mut args = [0; 3];
            point.args.iter().zip(&mut args).for_each(|(&from, to)| *to = from as u16);
            Instruction { work, args, step: if point.of_row { row } else { 1 } }
        });
        let stores: Vec<Store> =
            step.results.iter().zip(&fused.results).map(|(r, &v)| store(step, r, v, count)).collect();
        let (tiles, scratch) = tiles(&dtypes, fused, &stores, tile, &same);
        FusedKernel {
            count,
            row,
            tile,
            tiles_of_task: (TASK / (tile * fused.points.len().max(1))).clamp(1, (TILES * TILE / tile).max(1)),
            instructions: instructions.collect(),
            args,
            stores,
            tiles,
            scratch,
        }
    }

    /// Bytes that a thread needs for the values of a tile.
    pub fn room(&self) -> usize {
        self.scratch
    }

    /// Runs the tiles of one task.
    fn task(&self, frame: &Frame, task: usize) {
        let elements = self.tiles_of_task * self.tile;
        self.range(frame, task * elements..self.count.min((task + 1) * elements));
    }

    /// Runs some elements of the domain on this thread; where there are rows, whole ones.
    pub fn range(&self, frame: &Frame, elements: Range<usize>) {
        scratch(self.scratch, |memory| {
            let mut values: [*mut u8; VALUES] = [std::ptr::null_mut(); VALUES];
            for (value, &offset) in values.iter_mut().zip(&self.tiles) {
                *value = memory.wrapping_add(offset);
            }
            self.splat(frame, &values);
            let mut start = elements.start;
            while start < elements.end {
                // Operands that lie in stretches are cut where tiles are.
                let end = elements.end.min((start / self.tile + 1) * self.tile);
                self.tile(frame, &mut values, start, end - start);
                start = end;
            }
        });
    }

    /// Fills the tiles of arguments that are one element.
    fn splat(&self, frame: &Frame, values: &[*mut u8; VALUES]) {
        for (arg, &tile) in self.args.iter().zip(values) {
            if let Load::Splat = arg.load {
                let from = frame.base(arg.place).wrapping_offset(arg.offset);
                sized!(Width(arg.width), T => {
                    // SAFETY: the argument has one element, and the tile room for as many as it says, aligned, that only
                    // this thread uses.
                    unsafe { std::slice::from_raw_parts_mut(tile.cast::<T>(), self.tile).fill(*from.cast::<T>()) }
                });
            }
        }
    }

    fn tile(&self, frame: &Frame, values: &mut [*mut u8; VALUES], start: usize, n: usize) {
        for (index, arg) in self.args.iter().enumerate() {
            let base = frame.base(arg.place).wrapping_offset(arg.offset);
            match &arg.load {
                Load::Splat => {}
                Load::Direct => values[index] = base.wrapping_add(start / arg.step * arg.width),
                Load::Stretch(walk) => {
                    let [place] = walk.locate(start / arg.step);
                    values[index] = base.wrapping_offset(place * arg.width as isize);
                }
                Load::Gather(walk) => sized!(Width(arg.width), T => {
                    let (start, n) = (start / arg.step, n / arg.step);
                    // SAFETY: the tile is this thread's and has `n` elements or more; the walk stays in the argument's
                    // view, which nobody writes.
                    unsafe { walk.gather::<T>(base.cast(), start, values[index].cast(), n) }
                }),
            }
        }
        for store in self.stores.iter().filter(|store| store.direct) {
            values[store.value as usize] = frame.base(store.place).wrapping_add(start / store.step * store.width);
        }
        for (instruction, result) in self.instructions.iter().zip(self.args.len()..) {
            let args = instruction.args.map(|value| values[value as usize].cast_const());
            // SAFETY: every value has `n` elements at its pointer, or one for each row of the tile, which has whole rows. A
            // result's are a tile of its own, or its range of a result that lies over no argument; tasks have ranges of
            // their own.
            unsafe {
                match &instruction.work {
                    Work::Lane(run) => run(n / instruction.step, values[result], args),
                    Work::Rows(run) => run(n / self.row, self.row, values[result], args[0]),
                    Work::Same => values[result] = args[0].cast_mut(),
                }
            }
        }
        for store in self.stores.iter().filter(|store| !store.direct) {
            let to = frame.base(store.place).wrapping_add(start / store.step * store.width);
            // SAFETY: the range of the result is this task's; where it lies over an argument, that argument's same
            // range was read above.
            unsafe { std::ptr::copy_nonoverlapping(values[store.value as usize], to, n / store.step * store.width) };
        }
    }
}

impl Kernel for FusedKernel {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let tasks = self.count.div_ceil(self.tile * self.tiles_of_task);
        let work = self.count * self.instructions.len().max(1);
        parallel::tasks(tasks, work, |task| self.task(frame, task));
        Ok(())
    }
}

/// The bytes of an element, for `sized!`.
struct Width(usize);

impl Width {
    fn bytes(&self) -> usize {
        self.0
    }
}

/// What each point does. `ones` are the values that are one element for all of a tile.
fn works(fused: &Fused, dtypes: &[DType], ones: &[bool]) -> Vec<Work> {
    let args = dtypes.len() - fused.points.len();
    let with_one = |point: &Point| {
        let one = |place: usize| ones[point.args[place]];
        let side = (point.args.len() == 2 && !point.of_row && one(0) != one(1)).then(|| usize::from(one(1)))?;
        Some((side, lane_with_one(point.op, dtypes[point.args[side]], side)?))
    };
    // Values of which somebody reads all elements.
    let mut whole = vec![false; dtypes.len()];
    fused.results.iter().for_each(|&result| whole[result] = true);
    for point in &fused.points {
        let side = with_one(point).map(|(side, _)| side);
        let all = point.args.iter().enumerate().filter(|(place, _)| Some(*place) != side);
        all.for_each(|(_, &arg)| whole[arg] = true);
    }
    let points = fused.points.iter().enumerate().map(|(index, point)| match with_one(point) {
        Some((_, run)) => Work::Lane(run),
        None if ones[args + index] && !whole[args + index] => Work::Same,
        None => work(point, dtypes[point.args[point.args.len() - 1]]),
    });
    points.collect()
}

fn work(point: &Point, arg: DType) -> Work {
    match point.op {
        Pointwise::Fold(kind) => Work::Rows(fold(kind, arg)),
        Pointwise::Spread => Work::Rows(spread(arg)),
        op => Work::Lane(lane(op, arg, point.dtype)),
    }
}

/// Elements of the domain for each of an operand, which has one for each place or for each row.
fn step_of(operand: &Operand, count: usize) -> usize {
    count.checked_div(operand.count()).unwrap_or(1)
}

fn arg(operand: &Operand, count: usize, tile: usize) -> Arg {
    let width = operand.dtype.bytes();
    let (view, step) = (&operand.view, step_of(operand, count));
    let load = match stretches(view) {
        _ if view.is_splat() => Load::Splat,
        _ if view.is_contiguous() => Load::Direct,
        Some(walk) if (walk.inner_size() * step).is_multiple_of(tile) => Load::Stretch(walk),
        _ => Load::Gather(Walk::new(&view.shape, [&view.strides])),
    };
    Arg { place: operand.place, offset: view.offset * width as isize, width, step, load }
}

/// A walk over what lies in stretches of several elements with gaps, or in another order, between them.
fn stretches(view: &View) -> Option<Walk<1>> {
    let walk = Walk::new(&view.shape, [&view.strides]);
    (!view.is_contiguous() && walk.inner_strides() == [1]).then_some(walk)
}

/// The most elements of a tile with which no tile of an operand reaches beyond a stretch; those of short ones are gathered.
fn tile_of_stretches(args: &[Operand]) -> usize {
    let long = |arg: &Operand| Some(stretches(&arg.view)?.inner_size()).filter(|&size| size >= SHORTEST);
    let sizes: Vec<usize> = args.iter().filter_map(long).collect();
    let fits = |tile: &usize| sizes.iter().all(|size| size.is_multiple_of(*tile));
    (SHORTEST..=TILE).rev().step_by(VECTOR).find(fits).unwrap_or(TILE)
}

fn store(step: &Step, result: &Operand, value: usize, count: usize) -> Store {
    // Outputs may lie over inputs, and arena results over an argument that ends here.
    let meets = |arg: &Operand| match (result.place, arg.place) {
        (Place::Output(_), Place::Input(_)) => true,
        (to, from) => to == from,
    };
    let direct = !step.args.iter().any(meets);
    let (place, width) = (result.place, result.dtype.bytes());
    Store { value: value as u16, place, width, step: step_of(result, count), direct }
}

/// Gives every value but direct ones a tile; a tile is free again behind its value's last use. Of points that are the `same`
/// as their operand, that stays for them.
fn tiles(dtypes: &[DType], fused: &Fused, stores: &[Store], elements: usize, same: &[bool]) -> (Vec<usize>, usize) {
    let args = dtypes.len() - fused.points.len();
    let widest = dtypes.iter().map(|d| d.bytes()).max().unwrap_or(1);
    let bytes = (elements * widest).next_multiple_of(ALIGN);
    let mut last: Vec<usize> = (0..dtypes.len()).collect();
    for (index, point) in fused.points.iter().enumerate() {
        point.args.iter().for_each(|&arg| last[arg] = args + index);
    }
    stores.iter().for_each(|store| last[store.value as usize] = usize::MAX);
    for (index, point) in fused.points.iter().enumerate().filter(|(index, _)| same[*index]) {
        last[point.args[0]] = last[point.args[0]].max(last[args + index]);
    }
    let mut tiles = vec![0; dtypes.len()];
    let mut free: Vec<usize> = Vec::new();
    let mut count = 0;
    for value in 0..dtypes.len() {
        tiles[value] = free.pop().unwrap_or_else(|| {
            count += 1;
            (count - 1) * bytes
        });
        // Arguments keep their tile: it may be filled only once.
        if value >= args {
            let ends = (args..value).filter(|&v| last[v] == value);
            free.extend(ends.map(|v| tiles[v]));
            if last[value] == value {
                free.push(tiles[value]);
            }
        }
    }
    (tiles, count * bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(view: View) -> Operand {
        Operand { place: Place::Input(0), dtype: DType::F32, view }
    }

    #[test]
    fn rows_that_repeat_and_slices_of_rows_are_read_where_they_lie() {
        let bias = of(View::dense(&[1024]).broadcast(&[32, 1024], &[1]).slice(1, 256, 640, 1));
        let gate = of(View::dense(&[32, 1024]).slice(1, 256, 640, 1));
        let args = [bias, gate];
        let tile = tile_of_stretches(&args);
        assert_eq!(tile, 384);
        for operand in &args {
            assert!(matches!(arg(operand, 32 * 384, tile).load, Load::Stretch(_)));
        }
    }

    #[test]
    fn what_is_short_or_ends_inside_of_a_vector_is_gathered() {
        for size in [40, 257] {
            let args = [of(View::dense(&[size]).broadcast(&[32, size], &[1]))];
            let tile = tile_of_stretches(&args);
            assert_eq!(tile, TILE);
            assert!(matches!(arg(&args[0], 32 * size, tile).load, Load::Gather(_)));
        }
    }
}
