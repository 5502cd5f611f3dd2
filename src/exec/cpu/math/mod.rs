//! Transcendental functions of f32, each written once without branches or fused multiply-adds, so that loops over them
//! become vectors and give the same bits on every machine. Coefficients are minimax fits made for these ranges;
//! every bound in units in the last place (ulp) is tested against f64.

mod atan;
mod erf;
mod exp;
mod log;
mod logistic;
mod pow;
mod tanh;
mod trig;

pub use atan::atan;
pub use erf::{erf, erfc};
pub use exp::{exp, expm1};
pub use log::{log, log1p};
pub use logistic::logistic;
pub use pow::pow;
pub use tanh::tanh;
pub use trig::{LIMIT, cos, cos_far, sin, sin_far};

/// `c[0] + x * (c[1] + x * ..)`.
#[inline(always)]
fn horner<const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum * x + c[i];
    }
    sum
}

#[cfg(test)]
pub(super) mod ulp {
    /// The greatest error of `f` against `exact`, in ulps of the exact result, over a dense walk through the floats
    /// between `from` and `to` (of one sign).
    pub fn worst(f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, from: f32, to: f32) -> f64 {
        let (from, to) = (from.to_bits(), to.to_bits());
        let step = ((to - from) / 400_000).max(1) as usize;
        let errors = (from..=to).step_by(step).map(f32::from_bits).map(|x| {
            let (got, want) = (f(x) as f64, exact(x as f64));
            let near = want.abs().max(f32::MIN_POSITIVE as f64);
            let ulp = 2f64.powi(near.log2().floor() as i32 - 23);
            if got.is_infinite() && want.abs() > f32::MAX as f64 { 0.0 } else { (got - want).abs() / ulp }
        });
        errors.fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
    }
}
