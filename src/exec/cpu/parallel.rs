//! Work for several threads. How it is cut depends on sizes alone, never on the number of threads, so that results
//! have the same bits on any machine.

use super::crew;
use super::element::Element;
use super::frame::Writer;

/// Work on fewer elements than this stays on the calling thread: waking another costs more.
pub const SMALL: usize = 32 * 1024;

/// Runs `f(0)`, .., `f(count - 1)`; `work` is about how many elements all of them touch.
pub fn tasks(count: usize, work: usize, f: impl Fn(usize) + Sync + Send) {
    if work < SMALL || count < 2 {
        (0..count).for_each(f);
    } else {
        crew::share(count, &f);
    }
}

/// Elements of one task, at least, where `units` shares out many small ones.
const CHUNK: usize = 4 * 1024;

/// Runs `f(i, unit i)` on the units of `size` elements of `out`; neighbours share a task if they are small.
pub fn units<T: Element>(out: &mut [T], size: usize, work: usize, f: impl Fn(usize, &mut [T]) + Sync + Send) {
    let group = (CHUNK / size).max(1);
    let (len, chunk) = (out.len(), group * size);
    let out = Writer::of(out);
    tasks(len.div_ceil(chunk), work, |task| {
        let start = task * chunk;
        // SAFETY: tasks have chunks of their own of what is borrowed here.
        let units = unsafe { out.range(start, chunk.min(len - start)) };
        units.chunks_mut(size).enumerate().for_each(|(i, unit)| f(task * group + i, unit));
    });
}
