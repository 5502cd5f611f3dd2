//! What the kernels on tiles have in common, as text of the assembler: results in tiles 0 to 3, the left factor in 4 and 5, the
//! right one in 6 and 7.

macro_rules! lines {
    ($($line:expr),* $(,)?) => { concat!($($line, "\n"),*) };
}

/// The four products of two tiles of either factor.
macro_rules! products {
    () => {
        lines!(
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
        )
    };
}

/// Fetches the 2 KiB at `[base + offset]` into the first cache: what the next 32 steps load, while these are multiplied.
macro_rules! fetch {
    ($base:literal, $offset:expr) => {
        lines!(
            ".irp line, 0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960",
            concat!("prefetcht0 [{", $base, "} + ", $offset, " + \\line]"),
            concat!("prefetcht0 [{", $base, "} + ", $offset, " + 1024 + \\line]"),
            ".endr",
        )
    };
}

/// Loads part `p` of the left factor.
macro_rules! rows {
    ($p:literal) => {
        lines!(
            concat!("tileloadd tmm4, [{a} + {line} + 2048*", $p, "]"),
            concat!("tileloadd tmm5, [{a} + {line} + 2048*", $p, " + 1024]"),
        )
    };
}

pub(crate) use {fetch, lines, products, rows};
