//! What the kernels on tiles have in common, as text of the assembler: results in tiles 0 to 3, the left factor in 4 and 5, the
//! right one in 6 and 7.
//!
//! A product of two tiles keeps its unit busy for 16 cycles. What is loaded and fetched meanwhile stands between the products and not
//! in front of them: a queue of loads that waits for its turn holds up the products behind it.

macro_rules! lines {
    ($($line:expr),* $(,)?) => { concat!($($line, "\n"),*) };
}

/// Fetches a quarter of the 2 KiB at each `[base + offset]` into the first cache: what the next 32 steps load.
macro_rules! fetch {
    ($quarter:literal $(, $base:literal + $offset:expr)*) => {
        concat!("" $(,
            ".irp line, 0, 64, 128, 192, 256, 320, 384, 448\n",
            concat!("prefetcht0 [{", $base, "} + ", $offset, " + 512*", $quarter, " + \\line]\n"),
            ".endr\n"
        )*)
    };
}

/// The product that is added to a tile of results.
macro_rules! product {
    (0) => {
        "tdpbf16ps tmm0, tmm4, tmm6"
    };
    (1) => {
        "tdpbf16ps tmm1, tmm4, tmm7"
    };
    (2) => {
        "tdpbf16ps tmm2, tmm5, tmm6"
    };
    (3) => {
        "tdpbf16ps tmm3, tmm5, tmm7"
    };
}

/// The four products of two tiles of either factor in some order, what is fetched meanwhile, and a line behind each half.
macro_rules! four {
    ([$p:tt $q:tt] $half:expr, [$r:tt $s:tt] $end:expr $(, $base:literal + $offset:expr)*) => {
        lines!(
            product!($p),
            fetch!(0 $(, $base + $offset)*),
            product!($q),
            fetch!(1 $(, $base + $offset)*),
            $half,
            product!($r),
            fetch!(2 $(, $base + $offset)*),
            product!($s),
            fetch!(3 $(, $base + $offset)*),
            $end,
        )
    };
}

/// The four products, and what is fetched meanwhile.
macro_rules! products {
    ($($base:literal + $offset:expr),*) => { four!([0 1] "", [2 3] "" $(, $base + $offset)*) };
}

/// The same, with lines that load each tile of the left factor anew as soon as it is free.
macro_rules! by_rows {
    ($upper:expr, $lower:expr $(, $base:literal + $offset:expr)*) => {
        four!([0 1] $upper, [2 3] $lower $(, $base + $offset)*)
    };
}

/// The same for the right factor.
macro_rules! by_columns {
    ($left:expr, $right:expr $(, $base:literal + $offset:expr)*) => {
        four!([0 2] $left, [1 3] $right $(, $base + $offset)*)
    };
}

/// Loads the upper tile of part `p` of the left factor.
macro_rules! upper {
    ($p:literal) => {
        concat!("tileloadd tmm4, [{a} + {line} + 2048*", $p, "]")
    };
}

/// Loads the lower one.
macro_rules! lower {
    ($p:literal) => {
        concat!("tileloadd tmm5, [{a} + {line} + 2048*", $p, " + 1024]")
    };
}

pub(crate) use {by_columns, by_rows, fetch, four, lines, lower, product, products, upper};
