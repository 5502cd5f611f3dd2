//! Fast Fourier transforms of any length, in f64: Stockham's in radices 4, 2, 3, 5 and other small primes, and
//! Bluestein's for lengths with a large prime factor. Complex numbers lie as pairs.

use std::f64::consts::TAU;

/// The largest prime for which a transform of its own is made.
const LARGEST_RADIX: usize = 31;

type Complex = [f64; 2];

/// How to transform signals of one length.
pub struct Fourier {
    n: usize,
    method: Method,
}

enum Method {
    Stockham(Stages),
    Bluestein(Box<Chirp>),
}

/// Factors of the length, and all roots of unity of its order.
struct Stages {
    radices: Vec<usize>,
    roots: Vec<Complex>,
}

/// A transform as a convolution with `exp(i pi k^2 / n)`: `-2 j k = (k - j)^2 - j^2 - k^2`.
struct Chirp {
    /// Of a power of two, at least `2 n - 1`.
    inner: Stages,
    /// `exp(-i pi k^2 / n)` for `k < n`.
    chirp: Vec<Complex>,
    /// The transform of the conjugate chirp around 0, divided by its length.
    kernel: Vec<Complex>,
}

impl Fourier {
    pub fn new(n: usize) -> Fourier {
        let radices = radices(n);
        let small = radices.iter().all(|&radix| radix <= LARGEST_RADIX);
        let method = if small {
            Method::Stockham(Stages { radices, roots: roots(n) })
        } else {
            Method::Bluestein(Box::new(Chirp::new(n)))
        };
        Fourier { n, method }
    }

    pub fn len(&self) -> usize {
        self.n
    }

    /// Memory for the signal and `run`'s work, in elements.
    pub fn work(&self) -> usize {
        match &self.method {
            Method::Stockham(_) => 4 * self.n,
            Method::Bluestein(chirp) => 2 * self.n + 4 * chirp.inner.roots.len(),
        }
    }

    /// Transforms a signal of `2 n` numbers in place.
    pub fn run(&self, signal: &mut [f64], work: &mut [f64]) {
        let (signal, _) = signal.as_chunks_mut();
        let (work, _) = work.as_chunks_mut();
        match &self.method {
            Method::Stockham(stages) => stages.run(signal, &mut work[..self.n]),
            Method::Bluestein(chirp) => chirp.run(signal, work),
        }
    }
}

/// Fours first, then the primes in increasing order.
fn radices(mut n: usize) -> Vec<usize> {
    let mut radices = vec![];
    let mut radix = 4;
    while n > 1 {
        while n.is_multiple_of(radix) {
            radices.push(radix);
            n /= radix;
        }
        radix = match radix {
            4 => 2,
            2 => 3,
            odd if odd * odd > n => n,
            odd => odd + 2,
        };
    }
    radices
}

/// `exp(-2 pi i k / n)` for `k < n`.
fn roots(n: usize) -> Vec<Complex> {
    (0..n).map(|k| unit(k, n)).collect()
}

/// `exp(-2 pi i k / n)`, with an angle of at most a quarter turn.
fn unit(k: usize, n: usize) -> Complex {
    let quarters = 4 * k / n;
    let (sin, cos) = (TAU * (4 * k - quarters * n) as f64 / (4 * n) as f64).sin_cos();
    match quarters % 4 {
        0 => [cos, -sin],
        1 => [-sin, -cos],
        2 => [-cos, sin],
        _ => [sin, cos],
    }
}

#[inline(always)]
fn plus(a: Complex, b: Complex) -> Complex {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn minus(a: Complex, b: Complex) -> Complex {
    [a[0] - b[0], a[1] - b[1]]
}

#[inline(always)]
fn times(a: Complex, b: Complex) -> Complex {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

impl Stages {
    /// Each stage splits `s` interleaved signals of length `m r` into `s r` of length `m`: with `x[q + s (p + t m)]`,
    /// `y[q + s (r p + u)] = w^(p u) sum t: x[..] v^(t u)` for roots `w` of order `m r` and `v` of order `r`. The
    /// frequencies come out in order.
    fn run(&self, signal: &mut [Complex], work: &mut [Complex]) {
        let n = signal.len();
        let (mut from, mut to) = (signal, work);
        let mut s = 1;
        for &r in &self.radices {
            match r {
                2 => self.stage(from, to, s, |[a, b]| [plus(a, b), minus(a, b)]),
                4 => self.stage(from, to, s, four),
                _ => self.any_stage(from, to, s, r),
            }
            std::mem::swap(&mut from, &mut to);
            s *= r;
        }
        debug_assert_eq!(s, n.max(1));
        if self.radices.len() % 2 == 1 {
            to.copy_from_slice(from);
        }
    }

    fn stage<const R: usize>(
        &self,
        from: &[Complex],
        to: &mut [Complex],
        s: usize,
        butterfly: impl Fn([Complex; R]) -> [Complex; R],
    ) {
        let m = from.len() / (s * R);
        for p in 0..m {
            let twiddles: [Complex; R] = std::array::from_fn(|u| self.roots[p * u * s]);
            for q in 0..s {
                let x = std::array::from_fn(|t| from[q + s * (p + t * m)]);
                for (u, y) in butterfly(x).into_iter().enumerate() {
                    to[q + s * (R * p + u)] = times(y, twiddles[u]);
                }
            }
        }
    }

    fn any_stage(&self, from: &[Complex], to: &mut [Complex], s: usize, r: usize) {
        let n = from.len();
        let m = n / (s * r);
        for p in 0..m {
            for u in 0..r {
                let twiddle = self.roots[p * u * s];
                for q in 0..s {
                    let term = |t: usize| times(from[q + s * (p + t * m)], self.roots[t * u % r * (n / r)]);
                    let sum = (0..r).map(term).fold([0.0; 2], plus);
                    to[q + s * (r * p + u)] = times(sum, twiddle);
                }
            }
        }
    }
}

/// The transform of four numbers.
#[inline(always)]
fn four([a, b, c, d]: [Complex; 4]) -> [Complex; 4] {
    let (even, odd) = ((plus(a, c), plus(b, d)), (minus(a, c), minus(b, d)));
    let turned = [odd.1[1], -odd.1[0]];
    [plus(even.0, even.1), plus(odd.0, turned), minus(even.0, even.1), minus(odd.0, turned)]
}

impl Chirp {
    fn new(n: usize) -> Chirp {
        let length = (2 * n - 1).next_power_of_two();
        let inner = Stages { radices: radices(length), roots: roots(length) };
        // k^2 modulo 2 n keeps the angle exact.
        let chirp: Vec<Complex> =
            (0..n).map(|k| unit((k as u128 * k as u128 % (2 * n as u128)) as usize, 2 * n)).collect();
        let mut kernel = vec![[0.0; 2]; length];
        for (k, &[re, im]) in chirp.iter().enumerate() {
            let value = [re / length as f64, -im / length as f64];
            kernel[k] = value;
            kernel[(length - k) % length] = value;
        }
        inner.run(&mut kernel, &mut vec![[0.0; 2]; length]);
        Chirp { inner, chirp, kernel }
    }

    fn run(&self, signal: &mut [Complex], work: &mut [Complex]) {
        let length = self.kernel.len();
        let (padded, work) = work.split_at_mut(length);
        padded.fill([0.0; 2]);
        for ((to, &x), &c) in padded.iter_mut().zip(&*signal).zip(&self.chirp) {
            *to = times(x, c);
        }
        self.inner.run(padded, &mut work[..length]);
        // The inverse transform as a transform of conjugates.
        for (x, &k) in padded.iter_mut().zip(&self.kernel) {
            let [re, im] = times(*x, k);
            *x = [re, -im];
        }
        self.inner.run(padded, &mut work[..length]);
        for ((to, &[re, im]), &c) in signal.iter_mut().zip(&*padded).zip(&self.chirp) {
            *to = times([re, -im], c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::philox::uniform_f64;

    /// Against the definition, for lengths of all kinds; the error is relative to the largest frequency.
    #[test]
    fn every_length_agrees_with_the_definition() {
        for n in (0..70).chain([97, 121, 128, 210, 243, 251, 360, 509, 625, 1000, 1024, 1147]) {
            let mut signal: Vec<f64> = (0..2 * n as u64).map(|i| uniform_f64(n as i64, 2, i) - 0.5).collect();
            let want: Vec<f64> = (0..n).flat_map(|k| frequency(&signal, k)).collect();
            let plan = Fourier::new(n);
            plan.run(&mut signal, &mut vec![f64::NAN; plan.work()]);
            let largest = want.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
            let worst = signal.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 3e-15 * largest, "length {n}: off by {worst} of {largest}");
        }
    }

    fn frequency(signal: &[f64], k: usize) -> Complex {
        let n = signal.len() / 2;
        let (signal, _) = signal.as_chunks();
        signal.iter().enumerate().fold([0.0; 2], |sum, (j, &x)| plus(sum, times(x, unit(j * k % n, n))))
    }

    #[test]
    fn factors_multiply_to_the_length() {
        assert_eq!(radices(48), [4, 4, 3]);
        assert_eq!(radices(2 * 49), [2, 7, 7]);
        assert_eq!(radices(1009), [1009]);
        assert!((1..2000).all(|n| radices(n).iter().product::<usize>() == n));
    }
}
