//! Working memory of one thread: it grows at the first runs, and then stays.

use crate::exec::storage::Storage;
use std::cell::RefCell;
use std::sync::Mutex;

thread_local! {
    static SCRATCH: RefCell<Storage> = RefCell::new(Storage::zeroed(0));
    static PANELS: RefCell<Storage> = RefCell::new(Storage::zeroed(0));
}

/// Lends `bytes` bytes of unknown content, aligned to `ALIGN`. What runs inside may neither call this again nor start
/// parallel work: a thread that waits for such work may be given another task that needs its scratch.
pub fn scratch<R>(bytes: usize, f: impl FnOnce(*mut u8) -> R) -> R {
    SCRATCH.with(|cell| lend(cell, bytes, f))
}

/// Lends `len` elements of unknown content; see `scratch`.
pub fn scratch_of<T: super::element::Element, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    scratch(len * size_of::<T>(), |pointer| f(elements(pointer, len)))
}

/// The same for the panels of matrix products, which run while scratch is lent.
pub fn panels_of<T: super::element::Element, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    PANELS.with(|cell| lend(cell, len * size_of::<T>(), |pointer| f(elements(pointer, len))))
}

/// Memory that one step shares among its tasks, which may use `scratch` and `panels_of`.
static SHARED: Mutex<Vec<Storage>> = Mutex::new(Vec::new());

/// Lends `len` elements of unknown content to a step whose tasks share them.
pub fn shared<T: super::element::Element, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    let pool = || SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let bytes = len * size_of::<T>();
    let found = {
        let mut pool = pool();
        // The least that is enough; else the greatest, which grows.
        let enough = (0..pool.len()).filter(|&i| pool[i].len() >= bytes).min_by_key(|&i| pool[i].len());
        enough.or_else(|| (0..pool.len()).max_by_key(|&i| pool[i].len())).map(|i| pool.swap_remove(i))
    };
    let mut storage = found.filter(|s| s.len() >= bytes).unwrap_or_else(|| Storage::zeroed(bytes));
    let result = f(elements(storage.pointer(), len));
    pool().push(storage);
    result
}

fn lend<R>(cell: &RefCell<Storage>, bytes: usize, f: impl FnOnce(*mut u8) -> R) -> R {
    let mut storage = cell.borrow_mut();
    if storage.len() < bytes {
        *storage = Storage::zeroed(bytes);
    }
    f(storage.pointer())
}

fn elements<'a, T: super::element::Element>(pointer: *mut u8, len: usize) -> &'a mut [T] {
    // SAFETY: the storage has so many bytes, aligned for every element, all of which are initialised; any bits are an
    // element; the borrow of the cell makes it unique.
    unsafe { std::slice::from_raw_parts_mut(pointer.cast(), len) }
}
