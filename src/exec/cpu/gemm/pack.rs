//! Panels: strips of a factor as the tiles walk them, `width` elements for each step of the depth.

/// How many steps of the depth, and how many lines, are transposed at a time.
const BLOCK: usize = 8;

/// A factor's part: `width` lines, `line` elements apart, of `depth` elements, `step` apart.
#[derive(Clone, Copy)]
pub struct Strip {
    pub width: usize,
    pub depth: usize,
    pub line: isize,
    pub step: isize,
}

impl Strip {
    /// Writes the panel: `to[p * panel + i]` is line `i` at step `p`. Lines past the strip's are zeros.
    ///
    /// # Safety
    /// `from` reaches over the strip, `to` over `panel * depth` elements; `panel >= width`.
    #[inline(always)]
    pub unsafe fn pack<T: Copy + Default>(&self, from: *const T, to: *mut T, panel: usize) {
        // SAFETY: the caller's promise; each function stays in the strip and in the panel.
        unsafe {
            match (self.line, self.step) {
                (1, _) => self.rows(from, to, panel),
                (_, 1) => self.transposed(from, to, panel),
                _ => self.scattered(from, to, panel, 0..self.width, 0..self.depth),
            }
            if panel > self.width {
                for p in 0..self.depth {
                    std::slice::from_raw_parts_mut(to.add(p * panel + self.width), panel - self.width)
                        .fill(T::default());
                }
            }
        }
    }

    /// Steps that lie together are copied.
    #[inline(always)]
    unsafe fn rows<T: Copy>(&self, from: *const T, to: *mut T, panel: usize) {
        for p in 0..self.depth {
            // SAFETY: as in `pack`.
            unsafe {
                let from = from.offset(p as isize * self.step);
                std::ptr::copy_nonoverlapping(from, to.add(p * panel), self.width);
            }
        }
    }

    /// Lines that lie together: blocks through registers.
    #[inline(always)]
    unsafe fn transposed<T: Copy + Default>(&self, from: *const T, to: *mut T, panel: usize) {
        let depth = self.depth / BLOCK * BLOCK;
        for i in (0..self.width).step_by(BLOCK) {
            // SAFETY: as in `pack`; blocks lie within width and depth.
            unsafe {
                match self.width - i {
                    1 => self.block::<T, 1>(from, to, panel, i),
                    2 => self.block::<T, 2>(from, to, panel, i),
                    3 => self.block::<T, 3>(from, to, panel, i),
                    4 => self.block::<T, 4>(from, to, panel, i),
                    5 => self.block::<T, 5>(from, to, panel, i),
                    6 => self.block::<T, 6>(from, to, panel, i),
                    7 => self.block::<T, 7>(from, to, panel, i),
                    _ => self.block::<T, BLOCK>(from, to, panel, i),
                }
            }
        }
        // SAFETY: as in `pack`.
        unsafe { self.scattered(from, to, panel, 0..self.width, depth..self.depth) };
    }

    /// `W` lines from `i` on, all whole blocks of their steps.
    #[inline(always)]
    unsafe fn block<T: Copy + Default, const W: usize>(&self, from: *const T, to: *mut T, panel: usize, i: usize) {
        for p in (0..self.depth / BLOCK * BLOCK).step_by(BLOCK) {
            let mut block = [[T::default(); BLOCK]; W];
            // SAFETY: as in `transposed`.
            unsafe {
                for (j, line) in block.iter_mut().enumerate() {
                    *line = from.offset((i + j) as isize * self.line).add(p).cast::<[T; BLOCK]>().read_unaligned();
                }
                for q in 0..BLOCK {
                    let column = block.map(|line| line[q]);
                    to.add((p + q) * panel + i).cast::<[T; W]>().write_unaligned(column);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn scattered<T: Copy>(
        &self,
        from: *const T,
        to: *mut T,
        panel: usize,
        lines: std::ops::Range<usize>,
        depth: std::ops::Range<usize>,
    ) {
        for i in lines {
            for p in depth.clone() {
                // SAFETY: as in `pack`.
                unsafe {
                    *to.add(p * panel + i) = *from.offset(i as isize * self.line + p as isize * self.step);
                }
            }
        }
    }
}
