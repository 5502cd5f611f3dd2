//! Panels: strips of a factor as the tiles walk them, `width` elements for each step of the depth.

use std::ops::Range;

/// Turns a square of a factor around: lines `line` elements apart become columns of rows `panel` elements apart.
pub type Square<T> = unsafe fn(from: *const T, line: isize, to: *mut T, panel: usize);

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
    pub unsafe fn pack<T: Copy + Default, const SIDE: usize>(
        &self,
        from: *const T,
        to: *mut T,
        panel: usize,
        square: Square<T>,
    ) {
        // SAFETY: the caller's promise; each function stays in the strip and in the panel.
        unsafe {
            match (self.line, self.step) {
                (1, _) => self.rows(from, to, panel),
                (_, 1) => self.turned::<T, SIDE>(from, to, panel, square),
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

    /// Steps that lie together are copied, by moves of a known size: most have as many elements as a tile has rows or columns.
    #[inline(always)]
    unsafe fn rows<T: Copy>(&self, from: *const T, to: *mut T, panel: usize) {
        macro_rules! widths {
            ($($width:literal)*) => {
                match self.width {
                    // SAFETY: handed on.
                    $($width => unsafe { self.steps(from, to, panel, $width) },)*
                    width => unsafe { self.steps(from, to, panel, width) },
                }
            };
        }
        widths!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 16 32);
    }

    #[inline(always)]
    unsafe fn steps<T: Copy>(&self, from: *const T, to: *mut T, panel: usize, width: usize) {
        for p in 0..self.depth {
            // SAFETY: as in `pack`.
            unsafe {
                let from = from.offset(p as isize * self.step);
                std::ptr::copy_nonoverlapping(from, to.add(p * panel), width);
            }
        }
    }

    /// Lines that lie together: squares through registers. The last square of the width overlaps the one before.
    ///
    /// # Safety
    /// As `pack`, for steps that lie together; nothing is written past the width.
    #[inline(always)]
    pub unsafe fn turned<T: Copy, const SIDE: usize>(
        &self,
        from: *const T,
        to: *mut T,
        panel: usize,
        square: Square<T>,
    ) {
        let squares = if self.width < SIDE { 0 } else { self.width.div_ceil(SIDE) };
        let depth = if squares == 0 { 0 } else { self.depth / SIDE * SIDE };
        for i in 0..squares {
            let i = (i * SIDE).min(self.width - SIDE);
            for p in (0..depth).step_by(SIDE) {
                // SAFETY: squares lie within width and depth.
                unsafe { square(from.offset(i as isize * self.line).add(p), self.line, to.add(p * panel + i), panel) };
            }
        }
        // SAFETY: as in `pack`.
        unsafe { self.scattered(from, to, panel, 0..self.width, depth..self.depth) };
    }

    #[inline(always)]
    unsafe fn scattered<T: Copy>(
        &self,
        from: *const T,
        to: *mut T,
        panel: usize,
        lines: Range<usize>,
        depth: Range<usize>,
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
