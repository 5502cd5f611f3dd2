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

/// The four products of two tiles of either factor, and what is fetched meanwhile.
macro_rules! products {
    ($($base:literal + $offset:expr),*) => { by_rows!("", "" $(, $base + $offset)*) };
}

/// The same, with lines that load each tile of the left factor anew as soon as it is free.
macro_rules! by_rows {
    ($upper:expr, $lower:expr $(, $base:literal + $offset:expr)*) => {
        lines!(
            "tdpbf16ps tmm0, tmm4, tmm6",
            fetch!(0 $(, $base + $offset)*),
            "tdpbf16ps tmm1, tmm4, tmm7",
            fetch!(1 $(, $base + $offset)*),
            $upper,
            "tdpbf16ps tmm2, tmm5, tmm6",
            fetch!(2 $(, $base + $offset)*),
            "tdpbf16ps tmm3, tmm5, tmm7",
            fetch!(3 $(, $base + $offset)*),
            $lower,
        )
    };
}

/// The same for the right factor.
macro_rules! by_columns {
    ($left:expr, $right:expr $(, $base:literal + $offset:expr)*) => {
        lines!(
            "tdpbf16ps tmm0, tmm4, tmm6",
            fetch!(0 $(, $base + $offset)*),
            "tdpbf16ps tmm2, tmm5, tmm6",
            fetch!(1 $(, $base + $offset)*),
            $left,
            "tdpbf16ps tmm1, tmm4, tmm7",
            fetch!(2 $(, $base + $offset)*),
            "tdpbf16ps tmm3, tmm5, tmm7",
            fetch!(3 $(, $base + $offset)*),
            $right,
        )
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

pub(crate) use {by_columns, by_rows, fetch, lines, lower, products, upper};
