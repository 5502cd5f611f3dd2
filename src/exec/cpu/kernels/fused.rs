//! Chains of element-wise ops and folds of rows in one pass: the domain is cut into tiles that stay in the first-level cache,
//! whole rows where elements of rows are joined, and each tile runs through all ops before the next begins.

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

/// Elements of a tile; a row of half as many, or more, is a tile of its own, or several.
const TILE: usize = 512;

/// The shortest tile that is cut for operands which lie in stretches, and what all tiles then are multiples of.
const SHORTEST: usize = 128;
const VECTOR: usize = 16;

/// Tiles of one task, at most, and elements that its instructions run through, about.
const TILES: usize = 16;
const TASK: usize = 128 * TILE;

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
    /// In bytes.
    offset: isize,
    /// Where its elements lie, if that isn't side by side.
    parts: Option<Walk<1>>,
    width: usize,
    step: usize,
    /// The value is computed where it is stored.
    direct: bool,
}

/// Which values of a tile are computed.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    All,
    /// Those of rows.
    Rows,
    /// Those of elements; those of rows are there.
    Elements,
}

/// A fused step. Values are numbered as in `plan::Fused`.
pub struct FusedKernel {
    count: usize,
    row: usize,
    /// Values of rows are spread, but no elements are joined to one: so rows may be cut.
    cut: bool,
    /// Elements of a tile, and of a task.
    tile: usize,
    task: usize,
    args: Vec<Arg>,
    instructions: Vec<Instruction>,
    stores: Vec<Store>,
    /// Values with one element for each row, and the bytes of these.
    of_rows: Vec<(usize, usize)>,
    /// By value: its byte offset in the scratch, behind the places of all values, if it has a tile there.
    tiles: Vec<usize>,
    scratch: usize,
}

impl FusedKernel {
    pub fn new(step: &Step, fused: &Fused) -> FusedKernel {
        let (count, row) = (fused.shape.iter().product(), fused.row);
        let cut = row > 1 && !fused.points.iter().any(|point| matches!(point.op, Pointwise::Fold(_)));
        let tile = match row {
            1 => tile_of_stretches(step.args.iter().chain(&step.results)),
            _ if row < TILE / 2 => TILE / row * row,
            _ if cut && row > TILE => row.div_ceil(row.div_ceil(TILE)).next_multiple_of(VECTOR),
            _ => row,
        };
        // Tiles of long rows are counted from the row's first element.
        let whole = if tile < row && !row.is_multiple_of(tile) { row } else { tile };
        let args: Vec<Arg> = step.args.iter().map(|operand| arg(operand, count, whole)).collect();
        let dtypes: Vec<DType> =
            step.args.iter().map(|a| a.dtype).chain(fused.points.iter().map(|p| p.dtype)).collect();
        let mut ones: Vec<bool> = args.iter().map(|arg| matches!(arg.load, Load::Splat)).collect();
        ones.extend(fused.points.iter().map(|point| point.op == Pointwise::Spread && tile <= row));
        let works = works(fused, &dtypes, &ones);
        let same: Vec<bool> = works.iter().map(|work| matches!(work, Work::Same)).collect();
        let instructions = fused.points.iter().zip(works).map(|(point, work)| {
            let mut args = [0; 3];
            point.args.iter().zip(&mut args).for_each(|(&from, to)| *to = from as u16);
            Instruction { work, args, step: if point.of_row { row } else { 1 } }
        });
        let stores: Vec<Store> =
            step.results.iter().zip(&fused.results).map(|(r, &v)| store(step, r, v, count, tile)).collect();
        let (tiles, scratch) = tiles(&dtypes, fused, &stores, tile, &same, cut);
        let walked = args.iter().map(|arg| arg.step > 1 && !matches!(arg.load, Load::Splat));
        let of_rows = walked.chain(fused.points.iter().map(|point| point.of_row)).enumerate();
        let tiles_of_task = (TASK / (tile * fused.points.len().max(1))).clamp(1, (TILES * TILE / tile).max(1));
        let task = tiles_of_task * tile;
        FusedKernel {
            count,
            row,
            cut,
            tile,
            task: if tile < row { task.next_multiple_of(row) } else { task },
            instructions: instructions.collect(),
            of_rows: of_rows.filter(|(_, is)| *is).map(|(value, _)| (value, dtypes[value].bytes())).collect(),
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

    /// Whether all that is done may be done by parts of lines.
    pub fn takes_parts(&self) -> bool {
        (self.row == 1 || self.cut) && self.stores.iter().all(|store| store.step == 1)
    }

    /// Runs `span` of each of some lines of `area` elements on this thread, for work that takes parts.
    pub fn lines(&self, frame: &Frame, lines: Range<usize>, area: usize, span: Range<usize>) {
        if span.len() == area {
            return self.range(frame, lines.start * area..lines.end * area);
        }
        let elements = |line: usize| line * area + span.start..line * area + span.end;
        self.with_values(frame, |values| {
            if !self.cut || self.row != area {
                return lines.for_each(|line| self.tiles(frame, values, elements(line), Which::All));
            }
            // The values of many rows together, then row by row.
            for first in lines.clone().step_by(self.tile) {
                let rows = first..lines.end.min(first + self.tile);
                self.tile(frame, values, first * area, rows.len() * area, Which::Rows);
                for line in rows.clone() {
                    self.tiles(frame, values, elements(line), Which::Elements);
                    self.of_rows.iter().for_each(|&(value, bytes)| values[value] = values[value].wrapping_add(bytes));
                }
                let back = |bytes: usize| bytes * rows.len();
                self.of_rows.iter().for_each(|&(value, bytes)| values[value] = values[value].wrapping_sub(back(bytes)));
            }
        });
    }

    /// Runs some elements of the domain on this thread; where there are rows, whole ones.
    pub fn range(&self, frame: &Frame, elements: Range<usize>) {
        self.with_values(frame, |values| self.tiles(frame, values, elements, Which::All));
    }

    /// Lends the places of all values; arguments that are one element are there.
    fn with_values(&self, frame: &Frame, f: impl FnOnce(&mut [*mut u8])) {
        scratch(self.scratch, |memory| {
            // SAFETY: room for so many places, aligned for all that there is; any bits are one.
            let values = unsafe { std::slice::from_raw_parts_mut(memory.cast::<*mut u8>(), self.tiles.len()) };
            for (value, &offset) in values.iter_mut().zip(&self.tiles) {
                *value = memory.wrapping_add(offset);
            }
            self.splat(frame, values);
            f(values);
        });
    }

    /// Runs some elements tile by tile.
    fn tiles(&self, frame: &Frame, values: &mut [*mut u8], elements: Range<usize>, which: Which) {
        let mut start = elements.start;
        while start < elements.end {
            let end = self.end_of_tile(start, elements.end);
            // The values of a row are known behind its first tile.
            let known = self.tile < self.row && start > elements.start && !start.is_multiple_of(self.row);
            self.tile(frame, values, start, end - start, if known { Which::Elements } else { which });
            start = end;
        }
    }

    /// Where the tile ends that begins at `start`, and that does not reach beyond `end`.
    fn end_of_tile(&self, start: usize, end: usize) -> usize {
        let within = start % self.row;
        if self.tile < self.row {
            return end.min(start - within + self.row.min((within / self.tile + 1) * self.tile));
        }
        if within > 0 {
            return end.min(start - within + self.row);
        }
        // Operands that lie in stretches are cut where tiles are.
        let last = end.min((start / self.tile + 1) * self.tile);
        let whole = (last - start) / self.row * self.row;
        if whole == 0 { last } else { start + whole }
    }

    /// Fills the tiles of arguments that are one element.
    fn splat(&self, frame: &Frame, values: &[*mut u8]) {
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

    /// One tile: whole rows, or a part of one.
    fn tile(&self, frame: &Frame, values: &mut [*mut u8], start: usize, n: usize, which: Which) {
        // Elements of what has one for each so many of the domain.
        let of = |step: usize| (n / step).max(1);
        let takes = |step: usize| match which {
            Which::All => true,
            Which::Rows => step > 1,
            Which::Elements => step == 1,
        };
        for (index, arg) in self.args.iter().enumerate().filter(|(_, arg)| takes(arg.step)) {
            let base = frame.base(arg.place).wrapping_offset(arg.offset);
            match &arg.load {
                Load::Splat => {}
                Load::Direct => values[index] = base.wrapping_add(start / arg.step * arg.width),
                Load::Stretch(walk) if which != Which::Rows => {
                    let [place] = walk.locate(start / arg.step);
                    values[index] = base.wrapping_offset(place * arg.width as isize);
                }
                Load::Stretch(walk) | Load::Gather(walk) => sized!(Width(arg.width), T => {
                    let (start, n) = (start / arg.step, of(arg.step));
                    // SAFETY: the tile is this thread's and has `n` elements or more; the walk stays in the argument's
                    // view, which nobody writes.
                    unsafe { walk.gather::<T>(base.cast(), start, values[index].cast(), n) }
                }),
            }
        }
        for store in self.stores.iter().filter(|store| store.direct) {
            values[store.value as usize] = store.at(frame, start);
        }
        let instructions = self.instructions.iter().zip(self.args.len()..);
        for (instruction, result) in instructions.filter(|(instruction, _)| takes(instruction.step)) {
            let args = instruction.args.map(|value| values[value as usize].cast_const());
            // SAFETY: every value has `n` elements at its pointer, or one for each row of the tile, which has whole rows or a
            // part of one. A result's are a tile of its own, or its range of a result that lies over no argument; tasks have
            // ranges of their own.
            unsafe {
                match &instruction.work {
                    Work::Lane(run) => run(of(instruction.step), values[result], args),
                    Work::Rows(run) => run(of(self.row), n / of(self.row), values[result], args[0]),
                    Work::Same => values[result] = args[0].cast_mut(),
                }
            }
        }
        for store in self.stores.iter().filter(|store| !store.direct && takes(store.step)) {
            // SAFETY: the range of the result is this task's; where it lies over an argument, that argument's same
            // range was read above.
            let copy =
                |from: *mut u8, to, n: usize| unsafe { std::ptr::copy_nonoverlapping(from, to, n * store.width) };
            let mut from = values[store.value as usize];
            let Some(parts) = &store.parts else {
                copy(from, store.at(frame, start), of(store.step));
                continue;
            };
            let base = frame.base(store.place).wrapping_offset(store.offset);
            parts.stretches(start, n, |[place], _, n| {
                copy(from, base.wrapping_offset(place * store.width as isize), n);
                from = from.wrapping_add(n * store.width);
            });
        }
    }
}

impl Kernel for FusedKernel {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault> {
        let work = self.count * self.instructions.len().max(1);
        parallel::tasks(self.count.div_ceil(self.task), work, |task| {
            self.range(frame, task * self.task..self.count.min((task + 1) * self.task));
        });
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
fn tile_of_stretches<'a>(operands: impl IntoIterator<Item = &'a Operand>) -> usize {
    let long = |operand: &Operand| Some(stretches(&operand.view)?.inner_size()).filter(|&size| size >= SHORTEST);
    let sizes: Vec<usize> = operands.into_iter().filter_map(long).collect();
    let fits = |tile: &usize| sizes.iter().all(|size| size.is_multiple_of(*tile));
    (SHORTEST..=TILE).rev().step_by(VECTOR).find(fits).unwrap_or(TILE)
}

fn store(step: &Step, result: &Operand, value: usize, count: usize, tile: usize) -> Store {
    // Outputs may lie over inputs, and arena results over an argument that ends here.
    let meets = |arg: &Operand| match (result.place, arg.place) {
        (Place::Output(_), Place::Input(_)) => true,
        (to, from) => to == from,
    };
    let parts = stretches(&result.view);
    let whole = parts.as_ref().is_none_or(|walk| walk.inner_size().is_multiple_of(tile));
    let direct = whole && !step.args.iter().any(meets);
    let (place, width) = (result.place, result.dtype.bytes());
    let offset = result.view.offset * width as isize;
    Store { value: value as u16, place, offset, parts, width, step: step_of(result, count), direct }
}

impl Store {
    /// Where the element lies that stands for element `start` of the domain.
    fn at(&self, frame: &Frame, start: usize) -> *mut u8 {
        let start = start / self.step;
        let element = self.parts.as_ref().map_or(start as isize, |walk| walk.locate(start)[0]);
        frame.base(self.place).wrapping_offset(self.offset + element * self.width as isize)
    }
}

/// Gives every value but direct ones a tile; a tile is free again behind its value's last use, but those of rows that may be `cut`
/// stay for all tiles of the row. Of points that are the `same` as their operand, that stays for them.
fn tiles(
    dtypes: &[DType],
    fused: &Fused,
    stores: &[Store],
    elements: usize,
    same: &[bool],
    cut: bool,
) -> (Vec<usize>, usize) {
    let args = dtypes.len() - fused.points.len();
    let widest = dtypes.iter().map(|d| d.bytes()).max().unwrap_or(1);
    let bytes = (elements * widest).next_multiple_of(ALIGN);
    let mut last: Vec<usize> = (0..dtypes.len()).collect();
    for (index, point) in fused.points.iter().enumerate() {
        point.args.iter().for_each(|&arg| last[arg] = args + index);
    }
    stores.iter().for_each(|store| last[store.value as usize] = usize::MAX);
    let rows = fused.points.iter().enumerate().filter(|(_, point)| cut && point.of_row);
    rows.for_each(|(index, _)| last[args + index] = usize::MAX);
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
    // In front of them stand the places of all values.
    let places = (dtypes.len() * size_of::<*mut u8>()).next_multiple_of(ALIGN);
    tiles.iter_mut().for_each(|tile| *tile += places);
    (tiles, places + count * bytes)
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
