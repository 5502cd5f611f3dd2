//! What an op costs: arithmetic and memory traffic, for profiles and predictions.

use super::matrix::Problem;
use super::{ConvMode, Matrix, Op};
use crate::types::{DType, Dim};

/// What one run of an op does. A product and its sum are two operations; a function such as `exp` is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub flops: u64,
    /// Bytes read and written, if every operand is read once from memory and the result written once.
    pub bytes: u64,
}

impl std::ops::Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost { flops: self.flops + other.flops, bytes: self.bytes + other.bytes }
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        costs.fold(Cost::default(), |sum, cost| sum + cost)
    }
}

/// An operand or a result.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'a> {
    pub dtype: DType,
    pub shape: &'a [usize],
}

impl Extent<'_> {
    fn count(&self) -> u64 {
        self.shape.iter().map(|&n| n as u64).product()
    }

    fn bytes(&self) -> u64 {
        self.count() * self.dtype.bytes() as u64
    }
}

/// The cost of `op` on `args` of these sizes, which give `out`.
pub fn cost(op: &Op<usize>, args: &[Extent], out: Extent) -> Cost {
    let sizes = |extent: &Extent| extent.shape.iter().map(|&n| n as u64).collect::<Vec<u64>>();
    let shapes: Vec<Vec<u64>> = args.iter().map(sizes).collect();
    let flops = flops(op, &shapes, &sizes(&out)).expect("numbers have a number of operations");
    Cost { flops, bytes: bytes(op, args, out) }
}

/// What arithmetic is counted in: numbers, or polynomials over sizes.
pub trait Count: Clone {
    fn of(number: u64) -> Self;
    fn times(&self, other: &Self) -> Self;
    /// As a number, if it is one.
    fn number(&self) -> Option<u64>;
}

impl Count for u64 {
    fn of(number: u64) -> u64 {
        number
    }

    fn times(&self, other: &u64) -> u64 {
        self * other
    }

    fn number(&self) -> Option<u64> {
        Some(*self)
    }
}

impl Count for Dim {
    fn of(number: u64) -> Dim {
        i64::try_from(number).unwrap_or(i64::MAX).into()
    }

    fn times(&self, other: &Dim) -> Dim {
        self * other
    }

    fn number(&self) -> Option<u64> {
        self.as_const().and_then(|size| u64::try_from(size).ok())
    }
}

fn product<'n, N: Count + 'n>(sizes: impl IntoIterator<Item = &'n N>) -> N {
    sizes.into_iter().fold(N::of(1), |product, size| product.times(size))
}

/// The arithmetic of `op` on operands of these shapes, which gives one of shape `out`; none where it is no polynomial in the sizes
/// and they are no numbers.
pub fn flops<S, N: Count>(op: &Op<S>, args: &[Vec<N>], out: &[N]) -> Option<N> {
    let input = || product(&args[0]);
    let levels = |n: &N| Some(N::of(u64::from(n.number()?.max(1).ilog2() + 1)));
    Some(match op {
        Op::Const(_) | Op::Iota { .. } => N::of(0),
        Op::Uniform { .. } => product(out),
        Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast(_) => product(out),
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Broadcast { .. } | Op::Slice { .. } | Op::Pad { .. } => {
            N::of(0)
        }
        Op::Concat { .. } | Op::Flip { .. } | Op::Barrier { .. } | Op::Windows { .. } => N::of(0),
        Op::Unwindows { .. } | Op::Reduce { .. } | Op::ArgMax { .. } | Op::CumSum { .. } => input(),
        Op::ArgSort { axis, .. } => input().times(&levels(&args[0][*axis])?),
        // Each row's search visits all columns once for each row before it, in the worst case.
        Op::Assign => input().times(args[0].iter().rev().nth(1).unwrap_or(&N::of(0))),
        Op::Dot { contract, .. } => {
            let summed = product(contract.iter().map(|pair| &args[0][pair.0]));
            N::of(2).times(&product(out)).times(&summed)
        }
        Op::Conv(conv) => conv_flops(conv.mode, args, out),
        Op::Matrix(op) => matrix_flops(*op, args)?,
        Op::Fft { .. } => {
            // Pairs of numbers: half as many.
            let pairs = product(args[0].iter().take(args[0].len() - 1));
            N::of(5).times(&pairs).times(&levels(&args[0][args[0].len() - 2])?)
        }
        Op::Take { .. } | Op::TakeAlong { .. } => N::of(0),
        Op::PutAdd { .. } | Op::PutAlongAdd { .. } => product(&args[1]),
    })
}

/// Of all matrices of the batch, with a multiplication and its addition as two.
fn matrix_flops<N: Count>(op: Matrix, args: &[Vec<N>]) -> Option<N> {
    let number = |size: &N| usize::try_from(size.number()?).ok();
    let shapes: Vec<Vec<usize>> = args.iter().map(|arg| arg.iter().map(number).collect()).collect::<Option<_>>()?;
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    let batch: usize = shapes[0][..shapes[0].len() - 2].iter().product();
    Some(N::of(2 * (batch * Problem::new(op, &shapes).flops()) as u64))
}

/// All three members sum the same products: for each element of `y`, one for each weight of its filter.
fn conv_flops<N: Count>(mode: ConvMode, args: &[Vec<N>], out: &[N]) -> N {
    let (y, w) = match mode {
        ConvMode::Forward => (out, &args[1][..]),
        ConvMode::Input => (&args[0][..], &args[1][..]),
        ConvMode::Weight => (&args[1][..], out),
    };
    N::of(2).times(&product(y)).times(&product(&w[1..]))
}

fn bytes(op: &Op<usize>, args: &[Extent], out: Extent) -> u64 {
    let index = || args[1].bytes();
    match op {
        Op::Reshape { .. } | Op::Barrier { .. } => 0,
        // Only what is taken is read.
        Op::Slice { .. } => 2 * out.bytes(),
        Op::Take { .. } | Op::TakeAlong { .. } => index() + 2 * out.bytes(),
        Op::Const(_) | Op::Iota { .. } | Op::Uniform { .. } => out.bytes(),
        Op::Unary(_) | Op::Binary(_) | Op::Compare(_) | Op::Select | Op::Cast(_) => all(args, out),
        Op::Transpose { .. } | Op::Broadcast { .. } | Op::Pad { .. } | Op::Concat { .. } => all(args, out),
        Op::Flip { .. } | Op::Windows { .. } | Op::Unwindows { .. } => all(args, out),
        Op::Reduce { .. } | Op::ArgMax { .. } | Op::CumSum { .. } | Op::ArgSort { .. } | Op::Assign => all(args, out),
        Op::Dot { .. } | Op::Conv(_) | Op::Matrix(_) | Op::Fft { .. } => all(args, out),
        Op::PutAdd { .. } | Op::PutAlongAdd { .. } => all(args, out),
    }
}

/// Every operand read and the result written.
fn all(args: &[Extent], out: Extent) -> u64 {
    args.iter().map(Extent::bytes).sum::<u64>() + out.bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{Binary, Conv};

    fn float(shape: &[usize]) -> Extent<'_> {
        Extent { dtype: DType::F32, shape }
    }

    #[test]
    fn a_matrix_product() {
        let dot = Op::Dot { batch: vec![], contract: vec![(1, 0)] };
        let found = cost(&dot, &[float(&[2, 3]), float(&[3, 5])], float(&[2, 5]));
        assert_eq!(found, Cost { flops: 2 * 2 * 3 * 5, bytes: 4 * (6 + 15 + 10) });
    }

    #[test]
    fn a_sum_of_two() {
        let found = cost(&Op::Binary(Binary::Add), &[float(&[7]), float(&[7])], float(&[7]));
        assert_eq!(found, Cost { flops: 7, bytes: 84 });
    }

    /// The first convolution of LeNet-5 on 28x28 pictures, padded to 32: 117 600 products.
    #[test]
    fn the_convolution_family() {
        let conv = |mode| {
            let (stride, pad, dilation) = (vec![1; 2], vec![(2, 2); 2], vec![1; 2]);
            Op::Conv(Conv { mode, stride, pad, dilation, groups: 1, sizes: vec![] })
        };
        let [x, w, y] = [&[1, 1, 28, 28], &[6, 1, 5, 5], &[1, 6, 28, 28]].map(|shape| float(shape));
        let found = [
            cost(&conv(ConvMode::Forward), &[x, w], y),
            cost(&conv(ConvMode::Input), &[y, w], x),
            cost(&conv(ConvMode::Weight), &[x, y], w),
        ];
        assert!(found.iter().all(|cost| cost.flops == 2 * 117_600), "{found:?}");
    }
}
