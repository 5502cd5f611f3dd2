//! The products of weights with what lies in planes: as those of matrices (`gemm::amx`), but the tiles of the right factor are read
//! row by row where they lie.

use super::super::super::gemm::amx::text::{by_columns, by_rows, fetch, four, lines, lower, product, products, upper};
use std::arch::asm;

/// Loads the left tile of a part of the source.
macro_rules! left {
    ($base:literal) => {
        concat!("tileloadd tmm6, [{", $base, "} + {row}]")
    };
}

/// Loads the right one.
macro_rules! right {
    ($base:literal) => {
        concat!("tileloadd tmm7, [{", $base, "} + {row} + 64]")
    };
}

/// Where the source lies, in bytes: the first positions of what `Planes::offsets` counts from, and how far rows and parts are apart.
#[derive(Clone, Copy)]
pub struct Place {
    pub first: *const u8,
    pub row: usize,
    pub part: usize,
}

/// `out[32, 32] = sum of a_i b_i`: panels of weights, one step behind the other, and the tiles at the steps' offsets.
///
/// # Safety
/// Tiles are available, and this thread has configured them; there is a step, and what it reads.
pub type Kernel = unsafe fn(offsets: &[usize], a: *const u8, b: Place, out: *mut f32);

macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident, $parts:literal, $($body:expr),*) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// As `Kernel`.
        unsafe fn $name(offsets: &[usize], a: *const u8, b: Place, out: *mut f32) {
            // SAFETY: the caller's promise.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "2:",
                    "mov {b0}, [{offset}]",
                    "add {b0}, {first}",
                    "lea {b1}, [{b0} + {part}]",
                    "lea {b2}, [{b1} + {part}]",
                    $($body,)*
                    concat!("add {a}, 2048*", $parts),
                    "add {offset}, 8",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{out} + 2*{line}], tmm0",
                    "tilestored [{out} + 2*{line} + 64], tmm1",
                    "tilestored [{out} + 2*{line} + 2048], tmm2",
                    "tilestored [{out} + 2*{line} + 2048 + 64], tmm3",
                    steps = inout(reg) offsets.len() => _,
                    offset = inout(reg) offsets.as_ptr() => _,
                    a = inout(reg) a => _,
                    first = in(reg) b.first,
                    row = in(reg) b.row,
                    part = in(reg) b.part,
                    b0 = out(reg) _,
                    b1 = out(reg) _,
                    b2 = out(reg) _,
                    out = in(reg) out,
                    line = in(reg) 64usize,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

kernel!(
    /// Sums of two numbers of bf16.
    two, 2,
    upper!(1), left!("b0"), right!("b0"), lower!(1),
    by_rows!(upper!(0), lower!(0), "a" + "4096"),
    by_columns!(left!("b1"), right!("b1"), "a" + "6144"),
    products!()
);

kernel!(
    /// Sums of three.
    three, 3,
    upper!(2), left!("b0"), right!("b0"), lower!(2),
    by_rows!(upper!(1), lower!(1), "a" + "6144"),
    by_columns!(left!("b1"), right!("b1")),
    by_rows!(upper!(0), lower!(0), "a" + "8192"),
    by_columns!(left!("b2"), right!("b2")),
    by_columns!(left!("b0"), right!("b0"), "a" + "10240"),
    products!()
);

/// The kernel for numbers of so many parts.
pub fn kernel(parts: usize) -> Kernel {
    match parts {
        2 => two,
        _ => three,
    }
}
