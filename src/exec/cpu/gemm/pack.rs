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
    unsafe fn rows<T: Copy>(&self, from: *const T, to: *mut T, panel: usize) {
        for p in 0..self.depth {
            // SAFETY: as in `pack`.
            unsafe {
                let from = from.offset(p as isize * self.step);
                std::ptr::copy_nonoverlapping(from, to.add(p * panel), self.width);
            }
        }
    }

    /// Lines that lie together: square blocks through registers.
    unsafe fn transposed<T: Copy + Default>(&self, from: *const T, to: *mut T, panel: usize) {
        let (width, depth) = (self.width / BLOCK * BLOCK, self.depth / BLOCK * BLOCK);
        // SAFETY: as in `pack`; blocks lie within `width` and `depth`.
        unsafe {
            for i in (0..width).step_by(BLOCK) {
                for p in (0..depth).step_by(BLOCK) {
                    let mut block = [[T::default(); BLOCK]; BLOCK];
                    for (j, line) in block.iter_mut().enumerate() {
                        *line = from.offset((i + j) as isize * self.line).add(p).cast::<[T; BLOCK]>().read_unaligned();
                    }
                    for q in 0..BLOCK {
                        let column = block.map(|line| line[q]);
                        to.add((p + q) * panel + i).cast::<[T; BLOCK]>().write_unaligned(column);
                    }
                }
            }
            self.scattered(from, to, panel, 0..width, depth..self.depth);
            self.scattered(from, to, panel, width..self.width, 0..self.depth);
        }
    }

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
