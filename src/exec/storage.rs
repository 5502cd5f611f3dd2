//! Bytes of tensors, small ones from the allocator and large ones in pages of their own.

use crate::plan::ALIGN;
use memmap2::MmapMut;

/// The unit of allocation, so that everything begins at a multiple of `ALIGN`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; ALIGN]);

/// What a large page holds: where a kernel walks down the columns of a matrix each row is in another small page, and finding where
/// that lies costs more than reading from it.
const PAGE: usize = 2 << 20;

/// Bytes that begin at a multiple of `ALIGN`.
pub(crate) struct Storage {
    held: Held,
    len: usize,
}

enum Held {
    Lines(Vec<Line>),
    /// Those from `first` on, which begin a large page.
    Pages {
        pages: MmapMut,
        first: usize,
    },
}

impl Default for Storage {
    fn default() -> Storage {
        Storage::zeroed(0)
    }
}

impl Storage {
    pub(crate) fn zeroed(len: usize) -> Storage {
        let lines = || Held::Lines(vec![Line([0; ALIGN]); len.div_ceil(ALIGN)]);
        Storage { held: pages(len).unwrap_or_else(lines), len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn pointer(&mut self) -> *mut u8 {
        match &mut self.held {
            Held::Lines(lines) => lines.as_mut_ptr().cast(),
            Held::Pages { pages, first } => pages[*first..].as_mut_ptr(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.held {
            // SAFETY: the lines are `len` or more initialised bytes, borrowed as long as `self`.
            Held::Lines(lines) => unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), self.len) },
            Held::Pages { pages, first } => &pages[*first..*first + self.len],
        }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        let (pointer, len) = (self.pointer(), self.len);
        // SAFETY: as in `bytes`, and borrowed uniquely.
        unsafe { std::slice::from_raw_parts_mut(pointer, len) }
    }
}

/// Large pages for so many bytes, if they fill one and the system has some. They become memory when they are written first.
fn pages(len: usize) -> Option<Held> {
    if len < PAGE || !cfg!(target_os = "linux") {
        return None;
    }
    let pages = MmapMut::map_anon(len + PAGE).ok()?;
    let first = (pages.as_ptr() as usize).wrapping_neg() % PAGE;
    // The system may refuse: then these are small pages, and everything is as it would be.
    #[cfg(target_os = "linux")]
    let _ = pages.advise_range(memmap2::Advice::HugePage, first, len);
    Some(Held::Pages { pages, first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_of_any_size_is_zero_aligned_and_written() {
        for len in [0, 1, 63, 4096, PAGE - 1, PAGE, 3 * PAGE + 5] {
            let mut storage = Storage::zeroed(len);
            assert_eq!((storage.len(), storage.pointer() as usize % ALIGN), (len, 0));
            assert!(storage.bytes().iter().all(|&byte| byte == 0) && storage.bytes().len() == len);
            storage.bytes_mut().iter_mut().zip(0..).for_each(|(byte, i)| *byte = i as u8);
            assert!(storage.bytes().iter().zip(0..).all(|(&byte, i)| byte == i as u8));
        }
    }
}
