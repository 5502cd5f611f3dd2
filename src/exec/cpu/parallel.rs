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

/// Elements of one task, at least, where `units` shares out many small ones.
const CHUNK: usize = 4 * 1024;

/// Runs `f(i, unit i)` on the units of `size` elements of `out`; neighbours share a task if they are small.
pub fn units<T: Send>(out: &mut [T], size: usize, work: usize, f: impl Fn(usize, &mut [T]) + Sync + Send) {
    if out.is_empty() {
        return;
    }
    let group = (CHUNK / size).max(1);
    let run = |(index, chunk): (usize, &mut [T])| {
        chunk.chunks_mut(size).enumerate().for_each(|(i, unit)| f(index * group + i, unit));
    };
    if work < SMALL || out.len() <= group * size {
        run((0, out));
    } else {
        out.par_chunks_mut(group * size).with_max_len(1).enumerate().for_each(run);
    }
}
