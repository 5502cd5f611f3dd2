//! Which vectors this processor has. Loops are written once, in plain Rust; the compiler makes one version of each
//! for every set below, and the widest that runs here is chosen when a plan is compiled. No version may contract
//! `a * b + c`, so all of them give the same bits.

use std::sync::OnceLock;

/// A vector instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    Portable,
    Avx2,
    Avx512,
}

/// The best set of this processor.
pub fn isa() -> Isa {
    static ISA: OnceLock<Isa> = OnceLock::new();
    *ISA.get_or_init(detect)
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Isa {
    let wide = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match wide {
        true => Isa::Avx512,
        false if is_x86_feature_detected!("avx2") => Isa::Avx2,
        false => Isa::Portable,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Isa {
    Isa::Portable
}

/// `versions!(unsafe fn name(args) { body })` is the fastest version, for this processor, of a function without
/// generics, as an `unsafe fn` pointer.
macro_rules! versions {
    (unsafe fn ($($arg:ident: $ty:ty),* $(,)?) $body:block) => {{
        #[inline(always)]
        #[allow(unused_unsafe, reason = "some bodies are safe")]
        unsafe fn portable($($arg: $ty),*) {
            // SAFETY: whatever the body asks for, the caller of the pointer has promised.
            unsafe { $body }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        unsafe fn avx2($($arg: $ty),*) {
            // SAFETY: as above; the pointer is handed out only where the processor has these instructions.
            unsafe { portable($($arg),*) }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        unsafe fn avx512($($arg: $ty),*) {
            // SAFETY: as above.
            unsafe { portable($($arg),*) }
        }
        match $crate::exec::cpu::isa::isa() {
            #[cfg(target_arch = "x86_64")]
            $crate::exec::cpu::isa::Isa::Avx2 => avx2 as unsafe fn($($ty),*),
            #[cfg(target_arch = "x86_64")]
            $crate::exec::cpu::isa::Isa::Avx512 => avx512 as unsafe fn($($ty),*),
            _ => portable as unsafe fn($($ty),*),
        }
    }};
}
pub(crate) use versions;
