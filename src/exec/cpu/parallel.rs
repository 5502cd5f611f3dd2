//! Work for several threads. How it is cut depends on sizes alone, never on the number of threads, so that results
//! have the same bits on any machine.

use rayon::prelude::*;

/// Work on fewer elements than this stays on the calling thread: waking another costs more.
pub const SMALL: usize = 32 * 1024;

/// Runs `f(0)`, .., `f(count - 1)`; `work` is about how many elements all of them touch.
pub fn tasks(count: usize, work: usize, f: impl Fn(usize) + Sync + Send) {
    if work < SMALL || count < 2 {
        (0..count).for_each(f);
    } else {
        (0..count).into_par_iter().with_max_len(1).for_each(f);
    }
}

/// Runs `f(i, chunk i)` on the chunks of `size` elements of `out`.
pub fn chunks<T: Send>(out: &mut [T], size: usize, work: usize, f: impl Fn(usize, &mut [T]) + Sync + Send) {
    if out.is_empty() {
        return;
    }
    if work < SMALL || out.len() <= size {
        out.chunks_mut(size).enumerate().for_each(|(i, chunk)| f(i, chunk));
    } else {
        out.par_chunks_mut(size).with_max_len(1).enumerate().for_each(|(i, chunk)| f(i, chunk));
    }
}
