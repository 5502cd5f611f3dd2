//! The tile unit (Intel AMX): eight registers of 16 rows of 64 bytes, and `TDPBF16PS`, which multiplies 16 x 32 by 32 x 16
//! numbers of bf16 and sums in f32. Stable Rust has no functions for them, so this is assembly.

use super::text::{by_columns, by_rows, fetch, four, lines, lower, product, products, upper};
use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::cell::Cell;
use std::sync::OnceLock;

/// Rows of a tile, and its columns of f32.
pub const SIDE: usize = 16;

/// Steps of the depth that one instruction sums.
pub const STEPS: usize = 32;

/// Bytes of a tile.
pub const TILE: usize = 1024;

/// Whether this process may use the tiles: the processor has them, the system saves them, and it has allowed it.
pub fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| cfg!(target_os = "linux") && has_tiles() && is_allowed())
}

fn has_tiles() -> bool {
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    const SAVED: u64 = 0b11 << 17;
    let wide = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bf16");
    if !wide || __cpuid(0).eax < 7 {
        return false;
    }
    let features = __cpuid_count(7, 0).edx;
    // SAFETY: AVX-512 was detected, so the instruction is there.
    features & BF16 != 0 && features & TILES != 0 && unsafe { saved() } & SAVED == SAVED
}

/// What of its state the system saves.
#[target_feature(enable = "xsave")]
fn saved() -> u64 {
    // SAFETY: register 0 is there wherever the instruction is.
    unsafe { _xgetbv(0) }
}

/// Linux gives the memory for tiles to processes that ask: `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`.
fn is_allowed() -> bool {
    let result: isize;
    // SAFETY: a system call that reads and writes no memory.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") 158isize => result,
            in("rdi") 0x1023,
            in("rsi") 18,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

/// Gives all registers of this thread their full size, once.
pub fn configure() {
    thread_local! {
        static CONFIGURED: Cell<bool> = const { Cell::new(false) };
    }
    #[repr(C, align(64))]
    struct Config {
        palette: [u8; 16],
        bytes: [u16; 16],
        rows: [u8; 16],
    }
    if CONFIGURED.replace(true) {
        return;
    }
    let mut config = Config { palette: [0; 16], bytes: [0; 16], rows: [0; 16] };
    config.palette[0] = 1;
    config.bytes[..8].fill(64);
    config.rows[..8].fill(SIDE as u8);
    // SAFETY: the processor has tiles, as every caller knows; the table is one of palette 1.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &config, options(nostack, readonly)) }
}

/// Loads the left tile of part `p` of the right factor.
macro_rules! left {
    ($p:literal) => {
        concat!("tileloadd tmm6, [{b} + {line} + 2048*", $p, "]")
    };
}

/// Loads the right one.
macro_rules! right {
    ($p:literal) => {
        concat!("tileloadd tmm7, [{b} + {line} + 2048*", $p, " + 1024]")
    };
}

/// Loads a part of either factor.
macro_rules! load {
    ($a:literal, $b:literal) => {
        lines!(upper!($a), left!($b), right!($b), lower!($a))
    };
}

/// `out[32, 32] = a b`, of panels with so many steps of 32; rows of `out` are `row` elements apart.
///
/// # Safety
/// `available` is true, and this thread has called `configure`; the panels are there, and `out`.
pub type Kernel = unsafe fn(steps: usize, a: *const u8, b: *const u8, out: *mut f32, row: isize);

macro_rules! block {
    ($(#[$doc:meta])* $name:ident, $left:literal, $right:literal, $($body:expr),*) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// As `Kernel`.
        unsafe fn $name(steps: usize, a: *const u8, b: *const u8, out: *mut f32, row: isize) {
            // SAFETY: the caller's promise.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "2:",
                    $($body,)*
                    concat!("add {a}, 2048*", $left),
                    concat!("add {b}, 2048*", $right),
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{out} + {row}], tmm0",
                    "tilestored [{out} + {row} + 64], tmm1",
                    "tilestored [{lower} + {row}], tmm2",
                    "tilestored [{lower} + {row} + 64], tmm3",
                    steps = inout(reg) steps => _,
                    a = inout(reg) a => _,
                    b = inout(reg) b => _,
                    out = in(reg) out,
                    lower = in(reg) out.wrapping_offset(row * SIDE as isize),
                    row = in(reg) row * 4,
                    line = in(reg) 64usize,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

block!(
    /// Numbers of bf16: their products are exact.
    one_by_one, 1, 1,
    load!(0, 0), products!("a" + "2048", "b" + "2048")
);

block!(
    /// Sums of two numbers of bf16: what is left out is 2^-16 of a product.
    two_by_two, 2, 2,
    load!(1, 0), by_rows!(upper!(0), lower!(0), "a" + "4096", "b" + "4096"),
    by_columns!(left!(1), right!(1), "a" + "6144"),
    products!("b" + "6144")
);

block!(
    one_by_two,
    1,
    2,
    load!(0, 1),
    by_columns!(left!(0), right!(0), "a" + "2048", "b" + "4096"),
    products!("b" + "6144")
);

block!(
    two_by_one,
    2,
    1,
    load!(1, 0),
    by_rows!(upper!(0), lower!(0), "b" + "2048", "a" + "4096"),
    products!("a" + "6144")
);

block!(
    /// Sums of three: what is left out is 2^-26 of a product.
    three_by_three, 3, 3,
    load!(2, 0), by_rows!(upper!(1), lower!(1), "a" + "6144"),
    by_columns!(left!(1), right!(1), "b" + "6144"),
    by_rows!(upper!(0), lower!(0), "a" + "8192"),
    by_columns!(left!(2), right!(2), "b" + "8192"),
    by_columns!(left!(0), right!(0), "a" + "10240"),
    products!("b" + "10240")
);

block!(
    one_by_three,
    1,
    3,
    load!(0, 2),
    by_columns!(left!(1), right!(1), "a" + "2048", "b" + "6144"),
    by_columns!(left!(0), right!(0), "b" + "8192"),
    products!("b" + "10240")
);

block!(
    three_by_one,
    3,
    1,
    load!(2, 0),
    by_rows!(upper!(1), lower!(1), "b" + "2048", "a" + "6144"),
    by_rows!(upper!(0), lower!(0), "a" + "8192"),
    products!("a" + "10240")
);

/// The kernel for panels of so many parts: of 3 by 3 products those six that are not below the roundings, of 2 by 2 three.
pub fn kernel(left: usize, right: usize) -> Kernel {
    match (left, right) {
        (1, 1) => one_by_one,
        (1, 2) => one_by_two,
        (2, 1) => two_by_one,
        (2, 2) => two_by_two,
        (1, 3) => one_by_three,
        (3, 1) => three_by_one,
        _ => three_by_three,
    }
}
